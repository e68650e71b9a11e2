"""A body's node -> marked Markdown, in one walk over the nodes as they are.

The text that markdownify would give, to the byte, without its cost: no second tree, no recursion, and no work that
grows faster than the body does. What it finds hard raises `Unsupported`, and is left to `crawler.markdown.fallback`.

The Markdown grows in one list of pieces. An open element knows at which piece its content starts; when it closes, its
rule puts its own Markdown in the content's place. Line breaks at the border of two pieces are not added up: the longer
run stays, and no more than two. (Behind a piece of line breaks alone there is no border: "" follows it.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from lxml import etree

from crawler.markdown.elements import ELEMENTS, PASSES, Element, element
from crawler.markdown.inline import ACTING, text_in_code, text_in_text
from crawler.markdown.lists import indent_hanging
from crawler.markdown.rules import BLANKS, CODE, LINE, PRE, UL, ConversionState, Headings, Unsupported, nothing

if TYPE_CHECKING:
    from lxml.etree import _Element

_COMMENTS: set[object] = {etree.Comment, etree.PI}
# As plain tuples, which are taken apart more quickly.
_ELEMENTS = cast("dict[object, Element]", {tag: tuple(known) for tag, known in ELEMENTS.items()})


def walk(body: _Element, headings: Headings) -> str:
    """The children of `body` as marked Markdown. Raises `Unsupported`.

    Before an element opens, those close that do not hold it; a leaf closes at once.
    """
    if element(body.tag).rule is nothing:
        return ""
    notes = ConversionState(body, headings)
    pieces: list[str] = []
    # The innermost open element: what it is, its first piece, what it tells the elements in it, the text behind it.
    # Then those around it.
    inner, known, start, context, behind = body, PASSES, 0, 0, ""
    outer: list[tuple[_Element, Element, int, int, str]] = []
    text = ""  # the last text: whether blanks go at its end is known when the next element opens or closes
    begins = False  # whether blanks go at the start of the next text

    heard = body.text or ""
    _, *nodes = body.iter()  # (all at once takes half the time)
    texts, tails = [node.text or "" for node in nodes], [node.tail or "" for node in nodes]
    words = "|".join([heard, *texts, *tails])
    acts = any(map(words.__contains__, ACTING))
    calm = not acts and _is_calm(words)  # then no text needs a look of its own
    parents = [*[node.getparent() for node in nodes], None]  # behind the last element all close, at last the body
    for node, content, tail, parent, following in zip(
        [*nodes, body], [*texts, ""], [*tails, ""], parents, [*parents[1:], None], strict=True
    ):
        while True:
            if heard:
                if text:  # a comment stood between them
                    _add(pieces, start, context, text)
                text = heard.lstrip(BLANKS) if begins else heard
                if not calm and text:
                    if acts or "  " in text or not text.isprintable() or context & CODE:
                        text = _ready(text, begins, context)
                    if begins and text.isspace():
                        text = ""
                begins = False
            if inner is parent:
                break
            # An element closes: its rule makes of its content what stands in its place.
            rule, trims, parts, _, _, ends = known
            if text:
                _add(pieces, start, context, text.rstrip() if trims else text)
                text = ""
            if inner is body:
                return indent_hanging("".join(pieces).strip("\n"))
            closed, first, heard, begins = inner, start, behind, parts
            inner, known, start, context, behind = outer.pop()
            if rule is None:
                _pass_on(pieces, first, start, context)
            elif ends != "" and not context & LINE:
                _block(pieces, first, start, ends)
            else:
                made = rule(closed, _taken(pieces, first), context, notes)
                _add(pieces, start, context, made)

        opened = _ELEMENTS.get(node.tag)
        if opened is None:
            if node.tag in _COMMENTS:
                heard = tail
                continue
            opened = element(node.tag)
        rule, trims, parts, marks, opens, ends = opened
        if text:
            _add(pieces, start, context, text.rstrip() if parts else text)
            text = ""
        if context & PRE and parts:
            raise Unsupported("a block in preformatted text")
        if opens:
            opens(node, context, notes)
        told = context
        if marks:
            told = context + UL if marks == UL else context | marks
        if following is node:
            outer.append((inner, known, start, context, behind))
            inner, known, start, context, behind = node, opened, len(pieces), told, tail
            heard, begins = content, trims
            continue
        if content:
            if trims:
                content = content.strip(BLANKS)
            if not calm and content and (acts or "  " in content or not content.isprintable() or told & CODE):
                content = _ready(content, trims, told)
            if trims:
                content = content.rstrip()
        heard, begins = tail, parts
        if ends != "" and not context & LINE and content[:1] != "\n":
            _append_block(pieces, start, content.strip(ends))
        elif rule is None:
            _add(pieces, start, context, content)
        else:
            _add(pieces, start, context, rule(node, content, context, notes))
    raise AssertionError("the body closes last")


def _is_calm(words: str) -> bool:
    """Whether texts of which none acts stand in Markdown as they are, in code as well."""
    words = words.replace("\n", " ")
    return "  " not in words and words.isprintable()


def _ready(text: str, begins: bool, context: int) -> str:
    """A text of the page as Markdown, without blanks at its start where it `begins` a block or stands behind one."""
    text = text_in_code(text, bool(context & PRE)) if context & CODE else text_in_text(text)
    if not text:
        raise Unsupported("a text of control characters")
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
    text = pieces[place]
    if text == "\n\n":
        return
    bare = text.rstrip("\n")
    pieces[place] = bare + "\n" * min(2, max(breaks, len(text) - len(bare)))


def _taken(pieces: list[str], start: int) -> str:
    """The pieces from `start` on as one, which are taken out."""
    if len(pieces) == start + 1:
        return pieces.pop()
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
