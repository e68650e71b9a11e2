"""Read the pages of archives: recordings of this crawler, of wget and browser crawlers, of Common Crawl and others."""

from __future__ import annotations

import logging
import weakref
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from crawler.reading.page import Page
from crawler.recordings.archive_file import ArchiveReader, Location, read_records
from crawler.recordings.pages import InvalidPageError, revisited_page, to_page
from crawler.recordings.protocol import RecordingError, UnresolvedRevisitError
from crawler.recordings.revisits import Revisits
from crawler.recordings.warc import NO_PAGES, WarcRecord

logger = logging.getLogger(__name__)

Request = tuple[str, str, bytes]  # method, URL, body


class Archives:
    """The pages in the archives *paths*, which are WARC, ARC and WACZ files. Raises OSError."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = list(paths)
        # One for revisits and other records, one for originals: each keeps the last part open.
        self._reader, self._originals_reader = ArchiveReader(self.paths), ArchiveReader(self.paths)
        for reader in (self._reader, self._originals_reader):
            weakref.finalize(self, reader.close)
        self._index: tuple[Mapping[Request, Sequence[Location]], Mapping[Location, Location | None]] | None = None
        self._preparation: Iterator[None] | None = None

    def __iter__(self) -> Iterator[Page | RecordingError]:
        """Yield what `steps` yields, without None."""
        return (page for page in self.steps() if page is not None)

    def steps(self) -> Iterator[Page | RecordingError | None]:
        """Yield the page of each response and resource record, in the order of the files; for a damaged one, its error.

        The pages have the method "GET" and no request body: request records are not read. Revisits follow after all
        files, because their originals may be in any file. Without a page, yield None for each record.
        """
        revisits = Revisits()
        for found in self._records(skip=NO_PAGES):
            page: Page | RecordingError | None = None
            if found:
                location, label, record = found
                if isinstance(record, RecordingError):
                    page = record
                elif record.kind == "revisit" and record.is_page:
                    revisits.add(location, record)
                elif record.is_page:
                    page = self._page(location, label, record)
            yield page
        for pair in self._originals(revisits):
            yield self._revisited(*pair) if pair else None

    def find(self, method: str, url: str, request_body: bytes) -> Page | None:
        """Return the response to a request, or None if it is not recorded.

        Of several responses, return the last readable one with another status than 304: earlier ones may be block
        pages or truncated, and "304 Not Modified" has no body. Raises `RecordingError` if all are unreadable.
        """
        for _ in self.prepare():
            pass
        assert self._index
        locations, originals = self._index
        first: Page | None = None
        problem: RecordingError | None = None
        for location in reversed(locations.get((method, url, request_body), ())):
            page = (
                self._revisited(location, originals[location])
                if location in originals
                else self._page(location, *self._reader.read(location))
            )
            if isinstance(page, RecordingError):
                problem = problem or page
            elif page.status != 304:
                return page
            else:
                first = first or page
        if problem and not first:
            raise problem
        return first

    def prepare(self) -> Iterator[None]:
        """Build the index of `find`, and yield None for each record that is read. Raises OSError.

        All callers share one pass over the archives, until it fails.
        """
        if self._preparation is None:
            self._preparation = self._build_index()
        return self._preparation

    def _build_index(self) -> Iterator[None]:
        """Map each request to the locations of its responses, and each revisit to its original.

        A request is a separate record, before or after its response; WARC-Concurrent-To may be in either of the two.
        """
        responses: list[tuple[Location, str, tuple[str, ...]]] = []
        requests: dict[str, tuple[str, bytes]] = {}  # record id -> method and body, of requests other than GET
        revisits = Revisits()
        originals: dict[Location, Location | None] = {}
        try:
            for found in self._records(skip=NO_PAGES - {"request"}):
                yield None
                if not found:
                    continue
                location, _, record = found
                if isinstance(record, RecordingError):
                    logger.error("%s", record)
                elif record.is_page:
                    responses.append((location, record.url, (record.id, *record.concurrent_to)))
                    if record.kind == "revisit":
                        revisits.add(location, record)
                elif record.start_line and (method := record.start_line.partition(" ")[0]) != "GET":
                    for id_ in filter(None, (record.id, *record.concurrent_to)):
                        requests[id_] = method, record.body
            for pair in self._originals(revisits):
                originals.update([pair] if pair else ())
                yield None
        except BaseException:
            self._preparation = None
            raise
        locations = defaultdict(list)
        for location, url, ids in responses:
            method, request_body = next((requests[id_] for id_ in ids if id_ in requests), ("GET", b""))
            locations[method, url, request_body].append(location)
        self._index = locations, originals

    def _records(
        self, skip: Collection[str], is_whole: bool = True
    ) -> Iterator[tuple[Location, str, WarcRecord | RecordingError] | None]:
        """Yield what `read_records` yields for each file."""
        for number, path in enumerate(self.paths):
            for found in read_records(path, skip, is_whole):
                if found:
                    part, position, label, record = found
                    yield Location(number, part, position), label, record
                else:
                    yield None

    def _originals(self, revisits: Revisits) -> Iterator[tuple[Location, Location | None] | None]:
        """Yield each of *revisits* and its original, and None meanwhile. Reads all archives again if there is one."""
        if len(revisits):
            records = self._records(skip=NO_PAGES | {"revisit"}, is_whole=False)
            yield from revisits.originals(
                (found[0], found[2]) if found and isinstance(found[2], WarcRecord) else None for found in records
            )

    def _page(self, location: Location, label: str, record: WarcRecord) -> Page | RecordingError:
        try:
            return to_page(record, label)
        except InvalidPageError as error:
            return RecordingError(f"{self._place(location)}: {error}")

    def _revisited(self, location: Location, original: Location | None) -> Page | RecordingError:
        try:
            label, revisit = self._reader.read(location)
            if original is None:
                reason = f"{revisit.url}: the original of this revisit record is not in the archives"
                return UnresolvedRevisitError(f"{self._place(location)}: {reason}")
            page = self._page(original, *self._originals_reader.read(original))
            if isinstance(page, RecordingError):
                return UnresolvedRevisitError(
                    f"{self._place(location)}: {revisit.url}: its original is damaged: {page}"
                )
            return revisited_page(revisit, page, label)
        except InvalidPageError as error:
            return RecordingError(f"{self._place(location)}: {error}")
        except RecordingError as error:
            return error

    def _place(self, location: Location) -> str:
        return f"{self.paths[location.file]}, byte {location.position}"
