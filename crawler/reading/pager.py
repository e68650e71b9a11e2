"""Articles on several pages: the link to the next page, and the removal of such links from the text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice
from urllib.parse import parse_qsl, urlsplit

from lxml.html import HtmlElement

from crawler.items import Link
from crawler.reading.page import Page
from crawler.reading.query import all_of, href, text
from crawler.reading.teasers import in_aside

MAX_PAGES = 30  # of one article
MAX_LINKS = 200  # to other pages in one body, which are removed
NEXT_WORDS = frozenset(
    ["下一页", "下一頁", "下页", "下頁", "后一页", "后页", "继续阅读", "阅读下一页", "next", "nextpage"]
)
_PARAMETERS = frozenset(["page", "p", "pn", "pageno", "pagenum", "pageindex"])  # of a URL: the number of the page
_TRACKING = frozenset(["from", "source", "spm", "utm_source", "utm_medium", "utm_campaign"])  # change no page
_HINTS = ("下一", "下页", "下頁", "后一页", "后页", "继续阅读", "next", "Next")  # parts of a page with a pager
_has_parameter = re.compile(f"(?:{'|'.join(sorted(_PARAMETERS))})=", re.IGNORECASE).search
_EXTENSION = re.compile(r"\.[a-z]{2,5}\Z", re.IGNORECASE)
_NUMBERED = re.compile(r"(?:[_-](?:p(?:age)?[_-]?)?|/(?:page/|p)?)([0-9]{1,2})/?", re.IGNORECASE)
_COMMENTS = re.compile(r"#(?:comment|respond|reply)", re.IGNORECASE)  # a link to a page of comments
_PAGE_COUNT = re.compile(r"(?:共 ?[0-9]{1,3} ?页|第 ?[0-9]{1,3} ?页|[0-9]{1,3} ?/ ?[0-9]{1,3} ?页|[ ,，:：/|（）()])++")
# What the text between and around the links to the pages of an article consists of.
_PAGER_TEXT = re.compile(r"[\s\d:：|/·.…«»‹›<>()（）\[\]页頁码碼共第上下一首末尾前后後本条篇至到]*+", re.IGNORECASE)
_ARROWS = "«»‹›<>[]（）() \u3000\xa0»→"


def next_page_url(first: Page, last: Page, number: int, article_link: Callable[[str], Link | None]) -> str | None:
    """Return the URL of page *number* of the article whose first page is *first*, or None if *last* is its last page.

    *last* is page *number* - 1. A link counts if its URL is that of *first* with a page number (`a_2.html`, `a-2.html`,
    `a/2`, `a?page=2`), or if it leads to the same article by *article_link*; and if its text or `rel` names the next
    page. Without such a text, the number in the URL decides.
    """
    if not first.url.startswith("http") or not last.is_html or not _may_have_pager(first, last.text):
        return None
    by_number, read = None, {page.url for page in (first, *first.next_pages, last)}
    name = _shared_path(first.url).rpartition("/")[2]
    for node in last.tree.iter("a", "link"):
        target = node.get("href")
        if not target or (node.tag == "link" and node.get("rel", "").lower() != "next"):
            continue
        is_named = _names_page(node, number)
        if not is_named and not _may_add_number(name, target):
            continue  # most links of a page: to resolve them takes longer
        url = href(node, last).partition("#")[0]
        if url in read or _COMMENTS.search(target):
            continue
        suffix, link = _page_number(first.url, url), article_link(url)
        if suffix is None and not _is_same_article(first, last, url, link):
            continue
        is_other = bool(link and first.link and link.id != first.link.id)
        if is_named and not (is_other and _is_sibling(first.url, url)) and not in_aside(node):
            return url
        if suffix == number and by_number is None and not is_other and not in_aside(node):
            by_number = url
    return by_number


def remove_pager(body: HtmlElement, page: Page, first: Page) -> None:
    """Remove the links to the pages of the article from *body*, with the text around them that belongs to the pager."""
    for node in list(islice(_page_counts(body), MAX_LINKS)):
        node.drop_tree()
    if not _may_have_pager(first, page.text):
        return
    for node in list(islice(_pager_links(body, page, first), MAX_LINKS)):
        box, parent = node, node.getparent()
        while parent is not None and parent is not body and _is_pager_text(text(parent)):
            box, parent = parent, parent.getparent()
        if parent is not None:
            box.drop_tree()


def _page_counts(body: HtmlElement) -> Iterator[HtmlElement]:
    """Yield the elements with nothing but the number of the page ("共3页 第3页"), which may be without links."""
    for node in body.iter("p", "div", "span", "li", "center"):
        if (node.text or "").lstrip()[:1] in tuple("共第0123456789") and len(node) <= 4 and not all_of(node, "a, img"):
            label = text(node)
            if "页" in label and len(label) < 40 and _PAGE_COUNT.fullmatch(label):
                yield node


def _pager_links(body: HtmlElement, page: Page, first: Page) -> Iterator[HtmlElement]:
    for node in body.iter("a"):
        label = text(node)
        if node.get("href") and (label.isdecimal() or _is_pager_text(label) or _is_next(label)):
            url = href(node, page)
            if url == first.url or _page_number(first.url, url) is not None:
                yield node


def _may_have_pager(first: Page, html: str) -> bool:
    """Return whether *html* may contain a link to another page of the article: faster than a search in all links."""
    name = _stem(urlsplit(first.url).path).rpartition("/")[2]
    parts = [f"{name}{separator}" for separator in "_-/." if name]
    return any(part in html for part in (*parts, *_HINTS)) or _has_parameter(html) is not None


def _stem(path: str) -> str:
    """Return the part of a first page's path that the other pages share: without extension, final "/" and number 1."""
    return re.sub(r"[_-]1\Z", "", _EXTENSION.sub("", path.rstrip("/")))


@lru_cache(maxsize=1)
def _shared_path(first: str) -> str:
    """Return the path that all pages of the article share whose first page has the URL *first*."""
    return _stem(urlsplit(first).path)


def _may_add_number(name: str, target: str) -> bool:
    """Return whether `_page_number` may find a number in *target*, an `href` before it is resolved.

    *name* is the last part of `_shared_path`. A relative target may be without it.
    """
    return name in target or not target.startswith(("/", "http"))


def _page_number(first: str, url: str) -> int | None:
    """Return the page number that *url* adds to the URL *first*, or None if the two differ in another way."""
    if _shared_path(first) not in url:  # most links of a page
        return None
    try:
        one, other = urlsplit(first), urlsplit(url)
    except ValueError:
        return None
    if one.hostname != other.hostname:
        return None
    if one.path.rstrip("/") == other.path.rstrip("/"):
        before, after = set(parse_qsl(one.query)), set(parse_qsl(other.query))
        numbers = [value for name, value in after - before if name.lower() in _PARAMETERS]
        changed = {name.lower() for name, _ in before ^ after}
        if len(numbers) != 1 or changed - _PARAMETERS - _TRACKING:
            return None
        return int(numbers[0]) if re.fullmatch("[0-9]{1,2}", numbers[0]) else None
    # WordPress adds the number to the whole path: 7.html/2
    for stem, rest in ((one.path.rstrip("/"), other.path), (_stem(one.path), _EXTENSION.sub("", other.path))):
        if stem and rest.startswith(stem) and (found := _NUMBERED.fullmatch(rest[len(stem) :])):
            return int(found[1])
    return None


def _names_page(node: HtmlElement, number: int) -> bool:
    """Return whether the text or `rel` of a link names page *number*, or the next page."""
    label = text(node)
    return node.get("rel", "").lower() == "next" or label == str(number) or _is_next(label)


def _is_next(label: str) -> bool:
    return "".join(label.split()).strip(_ARROWS).lower() in NEXT_WORDS


def _is_pager_text(label: str) -> bool:
    return len(label) < 200 and _PAGER_TEXT.fullmatch(label.lower().replace("next", "").replace("prev", "")) is not None


def _is_same_article(first: Page, last: Page, url: str, link: Link | None) -> bool:
    """Return whether *url* is another URL of the article of *first*; *link* is what the source reads from *url*."""
    if not link or not first.link or link.id != first.link.id or link.url == url:
        return False
    return url not in (first.url, last.url, first.link.url)


def _is_sibling(first: str, url: str) -> bool:
    """Return whether the two paths differ only in a last number, as those of two articles may: a_1.html, a_2.html."""
    path = _EXTENSION.sub("", urlsplit(first).path.rstrip("/"))
    return not urlsplit(url).path.startswith(path)
