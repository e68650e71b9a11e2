"""Read large sitemaps and feeds with flat memory.

The parser builds no tree: it keeps some child elements of each entry. XML that would fill the memory or stall the
parser is refused: document type declarations (entity bombs), deep nesting, too many elements, long tags, decompression
bombs.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lxml import etree

MAX_SIZE = (
    52_428_800  # bytes, decompressed; the maximum of the sitemap protocol (https://www.sitemaps.org/protocol.html)
)
MAX_ELEMENTS = 2_000_000  # a sitemap of 50,000 URLs with all optional elements has 250,000, with pictures more
MAX_TAG = 1024 * 1024  # bytes without an event of the parser: a tag or a comment
MAX_TEXT = 100_000  # characters of a child element
_CHUNK = 64 * 1024
GZIP = b"\x1f\x8b"
_ROOT = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*+(?:<\?[^>]*+>\s*+|<!--(?:[^-]|-(?!->))*+-->\s*+)*+<(?:\w++:)?(?:urlset|sitemapindex|rss|feed|RDF)\b"
)

Entry = tuple[str, ...]  # the texts of the child elements, "" for a missing one


class XmlError(ValueError):
    """XML that is invalid, truncated, or too large. The message continues "the feed …"."""


class TruncatedXmlError(XmlError):
    """XML whose root element is not closed."""


def begins_like_feed(body: bytes) -> bool:
    """Return whether *body* begins like a sitemap or a feed in XML, also compressed with gzip."""
    head = body[:4096]
    if head.startswith(GZIP):
        try:
            head = zlib.decompressobj(wbits=31).decompress(head, 4096)
        except zlib.error:
            return False
    return _ROOT.match(head) is not None


def stream_entries(body: bytes, children: Mapping[str, Sequence[str]]) -> dict[str, list[Entry]]:
    """Return the entries of a sitemap or a feed, also compressed with gzip; see `xml_listing.read_entries`.

    Small errors in the document are accepted, a missing end is not. Raises `XmlError`.
    """
    target = _Target(children)
    untyped: Any = target  # the stubs of lxml require all methods of a target
    parser = etree.XMLParser(target=untyped, resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    events, pending, tail = 0, 0, b""
    try:
        for chunk in _chunks(body):
            parser.feed(chunk)
            tail = (tail + chunk)[-_TAIL:]
            pending = 0 if target.events > events else pending + len(chunk)
            events = target.events
            if pending > MAX_TAG:
                raise XmlError(f"has a tag or a comment of more than {MAX_TAG} bytes")
        parser.close()
    except etree.XMLSyntaxError:
        raise XmlError("is not well-formed XML, or truncated") from None
    # The parser closes the root element itself if its end tag is cut. (UTF-16 has a NUL beside each ASCII character.)
    if not target.is_complete or not _END_TAG.search(tail.replace(b"\0", b"")):
        raise TruncatedXmlError("is not well-formed XML, or truncated")
    return target.entries


# An end tag with nothing but comments, processing instructions and blanks after it.
_TAIL = 16 * 1024  # bytes
_END_TAG = re.compile(rb"</[^<>\s]++\s*+>(?:\s|<!--(?:[^-]|-(?!->))*+-->|<\?[^<>]*+\?>)*+\Z")


def _chunks(body: bytes) -> Iterator[bytes]:
    """Yield *body* in parts, decompressed."""
    size, position = 0, 0
    decompressor = zlib.decompressobj(wbits=31) if body.startswith(GZIP) else None
    while position < len(body):
        chunk = body[position : position + _CHUNK]
        position += len(chunk)
        while chunk:
            if decompressor is None:
                part, chunk = chunk, b""
            else:
                try:
                    part = decompressor.decompress(chunk, _CHUNK)
                except zlib.error as error:
                    raise XmlError(f"is invalid gzip data: {error}") from None
                chunk = decompressor.unconsumed_tail or decompressor.unused_data
                if decompressor.eof:
                    if not chunk.startswith(GZIP):  # padding
                        chunk, position = b"", len(body)
                    decompressor = zlib.decompressobj(wbits=31)
            size += len(part)
            if size > MAX_SIZE:
                raise XmlError(f"has more than {MAX_SIZE} bytes")
            if part:
                yield part


class _Target:
    """The interface of an lxml parser target: its methods are called for each part of the document."""

    def __init__(self, children: Mapping[str, Sequence[str]]) -> None:
        self.entries: dict[str, list[Entry]] = {tag: [] for tag in children}
        self.events = 0
        self.is_complete = False  # whether the root element was closed
        self._children = children
        self._depth = self._elements = 0
        self._tag = ""  # of the open entry, without namespace
        self._entry_depth = 0
        self._found: dict[str, str] = {}  # tag of a child, with namespace -> its text; for the open entry
        self._text: list[str] | None = None  # parts of the text of the open child
        self._size = 0  # characters of these parts

    def doctype(self, name: str, public_id: str | None, system_url: str | None) -> None:
        raise XmlError("has a document type declaration")  # it may define entities

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.events += 1
        self._depth += 1
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise XmlError(f"has more than {MAX_ELEMENTS} elements")
        if not self._tag:
            local = tag.rpartition("}")[2]
            if local in self._children:
                self._tag, self._entry_depth = local, self._depth
                namespace = tag[: len(tag) - len(local)]
                self._wanted = [namespace + child for child in self._children[local]]
                self._found = {}
        elif self._depth == self._entry_depth + 1 and tag in self._wanted and tag not in self._found:
            self._text, self._size = [], 0

    def data(self, text: str) -> None:
        self.events += 1
        if self._text is not None and self._size < MAX_TEXT:
            self._text.append(text)
            self._size += len(text)

    def end(self, tag: str) -> None:
        self.events += 1
        if self._tag and self._depth == self._entry_depth + 1 and self._text is not None:
            self._found[tag] = "".join(self._text).strip()[:MAX_TEXT]
            self._text = None
        elif self._tag and self._depth == self._entry_depth:
            self.entries[self._tag].append(tuple(self._found.get(child, "") for child in self._wanted))
            self._tag = ""
        self._depth -= 1
        self.is_complete = not self._depth

    def close(self) -> None:
        """Called at the end of the document."""
