"""Pages that cannot be read as an article: retried, recorded as refused, or a reason to end the run."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Response

from crawler.corpus.entries import SITE_FAILURES
from crawler.counts import Count, Group
from crawler.crawl.site_failures import SiteFailures, host_of
from crawler.crawl.stats import count_refused
from crawler.download.ending import end_run
from crawler.download.throttle import HostThrottle
from crawler.items import Link
from crawler.reading.errors import Blocked, Incomplete, LoginRequired, NotSitePage, PageError, Unreachable
from crawler.reading.page import Page

if TYPE_CHECKING:
    from crawler.corpus.corpus import Corpus

logger = logging.getLogger(__name__)

# The run ends if more than this share of its article pages is blocked, counted from this number of pages on. Pages that
# an earlier run refused do not count.
BLOCKED_SHARE, BLOCKED_MIN_PAGES = 0.2, 50
# Pages of a host in a row that ask for a login, or have nothing of the site, from which on the host blocks requests.
WALL_PAGES = 3


@dataclass(frozen=True, slots=True, eq=False)
class Refusal:
    """A page that is neither an article nor a listing, and the reason. Scrapy passes it to the item pipelines."""

    page: Page
    error: PageError


class Refusals:
    """Handle the pages of a run that could not be read, and the back-off of hosts that block requests.

    *was_refused* returns whether an earlier run refused the page of a link.
    """

    def __init__(self, crawler: Crawler, corpus: Corpus, was_refused: Callable[[Link], bool]) -> None:
        self.crawler = crawler
        self.corpus = corpus
        self.was_refused = was_refused
        self.site_failures = SiteFailures(corpus)
        self.throttle = crawler.get_downloader_middleware(HostThrottle)  # None if recorded pages are replayed
        self._article_pages = self._blocked_pages = 0
        self._walls: Counter[str] = Counter()  # host -> pages in a row without anything but a login

    def served(self, page: Page) -> None:
        """Reset the back-off of the page's host: the site answered with a page."""
        self.site_failures.read(page.link.url if page.link else page.url)
        if page.link:
            self._walls.pop(host_of(page.link.url), None)
        if self.throttle:
            self.throttle.reset(page.url)

    def count_article_page(self, link: Link) -> None:
        """Count an article page that will not be requested again in this run."""
        self._article_pages += not self.was_refused(link)

    def in_series(self, error: PageError, link: Link) -> PageError:
        """Return *error*, or `Blocked` if it is the latest of a series: the site then blocks all requests.

        Some articles require a login, and some pages of a site look like those of a firewall. From `WALL_PAGES` of them
        in a row on, the host is paused before each further page, until an article of it is read. The links stay open;
        they are not requested again in this run.
        """
        host = host_of(link.url)
        if self.was_refused(link) or isinstance(error, Blocked | Incomplete | Unreachable):
            return error
        if not isinstance(error, LoginRequired | NotSitePage):
            self._walls.pop(host, None)
            return error
        self._walls[host] += 1
        if self._walls[host] < WALL_PAGES:
            return error
        return Blocked(f"{self._walls[host]} pages in a row without an article: {error}")

    def retry(self, response: Response, error: PageError, link: Link | None = None) -> Request | None:
        """Return the request again if the error is temporary, for after the host's pause; None after RETRY_TIMES.

        A blocked page starts or extends the pause of its host, and ends the run after the longest one. A page that an
        earlier run refused shows nothing new about its host: it waits for the next run. *link* is that of an article.
        """
        if isinstance(error, Blocked) and link and self.was_refused(link):
            return None
        if isinstance(error, Blocked) and self.throttle and not self.throttle.back_off(response.url):
            end_run(self.crawler, "blocked", f"{response.url} was refused even after the longest pause")
        if not error.is_retried or self.crawler.settings["REPLAY"]:  # a recording never changes
            return None
        if link and self._walls[host_of(link.url)] >= WALL_PAGES:  # a pause does not end a login: see `in_series`
            return None
        assert response.request is not None
        assert self.crawler.spider is not None
        request = response.request.replace(url=response.meta.get("redirect_urls", [response.request.url])[0])
        request.meta.pop("redirect_times", None)
        again = get_retry_request(
            request, spider=self.crawler.spider, reason=error.kind, give_up_log_level=logging.DEBUG
        )
        if again is not None:
            if link and isinstance(error, Blocked):
                self.site_failures.blocked(link)
            self.crawler.stats.inc_value(Count.PAGES_RETRIED)
            logger.info("retry: %s: %s: %s", error.kind, request.url, error)
        return again

    def refuse(self, page: Page, error: PageError) -> Refusal:
        """Count a refused page and record it in the ledger. Ends the run if too many pages are blocked."""
        is_retry = page.link is not None and self.was_refused(page.link)
        count_refused(self.crawler.stats, error, page.link is not None, is_retry)
        if page.link:
            self._blocked_pages += isinstance(error, Blocked | NotSitePage) and not is_retry
            self._record(page.link, error, is_retry)
        blocked, pages = self._blocked_pages, self._article_pages
        if pages >= BLOCKED_MIN_PAGES and blocked > BLOCKED_SHARE * pages:
            end_run(self.crawler, "blocked", f"{blocked} of {pages} article pages were blocked")
        return Refusal(page, error)

    def no_response(self, link: Link, error: PageError) -> None:
        """Count an article for which a request got no response, and record *error* in the ledger."""
        is_retry = self.was_refused(link)
        self.crawler.stats.inc_value((Group.RETRIES if is_retry else Group.REFUSED).of(error.kind))
        self._record(link, error, is_retry)

    def _record(self, link: Link, error: PageError, is_retry: bool) -> None:
        self.corpus.refuse(link, error)
        if error.kind in SITE_FAILURES:
            self.site_failures.refused(link, is_retry)
