"""Find selectors for title, date, author and body of an article page, and for what is not text in its body."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import takewhile

from lxml.html import HtmlElement

from crawler.reading.candidates import Candidates
from crawler.reading.content import MIN_TEXT, Content, find_content, without
from crawler.reading.furniture import notice_words
from crawler.reading.lines import text_lines
from crawler.reading.page import Page
from crawler.reading.query import all_of, text, text_at
from crawler.scaffold.bylines import author_node, metadata_author
from crawler.scaffold.selectors import is_generated, names_of, selectors, tag, times
from crawler.scaffold.urls import site_of
from crawler.text.bylines import byline, text_byline
from crawler.text.dates import beijing, is_exact

MAX_DROPS = 8  # selectors in DROP
_MODIFIED = re.compile("更新|修改|编辑于|[Uu]pdated|[Mm]odified")


@dataclass(frozen=True)
class ArticleSelectors:
    """What a draft reads in an article page; a selector that was not found is ""."""

    title: str = ""
    time: str = ""
    author: str = ""
    body: str = ""
    drop: str = ""  # comma-separated, relative to the body
    has_metadata_date: bool = False  # with a time
    # "fields": metadata that `Candidates` reads names the author; "meta": `<meta name=author>` does; "site": the
    # metadata names the site; "": none.
    metadata_author: str = ""
    has_text_byline: bool = False  # the text names its author

    @property
    def has_author(self) -> bool:
        """Whether the page names an author anywhere."""
        return bool(self.author or self.has_text_byline or self.metadata_author in ("fields", "meta"))


def title_suffixes(page: Page, own: str) -> list[str]:
    """Return the part of `<title>` after the title *own* ("_财经_某网"), and the last section of it ("_某网").

    [] if `<title>` does not start with the title, or the part cannot be written in a Python string.
    """
    head = text_at(page, "head > title")
    suffix = head.removeprefix(own) if own and head.startswith(own) else ""
    if not suffix.isprintable() or not re.fullmatch(r'[^"\\]{1,40}', suffix):
        return []
    before = suffix[: max(0, *map(suffix.rfind, "_|–—-"))].rstrip()
    return list(dict.fromkeys((suffix, suffix[len(before) :])))


def article_selectors(page: Page, title: HtmlElement | None) -> ArticleSelectors:
    """Return the selectors of an article page with the element *title*."""
    content = find_content(page, title, site_of(page.url), MIN_TEXT)
    in_text = _text_nodes(content)
    time = _time_node(page, title, content, in_text)
    suffixes = title_suffixes(page, text(title))
    author = author_node(page, title, time, content, in_text, suffixes)
    site_names = {re.sub(r"^[\W_]+|[\W_]+$", "", suffix) for suffix in suffixes}
    body = _body(page, content) if content else ""
    return ArticleSelectors(
        title=_selector_of_first(page, title),
        time=_selector_of_first(page, time, lambda words: beijing(words, page.fetched_at)),
        author=_selector_of_first(page, author, lambda words: byline(words, suffixes)),
        body=body,
        drop=", ".join(_drops(content, all_of(page, body)[0])) if content and body else "",
        has_metadata_date=is_exact(_metadata_date(page)),
        metadata_author=metadata_author(page, site_names),
        has_text_byline=content is not None and bool(text_byline(text_lines(without(content.node, content.furniture)))),
    )


def _text_nodes(content: Content | None) -> set[HtmlElement]:
    """Return the nodes of the text, without the furniture in it."""
    if content is None:
        return set()
    inside = {node for block in content.furniture for node in block.iter()}
    return set(content.node.iter()) - inside


def _time_node(
    page: Page, title: HtmlElement | None, content: Content | None, in_text: set[HtmlElement]
) -> HtmlElement | None:
    """Return the node with the date of publication: outside the text, after the title, with a time if possible."""
    after_title = set(title.xpath("following::*")) if title is not None else set()
    outside = content.outside if content else frozenset()
    known, now = _metadata_date(page), page.fetched_at

    def rank(node: HtmlElement) -> tuple[bool, ...]:
        words = text(node)
        date = beijing(words, now)
        return (
            node in in_text,
            bool(outside.intersection((node, *node.iterancestors()))),
            bool(known) and date[:10] != known[:10],
            node not in after_title,
            bool(_MODIFIED.search(words)),
            not is_exact(date),
        )

    # The time may be beside the day, in a node of its own: then the node around both is a candidate, too.
    found = times(page.tree, set(), now)
    around = [
        parent
        for node in found
        if (parent := node.getparent()) is not None
        and not is_exact(beijing(text(node), now))
        and len(text(parent)) <= 120
        and is_exact(beijing(text(parent), now))
        and beijing(text(parent), now)[:10] == beijing(text(node), now)[:10]
    ]
    return min([*found, *around], key=rank, default=None)


def _metadata_date(page: Page) -> str:
    """Return the date in the metadata of *page*, or ""."""
    candidates = Candidates(page)
    values = (candidates.json_ld.get("datePublished"), candidates.metas.get("article:published_time"))
    return next(filter(None, map(beijing, values)), "")


def _selector_of_first(page: Page, node: HtmlElement | None, read: Callable[[str], str] = str) -> str:
    """Return a selector whose first match in *page* is *node*, or has the same value by *read*; "" if not found."""
    if node is None:
        return ""
    exact = next((css for css in selectors(node) if all_of(page, css)[:1] == [node]), "")
    return exact or next((css for css in selectors(node) if read(text_at(page, css)) == read(text(node))), "")


def _body(page: Page, content: Content) -> str:
    """Return a selector that matches only the node of the text, or one around it with the same text; "" if not found.

    The outermost node has priority: it is an element of the site, the inner ones are often markup of an editor.
    """
    words = text(content.node)
    around = takewhile(
        lambda node: node.tag not in ("body", "html") and text(node) == words, content.node.iterancestors()
    )
    nodes = [content.node, *around][::-1]
    while len(nodes[-1]) == 1 and text(nodes[-1][0]) == words:  # the names of an inline element in an unnamed box
        nodes.append(nodes[-1][0])
    names = sorted((css for node in nodes for css in names_of(node)), key=is_generated)
    paths = [css for node in nodes for css in selectors(node)]
    return next(
        (css for css in [*names, *paths, "body"] if len(found := all_of(page, css)) == 1 and found[0] in nodes), ""
    )


def _drops(content: Content, body: HtmlElement) -> Iterator[str]:
    """Yield selectors for the furniture in *body*. None of them matches a node of the text."""
    inside = {node for block in content.furniture for node in block.iter()}
    remaining = [*content.furniture]
    for _ in range(MAX_DROPS):
        if not remaining:
            return
        block = remaining[0]
        css = next(
            (css for css in _drop_candidates(block, body) if (found := all_of(body, css)) and set(found) <= inside), ""
        )
        if css:
            yield css
        matched = {node for found in (all_of(body, css) if css else [block]) for node in found.iter()}
        remaining = [other for other in remaining if other not in matched]


def _drop_candidates(block: HtmlElement, body: HtmlElement) -> Iterator[str]:
    """Yield selectors for *block* in *body*: its stable names, its first words, the heading before it, its path."""
    yield from (name for name in names_of(block) if not is_generated(name))
    if words := notice_words(text(block)):
        yield f"{tag(block)}:contains('{words}')"
    before = next(iter(block.itersiblings("*", preceding=True)), None)
    if before is not None and (words := notice_words(text(before))):
        yield f"{tag(before)}:contains('{words}') + {tag(block)}"
    names = tuple(f"{name} " for name in (*names_of(body), "body"))
    yield from (css for css in selectors(block) if not css.startswith(names))
    yield from selectors(block)
