"""HTML and SVG as trees: text goes in as it is and comes out escaped, so that nothing a page said can act."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from lxml import etree
from lxml.builder import E

from crawler.text.dates import BEIJING

Element = etree._Element
Inside = str | Element | None

# By state; each is told by its shape alone.
SIGNS = {"alarm": "M0 1h11l-5.5 10z", "watch": "M1 2h9l-4.5 8z", "none": "M2 6h7", "fine": "M1 6l3.5 4 6-8"}
# What no document may hold: most control characters, halves of characters, two that are none.
_IMPOSSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

# End tags that HTML lets be left out: a tenth of the file. Those of a text are escaped.
_NEEDLESS = re.compile("</(?:td|th|tr)>")


def el(tag: str, *inside: Inside, **attributes: str | int | None) -> Element:
    """An element. `class_` is the attribute class, `aria_label` is aria-label; what is None is left out."""
    named = {name.strip("_").replace("_", "-"): clean(str(v)) for name, v in attributes.items() if v is not None}
    return E(tag, named, *(clean(each) if isinstance(each, str) else each for each in inside if each is not None))


def clean(text: str) -> str:
    """*text* with a mark in the place of every character that cannot stand in a document."""
    return _IMPOSSIBLE.sub("\ufffd", text)


def document(root: Element) -> str:
    """The whole file."""
    whole = etree.tostring(root, method="html", encoding="unicode", doctype="<!doctype html>")
    return _NEEDLESS.sub("", whole) + "\n"


def cut(text: str, longest: int) -> str:
    """*text*, or its beginning where it is longer."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


# Words and small parts ------------------------------------------------------------------------------------------------


def sign(kind: str) -> Element:
    """The shape of a state."""
    return el("svg", el("path", d=SIGNS[kind]), class_=f"sign {kind}", viewBox="0 0 11 11", aria_hidden="true")


def table(caption: str, names: Sequence[str], rows: Iterable[Element], kind: str | None = None) -> Element:
    """A table with a head of these names over *rows*."""
    head = el("tr", *(el("th", name, scope="col") for name in names))
    return el("table", el("caption", caption), el("thead", head), el("tbody", *rows), class_=kind)


def number(value: float | None) -> Element:
    """A cell with a whole number; None is a dash."""
    return el("td", "–" if value is None else f"{value:,.0f}")


def moment(seconds: int, now: int, form: str = "") -> Element:
    """A time; the year is shown only when it is not this one."""
    time, this = (datetime.fromtimestamp(each, BEIJING) for each in (seconds, now))
    form = form or ("%m-%d %H:%M" if time.year == this.year else "%Y-%m-%d %H:%M")
    return el("time", time.strftime(form), datetime=time.isoformat(timespec="minutes"))


def ago(seconds: int) -> str:
    """A span in words: "5 minutes", "7 hours", "3 days"."""
    for size, unit in ((86400, "day"), (3600, "hour")):
        if seconds >= 2 * size:
            return many(seconds // size, unit)
    return many(max(seconds, 0) // 60, "minute")


def many(count: int, thing: str) -> str:
    """ "1 run", "2 runs"."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def with_code(text: str) -> list[Inside]:
    """Text with the words between `backticks` as code."""
    return [el("code", part) if i % 2 else part for i, part in enumerate(re.split("`", text))]
