"""Read the pages of an issue: entry, list of pages, list of articles."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from crawler.items import Link
from crawler.newspapers.article import _plain, _properties
from crawler.newspapers.urls import Address, article_address, page_address
from crawler.reading.errors import LayoutChanged
from crawler.reading.page import Page
from crawler.reading.query import all_of, href, text
from crawler.text.clean import one_line
from crawler.text.urls import absolute_url

# Entries ------------------------------------------------------------------------------------------------------------

_REFRESH = re.compile(r"""url\s*=\s*['"]?\s*([^'"\s>]+)""", re.I)
_SCRIPT = re.compile(r"""\blocation(?:\.href)?(?:\s*=\s*|\.replace\(\s*)['"]([^'"]+)['"]""")


def newest_issue(page: Page) -> str:
    """Where an entry leads: to the first page of the newest issue, or to another entry. Raises `LayoutChanged`."""
    for node in all_of(page, "meta[http-equiv][content]"):
        refresh = _REFRESH.search(node.get("content", ""))
        if node.get("http-equiv", "").lower() == "refresh" and refresh:
            return _leads_to(refresh[1], page)
    pages = [address for node in all_of(page, "a[href]") if (address := page_address(href(node, page)))]
    if pages:
        return max(pages, key=lambda address: address.day).url  # of a day's pages the first
    if script := _SCRIPT.search(page.text):
        return _leads_to(script[1], page)
    raise LayoutChanged("the entry leads to no issue: neither a refresh nor a link to a page of one")


def _leads_to(address: str, page: Page) -> str:
    try:
        return absolute_url(address, page.url)
    except ValueError as error:
        raise LayoutChanged(f"the entry leads to no address: {address}") from error


# Pages of an issue --------------------------------------------------------------------------------------------------

# 第A02版：要闻 · A01： 头版 · 第 1 版：头版 · 05版
_LABEL = re.compile(
    r"(?:第?\s*(?P<number>[A-Za-z]?\d+)\s*版|(?P<bare>[A-Za-z]?\d+)\s*(?=[:：]))\s*[:：]?\s*(?P<name>.*)"
)
_WRITTEN = re.compile(r"""view\(\s*(["'])(.*?)\1\s*\)""", re.S)  # 人民日报 writes titles by script
_ROLE = "(?:责任编辑|责编|编辑|主编|美编|校对|制图|组版|版式|统筹|值班)"
# 本版责编 … · 责编：X Y 版式：Z, with names alone behind the colon: "编辑：一个职业的黄昏" is a headline
_CREDIT = re.compile(
    rf"\W*(?:本?版面?\s*{_ROLE}|(?:本期|今日)?{_ROLE}\w{{0,4}}\s*[:：]\s*(?:\w{{1,4}}\W+)*\w{{1,4}}\W*$)"
)


def is_credit(title: str) -> bool:
    """Whether *title* is a page's credit ("本版责编：…"), which sites list like an article."""
    return bool(_CREDIT.match(title))


def label(words: str) -> tuple[str, str]:
    """Number and name of a page as sites write them; "" for what is not there."""
    found = _LABEL.search(one_line(words))
    return ((found["number"] or found["bare"]).upper(), found["name"].strip()) if found else ("", "")


def pages_of(page: Page, issue: Address) -> dict[str, str]:
    """The pages of *issue* that *page* links to, address -> number and name, in its order."""
    pages: dict[str, str] = {}
    for node in all_of(page, "a[href]"):
        other = page_address(href(node, page))
        if other and (other.paper, other.day) == (issue.paper, issue.day):
            words = text(node)
            if not label(pages.get(other.url, ""))[0]:  # some links to a page are pictures, or say "下一版"
                pages[other.url] = words if label(words)[0] else pages.get(other.url, "")
    return pages


def place_of(page: Page, issue: Address) -> str:
    """Number and name of the page that *page* shows, as it is written there."""
    listed = pages_of(page, issue)
    first = [] if issue.url in listed else list(listed.values())[:1]  # which an index shows
    for words in (listed.get(issue.url, ""), *map(text, all_of(page, ".ban, td.px12, title")), *first):
        if label(words)[0]:
            return words
    return _properties(page.text).get("pagenum", "")


def articles_of(page: Page, issue: Address) -> dict[str, Link]:
    """The articles that a page of *issue* links to, by id, in its order: the map of the picture, then the titles."""
    links: dict[str, Link] = {}
    place = place_of(page, issue)
    for node in all_of(page, "a[href], area[href]"):
        found = article_address(href(node, page))
        if found and (found.paper, found.day) == (issue.paper, issue.day):
            link = article_link(found)
            title = links[link.id].title if link.id in links else ""
            links[link.id] = Link(link.id, link.url, title or _title_in_list(node), issue.day, place)
    return links


def article_link(address: Address) -> Link:
    return Link(f"{address.day.replace('-', '')}-{address.id}", address.url)


def _title_in_list(node: HtmlElement) -> str:
    words = text(node)
    written = _WRITTEN.search(words)
    return _plain(written[2]) if written else words
