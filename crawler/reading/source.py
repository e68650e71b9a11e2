"""What a source says about its site, and the checks that every one of its pages goes through before it is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar, TypeVar

from scrapy import Request

from crawler.items import Article, Link, Listing
from crawler.markdown.rules import Headings
from crawler.markdown.summary import text_of
from crawler.reading.checks import check_notice, check_text
from crawler.reading.errors import LayoutChanged, NotSitePage
from crawler.reading.page import Page
from crawler.reading.query import all_of, href, text_at
from crawler.reading.read import LONG, _read, converted, make_absolute
from crawler.text.clean import one_line

T = TypeVar("T")


class Source:
    """The contract of a source. It gives the class attributes and the class methods below, and nothing else.

    All are class attributes and class methods: readers cannot reach settings, clock, network or disk, so that a
    recorded page replays without a crawl.
    """

    name: str
    hosts: ClassVar[tuple[str, ...]]  # every host the source may ask; nothing else is requested
    channels: ClassVar[tuple[str, ...]]  # the entrances that `-a channel=` opens
    default_channels: ClassVar[tuple[str, ...]]
    title_suffixes: ClassVar[tuple[str, ...]] = ()  # what the site puts behind every title
    extra_keys: ClassVar[tuple[str, ...]] = ()  # the richer metadata that its files always have (see layouts/hugo.py)
    own_arguments: ClassVar[tuple[str, ...]] = ()  # names that `-a` takes beside those of every source
    schedule: ClassVar[str] = ""  # when `scrapy schedule` runs it: a cron expression, Beijing time; "" = by hand only

    @classmethod
    def article_link(cls, url: str) -> Link | None:
        """The link of an article address of this source, whatever host and form it has; None for any other address."""
        raise NotImplementedError

    @classmethod
    def open_channel(cls, channel: str) -> Request:
        """The first listing page of one of `channels`."""
        raise NotImplementedError

    @classmethod
    def open_search(cls, keyword: str) -> Request | None:
        """The first page of the site's own search; None when it has none: then the listings' titles are filtered."""
        return None

    @classmethod
    def open_listing(cls, url: str) -> Request | None:
        """The request for a listing address that a user typed; None when it is none of this source's."""
        raise NotImplementedError

    @classmethod
    def open_days(cls, newest: Request, since: str, until: str) -> Mapping[str, Request] | None:
        """Where each day's issue is a listing of its own, and *newest* asks for one: by day the requests for those that
        are wanted, *newest* alone where no day is named. None for any other request."""
        return None

    @classmethod
    def refuse(cls, page: Page) -> None:
        """Raise the `PageError` of a page that bears the site's own marks of a block, a login, a deletion."""

    @classmethod
    def read_listing(cls, page: Page) -> Listing:
        """What a listing page leads to. Raises `PageError`."""
        raise NotImplementedError

    @classmethod
    def read_article(cls, page: Page) -> Article | Request:
        """The article of an article page (`page.link` led there), or the request for its second answer: with that as
        `page.second` the page is then read again. Raises `PageError`."""
        raise NotImplementedError

    @classmethod
    def listing(cls, page: Page) -> Listing:
        """`read_listing` behind all checks, what it says of its links on one clean line. Raises `PageError` and nothing
        else."""
        found = _read(cls.read_listing, cls.refuse, page)
        links = (
            replace(link, title=one_line(link.title), page_label=one_line(link.page_label)) for link in found.links
        )
        return replace(found, links=tuple(links))

    @classmethod
    def article(
        cls, page: Page, edit: Callable[[Article], Article] = lambda article: article, headings: Headings = "setext"
    ) -> Article | Request:
        """`read_article` behind all checks, then *edit*, then the body's node made into Markdown and summary: no tree
        leaves this room. Raises `PageError` and nothing else."""

        def reader(page: Page) -> Article | Request:
            try:
                read = cls.read_article(page)
            except LayoutChanged as error:
                if (error.field or error.selector) and cls._is_foreign(page):
                    reason = f"a short page with nothing of the site: {error}"
                    raise NotSitePage(reason, field=error.field, selector=error.selector) from error
                raise
            if not isinstance(read, Article):
                return read
            if read.body is not None:
                make_absolute(read.body, page.url)
            article = converted(edit(read), page.headers, headings)
            check_text(article)
            if page.url.startswith("http"):  # a file has what it has
                check_notice(article)
            return article

        return _read(reader, cls.refuse, page)

    @classmethod
    def _is_foreign(cls, page: Page) -> bool:
        """Whether an article's page that could not be read is none of the site's: a firewall's, a login's. A site that
        has changed still has its titles, and leads to more of its pages."""
        words, title = one_line(text_of(page.tree)), one_line(page.link.title) if page.link else ""
        if len(words) > LONG or not title or title in words:  # without a title nobody can tell
            return False
        if cls.title_suffixes and text_at(page, "head > title").endswith(cls.title_suffixes):
            return False
        targets = (href(node, page) for node in all_of(page, "a[href]"))
        return not any(cls.article_link(url) or cls.open_listing(url) for url in targets if url)
