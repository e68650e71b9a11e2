"""Build HTML nodes from the JSON document of a ProseMirror editor (https://prosemirror.net/docs/guide/#doc).

A document is a tree of objects: `type`, `attrs`, `content` (the nodes in it) and, for text, `text` and `marks`. Each
site has its own names of types; the tables contain those of the common schemas, without "_", "-" and capital letters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lxml.etree import SubElement
from lxml.html import HtmlElement

from crawler.reading.html import PageTooDeep, parse_fragment
from crawler.text.clean import clean

DEEPEST = 200  # levels of nodes; this module, like the JSON parser, calls itself for each level
UNKNOWN = "data-node"  # attribute with the type of a node that is in none of the tables

_TAGS = {
    "paragraph": "p", "blockquote": "blockquote", "horizontalrule": "hr", "divider": "hr", "hardbreak": "br",
    "break": "br", "link": "a", "bulletedlist": "ul", "bulletlist": "ul", "unorderedlist": "ul", "tasklist": "ul",
    "numberedlist": "ol", "orderedlist": "ol", "listitem": "li", "taskitem": "li", "table": "table", "tablerow": "tr",
    "tablecell": "td", "tableheader": "th", "tableheadercell": "th", "figure": "figure", "figcaption": "figcaption",
    "video": "video", "audio": "audio", "iframe": "iframe",
}  # fmt: skip
_MARKS = {
    "strong": "strong", "bold": "strong", "em": "em", "italic": "em", "code": "code", "strike": "s",
    "strikethrough": "s", "superscript": "sup", "sup": "sup", "subscript": "sub", "sub": "sub", "link": "a",
}  # the others, such as color, size and underline, change nothing  # fmt: skip
# Attributes of nodes and marks that HTML elements have, too, by tag.
_ATTRIBUTES = {
    "a": ("href", "title"), "img": ("src", "alt", "title"), "ol": ("start",), "td": ("colspan", "rowspan"),
    "th": ("colspan", "rowspan"), "video": ("src", "poster"), "audio": ("src",), "iframe": ("src",),
}  # fmt: skip
_ADDRESSES = ("src", "href", "url")  # attributes of unknown nodes without text
_NAMES = ("text", "title", "alt", "name", "caption")

_Mark = tuple[str, tuple[tuple[str, str], ...]]  # tag and attributes


def html_of(document: Mapping[str, Any]) -> HtmlElement:
    """Return a `<div>` with the nodes of *document* as HTML.

    A node of an unknown type becomes an element with the attribute `UNKNOWN`: `span` in a paragraph, else `div`. Its
    content stays. Without content, it has what its attributes name: a text, an address. Raises `PageTooDeep`.
    """
    body = parse_fragment("")
    _add_nodes(body, document, is_inline=False, depth=0)
    return body


def unknown_types(body: HtmlElement) -> list[str]:
    """Return the types of the unknown nodes in a result of `html_of`, sorted."""
    return sorted({str(value) for value in body.xpath(f".//@{UNKNOWN}")})


def _add_nodes(parent: HtmlElement, node: Mapping[str, Any], is_inline: bool, depth: int) -> None:
    """Append the content of *node* to *parent*. Neighbors share the elements of the marks that both have."""
    if depth > DEEPEST:
        raise PageTooDeep(f"the document is nested deeper than {DEEPEST} levels")
    active: list[tuple[_Mark, HtmlElement]] = []
    pieces: list[str] = []  # of text, which follow each other: one string for each would take quadratic time
    target = parent
    for child in _content(node):
        marks = _marks(child)
        kept = next(
            (index for index, (mark, _) in enumerate(active) if marks[index : index + 1] != [mark]), len(active)
        )
        text = child.get("text")
        if kept < max(len(marks), len(active)) or not isinstance(text, str):
            _add_text(target, pieces)
        del active[kept:]
        for mark in marks[kept:]:
            active.append((mark, SubElement(active[-1][1] if active else parent, mark[0], dict(mark[1]))))
        target = active[-1][1] if active else parent
        if isinstance(text, str):
            pieces.append(text)
        else:
            _add_node(target, child, is_inline, depth)
    _add_text(target, pieces)


def _add_node(parent: HtmlElement, node: Mapping[str, Any], is_inline: bool, depth: int) -> None:
    kind, attrs = _kind(node), _attrs(node)
    if kind == "codeblock":
        code = SubElement(SubElement(parent, "pre"), "code")
        code.text = clean("".join(_code(node, depth + 1))).rstrip("\n")
    elif kind == "image":
        holder = parent if is_inline else SubElement(parent, "p")
        if address := attrs.get("href"):
            holder = SubElement(holder, "a", href=clean(str(address)))
        SubElement(holder, "img", _attributes("img", attrs))
    elif kind == "heading":
        level = attrs.get("level")
        level = min(max(level, 1), 6) if isinstance(level, int) else 2
        _add_nodes(SubElement(parent, f"h{level}"), node, True, depth + 1)
    elif tag := _TAGS.get(kind):
        element = SubElement(parent, tag, _attributes(tag, attrs))
        _add_nodes(element, node, is_inline or tag in ("p", "a"), depth + 1)
    else:
        _add_unknown(parent, node, is_inline, depth)


def _add_unknown(parent: HtmlElement, node: Mapping[str, Any], is_inline: bool, depth: int) -> None:
    element = SubElement(parent, "span" if is_inline else "div", {UNKNOWN: clean(str(node.get("type")))})
    if _content(node):
        _add_nodes(element, node, is_inline, depth + 1)
        return
    attrs = _attrs(node)
    name = next((value for key in _NAMES if (value := attrs.get(key)) and isinstance(value, str)), "")
    address = next((value for key in _ADDRESSES if (value := attrs.get(key)) and isinstance(value, str)), "")
    holder = SubElement(element, "a", href=clean(address)) if address else element
    holder.text = clean(name or address)


def _add_text(parent: HtmlElement, pieces: list[str]) -> None:
    """Append *pieces* as text to *parent*, and empty the list."""
    text = clean("".join(pieces))
    pieces.clear()
    if text and len(parent):
        parent[-1].tail = (parent[-1].tail or "") + text
    elif text:
        parent.text = (parent.text or "") + text


def _code(node: Mapping[str, Any], depth: int) -> Iterator[str]:
    """Yield the text of a code block. Nodes in it that are not text are lines."""
    if depth > DEEPEST:
        raise PageTooDeep(f"the document is nested deeper than {DEEPEST} levels")
    for child in _content(node):
        if isinstance(text := child.get("text"), str):
            yield text
        else:
            yield from _code(child, depth + 1)
            yield "\n"


def _marks(node: Mapping[str, Any]) -> list[_Mark]:
    """Return the marks of *node* that change something, the outermost first. Code is the innermost."""
    marks = node.get("marks")
    known = [
        (tag, tuple(_attributes(tag, _attrs(mark)).items()))
        for mark in (marks if isinstance(marks, list) else ())
        if isinstance(mark, dict) and (tag := _MARKS.get(_kind(mark)))
    ]
    return sorted(dict.fromkeys(known), key=lambda mark: mark[0] == "code")


def _attributes(tag: str, attrs: Mapping[str, Any]) -> dict[str, str]:
    values = {name: attrs.get(name) for name in _ATTRIBUTES.get(tag, ())}
    return {name: clean(str(value)) for name, value in values.items() if value and isinstance(value, str | int)}


def _kind(node: Mapping[str, Any]) -> str:
    return str(node.get("type")).replace("_", "").replace("-", "").lower()


def _attrs(node: Mapping[str, Any]) -> Mapping[str, Any]:
    attrs = node.get("attrs")
    return attrs if isinstance(attrs, dict) else {}


def _content(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    content = node.get("content")
    return [child for child in content if isinstance(child, dict)] if isinstance(content, list) else []
