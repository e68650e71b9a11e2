"""The body's node -> Markdown in the corpus's flavour.

markdownify decides the flavour (section 1 of the corpus format, "Body"); then come the white-space rules, line by line;
then the escapes. Those work on marks, which stand for the characters that can act: see `crawler.escapes`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString
from lxml import etree
from markdownify import MarkdownConverter

from crawler.escapes import FENCE, IN_CODE, IN_FENCE, IN_TEXT, OUT_OF_FENCE, lives, safe_address, settle
from crawler.normalize import clean

if TYPE_CHECKING:
    from lxml.html import HtmlElement

Headings = Literal["setext", "atx"]

_NO_TEXT = {"script", "style", "iframe"}
_CODE_TAGS = {"pre", "code", "kbd", "samp"}
_INLINE = {"a", "b", "strong", "em", "i", "del", "s", "sub", "sup", "q", "video", "h1", "h2", "h3", "h4", "h5", "h6"}
_BLOCKS = {"article", "blockquote", "br", "center", "dd", "div", "dl", "dt", "figcaption", "figure", "h1", "h2", "h3",
           "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul"}  # fmt: skip
_ONE_LINE = {"td", "th", "dt"}  # markdownify puts their content on one line, so that a fence there is plain code
_AUTOLINK = re.compile(r"(?:https?://|mailto:)[^\s<>\x01\x03-\x1f]+")

_STRANGE = set("\u3000\u00a0\u200b\ufeff")  # an indent that holds one of them goes
_BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\u200b\ufeff"
_LINE_MARKS = re.compile(r"(?:[ \t]*(?:[>*+-]|[0-9]{1,9}\.|#{1,6})(?= ))*")
_FENCE = re.compile(rf"(?:[ >*+-]|[0-9]+\. )*({FENCE}{{3,}})")

_text_nodes = etree.XPath("descendant::text()[not(ancestor::script or ancestor::style)]", smart_strings=False)


def to_markdown(body: HtmlElement, headings: Headings = "setext") -> str:
    """The children of `body` as Markdown, without empty lines at its ends.

    `headings` is the layout's choice: the Hugo files have Setext for h1 and h2, the GitBook pages ATX.
    A body nested too deeply for markdownify gives its text in plain paragraphs.
    """
    style = "underlined" if headings == "setext" else "atx"
    try:
        marked = _Converter(heading_style=style, autolinks=False).convert_soup(_soup(body))
    except RecursionError:
        marked = _paragraphs(body)
    return settle(_lines(marked)).strip()


def text_of(body: HtmlElement) -> str:
    """The text of `body` as the page has it, leading white space included, without style, script and comments."""
    return "".join(_text_nodes(body))


def _soup(body: HtmlElement) -> BeautifulSoup:
    """The tree of `body` for markdownify, node by node: serialising would percent-encode addresses."""
    soup = BeautifulSoup("", "html.parser")
    tags: list[Tag] = [soup]
    walk = etree.iterwalk(body, events=("start", "end", "comment", "pi"))
    for event, node in walk:
        if event == "start":
            text = node.text
            if node is not body:
                tag = soup.new_tag(_name(str(node.tag)), attrs=_attributes(node, _marks(tags)))
                tags[-1].append(tag)
                tags.append(tag)
            if node.tag in _NO_TEXT:
                text = None
                walk.skip_subtree()
        elif node is not body:
            text = node.tail
            if event == "end":
                tags.pop()
        else:
            break
        if text:
            text = clean(text) if any(tag.name == "pre" for tag in tags) else _collapse(text)
            tags[-1].append(NavigableString(text.translate(_marks(tags))))
    return soup


def _marks(tags: list[Tag]) -> dict[int, str]:
    return IN_CODE if any(tag.name in _CODE_TAGS for tag in tags) else IN_TEXT


def _name(tag: str) -> str:
    """A tag's name as markdownify may see it: it looks up its own methods by name, and reads any number after an h."""
    return "span" if tag in {"soup", "fn_cache", "_document_"} else tag[:2] if re.match("h[0-9]", tag) else tag


def _attributes(node: etree._Element, marks: dict[int, str]) -> dict[str, str]:
    """The attributes that markdownify writes, safe and marked, and the numbers it counts with."""
    links = {name: safe_address(clean(node.get(name, ""))) for name in ("href", "src", "poster")}
    texts = {name: clean(node.get(name, "")).replace("\n", " ") for name in ("alt", "title")}
    numbers = {name: value for name in ("colspan", "start") if re.fullmatch("[0-9]{1,9}", value := node.get(name, ""))}
    return {name: value.translate(marks) for name, value in (links | texts).items() if value} | numbers


def _collapse(text: str) -> str:
    """Runs of blanks as markdownify will have them; it needs quadratic time for them itself."""
    return re.sub(r"[ \t\n]+", lambda run: "\n" if "\n" in run[0] else " ", clean(text))


def _paragraphs(body: HtmlElement) -> str:
    """The marked text of `body` in plain paragraphs, at any depth."""
    parts: list[str] = []
    walk = etree.iterwalk(body, events=("start", "end", "comment", "pi"))
    for event, node in walk:
        text = node.text if event == "start" else node.tail if node is not body else None
        if event == "start" and node.tag in _NO_TEXT:
            text = None
            walk.skip_subtree()
        if node.tag in _BLOCKS:
            parts.append("\n\n")
        parts.append(re.sub("([*_])", r"\\\1", _collapse(text or "")).translate(IN_TEXT))
    return "".join(parts)


class _Converter(MarkdownConverter):
    """markdownify with its defaults, but for what would let text act or fail."""

    def convert_a(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """`<address>` only where a reader takes it for a link: a relative address there would be a tag."""
        href = str(el.get("href", ""))
        if _AUTOLINK.fullmatch(href) and text.strip().replace(r"\_", "_") == href and not el.get("title"):
            return text if "_noformat" in parent_tags else f"<{href}>"
        return str(super().convert_a(el, text, parent_tags))  # type: ignore[misc]

    def convert_img(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A picture without an address leaves nothing."""
        return str(super().convert_img(el, text, parent_tags)) if el.get("src") else ""  # type: ignore[misc]

    def convert_code(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """On one line: a block's beginning inside would end the code. In a table its pipes would, too."""
        if "pre" not in parent_tags:
            text = " ".join(line.strip() if number else line.rstrip() for number, line in enumerate(text.split("\n")))
        return str(super().convert_code(el, _cell(text, parent_tags), parent_tags))  # type: ignore[misc]

    convert_kbd = convert_code
    convert_samp = convert_code

    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A fence longer than its content; within a line, where a fence can not stand, plain code."""
        if not text or parent_tags & (_INLINE | _CODE_TAGS):
            return self.convert_code(el, text, parent_tags)
        fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`{3,}", text))])
        text = re.sub(r"\A[ \n]*\n", "", text.rstrip(" \n"))
        block = f"{fence}\n{_cell(text, parent_tags)}\n{fence}"
        return f"\n\n{block if parent_tags & _ONE_LINE else block.translate(IN_FENCE)}\n\n"


def _cell(code: str, parent_tags: set[str]) -> str:
    return code.replace("|", r"\|") if lives(code) and parent_tags & {"td", "th"} else code


def _lines(marked: str) -> str:
    """The white-space rules, line by line. Lines inside a fence stay as they are."""
    lines: list[str] = []
    breaks = False  # whether the line before ends in a hard break
    fence = ""
    for raw in marked.split("\n"):
        if fence:
            fence = "" if raw.strip("> ").startswith(fence) else fence
            lines.append(raw)
            continue
        line = _line(raw)
        bare = line.strip("> ")
        if not bare and lines and lines[-1] == line:
            continue
        if breaks and bare:
            lines[-1] += "  "
        if opening := _FENCE.fullmatch(line):
            fence = opening[1]
        breaks = not fence and bool(bare) and raw.endswith("  ")
        lines.append(line if fence else line.translate(OUT_OF_FENCE))  # a fence behind other text is none
    return "\n".join(lines)


def _line(line: str) -> str:
    """A line without white space at its end and without an indent that holds one of the strange blanks."""
    line = line.rstrip(_BLANKS)
    marks = _LINE_MARKS.match(line)
    start = marks.end() if marks else 0
    text = line[start:].lstrip(_BLANKS)
    if set(line[start : len(line) - len(text)]) & _STRANGE:
        line = line[:start] + (" " if start else "") + text
    return line
