"""`press-corpus backfill`, and archives that several processes read: the same corpus, also after kills."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.corpus.lock import lock
from tests.support.archives import TWO_SOURCES, exchange, ledger, page, station, toy, tree, write
from tests.support.mirror import ROOT, Run, crawl, scrapy

SECONDS = 120  # limit of a run
WORDS = "站台上的灯一盏一盏亮起来，人们在门口谈论明天的天气。"


def backfill(output: Path, *words: str, environment: dict[str, str] | None = None) -> Run:
    done = scrapy("backfill", *words, *TWO_SOURCES, "-s", f"OUTPUT_DIR={output}", environment=environment)
    return Run(output, done.stderr, done.returncode)


def totals(run: Run, source: str = "") -> dict[str, str]:
    """Return the counts in the last line of *source*, or in the line of the whole pass."""
    head = f" run source={source} " if source else " backfill "
    return dict(word.split("=", 1) for word in run.log.rpartition(head)[2].partition("\n")[0].split())


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two archives with all outcomes of a page, for both sources in turn."""
    folder = tmp_path_factory.mktemp("mixed")
    body = "second=http://www.stations.example/body/{}<br>"
    first = [
        exchange("http://www.other.example/a/1.html", page("other")),
        exchange("http://toy.example/news", "<html><body><li>a list</li></body></html>"),
        *(
            each
            for number in range(40)
            for each in (toy(f"t{number}", f"<p>{WORDS * (number + 1)}</p>"), station(f"s{number}"))
        ),
        toy("t1", "<p>a later capture</p>"),
        toy("blocked", "验证码"),
        toy("gone", status=404),
        exchange("http://www.stations.example/body/two", page("two", "<p>A body of its own.</p>")),
        station("two", f"<p>{body.format('two')}</p>"),
        station("missing", f"<p>{body.format('missing')}</p>"),
    ]  # fmt: skip
    second = [
        exchange("http://m.stations.example/a/phone.html", page("phone")),
        toy("twin", f"<p>{WORDS}</p>"),  # the text of t0, but another title
        toy("blocked", "<p>A later capture can be read.</p>"),
        *(toy(f"late{number}") for number in range(10)),
    ]
    damaged = write(folder / "second.warc.gz", *second)
    data = bytearray(damaged.read_bytes())
    data[-len(data) // 4] ^= 255
    damaged.write_bytes(data)
    return [write(folder / "first.warc.gz", *first), damaged]


@pytest.fixture(scope="module")
def filled(mixed: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Run:
    return backfill(tmp_path_factory.mktemp("filled") / "output", *map(str, mixed), "--processes", "1")


def test_each_page_goes_to_the_source_that_recognizes_its_address(filled: Run) -> None:
    toys, stations = set(filled.files("toy")), set(filled.files("stations"))
    assert stations == {f"s{number}" for number in range(40)} | {"two", "phone"}
    assert {f"t{number}" for number in range(40)} | {"blocked", "twin"} <= toys
    assert "A body of its own." in filled.files("stations")["two"].decode()
    assert (totals(filled, "toy")["pages.blocked"], totals(filled, "toy")["links.repeated"]) == ("1", "1")
    assert totals(filled, "stations")["links.missing"] == "1"


def test_the_totals_contain_the_records_of_no_source_and_the_damaged_ones(filled: Run) -> None:
    counts = totals(filled)
    assert (counts["sources"], counts["end"], filled.exit_code) == ("2", "finished", 1)
    assert int(counts["records.not_article"]) >= 3  # one is the body of an article
    assert int(counts["records.damaged"]) >= 1
    for source in ("toy", "stations"):
        assert "records.damaged" not in totals(filled, source)
    written = [int(totals(filled, source)["articles.written"]) for source in ("toy", "stations")]
    assert int(counts["articles.written"]) == sum(written)


@pytest.mark.parametrize("processes", [2, 3])
def test_files_ledger_and_counts_are_those_of_one_process(
    mixed: list[Path], filled: Run, processes: int, tmp_path: Path
) -> None:
    run = backfill(tmp_path / "output", *map(str, mixed), "--processes", str(processes))
    assert tree(run.output) == tree(filled.output)
    assert ledger(run.output) == ledger(filled.output)
    assert (totals(run), run.refused, run.exit_code) == (totals(filled), filled.refused, filled.exit_code)


@pytest.mark.parametrize("processes", [1, 2])
def test_crawl_of_an_archive_stores_the_same_with_several_processes(
    mixed: list[Path], filled: Run, processes: int, tmp_path: Path
) -> None:
    place = ",".join(map(str, mixed))
    options = (*TWO_SOURCES, "-a", "from=archive", "-s", f"REPLAY={place}", "-s", f"PROCESSES={processes}")
    run = crawl("stations", tmp_path, *options)
    assert run.files("stations") == filled.files("stations")
    limited = crawl("toy", tmp_path, *options, "-a", "limit=5")
    assert set(limited.files("toy")) == {f"t{number}" for number in range(5)}


def test_second_run_reads_no_stored_article_and_changes_nothing(mixed: list[Path], tmp_path: Path) -> None:
    for processes in ("1", "2"):
        output = tmp_path / processes
        before = tree(backfill(output, *map(str, mixed)).output)
        again = backfill(output, *map(str, mixed), "--processes", processes)
        assert tree(output) == before
        assert "articles.written" not in totals(again)
        assert int(totals(again)["links.known"]) == len([name for name in before if name.endswith(".md")])


def test_archives_can_be_named_as_folder_pattern_and_list(mixed: list[Path], filled: Run, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("\n".join(map(str, mixed)))
    folder = mixed[0].parent
    for number, words in enumerate(([str(folder)], [f"{folder}/*.gz"], [f"@{tmp_path}/list.txt", str(mixed[0])])):
        run = backfill(tmp_path / str(number), *words)
        assert run.files("toy") == filled.files("toy")


def test_source_since_and_until_limit_the_articles(tmp_path: Path) -> None:
    early = exchange("http://toy.example/a/early.html", page("early").replace("2025-02", "2024-02"))
    archive = str(write(tmp_path / "x.warc.gz", early, toy("in"), station("other")))
    run = backfill(tmp_path / "a", archive, "--source", "toy", "--since", "2025-01-01", "--until", "2025-12-31")
    assert (set(run.files("toy")), run.files("stations")) == ({"in"}, {})
    assert totals(run)["pages.filtered"] == "1"
    assert set(backfill(tmp_path / "b", archive, "--until", "2024-12-31").files("toy")) == {"early"}


def test_feeds_have_one_file_for_each_source(mixed: list[Path], filled: Run, tmp_path: Path) -> None:
    backfill(tmp_path / "output", *map(str, mixed), "-o", f"{tmp_path}/%(name)s.jsonl", "--processes", "2")
    for source in ("toy", "stations"):
        rows = (tmp_path / f"{source}.jsonl").read_text().splitlines()
        assert len(rows) == len(filled.files(source))


def test_books_have_their_indexes(mixed: list[Path], tmp_path: Path) -> None:
    backfill(tmp_path / "output", str(mixed[0]), "-s", "LAYOUT=gitbook", "--processes", "2")
    for source in ("toy", "stations"):
        assert (tmp_path / "output" / source / "SUMMARY.md").is_file()


WRONG = {
    ("missing.warc.gz",): "missing.warc.gz",
    (): "name archives",
    ("FILE", "--source", "nothing"): "unknown source 'nothing'",
    ("FILE", "--since", "yesterday"): "since='yesterday' is not a day",
    ("FILE", "--since", "2025-02-01", "--until", "2025-01-01"): "later than until",
    ("FILE", "--processes", "-1"): "PROCESSES=-1 is not valid",
    ("FILE", "-s", "PROCESSES=many"): "PROCESSES=many is not valid",
    ("FILE", "-a", "limit=5"): "has no spider arguments",
    ("FILE", "-o", "all.jsonl"): "%(name)s",
    ("FILE", "-s", "REPLAY=x.warc.gz"): "remove REPLAY",
}


@pytest.mark.parametrize("words", WRONG)
def test_wrong_use_is_one_line(mixed: list[Path], words: tuple[str, ...], tmp_path: Path) -> None:
    run = backfill(tmp_path / "output", *(str(mixed[0]) if word == "FILE" else word for word in words))
    assert run.exit_code == 2
    assert WRONG[words] in run.log
    assert "Traceback" not in run.log


def test_source_without_hosts_is_refused(mixed: list[Path], tmp_path: Path) -> None:
    done = scrapy("backfill", str(mixed[0]), "--source", "paper", "-s", f"OUTPUT_DIR={tmp_path}")
    assert (done.returncode, "paper has no addresses of its own" in done.stderr) == (2, True)


def test_archives_without_a_page_of_a_source_need_attention(tmp_path: Path) -> None:
    archive = write(tmp_path / "x.warc.gz", exchange("http://www.other.example/a/1.html", page("other")))
    run = backfill(tmp_path / "output", str(archive))
    assert (run.exit_code, totals(run)["sources"]) == (1, "0")
    assert "no source recognizes the address" in run.log


def test_locked_source_is_left_out_and_the_others_are_stored(mixed: list[Path], filled: Run, tmp_path: Path) -> None:
    state = tmp_path / "output/.state"
    state.mkdir(parents=True)
    with lock(state / "toy.lock", "toy"):
        run = backfill(tmp_path / "output", *map(str, mixed), "--processes", "2")
    assert (run.exit_code, run.files("toy")) == (4, {})
    assert "another run of toy is active" in run.log
    ends = ("links.new", "links.repeated", "pages.blocked", "pages.gone")
    assert int(totals(run)["links.not_fetched"]) == sum(int(totals(filled, "toy")[end]) for end in ends)
    assert totals(run)["records.not_article"] == totals(filled)["records.not_article"]
    assert run.files("stations") == filled.files("stations")
    again = backfill(tmp_path / "output", *map(str, mixed))
    assert (again.files("toy"), again.exit_code) == (filled.files("toy"), 1)


def test_disk_error_ends_all_runs(tmp_path: Path) -> None:
    archive = write(
        tmp_path / "x.warc.gz", station("one"), *(toy(f"t{number}") for number in range(50)), station("two")
    )
    output = tmp_path / "output"
    (output / "toy").mkdir(parents=True)
    (output / "toy/2025").write_text("a file at the path of the folder")
    run = backfill(output, str(archive), "--processes", "2")
    assert run.exit_code == 5
    assert (totals(run, "toy")["end"], totals(run, "stations")["end"]) == ("disk", "shutdown")
    assert set(run.files("stations")) == {"one"}
    assert "Traceback" not in run.log


def test_backfill_with_postgresql_stores_the_same(
    mixed: list[Path], filled: Run, postgres: str, tmp_path: Path
) -> None:
    run = backfill(tmp_path / "output", *map(str, mixed), "--processes", "2", environment={"LEDGER_URL": postgres})
    assert (run.files("toy"), run.files("stations")) == (filled.files("toy"), filled.files("stations"))
    again = backfill(tmp_path / "output", *map(str, mixed), environment={"LEDGER_URL": postgres})
    assert totals(again)["links.known"] == totals(run)["articles.written"]


# Workers ------------------------------------------------------------------------------------------------------------


def test_page_that_ends_its_workers_costs_one_page(tmp_path: Path) -> None:
    pages = [
        station("deadly", "<p>deadly-page。</p>") if number == 20 else station(f"s{number}") for number in range(60)
    ]
    run = backfill(tmp_path / "output", str(write(tmp_path / "x.warc.gz", *pages)), "--processes", "2")
    assert set(run.files("stations")) == {f"s{number}" for number in range(60) if number != 20}
    assert (totals(run, "stations")["records.damaged"], run.exit_code) == ("1", 1)
    assert "damaged: http://www.stations.example/a/deadly.html: 2 worker processes ended while they read it" in run.log


def test_error_of_a_worker_is_an_internal_error_with_the_address(tmp_path: Path) -> None:
    archive = write(tmp_path / "x.warc.gz", station("bad", "<p>unsendable-page。</p>"), station("good"))
    run = backfill(tmp_path / "output", str(archive), "--processes", "2")
    assert (set(run.files("stations")), run.exit_code) == ({"good"}, 1)
    assert "http://www.stations.example/a/bad.html" in run.log
    assert "2 internal errors" not in run.log
    assert "verdict source=stations class=bug: 1 internal error: " in run.log


def start(output: Path, archive: Path, *options: str) -> subprocess.Popen[bytes]:
    """Start a backfill with two workers in a process group of its own."""
    command = [sys.executable, "-m", "scrapy", "backfill", str(archive), *TWO_SOURCES, "-s", f"OUTPUT_DIR={output}"]
    with (output.parent / "log").open("ab") as log:
        return subprocess.Popen(
            [*command, "--processes", "2", *options], cwd=ROOT, stdout=log, stderr=log, start_new_session=True
        )


def workers_of(pid: int) -> list[int]:
    """Return the ids of the running child processes of *pid*."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in children.read_text().split()] if children.exists() else []


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, "the condition is not met"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive whose pages take some seconds."""
    folder = tmp_path_factory.mktemp("slow")
    pages = (
        each
        for number in range(120)
        for each in (station(f"s{number}", f"<p>slow-page {number}。</p>"), toy(f"t{number}"))
    )
    return write(folder / "slow.warc.gz", *pages)


def articles(output: Path) -> dict[str, bytes]:
    """Return the files of a corpus. A killed run may leave a line in the hashes twice."""
    return {name: text for name, text in tree(output).items() if not name.startswith(".state")}


@pytest.fixture(scope="module")
def undisturbed(slow: Path) -> dict[str, bytes]:
    assert backfill(slow.parent / "output", str(slow), "--processes", "2").exit_code == 0
    return articles(slow.parent / "output")


@pytest.mark.parametrize("endless", [False, True])
def test_interrupt_ends_the_run_and_its_workers(slow: Path, endless: bool, tmp_path: Path) -> None:
    archive = write(tmp_path / "x.warc.gz", toy("one"), station("two", "<p>endless-page。</p>")) if endless else slow
    output = tmp_path / "output"
    process = start(output, archive)
    wait_for(lambda: list(output.rglob("*.md")) and workers_of(process.pid))
    workers = workers_of(process.pid)
    started = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C in a terminal
    assert process.wait(SECONDS) == 1
    assert time.monotonic() - started < 30
    assert not any(map(is_running, workers))
    log = (tmp_path / "log").read_text()
    assert re.search(r" run source=toy end=shutdown\b", log)
    assert " backfill sources=2 end=stopped " in log
    assert "Traceback" not in log


def test_interrupt_while_a_source_opens_ends_the_run(tmp_path: Path) -> None:
    archive = write(tmp_path / "x.warc.gz", station("one"), toy("two"), station("three"))
    output = tmp_path / "output"
    pipelines = "ITEM_PIPELINES_BASE={'tests.support.slow_opening.SlowOpening': 1}".replace("'", '"')
    process = start(output, archive, "-s", pipelines, "-s", "SLOW_SOURCE=toy")
    wait_for((output / "opening").exists)
    process.send_signal(signal.SIGINT)
    assert process.wait(SECONDS) == 1
    log = (tmp_path / "log").read_text()
    for source in ("stations", "toy"):
        assert re.search(rf" run source={source} end=shutdown\b", log)
    assert "Traceback" not in log


def test_workers_end_with_a_killed_run(tmp_path: Path) -> None:
    archive = write(tmp_path / "x.warc.gz", toy("one"), *(station(f"s{n}", "<p>endless-page。</p>") for n in range(5)))
    output = tmp_path / "output"
    process = start(output, archive)
    wait_for(lambda: list(output.rglob("*.md")) and len(workers_of(process.pid)) == 2)
    workers = workers_of(process.pid)
    process.kill()
    process.wait()
    wait_for(lambda: not any(map(is_running, workers)))
    run = backfill(output, str(write(tmp_path / "y.warc.gz", toy("two"))))  # no lock is left
    assert set(run.files("toy")) == {"one", "two"}


def test_killed_workers_are_replaced_and_nothing_is_lost(
    slow: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    chance, kills = random.Random(1), 0
    output = tmp_path / "output"
    process = start(output, slow)
    wait_for(lambda: list(output.rglob("*.md")))
    while process.poll() is None:
        time.sleep(0.4 + chance.random() / 2)
        if workers := workers_of(process.pid):
            os.kill(chance.choice(workers), signal.SIGKILL)
            kills += 1
    assert process.returncode == 0, (tmp_path / "log").read_text()
    assert kills >= 3
    assert articles(output) == undisturbed


def test_runs_that_are_killed_lose_nothing(slow: Path, undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    chance = random.Random(2)
    output = tmp_path / "output"
    for _ in range(6):
        before = len(list(output.rglob("*.md")))
        process = start(output, slow)
        wanted = before + chance.randint(1, 25)
        wait_for(lambda: len(list(output.rglob("*.md"))) >= wanted or process.poll() is not None)  # noqa: B023
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert backfill(output, str(slow), "--processes", "2").exit_code == 0
    assert articles(output) == undisturbed
    check = scrapy("ledger", "check", "toy", *TWO_SOURCES, "-s", f"OUTPUT_DIR={output}")
    assert check.stdout == "toy: no problems found\n"
