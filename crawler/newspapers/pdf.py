"""The text layer of a PDF as paragraphs in reading order.

PDFium reads it (pypdfium2, of the extra "pdf"): it knows what every character is, where it stands and how large it is.
What lines, columns and paragraphs are is seen in `crawler.newspapers.columns`.
"""

from __future__ import annotations

from collections.abc import Iterator
from ctypes import c_double
from html import escape
from typing import Any, NamedTuple

from crawler.newspapers.columns import Character, columns_of, lines_of, paragraphs_of
from crawler.newspapers.line_joins import is_spaced
from crawler.newspapers.reflow import Paragraph

MOST_PAGES, MOST_CHARACTERS = 200, 1_000_000
_HYPHEN = 2  # what PDFium gives for a hyphen at a line's end


class PdfError(Exception):
    """A PDF that gives no text; the message says why."""


class Document(NamedTuple):
    paragraphs: list[Paragraph]
    info: dict[str, str]  # Title, Author, CreationDate … as the file has them; "" for those that it lacks


def read_pdf(data: bytes) -> Document:
    """The text of the PDF *data*. Raises `PdfError`."""
    try:
        import pypdfium2
    except ImportError as error:
        raise PdfError("PDFs need an extra: pip install -e '.[pdf]'") from error
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        is_locked = "password" in str(error).lower()
        raise PdfError("encrypted: it asks for a password" if is_locked else f"no whole PDF: {error}") from error
    try:
        if len(document) > MOST_PAGES:
            raise PdfError(f"{len(document)} pages, more than {MOST_PAGES}: split it into the pages that are wanted")
        pages, left = [], MOST_CHARACTERS
        for number in range(len(document)):
            pages.append(lines_of(_characters(pypdfium2.raw, document[number], left)))
            left -= sum(len(line.text) for line in pages[-1])
        if not any(pages):
            raise PdfError("no text layer: pictures of pages, which need OCR first")
        spaced = is_spaced("\n".join(line.text for lines in pages for line in lines))
        columns = (column for lines in pages for column in columns_of(lines))
        return Document(
            [part for column in columns for part in paragraphs_of(column, spaced)], document.get_metadata_dict()
        )
    except pypdfium2.PdfiumError as error:
        raise PdfError(f"damaged: {error}") from error
    finally:
        document.close()


def to_html(document: Document) -> str:
    """*document* as a page that `crawler.spiders.paper` reads: a paragraph for each, with what is known of its type."""
    lines = [
        f'<meta name="{escape(name)}" content="{escape(value)}">' for name, value in document.info.items() if value
    ]
    for text, size, is_cut, _ in document.paragraphs:
        lines.append(f'<p data-size="{size:.2f}"{" data-cut" if is_cut else ""}>{escape(text)}</p>')
    return "\n".join(["<html><body>", *lines, "</body></html>"])


def _characters(raw: Any, page: Any, most: int) -> Iterator[Character]:
    """The characters of a page, in the order in which they are drawn, without control characters. Raises `PdfError`."""
    text = page.get_textpage()
    try:
        if text.count_chars() > most:
            raise PdfError(f"more than {MOST_CHARACTERS} characters: no page of a newspaper")
        box, x, y = raw.FS_RECTF(), c_double(), c_double()
        for index in range(text.count_chars()):
            code = raw.FPDFText_GetUnicode(text, index)
            char = "-" if code == _HYPHEN else chr(code)
            if char < " " or not raw.FPDFText_GetLooseCharBox(text, index, box):
                continue
            raw.FPDFText_GetCharOrigin(text, index, x, y)
            is_guess = raw.FPDFText_IsGenerated(text, index) == 1
            yield Character(char, box.left, box.right, y.value, box.top - box.bottom, is_guess)
    finally:
        text.close()
        page.close()
