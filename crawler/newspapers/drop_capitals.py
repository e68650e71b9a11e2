"""Put drop capitals before the line that they begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from crawler.newspapers.lines import Line

LARGE = 1.6  # relative to the usual font size
MAX_LENGTH = 2  # characters
GAP = 1.5  # of the usual font size, to the text beside it
MAX_CAPITALS = 100  # of a page


def join_drop_capitals(lines: Sequence[Line]) -> list[Line]:
    """Return the pieces of the lines of a page, with each drop capital joined to the first line beside it.

    The lines beside a drop capital are not indented: they begin at its left edge.
    """
    if not lines:
        return []
    usual = median(line.size for line in lines for _ in line.text)
    result = list(lines)
    capitals = [line for line in lines if line.size >= LARGE * usual and len(line.text.strip()) <= MAX_LENGTH]
    for capital in capitals[:MAX_CAPITALS]:
        beside = [
            number
            for number, line in enumerate(result)
            if line is not capital and line.size < capital.size / 1.3
            and -0.3 * usual <= line.left - capital.right <= GAP * usual
            and capital.base - 0.3 * usual <= line.base <= capital.base + capital.size
        ]  # fmt: skip
        heights = sorted({round(result[number].base / (usual / 2)) for number in beside})
        if len(heights) < 2:
            continue
        first = max(beside, key=lambda number: result[number].base)
        for number in beside:
            line = result[number]
            text = capital.text.strip() + line.text if number == first else line.text
            result[number] = replace(line, text=text, left=capital.left)
        result = [line for line in result if line is not capital]
    return result
