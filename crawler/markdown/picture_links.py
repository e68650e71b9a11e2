"""Find and replace the addresses of the pictures in an article's Markdown. Pure functions.

An address is the text between the parentheses of `![…](…)`, as it is written. Reads the Markdown that this project
writes (`FORMAT.md`): a picture is on one line, and its address has no blanks and no parentheses. Code has no pictures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape

_FENCE = re.compile(r"\A[ >]*+(?:[*+-] ++|[0-9]{1,9}[.)] ++)*+[ >]*+(`{3,}+|~{3,}+)")
_CODE = re.compile(r"(?<![`\\])(`++)(?!`)(.+?)(?<!`)\1(?!`)")
_START = re.compile(r"(?<!\\)(?:\\\\)*+!\[")
_BRACKET = re.compile(r"\\.|[\[\]]")
# A semicolon is required in Markdown, in contrast to HTML: "&copy=2" is a parameter.
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]*+);")
_TARGET = re.compile(r"\(([^()\s<][^()\s]*+)(?:[ ]++\"(?:[^\"\\]|\\.)*+\")?[ ]*+\)")


def picture_addresses(markdown: str) -> list[str]:
    """Return the addresses of the pictures in *markdown*, in their order, each once."""
    return list(dict.fromkeys(address for line in _lines(markdown) for _, _, address in line))


def replace_addresses(markdown: str, new: Mapping[str, str]) -> str:
    """Return *markdown* with the address of each picture that is a key of *new* replaced by the value."""
    if not new or "![" not in markdown:
        return markdown

    def replaced(line: str, found: list[tuple[int, int, str]]) -> str:
        for start, end, address in reversed(found):
            line = f"{line[:start]}{new.get(address, address)}{line[end:]}"
        return line

    return "\n".join(replaced(line, found) for line, found in _with_pictures(markdown))


def picture_url(address: str) -> str:
    """Return the URL that *address* stands for: without character references; an address without a scheme is https."""
    url = _REFERENCE.sub(lambda found: unescape(found[0]), address).replace("\\|", "|")
    return f"https:{url}" if url.startswith("//") else url


def _lines(markdown: str) -> Iterator[list[tuple[int, int, str]]]:
    return (found for _, found in _with_pictures(markdown)) if "![" in markdown else iter(())


def _with_pictures(markdown: str) -> Iterator[tuple[str, list[tuple[int, int, str]]]]:
    """Yield each line with the start, the end and the text of each address in it."""
    fence = ""
    for line in markdown.split("\n"):
        found = _FENCE.match(line) if "`" in line or "~" in line else None
        if fence:
            if found and found[1].startswith(fence) and line.strip(" >`~") == "":
                fence = ""
            yield line, []
        elif found and not ("`" in found[1] and "`" in line[found.end() :]):  # otherwise it is inline code
            fence = found[1]
            yield line, []
        else:
            yield line, list(_in_line(line)) if "![" in line else []


def _in_line(line: str) -> Iterator[tuple[int, int, str]]:
    codes = [code.span() for code in _CODE.finditer(line)] if "`" in line else []
    closing = _closing_brackets(line, codes)
    position = 0
    while start := _START.search(line, position):
        position = start.end()
        label = closing.get(position - 1)  # missing for a bracket in code
        if label and (target := _TARGET.match(line, label)):
            yield target.start(1), target.end(1), target[1]
            position = target.end()


def _closing_brackets(line: str, codes: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Return the position after the bracket that closes it, for each "[" outside of *codes*, by its position."""
    closing: dict[int, int] = {}
    opened: list[int] = []
    code = iter([*codes, (len(line), len(line))])
    first, last = next(code)
    for bracket in _BRACKET.finditer(line):
        position = bracket.start()
        while position >= last and last < len(line):
            first, last = next(code)
        if first <= position < last or bracket[0][0] == "\\":
            continue
        if bracket[0] == "[":
            opened.append(position)
        elif opened:
            closing[opened.pop()] = position + 1
    return closing
