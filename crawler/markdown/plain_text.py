"""The plain text of an article's Markdown, for search, language models and statistics. Pure functions.

Reads the Markdown that this project writes (`FORMAT.md`), not any Markdown: emphasis beside Chinese punctuation, which
CommonMark does not recognize, is removed, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

_FENCE = re.compile(r"\A[ >]*+(`{3,}+|~{3,}+)")
_UNDERLINE = re.compile(r"\A[ >]*+(=++|-++)[ ]*+")
_RULE = re.compile(r"\A[ >]*+-{3,}+[ ]*+")
_HEADING = re.compile(r"\A[ >]*(#{1,6}) +(?=\S)")
_CLOSING = re.compile(r"(?<=[^ ]) +#++ *\Z")
_PREFIX = re.compile(r"\A(?:[ >]*+(?:[*+-] +(?=\S))?)*+")
_TABLE_RULE = re.compile(r"\A[ >]*+\|(?: *+:?-{3,}+:? *+\|)++ *+")
_CELL = re.compile(r"(?<!\\)\|")
_CODE = re.compile(r"(?<![`\\])(`++)(?!`)(.+?)(?<!`)\1(?!`)")
_IMAGE = re.compile(r"(?<!\\)!\[((?:[^\[\]\\]|\\.|\[[^\[\]]*+\])*+)\]\([^()\s]*+(?: \"(?:[^\"\\]|\\.)*+\")?\)")
_LINK = re.compile(r"(?<!\\)\[((?:[^\[\]\\]|\\.|\[[^\[\]]*+\])*+)\]\([^()\s]*+(?: \"(?:[^\"\\]|\\.)*+\")?\)")
_AUTOLINK = re.compile(r"<((?:https?|mailto):[^<>\s]++)>")
_EMPHASIS = re.compile(r"(?<!\\)(?:\*{1,3}|~~)")
_BACKSLASH = re.compile(r"\\([!-/:-@\[-`{-~])")
_SPACES = re.compile(r"[ \t]+")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, table or code block of an article, as plain text."""

    text: str  # lines without markup; the cells of a table are separated by tabs
    level: int = 0  # of a heading, 1 to 6; 0 for other blocks
    is_table: bool = False
    header: str = ""  # first line of a table, if that is its header


def plain_text(markdown: str) -> str:
    """Return *markdown* without markup: blocks separated by an empty line. Of pictures, the alternative text stays."""
    return "\n\n".join(block.text for block in blocks(markdown))


def blocks(markdown: str) -> Iterator[Block]:
    """Yield the blocks of *markdown* that have text, in order."""
    lines: list[str] = []
    fence = ""
    for line in [*markdown.split("\n"), ""]:
        found = _FENCE.match(line)
        if fence:
            if found and found[1].startswith(fence) and line.strip(" >`~") == "":
                yield from _block(lines, 0, is_code=True)
                lines, fence = [], ""
            else:
                lines.append(line)
            continue
        if found:
            yield from _block(lines, 0)
            lines, fence = [], found[1]
        elif not line.strip(" >"):
            yield from _block(lines, 0)
            lines = []
        elif lines and (underline := _UNDERLINE.fullmatch(line)) and not _is_table(lines):
            yield from _block(lines[:-1], 0)
            yield from _block(lines[-1:], 1 if underline[1][0] == "=" else 2)
            lines = []
        elif heading := _HEADING.match(line):
            yield from _block(lines, 0)
            yield from _block([_CLOSING.sub("", line[heading.end() :])], len(heading[1]))
            lines = []
        elif not _RULE.fullmatch(line):
            lines.append(line)
    yield from _block(lines, 0, is_code=bool(fence))


def without_targets(markdown: str) -> str:
    """Return *markdown* with the texts of links and pictures instead of the links and pictures."""
    return _LINK.sub(r"\1", _IMAGE.sub(r"\1", markdown)) if "](" in markdown else markdown


def _is_table(lines: list[str]) -> bool:
    return _PREFIX.sub("", lines[-1]).startswith("|")


def _block(lines: list[str], level: int, is_code: bool = False) -> Iterator[Block]:
    rules = [] if is_code else [number for number, line in enumerate(lines) if _TABLE_RULE.fullmatch(line)]
    texts = lines if is_code else [_line(line) for number, line in enumerate(lines) if number not in rules]
    text = "\n".join(text for text in texts if is_code or text).strip("\n")
    if text.strip():
        header = _line(lines[0]) if rules[:1] == [1] else ""
        yield Block(text, level, bool(rules), header if text.startswith(f"{header}\n") else "")


def _line(line: str) -> str:
    line = _PREFIX.sub("", line).strip()
    if line.startswith("|") and line.endswith("|") and len(line) > 1:
        cells = (_inline(cell.strip()) for cell in _CELL.split(line[1:-1]))
        return "\t".join(cells).rstrip("\t")
    return _inline(line)


def _inline(text: str) -> str:
    """Return the text of a line. Code keeps its characters."""
    if "`" not in text:
        return _spaced(_marked(text))
    parts, end = [], 0
    for code in _CODE.finditer(text):
        parts += [_marked(text[end : code.start()]), code[2].strip()]
        end = code.end()
    return _spaced("".join([*parts, _marked(text[end:])]))


def _spaced(text: str) -> str:
    return (_SPACES.sub(" ", text) if "  " in text or "\t" in text else text).strip()


def _marked(text: str) -> str:
    text = without_targets(text)
    # Most lines have no markup: to search for a character takes a tenth of the time of a pattern.
    if "<" in text:
        text = _AUTOLINK.sub(r"\1", text)
    if "*" in text or "~" in text:
        text = _EMPHASIS.sub("", text)
    return unescape(_BACKSLASH.sub(r"\1", text)) if "\\" in text or "&" in text else text
