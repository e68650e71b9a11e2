"""Read the pages of an issue: entry page, list of pages, list of articles, and the page that contains an article."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from crawler.items import Link
from crawler.newspapers.article import number_of, page_properties
from crawler.newspapers.markup import enclosed, plain_text
from crawler.newspapers.urls import EpaperUrl, parse_article_url, parse_page_url
from crawler.reading.errors import LayoutChanged
from crawler.reading.page import Page
from crawler.reading.query import all_of, href, required, text
from crawler.text.clean import one_line
from crawler.text.urls import absolute_url

# Entry page ---------------------------------------------------------------------------------------------------------

_REFRESH_URL = re.compile(r"""url\s*+=\s*+['"]?\s*+([^'"\s>]+)""", re.I)
_SCRIPT_REDIRECT = re.compile(r"""\blocation(?:\.href)?(?:\s*=\s*|\.replace\(\s*)['"]([^'"]+)['"]""")


def newest_issue(page: Page) -> str:
    """Return the URL to which an entry page leads: the first page of the newest issue, or another entry page.

    Raises `LayoutChanged` if the page has neither a redirect nor a link to a page of an issue.
    """
    for node in all_of(page, "meta[http-equiv][content]"):
        refresh = _REFRESH_URL.search(node.get("content", ""))
        if node.get("http-equiv", "").lower() == "refresh" and refresh:
            return _absolute(refresh[1], page)
    pages = [found for node in all_of(page, "a[href]") if (found := parse_page_url(href(node, page)))]
    if pages:
        return max(pages, key=lambda found: found.day).url  # the first listed page of the newest day
    if redirect := _SCRIPT_REDIRECT.search(page.text):
        return _absolute(redirect[1], page)
    raise LayoutChanged("the entry page has neither a redirect nor a link to a page of an issue")


def _absolute(url: str, page: Page) -> str:
    try:
        return absolute_url(url, page.base_url)
    except ValueError as error:
        raise LayoutChanged(f"the entry page redirects to an invalid URL: {url}") from error


# Pages of an issue --------------------------------------------------------------------------------------------------

LONGEST_LABEL = 200  # characters
# 第A02版：要闻 · A01： 头版 · 第 1 版：头版 · 05版
_PAGE_LABEL = re.compile(r"(?P<number>(?:[A-Za-z]|(?<!\d))\d++)\s*+(?:版\s*+[:：]?|[:：])\s*+(?P<name>.*)")
# view("title"): 人民日报 inserts titles by script
_SCRIPTED_TITLE = re.compile(r"""view\(\s*+(["'])"""), re.compile(r"""(["'])\s*+\)""")


def parse_label(label: str) -> tuple[str, str]:
    """Return number and name in the label of a newspaper page: "A02", "要闻" for "第A02版：要闻". Missing parts: ""."""
    found = _PAGE_LABEL.search(one_line(label))
    return (found["number"].upper(), found["name"].strip()) if found else ("", "")


def pages_of(page: Page, issue: EpaperUrl) -> dict[str, str]:
    """Return the pages of *issue* that *page* links to, in page order: URL -> label."""
    pages: dict[str, str] = {}
    for node in all_of(page, "a[href]"):
        other = parse_page_url(href(node, page))
        if other and (other.base, other.day) == (issue.base, issue.day) and not pages.get(other.url):
            label = _label(node)
            pages[other.url] = (
                label if parse_label(label)[0] else ""
            )  # some links have a picture or "下一版" as their text
    return pages


def _label(node: HtmlElement) -> str:
    """Return the start of the text of *node*: each article of the page gets a copy of the label."""
    return text(node)[:LONGEST_LABEL]


def label_of(page: Page, issue: EpaperUrl) -> str:
    """Return the label of the newspaper page that *page* shows, or its number, or ""."""
    listed = pages_of(page, issue)
    first = [] if issue.url in listed else list(listed.values())[:1]  # the page that the index of an issue shows
    for label in (listed.get(issue.url, ""), *map(_label, all_of(page, ".ban, td.px12, title")), *first):
        if parse_label(label)[0]:
            return label
    return page_properties(page.text + page.trailer).get("pagenum", "")


def articles_of(page: Page, issue: EpaperUrl) -> dict[str, Link]:
    """Return the articles that a page of *issue* links to, by id: those of the picture map, then those of the list."""
    links: dict[str, Link] = {}
    label = label_of(page, issue)
    for node in all_of(page, "a[href], area[href]"):
        found = parse_article_url(href(node, page))
        if found and (found.base, found.day) == (issue.base, issue.day):
            link = article_link(found)
            title = links[link.id].title if link.id in links else ""
            links[link.id] = Link(link.id, link.url, title or _listed_title(node), issue.day, label)
    return links


def article_link(article: EpaperUrl) -> Link:
    """Return the link of an article; its id is the day and the site's own id ("20250211-31")."""
    return Link(f"{article.day.replace('-', '')}-{article.id}", article.url)


def _listed_title(node: HtmlElement) -> str:
    title = text(node)
    scripted = next((html for _, html in enclosed(title, *_SCRIPTED_TITLE)), None)
    return title if scripted is None else plain_text(scripted)


# The newspaper page of an article -----------------------------------------------------------------------------------


def listed_position(page: Page, article: EpaperUrl) -> tuple[str, str] | None:
    """Return number and name of the newspaper page of an article, or None if only the page of the issue has the name.

    *page* is the page of the article. It may have only the number: the name is then that of the same number in the
    listing (`page.link`) or in the list of pages. The label of the listing may be that of another page, because a
    listing also contains articles of other pages.
    """
    number, listed = number_of(page), parse_label(required(page.link, "link").page_label)
    if listed[0] and _is_same_number(number or listed[0], listed[0]):
        return number or listed[0], listed[1]
    labels = [parse_label(label) for label in pages_of(page, article).values()]
    name = next((name for other, name in labels if name and _is_same_number(number, other)), "")
    return (number, name) if name else None


def position_in_issue(page: Page) -> tuple[str, str]:
    """Return number and name of the newspaper page of an article from the page of the issue (`page.second_page`)."""
    number = number_of(page)
    issue = parse_page_url(page.second_page.url) if page.second_page else None
    shown = parse_label(label_of(page.second_page, issue)) if page.second_page and issue else ("", "")
    return (number or shown[0], shown[1]) if _is_same_number(number or shown[0], shown[0]) else (number, "")


def _is_same_number(number: str, other: str) -> bool:
    return number.lstrip("0") == other.lstrip("0")
