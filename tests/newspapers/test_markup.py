"""Pairs of marks are found as by one pattern for the pair, in linear time."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.newspapers.markup import enclosed, plain_text
from tests.support.cpu_time import assert_linear, within

NAMED = re.compile("<([a-z])>", re.I), re.compile("</([a-z])>", re.I)
NAMELESS = re.compile(r"\{"), re.compile(r"\}")


@given(st.lists(st.sampled_from(["<a>", "</a>", "<b>", "</B>", "x", "<A>"]), max_size=15).map("".join))
def test_named_pairs_equal_one_pattern(html: str) -> None:
    one = re.compile(r"<([a-z])>(.*?)</\1>", re.S | re.I)
    assert list(enclosed(html, *NAMED)) == [(name.lower(), text) for name, text in one.findall(html)]


@given(st.lists(st.sampled_from(["{", "}", "x"]), max_size=15).map("".join))
def test_pairs_without_names_equal_one_pattern(text: str) -> None:
    assert [found for _, found in enclosed(text, *NAMELESS)] == re.findall(r"\{(.*?)\}", text)


@pytest.mark.parametrize("unit", ["<a>", "</a>", "<a></b>", "<a><b>", "<a></a>"])
def test_takes_linear_time(unit: str) -> None:
    assert_linear(lambda number: list(enclosed(unit * number, *NAMED)), 2_000, 40_000)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("甲<br>乙<BR />丙", "甲 乙 丙"),
        ("<![CDATA[甲<b>乙</b>]]>&amp;", "甲乙&"),
        ("1 < 2", "1 < 2"),
        ("<a <b>甲", "甲"),
        ("甲<b", "甲<b"),
        ("<![CDATA[甲", "<![CDATA[甲"),
    ],
)
def test_plain_text(html: str, text: str) -> None:
    assert plain_text(html) == text


@pytest.mark.parametrize("unit", ["<", "<![CDATA[", "<br", "<b>", "]]>"])
def test_plain_text_takes_linear_time(unit: str) -> None:
    within(5, lambda: plain_text(unit * 200_000))
