"""The index of a page and `select` return the same nodes as one XPath."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.etree import XPath
from parsel.csstranslator import HTMLTranslator

from crawler.reading.page import Page
from crawler.reading.select import select

NAMES = ("a", "b", "a-b", "A")
tags = st.sampled_from(("div", "p", "span", "li"))
names = st.lists(st.sampled_from(NAMES), max_size=3)
blanks = st.sampled_from((" ", "\n", "\t", "  ", "\u3000"))  # the last does not separate classes


@st.composite
def element(draw: st.DrawFn, depth: int = 3) -> str:
    tag, blank = draw(tags), draw(blanks)
    classes = f' class="{blank}{blank.join(draw(names))}"' if draw(st.booleans()) else ""
    identifier = f' id="{draw(st.sampled_from(NAMES))}"' if draw(st.booleans()) else ""
    inside = draw(st.lists(element(depth - 1), max_size=3)) if depth else []
    return f"<{tag}{classes}{identifier}>{''.join(inside)}</{tag}>"


single = st.builds("{}{}{}".format, st.sampled_from(("", "div", "p")), st.sampled_from(".#"), st.sampled_from(NAMES))
simple = st.one_of(
    single,
    tags,
    st.sampled_from(("p[class]", "p[class=a]", 'span[class="a b"]', "li[id=A]")),
    st.just(".a.b"),
    st.just("#a:first-child"),
)
below = st.builds("{}{}{}".format, simple, st.sampled_from((" ", " > ", ">", " + ", " ~ ")), simple)
selectors = st.lists(st.one_of(simple, below), min_size=1, max_size=3).map(", ".join)


@given(st.lists(element(), max_size=4).map("".join), selectors)
def test_select_equals_xpath(html: str, css: str) -> None:
    page = Page("https://a.example/", f"<html><body>{html}</body></html>".encode())
    xpath = XPath(HTMLTranslator().css_to_xpath(css))
    assert page.select(css) == xpath(page.tree)
    for node in page.tree.iter():
        assert select(node, css) == xpath(node)


def test_invalid_selector_is_a_syntax_error() -> None:
    page = Page("https://a.example/", b"<p class=a>x</p>")
    for css in (".a >", ".a,", ",", ".a[", "..a", "p[-]", 'p[class="a\n"]'):
        with pytest.raises(SyntaxError):  # base class of cssselect's error
            page.select(css)
