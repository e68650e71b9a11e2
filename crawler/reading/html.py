"""Parse HTML into lxml nodes."""

from __future__ import annotations

import re
from typing import cast

import lxml.html
from lxml.etree import ElementDefaultClassLookup, ParserError
from lxml.html import HtmlComment, HtmlElement

from crawler.reading.limits import DEEPEST, LIGHT, too_complex, too_deep

# lxml.html asks Python for each node's class, for the sake of forms; without that, walks take half the time.
_NODES = ElementDefaultClassLookup(element=HtmlElement, comment=HtmlComment)
# Half a character, which HTML has no reference for: D800 to DFFF, 55296 to 57343. Sites write emojis so.
# (A search for one character is the quickest, so that the other stands behind it as a condition.)
_HALF = re.compile("&(?=#)#(?:x(d[89a-f][0-9a-f]{2})|(5[5-7][0-9]{3}));", re.IGNORECASE)


class PageTooLarge(ValueError):
    """HTML that would fill the memory, or hold the parser for minutes."""


class PageTooDeep(ValueError):
    """HTML nested so deeply that the parser drops what lies inside and behind."""


def parse_html(text: str, data: bytes | None = None) -> HtmlElement:
    """The `<html>` node of a whole document, or of a fragment with `<html><body>` put around it. `data` is the text in
    UTF-8 where it is at hand.

    Raises `PageTooDeep` where the parser would leave out text without a word, and `PageTooLarge`.
    """
    # As parsel does: lxml's limit of depth is lifted (from 255 to 2,046 levels), NUL would end the text.
    # Nobody asks by way of its table of ids: selectors go by attributes.
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True, collect_ids=False)
    parser.set_element_class_lookup(_NODES)
    if _HALF.search(text):  # halves that were written as references, each for itself
        text, data = _HALF.sub(lambda half: chr(int(half[1], 16) if half[1] else int(half[2])), text), None
    try:
        tree = lxml.html.document_fromstring((data or _encoded(text)).replace(b"\x00", b""), parser=parser)
    except ParserError:  # nothing but white space or comments
        tree = lxml.html.document_fromstring(b"<html><body></body></html>", parser=parser)
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise PageTooDeep("nested deeper than the parser reads")
    if len(text) > LIGHT and too_deep(tree):
        raise PageTooLarge(f"nested deeper than {DEEPEST} levels")
    return tree


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        # Over UTF-16 the halves of a character that JSON gave apart come together; a half alone becomes U+FFFD.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def parse_fragment(html: str) -> HtmlElement:
    """The nodes of *html* as the children of one `<div>`, the white space at its start kept.

    Raises `PageTooLarge`: within JSON, tags may be written so that nobody has counted them yet. And `PageTooDeep`.
    """
    if reason := too_complex(html):
        raise PageTooLarge(f"no page has so much: {reason}")
    body = cast(HtmlElement, parse_html(f"<html><body><div>{html}</div></body></html>").find("body"))
    if len(body) == 1 and not (body[0].tail or "").strip():
        return body[0]
    body.tag = "div"  # the fragment closed our div: nothing behind it may be lost
    return body
