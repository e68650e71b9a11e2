"""The text of a printed page, put in order: paragraphs in, headline, headings, paragraphs and credits out. Pure.

The rules are those that were counted on a page read by machine: hard line ends are undone, sentences that a column's
end cuts are joined, hyphens of line ends go, short lines become headings, and credits leave the flow.
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
from crawler.text.punctuation import to_full_width

SHORTEST, LONGEST = 5, 28  # characters of a heading
LARGE, SMALL = 1.15, 0.95  # of the text's type: from there on a heading's, up to there a caption's
LONGEST_LARGE = 60  # characters of a heading in large type, and of a text's first line that is its headline
STACK = 4  # short lines in a row: more are a list, a table or a poem
LEAD = 3  # paragraphs that may stand above the main headline

_NO_HEADING = re.compile(r"^[（(【\[].*[）)】\]]$|(?:[。，、；：,;:]|[。！？!?…][”’」』]+)$")
_LETTERS = re.compile(r"[^\W\d_]")
_CUT_WORD = re.compile(r"(?<=[a-z])-(?=[a-z]{2,}[A-Z])")  # "Hug-gingFace"; "state-of-the-art" is no such word
_HYPHENED = re.compile(r"\b([A-Za-z]+)-([a-z]+)\b")


class Paragraph(NamedTuple):
    text: str
    size: float = 0.0  # of its type; 0 where nobody knows
    is_cut: bool = False  # whether it fills its last line, which is the last of its column
    is_heading: bool = False


class Ordered(NamedTuple):
    """A text in its order."""

    title: str  # the main headline; "" where there is none
    body: HtmlElement  # <p> and <h2>, the credits at its end
    author: str  # who wrote it, and
    publisher: str  # where it comes from, as far as credits say so


# Plain text -> paragraphs -------------------------------------------------------------------------------------------


def paragraphs_of(text: str) -> list[Paragraph]:
    """The paragraphs of a plain text: its lines, or what they were before they were cut to a width."""
    spaced = is_spaced(text)
    found: list[list[str]] = []
    for is_text, block in groupby(text.splitlines(), lambda line: bool(line.strip())):
        lines = list(block)
        width = _full_from(lines) if is_text else 0
        for number, line in enumerate(lines if is_text else ()):
            is_full = number and width and _columns(lines[number - 1]) >= width
            if is_full and not re.match("\u3000|  |\t", line):  # an indent begins a paragraph
                found[-1].append(line.rstrip())
            else:
                found.append([line.strip()])
    return [Paragraph(join_pieces(lines, spaced)) for lines in found]


def _full_from(lines: Sequence[str]) -> int:
    """From how many columns on a line is full, so that the next goes on with it; 0 where each is a paragraph."""
    width = max(map(_columns, lines)) - 4
    full = sum(_columns(line) >= width for line in lines[:-1])
    return width if len(lines) > 2 and 16 <= width <= 120 and full >= len(lines) / 2 else 0


def _columns(line: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(char) in "WF") for char in line.rstrip())


# Paragraphs -> a text in its order ----------------------------------------------------------------------------------


def order(paragraphs: Iterable[Paragraph], title: str = "") -> Ordered:
    """Paragraphs, as they stand on the page, in their order. *title* is the main headline where it is known: its line
    leaves the text as one that is found does."""
    parts = [part._replace(text=text) for part in paragraphs if (text := " ".join(part.text.split()))]
    credits = [part.text for part in parts if is_credit(part.text)]
    parts = [part for part in parts if not is_credit(part.text)]
    spaced = is_spaced("\n".join(part.text for part in parts))
    parts = _with_headings(_joined(parts, _is_column_cut, spaced))
    main = _main(parts, title)
    parts = _joined(parts, _is_sentence_cut, spaced)
    words = set(re.findall("[A-Za-z]{4,}", "\n".join(part.text for part in parts)))
    body = Element("div")
    for part in parts:
        if part is not main:
            body.append(_element("h2" if part.is_heading else "p", _whole_words(part.text, words)))
    body.extend([_element("p", line) for line in credits])
    found = title or (_whole_words(main.text, words) if main else "")
    return Ordered(found, body, writer_of(credits), source_of(credits))


def _joined(
    parts: Iterable[Paragraph], goes_on: Callable[[list[Paragraph], Paragraph], bool], spaced: bool
) -> list[Paragraph]:
    groups: list[list[Paragraph]] = []
    for part in parts:
        if groups and goes_on(groups[-1], part):
            groups[-1].append(part)
        else:
            groups.append([part])
    return [
        group[-1]._replace(text=join_pieces([part.text for part in group], spaced)) if len(group) > 1 else group[0]
        for group in groups
    ]


def _is_column_cut(group: list[Paragraph], following: Paragraph) -> bool:
    return group[-1].is_cut and _is_open(group[-1], following)


def _is_sentence_cut(group: list[Paragraph], following: Paragraph) -> bool:
    part = group[-1]
    is_text = not (part.is_heading or following.is_heading) and (len(group) > 1 or len(part.text) > LONGEST)
    return is_text and _is_open(part, following)


def _is_open(part: Paragraph, following: Paragraph) -> bool:
    """Whether *part* ends within a sentence, and *following* is of the same type."""
    return SMALL * part.size <= following.size <= LARGE * part.size and not is_ended(part.text)


def _with_headings(parts: list[Paragraph]) -> list[Paragraph]:
    """*parts*, those that are headings marked. What stands at the end heads nothing."""
    usual = median([part.size for part in parts for _ in part.text] or [0.0])
    heads: list[bool] = []
    for is_short, run in groupby(enumerate(parts), lambda entry: _is_short(entry[1], usual, entry[0] == 0)):
        several = [part for _, part in run]
        heads += [is_short and (len(several) <= STACK or part.size > LARGE * usual) for part in several]
    while heads and heads[-1]:
        heads.pop()
    return [part._replace(is_heading=number < len(heads) and heads[number]) for number, part in enumerate(parts)]


def _is_short(part: Paragraph, usual: float, is_first: bool) -> bool:
    """Whether a paragraph is as short as a heading, and has no sentence's end."""
    is_large = part.size > LARGE * usual
    shortest, longest = (2 if is_large else SHORTEST), (LONGEST_LARGE if is_large or is_first else LONGEST)
    is_so = shortest <= len(part.text) <= longest and part.size >= SMALL * usual
    return is_so and not _NO_HEADING.search(part.text) and len(_LETTERS.findall(part.text)) > 1


def _main(parts: Sequence[Paragraph], title: str) -> Paragraph | None:
    """The main headline: the line that says *title*; or else the heading in the largest type; or, where all are alike,
    the first with no more than a lead above it."""
    if title:
        return next((part for part in parts if _same(part.text, title)), None)
    heads = [part for part in parts if part.is_heading and len(part.text) >= SHORTEST]
    if not heads:
        return None
    main = max(heads, key=lambda part: part.size)
    above = sum(not part.is_heading for part in parts[: next(n for n, part in enumerate(parts) if part is main)])
    return main if above <= LEAD or main.size > min(part.size for part in parts) * LARGE else None


def _same(line: str, title: str) -> bool:
    line, title = (re.sub(r"\s", "", to_full_width(words)) for words in (line, title))
    return line == title


def _whole_words(text: str, words: set[str]) -> str:
    """*text* without the hyphens of line ends that a reading left within it: in words that no hyphen can have, and in
    those that the text has without."""
    text = _CUT_WORD.sub("", text)
    return _HYPHENED.sub(lambda found: found[1] + found[2] if found[1] + found[2] in words else found[0], text)


def _element(tag: str, text: str) -> HtmlElement:
    element = Element(tag)
    element.text = text
    return element
