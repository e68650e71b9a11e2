"""Extract the text layer of a PDF as paragraphs in reading order.

PDFium (package pypdfium2, extra "pdf") returns each character with its position and size.
`crawler.newspapers.columns` groups the characters into lines, columns and paragraphs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ctypes import c_double
from html import escape
from typing import Any, NamedTuple

from crawler.newspapers.columns import Character, columns_of, lines_of, paragraphs_of
from crawler.newspapers.line_joins import is_spaced
from crawler.newspapers.reflow import Paragraph

MAX_PAGES, MAX_CHARACTERS = 200, 1_000_000
_LINEARIZED = re.compile(rb"/Linearized\b(?:(?!/Linearized)[^>])*?/L\s++(\d{1,12})\b")
_HYPHEN = 2  # the code that PDFium returns for a hyphen at the end of a line


class PdfError(Exception):
    """A PDF without readable text; the message states the reason."""


class Document(NamedTuple):
    """The text of a PDF."""

    paragraphs: list[Paragraph]  # in reading order
    info: dict[str, str]  # the document information dictionary: Title, Author, CreationDate …; missing entries: ""


def read_pdf(data: bytes) -> Document:
    """Return the text of a PDF. *data* is the content of the file.

    Raises `PdfError` if pypdfium2 is not installed, or if the PDF is damaged, encrypted, without a text layer or too
    large.
    """
    try:
        import pypdfium2
    except ImportError as error:
        raise PdfError("reading PDFs requires an extra: pip install -e '.[pdf]'") from error
    if _is_truncated(data):
        raise PdfError("incomplete PDF: its end is missing")
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        is_locked = error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD
        raise PdfError("encrypted: a password is required" if is_locked else f"incomplete PDF: {error}") from error
    try:
        if len(document) > MAX_PAGES:
            raise PdfError(f"{len(document)} pages, more than {MAX_PAGES}: extract the required pages to a new file")
        pages, remaining = [], MAX_CHARACTERS
        for number in range(len(document)):
            pages.append(lines_of(_characters(pypdfium2.raw, document[number], remaining)))
            remaining -= sum(len(line.text) for line in pages[-1])
        if not any(pages):
            raise PdfError("no text layer: the pages are pictures; run OCR first")
        spaced = is_spaced("\n".join(line.text for lines in pages for line in lines))
        columns = (column for lines in pages for column in columns_of(lines))
        return Document(
            [part for column in columns for part in paragraphs_of(column, spaced)], document.get_metadata_dict()
        )
    except pypdfium2.PdfiumError as error:
        raise PdfError(f"damaged PDF: {error}") from error
    finally:
        document.close()


def _is_truncated(data: bytes) -> bool:
    """Return whether the end of a PDF is missing. PDFium reads the objects that are left, or an earlier revision.

    A file ends with `%%EOF` (ISO 32000-1, 7.5.5), and each revision adds objects and another `%%EOF`. A linearized file
    states its length in bytes (annex F.3).
    """
    length = _LINEARIZED.search(data[:2048])
    end = data.rfind(b"%%EOF")
    is_in_revision = re.match(rb"%%EOF\s*+\d", data[end:]) is not None  # "12 0 obj"
    return end < 0 or is_in_revision or (length is not None and len(data) < int(length[1]))


def to_html(document: Document) -> str:
    """Return *document* as HTML for `crawler.newspapers.printed`.

    Each paragraph is a `<p>` with its font size in points (`data-size`), and with `data-cut` if a column break may
    split it. The document information is in `<meta>` elements.
    """
    lines = [
        f'<meta name="{escape(name)}" content="{escape(value)}">' for name, value in document.info.items() if value
    ]
    for text, size, is_cut, _ in document.paragraphs:
        lines.append(f'<p data-size="{size:.2f}"{" data-cut" if is_cut else ""}>{escape(text)}</p>')
    return "\n".join(["<html><body>", *lines, "</body></html>"])


def _characters(raw: Any, page: Any, limit: int) -> Iterator[Character]:
    """Yield the characters of a page in drawing order, without control characters.

    Raises `PdfError` if there are more than *limit*.
    """
    text = page.get_textpage()
    try:
        if text.count_chars() > limit:
            raise PdfError(f"more than {MAX_CHARACTERS} characters: too long for a newspaper page")
        box, x, y = raw.FS_RECTF(), c_double(), c_double()
        for index in range(text.count_chars()):
            code = raw.FPDFText_GetUnicode(text, index)
            char = "-" if code == _HYPHEN else chr(code)
            if char < " " or not raw.FPDFText_GetLooseCharBox(text, index, box):
                continue
            raw.FPDFText_GetCharOrigin(text, index, x, y)
            is_generated = raw.FPDFText_IsGenerated(text, index) == 1
            yield Character(char, box.left, box.right, y.value, box.top - box.bottom, is_generated)
    finally:
        text.close()
        page.close()
