"""Find the entries of a listing page, and selectors for entry, title, date and next page."""

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

MIN_ENTRIES = 3  # of a listing
MIN_TITLE, MAX_TITLE = 16, 160  # width of a title: 8 to 80 Chinese characters
FEED = re.compile(r"\A\s*+(?:[\[{]|(?:<\?xml[^>]*+>\s*+)?(?:<!--.*?-->\s*+)?<(?:rss|feed|rdf:RDF)\b)", re.DOTALL)
NEXT = ("a.next", ".next > a", "a[rel~=next]", "link[rel~=next]", "a:contains(下一页)", "a:contains(下页)")


def entries_of(page: Page, form: tuple[str, ...] = ()) -> dict[str, HtmlElement]:
    """Return the articles of a listing page as {URL: node of the title}, in document order; {} if there are too few.

    They are the largest group of links with one URL form, one host and one path of ancestor tags. If *form* (from
    `form_of`) is given, only URLs of that form count.
    """
    groups: dict[tuple[object, ...], dict[str, HtmlElement]] = defaultdict(dict)
    for node in all_of(page, "a[href]") if not FEED.match(page.text) else ():
        url = urldefrag(href(node, page)).url
        title = next((inner for inner in all_of(node, "h1, h2, h3, h4, h5, [class*=title]") if text(inner)), node)
        tags = [str(ancestor.tag) for ancestor in node.iterancestors()]
        if url == page.url or not url.startswith("http") or site_of(url) != site_of(page.url) or MARGINS & set(tags):
            continue
        url_form = form_of(url)
        if url_form and url_form == (form or url_form) and MIN_TITLE <= width(text(title)) <= MAX_TITLE:
            groups[urlsplit(url).netloc, url_form, *tags].setdefault(url, title)
    largest = max(groups.values(), key=len, default={})
    return largest if len(largest) >= MIN_ENTRIES else {}


def listing_selectors(page: Page, entries: dict[str, HtmlElement]) -> dict[str, str]:
    """Return the selectors ROWS, ROW_TITLE, ROW_TIME and NEXT for the *entries* of a listing; "" if not found."""
    titles_in: dict[HtmlElement, list[HtmlElement]] = defaultdict(list)  # node -> the titles in it
    for title in entries.values():
        for node in (title, *title.iterancestors()):
            titles_in[node].append(title)

    def row_score(css: str) -> int:
        """The number of entries that *css* separates, minus the number of matching nodes without an entry."""
        titles = [titles_in.get(node, []) for node in all_of(page, css)]
        covered = {title for found in titles for title in found}
        return 2 * len(covered) - len(titles) if all(len(found) < 2 for found in titles) else 0

    largest = (
        [node for node in (title, *title.iterancestors()) if len(titles_in[node]) == 1][-1]
        for title in entries.values()
    )
    row_css = best((css for row in largest for css in (*selectors(row), tag(row))), row_score)
    rows = {row: titles_in[row][0] for row in (all_of(page, row_css) if row_css else ()) if row in titles_in}
    dates = {row: time for row, title in rows.items() for time in times(row, set(title.iter()), page.fetched_at)[:1]}
    return {
        "ROWS": row_css,
        "ROW_TITLE": _best_inside(rows, text),
        "ROW_TIME": _best_inside(dates, lambda node: beijing(text(node), page.fetched_at)),
        "NEXT": next((css for css in NEXT if any(_is_next_link(node, page) for node in all_of(page, css))), ""),
    }


def _best_inside(targets: dict[HtmlElement, HtmlElement], read: Callable[[HtmlElement], str]) -> str:
    """Return the selector that finds the target node in the most rows. *targets* is {row: target node}.

    The first node that matches must have the same value as the target; *read* returns the value of a node.
    """
    values = {row: read(node) for row, node in targets.items()}
    candidates = [css for node in targets.values() for css in (*selectors(node), tag(node))]

    def score(css: str) -> int:
        return sum(read(found[0]) == value for row, value in values.items() if (found := all_of(row, css)))

    return best(sorted(candidates, key=lambda css: ">" in css), score)


def _is_next_link(node: HtmlElement, page: Page) -> bool:
    """Return whether *node* links to another page of the same site."""
    url = urldefrag(href(node, page)).url
    return url.startswith("http") and url != page.url and site_of(url) == site_of(page.url)
