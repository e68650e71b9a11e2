"""Snippets: one printable line around the first hit, with the places of all hits in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.data.bigrams import pattern, runs
from crawler.data.snippets import snippet
from crawler.text.clean import printable


@pytest.mark.parametrize(
    ("text", "word", "line", "hits"),
    [
        ("央行降准。", "降准", "央行降准。", ["降准"]),
        ("第一行\n第二行说A 股\n第三行", "a股", "…第二行说A 股 第三行", ["A 股"]),
        ("字" * 100 + "Ａ股" + "尾" * 100, "A股", "…" + "字" * 25 + "Ａ股" + "尾" * 63 + "…", ["Ａ股"]),
        ("面积５㎡，㎡", "m2", "面积５㎡，㎡", ["㎡", "㎡"]),
        ("cafe\u0301 CAFÉ", "café", "cafe\u0301 CAFÉ", ["cafe\u0301", "CAFÉ"]),
        ("ｶﾞｽ", "ガス", "ｶﾞｽ", ["ｶﾞｽ"]),
        ("没有", "降准", "没有", []),
        ("", "降准", "", []),
        ("红\x1b[31m色\u202e\t文 \u200b 字", "色", "红 [31m色 文 字", ["色"]),
    ],
)
def test_snippet_shows_the_first_hit(text: str, word: str, line: str, hits: list[str]) -> None:
    found = snippet(text, [pattern(word)])
    assert found.text == line
    assert [found.text[start:end] for start, end in found.spans] == hits


def test_hits_of_several_words_are_joined_where_they_overlap() -> None:
    found = snippet("半导体与芯片", [pattern("半导"), pattern("导体"), pattern("芯片")])
    assert [found.text[start:end] for start, end in found.spans] == ["半导体", "芯片"]


@given(st.text(max_size=300), st.text(min_size=1, max_size=3))
def test_snippet_is_printable_and_its_spans_are_in_order(text: str, word: str) -> None:
    word = " ".join(word.split())
    if runs(word):
        found = snippet(text + word, [pattern(word)])
        assert printable(found.text) == found.text
        places = [place for span in found.spans for place in span]
        assert places == sorted(places)
        assert all(0 <= place <= len(found.text) for place in places)
