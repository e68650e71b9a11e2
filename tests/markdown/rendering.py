"""Render Markdown as readers see it, and compare the result with the page that the Markdown was made from.

Two renderers are used: Hugo (goldmark), and cmark-gfm, the reference implementation of GitHub's Markdown.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import cmarkgfm
from lxml import html
from lxml.html import HtmlElement

from crawler.reading.html import parse_fragment

HUGO = Path(sys.executable).with_name("hugo")
_SITE = """baseURL = "http://x.example/"
disableKinds = ["taxonomy", "term", "RSS", "sitemap", "home", "section", "404"]
[markup.goldmark.extensions.typographer]
disable = true
"""
_SUPER = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_SUB = str.maketrans("0123456789+-=()n", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₙ")
_BLOCKS = {"p", "div", "section", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6",
           "ul", "ol", "li", "table", "tr", "td", "th",
           "caption", "dl", "dt", "dd", "pre", "details", "summary", "center", "figure", "figcaption", "my-card", "hr",
           "thead", "tbody", "tfoot", "aside", "address"}  # fmt: skip
_SPLITS_HEADING = {"ul", "ol", "li", "table", "blockquote"}  # they are not part of a heading around them
# Flags of text in which a `br`, a line break do not end a line in Markdown.
_ONE_LINE = {"pre", "line", "heading"}
_IN_LINE = _ONE_LINE | {"code"}
_CODE = ("pre", "code", "kbd", "samp")
_ZERO_WIDTH = "\u200b\ufeff"
URL = re.compile(r"https?://|www\.")


@dataclass
class Char:
    """A visible character and what it is part of."""

    char: str
    code: bool = False
    struck: bool = False
    linked: bool = False
    optional: bool = False  # may be missing in the result: a marker at the start of a line


@dataclass
class Content:
    """What a reader sees: characters without white space, and the addresses of the pictures."""

    chars: list[Char] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    has_bare_marker: bool = False  # a line of an item consists of a marker: Markdown reads an empty item
    has_marked_heading: bool = False  # a heading begins like a list item or the like: its underline is text

    @property
    def text(self) -> str:
        return "".join(char.char for char in self.chars)


def render_gfm(markdown: str) -> str:
    """Return the HTML that cmark-gfm makes of *markdown*."""
    return str(cmarkgfm.github_flavored_markdown_to_html(markdown))


def render_hugo(texts: Sequence[str], folder: Path) -> list[str]:
    """Return the HTML of each Markdown text, from one Hugo site in *folder*, which must be empty."""
    (folder / "layouts/_default").mkdir(parents=True)
    (folder / "content").mkdir()
    (folder / "hugo.toml").write_text(_SITE)
    (folder / "layouts/_default/single.html").write_text("{{ .Content }}")
    for number, text in enumerate(texts):
        (folder / f"content/p{number}.md").write_text(f"---\ntitle: x\n---\n\n{text}\n", encoding="utf-8")
    subprocess.run([HUGO, "--quiet", "--source", folder], check=True, capture_output=True)
    return [  # Hugo makes no page of an empty text
        (folder / f"public/p{number}/index.html").read_text(encoding="utf-8") if text.strip() else ""
        for number, text in enumerate(texts)
    ]


def rendered_content(page: str) -> Content:
    """Return what the HTML of a renderer shows."""
    content = Content()
    body = html.fragment_fromstring(f"<div>{page}</div>")
    for node in body.iter("input"):  # the check box of a task list
        node.tail = f"[ ]{node.tail or ''}"
    for text, node in _texts(body):
        tags = {parent.tag for parent in [node, *node.iterancestors()]}
        if isinstance(text, str):
            flags = ("code" in tags, "del" in tags, "a" in tags)
            content.chars += (Char(char, *flags) for char in text if not _is_blank(char))
        elif text.tag == "img":
            content.pictures.append(unquote(text.get("src", "")))
    return content


def _texts(node: HtmlElement) -> Iterator[tuple[str | HtmlElement, HtmlElement]]:
    """Yield the texts with their parents, and the elements themselves, in document order."""
    if node.text:
        yield node.text, node
    for child in node:
        yield child, child
        if isinstance(child.tag, str):
            yield from _texts(child)
        if child.tail:
            yield child.tail, node


def _is_blank(char: str) -> bool:
    return char.isspace() or char in _ZERO_WIDTH


def source_content(page: str) -> Content:
    """Return what a browser shows of the page, with the exceptions that `FORMAT.md` names."""
    reader = _Reader()
    reader.read(parse_fragment(page), frozenset())
    reader.end_line()
    return reader.content


class _Reader:
    def __init__(self) -> None:
        self.content = Content()
        self.in_heading = False  # in an h1 or h2
        self.in_item = False  # in a list: its text belongs to an item
        self.line: list[tuple[str, Char | None]] = []  # the characters of the line with its blanks
        self.pipes: list[Char] = []  # the pipes of the block: two lines of them may form a table

    def end_line(self) -> None:
        """Mark the characters at the start of the line that Markdown reads as markers of a list, quote or heading."""
        line = "".join(char if part and not part.code else "x" if part else " " for char, part in self.line)
        line = line.strip()
        parts = [part for char, part in self.line]
        while parts and parts[0] is None:
            parts.pop(0)
        prefix = re.match(r"(?:\s*(?:[-+>]|#{1,6}(?=\s|$)|[0-9]{1,9}[.)]))*", line)
        assert prefix
        count = prefix.end() if not re.fullmatch(r"[-=+|:\s]*", line) else len(line)
        self.content.has_bare_marker |= bool(line) and self.in_item and prefix.end() == len(line)
        self.content.has_marked_heading |= self.in_heading and count > 0
        for part in parts[:count]:
            if part:
                part.optional = True
        if "#" in prefix[0]:
            for part in parts:
                if part and part.char == "#":
                    part.optional = True
        self.pipes += (part for part in parts if part and part.char == "|" and not part.code)
        if "-" in line and re.fullmatch(r"[-|:\s]*", line):
            for part in self.pipes:
                part.optional = True
        self.line = []

    def end_block(self) -> None:
        self.end_line()
        self.pipes = []

    def add(self, text: str, flags: frozenset[str]) -> None:
        for char in text:
            if _is_blank(char):
                if char == "\n" and not flags & _IN_LINE:
                    self.end_line()
                else:
                    self.line.append((" ", None))
                continue
            part = Char(char, bool(flags & {"code", "pre"}), "del" in flags, "a" in flags)
            self.content.chars.append(part)
            self.line.append((char, part))

    def read(self, node: HtmlElement, flags: frozenset[str]) -> None:
        self.add(node.text or "", flags)
        for child in node:
            if isinstance(child.tag, str):
                self.element(child, str(child.tag), flags)
            self.add(child.tail or "", flags)

    def element(self, node: HtmlElement, tag: str, flags: frozenset[str]) -> None:
        is_block = _is_block(node)
        if is_block:
            self.end_block()
        was_in_item, self.in_item = self.in_item, self.in_item or tag in ("li", "ul", "ol")
        was_in_heading, self.in_heading = self.in_heading, self.in_heading or tag in ("h1", "h2")
        if tag in _SPLITS_HEADING:
            self.in_heading, flags = False, flags - {"heading"}
        if tag in ("script", "style", "noscript"):  # noscript: only the picture before it again
            pass
        elif tag == "br":
            if not flags & _ONE_LINE:
                self.end_line()
        elif tag == "img":
            if address := node.get("data-src") or node.get("data-original") or node.get("src"):
                self.content.pictures.append(unquote(address))
                self.line.append(("x", Char("x", code=True)))
        elif tag in ("video", "audio", "iframe"):
            self.media(node, flags)
        elif tag in ("sup", "sub"):
            self.script(node, tag, flags)
        elif tag == "q":
            self.add('"', flags)
            self.read(node, flags)
            self.add('"', flags)
        elif tag == "table":
            self.table(node, flags)
        else:
            kind = {
                "s": "del",
                "pre": "pre",
                "td": "line",
                "th": "line",
                **dict.fromkeys(("samp", "kbd"), "code"),
                **dict.fromkeys(("h3", "h4", "h5", "h6"), "heading"),
            }
            name = kind.get(tag, tag)
            added = (
                {name}
                if name in ("del", "pre", "code", "line", "heading") or (tag == "a" and node.get("href"))
                else set()
            )
            self.read(node, flags | added)
        if is_block:
            self.end_block()
        self.in_heading, self.in_item = was_in_heading, was_in_item

    def media(self, node: HtmlElement, flags: frozenset[str]) -> None:
        address = node.get("src") or next((source.get("src") for source in node.iter("source")), "")
        if not address or "ad.example" in address:
            return
        self.end_block()
        if node.get("poster"):
            self.content.pictures.append(unquote(node.get("poster", "")))
        else:
            self.add("音频" if node.tag == "audio" else "视频", flags | {"a"})
        self.end_block()

    def script(self, node: HtmlElement, tag: str, flags: frozenset[str]) -> None:
        text = node.text_content()
        if re.fullmatch(r"[0-9+=()n\s-]*", text):
            self.add(text.translate(_SUPER if tag == "sup" else _SUB), flags)
        elif re.fullmatch(r"\s*\[[0-9]\]\s*", text) or node.xpath("descendant::a[@href]"):
            self.read(node, flags)
        elif text.strip() or node.xpath("descendant::img[@src != '']"):
            self.add("^(" if tag == "sup" else "_(", flags)
            self.read(node, flags)
            self.add(")", flags)

    def table(self, node: HtmlElement, flags: frozenset[str]) -> None:
        """Read a table. A cell that spans rows is in each of its rows, unless the table is one for layout."""
        rows = [row for row in node.iter("tr") if next(row.iterancestors("table")) is node]
        order = {"thead": 0, "tfoot": 2} if not flags & {"code", "pre"} else {}  # code is text: it keeps its order
        rows.sort(key=lambda row: order.get(str(parent.tag), 1) if (parent := row.getparent()) is not None else 1)
        cells = [cell for row in rows for cell in row if cell.tag in ("td", "th")]
        for caption in node.iterchildren("caption"):
            self.element(caption, "caption", flags)
        is_layout = (
            len(cells) < 2
            or any(
                next(inner.iterancestors(*_CODE), None) is None  # elements in code are lines of text
                for cell in cells
                for inner in cell.iter("ul", "ol", "li", "table", "h1", "h2", "h3", "h4", "h5", "h6")
            )
            or any(map(_has_lines, node.iter(*_CODE)))
        )
        if is_layout or flags & {"code", "pre"} or not any(int(cell.get("rowspan", "1")) > 1 for cell in cells):
            is_column = all(len(row) < 2 for row in rows)  # several blocks in a cell make it a table for layout
            inner = flags if is_layout or is_column else flags | {"line"}
            for cell in cells:
                self.end_block()
                self.read(cell, inner)
                self.end_block()
            return
        spanning: dict[int, tuple[int, int, HtmlElement]] = {}
        section = None
        for row in rows:
            if row.getparent() is not section:
                section, spanning = row.getparent(), {}
            column, own = 0, [cell for cell in row if cell.tag in ("td", "th")]
            following: dict[int, tuple[int, int, HtmlElement]] = {}
            if not own:
                spanning = {at: (left - 1, width, cell) for at, (left, width, cell) in spanning.items() if left > 1}
                continue
            while own or any(at >= column for at in spanning):
                if column in spanning:
                    left, width, cell = spanning[column]
                elif own:
                    cell = own.pop(0)
                    left, width = int(cell.get("rowspan", "1")), int(cell.get("colspan", "1"))
                else:
                    column += 1
                    continue
                if left > 1:
                    following[column] = (left - 1, width, cell)
                self.end_block()
                self.read(cell, flags | {"line"})
                self.end_block()
                column += width
            spanning = following


def _has_lines(code: HtmlElement) -> bool:
    """Return whether *code* is a code block of several lines: a `pre`, or inline code alone in its block."""
    is_block = code.tag == "pre"
    text = "".join(_code_lines(code, is_block))
    return "\n" in text.strip("\n") and (is_block or _is_alone(code))


def _code_lines(node: HtmlElement, is_preformatted: bool) -> Iterator[str]:
    """Yield the texts in *node*, and a line break at each `br` and at the start and the end of each block."""
    for part in (node.text, *node):
        if isinstance(part, HtmlElement):
            border = "\n" if _is_block(part) else ""
            yield "\n" if part.tag == "br" else border
            if isinstance(part.tag, str):
                yield from _code_lines(part, is_preformatted)
            yield border
        text = (part if isinstance(part, str) else part.tail if part is not None else "") or ""
        yield text if is_preformatted else re.sub(r"\s*\n\s*", "", text)


def _is_block(node: HtmlElement) -> bool:
    return node.tag in _BLOCKS or node.get("style") == "display:block"


def _is_alone(node: HtmlElement) -> bool:
    """Return whether *node* is the only content of its block."""
    for parent in node.iterancestors():
        elements = [child for child in parent if isinstance(child.tag, str)]
        if len(elements) > 1 or any(
            text.strip() for text in (parent.text or "", *(child.tail or "" for child in parent))
        ):
            return False
        if parent.tag in _BLOCKS:
            break
    return True


def differences(
    source: Content, result: Content, *, ignored: str = "", struck: bool = True, gfm: bool = False
) -> list[str]:
    """Return what *result* lost of *source*, or shows beyond it. *ignored* are characters that do not count."""
    faults = []
    if source.pictures != result.pictures:
        faults.append(f"pictures: {source.pictures} became {result.pictures}")
    wanted = [char for char in source.chars if char.char not in ignored]
    found = [char for char in result.chars if char.char not in ignored]
    addresses = _address_positions(source)
    # Each optional character may be there or not: keep all positions in the result that are possible so far, each with
    # the characters of the source that it shows.
    states: dict[int, list[tuple[Char, Char]]] = {0: []}  # of two ways to a position, the one with fewer changes
    for char in wanted:
        following = dict(states) if char.optional else {}
        for start, pairs in states.items():
            at = start
            while (
                at < len(found) and found[at].char != char.char and source.has_marked_heading and found[at].char in "=-"
            ):
                at += 1
            if at < len(found) and found[at].char == char.char:
                longer = [*pairs, (char, found[at])]
                if at + 1 not in following or _changes(longer) < _changes(following[at + 1]):
                    following[at + 1] = longer
        if not following:
            at = max(states)
            near = "".join(other.char for other in found[max(0, at - 5) : at + 10])
            return [*faults, f"lost: {char.char!r} at {near!r}"]
        states = following
    rest = "".join(char.char for char in found[max(states) :])
    if rest and not (source.has_marked_heading and {*rest} <= {*"=-"}):
        faults.append(f"more: {rest!r}")
    for char, shown in states[max(states)]:
        if shown.code and not char.code:
            faults.append(f"{char.char} became code")
        if struck and shown.struck and not char.struck:
            faults.append(f"{char.char} is struck out")
        if shown.linked and not char.linked and id(char) not in addresses:
            faults.append(f"{char.char} is linked")
    return faults


def _changes(pairs: list[tuple[Char, Char]]) -> int:
    return sum(
        (shown.code, shown.struck, shown.linked) != (char.code, char.struck, char.linked) for char, shown in pairs
    )


def _address_positions(source: Content) -> set[int]:
    """Return the ids of the characters in URLs, which a renderer may link, and of the text that follows at once."""
    found: set[int] = set()
    text = source.text
    for address in URL.finditer(text):
        found |= {id(char) for char in source.chars[address.start() : address.start() + 100]}
    return found
