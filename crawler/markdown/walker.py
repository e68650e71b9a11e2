"""Convert the nodes of a simplified body to marked Markdown, in one pass and without recursion.

The result is identical to that of markdownify, but the walker needs no second tree, works at any nesting depth, and its
time is linear in the size of the body. It raises `Unsupported` for content that only `markdownify_fallback` converts.

Algorithm: The walker visits the nodes in document order and appends Markdown to one list of strings, `pieces`. Open
elements are on a stack. For each one, the stack stores the index of the first piece of its content. When an element
closes, its rule gets the pieces from this index on, joined, and its result replaces them as one piece. Two kinds of
elements leave the pieces in the list: those without a rule, and plain blocks, which only strip the ends.

Line breaks at the border of two pieces are merged, not added: the longer run stays, with at most two line breaks. An
element that gives only line breaks is followed by an empty piece, which keeps them separate from later line breaks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from lxml import etree

from crawler.markdown.elements import ELEMENTS, TRANSPARENT, Element, element
from crawler.markdown.inline import MARKED, text_in_code, text_in_text
from crawler.markdown.lists import indent_hanging
from crawler.markdown.rules import BLANKS, CODE, ONE_LINE, PREFORMATTED, ConversionState, Headings, Unsupported, nothing

if TYPE_CHECKING:
    from lxml.etree import _Element

_COMMENTS: set[object] = {etree.Comment, etree.PI}
# Plain tuples: they unpack faster than named tuples.
_ELEMENTS = cast("dict[object, Element]", {tag: tuple(known) for tag, known in ELEMENTS.items()})


def walk(body: _Element, headings: Headings) -> str:
    """Return the children of *body* as marked Markdown. Raises `Unsupported`.

    Before an element opens, all open elements close that do not contain it. An element without children closes at once.
    """
    if element(body.tag).rule is nothing:
        return ""
    state = ConversionState(body, headings)
    pieces: list[str] = []
    # The innermost open element: its node, its `Element`, the index of its first piece, the context flags of its
    # content, and its tail. The stack has the same values of the elements around it.
    current, current_element, start, context, current_tail = body, TRANSPARENT, 0, 0, ""
    stack: list[tuple[_Element, Element, int, int, str]] = []
    text = ""  # the last text; the next element decides whether white space at its end is removed
    strips_start = False  # whether white space at the start of the next text is removed

    next_text = body.text or ""
    _, *nodes = body.iter()  # unpacking takes half the time of a loop
    texts, tails = [node.text or "" for node in nodes], [node.tail or "" for node in nodes]
    all_text = "x".join([next_text, *texts, *tails])  # with a separator that has no meaning
    has_marked = any(map(all_text.__contains__, MARKED))
    is_plain = not has_marked and _is_plain(all_text)  # then single texts need no check
    parents = [*[node.getparent() for node in nodes], None]  # None: after the last node all elements close
    for node, content, tail, parent, next_parent in zip(
        [*nodes, body], [*texts, ""], [*tails, ""], parents, [*parents[1:], None], strict=True
    ):
        while True:
            if next_text:
                if text:  # a comment separates the two texts
                    _add(pieces, start, context, text)
                text = next_text.lstrip(BLANKS) if strips_start else next_text
                if not is_plain and text:
                    if has_marked or "  " in text or not text.isprintable() or context & CODE:
                        text = _convert_text(text, strips_start, context)
                    if strips_start and text.isspace():
                        text = ""
                strips_start = False
            if current is parent:
                break
            # Close the current element.
            rule, strips_inside, strips_outside, _, _, block_strip = current_element
            if text:
                _add(pieces, start, context, text.rstrip() if strips_inside else text)
                text = ""
            if current is body:
                return indent_hanging("".join(pieces).strip("\n"))
            closed, first, next_text, strips_start = current, start, current_tail, strips_outside
            current, current_element, start, context, current_tail = stack.pop()
            if rule is None:
                _merge_into_parent(pieces, first, start, context)
            elif block_strip != "" and not context & ONE_LINE:
                _close_block(pieces, first, start, block_strip)
            else:
                markdown = rule(closed, _pop_from(pieces, first), context, state)
                _add(pieces, start, context, markdown)

        opened = _ELEMENTS.get(node.tag)
        if opened is None:
            if node.tag in _COMMENTS:
                next_text = tail
                continue
            opened = element(node.tag)
        rule, strips_inside, strips_outside, flags, on_open, block_strip = opened
        if text:
            _add(pieces, start, context, text.rstrip() if strips_outside else text)
            text = ""
        if context & PREFORMATTED and strips_outside:
            raise Unsupported("a block in preformatted text")
        if on_open:
            on_open(node, context, state)
        content_context = context | flags
        if next_parent is node:
            stack.append((current, current_element, start, context, current_tail))
            current, current_element, start, context, current_tail = node, opened, len(pieces), content_context, tail
            next_text, strips_start = content, strips_inside
            continue
        # The element has no children: convert it without the stack.
        if content:
            if strips_inside:
                content = content.strip(BLANKS)
            if (
                not is_plain
                and content
                and (has_marked or "  " in content or not content.isprintable() or content_context & CODE)
            ):
                content = _convert_text(content, strips_inside, content_context)
            if strips_inside:
                content = content.rstrip()
        next_text, strips_start = tail, strips_outside
        if block_strip != "" and not context & ONE_LINE and content[:1] != "\n":
            _append_block(pieces, start, content.strip(block_strip))
        elif rule is None:
            _add(pieces, start, context, content)
        else:
            _add(pieces, start, context, rule(node, content, context, state))
    raise AssertionError("the loop returns when the body closes")


def _is_plain(all_text: str) -> bool:
    """Return whether texts without marked characters need no change in Markdown and in code."""
    all_text = all_text.replace("\n", " ")
    return "  " not in all_text and all_text.isprintable()


def _convert_text(text: str, strips_start: bool, context: int) -> str:
    """Return a text of the page as marked Markdown. *strips_start* removes white space at its start."""
    text = text_in_code(text, bool(context & PREFORMATTED)) if context & CODE else text_in_text(text)
    if not text:
        raise Unsupported("a text of control characters")
    return text.lstrip(BLANKS) if strips_start else text


def _add(pieces: list[str], start: int, context: int, text: str) -> None:
    """Append *text* to the pieces of the element that begins at *start*, and merge line breaks at the border."""
    if text[:1] != "\n" or context & PREFORMATTED:
        if text:
            pieces.append(text)
        return
    rest = text.lstrip("\n")
    if len(pieces) > start and pieces[-1][-1:] == "\n":
        _merge_line_breaks(pieces, len(pieces) - 1, len(text) - len(rest))
        pieces.append(rest)
    else:
        pieces.append(text)
        if not rest:
            pieces.append("")


def _merge_line_breaks(pieces: list[str], index: int, following: int) -> None:
    """Set the number of line breaks at the end of a piece to the larger of it and *following*, at most two."""
    text = pieces[index]
    if text == "\n\n":
        return
    bare = text.rstrip("\n")
    pieces[index] = bare + "\n" * min(2, max(following, len(text) - len(bare)))


def _pop_from(pieces: list[str], start: int) -> str:
    """Remove the pieces from *start* on and return them joined."""
    if len(pieces) == start + 1:
        return pieces.pop()
    text = "".join(pieces[start:])
    del pieces[start:]
    return text


def _merge_into_parent(pieces: list[str], start: int, parent_start: int, context: int) -> None:
    """Close an element without a rule: its pieces from *start* on become pieces of its parent."""
    if len(pieces) == start or context & PREFORMATTED:
        return
    if not pieces[-1] or (start > parent_start and pieces[start][0] == "\n" and pieces[start - 1][-1:] == "\n"):
        _add(pieces, parent_start, context, _pop_from(pieces, start))


def _close_block(pieces: list[str], start: int, parent_start: int, strip: str | None) -> None:
    """Close a plain block: strip the ends of its pieces from *start* on, and add empty lines around them.

    The result is that of its rule. Joining the pieces would take quadratic time for nested blocks.
    """
    while len(pieces) > start:
        last = pieces[-1].rstrip(strip)
        if last:
            pieces[-1] = last
            break
        pieces.pop()
    else:
        _add(pieces, parent_start, 0, "\n\n")
        return
    begin = start
    while not (first := pieces[begin].lstrip(strip)):
        begin += 1
    del pieces[start:begin]
    pieces[start] = _after_empty_line(pieces, start, parent_start, first)
    pieces.append("\n\n")


def _append_block(pieces: list[str], parent_start: int, text: str) -> None:
    """Append a plain block that consists of one text."""
    if text:
        pieces += (_after_empty_line(pieces, len(pieces), parent_start, text), "\n\n")
    else:
        _add(pieces, parent_start, 0, "\n\n")


def _after_empty_line(pieces: list[str], index: int, parent_start: int, text: str) -> str:
    """Return *text*, the first piece of a block at *index*, with the line breaks that an empty line before it needs."""
    before = pieces[index - 1] if index > parent_start else ""
    if before[-1:] != "\n":
        return "\n\n" + text
    if before != "\n\n":
        _merge_line_breaks(pieces, index - 1, 2)
    return text
