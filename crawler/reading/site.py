"""The default readers of a site: declarations, and methods that a source overrides for what is unusual on its site.

A source with `site`, `article_urls`, `listing_urls`, `channels`, `rows`, `fields` and `bodies` is complete. See
crawler/spiders/README.md, "Add a source".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from re import Pattern
from typing import Any, ClassVar

from lxml.html import HtmlElement
from scrapy import Request

from crawler.items import Article, Link, Listing
from crawler.reading.bodies import AnyBody, Body, JsonBody
from crawler.reading.candidates import Candidates
from crawler.reading.errors import Blocked, Gone, LayoutChanged, PageError, Skipped
from crawler.reading.fields import CANDIDATES, html_values, json_values
from crawler.reading.json_values import is_json, json_of, state_of, value_at
from crawler.reading.numbered import number_in, number_of, with_number, with_parameter
from crawler.reading.page import Page
from crawler.reading.query import all_of, href, missing_field, required, text, text_at
from crawler.reading.rows import AnyRows, FeedEntries, FeedRows, JsonRows, Rows, url_at
from crawler.reading.source import Source
from crawler.reading.xml_listing import listing_request
from crawler.text.bylines import byline
from crawler.text.dates import beijing, day_of_id
from crawler.text.urls import absolute_url

MEDIA = {"pictures": "img", "a video": "video, iframe", "a recording": "audio"}  # bodies without text


class Site(Source):
    """A site whose pages are described by declarations.

    The methods below `Source`'s are steps of `read_listing` and `read_article`. Override the smallest that helps.
    """

    site: ClassVar[str]  # "https://www.chanye.example", without a slash at the end
    channels: ClassVar[Mapping[str, str]]  # name -> path on the site, or URL
    # Patterns of the URLs of articles, with the groups `path` (canonical, from the root) and `id`. Optional groups:
    # `day`, the day of publication ("YYYYMMDD"), and `host`, the host of the canonical URL if it is not that of `site`.
    article_urls: ClassVar[tuple[Pattern[str], ...]]
    listing_urls: ClassVar[Pattern[str] | None] = None  # of listings for `-a url=`; group `path`: the first page
    rows: ClassVar[AnyRows]
    fields: ClassVar[Mapping[str, str]] = {}  # field of `Article` -> CSS; a `meta` gives its content
    json_fields: ClassVar[Mapping[str, str]] = {}  # field of `Article` -> JMESPath in the JSON of the page
    json_link: ClassVar[str] = ""  # URL of the article in the JSON of the page, as in `JsonRows.link`
    bodies: ClassVar[Mapping[str, AnyBody]]  # name of the page form -> its body; the first one with text counts
    pictures_suffice: ClassVar[bool] = False  # whether a body of pictures without text is an article
    # The JSON of HTML pages: a script variable ("window.__INITIAL_STATE__"), or the CSS of a script element with a "#"
    # ("script#__NEXT_DATA__").
    state: ClassVar[str] = ""
    block_marks: ClassVar[tuple[str, ...]] = ()  # texts of the site's block pages, which have no content
    gone_marks: ClassVar[tuple[str, ...]] = ()  # texts of the site's pages for deleted articles, which have no content
    json_marks: ClassVar[Mapping[str, type[PageError]]] = {}  # JMESPath -> error for a JSON response if it is true

    # Links and requests -----------------------------------------------------------------------------------------------

    @classmethod
    def article_link(cls, url: str) -> Link | None:
        for pattern in cls.article_urls:
            if found := pattern.fullmatch(url):
                groups = found.groupdict()
                site = f"https://{groups['host']}" if groups.get("host") else cls.site
                return Link(found["id"], site + found["path"], date=day_of_id(groups.get("day") or ""))
        return None

    @classmethod
    def open_channel(cls, channel: str) -> Request:
        return listing_request(absolute_url(cls.channels[channel], f"{cls.site}/"))

    @classmethod
    def open_listing(cls, url: str) -> Request | None:
        if not (found := cls.listing_urls.fullmatch(url) if cls.listing_urls else None):
            return None
        first, name = cls.site + (found["path"] or "/"), cls.rows.number
        number = number_in(url, name) if name and "{}" not in name else 1  # a number in the path is part of `path`
        return with_number(Page(first, b""), name, number) if number > 1 else listing_request(first)

    # Block pages ------------------------------------------------------------------------------------------------------

    @classmethod
    def refuse(cls, page: Page) -> None:
        marks = [mark for mark in (*cls.block_marks, *cls.gone_marks) if mark in page.text]
        if marks and not cls.has_content(page):
            is_block = marks[0] in cls.block_marks
            error = Blocked if is_block else Gone
            raise error(f"{'block page' if is_block else 'deleted'}: {marks[0]} (HTTP {page.status})")
        data = cls.json_of(page) if cls.json_marks and page.status == 200 else None
        for expression, kind in cls.json_marks.items() if data is not None else ():
            if value_at(data, expression):
                raise kind(f"{expression}: {page.text[:100]}")

    @classmethod
    def require_site_title(cls, page: Page) -> None:
        """Raise `Blocked` for a page without content that does not have the site's title.

        For `refuse` of a site whose pages all have one of `title_suffixes`: the others are scripts of a firewall.
        """
        if page.status == 200 and not cls.has_content(page) and not text_at(page, "title").endswith(cls.title_suffixes):
            raise Blocked("no content and no title of the site: a script that requires a browser")

    @classmethod
    def has_content(cls, page: Page) -> bool:
        """Return whether *page* has a body or entries of a listing: then its text may contain one of `block_marks`."""
        declared = [body.css for body in cls.bodies.values() if isinstance(body, Body)]
        declared += [cls.rows.entries] if isinstance(cls.rows, Rows) else []
        return any(all_of(page, css) for css in declared) or not page.is_html

    # Listings ---------------------------------------------------------------------------------------------------------

    @classmethod
    def read_listing(cls, page: Page) -> Listing:
        rows = cls.rows_at(page)
        found = cls.rows_of(page)
        links: dict[str, Link] = {}
        whole: dict[str, object] = {}
        skipped = recognized = 0
        for row in found:
            try:
                link = cls.row_link(page, row)
            except Skipped:
                link, recognized = None, recognized + 1
            if link is None:
                skipped += 1
            elif link.id not in links:
                links[link.id] = link
                if isinstance(rows, JsonRows) and rows.whole:
                    whole[link.id] = row
        if skipped > recognized and not links:
            raise LayoutChanged(f"none of the {skipped} entries of the list links to an article")
        has_next = bool(found) or isinstance(rows, FeedRows)  # a sitemap may list only other sitemaps
        return Listing(tuple(links.values()), cls.next_listings(page, found) if has_next else (), skipped, whole)

    @classmethod
    def rows_at(cls, page: Page) -> AnyRows:
        """Return the declaration for the listing *page*. Override it for a site with several forms of listings."""
        return cls.rows

    @classmethod
    def rows_of(cls, page: Page) -> Sequence[Any]:
        """Return the entries of the listing *page*. Raises `PageError`."""
        rows = cls.rows_at(page)
        if isinstance(rows, JsonRows) and cls.state and page.is_html and not is_json(page):
            return rows.find_in(cls.json_of(page), page)
        return rows.find(page, is_first=not rows.number or number_of(page, rows.number) <= 1)

    @classmethod
    def row_link(cls, page: Page, row: Any) -> Link | None:
        """Return the link of an entry; None if it has no link to an article.

        Raises `Skipped` for an entry that is not an article by its type: a video, an advert, a paid text. A listing
        without links in which only such entries are found is not an error.
        """
        rows = cls.rows_at(page)
        if isinstance(rows, JsonRows) and rows.skip and value_at(row, rows.skip):
            raise Skipped(f"the entry is not an article: {rows.skip}")
        found = None
        for url, title in rows.links(page, row):
            link = cls.article_link(url)
            # The link of a picture has no text: the next link to the same article has the title.
            if link and (found is None or (found.id == link.id and not found.title)):
                found = replace(link, title=title)
        if found is None:
            return None
        thumbnail = rows.thumbnail_of(row) if isinstance(rows, JsonRows) else ""
        return replace(found, date=beijing(rows.date_of(row), page.fetched_at) or found.date, thumbnail=thumbnail)

    @classmethod
    def next_listings(cls, page: Page, rows: Sequence[Any]) -> tuple[Request, ...]:
        """Return the requests for the next pages of a listing with the entries *rows*: at least one, or of a sitemap.

        Of the sitemaps in a sitemap, only those count that `open_listing` accepts.
        """
        declared = cls.rows_at(page)
        if declared.number and rows:
            return (with_number(page, declared.number, number_of(page, declared.number) + 1),)
        if isinstance(declared, JsonRows) and declared.cursor:
            cursor = value_at(page.json, declared.next)
            return (with_parameter(page, declared.cursor, cursor),) if cursor not in (None, "") else ()
        if isinstance(declared, FeedRows):
            sitemaps = dict.fromkeys(rows.sitemaps if isinstance(rows, FeedEntries) else ())
            return tuple(filter(None, (cls.open_listing(url) for url in sitemaps if url.startswith("http"))))
        urls = dict.fromkeys(url for url in declared.next_urls(page) if url.startswith("http"))
        return tuple(map(listing_request, urls))

    # Articles ---------------------------------------------------------------------------------------------------------

    @classmethod
    def read_article(cls, page: Page) -> Article:
        link = required(page.link, "link")
        cls.check_identity(page)
        page_form, body = cls.body_of(page)
        values = cls.values(page, page_form)
        site = {name: values.pop(name, {}) for name in CANDIDATES}
        candidates = Candidates(page)
        return Article(
            source=cls.name,
            **{"id": link.id, "url": link.url, **values},
            title=candidates.title({**site["title"], "list": link.title}),
            date=candidates.date({**site["date"], "list": link.date}),
            author=candidates.author(site["author"]),
            thumbnail=candidates.thumbnail({**site["thumbnail"], "list": link.thumbnail}),
            body=cls.clean(page, body),
            reader=page_form,
            chosen=candidates.chosen,
        )

    @classmethod
    def check_identity(cls, page: Page) -> None:
        """Raise `LayoutChanged` if *page* is that of another article."""
        link = required(page.link, "link")
        for other in cls.identities(page):
            if other and other.id != link.id:
                raise LayoutChanged(f"requested article {link.id}, received {other.id}: {other.url}")

    @classmethod
    def identities(cls, page: Page) -> Iterator[Link | None]:
        """Yield the links of the article that *page* shows: by its URL, and by the addresses that it names itself.

        They reveal a redirect, and a page that the server confused with another.
        """
        yield cls.article_link(page.url)
        if cls.json_link:
            yield cls.article_link(url_at(cls.json_of(page), cls.json_link))
        if page.is_html:
            for node in all_of(page, "link[rel=canonical]"):
                yield cls.article_link(href(node, page))
            for node in all_of(page, 'meta[property="og:url"]'):
                yield cls.article_link(node.get("content", ""))

    @classmethod
    def values(cls, page: Page, page_form: str) -> dict[str, Any]:
        """Return the values of `Article` fields. *page_form* is the name of the body in `bodies`.

        For `title`, `date`, `author` and `thumbnail`: the candidates by name, the most reliable first. Those of the
        listing are the last ones, unless the result has a candidate "list". The element of the author may
        have labels, the source and the date, too: see `text.bylines.byline`.
        """
        in_json = json_values(cls.json_of(page), cls.json_fields) if cls.json_fields else {}
        in_html = html_values(page, cls.fields) if page.is_html else {}
        if author := in_html.get("author"):
            in_html["author"] = byline(author, cls.title_suffixes)
        places = {"json": in_json, "page": in_html}
        candidates = {
            name: {place: found[name] for place, found in places.items() if name in found} for name in CANDIDATES
        }
        return in_json | in_html | candidates

    @classmethod
    def json_of(cls, page: Page) -> Any:
        """Return the JSON to which `json_fields` and `JsonBody` refer: of the response, or of `state`; None without.

        Raises `Blocked` for HTML if all articles are JSON, and the errors of `json_values.json_of`.
        """
        if not page.is_html or is_json(page):
            return json_of(page)
        if cls.state:
            return state_of(page, cls.state)
        may_be_html = any(isinstance(body, Body) for body in cls.bodies.values())
        return None if may_be_html else json_of(page)

    @classmethod
    def body_of(cls, page: Page) -> tuple[str, HtmlElement]:
        """Return the name of the page form and a copy of its body. Raises `PageError`."""
        data = cls.json_of(page) if any(isinstance(body, JsonBody) for body in cls.bodies.values()) else None
        media = ""
        for page_form, declared in cls.bodies.items():
            if (body := declared.find(page, data)) is not None:
                if cls.has_text(page, body):
                    return page_form, body
                media = media or next((media for media, css in MEDIA.items() if all_of(body, css)), "")
        if media:
            raise Skipped(f"no text: the body contains only {media}")
        selectors = [body.css for body in cls.bodies.values() if isinstance(body, Body)]
        keys = ", ".join(body.key for body in cls.bodies.values() if isinstance(body, JsonBody))
        if not selectors:
            raise LayoutChanged(f"body is missing: not found at {keys}: {page.text[:100]}", field="body")
        raise missing_field(page, "body", *selectors, besides=keys)

    @classmethod
    def has_text(cls, page: Page, body: HtmlElement) -> bool:
        """Return whether *body* has a text, or pictures if they suffice. Otherwise, the next of `bodies` is tried."""
        return bool(text(body) or (cls.pictures_suffice and all_of(body, "img")))

    @classmethod
    def clean(cls, page: Page, body: HtmlElement) -> HtmlElement:
        """Return *body*, a copy, without parts that the declaration in `bodies` cannot describe."""
        return body
