"""Scrapy download handler with two limits: the time to wait for responses after a stop, and the size of headers."""

from __future__ import annotations

import asyncio
from typing import cast

from scrapy import Request

# Private classes of Scrapy: it has no setting for the protocol class of its connections.
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
)
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.python.failure import Failure

# A private module of Twisted: no public name exists for the parser's states and the request that is written.
from twisted.web._newclient import HEADER, STATUS, ParseError
from twisted.web._newclient import Request as SentRequest
from twisted.web.iweb import IPolicyForHTTPS, IResponse

from crawler.counts import Count
from crawler.download.causes import with_cause
from crawler.download.certificates import ReportingPolicy
from crawler.download.errors import RequestDropped


class DownloadHandler(HTTP11DownloadHandler):
    """Download requests. After Ctrl-C or SIGTERM, drop new requests at once and requests in flight after GRACE_PERIOD.

    Scrapy waits until DOWNLOAD_TIMEOUT instead. The links of dropped requests stay open for the next run.
    """

    GRACE_PERIOD = 5.0  # seconds
    POLL_INTERVAL = 0.5  # seconds

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        # Private attribute: the connection pool takes no other factory as an argument.
        self._pool._factory = _ConnectionFactory
        self._contextFactory = cast(IPolicyForHTTPS, ReportingPolicy(self._contextFactory))

    async def download_request(self, request: Request) -> Response:
        """Download *request*. Raises `RequestDropped` if the run stops first, and errors that name their cause."""
        remaining = self.GRACE_PERIOD
        if self._is_stopping():
            raise RequestDropped("the run ends", Count.LINKS_NOT_FETCHED)
        download = asyncio.ensure_future(super().download_request(request))
        try:
            while not download.done():
                if remaining <= 0:
                    raise RequestDropped(
                        f"the run ends, without a complete response after {self.GRACE_PERIOD:g} s",
                        Count.LINKS_NOT_FETCHED,
                    )
                await asyncio.wait((download,), timeout=self.POLL_INTERVAL)
                remaining -= self.POLL_INTERVAL if self._is_stopping() else 0
            return await download
        except Exception as error:
            described = with_cause(error, request)
            if described is error:
                raise
            raise described from error
        finally:
            download.cancel()

    def _is_stopping(self) -> bool:
        engine = self._crawler.engine
        return engine is not None and not engine.running


class _Connection(_LenientHTTP11ClientProtocol):
    """Abort the connection if a response's headers, with those of 1xx responses before it, exceed MAX_HEADER_SIZE.

    Twisted stores headers without a limit on their total size.
    """

    MAX_HEADER_SIZE = 256 * 1024  # bytes, as in Chrome

    def request(self, request: SentRequest) -> Deferred[IResponse]:
        self._received = 0
        return super().request(request)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        if self._parser and self._parser.state in (STATUS, HEADER):
            self._received += len(data)
            if self._received > self.MAX_HEADER_SIZE:
                assert self.transport
                self.transport.abortConnection()
                message = f"the response headers exceed {self.MAX_HEADER_SIZE} bytes"
                error = ParseError(message, self.MAX_HEADER_SIZE)  # type: ignore[no-untyped-call]
                self._disconnectParser(Failure(error))  # type: ignore[no-untyped-call]
                return
        super().dataReceived(data)  # type: ignore[no-untyped-call]


class _ConnectionFactory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: IAddress | None) -> _Connection:  # noqa: N802
        return _Connection(self._quiescentCallback)  # type: ignore[no-untyped-call]
