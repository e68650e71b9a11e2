"""Find pairs of marks in HTML that the parser does not return as elements: comments, and HTML in attributes.

A single pattern for such a pair would search the whole text again from each mark without a partner.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterator
from html import unescape

from crawler.text.clean import one_line

_CDATA = re.compile(r"<!\[CDATA\[(.*?)(\]\]>|\Z)", re.S)
_BREAK = re.compile(r"<br\s*+/?>", re.I)
_TAG = re.compile(r"<[^>]*+(>|\Z)")


def enclosed(html: str, opening: re.Pattern[str], closing: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Yield the name and the text between each match of *opening* and the next match of *closing* after it.

    If the patterns have a group, it is the name, which must be equal in both, except for upper and lower case. Without
    a group, the name is "". Marks inside a pair, and marks without a partner, are skipped. Takes linear time.
    """
    ends: dict[str, deque[re.Match[str]]] = defaultdict(deque)
    for end in closing.finditer(html):
        ends[_name(end)].append(end)
    position = 0
    for start in opening.finditer(html):
        candidates = ends.get(_name(start))
        while candidates and candidates[0].start() < start.end():  # later starts are further on
            candidates.popleft()
        if candidates and start.start() >= position:
            position = candidates[0].end()
            yield _name(start), html[start.end() : candidates[0].start()]


def _name(mark: re.Match[str]) -> str:
    return str(mark[1]).lower() if mark.re.groups else ""


def plain_text(html: str) -> str:
    """Return the text of a piece of HTML on one line, with a space for each `<br>`."""
    # A mark without an end matches up to the end of the text, and stays: it is not searched again.
    html = _CDATA.sub(lambda found: found[1] if found[2] else found[0], html)
    return one_line(unescape(_TAG.sub(lambda found: "" if found[1] else found[0], _BREAK.sub(" ", html))))
