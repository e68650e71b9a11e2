"""The addresses of pictures in Markdown: found and replaced as a renderer sees them."""

from __future__ import annotations

import re

import cmarkgfm
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.markdown.convert import convert
from crawler.markdown.picture_links import picture_addresses, picture_url, replace_addresses
from crawler.reading.html import parse_fragment
from tests.support.cpu_time import within

A, B = "http://p.example/a.png", "http://p.example/b.png"

FOUND = {
    f"![]({A})": [A],
    f"text ![图片]({A}) text ![b]({B} \"title (x)\") end": [A, B],
    f"[![alt]({A})](http://x.example/)": [A],
    f"| ![a]({A}) | ![b]({B}) |": [A, B],
    f"> * ![a]({A})": [A],
    f"## ![a]({A}) heading": [A],
    f"![a [b] c]({A}) ![a [b [c]] d]({B})": [A, B],
    f"![a \\[ b]({A})": [A],
    f"![a `]` b]({A})": [A],
    f"\\\\![a]({A})": [A],
    f"![a]({A})![a]({A})": [A],
    "![a](a1/0123456789abcdef.png)": ["a1/0123456789abcdef.png"],
    f"\\![a]({A})": [],
    f"`![a]({A})`": [],
    f"`` ` ![a]({A}) ``": [],
    f"```\n![a]({A})\n```\n![b]({B})": [B],
    f"> ~~~\n> ![a]({A})\n> ~~~\n\n![b]({B})": [B],
    f"* ```\n  ![a]({A})\n  ```": [],
    f"```` ``` ```` ![a]({A})": [A],
    f"```\n![a]({A})": [],
    f"[a]({A}) !{A} ![a] ({A}) ![a]() ![a": [],
    f"![a](<{A}>)": [],  # a form that this project does not write
    f"![a]({A}?<3>)": [f"{A}?<3>"],
    f"!\\[a]({A})": [],
    "": [],
}  # fmt: skip


@pytest.mark.parametrize("markdown", FOUND)
def test_pictures_are_found_and_replaced(markdown: str) -> None:
    assert picture_addresses(markdown) == FOUND[markdown]
    new = {address: f"n{number}/x.png" for number, address in enumerate(FOUND[markdown])}
    replaced = replace_addresses(markdown, new)
    assert picture_addresses(replaced) == list(new.values())
    assert replace_addresses(replaced, {value: key for key, value in new.items()}) == markdown
    assert replace_addresses(markdown, {"http://p.example/c.png": "c"}) == markdown


@pytest.mark.parametrize("markdown", [text for text in FOUND if "~~~" not in text and "<" not in text])
def test_a_renderer_finds_the_same_pictures(markdown: str) -> None:
    table = f"|  |  |\n| --- | --- |\n{markdown}" if markdown.startswith("|") else markdown
    html = cmarkgfm.github_flavored_markdown_to_html(table)
    assert list(dict.fromkeys(re.findall(r'<img src="([^"]+)"', html))) == FOUND[markdown]


@pytest.mark.parametrize(
    ("source", "url"),
    [
        ("http://p.example/a.png?x=1&copy;=2", "http://p.example/a.png?x=1&copy;=2"),
        ("http://p.example/a.png?x=1&copy=2&lt=3", "http://p.example/a.png?x=1&copy=2&lt=3"),
        ("http://p.example/a b(1).png", "http://p.example/a%20b%281%29.png"),
        ("http://p.example/图 片.png", "http://p.example/图%20片.png"),
        ("//p.example/a.png", "https://p.example/a.png"),
        ("http://p.example/a|b.png", "http://p.example/a|b.png"),
        ("http://p.example/a_b_c*d*.png", "http://p.example/a_b_c*d*.png"),
    ],
)
@pytest.mark.parametrize("html", ['<p><img src="{}"></p>', "<table><tr><td>a</td><td><img src='{}'></td></tr></table>"])
def test_the_url_of_a_picture_survives_the_conversion(html: str, source: str, url: str) -> None:
    markdown = convert(parse_fragment(html.format(source.replace("&", "&amp;")))).text
    [address] = picture_addresses(markdown)
    assert picture_url(address).replace("%7C", "|") == url


_PIECES = st.sampled_from(
    ["![", "]", "(", ")", "a", "`", "```", "\n", "\\", "[", " ", ">", "* ", "~~~", '"t"', A, B, "|"]
)


@given(st.lists(_PIECES, max_size=30).map("".join))
def test_replacing_is_reversed_for_any_text(markdown: str) -> None:
    found = picture_addresses(markdown)
    new = {address: f"local/{number}" for number, address in enumerate(found)}
    replaced = replace_addresses(markdown, new)
    if not {*new.values()} & {*found}:
        assert replace_addresses(replaced, {value: key for key, value in new.items()}) == markdown


@pytest.mark.parametrize("piece", ["![", "![a](", "![`", "`![a](b", "[]![", '![a](x "', "\\\\![", "![a](b)`"])
def test_long_lines_take_linear_time(piece: str) -> None:
    within(2, lambda: picture_addresses(piece * 100_000))
