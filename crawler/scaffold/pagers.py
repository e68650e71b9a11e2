"""Find the link to the next page of a listing, and a selector for it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from urllib.parse import urldefrag

from lxml.html import HtmlElement

from crawler.reading.page import Page
from crawler.reading.query import all_of, href, text
from crawler.scaffold.selectors import names_of, selectors, tag
from crawler.scaffold.urls import site_of

_NAMED = (
    "a[rel~=next]", "link[rel~=next]", "a.next", ".next > a", "a.next-page", "a.nextpage", "a.page-next",
    "a.pagination-next",
    ".next-page > a", ".nav-previous > a", "a[class*=next]", "[class*=next] > a", "#next", "#nextpage",
)  # fmt: skip
_WORDS = ("下一页", "下一頁", "下页", "后一页", "下一頁", "Next", "next", "Older", "后页", "翻页")
_ARROWS = (">", "›", "»", ">>", "→", "＞", "〉", "❯")
_MORE = (
    "加载更多",
    "查看更多",
    "点击加载",
    "更多新闻",
    "更多文章",
    "更多资讯",
    "显示更多",
    "浏览更多",
    "Load more",
    "更多",
)
_PAGER = re.compile("page|pager|pagination|fenye|fanye|pages|paging|more", re.IGNORECASE)
_CURRENT = ("on", "active", "current", "cur", "selected", "thisclass", "curr", "now", "hover")


def next_selector(page: Page, articles: Collection[str]) -> str:
    """Return a selector for the link to the next listing page, or "".

    In this order: the standard names, the words (下一页), an arrow, the number after the current one, "more".
    *articles* are the URLs of the entries.
    """
    return next((css for css in _candidates(page) if _is_next(all_of(page, css), page, articles)), "")


def _candidates(page: Page) -> Iterator[str]:
    yield from _NAMED
    for word in _WORDS:
        yield f"a:contains({word})" if not word.isascii() else f"a:contains('{word}')"
    yield from (f"a[title*='{word}']" for word in ("下一页", "下页", "next"))
    yield from (f"a[aria-label*='{word}']" for word in ("下一页", "Next", "next"))
    links = all_of(page, "a[href]")
    for node in links:
        if text(node) in _ARROWS:
            yield from (css for css in selectors(node) if ":" not in css)
            yield from (f"{name} a:contains('{text(node)}')" for name in _pager_names(node))
    yield from _numbered(page, links)
    for word in _MORE:
        for node in links:
            if text(node).strip(" >»›+↓…") == word:
                yield from names_of(node)
                yield from (
                    f"{name} > a" for parent in [node.getparent()] if parent is not None for name in names_of(parent)
                )
                yield f"a:contains('{word}')"


def _numbered(page: Page, links: list[HtmlElement]) -> Iterator[str]:
    """Yield selectors for the link with the number after the current one: "span.current + a"."""
    for node in links:
        if not re.fullmatch("[1-9][0-9]{0,4}", text(node)):
            continue
        item = node if _sibling(node) is not None else node.getparent()
        before = _sibling(item) if item is not None else None
        if item is None or before is None or text(before) != str(int(text(node)) - 1):
            continue
        current = [f"{tag(before)}.{name}" for name in before.get("class", "").split() if name.lower() in _CURRENT]
        current += [css for css in names_of(before) if css not in current]
        inner = all_of(before, "a[href]")
        if not inner or urldefrag(href(inner[0], page)).url in (page.url, page.requested_url):
            current += [f"{name} > {tag(before)}" for name in _pager_names(before)]
            current += [tag(before)] if not inner and before.tag != "a" else []
        end = "a" if item is node else f"{tag(item)} > a"
        yield from (f"{css} + {end}" for css in current)


def _sibling(node: HtmlElement) -> HtmlElement | None:
    return next(iter(node.itersiblings("*", preceding=True)), None)


def _pager_names(node: HtmlElement) -> Iterator[str]:
    """Yield the names of the ancestors of *node* that are pagers by their name, then those of its parent."""
    for ancestor in list(node.iterancestors())[:4]:
        yield from (name for name in names_of(ancestor) if _PAGER.search(name))
    if (parent := node.getparent()) is not None:
        yield from names_of(parent)


def _is_next(nodes: list[HtmlElement], page: Page, articles: Collection[str]) -> bool:
    """Return whether all of *nodes* are the same link to another page, which may be the next page of this listing."""
    urls = {urldefrag(href(node, page)).url for node in nodes}
    if len(urls) != 1 or len({text(node) for node in nodes}) != 1:
        return False
    [url] = urls
    return (
        url.startswith("http")
        and url not in (page.url, page.requested_url)
        and site_of(url) == site_of(page.url)
        and url not in articles
    )
