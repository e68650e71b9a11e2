"""The contract of a source: class attributes and class methods, a page in, a value out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from crawler.text.titles import is_same_title

if TYPE_CHECKING:
    from scrapy import Request

    from crawler.items import Article, Link, Listing
    from crawler.reading.page import Page


class Source:
    """One site: its hosts, its listings, and the readers of its pages.

    A source consists of class attributes and class methods only. Readers cannot access settings, clock, network or
    disk, so a recorded page replays without a crawl. `reading.read` calls the readers and runs the common checks.
    """

    name: str
    hosts: ClassVar[tuple[str, ...]]  # the only hosts that receive requests, redirects included
    # Hosts of the pictures in articles, for STORE_PICTURES; those in `hosts` need no entry. "*.example.com" stands for
    # all hosts whose names end with ".example.com". They receive no requests for pages.
    picture_hosts: ClassVar[tuple[str, ...]] = ()
    channels: ClassVar[Collection[str]]  # the names that `-a channel=` accepts
    default_channels: ClassVar[tuple[str, ...]]
    title_suffixes: ClassVar[tuple[str, ...]] = ()  # suffixes that the site adds to every title
    extra_keys: ClassVar[tuple[str, ...]] = ()  # front matter keys that its files always have (layouts/hugo.py: EXTRA)
    own_arguments: ClassVar[tuple[str, ...]] = ()  # names that `-a` accepts for this source only
    # How complete pages of the site end, if `</html>` and closed elements do not show it: {pattern: pattern that must
    # match after it}, regular expressions without regard to case. See crawler/spiders/README.md, "The end of a page".
    page_ends: ClassVar[Mapping[str, str]] = {}
    # Where public archives have its articles: hosts ("m.x.cn/") and prefixes ("www.x.cn/news/"), without a scheme; () =
    # as derived from the form of its URLs (`crawler.captures.places`). Too wide a place costs requests, too narrow a
    # place loses articles.
    archive_places: ClassVar[tuple[str, ...]] = ()
    schedule: ClassVar[str] = ""  # cron expression in Beijing time for `press-corpus schedule`; "" = no scheduled runs

    @classmethod
    def article_link(cls, url: str) -> Link | None:
        """Return the link of an article URL of this source in its canonical form, or None for any other URL."""
        raise NotImplementedError

    @classmethod
    def open_article(cls, link: Link) -> Request | None:
        """Return the request for the page that `read_article` reads; by default, of the URL of *link*.

        None if only a listing has the text of the article: see `Listing.whole`.
        """
        raise NotImplementedError

    @classmethod
    def open_channel(cls, channel: str) -> Request:
        """Return the request for the first listing page of a name in `channels`."""
        raise NotImplementedError

    @classmethod
    def open_search(cls, keyword: str) -> Request | None:
        """Return the request for the first page of the site's search, or None if the site has no search.

        Without a search, the titles of the listings are filtered by the keyword.
        """
        return None

    @classmethod
    def open_listing(cls, url: str) -> Request | None:
        """Return the request for a listing URL of this source, or None for any other URL."""
        raise NotImplementedError

    @classmethod
    def open_days(cls, newest: Request, since: str, until: str) -> Mapping[str, Request] | None:
        """Return the requests for the issues between two days, by day ("YYYY-MM-DD"), newest first.

        *newest* requests the listing of one issue. Without *since* and *until*, the result holds only *newest*. None
        if *newest* does not request an issue: only newspapers have one listing per day.
        """
        return None

    @classmethod
    def refuse(cls, page: Page) -> None:
        """Raise the `PageError` of a page that has the site's own marks of a block, a login or a deletion."""

    @classmethod
    def read_listing(cls, page: Page) -> Listing:
        """Return the links and the next pages of a listing page. Raises `PageError`."""
        raise NotImplementedError

    @classmethod
    def second_request(cls, page: Page) -> Request | None:
        """Return the request for the second response that the article of *page* needs, or None.

        `read_article` gets that response as `page.second_page`. Raises `PageError`.
        """
        return None

    @classmethod
    def next_page(cls, first: Page, last: Page, number: int) -> Request | None:
        """Return the request for page *number* of the article that begins on *first*; None after its last page.

        *last* is page *number* - 1. The texts of all pages become one article; `read_article` is called for each page.
        """
        raise NotImplementedError

    @classmethod
    def read_article(cls, page: Page) -> Article:
        """Return the article of a page that `page.link` led to. Raises `PageError`."""
        raise NotImplementedError

    @classmethod
    def shown_titles(cls, page: Page) -> Sequence[str]:
        """Return the titles on an article page that are compared with the one of the listing, if it has one.

        If `is_same_title` is False for all of them, the page is that of another article, and is refused. () by default:
        the listings of many sites have titles of their own, which editors write for readers on phones.
        """
        return ()

    @classmethod
    def is_same_title(cls, listed: str, shown: str) -> bool:
        """Return whether an article may have the title *listed* in a listing and the title *shown* on its page."""
        return is_same_title(listed, shown)


AnySource = Source | type[Source]
