"""The walker gives the same bytes as markdownify for a simplified body, at any nesting depth and in linear time."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree, html
from lxml.html import HtmlElement
from markdownify import MarkdownConverter

from crawler.items import Article
from crawler.markdown.convert import convert
from crawler.markdown.elements import ELEMENTS, MARKDOWNIFY_TAGS, REPLACED
from crawler.markdown.markdownify_fallback import convert_with_markdownify
from crawler.markdown.rules import Headings, Unsupported
from crawler.markdown.simplify import simplified
from crawler.markdown.walker import walk
from crawler.reading.errors import PageError
from crawler.reading.html import parse_fragment
from crawler.reading.read import ReadOptions, read_article
from crawler.reading.source import Source
from crawler.recordings.cases import load_case
from tests.spiders.test_fixtures import CASES, FIXTURES, LOADER

EXAMPLES = int(os.environ.get("EXAMPLES", "0"))  # number of random examples for a manual run, e.g. EXAMPLES=50000
STYLES: tuple[Headings, Headings] = ("setext", "atx")
PARSER = html.HTMLParser(huge_tree=True)


def recorded_bodies() -> Iterator[tuple[str, HtmlElement]]:
    """Yield the case name and body of each recorded page that is an article."""
    for case in CASES:
        page, bodies = load_case(FIXTURES / case), list[HtmlElement]()

        def keep(article: Article, bodies: list[HtmlElement] = bodies) -> Article:
            assert article.body is not None
            bodies.append(article.body)
            return replace(article)

        if page.link is not None:
            try:
                read_article(cast("type[Source]", LOADER.load(case.parts[0])), page, ReadOptions(edit=keep))
            except PageError:
                continue
            yield from ((str(case), body) for body in bodies)


def test_walker_supports_every_recorded_body() -> None:
    bodies = list(recorded_bodies())
    assert len(bodies) > 20
    for case, body in ((case, simplified(body)) for case, body in bodies):
        for headings in STYLES:
            assert walk(body, headings) == convert_with_markdownify(body, headings), case


def test_walker_supports_every_body_of_the_mirror(shared: Path) -> None:
    paths = sorted((shared / "mirror" / "expected" / "body").glob("*/*.html"))
    assert len(paths) > 200
    for path in paths:
        body = simplified(html.fragment_fromstring(path.read_text("utf-8"), parser=PARSER))
        for headings in STYLES:
            assert walk(body, headings) == convert_with_markdownify(body, headings), path.name


PIECES = ["a", "甲乙", " ", "  ", "\n", " \n ", "\t", "　", "\u00a0", "\u200b", "\u2003", "\ufeff", "*", "_", "`",
          "```", "~~~", "<", "</b", "&amp;", "lt;", "{{<", "{%", "[", "](javascript:x)", "]", "\\", "|", "# ", "1. ",
          "- ", "> ", "===", "。", "“", "http://a.cn/", "a b", " x ", "\x7f", "\x85", "\U0001f600", '"']  # fmt: skip
ATTRIBUTES = {
    "href": [
        "http://a.cn/",
        "https://a.cn/a_b?x=1&y=2",
        "javascript:x",
        "",
        "/rel",
        "http://a.cn/文",
        "http://a.cn/<x>",
    ],
    "src": ["http://a.cn/1.png", "", "//b/c", "data:x", "https://a.cn/a&b"],
    "poster": ["http://a.cn/p.png", "javascript:x"],
    "alt": ["图片", "", "a\nb", "<b>", "*x*", "a]b"],
    "title": ["t", '"q"', 'a\n"b"', "{{<"],
    "colspan": ["2", "0", "x", "1001"],
    "start": ["3", "0", "½"],
}
TAGS = {
    "all": [*cast("dict[str, object]", ELEMENTS), *REPLACED, "svg", "x:y", "a-b", "!--"],
    "text": ["p", "br", "div", "span", "strong", "b", "em", "a", "img", "h1", "h2", "h3", "section", "!--"],
    "lists": ["ul", "ol", "li", "li", "p", "b", "br", "blockquote", "div", "!--"],
    "tables": ["table", "thead", "tbody", "tr", "tr", "td", "td", "th", "p", "br", "caption", "ul", "pre"],
    "code": ["pre", "code", "br", "b", "p", "li", "td", "a", "h2", "kbd"],
    "media": ["a", "img", "figure", "figcaption", "video", "source", "iframe", "h2", "p", "td"],
}
texts = st.lists(st.sampled_from(PIECES), max_size=4).map("".join) | st.just("")


def nodes(tags: list[str]) -> st.SearchStrategy[HtmlElement]:
    """Generate bodies with nested elements of *tags*: any tree, or a tree that the HTML parser returns."""

    def grown(steps: list[tuple[int, str, str, str, dict[str, str]]]) -> HtmlElement:
        body = html.Element("div")
        path = [body]
        for depth, tag, text, tail, attributes in steps:
            del path[1 + depth % len(path) :]
            node = cast(HtmlElement, etree.Comment("x")) if tag == "!--" else html.Element(tag)
            path[-1].append(node)
            node.tail = tail
            if tag != "!--":
                node.text = text
                node.attrib.update(attributes)
                path += [] if tag in ("script", "style", "iframe") else [node]
        return body

    attributes = st.fixed_dictionaries({}, optional={name: st.sampled_from(of) for name, of in ATTRIBUTES.items()})
    steps = st.lists(
        st.tuples(st.integers(0, 11), st.sampled_from(tags), texts, texts, attributes), min_size=4, max_size=20
    )
    trees = steps.map(grown)
    parsed = trees.map(lambda body: parse_fragment(etree.tostring(body, encoding="unicode", method="html")))
    return trees | parsed


@pytest.mark.parametrize("group", TAGS)
def test_walker_equals_markdownify_for_generated_bodies(group: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if group in ("all", "lists"):
        monkeypatch.setattr("crawler.markdown.lists.LONG_TEXT", 3)  # generated lists are short
    seen: Counter[str] = Counter()

    @settings(
        max_examples=EXAMPLES or 300,
        derandomize=not EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(nodes(TAGS[group]), st.sampled_from(STYLES))
    def compare(body: HtmlElement, headings: Headings) -> None:
        simple = simplified(body)
        try:
            walked = walk(simple, headings)
        except Unsupported as reason:
            seen[f"unsupported: {reason}"] += 1
            return
        assert walked == convert_with_markdownify(simple, headings), etree.tostring(body, encoding="unicode")
        seen.update({node.tag for node in body.iterdescendants() if isinstance(node.tag, str)}, walked=1)

    compare()
    unsupported = sum(count for reason, count in seen.items() if reason.startswith("unsupported"))
    assert seen["walked"] > 2 * unsupported, seen
    assert set(TAGS[group]) - set(seen) <= {"!--"}, "some elements were never compared"


def test_every_element_of_markdownify_has_a_rule_or_is_left_to_markdownify() -> None:
    """A new version of markdownify may convert more elements."""
    methods = {name.removeprefix("convert_") for name in dir(MarkdownConverter) if name.startswith("convert_")}
    not_elements = {"hN", "soup", "_document_"}
    assert {
        name
        for name in methods - not_elements
        if name not in {*ELEMENTS, *REPLACED} and not MARKDOWNIFY_TAGS.fullmatch(name)
    } == set()


def nested(tags: list[str], levels: int, text: str = "", tail: str = "") -> HtmlElement:
    body = node = html.Element("div")
    for level in range(levels):
        node = etree.SubElement(node, tags[level % len(tags)])
        node.text, node.tail = text, tail
    node.text = "里"
    return body


def row(tag: str, count: int, around: str = "div", text: str = "", tail: str = "", **attributes: str) -> HtmlElement:
    body = html.Element("div")
    inside = etree.SubElement(body, around)
    for _ in range(count):
        node = etree.SubElement(inside, tag, attributes)
        node.text, node.tail = text, tail
    return body


def with_text(text: str) -> HtmlElement:
    body = html.Element("div")
    body.text = text
    return body


@pytest.mark.parametrize(
    "tags", [["div"], ["p", "span"], ["b"], ["a", "em"], ["section", "h2"], ["figure", "figcaption"]]
)
def test_deeply_nested_elements_keep_their_formatting(tags: list[str]) -> None:
    text, by = convert(nested([*tags, "strong"], 10_000, "外"))
    assert by == "walk"
    assert "里**" in text
    assert text.count("外") == 9_999


def test_deeply_nested_lists_and_quotes_keep_their_markers() -> None:
    assert convert(nested(["blockquote"], 1_000, "外")).text.endswith("\n" + "> " * 1_000 + "里")
    text, by = convert(nested(["ul", "li"], 1_000))
    assert text == ("* + - " * 167)[:1_000] + "里"
    assert by == "walk"


def test_convert_names_the_method() -> None:
    assert convert(nested(["h7", "list"], 10)).by == "markdownify"
    assert convert(nested(["h7", "list"], 1_000, "外")).by == "plain text"
    assert convert(nested(["dl", "dd"], 1_000, "外")).by == "walk"
    assert convert(nested(["table", "tr", "td"], 3 * 31)).by == "walk"
    assert convert(nested(["div", "b"], 1_000, "外")).by == "walk"


def calls(body: HtmlElement) -> int:
    """Return the number of function calls during the conversion of *body*."""
    count = 0

    def profile(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        convert(body)
    finally:
        sys.setprofile(None)
    return count


SHAPES = {
    "items": lambda n: row("li", n, "ul", "甲"),
    "numbered items": lambda n: row("li", n, "ol", "甲"),
    "empty items": lambda n: row("li", n, "ul", tail="\n"),
    "pictures": lambda n: row("img", n, src="http://a.cn/1.png", alt="图", tail="\n"),
    "breaks": lambda n: row("br", n, tail="\n"),
    "lists": lambda n: row("ul", n, text="甲"),
    "rows": lambda n: row("tr", n, "tbody", "甲"),
    "bodies of a table": lambda n: row("tbody", n, "table", "甲"),
    "code": lambda n: row("code", n, text="<b"),
    "divs": lambda n: nested(["div"], n, " 甲 ", "\n乙\n"),
    "inline": lambda n: nested(["b", "span", "a"], n, " 甲 ", "\n乙\n"),
    "texts": lambda n: with_text("a_b <c> &amp; {% \\<b> ](x:y) " * n),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_convert_takes_linear_time(shape: str) -> None:
    make = SHAPES[shape]
    convert(make(10))  # imports and caches
    assert convert(make(1_000)).by == "walk"
    assert calls(make(4_000)) < 4.4 * calls(make(1_000)) + 100


@pytest.mark.parametrize("blank", [" ", "\n", "\t", "　", "\u00a0 "])
def test_runs_of_white_space_take_constant_steps(blank: str) -> None:
    assert calls(with_text(f"甲{80_000 * blank}乙")) < 100
