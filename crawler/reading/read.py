"""Run a source's readers on a page: the checks before and after, and the conversion of the body."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar, cast

from crawler.items import Article, Link, Listing
from crawler.markdown.convert import convert
from crawler.markdown.rules import Headings
from crawler.markdown.summary import summary_of, text_of
from crawler.reading.block_pages import block_page, block_page_as_article
from crawler.reading.checks import (
    check_answer,
    check_end,
    check_notice,
    check_size,
    check_text,
    check_title,
    check_whole,
)
from crawler.reading.errors import (
    Blocked,
    Gone,
    Incomplete,
    LayoutChanged,
    LoginRequired,
    NotSitePage,
    PageError,
    Skipped,
)
from crawler.reading.html import PageTooDeep, PageTooLarge
from crawler.reading.page import Page
from crawler.reading.pager import MAX_PAGES, remove_pager
from crawler.reading.pictures import picture_address, resolve_pictures
from crawler.reading.query import all_of, href, required, text, text_at
from crawler.reading.rights import rights_of
from crawler.reading.source import AnySource
from crawler.text.clean import one_line
from crawler.text.urls import absolute_url

if TYPE_CHECKING:
    from lxml.html import HtmlElement
    from scrapy import Request

T = TypeVar("T")

FIREWALL_PAGE = 500  # characters: the pages of firewalls are shorter
_has_own_target = re.compile(r"\A(?:#|[a-z][a-z0-9+.-]*+:)", re.IGNORECASE).match  # a fragment, or a URL with a scheme
URL_ATTRIBUTES = {
    "a": ("href",), "img": ("src",), "source": ("src",), "video": ("src", "poster"), "audio": ("src",),
    "iframe": ("src",),
}  # by tag  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How the body of an article is converted."""

    headings: Headings = "setext"
    edit: Callable[[Article], Article] = lambda article: article  # changes the article before its body is converted


DEFAULTS = ReadOptions()


def read_listing(source: AnySource, page: Page) -> Listing:
    """Check a listing page and read it. Titles and page labels are one line. Raises `PageError` and nothing else."""
    listing = _checked(source, page, source.read_listing)
    if not (listing.links or listing.next or listing.skipped) and (error := block_page(page)):
        raise error
    links = (replace(link, title=one_line(link.title), page_label=one_line(link.page_label)) for link in listing.links)
    return replace(listing, links=tuple(links))


def read_article(source: AnySource, page: Page, options: ReadOptions = DEFAULTS) -> Article | Request:
    """Check an article page, read it, and convert its body to Markdown and summary. The result contains no lxml node.

    Returns a request instead if the article needs another response, at most `MAX_PAGES` times; call again with the
    result of `add_response`. Raises `PageError` and nothing else.
    """
    return _checked(source, page, lambda page: _article(source, page, options))


def add_response(source: AnySource, page: Page, response: Page) -> Page:
    """Return *page* with the response to the request that `read_article` returned for it."""
    if needs_second_response(source, page):
        return replace(page, second_page=response)
    return replace(page, next_pages=(*page.next_pages, response))


def entry_page(listing: Page, link: Link, entry: object) -> Page:
    """Return an entry of `Listing.whole` as the page of its article: a JSON response at the URL of *link*."""
    body = json.dumps(entry, ensure_ascii=False).encode("utf-8", "backslashreplace")  # JSON escapes of lone surrogates
    headers = {"content-type": "application/json"}
    return Page(link.url, body, headers=headers, fetched_at=listing.fetched_at, record=listing.record, link=link)


def needs_second_response(source: AnySource, page: Page) -> bool:
    """Return whether the article needs a second response that `page` does not have."""
    return page.second_page is None and source.second_request(page) is not None


def _article(source: AnySource, page: Page, options: ReadOptions) -> Article | Request:
    try:
        check_title(source, page)
        if page.second_page is None and (request := source.second_request(page)):
            return request
        if request := _next_page(source, page):
            return request
        article = _joined(source, page, source.read_article(page))
    except LayoutChanged as error:
        if (error.field or error.selector) and not _is_site_page(source, page):
            reason = f"a short page with nothing of the site: {error}"
            raise NotSitePage(reason, field=error.field, selector=error.selector) from error
        raise
    article = convert_body(options.edit(article), page, options.headings)
    check_text(article)
    if refusal := block_page_as_article(page, article):
        raise refusal
    if page.url.startswith("http"):  # local files may be short
        check_notice(article)
    return article


def _next_page(source: AnySource, page: Page) -> Request | None:
    """Return the request for the page that continues the article. Raises `Incomplete` after `MAX_PAGES` pages."""
    last, number = (page, *page.next_pages)[-1], len(page.next_pages) + 2
    request = source.next_page(page, last, number)
    if request and number > MAX_PAGES:
        raise Incomplete(f"the article has more than {MAX_PAGES} pages: {request.url}")
    return request


def _joined(source: AnySource, page: Page, article: Article) -> Article:
    """Append the bodies of `page.next_pages` to the body of *article*, and make their URLs absolute.

    Raises `Incomplete` if one of them cannot be read: the article would be shorter than on the site.
    """
    if article.body is None:
        return article
    if page.next_pages:
        remove_pager(article.body, page, page)
    # For a local file, `article.url` is its URL on the site if that was given. The URL of JSON is that of an API.
    is_known = (page.is_html and page.address == page.url) or not article.url.startswith("http")
    contents = {_content(article.body)} if page.next_pages else set()
    resolve_pictures(article.body)
    make_urls_absolute(article.body, page.base_url if is_known else page.base_url_at(article.url))
    for number, following in enumerate(page.next_pages, 2):
        try:
            # The URL of the first page: sources compare it with the requested article.
            body = source.read_article(replace(following, url=page.url, link=page.link)).body
        except PageError as error:
            raise Incomplete(f"page {number} of the article, {following.url}: {error}") from error
        if body is None:
            raise Incomplete(f"page {number} of the article, {following.url}, has no text")
        remove_pager(body, following, page)
        if (content := _content(body)) in contents:  # the site ignores the number: it belongs to the comments
            continue
        contents.add(content)
        resolve_pictures(body)
        make_urls_absolute(body, following.base_url)
        last = article.body[-1] if len(article.body) else None
        if body.text and body.text.strip():
            if last is None:
                article.body.text = f"{article.body.text or ''}\n{body.text}"
            else:
                last.tail = f"{last.tail or ''}\n{body.text}"
        article.body.extend(list(body))
    return article


def _content(body: HtmlElement) -> tuple[str, ...]:
    """Return the text of *body* and the addresses of its pictures: equal for two responses with the same text."""
    return (text(body), *(picture_address(node) for node in all_of(body, "img")))


def _checked(source: AnySource, page: Page, reader: Callable[[Page], T]) -> T:
    """Return the result of *reader*. A page that cannot be read, but is a block page, raises the error of that."""
    try:
        return _read(source, page, reader)
    except (Blocked, Gone, LoginRequired, Skipped):
        raise
    except PageError as error:
        if found := next(filter(None, map(block_page, reversed(page.responses))), None):
            raise found from error
        raise


def _read(source: AnySource, page: Page, reader: Callable[[Page], T]) -> T:
    try:
        for response in page.responses:
            with _named(page, response):
                check_size(response)
                source.refuse(response)
                check_answer(response)
        check_whole(page)
        result = reader(page)
        for response in page.responses:
            with _named(page, response):
                if response is not page:
                    check_whole(response)
                check_end(response, source.page_ends)
        return result
    except PageError:
        raise
    except PageTooLarge as error:
        raise LayoutChanged(str(error)) from error
    except PageTooDeep as error:
        raise Incomplete(f"{error}: text would be lost") from error
    except Exception as error:  # an exception in a reader fails one page, not the run
        raise PageError(f"the reader failed: {type(error).__name__}: {error}") from error


@contextmanager
def _named(page: Page, response: Page) -> Iterator[None]:
    """Raise `Incomplete` for an error of a page that continues the article of *page*: without it, text is missing."""
    try:
        yield
    except (Blocked, LoginRequired):
        raise
    except PageError as error:
        if response in page.next_pages:
            raise Incomplete(f"a page of the article, {response.url}: {error}") from error
        raise


def _is_site_page(source: AnySource, page: Page) -> bool:
    """Return False for a page of a firewall or a login that was served under the URL of an article.

    A changed page of the site still has the article's title, the site's suffix, or links to pages of the site. Without
    a title from the listing, every page counts as the site's.
    """
    words, title = one_line(text_of(page.tree)), one_line(page.link.title) if page.link else ""
    if len(words) > FIREWALL_PAGE or not title or title in words:
        return True
    if source.title_suffixes and text_at(page, "head > title").endswith(source.title_suffixes):
        return True
    targets = (href(node, page) for node in all_of(page, "a[href]"))
    return any(source.article_link(url) or source.open_listing(url) for url in targets if url)


def convert_body(article: Article, page: Page, headings: Headings) -> Article:
    """Replace the body's node by `markdown` and `summary`, and add what *page* states about itself.

    These are its validators, its rights, and its place in a WARC file.

    Raises `LayoutChanged` for a missing or empty body.
    """
    if article.body is None:
        raise LayoutChanged("body is missing", field="body")
    converted = convert(article.body, headings)
    rights, tdm = rights_of(page)
    chosen = article.chosen
    if converted.by == "plain text":  # its formatting is lost
        chosen = {**chosen, "body": converted.by}
    return replace(
        article,
        body=None,
        markdown=required(converted.text, "body"),
        summary=summary_of(article.body),
        chosen=chosen,
        etag=page.headers.get("etag", ""),
        modified=page.headers.get("last-modified", ""),
        rights=rights,
        tdm=tdm,
        warc=page.record,
    )


def make_urls_absolute(body: HtmlElement, base: str) -> None:
    """Resolve the relative URLs in *body* against *base*: they would lead nowhere in the corpus. Fragments stay."""
    for node in body.iter(*URL_ATTRIBUTES):
        for name in URL_ATTRIBUTES[cast(str, node.tag)]:
            value = node.get(name, "").strip()
            if value and not _has_own_target(value):
                with suppress(ValueError):  # the converter handles an invalid URL
                    node.set(name, absolute_url(value, base))
