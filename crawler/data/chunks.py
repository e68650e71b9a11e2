"""Cut an article into passages, for retrieval and for language models with short contexts. Pure functions.

Each character of the article's plain text, apart from the empty lines between blocks, is in exactly one passage. Only
the header row of a table is repeated, in each further passage of that table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from crawler.markdown.plain_text import Block, blocks

LEAST, MOST = 500, 1000  # characters of a passage; it is shorter if the article, or the block after it, requires that
LONGEST_HEADING = 80  # characters of a heading in `Chunk.heading`
_SEPARATOR = "\n\n"  # between blocks, as in `plain_text`
# A sentence with its end and the white space after it; a period only before white space ("3.5%").
_sentence = re.compile(r"(?:[^。！？!?\n.]|\.(?!\s))*+(?:[。！？!?\n.]++[”’」』）)》】\"']*+\s*+|\Z)").match
_pause = re.compile(r"[，；、,;：:\s](?=[^，；、,;：:\s]*\Z)").search  # the last one


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage of an article."""

    position: int  # number of the passage in its article, from 0
    heading: str  # the headings above its first paragraph: "一、行业 > 1. 概况"; "" without one
    text: str
    repeated: int = 0  # characters at the start of `text` that repeat the header row of a table


@dataclass(frozen=True, slots=True)
class _Part:
    """Text that stays together. *joint*: what precedes it if another part is before it in the passage."""

    text: str
    joint: str
    heading: str
    header: str = ""  # row to repeat: the part begins a passage, and continues a table
    begins_section: bool = False


def chunks(markdown: str) -> Iterator[Chunk]:
    """Yield the passages of an article's Markdown, in order: `LEAST` to `MOST` characters, if the blocks allow it."""
    position, text, heading, repeated = 0, "", "", 0
    for part in _parts(blocks(markdown)):
        is_full = len(text) + len(part.joint) + len(part.text) > MOST
        if text and (is_full or part.header or (part.begins_section and len(text) >= LEAST)):
            yield Chunk(position, heading, text, repeated)
            position, text = position + 1, ""
        if text:
            text += part.joint + part.text
            continue
        start = f"{part.header}\n" if part.header else ""
        text, heading, repeated = start + part.text, part.heading, len(start)
    if text:
        yield Chunk(position, heading, text, repeated)


def _parts(found: Iterable[Block]) -> Iterator[_Part]:
    """Yield the parts of the blocks. A heading is in one part with the start of the block after it."""
    path: list[tuple[int, str]] = []
    above: list[str] = []  # headings that no text follows yet
    for block in found:
        if block.level:
            path = [*(each for each in path if each[0] < block.level), (block.level, _short(block.text))]
        heading = " > ".join(text for _, text in path)
        if block.level and len(_SEPARATOR.join([*above, block.text])) <= MOST // 2:
            above.append(block.text)
            continue
        start, above = _SEPARATOR.join([*above, ""]), []
        for number, part in enumerate(_of_block(block, MOST - len(start), heading)):
            first = replace(part, text=start + part.text, joint=_SEPARATOR, begins_section=bool(start))
            yield part if number else first
    if above:
        heading = " > ".join(text for _, text in path)
        yield _Part(_SEPARATOR.join(above), _SEPARATOR, heading, begins_section=True)


def _of_block(block: Block, size: int, heading: str) -> Iterator[_Part]:
    """Yield the parts of a block; the first one has at most *size* characters, the others at most `MOST`."""
    if len(block.text) <= size:
        yield _Part(block.text, _SEPARATOR, heading)
    elif block.is_table:
        yield from _of_table(block, size, heading)
    else:
        yield from (_Part(sentence, "", heading) for sentence in _sentences(block.text, size))


def _of_table(block: Block, size: int, heading: str) -> Iterator[_Part]:
    """Yield the rows of a long table, as many as fit into a passage with the header row in each."""
    header = block.header if len(block.header) < MOST // 4 else ""
    rows, is_first = "", True
    for row in block.text.splitlines(keepends=True):
        room = size if is_first else MOST - len(header) - 1
        if rows and len(rows) + len(row) > room:
            yield _Part(rows, "", heading, "" if is_first else header)
            rows, is_first = "", False
            room = MOST - len(header) - 1
        if len(row) <= room:
            rows += row
            continue
        for piece in _sentences(row, room):  # a row with long cells
            yield _Part(piece, "", heading, "" if is_first else header)
            is_first = False
    if rows:
        yield _Part(rows, "", heading, "" if is_first else header)


def _sentences(text: str, size: int) -> Iterator[str]:
    """Yield *text* cut after sentences; a longer one is cut after a comma, or else anywhere.

    The first piece has at most *size* characters, the others at most `MOST`.
    """
    position = 0
    while position < len(text):
        found = _sentence(text, position)
        end = found.end() if found and found.end() > position else len(text)
        if end - position > size:
            pause = _pause(text[position : position + size])
            end = position + (pause.end() if pause and pause.end() > size // 2 else size)
        yield text[position:end]
        position, size = end, MOST


def _short(heading: str) -> str:
    line = " ".join(heading.split())
    return line if len(line) <= LONGEST_HEADING else f"{line[: LONGEST_HEADING - 1]}…"
