"""Text that may not act as markup ("What text may not do", section 1 of the corpus format).

What acts can be glued together from neighbouring nodes, or from text and what the converter writes between it. So every
character that can act goes through the conversion as a mark (a control character, which clean text does not hold), and
only the finished text decides which marks are escaped: all others become their character again.
"""

from __future__ import annotations

import re
from html.entities import html5
from urllib.parse import quote

from crawler.text.clean import clean

# The marks, by what they stand for: in text, in code (no entity is decoded there), and in a fenced block of code.
_TEXT = {"<": "\x01", "&": "\x02", "{": "\x03", "`": "\x04", "~": "\x05", "]": "\x06", "\\": "\x07"}
_CODE = {"<": "\x0e", "]": "\x0f", "{": "\x10"}
_FENCE = {"<": "\x11", "`": "\x12", "]": "\x13"}
FENCE = _FENCE["`"]
IN_TEXT, IN_CODE = str.maketrans(_TEXT), str.maketrans(_CODE)
IN_FENCE = str.maketrans({_CODE["<"]: _FENCE["<"], _CODE["]"]: _FENCE["]"], "`": FENCE})
OUT_OF_FENCE = str.maketrans({_FENCE["<"]: _CODE["<"], _FENCE["]"]: _CODE["]"], FENCE: "`"})
_IN_LABEL = IN_TEXT | {ord(char): "\\" + char for char in "[]\\`"}
_BRACE = "\x17"  # one in text that acts
_UNMARKED = {mark: char for part in (_TEXT, _CODE, _FENCE) for char, mark in part.items()} | {_BRACE: "{"}
# Entities rather than backslashes: at a line's start goldmark does not always honour those.
_ESCAPES = {"\x01": "&lt;", "\x02": "&amp;", "\x03": "&#123;", "\x04": "&#96;", "\x05": "&#126;", "\x06": "&#93;",
            "\x0e": "<\u200b", "\x0f": "]\u200b", "\x10": "{\u200b", _BRACE: "&#123;"}  # fmt: skip

_TAG = "(?=[a-zA-Z/!?])"
# What makes a link of the bracket before it, and not one to http, https, mailto or a relative address.
_LINK = r"(?=[(:][\s>]*(?!(?i:https?|mailto)\x07?:)[a-zA-Z][a-zA-Z0-9+.-]*\x07?:)"
# Where a mark acts.
_ACTS = re.compile(
    rf"[\x01\x0e]{_TAG}|[\x06\x0f]{_LINK}"
    r"|\x02(?=(?P<entity>(?:\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{0,31});))"
    r"|[\x03\x10](?=%|[\x03\x10][\x01\x0e\x11<])"  # a template
    r"|[\x04\x05\x17`]"
)
# A mark, or the text's own backslashes in a row. (It begins with a set of characters: only so is the search fast.)
_MARK = re.compile(r"[\x01-\x07\x0e-\x13\x17](?:(?<=\x07)\x07*)?")
_LIVE_CODE = re.compile(rf"[\x0e\x11]{_TAG}|[\x0f\x13]{_LINK}")

# Behind a fence Hugo takes braces for attributes, and gives the whole site up where it can not read them.
_FENCE_WITH_BRACES = re.compile(r"^((?:[ >*+-]|[0-9]+[.)] )*+)(?=(?:\x04{3}|[~\x05]{3}).*[{\x03\x10])", re.MULTILINE)
_HEADING = re.compile(r"(?:[ >*+-]|[0-9]+[.)] )*+#{1,6}[ \t]")
_UNDERLINE = re.compile(r"[ >]*(?:=+|-+)[ ]*")
_EMPTY_LINES = re.compile(r"\n(?:[ >]*\n)+")


def escape(text: str) -> str:
    """One line of plain text as Markdown, white space folded: see `escape_text`."""
    return escape_text(" ".join(clean(text).split()))


def escape_text(text: str) -> str:
    """Plain text as Markdown: what would act as a tag, an entity, a link or a template is text afterwards."""
    return resolve_marks(clean(text).translate(IN_TEXT))


def link(text: str, url: str) -> str:
    """A Markdown link that neither its text nor its address can break; the text alone where the address is not safe."""
    label = resolve_marks(" ".join(clean(text).split()).translate(_IN_LABEL))
    address = safe_address(clean(url))
    address = re.sub(r"[()<>{}\\`\s]", lambda found: quote(found[0], safe=""), address)
    return f"[{label}]({escape(address)})" if address else label


def safe_address(url: str) -> str:
    """`url` where it is http, https, mailto or relative, else "". Browsers pass over line breaks and tabs in it."""
    url = re.sub(r"[\t\r\n]", "", url).strip()
    scheme = re.match(r"([^/?#:]*):", url)
    return url if not scheme or scheme[1].lower() in {"http", "https", "mailto"} else ""


def would_be_markup(code: str) -> bool:
    """Whether this marked code would act, were it no code."""
    return _LIVE_CODE.search(code) is not None


def resolve_marks(marked: str) -> str:
    """The marks as text: escaped where they would act, else the characters they stand for.

    Where code would act if it were set free, the text's own backquotes and tildes are escaped; where the code's own do
    not pair even so (of two neighbours, say), an invisible blank takes the life out of what is between them.
    """
    if not _MARK.search(marked):
        return marked
    if "\x03" in marked or "\x10" in marked:
        marked = _FENCE_WITH_BRACES.sub(r"\1\\", marked)
        marked = _without_attributes(marked)
    alive = any(mark in marked for mark in "\x0e\x0f\x11\x13") and would_be_markup(marked)
    free = alive and not all(map(_all_paired, _EMPTY_LINES.split(marked)))

    def acts(place: int) -> bool:
        found = _ACTS.match(marked, place)
        if not found:
            return False
        mark, entity = marked[place], found["entity"]
        if mark in "\x04\x05`":
            return alive
        if mark == _BRACE:
            return True
        if mark in "\x0e\x0f":
            return free
        return not entity or entity[0] == "#" or entity in html5

    def settled(found: re.Match[str]) -> str:
        mark = found[0]
        if mark[0] == "\x07":  # before an escape they would take its first character away
            return "\\" * len(mark) * (2 if acts(found.end()) else 1)
        return _ESCAPES[mark] if mark in _ESCAPES and acts(found.start()) else _UNMARKED[mark]

    return _MARK.sub(settled, marked)


def _without_attributes(marked: str) -> str:
    """Braces at a heading's end marked as acting: Hugo would make attributes of them, which nobody sees."""
    if "\x03" not in marked or "}" not in marked:
        return marked
    lines = marked.split("\n")
    for number, line in enumerate(lines):
        if "\x03" in line and line.rstrip(" #").endswith("}"):
            following = lines[number + 1] if number + 1 < len(lines) else ""
            if _HEADING.match(line) or _UNDERLINE.fullmatch(following):
                lines[number] = line.replace("\x03", _BRACE)
    return "\n".join(lines)


def _all_paired(block: str) -> bool:
    """Whether all code of some lines stands between backquotes as a reader will pair them."""
    lines = block.split("\n")
    is_table = any("-" in line and {*":|"} & {*line} and {*line} <= {*" >*+-:|"} for line in lines)
    return all(_paired(line, is_table) for line in lines)


def _paired(line: str, in_table: bool) -> bool:
    parts = re.split("(`+)", line)
    outside, closing = "", 0
    for place in range(1, len(parts), 2):
        if place > closing:  # this run opens, after parts[place - 1]
            closing = next((other for other in range(place + 2, len(parts), 2) if parts[other] == parts[place]), 0)
            if not closing or _ends_in_address(parts[place - 1]):
                return False
            code = "".join(parts[place + 1 : closing])
            if in_table and would_be_markup(code) and re.search(r"(?<!\\)\|", code):  # text may have made the table
                return False
            outside += parts[place - 1]
    return not any(mark in outside + parts[-1] for mark in _CODE.values())


def _ends_in_address(text: str) -> bool:
    """Whether a reader makes a link of the text's end, and of the backquote behind it."""
    last = re.split(r"\s|<[^<>\s]*>", text)[-1]  # Hugo's links without < and > may hold a >, and quotes
    return "://" in last or "www." in last
