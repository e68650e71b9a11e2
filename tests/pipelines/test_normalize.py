"""Metadata becomes what the corpus has; the summary is cut by its rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.items import Article
from crawler.markdown.summary import summarize
from crawler.pipelines.normalize import normalize
from crawler.text.clean import clean

anything = st.text(st.characters())  # lone surrogates and control characters included


def article(**facts: object) -> Article:
    return Article(**({"source": "s", "id": "1", "url": "https://a.cn/1", "title": "题", "date": "2025-02-01"} | facts))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("\n  题　目\u00a0 二\r\n", "题 目 二"),
        ("题\x00\x1b目\x85\ufffe", "题目"),
        ("\u202e题\u2066目", "题目"),
        ("题\ud83d目", "题\ufffd目"),
        ("题目_某网", "题目"),
        ("题目\u00a0– 某站", "题目"),
        ("😀~“题”", "😀~“题”"),
    ],
)
def test_title(title: str, expected: str) -> None:
    assert normalize(article(title=title), ("_某网", " – 某站")).title == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (" https://a.cn/1.png\n", "https://a.cn/1.png"),
        ("//a.cn/1.png", "https://a.cn/1.png"),
        ("data:image/png;base64,x", ""),
        ("java\nscript:x", ""),
        ("/1.png", ""),
        ("", ""),
    ],
)
def test_addresses(address: str, expected: str) -> None:
    clean_article = normalize(article(thumbnail=address, author_url=address))
    assert clean_article.thumbnail == clean_article.author_url == expected


def test_other_fields() -> None:
    result = normalize(
        article(author=" 甲　乙 ", keywords=("丙", " ", "丙 ", "丁\n戊"), brief="\n己 ", url=" https://a.cn/1 ")
    )
    assert (result.author, result.keywords, result.brief) == ("甲 乙", ("丙", "丁 戊"), "己")
    assert result.url == "https://a.cn/1"


def test_short_text_is_its_own_summary() -> None:
    assert summarize("\n　　" + "字" * 76) == "字" * 76


def test_long_text_is_cut_at_fifty_white_space_included() -> None:
    assert summarize("字" * 80) == "字" * 50 + "..."
    assert summarize("\n　　" + "字" * 77) == "字" * 47 + "..."
    assert summarize("字\t字\n" * 20) == "字 字 " * 12 + "字 ..."


@given(anything)
def test_any_text_is_taken(text: str) -> None:
    result = normalize(article(title=text, author=text, thumbnail=text, keywords=(text, text), brief=text, url=text))
    assert "\n" not in result.title + summarize(text)
    for value in (result.title, summarize(text), clean(text)):
        value.encode("utf-8")


@given(anything)
def test_what_is_clean_stays(text: str) -> None:
    once = normalize(article(title=text, author=text, thumbnail=text, keywords=(text,)))
    twice = normalize(once)
    assert (twice.title, twice.author, twice.thumbnail, twice.keywords) == (
        once.title,
        once.author,
        once.thumbnail,
        once.keywords,
    )
