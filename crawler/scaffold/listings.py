"""Where a listing has its entries, and in them title, time and the way on."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from urllib.parse import urldefrag, urlsplit

from lxml.html import HtmlElement

from crawler.reading.page import Page
from crawler.reading.query import all_of, href, text
from crawler.scaffold.selectors import MARGINS, best, selectors, tag, times, width
from crawler.scaffold.urls import form_of, site_of
from crawler.text.dates import beijing

FEWEST = 3  # entries that make a listing
NARROWEST, WIDEST = 16, 160  # a title's width: 8 to 80 Chinese characters
FEED = re.compile(r"\s*(?:[\[{]|(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?<(?:rss|feed|rdf:RDF)\b)", re.DOTALL)
NEXT = ("a.next", ".next > a", "a[rel~=next]", "link[rel~=next]", "a:contains(下一页)", "a:contains(下页)")


def entries_of(page: Page, form: tuple[str, ...] = ()) -> dict[str, HtmlElement]:
    """Address -> node of the title, of the largest group of links; of those whose addresses have *form* where given."""
    groups: dict[tuple[object, ...], dict[str, HtmlElement]] = defaultdict(dict)
    for node in all_of(page, "a[href]") if not FEED.match(page.text) else ():
        url = urldefrag(href(node, page)).url
        title = next((inner for inner in all_of(node, "h1, h2, h3, h4, h5, [class*=title]") if text(inner)), node)
        tags = [str(around.tag) for around in node.iterancestors()]
        if url == page.url or not url.startswith("http") or site_of(url) != site_of(page.url) or MARGINS & set(tags):
            continue
        own = form_of(url)
        if own and own == (form or own) and NARROWEST <= width(text(title)) <= WIDEST:
            groups[urlsplit(url).netloc, own, *tags].setdefault(url, title)
    largest = max(groups.values(), key=len, default={})
    return largest if len(largest) >= FEWEST else {}


def listing_places(page: Page, entries: dict[str, HtmlElement]) -> dict[str, str]:
    held: dict[HtmlElement, list[HtmlElement]] = defaultdict(list)  # node -> the titles in it
    for title in entries.values():
        for node in (title, *title.iterancestors()):
            held[node].append(title)

    def told_apart(css: str) -> int:
        """How many entries *css* tells from each other, less the nodes that are no entry."""
        titles = [held.get(node, []) for node in all_of(page, css)]
        covered = {title for found in titles for title in found}
        return 2 * len(covered) - len(titles) if all(len(found) < 2 for found in titles) else 0

    largest = (
        [node for node in (title, *title.iterancestors()) if len(held[node]) == 1][-1] for title in entries.values()
    )
    row_css = best((css for row in largest for css in (*selectors(row), tag(row))), told_apart)
    rows = {row: held[row][0] for row in (all_of(page, row_css) if row_css else ()) if row in held}
    shown = {row: time for row, title in rows.items() for time in times(row, set(title.iter()))[:1]}
    return {
        "ROWS": row_css,
        "ROW_TITLE": _best_inside(rows, text),
        "ROW_TIME": _best_inside(shown, lambda node: beijing(text(node))),
        "NEXT": next((css for css in NEXT if any(_leads_on(node, page) for node in all_of(page, css))), ""),
    }


def _best_inside(wanted: dict[HtmlElement, HtmlElement], read: Callable[[HtmlElement], str]) -> str:
    """The selector whose first node reads, in the most rows, as the node that is wanted of the row."""
    values = {row: read(node) for row, node in wanted.items()}
    guesses = [css for node in wanted.values() for css in (*selectors(node), tag(node))]

    def right(css: str) -> int:
        return sum(read(found[0]) == value for row, value in values.items() if (found := all_of(row, css)))

    return best(sorted(guesses, key=lambda css: ">" in css), right)


def _leads_on(node: HtmlElement, page: Page) -> bool:
    url = urldefrag(href(node, page)).url
    return url.startswith("http") and url != page.url and site_of(url) == site_of(page.url)
