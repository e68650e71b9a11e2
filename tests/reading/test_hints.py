"""What an error says of a page in which a selector found nothing, or too much."""

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


def test_how_far_the_selector_led_and_what_is_named_alike() -> None:
    with pytest.raises(LayoutChanged) as caught:
        exactly_one(PAGE, "div.list > h2.title")
    assert str(caught.value) == (
        "'div.list > h2.title' found 0 nodes where it expected one: 'div.list' finds 1; "
        "near: h2.title-new (1), p.time (2)"
    )


def test_where_too_many_stand() -> None:
    with pytest.raises(LayoutChanged) as caught:
        at_most_one(PAGE, "p")
    place = "div#main.list.wide"
    assert str(caught.value) == (
        f"'p' found 4 nodes where it expected at most one: {place} > p.time; {place} > p.time; {place} > p.text; …"
    )


def test_a_field_that_stands_nowhere() -> None:
    error = missing_field(PAGE, "body", "#main .content", ".texts", besides="window.DATA")
    assert (error.field, error.selector) == ("body", "#main .content")
    assert str(error).startswith("body is missing: nothing at '#main .content', '.texts', window.DATA: ")
    assert "'#main' finds 1" in str(error)
    assert "p.text (2)" in str(error)


def test_where_nothing_is_near_the_page_says_what_it_is() -> None:
    page = Page("https://a.example/", "<html><head><title>安全检查</title></head></html>".encode())
    with pytest.raises(LayoutChanged, match="where it expected one: the page is called '安全检查'"):
        exactly_one(page, ".qrstuvw")


def test_nothing_near_is_said_by_nothing() -> None:
    with pytest.raises(LayoutChanged, match=r"where it expected one$"):
        exactly_one(Page("https://a.example/", b"<html></html>"), ".qrstuvw")


@given(st.lists(st.sampled_from(["div", ".a", "#b", "p.c", "[x='y z']", ":not(p)", "a, b"]), min_size=1, max_size=4))
def test_no_selector_makes_the_error_fail(parts: list[str]) -> None:
    css = " ".join(parts)
    if not all_of(PAGE, css):
        with pytest.raises(LayoutChanged, match="found 0 nodes"):
            exactly_one(PAGE, css)
