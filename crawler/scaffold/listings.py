"""Find the entries of a listing page, and selectors for entry, title, date and next page."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from urllib.parse import urldefrag, urlsplit

from lxml.html import HtmlElement

from crawler.reading.furniture import names_furniture, signature
from crawler.reading.lines import is_block
from crawler.reading.page import Page
from crawler.reading.query import all_of, href, text, text_at
from crawler.reading.title import width
from crawler.scaffold.pagers import next_selector
from crawler.scaffold.selectors import MARGINS, best, is_generated, names_of, selectors, tag, times
from crawler.scaffold.urls import form_of, site_of
from crawler.text.dates import beijing

MIN_ENTRIES = 3  # of a listing
MIN_TITLE, MAX_TITLE = 16, 160  # width of a title: 8 to 80 Chinese characters
FEED = re.compile(r"\A\s*+(?:[\[{]|(?:<\?xml[^>]*+>\s*+)?(?:<!--.*?-->\s*+)?<(?:rss|feed|rdf:RDF)\b)", re.DOTALL)


def entries_of(page: Page, form: tuple[str, ...] = ()) -> dict[str, HtmlElement]:
    """Return the articles of a listing page as {URL: node of the title}, in document order; {} if there are too few.

    They are the largest group of links with one URL form, one host and one path of ancestor tags. Links in headings
    count more, links in sidebars and rankings less. Other links of the same form in the same list are added. If *form*
    (from `form_of`) is given, only URLs of that form count.
    """
    links: dict[tuple[object, ...], dict[str, HtmlElement]] = defaultdict(dict)
    for node in all_of(page, "a[href]") if not FEED.match(page.text) else ():
        url = urldefrag(href(node, page)).url
        title = _title_in(node)
        if url == page.url or not url.startswith("http") or site_of(url) != site_of(page.url) or _is_in_margin(node):
            continue
        url_form = form_of(url)
        if url_form and url_form == (form or url_form) and MIN_TITLE <= width(text(title)) <= MAX_TITLE:
            tags = [str(ancestor.tag) for ancestor in node.iterancestors()]
            links[urlsplit(url).netloc, url_form, *tags].setdefault(url, title)
    lists = [(key[:2], each) for key, group in links.items() for each in _lists(group)]
    kind, entries = max(lists, key=lambda found: _weight(list(found[1].values())), default=((), {}))
    if not entries:
        return {}
    container = _common_ancestor(list(entries.values()))
    rows = {node for title in entries.values() for node in title.iterancestors() if container in node.iterancestors()}
    for key, group in links.items():
        for url, title in group.items() if key[:2] == kind else ():
            if container in title.iterancestors() and not rows.intersection(title.iterancestors()):
                entries.setdefault(url, title)
    order = {node: position for position, node in enumerate(page.tree.iter("*"))}
    return dict(sorted(entries.items(), key=lambda entry: order[entry[1]]))


def _is_in_margin(node: HtmlElement) -> bool:
    """Return whether *node* is in the navigation, header or footer of the page; an entry may have its own header."""
    tags = {ancestor.tag for ancestor in node.iterancestors()}
    return bool(tags & {"nav", "aside"}) or (bool(tags & MARGINS) and not tags & {"article", "li"})


def _lists(group: dict[str, HtmlElement]) -> list[dict[str, HtmlElement]]:
    """Split the titles in *group* by the lists that contain them; lists with fewer than three titles are omitted.

    The list of a title is its innermost ancestor with three titles. Lists of the same class in the same parent are one:
    a list for each day, or the lines of a grid.
    """
    number: dict[HtmlElement, int] = defaultdict(int)
    for title in group.values():
        for node in title.iterancestors():
            number[node] += 1
    lists: dict[tuple[HtmlElement | None, str], dict[str, HtmlElement]] = defaultdict(dict)
    for url, title in group.items():
        container = next((node for node in title.iterancestors() if number[node] >= MIN_ENTRIES), None)
        if container is not None:
            lists[container.getparent(), signature(container)][url] = title
    return [found for found in lists.values() if len(found) >= MIN_ENTRIES]


def _title_in(link: HtmlElement) -> HtmlElement:
    """Return the node in *link* that contains only the title: a heading, or for a linked card its first line."""
    for node in all_of(link, "h1, h2, h3, h4, h5, [class*=title]"):
        if text(node):
            return node
    if width(text(link)) > MIN_TITLE and any(is_block(node) for node in link.iterdescendants("*")):
        leaves = (node for node in link.iterdescendants("*") if not len(node))
        return next((node for node in leaves if MIN_TITLE <= width(text(node)) <= MAX_TITLE), link)
    return link


def _weight(titles: list[HtmlElement]) -> float:
    """Return the number of *titles*, weighted by the position and the names of the first one."""
    first = titles[0]
    around = [first, *first.iterancestors()]
    weight = float(len(titles))
    if any(node.tag in ("h1", "h2", "h3", "h4", "h5", "dt") or "title" in node.get("class", "") for node in around[:4]):
        weight *= 1.5
    if any(names_furniture(node) for node in around if node.tag not in ("body", "html")):
        weight *= 0.4
    return weight


def _common_ancestor(nodes: list[HtmlElement]) -> HtmlElement:
    """Return the innermost ancestor of all *nodes*."""
    common = list(nodes[0].iterancestors())
    for node in nodes[1:]:
        ancestors = set(node.iterancestors())
        common = [each for each in common if each in ancestors]
    return common[0]


def listing_selectors(page: Page, entries: dict[str, HtmlElement]) -> dict[str, str]:
    """Return the selectors ROWS, ROW_TITLE, ROW_TIME and NEXT for the *entries* of a listing; "" if not found."""
    rows = _rows(page, entries)
    dates = {row: time for row, title in rows.items() for time in times(row, set(title.iter()), page.fetched_at)[:1]}
    row_time = _best_inside(dates, lambda node: beijing(text(node), page.fetched_at))
    return {
        "ROWS": _row_selector(page, entries),
        "ROW_TITLE": _best_inside(rows, text),
        "ROW_TIME": row_time if 2 * len(dates) >= len(rows) else _time_after_row(rows, page.fetched_at) or row_time,
        "NEXT": next_selector(page, entries),
    }


def listing_dates(page: Page, found: dict[str, str]) -> list[str]:
    """Return the dates that the selectors *found* (see `listing_selectors`) read in the rows of *page*."""
    rows = all_of(page, found["ROWS"]) if found["ROWS"] and found["ROW_TIME"] else []
    return [date for row in rows if (date := beijing(text_at(row, found["ROW_TIME"]), page.fetched_at))]


def _titles_in(entries: dict[str, HtmlElement]) -> dict[HtmlElement, list[HtmlElement]]:
    """Return the titles of *entries* in each node: {node: titles}."""
    titles_in: dict[HtmlElement, list[HtmlElement]] = defaultdict(list)
    for title in entries.values():
        for node in (title, *title.iterancestors()):
            titles_in[node].append(title)
    return titles_in


def _row_selector(page: Page, entries: dict[str, HtmlElement]) -> str:
    """Return the selector that separates the most entries; "" without entries."""
    titles_in = _titles_in(entries)

    def row_score(css: str) -> int:
        """The number of entries that *css* separates, minus the number of matching nodes without an entry."""
        titles = [titles_in.get(node, []) for node in all_of(page, css)]
        covered = {title for found in titles for title in found}
        return 2 * len(covered) - len(titles) if all(len(found) < 2 for found in titles) else 0

    largest = (
        [node for node in (title, *title.iterancestors()) if len(titles_in[node]) == 1][-1]
        for title in entries.values()
    )
    return best((css for row in largest for css in (*selectors(row), tag(row))), row_score)


def _rows(page: Page, entries: dict[str, HtmlElement]) -> dict[HtmlElement, HtmlElement]:
    """Return the rows of the listing as {row: node of the title}."""
    css, titles_in = _row_selector(page, entries), _titles_in(entries)
    return {row: titles_in[row][0] for row in (all_of(page, css) if css else ()) if row in titles_in}


def _time_after_row(rows: dict[HtmlElement, HtmlElement], now: str) -> str:
    """Return the selector of a date in one of the three nodes after a row ("dt + dd"); "" if not found."""
    candidates = []
    for row in rows:
        path, node = tag(row), row.getnext()
        for _ in range(3):
            if node is None or node in rows or not isinstance(node.tag, str):
                break
            path = f"{path} + {tag(node)}"
            for time in times(node, set(), now)[:1]:
                candidates += [path] if time is node else [f"{path} {css}" for css in (*names_of(time), tag(time))]
            node = node.getnext()

    def score(css: str) -> int:
        return sum(bool(beijing(text_at(row, css), now)) for row in rows)

    return best(candidates, score)


def _best_inside(targets: dict[HtmlElement, HtmlElement], read: Callable[[HtmlElement], str]) -> str:
    """Return the selector that finds the target node in the most rows. *targets* is {row: target node}.

    The first node that matches must have the same value as the target; *read* returns the value of a node.
    """
    values = {row: read(node) for row, node in targets.items()}
    candidates = [css for node in targets.values() for css in (*selectors(node), tag(node))]

    def score(css: str) -> int:
        return sum(read(found[0]) == value for row, value in values.items() if (found := all_of(row, css)))

    return best(sorted(candidates, key=lambda css: (">" in css, is_generated(css))), score)
