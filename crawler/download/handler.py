"""Scrapy's download handler with ends: a run that is told to stop does not wait for a server that hangs, and headers
without end are not listened to."""

from __future__ import annotations

import asyncio

from scrapy import Request
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
from twisted.web._newclient import HEADER, STATUS, ParseError
from twisted.web._newclient import Request as SentRequest
from twisted.web.iweb import IResponse

from crawler.download.errors import RequestDropped


class DownloadHandler(HTTP11DownloadHandler):
    """After Ctrl-C or SIGTERM what is under way has PATIENCE seconds to come in; nothing more begins. The links stay
    open for the next run."""

    PATIENCE = 5.0
    STEP = 0.5

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _Connections

    async def download_request(self, request: Request) -> Response:
        patience = self.PATIENCE
        if self._is_to_stop():
            raise RequestDropped("the run ends", "links/not_fetched")
        download = asyncio.ensure_future(super().download_request(request))
        try:
            while not download.done():
                if patience <= 0:
                    raise RequestDropped("the run ends, and no answer has come", "links/not_fetched")
                await asyncio.wait((download,), timeout=self.STEP)
                patience -= self.STEP if self._is_to_stop() else 0
            return await download
        finally:
            download.cancel()

    def _is_to_stop(self) -> bool:
        engine = self._crawler.engine
        return engine is not None and not engine.running


class _Connection(_LenientHTTP11ClientProtocol):
    """Ends where an answer's headers, 1xx answers before it included, grow beyond MOST: Twisted keeps them all, as
    long as they come."""

    MOST = 256 * 1024  # bytes, as in Chrome

    def request(self, request: SentRequest) -> Deferred[IResponse]:
        self._received = 0
        return super().request(request)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        if self._parser and self._parser.state in (STATUS, HEADER):
            self._received += len(data)
            if self._received > self.MOST:
                assert self.transport
                self.transport.abortConnection()
                why = Failure(ParseError("headers without end", self.MOST))  # type: ignore[no-untyped-call]
                self._disconnectParser(why)  # type: ignore[no-untyped-call]
                return
        super().dataReceived(data)  # type: ignore[no-untyped-call]


class _Connections(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: IAddress | None) -> _Connection:  # noqa: N802
        return _Connection(self._quiescentCallback)  # type: ignore[no-untyped-call]
