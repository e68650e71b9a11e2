"""Parse feeds and sitemaps, including those that are not well-formed.

Feed generators copy text of articles without escaping it. Repaired here: characters that XML does not allow, entities
of HTML (`&nbsp;`), a bare `&` or `<`, a `]]>` outside of a CDATA section, and text before and after the root element,
such as a warning of PHP. `<br>` and `<img>` of HTML, which have no end tag, are left out.
"""

from __future__ import annotations

import re
from html import unescape
from html.entities import html5
from xml.sax.saxutils import escape

from lxml import etree

from crawler.reading.errors import LayoutChanged
from crawler.reading.page import Page

_ROOT = re.compile(r"<((?:[\w-]{1,20}+:)?(?:rss|feed|RDF|urlset|sitemapindex))(?![\w:-])")
_MAX_LEAD = 20_000  # characters before the root element
_INVALID = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2
_REFERENCE = re.compile("&(#[0-9]{1,7};|#[xX][0-9a-fA-F]{1,6};|[a-zA-Z][a-zA-Z0-9]{0,31};)?")
_PREDEFINED = ("amp;", "lt;", "gt;", "quot;", "apos;")
_VOID_TAG = re.compile(r"<(?:br|hr|img|wbr)(?: [^<>]*+)?(?<!/)>", re.IGNORECASE)
_PREFIX = re.compile(r"<([a-zA-Z_][\w-]{0,19}):[a-zA-Z_]", re.ASCII)
_DECLARED = re.compile(r"\sxmlns:([\w-]{1,20})\s{0,9}=", re.ASCII)
_BARE = re.compile(r"<(?![a-zA-Z_/!?])")
_CDATA, _CDATA_END = "<![CDATA[", "]]>"


def is_feed(text: str) -> bool:
    """Return whether *text* is a feed (RSS, Atom) or a sitemap, regardless of its content type."""
    return _root(text) is not None


def is_closed(text: str) -> bool:
    """Return whether the feed or sitemap *text* has the end tag of its root element."""
    root = _root(text)
    return root is not None and _end(text, root) > 0


def parse_feed(page: Page) -> etree._Element:
    """Return the root element of a feed or a sitemap.

    Names of elements have their namespace: search with "{*}loc". Raises `LayoutChanged` for any other document, for a
    truncated one, and for one that is not well-formed after the repairs.
    """
    text = page.text + page.trailer
    root = _root(text)
    end = _end(text, root) if root else 0
    if root is None:
        raise LayoutChanged("not a feed: the start tag of its root element is missing")
    if end <= 0:
        raise LayoutChanged("the feed is truncated: the end tag of its root element is missing")
    if "<!ENTITY" in text[: root.start()]:  # the text would lack what they stand for
        raise LayoutChanged("the feed declares entities in its document type declaration")
    # Without that declaration, which precedes the root, no entity is defined.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        repaired = _repaired(text[root.start() : end])
        head, rest = repaired[: len(root[0])], repaired[len(root[0]) :]
        return etree.fromstring(f"{head}{_missing_namespaces(repaired)}{rest}".encode(), parser)
    except etree.XMLSyntaxError as error:
        raise LayoutChanged(f"the feed is not well-formed XML: {error.msg}") from None


def _root(text: str) -> re.Match[str] | None:
    """Return the start tag of the root element; None for HTML."""
    found = _ROOT.search(text, 0, _MAX_LEAD)
    return None if found is None or "<html" in text[: found.start()].lower() else found


def _end(text: str, root: re.Match[str]) -> int:
    """Return the position after the end tag of *root*; 0 if it is missing. An end tag in a CDATA section is text."""
    tag = f"</{root[1]}"
    start = text.rfind(tag)
    if start < root.end() or text.rfind(_CDATA, 0, start) > text.rfind(_CDATA_END, 0, start):
        return 0
    return text.find(">", start + len(tag)) + 1


def _repaired(text: str) -> str:
    parts, position = [], 0
    text = _INVALID.sub("", text)
    while (start := text.find(_CDATA, position)) >= 0 and (end := text.find(_CDATA_END, start)) >= 0:
        parts += [_escaped(text[position:start]), text[start : end + len(_CDATA_END)]]
        position = end + len(_CDATA_END)
    return "".join([*parts, _escaped(text[position:])])


def _missing_namespaces(text: str) -> str:
    """Return the declarations of the prefixes that *text* uses in names of elements without a declaration."""
    missing = {*_PREFIX.findall(text)} - {"xml", *_DECLARED.findall(text)}
    return "".join(f' xmlns:{prefix}="urn:{prefix}"' for prefix in sorted(missing))


def _escaped(text: str) -> str:
    """Return the repaired form of *text*, which is outside of CDATA sections."""
    text = _VOID_TAG.sub(" ", _REFERENCE.sub(_reference, text))
    return _BARE.sub("&lt;", text).replace(_CDATA_END, "]]&gt;")


def _reference(found: re.Match[str]) -> str:
    """Return a valid form of a reference, or of a bare `&`."""
    name = found[1] or ""
    if name in _PREDEFINED:
        return found[0]
    if name in html5 or name.startswith("#"):
        return escape(
            _INVALID.sub("", unescape(found[0])).replace("\ufffd", "")
        )  # U+FFFD: a number without a character
    return f"&amp;{name}"
