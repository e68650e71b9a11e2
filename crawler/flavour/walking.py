"""A body's node -> marked Markdown, in one walk over the nodes as they are.

The text that markdownify would give, to the byte, without its cost: no second tree, no recursion, and no work that
grows faster than the body does. What it finds hard raises `Unhandled`, and is left to `crawler.flavour.authority`.

The Markdown grows in one list of pieces. An open element knows at which piece its content starts; when it closes, its
rule puts its own Markdown in the content's place. Line breaks at the border of two pieces are not added up: the longer
run stays, and no more than two. (Behind a piece of line breaks alone there is no border: "" follows it.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from lxml import etree

from crawler.flavour.elements import ELEMENTS, PASSES, Element, element
from crawler.flavour.lists import moved_in
from crawler.flavour.rules import (
    BLANKS,
    CODE,
    LINE,
    PRE,
    UL,
    Headings,
    Notes,
    Rule,
    Unhandled,
    division,
    nothing,
    paragraph,
)
from crawler.flavour.wording import ordinary, text_in_code, text_in_text

if TYPE_CHECKING:
    from lxml.etree import _Element

# As plain tuples, which are taken apart more quickly.
_ELEMENTS = cast("dict[object, Element]", {tag: tuple(known) for tag, known in ELEMENTS.items()})
_COMMENTS: set[object] = {etree.Comment, etree.PI}
_STRIPPED: dict[Rule, str | None] = {paragraph: BLANKS, division: None}  # what goes at the ends of a plain block


def walk(body: _Element, headings: Headings) -> str:
    """The children of `body` as marked Markdown. Raises `Unhandled`.

    Each step opens the next element or closes the innermost one; a leaf does both at once.
    """
    if element(body.tag).rule is nothing:
        return ""
    notes = Notes(body, headings)
    pieces: list[str] = []
    # The innermost open element: what it is, its first piece, what it tells the elements in it. Then those around it.
    inner, known, start, context = body, PASSES, 0, 0
    outer: list[tuple[_Element, Element, int, int]] = []
    text = ""  # the last text: whether blanks go at its end is known when the next element opens or closes
    begins = False  # whether blanks go at the start of the next text

    nodes = body.iter()
    heard, following = next(nodes).text, next(nodes, None)
    parent = body if following is not None else None
    while True:
        if heard:
            if text:  # a comment stood between them
                _add(pieces, start, context, text)
            text = heard.lstrip(BLANKS) if begins else heard
            if text and (not ordinary(text) or "  " in text or context & CODE):
                text = _ready(text, begins, context)
            if begins and text.isspace():
                text = ""
            begins = False

        if following is not None and inner is parent:
            node, following = following, next(nodes, None)
            parent = None if following is None else following.getparent()
            tag = node.tag
            if tag in _COMMENTS:
                heard = node.tail
                continue
            opened = _ELEMENTS.get(tag) or element(tag)
            rule, trims, parts, marks, opens = opened
            if text:
                _add(pieces, start, context, text.rstrip() if parts else text)
                text = ""
            if context and parts and context & PRE:
                raise Unhandled("a block in preformatted text")
            if opens:
                opens(node, context, notes)
            first = len(pieces)
            told = context
            if marks:
                told = context + UL if marks == UL else context | marks
            if parent is node:
                outer.append((inner, known, start, context))
                inner, known, start, context = node, opened, first, told
                heard, begins = node.text, trims
                continue
            content = node.text
            if content:
                if trims:
                    content = content.strip(BLANKS)
                if content and (not ordinary(content) or "  " in content or told & CODE):
                    content = _ready(content, trims, told)
                if trims:
                    content = content.rstrip()
                if content and rule in _STRIPPED and content[0] != "\n" and not context & LINE:
                    _append_block(pieces, start, content.strip(_STRIPPED[rule]))
                    heard, begins = node.tail, parts
                    continue
                if content[:1] == "\n":
                    _add(pieces, first, told, content)
                elif content:
                    pieces.append(content)
        else:
            rule, trims, parts, _, _ = known
            if text:
                _add(pieces, start, context, text.rstrip() if trims else text)
                text = ""
            if inner is body:
                return moved_in("".join(pieces).strip("\n"))
            node, first = inner, start
            inner, known, start, context = outer.pop()

        # The element closes: its rule makes of its content what stands in its place.
        if rule is None:
            _pass_on(pieces, first, start, context)
        elif rule in _STRIPPED and not context & LINE:
            _block(pieces, first, start, _STRIPPED[rule])
        else:
            content = pieces.pop() if len(pieces) == first + 1 else _taken(pieces, first)
            made = rule(node, content, context, notes)
            if made[:1] == "\n":
                _add(pieces, start, context, made)
            elif made:
                pieces.append(made)
        heard, begins = node.tail, parts


def _ready(text: str, begins: bool, context: int) -> str:
    """A text of the page as Markdown, without blanks at its start where it `begins` a block or stands behind one."""
    text = text_in_code(text, bool(context & PRE)) if context & CODE else text_in_text(text)
    if not text:
        raise Unhandled("a text of control characters")
    return text.lstrip(BLANKS) if begins else text


def _add(pieces: list[str], start: int, context: int, text: str) -> None:
    """One more piece for the element that begins at `start`."""
    if text[:1] != "\n" or context & PRE:
        if text:
            pieces.append(text)
        return
    rest = text.lstrip("\n")
    if len(pieces) > start and pieces[-1][-1:] == "\n":
        _end(pieces, len(pieces) - 1, len(text) - len(rest))
        pieces.append(rest)
    else:
        pieces.append(text)
        if not rest:
            pieces.append("")


def _end(pieces: list[str], place: int, breaks: int) -> None:
    """Let the line breaks in which a piece ends go together with so many that follow."""
    text = pieces[place].rstrip("\n")
    pieces[place] = text + "\n" * min(2, max(breaks, len(pieces[place]) - len(text)))


def _taken(pieces: list[str], start: int) -> str:
    """The pieces from `start` on as one, which are taken out."""
    text = "".join(pieces[start:])
    del pieces[start:]
    return text


def _pass_on(pieces: list[str], start: int, outer: int, context: int) -> None:
    """Let the pieces from `start` on, those of an element without a rule, be its parent's, which begin at `outer`."""
    if len(pieces) == start or context & PRE:
        return
    if not pieces[-1] or (start > outer and pieces[start][0] == "\n" and pieces[start - 1][-1:] == "\n"):
        _add(pieces, outer, context, _taken(pieces, start))


def _block(pieces: list[str], start: int, outer: int, blanks: str | None) -> None:
    """Make a plain block of the pieces from `start` on: what its rule says, but without joining them, which would
    take quadratic time where blocks stand in each other."""
    while len(pieces) > start:
        last = pieces[-1].rstrip(blanks)
        if last:
            pieces[-1] = last
            break
        pieces.pop()
    else:
        return
    while not (first := pieces[start].lstrip(blanks)):
        del pieces[start]
    pieces[start] = _apart(pieces, start, outer, first)
    pieces.append("\n\n")


def _append_block(pieces: list[str], outer: int, text: str) -> None:
    """A plain block that is one text."""
    if text:
        pieces += (_apart(pieces, len(pieces), outer, text), "\n\n")


def _apart(pieces: list[str], place: int, outer: int, text: str) -> str:
    """A block's first text as it stands at `place`, an empty line behind what is before it in its parent."""
    before = pieces[place - 1] if place > outer else ""
    if before[-1:] != "\n":
        return "\n\n" + text
    if before != "\n\n":
        _end(pieces, place - 1, 2)
    return text
