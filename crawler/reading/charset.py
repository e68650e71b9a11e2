"""Decode the bytes of a page."""

from __future__ import annotations

import codecs
import re

from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom, resolve_encoding

DAMAGED_SHARE = 0.001  # largest share of U+FFFD in a text; more means a wrong charset or a damaged page


def decode(body: bytes, content_type: str = "") -> tuple[str, str]:
    """Return *body* as text, and its charset. *content_type* is the value of that response header.

    The first charset that decodes *body* wins:

    1. the charset of a byte order mark
    2. UTF-8, without errors
    3. the declared charset (header, then meta), without errors
    4. gb18030, without errors
    5. the declared charset, with U+FFFD for undecodable bytes

    UTF-8 precedes the declaration because text in another charset is almost never valid UTF-8, but sites declare gbk
    for UTF-8 bytes, and decoding those as gbk raises no error. If UTF-8 is also declared, a share of up to
    `DAMAGED_SHARE` damaged characters is accepted. gb2312 and gbk are decoded as gb18030 (WHATWG Encoding Standard). A
    declared Western charset is ignored: many servers send it for every file, and it decodes any bytes. An incomplete
    character at the end of *body* is dropped.
    """
    bom_encoding, bom = read_bom(body)
    if bom_encoding:
        return body[len(bom or b"") :].decode(bom_encoding, "replace"), bom_encoding
    encoding = _declared(body, content_type)
    # HZ and ISO 2022 use ASCII bytes only, so their text is also valid UTF-8: try them first.
    seven_bit = [encoding] if encoding.startswith(("hz", "iso2022")) else []
    for candidate in (*seven_bit, "utf-8", encoding, "gb18030"):
        try:
            return codecs.getincrementaldecoder(candidate)("strict").decode(body), candidate
        except UnicodeError:
            text = body.decode(candidate, "replace")
            if candidate == encoding == "utf-8" and text.count("\ufffd") <= DAMAGED_SHARE * len(text):
                return text, candidate
    return body.decode(encoding, "replace"), encoding


def _declared(body: bytes, content_type: str) -> str:
    """Return the declared charset by its Python name; "gb18030" if it is missing, unknown or Western."""
    declared = http_content_type_encoding(content_type) or html_body_declared_encoding(body[:4096])
    encoding = (resolve_encoding(declared) if declared else None) or ""
    try:
        b"a".decode(encoding or "none", "ignore")
    except (LookupError, UnicodeError):  # missing, unknown, or not a text encoding (such as zlib)
        return "gb18030"
    return "gb18030" if re.match("ascii|latin|iso8859|cp125", encoding) else encoding
