"""Read the pages of a WARC file: recordings of this crawler, archives of wget, browser crawlers and Common Crawl."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from io import BytesIO
from pathlib import Path

from warcio.bufferedreaders import ChunkedDataReader

from crawler.download.compression import BodyTooLargeError, DecompressionError, decompress, is_plain_text
from crawler.reading.page import Page
from crawler.recordings.protocol import RecordingError
from crawler.recordings.warc import MAX_RECORD_SIZE, WarcRecord, is_warc, read_records

logger = logging.getLogger(__name__)


class Archive:
    """The responses in the WARC file *path*. Raises OSError; `RecordingError` if it is not a WARC file."""

    def __init__(self, path: Path) -> None:
        if not is_warc(path):
            raise RecordingError(f"{path} is not a WARC file")
        self.path = path

    def __iter__(self) -> Iterator[Page | RecordingError]:
        """Yield every response in file order; for an unreadable record, its error.

        The pages have the method "GET" and no request body: request records are not read.
        """
        for offset, record in read_records(self.path, only=b"response"):
            if isinstance(record, str):
                yield self._error(offset, record)
            elif record.kind == "response":
                yield self._page(offset, record)

    def find(self, method: str, url: str, request_body: bytes) -> Page | None:
        """Return the response to a request, or None if it is not recorded.

        Of several responses, return the last readable one with another status than 304: earlier ones may be block
        pages or truncated, and "304 Not Modified" has no body. Raises `RecordingError` if all are unreadable.
        """
        responses = []
        for offset in reversed(self._offsets.get((method, url, request_body), ())):
            _, record = next(read_records(self.path, offset))
            assert isinstance(record, WarcRecord)  # `_offsets` contains readable records only
            responses.append(self._page(offset, record))
        pages = [page for page in responses if isinstance(page, Page)]
        for error in responses:
            if isinstance(error, RecordingError) and not pages:
                raise error
        return next((page for page in pages if page.status != 304), pages[0] if pages else None)

    @cached_property
    def _offsets(self) -> Mapping[tuple[str, str, bytes], Sequence[int]]:
        """Map each request (method, URL, body) to the byte offsets of its responses.

        A request is a separate record, before or after its response; WARC-Concurrent-To may be in either of the two.
        """
        responses: list[tuple[int, str, tuple[str, ...]]] = []
        requests: dict[str, tuple[str, bytes]] = {}  # record id -> method and body, of requests other than GET
        for offset, record in read_records(self.path):
            if isinstance(record, str):
                logger.error("%s", self._error(offset, record))
            elif record.kind == "response":
                responses.append((offset, record.url, (record.id, *record.concurrent_to)))
            elif record.kind == "request" and (method := record.start_line.partition(" ")[0]) != "GET":
                for id_ in filter(None, (record.id, *record.concurrent_to)):
                    requests[id_] = method, record.body
        offsets = defaultdict(list)
        for offset, url, ids in responses:
            method, request_body = next((requests[id_] for id_ in ids if id_ in requests), ("GET", b""))
            offsets[method, url, request_body].append(offset)
        return offsets

    def _page(self, offset: int, record: WarcRecord) -> Page | RecordingError:
        values: dict[str, list[str]] = defaultdict(list)
        for name, value in record.headers:
            values[name.lower()].append(value)
        headers = {name: ", ".join(found) for name, found in values.items()}
        body = record.body
        try:
            if "chunked" in headers.pop("transfer-encoding", "").lower():
                reader = ChunkedDataReader(BytesIO(body))
                body = b"".join(iter(lambda: reader.read(65536), b""))
            return Page(
                url=record.url,
                body=_decompress(body, headers.pop("content-encoding", "")),
                status=int(record.start_line.split()[1]),
                headers=headers,
                fetched_at=_utc(record.date),
                record=f"{self.path.name}:{offset}",
                truncated=record.truncated,
            )
        except (DecompressionError, BodyTooLargeError, ValueError, LookupError) as error:
            return self._error(offset, f"{record.url}: {error}")

    def _error(self, offset: int, reason: str) -> RecordingError:
        return RecordingError(f"{self.path}, byte {offset}: {reason}")


def _decompress(body: bytes, codings: str) -> bytes:
    try:
        return decompress(body, codings, MAX_RECORD_SIZE)
    except DecompressionError:
        if is_plain_text(body):  # some archivers decompress the body and keep the Content-Encoding header
            return body
        raise


def _utc(date: str) -> str:
    """Convert a record's WARC-Date to the format of `Page.fetched_at`; "" if it is absent or invalid."""
    try:
        return datetime.fromisoformat(date).astimezone(UTC).isoformat(timespec="seconds")
    except ValueError:
        return ""
