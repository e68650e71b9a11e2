"""Fetch the pictures of stored articles (setting STORE_PICTURES)."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Iterator
from dataclasses import replace
from typing import Any, Self
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider, NotConfigured
from scrapy.http import Response
from scrapy.pipelines.media import FileInfo, FileInfoOrError, MediaPipeline
from twisted.python.failure import Failure

from crawler.corpus.article_pictures import PendingArticle
from crawler.corpus.errors import LedgerError
from crawler.corpus.picture_table import Picture
from crawler.counts import Count, Group
from crawler.crawl.ending import end_for_error
from crawler.crawl.spider import ArticleSpider
from crawler.download.ending import is_ending
from crawler.download.errors import RequestDropped
from crawler.download.hosts import PICTURE
from crawler.download.throttle import HostThrottle
from crawler.items import Article
from crawler.markdown.picture_links import picture_addresses, picture_url
from crawler.pipelines.picture_failure import PictureFailure, picture_failure
from crawler.pipelines.picture_response import checked_ending
from crawler.text.plural import plural

logger = logging.getLogger(__name__)

PART = 5  # pictures requested together: so many responses are in memory
MAX_REFUSED = 10  # pictures of a host that failed, one after the other, from which on the run requests no more of it
MOST_REMEMBERED = 10_000  # addresses of this run whose results are kept, for other articles with the same picture
_REFUSED = (429, 503)  # of a host that must be left alone (RFC 6585, section 4; RFC 9110, section 15.6.4)


class PicturePipeline(MediaPipeline):
    """Store the pictures of articles after all pages of the run were fetched.

    An article never waits for its pictures: it is stored before, and the ledger has the pictures to fetch, also those
    of earlier runs. Requests pass the downloader middlewares as those for pages do: robots.txt, throttle, proxy,
    recordings. They are sent for one article after the other. What is not fetched when the run ends stays open, and so
    do the pictures of a host that refuses or fails many of them.
    """

    LOG_FAILED_RESULTS = False

    def __init__(self, *, crawler: Crawler) -> None:
        super().__init__(crawler=crawler)
        self._task: asyncio.Future[None] | None = None
        self._maxsize = crawler.settings.getint("PICTURE_MAXSIZE")
        self._failures: dict[bytes, PictureFailure] = {}  # by the fingerprint of the request, as the results of Scrapy
        self._refused: Counter[str] = Counter()  # failed requests since the last stored picture, by host
        self._sent = 0  # requests with a response or an error
        self._unlinked = 0  # articles that were edited by hand

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not crawler.settings.getbool("STORE_PICTURES"):
            raise NotConfigured
        pipeline = cls(crawler=crawler)
        crawler.signals.connect(pipeline.spider_idle, signal=signals.spider_idle)
        return pipeline

    @property
    def spider(self) -> ArticleSpider:
        spider = self.crawler.spider
        assert isinstance(spider, ArticleSpider)
        return spider

    async def process_item(self, item: Any, spider: Any = None) -> Any:
        """Count the pictures on other hosts, and return *item* at once."""
        if isinstance(item, Article):
            others = sum(not self.spider.wants_picture(each) for each in picture_addresses(item.markdown))
            self._count(Count.PICTURES_OTHER_HOST, others)
        return item

    # The pictures of all articles -----------------------------------------------------------------------------------

    def spider_idle(self) -> None:
        """Fetch the pictures when no page is left: the handler of `spider_idle`."""
        if self._task is None:
            if not (self.spider.is_complete and self.spider.fetches_pictures) or is_ending(self.crawler):
                return
            self._task = asyncio.ensure_future(self._fetch_all())
        if not self._task.done():
            raise DontCloseSpider

    async def close_spider(self, spider: Any = None) -> None:
        """Wait for the article whose pictures are being fetched."""
        if self._task:
            await self._task

    async def _fetch_all(self) -> None:
        try:
            pictures, limit = self.spider.corpus.pictures, 0
            if self.spider.arguments.origin == "pictures":
                limit = self.spider.arguments.limit
                self.crawler.stats.set_value(Count.PICTURES_ARTICLES, 0)
                for number in pictures.find(self.spider.wants_picture):
                    self.crawler.stats.set_value(Count.PICTURES_ARTICLES, number)
                    await asyncio.sleep(0)  # for a signal
                    if is_ending(self.crawler):
                        return
            number = 0  # of articles with a request that was sent; edited and forbidden ones would use up each limit
            for article in pictures.pending():
                if is_ending(self.crawler) or (limit and number >= limit):
                    break
                before = self._sent
                await self._fetch(article)
                number += self._sent > before
            if self._unlinked:
                logger.warning(
                    "the pictures of %s are not stored: edited by hand; -s OVERWRITE_EDITED=True changes the addresses",
                    plural(self._unlinked, "article"),
                )
        except (LedgerError, OSError) as error:
            end_for_error(self.crawler, error)
        except Exception:
            logger.exception("the pictures could not be fetched")
            self.crawler.stats.inc_value(Count.INTERNAL_ERRORS)
        finally:
            if self.crawler.engine and (slot := self.crawler.engine._slot):
                slot.nextcall.schedule()  # otherwise the run waits for the engine's next heartbeat

    async def _fetch(self, article: PendingArticle) -> None:
        if article.is_edited:
            self._unlinked += 1
            self._count(Count.PICTURES_EDITED, len(article.pictures))
            return
        if len(self.spiderinfo.downloaded) > MOST_REMEMBERED:
            self.spiderinfo.downloaded.clear()
            self._failures.clear()
        left = article.pictures
        while left and not is_ending(self.crawler):
            part, left = left[:PART], left[PART:]
            refused = [each for each in part if self._refused[_host(picture_url(each.address))] >= MAX_REFUSED]
            self._count(Count.PICTURES_NOT_FETCHED, len(refused))
            await super().process_item(replace(article, pictures=[each for each in part if each not in refused]))
        self._count(Count.PICTURES_NOT_FETCHED, len(left))
        if self.spider.corpus.pictures.link(article.id) == "edited":  # meanwhile
            self._unlinked += 1

    # The pictures of one article: the interface of MediaPipeline ------------------------------------------------------

    def get_media_requests(self, item: PendingArticle, info: MediaPipeline.SpiderInfo) -> list[Request]:
        """Return a request for each picture, with the URL of the article as its Referer."""
        return [request for request, _ in self._requests(item)]

    def _requests(self, article: PendingArticle) -> Iterator[tuple[Request, Picture]]:
        for picture in article.pictures:
            if not self.spider.wants_picture(picture.address):  # the source has changed its hosts
                continue
            headers = {"Referer": article.url, "Accept": "image/*,*/*;q=0.8"}
            meta = {PICTURE: picture.address, "download_maxsize": self._maxsize, "download_warnsize": 0}
            yield Request(picture_url(picture.address), headers=headers, meta=meta), picture

    def media_to_download(self, request: Request, info: MediaPipeline.SpiderInfo, *, item: Any = None) -> None:
        """Download each picture: the ledger has none of those that are pending."""

    def file_path(
        self,
        request: Request,
        response: Response | None = None,
        info: MediaPipeline.SpiderInfo | None = None,
        *,
        item: Any = None,
    ) -> str:
        """Return the path of the stored picture, relative to the root of the corpus."""
        return self.spider.corpus.pictures.path_of(item.id, request.meta[PICTURE])

    def media_downloaded(
        self, response: Response, request: Request, info: MediaPipeline.SpiderInfo, *, item: Any = None
    ) -> FileInfo | Awaitable[FileInfo]:
        """Store the picture in *response*. Raises `PictureTypeError` for any other response."""
        self._count(Count.PICTURE_RESPONSES)
        self._sent += 1
        if response.status in _REFUSED:
            self._leave_alone(request, response)
        ending = checked_ending(response, request)
        try:
            self.spider.corpus.pictures.write(item.id, request.meta[PICTURE], response.body, ending)
            path = self.file_path(request, response, info, item=item)
        except (OSError, LedgerError) as error:
            end_for_error(self.crawler, error)
            raise RequestDropped("the run ends", Count.LINKS_NOT_FETCHED) from error
        self._refused.pop(_host(request.url), None)
        return FileInfo(url=request.url, path=path, checksum=None, status="downloaded")

    def _leave_alone(self, request: Request, response: Response) -> None:
        """Pause the host of *response*, and request no more pictures of it, and of that of *request*, in this run."""
        throttle = self.crawler.get_downloader_middleware(HostThrottle)  # None if a recording is replayed
        if not throttle:
            return
        throttle.back_off(response.url)
        for url in (request.url, response.url):
            throttle.stop_pictures(url)
            self._refused[_host(url)] = MAX_REFUSED

    def media_failed(self, failure: Failure, request: Request, info: MediaPipeline.SpiderInfo) -> Any:
        """Keep the reason for `item_completed`, and count the request for its host, once for all articles.

        A returned failure would be logged with a traceback.
        """
        error = failure.value
        if not isinstance(error, Exception):
            failure.raiseException()
        failed = picture_failure(error, self._maxsize)
        self._failures[self._fingerprinter.fingerprint(request)] = failed
        self._sent += not failed.dropped
        if failed.dropped or failed.is_final:
            return
        host = _host(request.url)
        self._refused[host] += 1
        if self._refused[host] == MAX_REFUSED:
            logger.warning(
                "pictures: %d requests to %s failed in a row: the others wait for a later run", MAX_REFUSED, host
            )

    def item_completed(
        self, results: list[FileInfoOrError], item: PendingArticle, info: MediaPipeline.SpiderInfo
    ) -> PendingArticle:
        """Record the result of each picture, then write the links of the article."""
        pictures = self.spider.corpus.pictures
        for (request, picture), (_, found) in zip(self._requests(item), results, strict=True):
            if isinstance(found, Failure):  # a bug in this class
                found.raiseException()
            if found:
                if not pictures.path_of(item.id, picture.address):  # the same picture of another address or article
                    pictures.write_same(item.id, picture.address, found["path"])
                self._count(Count.PICTURES_STORED)
            else:
                self._failed(picture, request, self._failures[self._fingerprinter.fingerprint(request)])
        return item

    def _failed(self, picture: Picture, request: Request, failure: PictureFailure) -> None:
        """Count a picture without a file. A failed request is recorded; one that was not sent is not."""
        if failure.dropped:
            self._count(failure.dropped)
            return
        self.spider.corpus.pictures.fail(picture, failure.reason, failure.is_final)
        self._count(Count.PICTURES_FAILED)
        key = Group.EXAMPLE.of(Count.PICTURES_FAILED)
        self.crawler.stats.set_value(key, self.crawler.stats.get_value(key, f"{request.url}: {failure.reason}"))
        logger.info("picture not stored: %s: %s", request.url, failure.reason)

    def _count(self, key: str, number: int = 1) -> None:
        if number:
            self.crawler.stats.inc_value(key, number)


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
