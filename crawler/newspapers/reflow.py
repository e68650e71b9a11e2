"""Reflow the text of a printed page: detect headline, headings, paragraphs and credits.

Hard line breaks are removed, sentences that a column break splits are joined, end-of-line hyphenation is undone, short
lines become headings, and credits move to the end. The limits were measured on one page that was read by OCR.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from statistics import median
from typing import NamedTuple

from lxml.html import Element, HtmlElement

from crawler.newspapers.credits import is_credit, source_of, writer_of
from crawler.newspapers.line_joins import is_ended, is_spaced, join_pieces
from crawler.text.clean import clean
from crawler.text.punctuation import to_full_width

MIN_HEADING, MAX_HEADING = 5, 28  # characters of a heading
# Relative to the usual font size: larger text is a heading, smaller text a caption.
LARGE, SMALL = 1.15, 0.95
MAX_LARGE_HEADING = 60  # characters of a heading in a large font, and of a first line that is the headline
MAX_STACK = 4  # consecutive short lines that may be headings; more are a list, a table or a poem
MAX_LEAD = 3  # paragraphs that may precede the main headline
MAX_SUBHEADS = 2  # lines in a smaller font below the main headline

_NO_HEADING = re.compile(r"^[表图]\s?\d|^[（(【\[].*[）)】\]]$|(?:[。，、；：,;:]|[A-Za-z0-9]\.|[。！？!?…][”’」』]+)$")
_FIGURES = re.compile(r"\A[-+−]?[\d,.]++\s*+[%％]?$")
_LETTERS = re.compile(r"[^\W\d_]")
_HYPHENATED_NAME = re.compile(r"(?<=[a-z])-(?=[a-z]{2,}[A-Z])")  # "Hug-gingFace", but not "state-of-the-art"
_HYPHENATED = re.compile(r"\b([A-Za-z]+)-([a-z]+)\b")


class Paragraph(NamedTuple):
    """A paragraph of a printed page."""

    text: str
    size: float = 0.0  # font size in points; 0 = unknown
    is_cut: bool = False  # ends with the last line of a column, which is full: a column break may split it
    is_heading: bool = False
    rows: tuple[tuple[str, ...], ...] = ()  # of a table: its cells; `text` is then ""
    is_ruled: bool = False  # a drawn line separates it from the text above it


class Reflowed(NamedTuple):
    """The result of `reflow`."""

    title: str  # the main headline, or ""
    body: HtmlElement  # a <div> with <p>, <h2> and <table>, the credits last
    author: str  # from the credits, or ""
    publisher: str  # the source that the credits name, or ""
    pretitle: str = ""  # the line above the main headline in a smaller font
    subtitle: str = ""  # the lines below it


# Plain text -> paragraphs -------------------------------------------------------------------------------------------


def paragraphs_of(text: str) -> list[Paragraph]:
    """Return the paragraphs of a plain text: its lines, unwrapped if they are wrapped to a width."""
    spaced = is_spaced(text)
    paragraphs: list[list[str]] = []
    for is_text, block in groupby(text.splitlines(), lambda line: bool(line.strip())):
        lines = list(block)
        width = _full_width(lines) if is_text else 0
        for number, line in enumerate(lines if is_text else ()):
            is_full = number and width and _columns(lines[number - 1]) >= width
            if is_full and not re.match("\u3000|  |\t", line):  # an indent starts a paragraph
                paragraphs[-1].append(line.rstrip())
            else:
                paragraphs.append([line.strip()])
    return [Paragraph(join_pieces(lines, spaced)) for lines in paragraphs]


def _full_width(lines: Sequence[str]) -> int:
    """Return the width in columns from which a line continues on the next one; 0 if each line is a paragraph."""
    width = max(map(_columns, lines)) - 4
    full = sum(_columns(line) >= width for line in lines[:-1])
    return width if len(lines) > 2 and 16 <= width <= 120 and full >= len(lines) / 2 else 0


def _columns(line: str) -> int:
    """Return the display width of *line*: two columns for a wide character."""
    return sum(1 + (unicodedata.east_asian_width(char) in "WF") for char in line.rstrip())


# Paragraphs -> headline, headings, text, credits --------------------------------------------------------------------


def reflow(paragraphs: Iterable[Paragraph], title: str = "") -> Reflowed:
    """Reflow the *paragraphs* of a page, given in reading order.

    *title* is the main headline, if known. The line of the main headline, given or detected, is not part of the body.
    """
    parts = [part._replace(text=text) for part in paragraphs if (text := " ".join(part.text.split())) or part.rows]
    credits = [part.text for part in parts if is_credit(part.text)]
    parts = [part for part in parts if not is_credit(part.text)]
    spaced = is_spaced("\n".join(part.text for part in parts))
    parts = _mark_headings(_join(parts, _continues_after_column, spaced))
    main = _main_headline(parts, title)
    above, below = _beside_headline(parts, main) if main else ([], [])
    parts = [part for part in parts if not any(part is other for other in (*above, *below))]
    parts = _join(parts, _continues_sentence, spaced)
    words = set(re.findall("[A-Za-z]{4,}", "\n".join(part.text for part in parts)))
    body = Element("div")
    for part in parts:
        if part is not main:
            tag = "h2" if part.is_heading else "p"
            body.append(_table(part.rows) if part.rows else _element(tag, _dehyphenate(part.text, words)))
    body.extend([_element("p", line) for line in credits])
    headline = title or (_dehyphenate(main.text, words) if main else "")
    pretitle, subtitle = (" ".join(part.text for part in lines) for lines in (above, below))
    return Reflowed(headline, body, writer_of(credits), source_of(credits), pretitle, subtitle)


def _join(
    parts: Iterable[Paragraph], continues: Callable[[list[Paragraph], Paragraph], bool], spaced: bool
) -> list[Paragraph]:
    """Join each paragraph to the group before it if it *continues* that group."""
    groups: list[list[Paragraph]] = []
    for part in parts:
        if groups and continues(groups[-1], part):
            groups[-1].append(part)
        else:
            groups.append([part])
    return [
        group[-1]._replace(text=join_pieces([part.text for part in group], spaced)) if len(group) > 1 else group[0]
        for group in groups
    ]


def _continues_after_column(group: list[Paragraph], following: Paragraph) -> bool:
    return group[-1].is_cut and _is_open(group[-1], following)


def _continues_sentence(group: list[Paragraph], following: Paragraph) -> bool:
    part = group[-1]
    is_text = not (part.is_heading or following.is_heading or part.rows) and (
        len(group) > 1 or len(part.text) > MAX_HEADING
    )
    return is_text and _is_open(part, following)


def _is_open(part: Paragraph, following: Paragraph) -> bool:
    """Return whether *part* ends within a sentence, and *following* has the same font size."""
    is_same_size = SMALL * part.size <= following.size <= LARGE * part.size
    return is_same_size and not following.rows and not is_ended(part.text)


def _mark_headings(parts: list[Paragraph]) -> list[Paragraph]:
    """Set `is_heading`. Short lines at the end are not headings, because no text follows them."""
    usual_size = median([part.size for part in parts for _ in part.text] or [0.0])
    is_heading: list[bool] = []
    for is_short, run in groupby(enumerate(parts), lambda entry: _is_short(entry[1], usual_size, entry[0] == 0)):
        several = [part for _, part in run]
        is_heading += [is_short and (len(several) <= MAX_STACK or part.size > LARGE * usual_size) for part in several]
    while is_heading and is_heading[-1]:
        is_heading.pop()
    return [
        part._replace(is_heading=number < len(is_heading) and is_heading[number]) for number, part in enumerate(parts)
    ]


def _is_short(part: Paragraph, usual_size: float, is_first: bool) -> bool:
    """Return whether a paragraph has the length of a heading, and does not end like a sentence."""
    is_large = part.size > LARGE * usual_size
    shortest, longest = (2 if is_large else MIN_HEADING), (MAX_LARGE_HEADING if is_large or is_first else MAX_HEADING)
    has_length = shortest <= len(part.text) <= longest and part.size >= SMALL * usual_size
    return has_length and not _NO_HEADING.search(part.text) and len(_LETTERS.findall(part.text)) > 1


def _main_headline(parts: Sequence[Paragraph], title: str) -> Paragraph | None:
    """Return the main headline: the line that equals *title*, or, without a title, the heading in the largest font.

    If all headings have the same size, it is the first one, unless more than `MAX_LEAD` paragraphs precede it.
    """
    if title:
        title = _comparable(title)
        return next((part for part in parts if _comparable(part.text) == title), None)
    headings = [part for part in parts if part.is_heading and len(part.text) >= MIN_HEADING]
    if not headings and parts:  # a short headline in a large font
        usual_size = median([part.size for part in parts for _ in part.text] or [0.0])
        headings = [part for part in parts if part.is_heading and part.size > LARGE * usual_size]
    if not headings:
        return None
    main = max(headings, key=lambda part: part.size)
    above = sum(not part.is_heading for part in parts[: next(n for n, part in enumerate(parts) if part is main)])
    return main if above <= MAX_LEAD or main.size > min(part.size for part in parts) * LARGE else None


def _beside_headline(parts: Sequence[Paragraph], main: Paragraph) -> tuple[list[Paragraph], list[Paragraph]]:
    """Return the heading directly above the main headline, and the headings directly below it (kicker and subheads).

    Their font size is between those of the headline and the text, and the headings in the text have another size.
    """
    if not main.size:
        return [], []
    usual_size = median([part.size for part in parts for _ in part.text])
    position = next(number for number, part in enumerate(parts) if part is main)

    def is_beside(part: Paragraph) -> bool:
        return part.is_heading and LARGE * usual_size < part.size < SMALL * main.size

    above = [part for part in parts[max(position - 1, 0) : position] if is_beside(part)]
    below: list[Paragraph] = []
    for part in parts[position + 1 : position + 1 + MAX_SUBHEADS]:
        if not is_beside(part) or (below and below[0].size != part.size):
            break
        below.append(part)
    others = [part.size for part in parts if part.is_heading and not any(part is one for one in (main, *above, *below))]
    return tuple(  # type: ignore[return-value]
        [part for part in lines if all(abs(size - part.size) > 0.02 * size for size in others)]
        for lines in (above, below)
    )


def _comparable(text: str) -> str:
    """Return *text* without white space, and with full-width punctuation."""
    return re.sub(r"\s", "", to_full_width(text))


def _dehyphenate(text: str, words: set[str]) -> str:
    """Remove end-of-line hyphens that OCR left within lines.

    A hyphen is removed from names in camel case ("Hug-gingFace"), and from words that *words*, those of the whole text,
    contain without a hyphen.
    """
    text = _HYPHENATED_NAME.sub("", text)
    return _HYPHENATED.sub(lambda found: found[1] + found[2] if found[1] + found[2] in words else found[0], text)


def _element(tag: str, text: str) -> HtmlElement:
    element = Element(tag)
    element.text = clean(text)
    return element


def _table(rows: Sequence[Sequence[str]]) -> HtmlElement:
    """Return a table. Its first row is the header if it has no figures."""
    table = Element("table")
    is_header = len(rows) > 1 and not any(_FIGURES.match(cell) for cell in rows[0])
    for number, row in enumerate(rows):
        line = Element("tr")
        line.extend([_element("th" if is_header and not number else "td", cell) for cell in row])
        table.append(line)
    return table
