"""Scrapy's download handler with an end: a run that is told to stop does not wait for a server that hangs."""

from __future__ import annotations

import asyncio

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.http import Response

from crawler.middlewares import NotAsked


class Downloads(HTTP11DownloadHandler):
    """After Ctrl-C or SIGTERM what is under way has PATIENCE seconds to come in; nothing more begins. The links stay
    open for the next run."""

    PATIENCE = 5.0
    STEP = 0.5

    async def download_request(self, request: Request) -> Response:
        patience = self.PATIENCE
        if self._is_to_stop():
            raise NotAsked("the run ends", "links/open")
        download = asyncio.ensure_future(super().download_request(request))
        try:
            while not download.done():
                if patience <= 0:
                    raise NotAsked("the run ends, and no answer has come", "links/open")
                await asyncio.wait((download,), timeout=self.STEP)
                patience -= self.STEP if self._is_to_stop() else 0
            return await download
        finally:
            download.cancel()

    def _is_to_stop(self) -> bool:
        engine = self._crawler.engine
        return engine is not None and not engine.running
