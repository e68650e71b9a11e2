"""Fill the corpus from archives: one pass gives each page to the source that recognizes its address.

Every source has a Scrapy crawler of its own, with its lock, its run in the ledger, its item pipelines and its verdict.
It starts with its first page, and stays open until the pass ends. All crawlers run in one process, and each article is
stored before the next page has its turn: files and ledger do not depend on the number of worker processes. With a
PostgreSQL ledger, several passes can fill a source at the same time: they share its lock.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from scrapy import signals
from scrapy.crawler import Crawler, CrawlerProcessBase
from twisted.internet.defer import Deferred

from crawler.corpus.errors import LedgerError
from crawler.counts import Count
from crawler.crawl.archive_pass import ArchivePass
from crawler.crawl.conversion import Converter
from crawler.crawl.ending import end_for_error
from crawler.crawl.exit_codes import Exit
from crawler.crawl.offline import OfflineReader, link_of, log_unreadable, recorded_address
from crawler.crawl.refusals import Refusal
from crawler.crawl.routes import Routes
from crawler.crawl.spider import ArticleSpider
from crawler.crawl.summary import LOGGED_GROUPS, exit_code, figures
from crawler.download.ending import end_run, is_ending
from crawler.items import Article
from crawler.reading.page import Page
from crawler.recordings.protocol import RecordingError, Recordings

logger = logging.getLogger(__name__)


@dataclass(eq=False)
class _SourceRun:
    """The run of one source. Without a *reader*, it could not start: another run has locked the source."""

    crawler: Crawler
    task: asyncio.Future[None] | None = None
    reader: OfflineReader | None = None
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    finished: asyncio.Event = field(default_factory=asyncio.Event)

    async def hold(self) -> None:
        """Keep the run open: the callback of its only request."""
        self.opened.set()
        await self.finished.wait()

    @property
    def stats(self) -> Mapping[str, Any]:
        return self.crawler.stats.get_stats() if self.crawler._stats else {}


class Backfill:
    """One pass over *recordings* for all *sources*, with the arguments *arguments* (as typed) of each run."""

    def __init__(
        self,
        process: CrawlerProcessBase,
        sources: Iterable[type[ArticleSpider]],
        recordings: Recordings,
        arguments: Mapping[str, str],
    ) -> None:
        self._process, self._recordings, self._arguments = process, recordings, arguments
        self._routes = Routes[type[ArticleSpider]](sources)
        self._runs: dict[type[ArticleSpider], _SourceRun] = {}
        self._counts: Counter[str] = Counter()  # of records without a run: see `_find`
        self._converter = Converter(process.settings.getint("PROCESSES"))
        self._pass = ArchivePass(recordings, self._converter, self._is_stopped, self._store, self._unreadable)
        self._is_shut_down = self._is_incomplete = False
        self._failure: LedgerError | OSError | None = None

    def run(self) -> Exit:
        """Run the pass, and log one line with the totals. Blocks until all runs have ended.

        Returns the highest exit code of the runs; ATTENTION for damaged records, and if no page belongs to a source.
        """
        from twisted.internet import reactor as installed  # here: the process has chosen it

        reactor: Any = installed

        def stop() -> Deferred[None]:  # after Ctrl-C, too
            self._is_shut_down |= not task.done()
            return Deferred.fromFuture(asyncio.ensure_future(asyncio.wait((task,)))).addCallback(lambda _: None)

        task = asyncio.get_event_loop().create_task(self._run())
        task.add_done_callback(lambda _: reactor.callLater(0, self._process._stop_reactor))
        reactor.addSystemEventTrigger("before", "shutdown", stop)
        self._process.start(stop_after_crawl=False)
        task.result()
        return self._result()

    async def _run(self) -> None:
        try:
            await self._pass.run(self._find)
        except (LedgerError, OSError) as error:
            self._failure = error
        except BaseException:  # a bug: no run is complete
            self._is_shut_down = True
            raise
        finally:
            self._converter.close()
            await self._finish()

    def _is_stopped(self) -> bool:
        """Whether the pass ends: after Ctrl-C, or because a run ends before the pass does, as on a full disk."""
        return self._is_shut_down or any(run.reader and is_ending(run.crawler) for run in self._runs.values())

    async def _find(self, page: Page) -> OfflineReader | None:
        """Return the reader of *page*. Without one, count it: no source has it, or its run could not start."""
        source = self._routes.find(recorded_address(page))
        if source is None:
            self._counts[Count.RECORDS_NOT_ARTICLE] += 1
            return None
        if source not in self._runs:
            await self._pass.finish()  # the order of the ledger's entries: first the pages before this one
            self._runs[source] = await self._open(source)
        if (reader := self._runs[source].reader) is None:
            is_link = link_of(source, page) is not None
            self._counts[Count.LINKS_NOT_FETCHED if is_link else Count.RECORDS_NOT_ARTICLE] += 1
        return reader

    async def _open(self, source: type[ArticleSpider]) -> _SourceRun:
        """Start the run of *source*. It has no reader if its corpus cannot be opened: its pages are left out."""
        run = _SourceRun(self._process.create_crawler(source))

        def hold(spider: ArticleSpider) -> None:
            spider.hold = run.hold

        run.crawler.signals.connect(hold, signal=signals.spider_opened, weak=False)
        run.task = asyncio.ensure_future(cast(Any, self._process.crawl(run.crawler, **self._arguments)))
        opened = asyncio.ensure_future(run.opened.wait())
        await asyncio.wait((run.task, opened), return_when=asyncio.FIRST_COMPLETED)
        if run.opened.is_set():
            run.reader = cast(ArticleSpider, run.crawler.spider).offline_reader(self._converter)
        opened.cancel()
        return run

    async def _store(self, reader: OfflineReader, item: Article | Refusal) -> None:
        await cast(ArticleSpider, reader.source).store(item)

    def _unreadable(self, error: RecordingError) -> None:
        self._counts[error.count] += 1
        log_unreadable(error)

    async def _finish(self) -> None:
        """End the runs, one after the other, in the order of their starts. Those of a stopped pass are incomplete."""
        self._is_incomplete = self._is_stopped()
        for run in self._runs.values():
            if run.reader and not is_ending(run.crawler):
                if self._failure:
                    end_for_error(run.crawler, self._failure)
                elif self._is_incomplete:
                    end_run(run.crawler, "shutdown", "the pass over the archives was stopped")
            run.finished.set()
            if run.task:
                await asyncio.wait((run.task,))

    def _result(self) -> Exit:
        codes = [exit_code(run.stats) for run in self._runs.values()]
        totals = self._counts.copy()
        for run in self._runs.values():
            totals.update(figures(run.stats, LOGGED_GROUPS["run"]))
        end = "failed" if self._failure else "stopped" if self._is_incomplete else "finished"
        head = {"sources": len(self._runs), "end": end}
        ordered = figures(totals, LOGGED_GROUPS["run"])
        logger.info("backfill %s", " ".join(f"{key}={value}" for key, value in (head | ordered).items()))
        if self._failure:
            codes.append(Exit.of_error(self._failure))
            logger.error("the pass ended: %s", self._failure)
        if not codes and not self._is_incomplete:
            logger.warning("no source recognizes the address of a page in these archives")
        if not codes or self._is_incomplete or totals[Count.RECORDS_DAMAGED]:
            codes.append(Exit.ATTENTION)
        return max(codes)
