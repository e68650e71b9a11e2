"""Judge the document information of a PDF: titles and authors in a charset that PDF does not know."""

from __future__ import annotations

# PDFDocEncoding (ISO 32000-1, annex D.2) from 0x18 on and from 0x80 on, as far as it differs from ISO 8859-1.
_LOW = "˘ˇˆ˙˝˛˚˜"
_HIGH = "•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž"
_BYTES = {ord(char): 0x18 + number for number, char in enumerate(_LOW)}
_BYTES |= {ord(char): 0x80 + number for number, char in enumerate(_HIGH)}
_BYTES[ord("€")] = 0xA0
_CHARSETS = ("gb18030", "big5")
MIN_SHARE = 0.5  # of the letters: Western texts have fewer with accents


def is_misread(text: str) -> bool:
    """Return whether *text* is Chinese in GBK, Big5 or UTF-8 that was read as PDFDocEncoding (`´¢ÄÜ` for 储能).

    A text string of a PDF is in PDFDocEncoding or UTF-16, but some programs write bytes of the system's charset.
    """
    data = b"".join(_byte(char) for char in text)
    if "\ufffd" in text or len(data) != len(text):
        return "\ufffd" in text or _has_controls(text)
    high = sum(byte >= 0x80 for byte in data)
    if high < 2:
        return _has_controls(text)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        pairs = sum(charset_pairs(data, charset) > 0 for charset in _CHARSETS)
        letters = sum(char.isalpha() or ord(char) >= 0x80 for char in text)
        return pairs > 0 and high >= MIN_SHARE * letters
    return True


def charset_pairs(data: bytes, charset: str) -> int:
    """Return the number of Chinese characters that *data* has in *charset*; 0 if it is not valid in it."""
    try:
        text = data.decode(charset)
    except UnicodeDecodeError:
        return 0
    return sum("\u4e00" <= char <= "\u9fff" for char in text)


def _byte(char: str) -> bytes:
    code = _BYTES.get(ord(char), ord(char))
    return bytes([code]) if code < 0x100 else b""


def _has_controls(text: str) -> bool:
    return any(char < " " and char not in "\t\n\r" for char in text)
