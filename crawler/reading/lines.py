"""The lines of text of an HTML page as a browser would break them, and what each contains: text, links, sentences."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterator
from dataclasses import dataclass
from functools import cached_property

from lxml import etree
from lxml.html import HtmlElement

# Elements that do not end a line. Unknown elements with a hyphen are blocks on the sites that use them.
_INLINE = frozenset((
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i",
    "img", "ins", "kbd", "label", "mark", "nobr", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strike",
    "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
))  # fmt: skip
# Elements without text of the page.
SILENT = frozenset((
    "audio", "button", "canvas", "embed", "head", "iframe", "noscript", "object", "option", "script", "select",
    "style", "svg", "template", "textarea", "title", "video",
))  # fmt: skip
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_SENTENCE = re.compile(r"[，。！？；…]|[a-z0-9)][,.;!?](?=\s|$)")
MIN_LINE = 20  # characters from which a line without punctuation may be prose


@dataclass(eq=False)
class Line:
    """One line of text."""

    owner: HtmlElement  # the block element that contains it directly
    text: str
    linked: int  # characters in links, without white space
    href: str  # target of the last link as the page has it; "" without a link

    @cached_property
    def length(self) -> int:
        """The number of characters without white space."""
        return len("".join(self.text.split()))

    @property
    def is_link(self) -> bool:
        """Whether nearly the whole line is one link or several links."""
        return self.linked >= 0.9 * self.length

    @property
    def is_sentence(self) -> bool:
        """Whether the line has punctuation of a sentence."""
        return _SENTENCE.search(self.text) is not None

    @cached_property
    def prose(self) -> float:
        """The number of characters that count as text of an article.

        Characters in links do not count. A line that is mainly links counts 0, and so does a short line without
        sentence punctuation (a menu, a label, a heading); a longer one counts a third.
        """
        own = self.length - self.linked
        if self.linked > own:
            return 0
        if self.is_sentence:
            return own
        return own / 3 if own >= MIN_LINE else 0


class Lines:
    """The visible lines in *root*, in document order, and the lines of each element in it."""

    def __init__(self, root: HtmlElement) -> None:
        self.root = root
        self.all: list[Line] = []
        self._spans: dict[HtmlElement, tuple[int, int]] = {}  # element -> indexes of its first line and after its last
        self._read()

    def of(self, node: HtmlElement) -> list[Line]:
        """Return the lines in *node*; for an inline element, the line that contains it."""
        return self.all[slice(*self._spans.get(node, (0, 0)))]

    def number_of(self, node: HtmlElement) -> int:
        """Return the number of lines in *node*."""
        first, end = self._spans.get(node, (0, 0))
        return end - first

    def first_of(self, node: HtmlElement) -> Line | None:
        """Return the first line in *node*, or None."""
        first, end = self._spans.get(node, (0, 0))
        return self.all[first] if first < min(end, len(self.all)) else None

    def prose(self, excluded: Container[HtmlElement]) -> dict[HtmlElement, float]:
        """Return the characters of prose in each element, without the elements in *excluded* and what they contain."""
        amounts: dict[HtmlElement, float] = defaultdict(float)
        for line in self.all:
            amounts[line.owner] += line.prose
        for node in reversed([*elements(self.root)]):  # children come before their parents
            if node in excluded:
                amounts[node] = 0
            elif node is not self.root and (parent := node.getparent()) is not None:
                amounts[parent] += amounts[node]
        return amounts

    def _read(self) -> None:
        owners, parts, linked, links, target = [self.root], list[str](), 0, 0, ""
        starts: dict[HtmlElement, int] = {}

        def add(text: str | None) -> None:
            nonlocal linked
            if text:
                parts.append(text)
                linked += len("".join(text.split())) if links else 0

        def end_line() -> None:
            nonlocal linked, target
            if text := " ".join("".join(parts).split()):
                self.all.append(Line(owners[-1], text, linked, target if linked else ""))
            parts.clear()
            linked, target = 0, ""

        walk = etree.iterwalk(self.root, events=("start", "end", "comment", "pi"))
        for event, node in walk:
            if event == "start":
                if is_block(node):
                    end_line()
                    owners.append(node)
                if _is_link(node):
                    links, target = links + 1, node.get("href", "")
                starts[node] = len(self.all)
                if node is not self.root and (node.tag in SILENT or is_hidden(node)):
                    walk.skip_subtree()
                else:
                    add(node.text)
                continue
            if event == "end":
                links -= _is_link(node)
                if is_block(node):
                    end_line()
                    owners.pop()
                self._spans[node] = (starts.pop(node), len(self.all) + any(map(str.strip, parts)))
            if node is not self.root:
                add(node.tail)
        end_line()


def text_lines(node: HtmlElement) -> list[str]:
    """Return the text of each visible line in *node*."""
    return [line.text for line in Lines(node).all]


def is_block(node: HtmlElement) -> bool:
    """Return whether *node* begins and ends a line."""
    return node.tag not in _INLINE and ":" not in str(node.tag)


def is_hidden(node: HtmlElement) -> bool:
    """Return whether *node* itself is hidden by an attribute."""
    return node.get("hidden") is not None or bool(_HIDDEN.search(node.get("style", "")))


def elements(root: HtmlElement) -> Iterator[HtmlElement]:
    """Yield the elements in *root* (comments excluded), in document order."""
    return root.iter("*")


def _is_link(node: HtmlElement) -> bool:
    return node.tag == "a" and bool(node.get("href"))
