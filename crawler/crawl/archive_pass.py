"""One pass over recorded pages: pages are read before their turn by worker processes, but stored in their order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from crawler.crawl.conversion import Converter
from crawler.crawl.offline import STEPS, Conversion, OfflineReader
from crawler.crawl.refusals import Refusal
from crawler.items import Article, Link
from crawler.reading.page import Page
from crawler.recordings.protocol import RecordingError, Recordings, SlowRecordings

POLL_INTERVAL = 0.2  # seconds between two looks whether the run ends
MAX_BYTES = 64 * 1024 * 1024  # of the bodies of the pages in memory; one page may be larger


@dataclass(frozen=True, slots=True)
class _Turn:
    """A page that waits for its turn."""

    reader: OfflineReader
    page: Page
    link: Link | None
    early: asyncio.Task[Conversion] | None  # if the page is read before its turn


Store = Callable[[OfflineReader, Article | Refusal], Awaitable[None]]


class ArchivePass:
    """The pages of *recordings*, read by *converter*, until *is_stopped* returns True.

    *store* gets every article and refused page, one after the other, in the order of the recordings. *unreadable* gets
    the error of each record that cannot be read.
    """

    def __init__(
        self,
        recordings: Recordings,
        converter: Converter,
        is_stopped: Callable[[], bool],
        store: Store,
        unreadable: Callable[[RecordingError], None],
    ) -> None:
        self.recordings, self.converter, self.is_stopped = recordings, converter, is_stopped
        self.store, self.unreadable = store, unreadable
        self._turns: deque[_Turn | RecordingError] = deque()
        self._bytes = 0

    async def run(self, find: Callable[[Page], Awaitable[OfflineReader | None]]) -> None:
        """Take the turns of all pages. *find* returns the reader of a page; None if no source has it.

        Ends when a reader has its limit of articles. Raises LedgerError, and OSError of the recordings.
        """
        try:
            recordings = self.recordings
            pages = recordings.steps() if isinstance(recordings, SlowRecordings) else recordings
            for number, page in enumerate(pages):
                if page is None and number % STEPS:
                    continue
                await asyncio.sleep(0)  # for answers of the workers, and signals
                if self.is_stopped():
                    return
                if isinstance(page, RecordingError):
                    self._turns.append(page)
                elif page and (reader := await find(page)):
                    self._begin(reader, page)
                while self._must_finish():
                    if await self._finish():
                        return
            await self.finish()
        finally:
            await self._cancel()

    async def finish(self) -> None:
        """Take the turns of all pages so far."""
        while self._turns and not self.is_stopped() and not await self._finish():
            pass

    def _begin(self, reader: OfflineReader, page: Page) -> None:
        link, early = reader.link_of(page), None
        if link:
            page = replace(page, link=link)
            if self.converter.ahead and reader.may_be_new(link):
                early = asyncio.ensure_future(reader.convert(page, self.recordings))
        self._bytes += len(page.body)
        self._turns.append(_Turn(reader, page, link, early))

    def _must_finish(self) -> bool:
        if not self._turns or self.is_stopped():
            return False
        first = self._turns[0]
        is_done = isinstance(first, RecordingError) or first.early is None or first.early.done()
        return is_done or len(self._turns) > self.converter.ahead or self._bytes > MAX_BYTES

    async def _finish(self) -> bool:
        """Take the turn of the first page. Returns whether the pass ends: its reader has its limit of articles."""
        turn = self._turns.popleft()
        if isinstance(turn, RecordingError):
            self.unreadable(turn)
            return False
        self._bytes -= len(turn.page.body)
        if turn.reader.skips(turn.page, turn.link):
            if turn.early:
                _drop(turn.early)
            return False
        assert turn.link
        early = turn.early or asyncio.ensure_future(turn.reader.convert(turn.page, self.recordings))
        while not early.done():
            await asyncio.wait((early,), timeout=POLL_INTERVAL)
            if self.is_stopped():
                _drop(early)
                return True
        if item := turn.reader.take(turn.link, early.result()):
            await self.store(turn.reader, item)
        return turn.reader.is_full

    async def _cancel(self) -> None:
        early = [turn.early for turn in self._turns if isinstance(turn, _Turn) and turn.early]
        self._turns.clear()
        for task in early:
            task.cancel()
        await asyncio.gather(*early, return_exceptions=True)


def _drop(task: asyncio.Task[Conversion]) -> None:
    """Cancel *task*, and ignore its result: asyncio would log an exception that nothing takes."""
    task.cancel()
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
