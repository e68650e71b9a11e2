"""Checks that apply to the pages and articles of every source: before a reader runs, and before a file is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from crawler.items import Article
from crawler.reading import xml
from crawler.reading.block_pages import refusal_of_url
from crawler.reading.candidates import cut
from crawler.reading.charset import DAMAGED_SHARE
from crawler.reading.ending import is_closed
from crawler.reading.errors import Blocked, Gone, Incomplete, LayoutChanged, LoginRequired, Unreachable
from crawler.reading.json_values import is_json
from crawler.reading.limits import too_complex, too_large
from crawler.reading.notices import is_notice
from crawler.reading.page import Page
from crawler.reading.source import AnySource
from crawler.reading.xml_stream import MAX_SIZE
from crawler.text.clean import one_line
from crawler.text.mojibake import find_mojibake, is_mixed_charset

BLOCKED_STATUS = (403, 405, 412, 418, 429, 451, 503)


def check_size(page: Page) -> None:
    """Raise `LayoutChanged` for a page that would exhaust memory or stall the parser.

    A sitemap or a feed may be larger: `xml_listing.read_entries` reads it with flat memory.
    """
    if page.is_large_feed and len(page.body) <= MAX_SIZE:
        return
    if reason := too_large(page.body) or too_complex(page.text):
        raise LayoutChanged(f"the page is too large to parse: {reason}")


def check_answer(page: Page) -> None:
    """Raise `PageError` for a response without a usable page: a redirect to another site, an error status, an empty or
    truncated body, damaged text."""
    if page.redirect and page.redirect in (page.url, page.requested_url):
        if page.headers.get("set-cookie"):
            raise LoginRequired("cookie wall: redirected to itself with a cookie, which the crawler does not keep")
        raise Unreachable("redirected to itself")
    if page.redirect:
        if refusal := refusal_of_url(page.redirect):
            raise refusal(f"redirected to {page.redirect}")
        raise LayoutChanged(f"redirected to {page.redirect}, which is not on a host of the source")
    if page.requested_url and "login" in urlsplit(page.url).path.lower():  # a redirect within the source was followed
        raise LoginRequired(f"redirected to {page.url}")
    if page.status in (404, 410):
        raise Gone(f"HTTP {page.status}")
    if page.status == 401:
        raise LoginRequired("HTTP 401")
    if page.status in BLOCKED_STATUS:
        raise Blocked(f"HTTP {page.status}")
    if page.status != 200:
        raise Unreachable(f"HTTP {page.status}")
    # `truncated` is also set for a complete page if the server sends no length. For formats other than HTML, the reader
    # detects a truncated body.
    if page.truncated and page.is_html and not page.is_whole:
        raise Incomplete("the connection closed before the end of the page")
    if not page.body or page.body.isspace():
        raise Blocked("an empty response")
    if page.is_large_feed:  # the XML parser checks the encoding
        return
    if page.charset != "utf-8" and is_mixed_charset(page.body, page.charset):
        raise Incomplete(f"the page mixes text in {page.charset} and utf-8")
    damaged = page.text.count("\ufffd") if "\ufffd" in page.text else 0  # `in` is faster than `count`
    if damaged > DAMAGED_SHARE * len(page.text):
        raise Incomplete(f"{damaged} of {len(page.text)} characters cannot be decoded: wrong charset or damaged bytes")


_DESTINATION = re.compile(r"\]\([^()\s]*+")  # the URL of a link or picture in Markdown


def check_text(article: Article) -> None:
    """Raise `Incomplete` for an article with mojibake in its title or Markdown. URLs do not count."""
    for text in (article.title, _DESTINATION.sub("](", article.markdown)):
        if reason := find_mojibake(text):
            raise Incomplete(f"text decoded with a wrong charset, here or by the site: {reason}")


def check_notice(article: Article) -> None:
    """Raise `Incomplete` if the text of *article* is only a notice of the site: log in, solve a captcha, not found."""
    if is_notice(article.markdown, article.title):
        raise Incomplete(f"a notice of the site instead of the text: {article.markdown!r}", field="body")


def check_title(source: AnySource, page: Page) -> None:
    """Raise `LayoutChanged` if *page* is that of another article: none of its titles is the one of the listing.

    A link that the user gave has no title. The link of a stored article has the stored title.
    """
    listed, shown = one_line(page.link.title) if page.link else "", source.shown_titles(page)
    if listed and shown and not any(source.is_same_title(listed, one_line(title)) for title in shown):
        raise LayoutChanged(f"the page of another article: listed as {cut(listed)}, its title is {cut(shown[0])}")


def check_whole(page: Page) -> None:
    """Raise `Incomplete` for a truncated HTML page: without `</html>`, and not closed (see `ending.is_closed`)."""
    if page.is_html and not (page.is_whole or xml.is_feed(page.text) or is_json(page) or is_closed(page.text)):
        raise Incomplete("the page is truncated: </html> is missing at its end")


def check_end(page: Page, page_ends: Mapping[str, str]) -> None:
    """Raise `Incomplete` for a page that a reader accepts although its end is missing.

    A feed or a sitemap must have the end tag of its root element, and HTML what the source declares in *page_ends* (see
    `Source.page_ends`). Truncated JSON needs no check, because it cannot be parsed.
    """
    if page.is_large_feed:  # `read_entries` checks the end
        return
    if xml.is_feed(page.text):
        if not xml.is_closed(page.text + page.trailer):
            raise Incomplete("the page is truncated: the end tag of its root element is missing")
    elif page.is_html:
        text = page.text + page.trailer
        for begin, end in page_ends.items():
            found = re.search(begin, text, re.IGNORECASE)
            if found and not re.compile(end, re.IGNORECASE).search(text, found.end()):
                raise Incomplete(f"the page is truncated: {found[0]!r} is not followed by {end!r}")
