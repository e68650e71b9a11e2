"""Worker processes read pages as this process does, and are replaced when they die."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scrapy.crawler import Crawler
from scrapy.settings import Settings

from crawler.crawl import worker_process
from crawler.crawl.conversion import Converter
from crawler.crawl.workers import WorkerError
from crawler.items import Article, Link
from crawler.reading.errors import Blocked
from crawler.reading.page import Page
from crawler.recordings.protocol import RecordingError
from tests.support.archives import page as text_of
from tests.support.toy_stations.stations import Closed, StationsSpider


@pytest.fixture
def spider(tmp_path: Path) -> StationsSpider:
    crawler = Crawler(StationsSpider, Settings({"OUTPUT_DIR": str(tmp_path), "LAYOUT": "hugo", "LOG_LEVEL": "INFO"}))
    return StationsSpider.from_crawler(crawler)


def page(name: str, body: str = "") -> Page:
    url = f"http://www.stations.example/a/{name}.html"
    return Page(url, text_of(name, body).encode(), link=Link(name, url))


def run(spider: StationsSpider, work: Callable[[Converter, Any], Awaitable[Any]], processes: int = 2) -> Any:
    """Return the result of *work*, which gets a converter and the function that reads a page with it."""

    async def whole() -> Any:
        converter = Converter(processes)
        try:
            return await asyncio.wait_for(work(converter, converter.reader(spider)), 100)
        finally:
            converter.close()

    return asyncio.run(whole())


@pytest.fixture(params=["fork", "interpreter"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Start workers in both ways. The test process has several threads, which are idle."""
    monkeypatch.setattr(worker_process, "has_one_thread", lambda: request.param == "fork")
    return iter(())


@pytest.mark.usefixtures("way")
def test_workers_return_what_this_process_reads(spider: StationsSpider) -> None:
    pages = [page("one"), page("two", "<p>验证码</p>"), page("three", "<p>second=http://x.example/y<br></p>")]
    large = page("large", f"<p>{'文字。' * 500_000}</p>")  # larger than the buffer of a socket

    async def work(_: Converter, read: Any) -> Any:
        return await asyncio.gather(*map(read, (*pages, large)))

    here, there = (run(spider, work, number) for number in (1, 2))
    for one, other in zip(here, there, strict=True):
        assert type(one) is type(other)
        assert str(one) == str(other) if not isinstance(one, Article) else one.markdown == other.markdown
    assert [type(each).__name__ for each in there] == ["Article", "Blocked", "Request", "Article"]
    assert isinstance(there[1], Blocked)


def test_worker_that_dies_is_replaced_and_a_deadly_page_is_given_up(spider: StationsSpider) -> None:
    pages = [page("deadly", "<p>deadly-page。</p>"), *(page(f"s{number}") for number in range(20))]

    async def work(_: Converter, read: Any) -> Any:
        return await asyncio.gather(*map(read, pages), return_exceptions=True)

    deadly, *others = run(spider, work)
    assert isinstance(deadly, RecordingError)
    assert "deadly.html: 2 worker processes ended while they read it (signal 9)" in str(deadly)
    assert [each.id for each in others] == [f"s{number}" for number in range(20)]


@pytest.mark.parametrize("number", [1, 2])
def test_errors_with_parameters_of_their_own_are_those_of_their_pages(spider: StationsSpider, number: int) -> None:
    async def work(_: Converter, read: Any) -> Any:
        return await read(page("one", "<p>closed-page。</p>"))

    error = run(spider, work, number)
    assert isinstance(error, Closed)
    url = "http://www.stations.example/a/one.html"
    assert (str(error), error.field, error.status, error.kind) == (f"{url} is closed", "body", 451, "changed")
    assert (str(copy(error)), vars(copy(error))) == (str(error), vars(error))


def test_a_result_that_cannot_be_unpickled_is_an_error_of_its_page(spider: StationsSpider) -> None:
    pages = [page(f"s{number}", "<p>unreadable-page。</p>" if number % 3 == 0 else "") for number in range(9)]

    async def work(_: Converter, read: Any) -> Any:
        return await asyncio.gather(*map(read, pages), return_exceptions=True)

    for number, result in enumerate(run(spider, work)):
        if number % 3:
            assert result.id == f"s{number}"
        else:
            assert isinstance(result, WorkerError)
            assert str(result).startswith(pages[number].url)
            assert "ValueError: invalid literal for int()" in str(result)


def test_pages_are_read_here_if_no_worker_can_start(
    spider: StationsSpider, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> Any:
        raise OSError("no more processes")

    monkeypatch.setattr(worker_process, "_fork", fail)
    monkeypatch.setattr(worker_process, "_interpreter", fail)

    async def work(_: Converter, read: Any) -> Any:
        return await asyncio.gather(*(read(page(f"s{number}")) for number in range(10)))

    assert [each.id for each in run(spider, work)] == [f"s{number}" for number in range(10)]
    assert "no more processes" in caplog.text
    assert "the pages are read in one process" in caplog.text


def test_pages_are_read_here_if_workers_die_while_they_start(
    spider: StationsSpider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_process, "has_one_thread", lambda: False)
    monkeypatch.setattr(
        worker_process, "command_line", lambda *_, module: [sys.executable, "-c", "raise SystemExit(3)"]
    )

    async def work(_: Converter, read: Any) -> Any:
        return await asyncio.gather(*(read(page(f"s{number}")) for number in range(10)))

    assert len(run(spider, work)) == 10


def test_workers_are_started_for_many_pages_only(spider: StationsSpider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.crawl.conversion.LARGE", 5)
    monkeypatch.setattr("crawler.crawl.conversion.available_cores", lambda: 2)

    async def work(converter: Converter, read: Any) -> list[int]:
        ahead = []
        for number in range(7):
            await read(page(f"s{number}"))
            ahead.append(converter.ahead)
        return ahead

    ahead = run(spider, work, 0)
    assert ahead[:4] == [0] * 4
    assert all(ahead[4:])
    monkeypatch.setattr("crawler.crawl.conversion.available_cores", lambda: 1)
    assert not any(run(spider, work, 0))


def test_second_source_is_added_to_running_workers(spider: StationsSpider) -> None:
    other = StationsSpider.from_crawler(Crawler(StationsSpider, Settings(spider.settings.copy_to_dict())))

    async def work(converter: Converter, read: Any) -> Any:
        first = await read(page("one"))
        return first, await converter.reader(other)(page("two"))

    assert [each.id for each in run(spider, work)] == ["one", "two"]


def test_closed_workers_leave_no_process(spider: StationsSpider) -> None:
    async def work(converter: Converter, read: Any) -> list[int]:
        await read(page("zero"))
        endless = asyncio.ensure_future(read(page("endless", "<p>endless-page。</p>")))
        await asyncio.sleep(0.2)
        assert converter._workers
        pids = [worker.process.pid for worker in converter._workers._workers]
        endless.cancel()
        await asyncio.gather(endless, return_exceptions=True)
        return pids

    pids = run(spider, work)
    assert len(pids) == 2
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_page_keeps_its_link_in_a_worker(spider: StationsSpider) -> None:
    async def work(_: Converter, read: Any) -> Any:
        return await read(replace(page("one"), link=Link("one", "http://www.stations.example/a/one.html", "t")))

    assert run(spider, work).url == "http://www.stations.example/a/one.html"


def test_page_for_a_worker_that_has_just_died_is_read_by_another(
    spider: StationsSpider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_process, "has_one_thread", lambda: True)  # a fork starts soon

    async def work(converter: Converter, read: Any) -> list[str]:
        found = []
        for number in range(8):
            found.append((await read(page(f"s{number}"))).id)
            assert converter._workers
            for worker in converter._workers._workers:
                os.kill(worker.process.pid, signal.SIGKILL)  # while it has no page
            time.sleep(0.01)
        return found

    assert run(spider, work) == [f"s{number}" for number in range(8)]
