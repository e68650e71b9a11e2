"""The hints in the error for a selector that matches too few or too many nodes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.reading.errors import LayoutChanged
from crawler.reading.page import Page
from crawler.reading.query import all_of, at_most_one, exactly_one, missing_field

PAGE = Page(
    "https://a.example/",
    """<html><body><div id="main" class="list wide">
    <h2 class="title-new">一</h2><p class="time">1</p><p class="time">2</p><p class="text">3</p><p class="text">4</p>
    <script class="title">no place</script></div></body></html>""".encode(),
)


def test_hint_names_the_matching_part_and_similar_nodes() -> None:
    with pytest.raises(LayoutChanged) as caught:
        exactly_one(PAGE, "div.list > h2.title")
    assert str(caught.value) == (
        "'div.list > h2.title' found 0 nodes where it expected one: 'div.list' matches 1; "
        "similar: h2.title-new (1), p.time (2)"
    )


def test_hint_names_the_parents_of_too_many_nodes() -> None:
    with pytest.raises(LayoutChanged) as caught:
        at_most_one(PAGE, "p")
    place = "div#main.list.wide"
    assert str(caught.value) == (
        f"'p' found 4 nodes where it expected at most one: {place} > p.time; {place} > p.time; {place} > p.text; …"
    )


def test_missing_field_names_the_selectors() -> None:
    error = missing_field(PAGE, "body", "#main .content", ".texts", besides="window.DATA")
    assert (error.field, error.selector) == ("body", "#main .content")
    assert str(error).startswith("body is missing: not found at '#main .content', '.texts', window.DATA: ")
    assert "'#main' matches 1" in str(error)
    assert "p.text (2)" in str(error)


def test_hint_without_similar_nodes_is_the_page_title() -> None:
    page = Page("https://a.example/", "<html><head><title>安全检查</title></head></html>".encode())
    with pytest.raises(LayoutChanged, match="where it expected one: the page title is '安全检查'"):
        exactly_one(page, ".qrstuvw")


def test_hint_of_an_empty_page_is_empty() -> None:
    with pytest.raises(LayoutChanged, match=r"where it expected one$"):
        exactly_one(Page("https://a.example/", b"<html></html>"), ".qrstuvw")


@given(st.lists(st.sampled_from(["div", ".a", "#b", "p.c", "[x='y z']", ":not(p)", "a, b"]), min_size=1, max_size=4))
def test_hint_of_any_selector_is_an_error_message(parts: list[str]) -> None:
    css = " ".join(parts)
    if not all_of(PAGE, css):
        with pytest.raises(LayoutChanged, match="found 0 nodes"):
            exactly_one(PAGE, css)
