"""Parse HTML into lxml nodes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import cast

import lxml.html
from lxml.etree import ElementDefaultClassLookup, ParserError, strip_elements
from lxml.html import HtmlComment, HtmlElement

from crawler.reading.limits import DEEPEST, LIGHT, parsable, too_complex, too_deep

# By default lxml.html chooses the class of each node in Python, to support forms. Without that, a walk through all
# nodes takes half the time.
_NODES = ElementDefaultClassLookup(element=HtmlElement, comment=HtmlComment)
# A reference to a surrogate (U+D800 to U+DFFF, 55296 to 57343), which is invalid in HTML: some sites write emojis as
# two of them. (A pattern that starts with one literal character is the fastest, therefore the lookahead for "#".)
_SURROGATE = re.compile("&(?=#)#(?:x(d[89a-f][0-9a-f]{2})|(5[5-7][0-9]{3}));", re.IGNORECASE)
# Characters that are invalid in HTML and that lxml rejects in every change of a tree. Vertical tab and form feed are
# white space, and NUL would end the text.
_CONTROLS = bytes((*range(0x09), *range(0x0E, 0x20)))
_BLANKS = bytes.maketrans(b"\x0b\x0c", b"  ")
_NONCHARACTERS = "\ufffe\uffff"
# References to the same characters, also without ";" at the end.
_CONTROL_REFERENCE = re.compile(
    "&(?=#)#(?:x(?:0*+(?:(?P<blank>[bc])|[1-8ef]|1[0-9a-f]|fff[ef])|0++)(?![0-9a-f])"
    "|(?:0*+(?:(?P<white>1[12])|[1-8]|1[4-9]|2[0-9]|3[01]|6553[45])|0++)(?![0-9]));?",
    re.IGNORECASE,
)


class PageTooLarge(ValueError):
    """HTML that would exhaust memory or stall the parser."""


class PageTooDeep(ValueError):
    """HTML nested so deeply that the parser drops the nodes inside and after the deepest ones."""


def parse_html(text: str, data: bytes | None = None) -> HtmlElement:
    """Return the `<html>` node of a document. A fragment is wrapped in `<html><body>`.

    *data* is *text* as UTF-8 bytes, if the caller has it: it saves the encoding. Raises `PageTooDeep` if the parser
    would drop text without an error, and `PageTooLarge`. Scripts may be empty: see `limits.parsable`.
    """
    # `huge_tree` raises the depth limit of libxml2 from 255 to 2,046 levels; parsel does the same.
    # `collect_ids=False`: selectors test attributes and do not use the parser's id table.
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True, collect_ids=False)
    parser.set_element_class_lookup(_NODES)
    if _SURROGATE.search(text):
        text, data = _SURROGATE.sub(lambda match: chr(int(match[1], 16) if match[1] else int(match[2])), text), None
    if _CONTROL_REFERENCE.search(text):
        text, data = _CONTROL_REFERENCE.sub(lambda match: " " if match["blank"] or match["white"] else "", text), None
    if (shorter := parsable(text)) is not text:
        text, data = shorter, None
    data = (data or _encoded(text)).translate(_BLANKS, _CONTROLS)
    for character in _NONCHARACTERS:
        if character in text:  # a search in *data* takes ten times as long
            data = data.replace(character.encode(), b"")
    try:
        tree = lxml.html.document_fromstring(data, parser=parser)
    except ParserError:  # only white space or comments
        tree = lxml.html.document_fromstring(b"<html><body></body></html>", parser=parser)
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise PageTooDeep("exceeds the nesting limit of the parser")
    if len(text) > LIGHT and too_deep(tree):
        raise PageTooLarge(f"nested deeper than {DEEPEST} levels")
    return tree


_DROPPED = "dropped-node"  # a tag that no page has


def drop_nodes(nodes: Iterable[HtmlElement]) -> None:
    """Remove elements with their content from their tree. The text after each of them (its tail) stays.

    The result is that of `HtmlElement.drop_tree` for each one. That copies the text before the node each time, which
    takes quadratic time for many nodes.
    """
    dropped = list(nodes)
    for node in dropped:
        node.tag = _DROPPED  # an element: comments have no tag to set
    for tree in {node.getroottree().getroot() for node in dropped}:
        strip_elements(tree, _DROPPED, with_tail=False)


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        # Encoding to UTF-16 joins surrogate pairs (from JSON escapes); a lone surrogate becomes U+FFFD.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def parse_fragment(html: str) -> HtmlElement:
    """Return a `<div>` with the nodes of *html* as its children. White space at the start is kept.

    Raises `PageTooDeep` and `PageTooLarge`. The check for the latter is repeated here because tags inside JSON may be
    escaped, and are then not counted in the page.
    """
    if reason := too_complex(html):
        raise PageTooLarge(f"the page is too large to parse: {reason}")
    body = cast(HtmlElement, parse_html(f"<html><body><div>{html}</div></body></html>").find("body"))
    if len(body) == 1 and not (body[0].tail or "").strip():
        return body[0]
    body.tag = "div"  # *html* closes the `<div>` early: keep the nodes after it
    return body
