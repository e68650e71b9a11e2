"""Read the content of printed pages in local files: plain text, the text of a PDF, or HTML."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from contextlib import suppress
from itertools import dropwhile, islice, takewhile
from typing import NamedTuple

from lxml.html import HtmlElement

from crawler.newspapers.article import body_of, byline, has_epaper_body, headline, number_of, paper_name
from crawler.newspapers.metadata import first_of
from crawler.newspapers.reflow import Paragraph, paragraphs_of, reflow
from crawler.reading.candidates import Candidates
from crawler.reading.charset import DAMAGED_SHARE, ends_with_character
from crawler.reading.content import find_content, without
from crawler.reading.errors import Incomplete, LayoutChanged, Skipped
from crawler.reading.html import drop_nodes
from crawler.reading.lines import Lines
from crawler.reading.page import Page
from crawler.reading.pictures import resolve_pictures
from crawler.reading.query import all_of, text
from crawler.reading.title import title_element
from crawler.text.bylines import MAX_LINE, labelled_byline
from crawler.text.clean import one_line
from crawler.text.dates import beijing

MAX_CHARACTERS = 1_000_000
MAX_METADATA_LINES = 8  # below a title

# Default values that programs write into the information of a PDF.
_PLACEHOLDER = re.compile(
    r"\A(?:anonymous|unspecified|none|null|user|admin(istrator)?"
    r"|(?:untitled|(?:new )?document|slide|presentation|layout|print|PowerPoint (?:Presentation|演示文稿))[-_ ]?\d*"
    r"|(?:无标题|未命名|新建).*|(?:文档|幻灯片|演示文稿|工作表|工作簿)\s?\d*"
    r"|.*\.(?:docx?|wps|pptx?|xlsx?|indd|fbd|fit|s2|s92|s10|qxd|pmd|p65|pub|cdr|ai|eps|ps|pdf|txt|rtf|html?|tiff?|jpe?g|png)"
    r"|Microsoft (?:Word|PowerPoint|Excel) - .*)",
    re.I,
)
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f]")
_HAN = re.compile("[\u4e00-\u9fff\ue000-\uf8ff]")  # with the private use area: GB 18030 decodes undefined bytes to it
# The tags of HTML that contains only lines of text.
_LINE_TAGS = {"html", "head", "title", "meta", "body", "div", "p", "br", "span", "style", "script", "pre"}


class Printed(NamedTuple):
    """The content of a file; missing fields are ""."""

    body: HtmlElement
    title: Mapping[str, str]  # candidate -> value, the most reliable first; also of the next two fields
    date: Mapping[str, str] = {}
    author: Mapping[str, str] = {}
    publisher: str = ""
    page: str = ""
    pretitle: str = ""
    subtitle: str = ""
    unread_time: str = ""  # the candidate with a time of day that could not be read: see `Candidates.date`


def read_print(page: Page, title: str) -> Printed:
    """Read the content of a file. *title* is the headline, if known. Raises `PageError`."""
    if len(page.text) > MAX_CHARACTERS:
        raise Skipped(f"{len(page.text)} characters, more than {MAX_CHARACTERS}: too long for a newspaper page")
    _check_text(page)
    if not page.is_html:
        return _read_text(paragraphs_of(page.text), title)
    if parts := all_of(page, "p[data-size], table[data-size]"):
        return _read_pdf(page, parts, title)
    lines = _plain_lines(page)
    if lines:
        _check_body_end(page)
    return _read_text(paragraphs_of(lines), title) if lines else _read_html(page)


def _check_body_end(page: Page) -> None:
    """Raise `Incomplete` if the end of the page is missing. The article is its `<body>`: any part looks complete."""
    if not page.is_whole:
        raise Incomplete("the page is truncated: </html> is missing at its end")


def _check_text(page: Page) -> None:
    """Raise `Incomplete` for a binary file, for text in a charset that was not detected, and for half a character."""
    if not ends_with_character(page.body, page.charset):
        raise Incomplete("the file is truncated: it ends within a character")
    controls = len(_CONTROLS.findall(page.text))
    if "\0" in page.text or controls > DAMAGED_SHARE * len(page.text):
        raise Incomplete(f"{controls} control characters: a binary file, or UTF-16 without a byte order mark")
    han = _HAN.findall(page.text)
    common = sum(map(_is_common, han))
    if page.charset.lower().startswith("gb") and common < len(han) / 2:
        rare = len(han) - common
        raise Incomplete(f"{rare} of {len(han)} characters are rare: neither GBK nor UTF-8")


def _is_common(char: str) -> bool:
    """Return whether *char* is one of the 3,755 level 1 characters (the common ones) of GB 2312."""
    encoded = char.encode("gb2312", "ignore")
    return len(encoded) == 2 and 0xB0 <= encoded[0] <= 0xD7


def _read_text(paragraphs: list[Paragraph], title: str) -> Printed:
    reflowed = reflow(paragraphs, title)
    if not text(reflowed.body):
        raise Skipped("no text")
    author = {"credit": reflowed.author, "byline": byline(reflowed.body)}
    return Printed(
        reflowed.body, {"headline": reflowed.title}, author=author, publisher=reflowed.publisher,
        pretitle=reflowed.pretitle, subtitle=reflowed.subtitle,
    )  # fmt: skip


def _read_pdf(page: Page, parts: list[HtmlElement], title: str) -> Printed:
    info = {
        node.get("name"): value
        for node in all_of(page, "meta[content]")
        if not _PLACEHOLDER.fullmatch(value := one_line(node.get("content", "")))
    }
    printed = _read_text([_paragraph(node) for node in parts], title)
    return printed._replace(
        page=all_of(page, "body")[0].get("data-page", ""),
        title={**printed.title, "PDF": info.get("Title", "")},
        date={"PDF": info.get("CreationDate", "")},
        author={**printed.author, "PDF": info.get("Author", "")},
    )


def _paragraph(node: HtmlElement) -> Paragraph:
    size = float(node.get("data-size", "0"))
    if node.tag == "table":
        return Paragraph("", size, rows=tuple(tuple(text(cell) for cell in row) for row in all_of(node, "tr")))
    return Paragraph(text(node), size, "data-cut" in node.attrib)


def _plain_lines(page: Page) -> str:
    """Return the lines of HTML that contains only lines of text; "" for any other HTML."""
    if {node.tag for node in page.tree.iter() if isinstance(node.tag, str)} - _LINE_TAGS:
        return ""
    body = page.tree.find("body")
    if body is not None and all_of(body, "pre") and any(map(text, all_of(body, "p"))):
        return ""  # an article with code
    lines = []
    for node in body.iter() if body is not None else ():
        if node.tag in ("p", "div", "br", "body", "pre"):
            lines.append("\n")
        if isinstance(node.tag, str) and node.tag not in ("style", "script"):
            lines.append(node.text or "")
        lines.append(("\n" if node.tag in ("p", "div", "pre") and node.tail else "") + (node.tail or ""))
    return "".join(lines)


def _web_body(page: Page, title: HtmlElement | None) -> HtmlElement:
    """Return the text of a web page without navigation, related lists and comments. Raises `Skipped` if it has none."""
    if content := find_content(page, title):
        if content.node.tag == "body":
            _check_body_end(page)
        return without(content.node, content.furniture)
    if not any(line.is_sentence for line in Lines(page.tree).all):
        raise Skipped("no text of an article: the page has only links and short lines")
    _check_body_end(page)
    body = copy.deepcopy(all_of(page, "body")[0])
    resolve_pictures(body)  # the only form of a picture may be in a noscript
    drop_nodes(all_of(body, "script, style, nav, header, footer, aside, form, noscript, iframe"))
    return body


def _read_html(page: Page) -> Printed:
    """Read HTML: the body as on e-paper systems, else the element with most of the text, without navigation."""
    candidates, head = Candidates(page), headline(page)
    is_epaper = has_epaper_body(page)
    heading = None if is_epaper else title_element(page)
    body = body_of(page) if is_epaper else _web_body(page, heading)
    titles = {
        "heading": text(heading),
        **head.title,
        "og:title": candidates.metas.get("og:title", ""),
        "<title>": text(page.tree.find("head/title")),
    }
    _, title = first_of(titles)
    drop_nodes([node for node in all_of(body, "h1")[:1] if text(node) == title])
    if not text(body):
        raise Skipped("no text")
    metadata = [] if heading is None else _metadata_lines(page, heading)
    shown = {"byline": next(filter(beijing, metadata), "")}
    authors = {"byline": next(filter(None, map(labelled_byline, metadata)), ""), **head.author, "body": byline(body)}
    date = {}
    with suppress(LayoutChanged):  # a page without a date
        date = {"page": candidates.date(shown)}
    return Printed(
        body, titles, date, {"page": candidates.author(authors)},
        paper_name(page), number_of(page), head.pretitle, head.subtitle, candidates.chosen.get("unread_time", ""),
    )  # fmt: skip


def _metadata_lines(page: Page, heading: HtmlElement) -> list[str]:
    """Return the lines between the title of a web page and its first sentence: date, source, author."""
    lines = Lines(page.tree).all
    below = dropwhile(lambda line: heading not in (line.owner, *line.owner.iterancestors()), lines)
    below = dropwhile(lambda line: heading in (line.owner, *line.owner.iterancestors()), below)
    short = takewhile(lambda line: len(line.text) <= MAX_LINE and not line.is_sentence, below)
    return [line.text for line in islice(short, MAX_METADATA_LINES)]
