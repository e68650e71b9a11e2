"""Bold, italics, links and other marks: Markdown has them only inside of a block, and once side by side.

`<b><p>甲</p><p>乙</p></b>` becomes `<p><b>甲</b></p><p><b>乙</b></p>`, and `<b>甲</b><b>乙</b>` becomes `<b>甲乙</b>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, cast

from lxml import etree

from crawler.markdown.elements import ELEMENTS, TRANSPARENT
from crawler.markdown.grid import has_content
from crawler.markdown.inline import url_of
from crawler.markdown.rules import BLANKS
from crawler.markdown.tags import CODE_TAGS, HEADINGS, MARKED_UP, is_block

if TYPE_CHECKING:
    from lxml.etree import _Element

_KINDS = {"b": "strong", "strong": "strong", "i": "em", "em": "em", "s": "del", "del": "del",
          **dict.fromkeys(CODE_TAGS, "code")}  # fmt: skip
SIDE_BY_SIDE = tuple(_KINDS)
_MARKS = MARKED_UP | {"a"}
_NO_HEADING = HEADINGS | {"ul", "ol", "table", "pre", "blockquote", "hr"}  # Markdown cannot have them in a heading
_LOOKED_THROUGH = {"span", "font", "u"}
_INLINE = {"img", "a", *SIDE_BY_SIDE}
_NO_MARKS = {"pre", "hr"}  # Markdown cannot have marks in them

Active = tuple["_Element", ...]  # the marks and the heading around a node, the outermost first


def touching(node: _Element) -> _Element | None:
    """Return the next element after the end of *node* without any text between; None before text or a block end.

    Elements without an effect, such as span, are looked through, and comments are skipped.
    """
    while True:
        if node.tail:
            return None
        following = node.getnext()
        if following is None:
            parent = node.getparent()
            if parent is None or not _is_transparent(parent):
                return None
            node = parent
            continue
        while _is_transparent(following) and not following.text and len(following):
            following = following[0]
        if _is_visible(following):
            return following
        node = following  # a comment, or an empty element


def _is_visible(node: _Element) -> bool:
    """Return whether *node* separates the elements around it: not a comment, an empty span, link or mark."""
    if not isinstance(node.tag, str) or (_is_transparent(node) and not node.text):
        return False
    if node.tag == "img":
        return bool(url_of(node, "src"))
    return (node.tag not in _KINDS and node.tag != "a") or has_content(node)


def _is_transparent(node: _Element) -> bool:
    if node.tag == "a":
        return not url_of(node, "href")
    known = ELEMENTS.get(node.tag)
    return known is TRANSPARENT if known else isinstance(node.tag, str) and not is_block(node.tag)


def touches_mark(node: _Element) -> bool:
    """Return whether `merge_marks` changes *node*, a mark: the next element touches it and gives a mark as well."""
    following = touching(node)
    return following is not None and (_same_mark(node, str(node.tag), following) or _is_misread_after(node, following))


def _same_mark(node: _Element, tag: str, following: _Element) -> bool:
    return _KINDS.get(str(following.tag)) == _KINDS[tag] and (
        _KINDS[tag] == "code" or not _has_blank_between(node, following)
    )


def _has_blank_between(node: _Element, following: _Element) -> bool:
    return bool(_BLANK_END.search(_edge_text(node, -1)) or _BLANK_START.match(_edge_text(following, 0)))


_MARKER = re.compile(r"\A[\s\u200b\ufeff]*+(?:[-+>#=:|]|[0-9]{1,9}[.)]|`{3}|~{3})")
# A space at the border of two elements stays between their marks. A line break and other white space do not.
_BLANK_START, _BLANK_END = re.compile(r"[ \t]++(?!\n)"), re.compile(r"(?<![ \t\n])[ \t]++\Z|\A[ \t]++\Z")


def _edge_text(node: _Element, index: Literal[0, -1]) -> str:
    """Return the text at the start (0) or the end (-1) of *node*; "" if a picture or the like is there."""
    while True:
        text = node.text if index == 0 or not len(node) else node[-1].tail
        if text or not len(node):
            return text or ""
        node = node[index]


def merge_marks(body: _Element) -> None:
    """Merge elements side by side that give the same mark; separate others that a parser would pair wrongly."""
    merged: dict[_Element, tuple[_Element, _Element]] = {}  # a moved element -> its target and its place
    for node in list(body.iter(*SIDE_BY_SIDE)):
        target, place = merged.get(node, (node, node))
        following = touching(place)
        if following is None:
            continue
        if not _same_mark(node, str(target.tag), following):
            if _is_misread_after(target, following):
                place.tail = "\u200b"
            continue
        if target is node and not _is_visible(node):
            continue
        empty = following.makeelement("span")
        empty.tail, following.tail = following.tail, None
        following.addprevious(empty)
        target.append(following)
        following.tag = "span"
        following.attrib.clear()
        merged[following] = (target, empty)


def _is_misread_after(node: _Element, following: _Element) -> bool:
    """Return whether a parser would pair the "*" of the touching marks *node* and *following* in another way.

    In `*甲***乙*丙***`, the last star of the run of three and the next one would form a pair (CommonMark, rule 9 of
    emphasis: the lengths of the runs count), but not in `*甲*<U+200B>**乙*丙***`.
    """
    kinds = {_KINDS[str(node.tag)], _KINDS.get(str(following.tag))}
    nested = (mark for each in (node, following) for mark in each.iterdescendants("em", "i", "strong", "b"))
    return kinds == {"em", "strong"} and next(nested, None) is not None and not _has_blank_between(node, following)


def contains_blocks(node: _Element) -> bool:
    """Return whether a mark or a heading may have to be split. The marks in it are checked separately.

    It contains something other than text, pictures and marks; a link in a link and the end of a paragraph count, too.
    """
    if node.tag == "a" and next(node.iterdescendants("a"), None) is not None:
        return True
    waiting = list(node)
    while waiting:
        child = waiting.pop()
        if child.tag in _LOOKED_THROUGH:
            waiting += child
        elif child.tag not in _INLINE and (child.tag != "br" or ends_paragraph(child)):
            return True
    return False


def split_marks(body: _Element) -> None:
    """Move marks that contain blocks, and headings that contain lists, tables or the like, into these blocks."""
    if not any(contains_blocks(node) for node in body.iter(*_MARKS, *HEADINGS) if len(node)):  # true for most bodies
        return
    split, headings = _to_split(body)
    if not split:
        return
    active: dict[_Element, Active] = {}
    runs: set[_Element] = set()
    for node in split:
        parent = node.getparent()
        around: Active = active.get(parent, ()) if parent is not None else ()
        if node.tag in _MARKS and (node.tag != "a" or node.get("href")):
            kind = "a" if node.tag == "a" else _KINDS[str(node.tag)]
            kept = tuple(mark for mark in around if mark.tag != kind) if kind == "a" else around
            mark = node.makeelement(kind, dict(node.attrib) if kind == "a" else {})
            around = kept if any(mark.tag == kind for mark in kept) else (*kept, mark)
            node.tag = "span"
            node.attrib.clear()
        elif node in headings:
            around = (node.makeelement(str(node.tag)), *(mark for mark in around if mark.tag not in HEADINGS))
            node.tag = "div"
        elif node.tag in _NO_HEADING:
            around = () if node.tag in _NO_MARKS else tuple(mark for mark in around if mark.tag not in HEADINGS)
        active[node] = around
        if around and node.tag != "br":
            runs.update(_wrap_runs(node, around, split))
    for run in [node for node in body.iter(*HEADINGS) if node in runs][
        ::-1
    ]:  # a heading went on behind an inline element that was split
        if (following := touching(run)) is not None and following.tag == run.tag:
            following.tag = "span"
            following.attrib.clear()
            place = run.makeelement("span")
            place.tail, following.tail = following.tail, None
            following.addprevious(place)
            run.append(following)


def _to_split(body: _Element) -> tuple[dict[_Element, None], set[_Element]]:
    """Return the blocks inside of marks and the elements between, in document order, and the headings among them.

    A link in a link, and the end of a paragraph as two `br`, count as such blocks.
    """
    found: dict[_Element, int] = {}  # the node -> the position of the outermost ancestor that was added with it
    headings: set[_Element] = set()
    path: list[_Element] = []
    # The positions in `path` of the outermost open mark and of the innermost open heading, link.
    marks: list[int] = []
    links: list[int] = []
    open_headings: list[int] = []
    for event, node in etree.iterwalk(body, events=("start", "end")):
        if event == "end":
            path.pop()
            for positions in (marks, links, open_headings):
                if positions and positions[-1] == len(path):
                    positions.pop()
            continue
        first = -1  # position of the outermost element to split for this node
        if open_headings and node.tag in _NO_HEADING and not (node.tag == "pre" and "\n" not in (node.text or "")):
            first = open_headings[0]
            for position in reversed(open_headings):
                if path[position] in headings:  # then those around it are known, too
                    break
                headings.add(path[position])
        is_link = node.tag == "a" and bool(node.get("href"))
        if marks and (is_block(node.tag) or (node.tag == "br" and ends_paragraph(node))):
            first = min(first, marks[0]) if first >= 0 else marks[0]
        if is_link and links:
            first = min(first, links[0]) if first >= 0 else links[0]
        if first >= 0:
            found[node] = first
            for position in range(len(path) - 1, first - 1, -1):
                if found.get(path[position], len(path)) <= first:
                    break
                found[path[position]] = first
        if is_link or node.tag in MARKED_UP:
            marks.append(len(path))
        if is_link:
            links.append(len(path))
        if node.tag in HEADINGS:
            open_headings.append(len(path))
        path.append(node)
    return {node: None for node in body.iter() if node in found} if found else {}, headings


def ends_paragraph(node: _Element) -> bool:
    """Return whether a `br` ends a paragraph in Markdown.

    It is beside another one or beside a line break (both give an empty line), or the marker of a list follows.
    """
    before, after, parent = node.getprevious(), node.getnext(), node.getparent()
    text = before.tail if before is not None else parent.text if parent is not None else ""
    stripped, tail = (text or "").rstrip(BLANKS), (node.tail or "").lstrip(BLANKS)
    return (
        "\n" in (text or "")[len(stripped) :]
        or "\n" in (node.tail or "")[: len(node.tail or "") - len(tail)]
        or _MARKER.match(_text_after(node)) is not None
        or (before is not None and before.tag == "br" and not stripped)
        or (after is not None and after.tag == "br" and not tail)
    )


def _text_after(node: _Element) -> str:
    """Return the start of the text after *node*, through the ends of elements without an effect."""
    text, parent = node.tail or "", node.getparent()
    while node.getnext() is None and parent is not None and _is_transparent(parent):
        node, parent = parent, parent.getparent()
        text += node.tail or ""
    following = node.getnext()
    return text if following is None else text + _edge_text(following, 0)


def _wrap_runs(node: _Element, around: Active, split: dict[_Element, None]) -> Iterator[_Element]:
    """Put copies of the elements *around* on each run of text and inline elements in *node*. Yield the outer ones."""
    anchor: _Element | None = None  # the element of *split* before the run
    text, run = node.text, cast("list[_Element]", [])
    for child in (*node, None):
        if child is not None and child not in split:
            run.append(child)
            continue
        if (text and text.strip()) or any(has_content(part) or (part.tail or "").strip() for part in run):
            outer = inner = node.makeelement(str(around[0].tag), dict(around[0].attrib))
            for mark in around[1:]:
                inner = etree.SubElement(inner, str(mark.tag), dict(mark.attrib))
            if anchor is None:
                node.text = None
                node.insert(0, outer)
            else:
                anchor.tail = None
                anchor.addnext(outer)
            inner.text = text
            inner.extend(run)
            yield outer
        if child is not None:
            anchor, text, run = child, child.tail, []
