"""The query helpers of readers, and the candidates of fields."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.reading.candidates import Candidates
from crawler.reading.errors import LayoutChanged
from crawler.reading.html import parse_fragment
from crawler.reading.page import Page
from crawler.reading.query import all_of, at_most_one, exactly_one, first, href, required, text
from crawler.reading.scripts import values_of
from crawler.text import urls
from tests.support.cpu_time import assert_linear, within

BASES = (
    "http://a.example/b/c.html",
    "https://a.example",
    "https://a.example:8080/?b",
    "http://u@a.example/",
    "file:///b",
)
PLAIN = re.compile(r"(https?://[\w.-]+)?/[\w./-]*(\?[\w.=&%-]+)?", re.ASCII)
PAGE = Page("https://a.example/", b"<html><body><h1> A \n title </h1><p>1</p><p>2</p></body></html>")


def test_query_helpers_return_the_stated_number_of_nodes() -> None:
    assert text(exactly_one(PAGE, "h1")) == "A title"
    assert text(first(PAGE, "p")) == "1"
    assert [text(node) for node in all_of(PAGE, "p")] == ["1", "2"]
    assert text(at_most_one(PAGE, "h1")) == "A title"
    assert at_most_one(PAGE, "h2") is None
    assert text(at_most_one(PAGE, "h2")) == ""
    assert all_of(PAGE, "h2") == []
    assert [text(node) for node in all_of(exactly_one(PAGE, "body"), "p")] == ["1", "2"]


def test_query_error_names_the_selector_and_the_count() -> None:
    with pytest.raises(LayoutChanged, match=r"'h2' found 0 nodes where it expected one"):
        exactly_one(PAGE, "h2")
    with pytest.raises(LayoutChanged, match=r"'p' found 2 nodes where it expected one"):
        exactly_one(PAGE, "p")
    with pytest.raises(LayoutChanged, match=r"'p' found 2 nodes where it expected at most one"):
        at_most_one(PAGE, "p")
    with pytest.raises(LayoutChanged, match=r"'h2' found 0 nodes where it expected at least one"):
        first(PAGE, "h2")
    with pytest.raises(LayoutChanged, match="broker is missing") as caught:
        required("", "broker")
    assert caught.value.field == "broker"


@given(
    st.from_regex(PLAIN, fullmatch=True) | st.text("/a.?=:#&%-é \\[@", max_size=12),
    st.sampled_from(BASES),
)
def test_absolute_url_equals_urljoin(url: str, base: str) -> None:
    assert none_if_invalid(urls.absolute_url, url, base) == none_if_invalid(urljoin, base, url.strip())


def none_if_invalid(join: Callable[[str, str], str], *words: str) -> str | None:
    with suppress(ValueError):
        return join(*words)
    return None


def test_href_is_absolute() -> None:
    page = Page(
        "https://a.example/b/c",
        b"""<a href="https://d.example/x?y=1">1</a> <a href=" /e ">2</a> <a href=f>3</a>
        <a href="//g.example/">4</a> <a href="https://[">5</a> <a href="">6</a> <a>7</a>""",
    )
    expected = [
        "https://d.example/x?y=1",
        "https://a.example/e",
        "https://a.example/b/f",
        "https://g.example/",
        "",
        "",
        "",
    ]
    assert [href(node, page) for node in all_of(page, "a")] == expected
    assert href(None, page) == ""


def head(*lines: str) -> Candidates:
    return Candidates(Page("https://a.example/20250211x", f"<html><head>{''.join(lines)}</head></html>".encode()))


JSON_LD = """<script type="application/ld+json">{"@graph": [{"@type": "WebSite"}, {"headline": "by json-ld",
    "datePublished": "2025-02-01T08:00:00+08:00", "author": [{"name": "Li"}]}]}</script>"""
METAS = (
    '<meta property="og:title" content="by og"><meta property="article:published_time" content="2025-02-02 08:00:00">'
)


def test_candidates_of_the_site_come_first() -> None:
    candidates = head(JSON_LD, METAS)
    assert candidates.title({"h1": None, "DATA": " by  DATA "}) == "by DATA"
    assert candidates.date({"DATA": "nonsense", "dom": "2025-02-03 09:00"}) == "2025-02-03 09:00:00"
    assert candidates.chosen == {"title": "DATA", "date": "dom"}


@pytest.mark.parametrize(
    ("lines", "title", "date", "chosen"),
    [
        ((JSON_LD, METAS), "by json-ld", "2025-02-01 08:00:00", {"title": "json-ld", "date": "json-ld"}),
        ((METAS,), "by og", "2025-02-02 08:00:00", {"title": "og:title", "date": "article:published_time"}),
        (
            ("<title>plain</title><time>2025年2月4日</time>",),
            "plain",
            "2025-02-04",
            {"title": "<title>", "date": "<time>"},
        ),
        (("<title>plain</title>",), "plain", "2025-02-11", {"title": "<title>", "date": "address"}),
        (('<script type="application/ld+json">{broken</script>', METAS), "by og", "2025-02-02 08:00:00",
         {"title": "og:title", "date": "article:published_time"}),
    ],
)  # fmt: skip
def test_general_candidates_come_next(lines: tuple[str, ...], title: str, date: str, chosen: dict[str, str]) -> None:
    candidates = head(*lines)
    assert candidates.title({}) == title
    assert candidates.date({}, "20250211x") == date
    assert candidates.chosen == chosen


def test_missing_mandatory_field_is_named() -> None:
    with pytest.raises(LayoutChanged, match=r"title is missing: not found in h1=' ', nor in the metadata"):
        head().title({"h1": " "})
    with pytest.raises(LayoutChanged, match=r"date is missing: not found in h1='soon'"):
        head().date({"h1": "soon"}, "6183097")


def test_author_and_thumbnail_may_be_absent() -> None:
    assert head(JSON_LD).author({}) == "Li"
    assert head().author({}) == head().thumbnail({}) == ""


def test_date_with_time_replaces_the_same_day_without_time() -> None:
    candidates = head()
    assert candidates.date({"byline": "2025-02-03", "list": "2025-02-03 09:00:01"}) == "2025-02-03 09:00:01"
    assert candidates.chosen == {"date": "list"}
    assert candidates.date({"byline": "2025-02-03", "list": "2025-02-04 09:00:01"}) == "2025-02-03"


def test_date_in_the_future_is_rejected() -> None:
    page = Page("https://a.example/", b"<html></html>", fetched_at="2025-02-11T20:00:00+00:00")  # the 12th in Beijing
    dates = {"DATA": "2031-01-01 00:00:00", "h1": "2025-02-12"}
    assert Candidates(page).date(dates) == "2025-02-12"
    # Up to 24 hours ahead is accepted, because some clocks are wrong.
    assert Candidates(page).date({"DATA": "2025-02-13 04:00:00"}) == "2025-02-13 04:00:00"
    assert Candidates(page).date({"DATA": "2025-02-13"}) == "2025-02-13"
    with pytest.raises(LayoutChanged, match="date is in the future"):
        Candidates(page).date({"DATA": "2025-02-13 04:00:01"})
    with pytest.raises(LayoutChanged, match="date is in the future: DATA=2025-02-14"):
        Candidates(page).date({"DATA": "2025-02-14"})


def test_title_of_invisible_characters_is_skipped() -> None:
    assert head().title({"h1": "\u200e\u202a\u200b", "DATA": "seen"}) == "seen"


def test_page_error_is_one_line() -> None:
    assert str(LayoutChanged("code 1: x\nfake\x1b[31m")) == "code 1: x fake[31m"


def test_all_of_takes_linear_time_for_a_selector_list() -> None:
    page = Page("http://a.example/", b"<html><body>" + b"<a href=x>x</a><area href=x>" * 20_000)
    found = within(2, lambda: all_of(page, "a[href], area[href], a"))
    assert [node.tag for node in found] == ["a", "area"] * 20_000


def test_all_of_with_a_selector_list_that_leads_to_siblings_of_the_node() -> None:
    first_node, second_node = parse_fragment("<p class='a b'></p><p class='a b'></p>")
    assert all_of(first_node, ".a, .a + .b") == [first_node, second_node]


def test_values_of_a_script_takes_linear_time() -> None:
    """The decoder counts the lines before each error."""
    assert values_of("window.DATA = {\n" * 5_000, "window.DATA") == []
    assert_linear(lambda number: values_of("window.DATA = {\n" * number, "window.DATA"), 5_000, 100_000)
    assert values_of("window.DATA = {\n" * 50 + 'window.DATA\n=\t{"a": 1}', "window.DATA") == [{"a": 1}]
