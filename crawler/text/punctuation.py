"""Half-width punctuation beside Chinese characters made full-width, as it is printed. Pure.

OCR gives `,` for `，` and so on, each character alone, where 。、《》 stay full-width (so it is not Unicode's NFKC,
which would also take … apart).
"""

from __future__ import annotations

import re

from lxml.etree import iterwalk
from lxml.html import HtmlElement

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # for a pattern's set

_FORMS = dict(zip(",?:()%", "，？：（）％", strict=True))
_QUOTES = ("“", "”", "‘", "’", '"')
_FORM = re.compile("[,?:()%\n]")
_CHARACTER = re.compile(f"[{HAN}]")
_CHINESE = re.compile(f"[{HAN}\u3001-\u3020\uff00-\uffef]")  # punctuation, too
_BLOCKS = {"p", "div", "li", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "br", "figcaption", "pre"}


def to_full_width(text: str) -> str:
    """*text* with its half-width `, ? : ( ) %` full-width where a Chinese character stands beside them (quotation
    marks are looked through, and brackets go in pairs). Its length stays."""
    wide: set[int] = set()
    open_: list[int] = []
    for found in _FORM.finditer(text):
        place = found.start()
        if text[place] == "\n":
            open_.clear()
        elif _is_beside_chinese(text, place):
            wide.add(place)
        if text[place] == "(":
            open_.append(place)
        elif text[place] == ")" and open_:
            other = open_.pop()
            wide |= {other, place} if wide & {other, place} else set()
    return "".join(_FORMS[char] if place in wide else char for place, char in enumerate(text)) if wide else text


def _is_beside_chinese(text: str, place: int) -> bool:
    before, after = place - 1, place + 1
    before -= text[before : before + 1] in _QUOTES
    after += text[after : after + 1] in _QUOTES
    chinese = _CHARACTER if text[place] == "%" else _CHINESE  # before punctuation % is its number's
    return any(0 <= side < len(text) and chinese.match(text[side]) for side in (before, after))


def widen_body(body: HtmlElement) -> None:
    """Do the same with all text in *body*, across its inline elements."""
    slots: list[tuple[HtmlElement | None, str, str]] = []
    for event, node in iterwalk(body, events=("start", "end")):
        name = "text" if event == "start" else "tail"
        if node.tag in _BLOCKS:
            slots.append((None, "", "\n"))
        if isinstance(node.tag, str) and (node is not body or name == "text"):
            slots.append((node, name, getattr(node, name) or ""))
    text, place = to_full_width("".join(value for *_, value in slots)), 0
    for slot, name, value in slots:
        if slot is not None and value:
            setattr(slot, name, text[place : place + len(value)])
        place += len(value)
