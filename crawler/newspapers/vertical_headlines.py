"""Join the characters of vertical headlines: large characters, one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from crawler.newspapers.lines import Line

LARGE = 1.3  # relative to the usual font size
MIN_CHARACTERS, MAX_CHARACTERS = 3, 30
SHIFT, MAX_STEP = 0.3, 1.8  # font sizes: horizontal difference, and distance of two characters
MAX_CANDIDATES = 300  # large characters of a page; further ones are not joined


def take_vertical_headlines(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """Return the other pieces of lines of a page, and the vertical headlines, from right to left.

    `base` and `bottom` of a headline are those of its first and last character.
    """
    usual = median([line.size for line in lines for _ in line.text] or [0.0])
    single = [
        line for line in lines if len(line.text.strip()) == 1 and not line.text.isascii() and line.size > LARGE * usual
    ]
    stacks: list[list[Line]] = []
    for line in sorted(single[:MAX_CANDIDATES], key=lambda line: -line.base):
        stack = next((stack for stack in stacks if _is_below(stack[-1], line)), None)
        if stack is None or len(stack) == MAX_CHARACTERS:
            stacks.append([line])
        else:
            stack.append(line)
    stacks = [stack for stack in stacks if len(stack) >= MIN_CHARACTERS]
    taken = {id(line) for stack in stacks for line in stack}
    headlines = [
        Line("".join(line.text.strip() for line in stack), stack[0].left, stack[0].right, stack[0].base, stack[0].size,
             bottom=stack[-1].base)
        for stack in stacks
    ]  # fmt: skip
    return [line for line in lines if id(line) not in taken], sorted(headlines, key=lambda line: -line.left)


def _is_below(above: Line, line: Line) -> bool:
    is_near = 0.8 * line.size <= above.base - line.base <= MAX_STEP * line.size
    return is_near and abs(above.left - line.left) <= SHIFT * line.size and 0.9 <= above.size / line.size <= 1.1


def insert_headlines(columns: Sequence[list[Line]], headlines: Sequence[Line]) -> list[list[Line]]:
    """Return *columns* with each vertical headline as a column before the first one beside it."""
    result = list(columns)
    for headline in headlines:
        place = next(
            (
                number
                for number, column in enumerate(result)
                if column[0].base > headline.bottom and column[-1].end < headline.base + headline.size
            ),
            len(result),
        )
        result.insert(place, [headline])
    return result
