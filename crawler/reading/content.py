"""Find the element with the text of an article, and the furniture in it.

The text is scored by line: characters outside links, of lines with Chinese or Latin punctuation or of a certain length
(see `lines.Line.prose`). Lines in furniture (see `furniture`) count 0. From `<body>`, the search goes down to the
element with most of the text.

Peers (readability-lxml, trafilatura, newspaper4k, GeneralNewsExtractor) score in a similar way, but return text or a
changed copy. A draft needs the element in the page, to write a selector for it.
"""

from __future__ import annotations

import copy
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile

from lxml.html import HtmlElement

from crawler.reading.furniture import (
    furniture_by_heading,
    furniture_by_name,
    furniture_by_structure,
    furniture_by_tag,
    has_weak_name,
    is_advert,
    is_notice,
    names_comments,
    names_furniture,
    signature,
)
from crawler.reading.html import drop_nodes
from crawler.reading.lines import SILENT, Line, Lines, elements, is_hidden
from crawler.reading.page import Page
from crawler.reading.query import all_of
from crawler.reading.teasers import teasers_of

MIN_TEXT = 50  # characters of prose in an article; with less, furniture by name counts as text
DOMINANT, LARGE, CONSIDERABLE = 0.85, 0.6, 0.3  # shares of the text of an element
MAX_METADATA = 100  # characters of a line with date, source and author
MOST_ADDED = 0.5  # share of other lines in an element that still belongs to the text
_LABEL = re.compile(
    r"^.{0,12}(?:[0-9]{4}[-/年][0-9]{1,2}[-/月]|[0-9]{1,2}[-月][0-9]{1,2}日? |[0-9]{1,2}:[0-9]{2})"
    r"|^.{0,8}(?:来源|作者|编辑|责编|时间|阅读|浏览|点击|评论|收藏|字号|标签|关键词|专题)"
)
_IMPRINT = re.compile("版权所有|copyright|©|ICP备|备案号", re.IGNORECASE)
_CONTROLS = frozenset({"button", "select", "textarea"})
_PARAGRAPHS = frozenset((
    "p", "h2", "h3", "h4", "h5", "h6", "li", "blockquote", "figcaption", "td", "th", "dd", "dt", "pre",
))  # fmt: skip
_PARTS = frozenset((
    "p", "img", "figure", "picture", "video", "audio", "table", "ul", "ol", "dl", "pre", "blockquote",
))  # fmt: skip
_BOXES = frozenset((
    "div", "article", "section", "main", "form", "center", "table", "tbody", "tr", "td", "body", "dd", "li", "span",
    "font",
))  # fmt: skip


@dataclass(frozen=True)
class Content:
    """The text of an article in a page."""

    node: HtmlElement  # the smallest element that contains the whole text
    furniture: tuple[HtmlElement, ...]  # the largest elements in `node` that do not belong to the text, in order
    outside: frozenset[HtmlElement]  # navigation, related lists and comments anywhere in the page


def find_content(page: Page, title: HtmlElement | None = None, site: str = "", minimum: int = 1) -> Content | None:
    """Return the text of the article in *page*, or None if it has less than *minimum* characters of prose.

    *title* is the element of the title, if known: the text is after it. *site* is the registered domain, if known.
    """
    body = next(iter(all_of(page, "body")), None)
    if body is None:
        return None
    lines = Lines(body)
    above_title = {title, *title.iterancestors()} if title is not None else set()
    kept = {body, *above_title}
    by_tag = furniture_by_tag(body) - kept
    strong = by_tag | furniture_by_heading(lines, kept) | (teasers_of(page) - kept)
    all_kinds = strong | furniture_by_structure(lines, kept, site)
    notices = {line.owner for line in lines.all if is_notice(line) and lines.number_of(line.owner) == 1} - kept
    named = furniture_by_name(body, lines.prose(all_kinds | notices), kept)
    all_kinds |= named
    comments = {node for node in named if names_comments(node)}
    stages = (all_kinds, MIN_TEXT), (strong | comments, MIN_TEXT), (all_kinds, minimum), (strong | comments, minimum)
    for furniture, least in (*stages, (strong, minimum)):
        prose = lines.prose(furniture | notices)
        if prose[body] >= least:
            break
    else:
        return None
    before = set(title.xpath("preceding::*")) if title is not None else set()
    node = _box(body, prose, lines, above_title, before)
    node = _widest(node, lines, above_title, furniture | notices)
    node, others = _with_neighbors(node, lines, title, furniture | notices)
    written = lines.prose(set())
    inside = (furniture | furniture_by_name(node, written, {*kept, node})) - {node}
    inside = {
        each
        for each in inside
        if not _is_kept(each) and (each in strong or not written[each] or not has_weak_name(each))
    }
    inside |= _head(node, lines, title) | others
    inside |= _notices(node, lines, inside)
    return Content(node, tuple(_largest(node, inside)), frozenset((strong | comments) - {node, *node.iterancestors()}))


def without(node: HtmlElement, dropped: Iterable[HtmlElement]) -> HtmlElement:
    """Return a copy of *node* without the elements *dropped* in it. The text after each of them stays."""
    positions = {id(each) for each in dropped}
    numbers = [number for number, each in enumerate(node.iter()) if id(each) in positions]
    result = copy.deepcopy(node)
    result.tail = None
    copies = [*result.iter()]
    drop_nodes(copies[number] for number in numbers)
    return result


def _box(
    node: HtmlElement,
    prose: dict[HtmlElement, float],
    lines: Lines,
    above_title: set[HtmlElement],
    before: set[HtmlElement],
) -> HtmlElement:
    """Return the element in *node* with most of the prose, the first one after the title if several have much."""
    while True:
        children = [child for child in node.iterchildren("*") if prose[child]]
        # The text is after the title; what is before it counts only if the rest has too little.
        after = [child for child in children if child not in before] if node in above_title else []
        if after and sum(prose[child] for child in after) >= min(MIN_TEXT, prose[node] / 2):
            children = after
        total = sum(prose[child] for child in children)
        total += sum(line.prose for line in lines.of(node) if line.owner is node)
        inner = _inner(node, children, total, prose, lines, above_title)
        if inner is None:
            return node
        node = inner


def _inner(
    node: HtmlElement,
    children: list[HtmlElement],
    total: float,
    prose: dict[HtmlElement, float],
    lines: Lines,
    above_title: set[HtmlElement],
) -> HtmlElement | None:
    """Return the child of *node* that contains the text instead of *node*, or None."""
    boxes = [child for child in children if child.tag in _BOXES]
    if not boxes:
        return None
    largest = max(boxes, key=lambda child: prose[child])
    if prose[largest] >= DOMINANT * total:
        return largest
    groups: dict[str, list[HtmlElement]] = defaultdict(list)
    for child in children:
        groups[signature(child)].append(child)
    amounts = {key: sum(prose[child] for child in group) for key, group in groups.items()}
    if node in above_title:
        # The text, and other blocks of considerable length after it (comments): the first one of several lines.
        most = max(amounts.values())
        for key, group in groups.items():
            several = sum(bool(line.prose) for child in group for line in lines.of(child)) >= 3
            if amounts[key] == most or (amounts[key] >= CONSIDERABLE * most and several):
                return group[0] if len(group) == 1 and group[0].tag in _BOXES else None
    alone = len(groups[signature(largest)]) == 1
    others_are_boxes = all(child.tag in _BOXES for child in children) and not any(
        line.prose for line in lines.of(node) if line.owner is node
    )
    several = sum(bool(line.prose) for line in lines.of(largest)) >= 3
    return largest if prose[largest] >= LARGE * total and alone and others_are_boxes and several else None


def _widest(node: HtmlElement, lines: Lines, above_title: set[HtmlElement], furniture: set[HtmlElement]) -> HtmlElement:
    """Return *node*, or its highest ancestor that adds only text or pictures: short lines, a lead, a cover.

    An ancestor adds something else if it contains the title, a link, furniture, a date or a label ("来源：") before the
    text, or more than half of the text again.
    """
    while (parent := node.getparent()) is not None and parent.tag == "section" and parent not in above_title:
        if parent.get("class") or parent.get("id"):
            break
        node = parent  # the sections of an editor are parts of the text
    length, found = sum(line.length for line in lines.of(node)), node
    for parent in node.iterancestors():
        if parent.tag in ("body", "html") or (parent in above_title and node not in above_title):
            break
        inside, within = lines.of(parent), {*lines.of(node)}
        added = [line for line in inside if line not in within]
        before = takewhile(lambda line, within=within: line not in within, inside)  # type: ignore[misc]
        if any(_LABEL.search(line.text) for line in before) or any(
            line.linked or furniture & {line.owner, *line.owner.iterancestors()} for line in added
        ):
            break
        if sum(line.length for line in added) > MOST_ADDED * length:
            break
        if parent.tag in _BOXES and (
            len(lines.of(parent)) > len(lines.of(found)) or _pictures(parent, furniture) > _pictures(found, furniture)
        ):
            found = parent
    return found


def _with_neighbors(
    node: HtmlElement, lines: Lines, title: HtmlElement | None, furniture: set[HtmlElement]
) -> tuple[HtmlElement, set[HtmlElement]]:
    """Return the parent of *node*, and its children without text, if pictures, tables or lists stand beside *node*.

    Only for a parent that contains the title: there, one element may have the paragraphs, and others the rest of the
    text. Otherwise, return *node*.
    """
    parent = node.getparent()
    if parent is None or title is None or parent not in title.iterancestors():
        return node, set()
    path = {title, *title.iterancestors()}
    before = takewhile(lambda each: each not in path, node.itersiblings("*", preceding=True))
    parts = {each for each in before if _is_part(each, lines, furniture)}
    parts |= {each for each in node.itersiblings("*") if each.tag != "p" and _is_part(each, lines, furniture)}
    others = {each for each in parent.iterchildren("*") if each not in parts and each is not node and each not in path}
    return (parent, others) if parts else (node, set())


def _is_part(node: HtmlElement, lines: Lines, furniture: set[HtmlElement]) -> bool:
    """Return whether *node*, an element beside the text, is a part of it: with content, but without links."""
    if node.tag not in _PARTS or furniture.intersection((node, *node.iterancestors(), *node.iterdescendants())):
        return False
    inside = lines.of(node)
    if any(line.linked or is_notice(line) or _LABEL.search(line.text) or _IMPRINT.search(line.text) for line in inside):
        return False
    return bool(inside) or next(node.iter("img", "video", "audio"), None) is not None


def _pictures(node: HtmlElement, furniture: set[HtmlElement]) -> int:
    """Return the number of pictures in *node*, without those in *furniture*."""
    return sum(not furniture.intersection(picture.iterancestors()) for picture in node.iter("img"))


def _is_kept(node: HtmlElement) -> bool:
    """Return whether *node* may stay in the text: media, what the converter leaves out, and hidden elements."""
    return (node.tag in SILENT and node.tag not in _CONTROLS) or (is_hidden(node) and not names_furniture(node))


def _head(node: HtmlElement, lines: Lines, title: HtmlElement | None) -> set[HtmlElement]:
    """Return the elements of *node* up to the title, and the lines of metadata between the title and the text."""
    if title is None or title is node or node not in title.iterancestors():
        return set()
    path = {title, *title.iterancestors()}
    inside = [*lines.of(node)]
    end = max(
        (index for index, line in enumerate(inside) if title in (line.owner, *line.owner.iterancestors())), default=-1
    )
    last = end
    for index in range(end + 1, len(inside)):
        line = inside[index]
        is_metadata = line.length <= MAX_METADATA and _LABEL.search(line.text) is not None
        if line.owner is node or (line.prose and not is_metadata):
            break
        if is_metadata or line.owner.tag not in _PARAGRAPHS:
            last = index
    above = {each for line in inside[last + 1 :] for each in (line.owner, *line.owner.iterancestors())}
    head = {line.owner for line in inside[: last + 1]} | {title}
    wrappers = {each for owner in head for each in owner.iterancestors() if each not in above}
    return {each for each in head | wrappers if each not in above and node in each.iterancestors()} - (path - {title})


def _notices(node: HtmlElement, lines: Lines, furniture: set[HtmlElement]) -> set[HtmlElement]:
    """Return the elements at the end of *node*, before *furniture*, that contain only notices of the site and links.

    Adverts with that label are returned wherever they are.
    """
    inside = [line for line in lines.of(node) if not furniture & {line.owner, *line.owner.iterancestors()}]
    last = takewhile(lambda line: is_notice(line) or _is_link_line(line), reversed(inside))
    ends = {line.owner for line in last} | {line.owner for line in inside if is_advert(line)}
    texts = {line.owner for line in inside if line.owner not in ends}
    above = {ancestor for owner in texts for ancestor in (owner, *owner.iterancestors())}
    return {owner for owner in ends if owner not in above and owner is not node and node in owner.iterancestors()}


def _is_link_line(line: Line) -> bool:
    """Return whether *line* is mainly links, outside a paragraph: links in a last paragraph may belong to the text."""
    return line.linked >= LARGE * line.length and line.owner.tag not in _PARAGRAPHS - {"li", "dd", "dt"}


def _largest(node: HtmlElement, furniture: set[HtmlElement]) -> Iterable[HtmlElement]:
    """Yield the elements of *furniture* in *node* that are not in another one, in document order."""
    end: HtmlElement | None = None
    for each in elements(node):
        if end is not None and end in each.iterancestors():
            continue
        if each in furniture:
            end = each
            yield each
