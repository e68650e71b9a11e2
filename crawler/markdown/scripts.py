"""Superscripts and subscripts: Markdown has none, and without them 10<sup>6</sup> would become 106."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crawler.markdown.tags import CODE_TAGS

if TYPE_CHECKING:
    from lxml.etree import _Element

_FORMS = {
    "sup": str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ"),
    "sub": str.maketrans("0123456789+-=()n", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₙ"),
}
_has_form = re.compile(r"[0-9+=()n\s-]*").fullmatch
_is_note = re.compile(
    r"\A\s*+(?:[\[［【〔][^\[\]［］【】〔〕]{0,20}[0-9０-９][^\[\]［］【】〔〕]{0,20}[\]］】〕]\s*+)++"
).fullmatch


def replace_scripts(body: _Element) -> None:
    """Replace the content of sup and sub in *body* by its Unicode form if each of its characters has one.

    Otherwise the element stays, and its rule writes `^(…)` or `_(…)`. The number of a note in brackets, a link, and a
    picture without text stay as they are.
    """
    for node in reversed(list(body.iter("sup", "sub"))):  # the inner ones first
        text = "".join(node.itertext())
        if _is_note(text) or any(link.get("href") for link in node.iter("a")):
            node.tag = "span"
        elif _has_form(text):
            form = _FORMS[str(node.tag)]
            for part in node.iter():
                part.text = part.text and part.text.translate(form)
                if part is not node:
                    part.tail = part.tail and part.tail.translate(form)
            node.tag = "span"
        elif next(node.iterancestors("pre", *CODE_TAGS), None) is not None:  # code becomes plain text
            node.text = ("^(" if node.tag == "sup" else "_(") + (node.text or "")
            node.tail = f"){node.tail or ''}"
            node.tag = "span"
