"""What a source says about its site, and the checks that every one of its pages goes through before it is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import ClassVar, TypeVar, cast

from lxml.html import HtmlElement
from scrapy import Request

from crawler.addresses import whole
from crawler.checks import check_answer, check_notice, check_text, check_weight, check_whole
from crawler.items import Article, Link, Listing
from crawler.markdown import Headings, convert, text_of
from crawler.normalize import WHOLE, clean, fold, summarize
from crawler.page import Page, TooDeep, TooMuch
from crawler.reading import Changed, Foreign, Incomplete, PageError, all_of, link_of, needed, text_at

T = TypeVar("T")

SUMMARIZED = 200  # characters of a body, of which its summary hardly ever needs more
_stays = re.compile("#|[a-z][a-z0-9+.-]*:", re.IGNORECASE).match  # a place in the page, or a whole address
ADDRESSES = {"a": ("href",), "img": ("src",), "source": ("src",), "video": ("src", "poster")}  # by tag: what bears one
LONG = 500  # characters: no page of a firewall has so many


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
        links = (replace(link, title=fold(link.title), place=fold(link.place)) for link in found.links)
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
            except Changed as error:
                if (error.field or error.selector) and cls._is_foreign(page):
                    reason = f"a short page with nothing of the site: {error}"
                    raise Foreign(reason, field=error.field, selector=error.selector) from error
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
        words, title = fold(text_of(page.tree)), fold(page.link.title) if page.link else ""
        if len(words) > LONG or not title or title in words:  # without a title nobody can tell
            return False
        if cls.title_suffixes and text_at(page, "head > title").endswith(cls.title_suffixes):
            return False
        targets = (link_of(node, page) for node in all_of(page, "a[href]"))
        return not any(cls.article_link(url) or cls.open_listing(url) for url in targets if url)


def _read(reader: Callable[[Page], T], refuse: Callable[[Page], None], page: Page) -> T:
    try:
        for answer in (page, page.second) if page.second else (page,):
            check_weight(answer)
            refuse(answer)
            check_answer(answer)
        check_whole(page)
        return reader(page)
    except PageError:
        raise
    except TooMuch as error:
        raise Changed(str(error)) from error
    except TooDeep as error:
        raise Incomplete(f"{error}: text would be lost") from error
    except Exception as error:  # a reader that stumbles costs its page, never the run
        raise PageError(f"the reader failed: {type(error).__name__}: {error}") from error


def converted(article: Article, headers: Mapping[str, str], headings: Headings) -> Article:
    """The article with `markdown` and `summary` in the place of its body's node, and with what the page's *headers* say
    of its state. Raises `Changed` for an empty body."""
    if article.body is None:
        raise Changed("body is missing", field="body")
    made = convert(article.body, headings)
    chosen = (
        {**article.chosen, "body": made.by} if made.by == "plain text" else article.chosen
    )  # its formatting is lost
    start = text_of(article.body, SUMMARIZED)
    summary = summarize(start if len(clean(start)) >= WHOLE else text_of(article.body))
    return replace(
        article,
        body=None,
        markdown=needed(made.text, "body"),
        summary=summary,
        chosen=chosen,
        etag=headers.get("etag", ""),
        modified=headers.get("last-modified", ""),
    )


def make_absolute(body: HtmlElement, address: str) -> None:
    """Make whole addresses of the relative ones in *body*, whose page has *address*: in the corpus they would lead
    nowhere. Places in the page itself ("#note") stay."""
    for node in body.iter(*ADDRESSES):
        for name in ADDRESSES[cast(str, node.tag)]:
            value = node.get(name, "").strip()
            if value and not _stays(value):
                with suppress(ValueError):  # what is no address is left to the converter
                    node.set(name, whole(value, address))
