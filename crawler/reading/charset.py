"""Decode the bytes of a page."""

from __future__ import annotations

import codecs
import re

from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom, resolve_encoding

DAMAGED_SHARE = 0.001  # of U+FFFD in a text: more is a page in the wrong charset, or a damaged one


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
