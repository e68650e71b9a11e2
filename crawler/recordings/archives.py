"""Recorded crawls as pages: our own, and those of wget, of browser crawlers, of Common Crawl."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from io import BytesIO
from pathlib import Path

from warcio.bufferedreaders import ChunkedDataReader

from crawler.download.compression import BodyTooLargeError, DecompressionError, decompress
from crawler.reading.page import Page
from crawler.recordings.protocol import RecordingError
from crawler.recordings.warc import LARGEST, WarcRecord, is_warc, records

logger = logging.getLogger(__name__)


class Archive:
    """The answers in a WARC file. Raises OSError, and `RecordingError` for a file that is none."""

    def __init__(self, path: Path) -> None:
        if not is_warc(path):
            raise RecordingError(f"{path} is no WARC file")
        self.path = path

    def __iter__(self) -> Iterator[Page | RecordingError]:
        """Every answer in the file's order; in the place of a record that cannot be read, its error. With which method
        a page was asked for is not seen here."""
        for place, record in records(self.path, only=b"response"):
            if isinstance(record, str):
                yield self._error(place, record)
            elif record.kind == "response":
                yield self._page(place, record)

    def find(self, method: str, url: str, sent: bytes) -> Page | None:
        """The answer to a request, None where it was not recorded. Of several the last that is a page: those before it
        were blocked or broke off, and "304 Not Modified" leaves the page out. Raises `RecordingError` where none can be
        read."""
        answers = []
        for place in reversed(self._places.get((method, url, sent), ())):
            _, record = next(records(self.path, place))
            assert isinstance(record, WarcRecord)  # it could be read before
            answers.append(self._page(place, record))
        pages = [page for page in answers if isinstance(page, Page)]
        for error in answers:
            if isinstance(error, RecordingError) and not pages:
                raise error
        return next((page for page in pages if page.status != 304), pages[0] if pages else None)

    @cached_property
    def _places(self) -> Mapping[tuple[str, str, bytes], Sequence[int]]:
        """Where the answers to each request lie. A request stands in a record of its own, before or behind that of its
        answer, and either of them may name the other."""
        answers: list[tuple[int, str, tuple[str, ...]]] = []
        requests: dict[str, tuple[str, bytes]] = {}  # those that are more than their address
        for place, record in records(self.path):
            if isinstance(record, str):
                logger.error("%s", self._error(place, record))
            elif record.kind == "response":
                answers.append((place, record.url, (record.id, *record.others)))
            elif record.kind == "request" and (method := record.headline.partition(" ")[0]) != "GET":
                for name in filter(None, (record.id, *record.others)):
                    requests[name] = method, record.body
        places = defaultdict(list)
        for place, url, names in answers:
            method, sent = next((requests[name] for name in names if name in requests), ("GET", b""))
            places[method, url, sent].append(place)
        return places

    def _page(self, place: int, record: WarcRecord) -> Page | RecordingError:
        headers: dict[str, str] = {}
        for name, value in record.headers:
            key = name.lower()
            headers[key] = f"{headers[key]}, {value}" if key in headers else value
        body = record.body
        try:
            if "chunked" in headers.pop("transfer-encoding", "").lower():
                chunks = ChunkedDataReader(BytesIO(body))
                body = b"".join(iter(lambda: chunks.read(65536), b""))
            return Page(
                url=record.url,
                body=_unpacked(body, headers.pop("content-encoding", "")),
                status=int(record.headline.split()[1]),
                headers=headers,
                fetched_at=_time(record.date),
                truncated=record.truncated,
            )
        except (DecompressionError, BodyTooLargeError, ValueError, LookupError) as error:
            return self._error(place, f"{record.url}: {error}")

    def _error(self, place: int, reason: str) -> RecordingError:
        return RecordingError(f"{self.path}, byte {place}: {reason}")


def _unpacked(body: bytes, codings: str) -> bytes:
    try:
        return decompress(body, codings, LARGEST)
    except DecompressionError:
        if body.lstrip()[:1] in (b"<", b"{"):  # there are archivers that unpack, and leave the header as it was
            return body
        raise


def _time(date: str) -> str:
    """A record's date as a page has it; "" where there is none."""
    try:
        return datetime.fromisoformat(date).astimezone(UTC).isoformat(timespec="seconds")
    except ValueError:
        return ""
