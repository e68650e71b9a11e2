"""Find how a source reads a listing: the declaration of its rows, its articles, its next pages."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from lxml.html import HtmlElement

from crawler.reading.errors import LayoutChanged, PageError
from crawler.reading.page import Page
from crawler.reading.query import all_of, href, text
from crawler.reading.rows import FeedRows, JsonRows
from crawler.scaffold.json_links import link_of, links_of
from crawler.scaffold.json_lists import JsonList, is_jsonp, json_list
from crawler.scaffold.listings import FEED, entries_of, listing_dates, listing_selectors
from crawler.scaffold.pagers import next_selector
from crawler.scaffold.paging import paging_of
from crawler.scaffold.python_source import Call, Value
from crawler.scaffold.urls import form_of
from crawler.text.dates import beijing

MORE_PAGES = "FILL IN: next=… or number=… if the listing has more pages"
MANY = 8  # entries of a list
_NETWORK = (
    "in the browser's network panel, find the request that returns the list, and give its URL. For a list that needs "
    'POST, write the source by hand: crawler/spiders/README.md, "JSON lists"'
)


class CannotDraft(LayoutChanged):
    """The listing has a form that a draft cannot read. `advice` is what the user can do."""

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(reason)
        self.advice = advice


@dataclass(frozen=True)
class FoundRows:
    """How a source reads a listing."""

    call: Call  # the value of `rows`
    comment: str = ""  # on `rows`
    titles: tuple[tuple[str, str], ...] = ()  # URL and title of each article
    dates: tuple[str, ...] = ()  # of the entries, from `text.dates.beijing`
    first: str = ""  # the URL of the first page of the listing
    next_urls: tuple[str, ...] = ()
    number: str = ""  # as in `Rows`
    code: str = ""  # an override of `next_listings`
    json: JsonList | None = None
    selectors: tuple[str, ...] = ()  # of the elements of an HTML page that the rows use

    @property
    def urls(self) -> list[str]:
        """The URLs of the articles, in the order of the list."""
        return [url for url, _ in self.titles]

    @property
    def is_whole(self) -> bool:
        """Whether the entries are whole articles."""
        return self.json is not None and bool(self.json.keys.body)


def find_rows(page: Page, article_url: str = "", form: tuple[str, ...] = ()) -> FoundRows:
    """Return how a source reads the listing *page*: HTML, JSON, JSON in HTML, RSS or a sitemap.

    *article_url* is the URL of an article, if known, and *form* the form of the URLs (`urls.form_of`). Raises
    `CannotDraft` for a list that a draft cannot read; the result for HTML without a list has no `titles`.
    """
    if is_jsonp(page):
        raise CannotDraft(
            "the response is a call of a function (JSONP), not JSON",
            "remove the parameter with the name of the function (callback, jsonp, cb) from the URL, or set format=json",
        )
    entries = entries_of(page, form)
    found = json_list(page)
    if found and not _is_in_html(found, entries, page):
        try:
            return _json_rows(page, found, article_url)
        except CannotDraft:
            if not entries:
                raise
    if page.begins_like_json:
        shown = " ".join(page.text.split())[:100]
        raise CannotDraft(f"the JSON has no list of objects with a title, and a URL or an id: {shown}", _NETWORK)
    if FEED.match(page.text) or _is_sitemap(page):
        return _feed_rows(page, form)
    return _html_rows(page, entries)


def _is_in_html(found: JsonList, entries: dict[str, HtmlElement], page: Page) -> bool:
    """Return whether the list of the HTML counts, not *found*: unless it is a part of it, or a short list beside it."""
    if not found.state:
        return False
    titles = set(links_of(found, found.keys.url or "@", page).values())
    is_part = any(text(node) in titles for node in entries.values())
    return len(entries) >= len(found.rows) / 2 or (len(entries) >= MANY and not is_part)


def _json_rows(page: Page, found: JsonList, article_url: str) -> FoundRows:
    link = link_of(found, page, article_url)
    titles = links_of(found, link, page) if link else {}
    if not titles:
        place = f"the list {found.entries} of {found.state or 'the JSON'}"
        raise CannotDraft(
            f"{place} has {len(found.rows)} entries with {', '.join((found.keys.title, *found.keys.ids[:3]))}, but the "
            "URLs of the articles are unknown",
            "open one of these articles in a browser, and give its URL as ARTICLE: it shows how URLs contain the id",
        )
    css = next_selector(page, list(titles)) if page.is_html else ""
    next_url = next((href(node, page) for node in all_of(page, css)), "") if css else ""
    paging = paging_of(page, found, next_url)
    keys = found.keys
    rows = JsonRows(found.entries, link, keys.title, keys.date)
    named: dict[str, Value] = {
        "title": "" if keys.title == "title" else keys.title, "date": keys.date, "next": paging.next,
        "cursor": paging.cursor, "number": paging.number, "whole": bool(keys.body),
    }  # fmt: skip
    has_paging = paging.number or paging.next or paging.code
    return FoundRows(
        Call("JsonRows", (found.entries, link), named),
        "" if has_paging else MORE_PAGES,
        tuple(titles.items()),
        tuple(filter(None, (beijing(rows.date_of(row), page.fetched_at) for row in found.rows))),
        paging.first,
        (next_url,) if next_url else (),
        paging.number,
        paging.code,
        found,
    )


def _feed_rows(page: Page, form: tuple[str, ...]) -> FoundRows:
    rows = FeedRows()
    try:
        found = rows.find(page, is_first=False)
    except PageError as error:
        raise CannotDraft(f"the feed cannot be read: {error}", "check the URL in a browser") from error
    entries, sitemaps = [entry for entry in found if entry[0].startswith("http")], found.sitemaps
    if not entries and sitemaps:
        raise CannotDraft("the page is a list of sitemaps", f"give the URL of one of them, for example {sitemaps[0]}")
    if not entries:
        raise CannotDraft(
            "the feed has no `item` or `url` elements with links: Atom feeds are not supported",
            "give the URL of an RSS feed, of a sitemap, or of a list of articles",
        )
    forms = Counter(each for entry in entries if (each := form_of(entry[0])))
    most = form if form in forms else max(forms, key=lambda each: forms[each], default=())
    titles = {entry[0]: entry[1] for entry in entries if form_of(entry[0]) == most}
    dates = (beijing(entry[2], page.fetched_at) for entry in entries)
    url = page.requested_url or page.url
    return FoundRows(Call("FeedRows"), "", tuple(titles.items()), tuple(filter(None, dates)), url)


def _is_sitemap(page: Page) -> bool:
    return (
        page.is_large_feed
        or re.match(r"\A\s*+(?:<\?xml[^>]*+>\s*+)?(?><!--.*?-->\s*+)*+<(?:urlset|sitemapindex)\b", page.text, re.DOTALL)
        is not None
    )


def _html_rows(page: Page, entries: dict[str, HtmlElement]) -> FoundRows:
    found = listing_selectors(page, entries)
    url = page.requested_url or page.url
    next_urls = tuple(dict.fromkeys(href(node, page) for node in all_of(page, found["NEXT"]))) if found["NEXT"] else ()
    missing = [] if found["ROWS"] else ["FILL IN: the CSS of the entries"]
    missing += [] if found["NEXT"] else [MORE_PAGES.removeprefix("FILL IN: ") if missing else MORE_PAGES]
    named = {"title": found["ROW_TITLE"], "date": found["ROW_TIME"], "next": found["NEXT"]}
    return FoundRows(
        Call("Rows", (found["ROWS"] or "fill-in-rows",), dict(named)),
        "; ".join(missing),
        tuple((url, text(node)) for url, node in entries.items()),
        tuple(listing_dates(page, found)),
        url,
        next_urls,
        selectors=(found["ROWS"], found["NEXT"]),
    )
