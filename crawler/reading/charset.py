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
    declared Western charset is ignored: many servers send it for every file, and it decodes any bytes. In GBK, the byte
    0x80 is the euro sign. An incomplete character at the end of *body* is dropped.
    """
    bom_encoding, bom = read_bom(body)
    if bom_encoding:
        return body[len(bom or b"") :].decode(bom_encoding, "replace"), bom_encoding
    encoding = _declared(body, content_type)
    # HZ and ISO 2022 use ASCII bytes only, so their text is also valid UTF-8: try them first.
    seven_bit = [encoding] if encoding.startswith(("hz", "iso2022")) else []
    for candidate in (*seven_bit, "utf-8", encoding, "gb18030"):
        try:
            return codecs.getincrementaldecoder(candidate)(_STRICT.get(candidate, "strict")).decode(body), candidate
        except UnicodeError:
            text = body.decode(candidate, "replace")
            if candidate == encoding == "utf-8" and text.count("\ufffd") <= DAMAGED_SHARE * len(text):
                return text, candidate
    return body.decode(encoding, _REPLACE.get(encoding, "replace")), encoding


def ends_with_character(body: bytes, charset: str) -> bool:
    """Return whether the last character of *body* is complete. *charset* is the Python codec that decodes *body*."""
    decoder = codecs.getincrementaldecoder(charset)("replace")
    decoder.decode(body)
    return not decoder.getstate()[0]


def _euro_or_raise(error: UnicodeError) -> tuple[str, int]:
    """Decode the byte 0x80 in GBK as the euro sign, as windows-936 and the WHATWG Encoding Standard do."""
    if not isinstance(error, UnicodeDecodeError) or error.object[error.start] != 0x80:
        raise error
    return "€", error.start + 1


def _euro_or_replace(error: UnicodeError) -> tuple[str | bytes, int]:
    """Decode 0x80 as `_euro_or_raise` does; replace any other undecodable byte."""
    try:
        return _euro_or_raise(error)
    except UnicodeError:
        return codecs.replace_errors(error)


codecs.register_error("euro-or-raise", _euro_or_raise)
codecs.register_error("euro-or-replace", _euro_or_replace)
_STRICT, _REPLACE = {"gb18030": "euro-or-raise"}, {"gb18030": "euro-or-replace"}  # by codec; of others as usual


def _declared(body: bytes, content_type: str) -> str:
    """Return the declared charset by its Python name; "gb18030" if it is missing, unknown or Western."""
    declared = http_content_type_encoding(content_type) or html_body_declared_encoding(body[:4096])
    encoding = (resolve_encoding(declared) if declared else None) or ""
    try:
        b"a".decode(encoding or "none", "ignore")
    except (LookupError, UnicodeError):  # missing, unknown, or not a text encoding (such as zlib)
        return "gb18030"
    return "gb18030" if re.match("ascii|latin|iso8859|cp125", encoding) else encoding
