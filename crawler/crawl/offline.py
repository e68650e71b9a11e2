"""Articles out of an archive (`-a from=archive`): every page in it that the source knows as its own, without listings
and without requests; and out of local files, in the same way."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from scrapy import Request

from crawler.crawl.refusals import Refusal
from crawler.items import Article
from crawler.reading.errors import PageError
from crawler.reading.page import Page
from crawler.reading.read import read_article
from crawler.recordings.protocol import RecordingError

if TYPE_CHECKING:
    from crawler.crawl.spider import ArticleSpider
    from crawler.recordings.protocol import Recordings

logger = logging.getLogger(__name__)


def read_recordings(spider: ArticleSpider, recordings: Recordings) -> Iterator[Article | Refusal]:
    """What the pages of *recordings* give, in their order. Raises LedgerError.

    What is refused is kept, and counted, but not noted in the ledger: of the page that the site has now it says
    nothing, and a later one in the archive may be whole. What was written by a former run is passed by; but files are
    read again, for they, or what is said of them, may have changed.
    """
    done: dict[str, str] = {}  # id -> address
    taken = 0
    for page in recordings:
        if isinstance(page, RecordingError):
            spider.count("records/damaged")
            logger.warning("damaged: %s", page)
            continue
        own = spider.article_link(page.link.url if page.link else page.requested_url or page.url)
        link = own and (page.link or own)
        on_the_way = page.redirect and spider.article_link(page.redirect)
        # An answer without a body is one to HEAD, or says that nothing has changed.
        if link is None or on_the_way or not (page.body or page.redirect):
            spider.count("records/not_article")
        elif link.id in done:
            spider.count("links/repeated")
            if done[link.id] != link.url:
                spider.count("records/damaged")
                logger.warning("damaged: %s: another has its name: %s", link.url, done[link.id])
        elif (held := spider.corpus.is_stored(link)) and not spider.files:
            done[link.id] = link.url
            spider.count("links/known")
        elif item := _read(spider, recordings, replace(page, link=link)):
            if isinstance(item, Article):
                spider.count("links/revisit" if held else "links/new")
            yield item
            if isinstance(item, Article):
                done[link.id] = link.url
                taken += 1
                if taken == spider.arguments.limit:
                    return


def _read(spider: ArticleSpider, recordings: Recordings, page: Page) -> Article | Refusal | None:
    try:
        read = read_article(spider, page, spider.read_options)
        if isinstance(read, Request):
            second = recordings.find(read.method, read.url, read.body)
            if second is None:
                spider.count("links/missing")
                logger.error("missing: %s: the second answer of %s is not recorded", read.url, page.url)
                return None
            page = replace(page, second_page=second)
            read = read_article(spider, page, spider.read_options)
    except RecordingError as error:
        spider.count("records/damaged")
        logger.warning("damaged: %s", error)
        return None
    except PageError as error:
        spider.count(f"pages/{error.kind}")
        error.keep = error.keep and not spider.files  # a file is at hand as it is
        return Refusal(page, error)
    assert isinstance(read, Article)  # none takes a third answer
    if not spider.arguments.covers(read.date):
        spider.count("pages/filtered")
        return None
    spider.count("pages/article")
    return read
