"""Judge the document information of a PDF: titles and authors in a charset that PDF does not know."""

from __future__ import annotations

from collections.abc import Mapping

# PDFDocEncoding (ISO 32000-1, annex D.2) from 0x18 on and from 0x80 on, as far as it differs from ISO 8859-1.
_LOW = "˘ˇˆ˙˝˛˚˜"
_HIGH = "•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž"
_BYTES = {ord(char): 0x18 + number for number, char in enumerate(_LOW)}
_BYTES |= {ord(char): 0x80 + number for number, char in enumerate(_HIGH)}
_BYTES[ord("€")] = 0xA0
_CHARSETS = ("gb18030", "big5")
MIN_SHARE = 0.5  # of the letters: Western texts have fewer with accents


def readable_info(info: Mapping[str, str]) -> dict[str, str]:
    """Return the document information with "" for values that cannot be read."""
    return {name: "" if is_misread(value) else value for name, value in info.items()}


def is_misread(text: str) -> bool:
    """Return whether *text* is Chinese in GBK, Big5 or UTF-8 that was read as PDFDocEncoding (`´¢ÄÜ` for 储能).

    A text string of a PDF is in PDFDocEncoding or UTF-16, but some programs write bytes of the system's charset.
    """
    if "\ufffd" in text or any(char < " " and char not in "\t\n\r" for char in text):  # undefined bytes
        return True
    data = b"".join(_byte(char) for char in text)
    high = sum(byte >= 0x80 for byte in data)
    if len(data) != len(text) or high < 2:
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        is_chinese = any(_chinese_in(data, charset) for charset in _CHARSETS)
        letters = sum(char.isalpha() or ord(char) >= 0x80 for char in text)
        return is_chinese and high >= MIN_SHARE * letters
    return True


def _chinese_in(data: bytes, charset: str) -> int:
    """Return the number of Chinese characters that *data* has in *charset*; 0 if it is not valid in it.

    The last character may be incomplete.
    """
    for length in (len(data), len(data) - 1):
        try:
            return sum("\u4e00" <= char <= "\u9fff" for char in data[:length].decode(charset))
        except UnicodeDecodeError:
            continue
    return 0


def _byte(char: str) -> bytes:
    code = _BYTES.get(ord(char), ord(char))
    return bytes([code]) if code < 0x100 else b""
