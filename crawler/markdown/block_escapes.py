"""Escapes that depend on a whole block of the finished Markdown: two "~" or backquotes that would pair, definitions.

A block is a paragraph, a heading, a list item or a table cell. Two "~" strike out the text between them only within one
block, and two runs of backquotes make code only within one block: a single one stays as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from crawler.markdown.marks import STRIKE, SUBSCRIPT, URL_START

_BLOCK_MARK = re.compile("[\x04-\x06\x80-\x8a]")
_MARKERS = r"(?:[ >]|[*+-] |[0-9]{1,9}[.)] )*+"  # of quotes, list items and lines at the start of a line
_LINE_MARKERS = re.compile(_MARKERS)
# A line that starts a block without an empty line before it: an item, a heading, or the row of a table.
# An item without text does not start one.
_OPENING = re.compile(
    rf"\A[ >]*+(?:(?P<line>#{{1,6}} |(?:{_MARKERS})\|)|(?:[*+-]|(?P<number>[0-9]{{1,9}})[.)]) ++(?=[^ ]))"
)
_FENCE = re.compile(rf"^({_MARKERS})([\x04\x05\x89])(?=\2\2)", re.MULTILINE)
# A link definition, whose label has no brackets. A line break may precede the URL; after it, only a title may follow.
_DEFINITION = re.compile(
    rf"\A({_MARKERS})\x83(?=\s*+[^\x83\x06\s][^\x83\x06]{{0,999}}+\x06:[ \t]*+(?:\n[ \t>]*+)?"
    r"(?:[\x01<]|[^ \t\n\x01<][^ \t\n]*+[ \t]*+(?:$|[\"'(])))",
    re.MULTILINE,
)
_FOOTNOTE = re.compile(rf"^({_MARKERS})\x83(?=\^[^\x83\x06\n]{{1,999}}+\x06:)", re.MULTILINE)
_ITEM = r"^([ >]*+(?:(?:[*+-]|[0-9]{1,9}[.)]) [ >]*+)++(?:#{1,6} )?+)"
# cmark-gfm also reads a check box after a number and one other character: `9甲 [x] `.
_CHECKBOX = re.compile(rf"(?:{_ITEM}|^([ >]*+[0-9]+[^\n]?[ \t]+))\x83(?=[ xX]\x06)", re.MULTILINE)
_LINKED_X = re.compile(rf"{_ITEM}\[([xX]){URL_START}(?=\])", re.MULTILINE)  # Hugo reads a check box in it
_LABEL_START = re.compile(r"[\[\x83]")
# After "]": the rest of a link or link definition whose URL has a scheme other than http, https and mailto.
UNSAFE_LINK = r"(?=[(:][\s>]*(?!(?i:https?|mailto)\x07?:)[a-zA-Z][a-zA-Z0-9+.-]*\x07?:)"
_BLANKS = r"[ \t]*+(?:\n[ \t>]*+)*+"  # also over the start of the next line of a quote
# A "]" before "(" in text: a link or an image follows that would be read as part of a URL, or both form a link.
_LABEL_END = re.compile(
    rf"\x06(?P<unsafe>{UNSAFE_LINK})?+(?=\("
    r"(?:[^ \t\n\[<\x06]{0,500}+[\[<\x06]"  # up to the next "]": no part is searched again for each of them
    rf"|{_BLANKS}(?:\x01[^\n\x06]{{0,500}}|[^ \t\n)\x06]{{0,1000}}+(?:(?=[ \t\n]){_BLANKS}[\"'(][^\n\x06]{{0,500}})?)"
    rf"{_BLANKS}[)\x06]))"
)
_TILDE = f"\x05{STRIKE}"
_TILDES = re.compile(f"[{_TILDE}]+")
_BACKQUOTES = re.compile("\x04+|`+")
# A URL in text. A mark is part of it if it stands for a character of URLs; "&" of the page is a mark, too.
_URL_SET = (
    r"(?:[#-%'(),\-./0-9:;=?@A-Z^a-z{}+\x05\x80\x81\x83\x84]|\x02(?!#?[A-Za-z0-9]{1,32};)"
    rf"|\x06(?!{UNSAFE_LINK}))++"
)
_ADDRESS = re.compile(rf"(?P<scheme>(?i:https?|ftp):{URL_START}//){_URL_SET}|www{URL_START}\.{_URL_SET}")
_SENTENCE_END = ".,;:?'()\x05\x06\x80\x81\x82\x83\x84"  # not part of a URL that ends with it
_RISKY = re.compile(r"(?<![^\W_])\x81|\x81(?![^\W_])")  # an underscore that is not inside a word
# Markup in the same word, or a very long word.
_TOUCHES_MARKUP = re.compile(r"[^ \t\n<&*`\[\]!|\\\x00-\x1f\x80-\x89\x8b-\x9f]{0,500}+(?![ \t\n<]|$)")
_URL_CHARACTERS = str.maketrans({"\x05": "~", "\x80": "*", "\x81": "_", "\x83": "[", "\x84": "!", URL_START: ""})
_IN_DESTINATION = _URL_CHARACTERS | {ord("("): "%28", ord(")"): "%29"}
_LINK_START, _LINK_END = "\x8b", "\x8c"  # of a link that is written for a URL
_LINK_EDGE = re.compile(
    rf"(?<![*{STRIKE}])(?P<opening>[*{STRIKE}]*+){_LINK_START}|{_LINK_END}(?P<closing>[*{STRIKE}]*+)(?P<next>{_LINK_START}?)"
)
_SUBSCRIPT = re.compile(f"(?<=[^\\W_]){SUBSCRIPT}")
_IN_TEXT = str.maketrans({"\x05": "~", "\x80": r"\*", "\x81": r"\_", "\x82": "|", "\x83": "[", "\x84": "!",
                          "\x86": "|", SUBSCRIPT: r"\_", STRIKE: "~", URL_START: ""})  # fmt: skip
_IN_CELL = _IN_TEXT | {0x82: r"\|", 0x86: r"\|"}  # a pipe ends the cell, even in code


def resolve_block_marks(marked: str) -> str:
    """Return *marked* with the marks that depend on their block replaced. Backquotes without an escape keep theirs."""
    if not _BLOCK_MARK.search(marked):
        return marked
    return "\n\n".join(_resolved_part(part) if _BLOCK_MARK.search(part) else part for part in marked.split("\n\n"))


def _resolved_part(part: str) -> str:
    lines = part.split("\n")
    blocks = ("\n".join(lines[start:end]) for start, end in pairwise([*_starts(lines), len(lines)]))
    return "\n".join(_row_or_block(block) if _BLOCK_MARK.search(block) else block for block in blocks)


def _starts(lines: list[str]) -> Iterator[int]:
    """Yield the index of the first line of each block. An empty line is a block."""
    is_single = True  # whether the last block has one line
    content = last_depth = 0  # the column at which the text of the last block begins; depth: of quotes
    for index, line in enumerate(lines):
        if not line.strip("> "):
            yield index
            is_single, content = True, 0
            continue
        opening = _OPENING.match(line)
        number = opening["number"] if opening else None
        indent = len(line) - len(line.lstrip(" >"))
        markers = _LINE_MARKERS.match(line)
        depth = markers[0].count(">") if markers else 0
        # Within a paragraph only the number 1 starts a list. The items of lists around it have a smaller indent.
        starts = opening and (number is None or int(number) == 1 or indent < content)
        starts = starts or depth > last_depth
        last_depth = depth
        if is_single or starts:
            yield index
            is_single, content = bool(opening and opening["line"]), markers.end() if markers else 0


def _row_or_block(block: str) -> str:
    opening = _OPENING.match(block)
    if opening and (opening["line"] or "").endswith("|"):
        return "|".join(_resolved(cell, in_cell=True) for cell in block.split("|"))
    return _resolved(_without_definitions(block), in_cell=False)


def _without_definitions(block: str) -> str:
    """Escape the bracket of a definition, a footnote or a check box: Markdown would remove their text."""
    block = _LINKED_X.sub(lambda found: f"{found[1]}[&#{ord(found[2])};", block)
    if "\x83" not in block:
        return block
    block = _without_links(_CHECKBOX.sub(r"\1\2\\[", _FOOTNOTE.sub(r"\1\\[", block)))
    if found := _DEFINITION.match(block):  # the label may contain brackets that are escaped
        block = f"{found[1]}\\[{block[found.end() :]}"
    return block


def _without_links(text: str) -> str:
    """Escape the closing brackets of the links that *text* would contain."""
    if "\x06(" in text and (label := _LABEL_START.search(text)):
        start = label.start()
        text = text[:start] + _LABEL_END.sub(lambda found: r"\]" if found["unsafe"] is None else "&#93;", text[start:])
    return text


def _resolved(text: str, in_cell: bool) -> str:
    text = _without_links(text)
    if not in_cell:  # a row has no fences
        text = _FENCE.sub(lambda found: found[1] + (r"\~" if found[2] == "\x05" else "&#96;"), text)
    pairs = "\x05" in text and (
        _tildes_pair(text) or (URL_START in text and _tildes_pair(_with_plain_addresses(text, False)))
    )  # the "<" of a URL can make a delimiter of the "~" before it
    text = _with_plain_addresses(text, pairs)
    if pairs:
        text = _TILDES.sub(_escaped_tildes, text)
    if "\x04" in text and _backquotes_pair(text):
        text = text.replace("\x04", "&#96;")
    if "\x84[" in text:  # text before a link, which would make it an image
        text = text.replace("\x84[", r"\![")
    return _SUBSCRIPT.sub("_", text).translate(_IN_CELL if in_cell else _IN_TEXT)


def _with_plain_addresses(text: str, tildes_pair: bool) -> str:
    """Write the URLs in *text* without escapes, which parsers that link bare URLs would include.

    A URL is put in "<" and ">" if its characters would act as delimiters, or if it touches markup: some parsers end a
    bare URL only at white space. A URL without a scheme becomes a link in this case.
    """
    if URL_START not in text:
        return text
    risky = sum(len(_RISKY.findall(found[0])) for found in _ADDRESS.finditer(text)) > 1

    def plain(found: re.Match[str]) -> str:
        end = found.start() + len(found[0].rstrip(_SENTENCE_END))
        address, rest = text[found.start() : end], text[end : found.end()]
        if (
            "\x80" in address
            or (tildes_pair and "\x05" in address)
            or (risky and _RISKY.search(address))
            or _TOUCHES_MARKUP.match(text, end)
        ):
            if found["scheme"]:
                link = f"<{address.translate(_URL_CHARACTERS)}>"
            else:
                label = address.translate({0x05: r"\~", 0x83: r"\[", 0x06: r"\]", ord(URL_START): ""})
                link = f"[{label}](http://{address.translate(_IN_DESTINATION)})"
            return f"{_LINK_START}{link}{_LINK_END}{rest}"
        return address.translate({0x81: "_", ord(URL_START): ""}) + rest

    return _LINK_EDGE.sub(_edge, _ADDRESS.sub(plain, text))


def _edge(found: re.Match[str]) -> str:
    """Return the start or the end of a link with a zero-width space between it and a mark beside a letter.

    Parsers do not recognize such a mark beside the punctuation of a link (`**<URL>**甲`). Some look past a "~".
    """
    if found["opening"] is not None:
        before = found.string[max(0, found.start() - 10) : found.start()].rstrip(_TILDE)[-1:]
        return found["opening"] + ("\u200b" if found["opening"] and _kind(before)[0] == "letter" else "")
    after = found.string[found.end() : found.end() + 10].lstrip(_TILDE)[:1]
    is_hidden = found["closing"] and not found["next"] and _kind(after)[0] == "letter"
    return ("\u200b" if is_hidden else "") + found["closing"]


def _tildes_pair(text: str) -> bool:
    """Return whether a "~" of *text* would strike text out: a run of one or two opens, and a later one closes."""
    opened = opened_by_text = False
    for run in _TILDES.finditer(text):
        is_text = "\x05" in run[0]
        if is_text and STRIKE in run[0]:
            return True
        if len(run[0]) > 2:
            continue
        opens, closes = _flanks(text[run.start() - 1 : run.start()], text[run.end() : run.end() + 1])
        if closes and (opened_by_text or (is_text and opened)):
            return True
        opened = opened or opens
        opened_by_text = opened_by_text or (is_text and opens)
    return False


def _escaped_tildes(run: re.Match[str]) -> str:
    # Hugo ignores a delimiter after a "~", even after an escaped one.
    return run[0].replace("\x05", "&#126;" if STRIKE in run[0] else r"\~")


def _flanks(before: str, after: str) -> tuple[bool, bool]:
    """Return whether a delimiter between two characters can open, and whether it can close (CommonMark, 6.2).

    Parsers differ in whether symbols count as punctuation: the result holds for one of the two.
    """
    opens = closes = False
    for side in (0, 1):
        left, right = _kind(before)[side], _kind(after)[side]
        opens = opens or (right != "space" and (right != "punctuation" or left != "letter"))
        closes = closes or (left != "space" and (left != "punctuation" or right != "letter"))
    return opens, closes


@lru_cache(maxsize=1_000)
def _kind(char: str) -> tuple[str, str]:
    """Return the kind of *char* for a delimiter beside it: without and with symbols as punctuation."""
    if not char or char.isspace():
        return "space", "space"
    category = unicodedata.category(char)
    if category == "Cc" or category[0] == "P" or (char.isascii() and not char.isalnum()):  # marks are "Cc"
        return "punctuation", "punctuation"
    return "letter", "punctuation" if category[0] == "S" else "letter"


def _backquotes_pair(text: str) -> bool:
    """Return whether a run of backquotes in *text* would make code with another run."""
    runs = Counter(run[0] for run in _BACKQUOTES.finditer(text))
    from_text = [run for run in runs if run[0] == "\x04"]
    return len(from_text) < len(runs) or any(runs[run] > 1 for run in from_text)
