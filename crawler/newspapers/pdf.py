"""Extract the text layer of a PDF as articles: paragraphs and tables in reading order.

PDFium (package pypdfium2, extra "pdf") returns each character with its position and size (`pdf_characters`). Then
watermarks, running headers and page numbers are removed, tables are taken out, and the remaining lines are put into
columns and paragraphs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from html import escape
from statistics import median
from typing import Any, NamedTuple

from crawler.newspapers.aligned_tables import take_tables
from crawler.newspapers.columns import MAX_LINES, Budget, columns_of
from crawler.newspapers.drop_capitals import join_drop_capitals
from crawler.newspapers.grids import take_grids
from crawler.newspapers.line_joins import is_spaced
from crawler.newspapers.lines import Line, Rule, merge_row, rows_of, runs_of
from crawler.newspapers.page_furniture import PageLines, remove_furniture
from crawler.newspapers.paragraphs import paragraphs_of
from crawler.newspapers.pdf_characters import PageText, read_page
from crawler.newspapers.pdf_issue import PrintedArticle, PrintedPage, articles_of
from crawler.newspapers.pdf_metadata import readable_info
from crawler.newspapers.reflow import Paragraph
from crawler.newspapers.vertical_headlines import insert_headlines, take_vertical_headlines
from crawler.newspapers.watermarks import without_watermarks

MAX_PAGES, MAX_CHARACTERS = 200, 1_000_000
MAX_UNMAPPED = 0.5  # share of characters without a Unicode value
# A page is a scan if a picture covers as much of it, and it has at most as many letters: the mark of a scanner program.
SCAN_SHARE, SCAN_LETTERS = 0.7, 20
MAX_WALLS = 100  # vertical lines of a page that separate pieces of lines
_LINEARIZED = re.compile(rb"/Linearized\b(?:(?!/Linearized)[^>])*?/L\s++(\d{1,12})\b")
_PAGE_COUNT = re.compile(rb"/Count\s{1,9}(\d{1,9})")
_XFA_NOTICE = re.compile("Please wait|Adobe Reader|不能显示|无法显示", re.I)
_NO_TEXT = "no text layer: the pages are pictures or outlines; run OCR first"


class PdfError(ValueError):
    """A PDF without readable text; the message states the reason."""


class Document(NamedTuple):
    """The text of a PDF."""

    articles: list[PrintedArticle]  # one, except for a whole issue
    info: dict[str, str]  # the document information dictionary: Title, Author, CreationDate …; "" if missing

    @property
    def paragraphs(self) -> list[Paragraph]:
        """The paragraphs of all articles, in reading order."""
        return [part for article in self.articles for part in article.paragraphs]


def read_pdf(data: bytes) -> Document:
    """Return the text of a PDF. *data* is the content of the file.

    Raises `PdfError` if pypdfium2 is not installed, or if the PDF is damaged, encrypted, without a text layer or too
    large.
    """
    try:
        import pypdfium2
    except ImportError as error:
        raise PdfError("pypdfium2 is not installed: install press-corpus with the extra `pdf`") from error
    if _is_truncated(data):
        raise PdfError("incomplete PDF: its end is missing")
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise PdfError(_load_error(pypdfium2.raw, error, data)) from error
    try:
        if not len(document):
            raise PdfError("the PDF has no pages")
        if len(document) > MAX_PAGES:
            raise PdfError(f"{len(document)} pages, more than {MAX_PAGES}: extract the required pages to a new file")
        texts = _page_texts(pypdfium2.raw, document)
        is_form = document.get_formtype() in (pypdfium2.raw.FORMTYPE_XFA_FULL, pypdfium2.raw.FORMTYPE_XFA_FOREGROUND)
        info = readable_info(document.get_metadata_dict())
    except pypdfium2.PdfiumError as error:
        raise PdfError(f"damaged PDF: {error}") from error
    finally:
        document.close()
    _check_text(texts, is_form)
    pages = _pages(texts)
    if not any(page.paragraphs for page in pages):
        raise PdfError(_NO_TEXT)
    return Document(articles_of(pages), info)


def _load_error(raw: Any, error: Any, data: bytes) -> str:
    """Return why a PDF cannot be loaded.

    PDFium sets no code for a PDF without pages: then the code is that of the last error, perhaps of another file.
    """
    if set(_PAGE_COUNT.findall(data)) == {b"0"}:
        return "the PDF has no pages"
    if error.err_code == raw.FPDF_ERR_PASSWORD and b"/Encrypt" in data:
        return "encrypted: a password is required"
    if error.err_code in (raw.FPDF_ERR_SUCCESS, raw.FPDF_ERR_PASSWORD):
        return "incomplete PDF: its list of pages is damaged"
    return f"incomplete PDF: {error}"


def _is_truncated(data: bytes) -> bool:
    """Return whether the end of a PDF is missing. PDFium reads the objects that are left, or an earlier revision.

    A file ends with `%%EOF` (ISO 32000-1, 7.5.5), and each revision adds objects and another `%%EOF`. A linearized file
    states its length in bytes (annex F.3).
    """
    length = _LINEARIZED.search(data[:2048])
    end = data.rfind(b"%%EOF")
    is_in_revision = re.match(rb"%%EOF\s*+\d", data[end:]) is not None  # "12 0 obj"
    return end < 0 or is_in_revision or (length is not None and len(data) < int(length[1]))


def _page_texts(raw: Any, document: Any) -> list[PageText]:
    """Return the text of each page. Raises `PdfError` if there are more than `MAX_CHARACTERS` characters."""
    texts: list[PageText] = []
    remaining = MAX_CHARACTERS
    for number in range(len(document)):
        page = document[number]
        try:
            text = read_page(raw, page, remaining)
        finally:
            page.close()
        if isinstance(text, int):
            raise PdfError(f"more than {MAX_CHARACTERS} characters: too long for a newspaper page")
        remaining -= len(text.characters) + sum(map(len, text.sideways))
        texts.append(text)
    return texts


def _check_text(texts: Sequence[PageText], is_form: bool) -> None:
    """Raise `PdfError` if the pages have no text that can be read."""
    letters = [sum(not character.char.isspace() for character in text.characters) for text in texts]
    if is_form and (
        not any(letters) or _XFA_NOTICE.search("".join(character.char for character in texts[0].characters[:4000]))
    ):
        raise PdfError("XFA form: its content is not in the pages; print it to a new PDF")
    if sum(text.unmapped for text in texts) > MAX_UNMAPPED * sum(letters):
        raise PdfError("the fonts do not state which characters they show: no usable text layer; run OCR first")
    if all(
        not number or (text.picture_share >= SCAN_SHARE and number <= SCAN_LETTERS)
        for text, number in zip(texts, letters, strict=True)
    ):
        raise PdfError(_NO_TEXT)


def _pages(texts: Sequence[PageText]) -> list[PrintedPage]:
    """Return the paragraphs of each page."""
    grids = [take_grids(text.characters, text.rules) for text in texts]
    runs = without_watermarks([runs_of(characters) for characters, _, _ in grids])
    vertical = [take_vertical_headlines(pieces) for pieces in runs]
    pages = [
        PageLines(_merged(pieces, rules), rules, text.top)
        for (pieces, _), (_, _, rules), text in zip(vertical, grids, texts, strict=True)
    ]
    remove_furniture(pages)
    sideways = _sideways(texts)
    lines = [line for page in pages for line in page.lines]
    spaced = is_spaced("\n".join(line.text for line in lines))
    body_size = median([line.size for line in lines for _ in line.text] or [0.0])
    result, budget = [], Budget()
    for page, (_, headlines), (_, tables, _), beside in zip(pages, vertical, grids, sideways, strict=True):
        found = take_tables(page.lines) if len(page.lines) <= MAX_LINES else page.lines
        columns = [*insert_headlines(columns_of([*found, *tables], page.rules, budget), headlines), *beside]
        paragraphs = [part for column in columns for part in paragraphs_of(column, spaced, body_size)]
        result.append(PrintedPage(paragraphs, page.label))
    return result


def _merged(pieces: Sequence[Line], rules: Sequence[Rule]) -> list[Line]:
    """Return the lines of a page from the pieces of its lines."""
    walls = [rule for rule in rules if not rule.is_horizontal][:MAX_WALLS]
    return [line for row in rows_of(join_drop_capitals(pieces)) for line in merge_row(row, walls)]


def _sideways(texts: Sequence[PageText]) -> list[list[list[Line]]]:
    """Return for each page the text at a right angle to the rest, as columns. Text that pages repeat is left out."""
    pages = [
        [[line for row in rows_of(runs_of(characters)) for line in merge_row(row)] for characters in text.sideways]
        for text in texts
    ]
    numbers = Counter(words for page in pages for words in {line.text for column in page for line in column})
    kept = [
        [[line for line in column if numbers[line.text] == 1 and not line.is_light] for column in page]
        for page in pages
    ]
    return [[column for column in page if column] for page in kept]


def to_html(article: PrintedArticle, info: dict[str, str]) -> str:
    """Return *article* as HTML for `crawler.newspapers.printed`.

    Each paragraph is a `<p>` with its font size in points (`data-size`), and with `data-cut` if a column break may
    split it; a table is a `<table>`. The document information is in `<meta>` elements. The `<body>` of an article of an
    issue has the page (`data-page`).
    """
    lines = [f'<meta name="{escape(name)}" content="{escape(value)}">' for name, value in info.items() if value]
    lines.append(f'</head><body data-page="{escape(article.label)}">')
    for part in article.paragraphs:
        if part.rows:
            cells = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in part.rows)
            lines.append(f'<table data-size="{part.size:.2f}">{"".join(f"<tr>{row}</tr>" for row in cells)}</table>')
        else:
            lines.append(f'<p data-size="{part.size:.2f}"{" data-cut" if part.is_cut else ""}>{escape(part.text)}</p>')
    return "\n".join(["<html><head>", *lines, "</body></html>"])
