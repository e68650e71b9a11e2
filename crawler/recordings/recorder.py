"""Write requests and responses to a WARC file (ISO 28500)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.reading.page import is_secret

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request and its response, as sent over the network."""

    method: str
    url: str
    request_headers: Headers
    request_body: bytes
    status: int
    headers: Headers
    body: bytes  # of the response, still compressed as its Content-Encoding header states
    time: str  # of the response, ISO 8601 with time zone
    truncated: bool = False  # whether the connection ended before the body was complete


class Recorder:
    """Write exchanges to the new WARC file *path*, compressed if its name ends in ".gz".

    *warcinfo* holds the fields of the file's first record. `write` flushes each exchange: a killed run loses at most
    the last record. Raises OSError; FileExistsError if the file exists, because a recording is never overwritten.
    """

    def __init__(self, path: Path, warcinfo: Mapping[str, str]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("xb")
        self._writer = WARCWriter(self._file, gzip=path.suffix == ".gz")
        self._writer.write_record(self._writer.create_warcinfo_record(path.name, dict(warcinfo)))
        self._file.flush()

    def write(self, exchange: Exchange) -> int:
        """Write a response record and its request record, without secret headers (cookies, credentials).

        Returns the byte offset of the response record.
        """
        offset = self._file.tell()
        url = urlsplit(exchange.url)
        path = f"{url.path or '/'}{'?' + url.query if url.query else ''}"
        phrase = next((status.phrase for status in HTTPStatus if status == exchange.status), "")
        request = StatusAndHeaders(
            f"{exchange.method} {path} HTTP/1.1", _without_secrets(exchange.request_headers), is_http_request=True
        )
        response = StatusAndHeaders(
            f"{exchange.status} {phrase}", _without_secrets(exchange.headers), protocol="HTTP/1.1"
        )
        self._writer.write_request_response_pair(
            self._record("request", exchange, request, exchange.request_body),
            self._record("response", exchange, response, exchange.body),
        )
        self._file.flush()
        return offset

    def close(self) -> None:
        self._file.close()

    def _record(self, warc_type: str, exchange: Exchange, headers: StatusAndHeaders, body: bytes) -> Any:
        date = datetime.fromisoformat(exchange.time).astimezone(UTC)
        warc_headers = {"WARC-Date": date.strftime("%Y-%m-%dT%H:%M:%SZ")}
        if warc_type == "response" and exchange.truncated:
            warc_headers["WARC-Truncated"] = "disconnect"
        record = self._writer.create_warc_record(
            exchange.url,
            warc_type,
            payload=BytesIO(body),
            length=len(body),
            warc_headers_dict=warc_headers,
            http_headers=headers,
        )
        record.payload_length = len(body)  # otherwise warcio copies the body to a temporary file and leaves it open
        return record


def _without_secrets(headers: Headers) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if not is_secret(name)]
