"""A fetched page as a value: what readers read, what recordings keep."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import lxml.html
from lxml.etree import ElementDefaultClassLookup, ParserError
from lxml.html import HtmlComment, HtmlElement
from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom, resolve_encoding

from crawler.addresses import whole
from crawler.items import Link
from crawler.selecting import Index
from crawler.weight import DEEPEST, LIGHT, too_deep, too_many

DAMAGED_SHARE = 0.001  # of U+FFFD in a text: more is a page in the wrong charset, or a damaged one


@dataclass(frozen=True, eq=False)
class Page:
    """One answer of a site, with the request that it answers. Readers get nothing else."""

    url: str  # the address that answered, after redirects
    body: bytes = field(repr=False)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # names in lower case; logs show none
    method: str = "GET"
    sent: bytes = b""  # the request's body
    time: str = ""  # when it was fetched, UTC, ISO 8601
    asked: str = ""  # the address that was asked for, where redirects led to another
    link: Link | None = None  # what led to an article page: some readers need the listing's date or title
    partial: bool = False  # whether the connection ended before the answer did
    second: Page | None = None  # the second answer of an article that takes two

    @cached_property
    def _utf8(self) -> str | None:
        """The body where it is UTF-8 to the last byte, as most are; None for ASCII alone, which may stand for more."""
        if self.body.isascii() or self.body.startswith(codecs.BOM_UTF8):
            return None
        try:
            return self.body.decode()
        except UnicodeDecodeError:
            return None

    @cached_property
    def _decoded(self) -> tuple[str, str]:
        if self._utf8 is not None:
            return self._utf8, "utf-8"
        return decode(self.body, self.headers.get("content-type", ""))

    @property
    def text(self) -> str:
        """The body decoded; see `decode`."""
        return self._decoded[0]

    @property
    def charset(self) -> str:
        """The charset in which the body is read."""
        return self._decoded[1]

    @cached_property
    def tree(self) -> HtmlElement:
        """The body's `<html>` node; an empty document for an empty body."""
        return parse_html(self.text, self.body if self._utf8 is not None else None)

    @cached_property
    def _index(self) -> Index:
        return Index(self.tree)

    def select(self, css: str) -> list[HtmlElement]:
        """The nodes that *css* finds, in order."""
        return self._index.select(css)

    @cached_property
    def json(self) -> Any:
        """The body as JSON. Raises ValueError."""
        try:
            return json.loads(self.text)
        except RecursionError as error:
            raise ValueError("JSON nested deeper than can be read") from error

    @cached_property
    def form(self) -> dict[str, str]:
        """The fields of the request's form."""
        return dict(parse_qsl(self.sent.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def redirect(self) -> str:
        """The address a redirect that was not followed points to, or ""."""
        location = self.headers.get("location", "") if 300 <= self.status < 400 else ""
        try:
            return whole(location, self.url) if location else ""
        except ValueError:  # it is no address
            return location

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def is_html(self) -> bool:
        return "html" in self.headers.get("content-type", "html")

    @property
    def is_whole(self) -> bool:
        """Whether the page ends where an HTML page ends: `</html>` near its end."""
        # (The first look is quicker.) Some servers add remarks behind it.
        return "</html" in self.text[-200:] or _END.search(self.text, len(self.text) - 20_000) is not None


def is_secret(name: str) -> bool:
    """Whether a header of this name may hold what nobody else is to read: it is not kept."""
    return bool(re.search("cookie|authorization|token|session|api-?key|password|secret", name, re.IGNORECASE))


# lxml.html asks Python for each node's class, for the sake of forms; without that, walks take half the time.
_NODES = ElementDefaultClassLookup(element=HtmlElement, comment=HtmlComment)
_END = re.compile("</html", re.IGNORECASE | re.ASCII)
# Half a character, which HTML has no reference for: D800 to DFFF, 55296 to 57343. Sites write emojis so.
# (A search for one character is the quickest, so that the other stands behind it as a condition.)
_HALF = re.compile("&(?=#)#(?:x(d[89a-f][0-9a-f]{2})|(5[5-7][0-9]{3}));", re.IGNORECASE)


class TooMuch(ValueError):
    """HTML that would fill the memory, or hold the parser for minutes."""


class TooDeep(ValueError):
    """HTML nested so deeply that the parser drops what lies inside and behind."""


def parse_html(text: str, data: bytes | None = None) -> HtmlElement:
    """The `<html>` node of a whole document, or of a fragment with `<html><body>` put around it. `data` is the text in
    UTF-8 where it is at hand.

    Raises `TooDeep` where the parser would leave out text without a word, and `TooMuch`.
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
        raise TooDeep("nested deeper than the parser reads")
    if len(text) > LIGHT and too_deep(tree):
        raise TooMuch(f"nested deeper than {DEEPEST} levels")
    return tree


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        # Over UTF-16 the halves of a character that JSON gave apart come together; a half alone becomes U+FFFD.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def parse_fragment(html: str) -> HtmlElement:
    """The nodes of *html* as the children of one `<div>`, the white space at its start kept.

    Raises `TooMuch`: within JSON, tags may be written so that nobody has counted them yet. And `TooDeep`.
    """
    if reason := too_many(html):
        raise TooMuch(f"no page has so much: {reason}")
    body = cast(HtmlElement, parse_html(f"<html><body><div>{html}</div></body></html>").find("body"))
    if len(body) == 1 and not (body[0].tail or "").strip():
        return body[0]
    body.tag = "div"  # the fragment closed our div: nothing behind it may be lost
    return body


def decode(body: bytes, content_type: str = "") -> tuple[str, str]:
    """*body* as text, and its charset, by the first of these that holds: byte order mark, strict UTF-8, the declared
    charset (header, then meta) strictly, gb18030 strictly, the declared charset with U+FFFD for what it lacks.

    UTF-8 comes before the declaration: text in another charset all but never is valid UTF-8, while sites do declare
    gbk over UTF-8 bytes and the wrong decoding then shows no error. Where UTF-8 is declared too, a damaged character
    or two are no reason to try another. gb2312 and gbk are read as gb18030 (WHATWG). A Western charset is no
    declaration: it is what servers say of everything, and it "decodes" any bytes. A character cut off at the very end
    is dropped.
    """
    bom_encoding, bom = read_bom(body)
    if bom_encoding:
        return body[len(bom or b"") :].decode(bom_encoding, "replace"), bom_encoding
    encoding = _declared(body, content_type)
    in_ascii = [encoding] if encoding.startswith(("hz", "iso2022")) else []  # ASCII alone, so that it is UTF-8 as well
    for candidate in (*in_ascii, "utf-8", encoding, "gb18030"):
        try:
            return codecs.getincrementaldecoder(candidate)("strict").decode(body), candidate
        except UnicodeError:
            text = body.decode(candidate, "replace")
            if candidate == encoding == "utf-8" and text.count("\ufffd") <= DAMAGED_SHARE * len(text):
                return text, candidate
    return body.decode(encoding, "replace"), encoding


def _declared(body: bytes, content_type: str) -> str:
    declared = http_content_type_encoding(content_type) or html_body_declared_encoding(body[:4096])
    encoding = (resolve_encoding(declared) if declared else None) or ""
    try:
        b"a".decode(encoding or "none", "ignore")
    except (LookupError, UnicodeError):  # none, unknown, or no encoding of text
        return "gb18030"
    return "gb18030" if re.match("ascii|latin|iso8859|cp125", encoding) else encoding


def json_after(text: str, marker: str) -> list[Any]:
    """The JSON values behind each "MARKER = " in a page's scripts, in order; those that cannot be read are left out.

    Strings inside may hold "};", so the value is decoded, not cut out by a pattern.
    """
    values = []
    for match in re.finditer(re.escape(marker) + r"\s*=\s*(?=[\[{])", text):
        try:
            values.append(json.JSONDecoder().raw_decode(text, match.end())[0])
        except (ValueError, RecursionError):
            continue
    return values
