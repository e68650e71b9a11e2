"""Normalization of metadata, and the summary."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from crawler.items import Article
from crawler.layouts import hugo
from crawler.markdown.summary import summarize
from crawler.pipelines.normalize import normalize
from crawler.text.clean import clean

anything = st.text(st.characters())  # includes lone surrogates and control characters


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
    ("url", "expected"),
    [
        (" https://a.cn/1.png\n", "https://a.cn/1.png"),
        ("//a.cn/1.png", "https://a.cn/1.png"),
        ("data:image/png;base64,x", ""),
        ("java\nscript:x", ""),
        ("/1.png", ""),
        ("", ""),
    ],
)
def test_urls(url: str, expected: str) -> None:
    clean_article = normalize(article(thumbnail=url, author_url=url))
    assert clean_article.thumbnail == clean_article.author_url == expected


def test_other_fields() -> None:
    result = normalize(
        article(author=" 甲　乙 ", keywords=("丙", " ", "丙 ", "丁\n戊"), brief="\n己 ", url=" https://a.cn/1 ")
    )
    assert (result.author, result.keywords, result.brief) == ("甲 乙", ("丙", "丁 戊"), "己")
    assert result.url == "https://a.cn/1"


def test_summarize_keeps_a_short_text() -> None:
    assert summarize("\n　　" + "字" * 76) == "字" * 76


def test_summarize_cuts_a_long_text_at_fifty_characters_including_white_space() -> None:
    assert summarize("字" * 80) == "字" * 50 + "..."
    assert summarize("\n　　" + "字" * 77) == "字" * 47 + "..."
    assert summarize("字\t字\n" * 20) == "字 字 " * 12 + "字 ..."


@given(anything)
def test_normalize_accepts_any_text(text: str) -> None:
    result = normalize(article(title=text, author=text, thumbnail=text, keywords=(text, text), brief=text, url=text))
    assert "\n" not in result.title + summarize(text)
    for value in (result.title, summarize(text), clean(text)):
        value.encode("utf-8")


@given(anything)
def test_normalize_is_idempotent(text: str) -> None:
    once = normalize(article(title=text, author=text, thumbnail=text, keywords=(text,)))
    twice = normalize(once)
    assert (twice.title, twice.author, twice.thumbnail, twice.keywords) == (
        once.title,
        once.author,
        once.thumbnail,
        once.keywords,
    )


def front_matter_of(**fields: object) -> dict[str, object]:
    """Return the front matter of the normalized article, as YAML reads it, with all extra keys."""
    text = hugo.render(normalize(article(**fields)), hugo.EXTRA)
    text.encode()
    metadata: dict[str, object] = yaml.safe_load(text.partition("\n---\n")[0])
    return metadata


@pytest.mark.parametrize("field", ["page", "section", "pretitle", "subtitle"])
def test_newspaper_fields_without_surrogates_and_control_characters(field: str) -> None:
    assert front_matter_of(**{field: "甲\ud83d\n\u202e\x1b乙"})[field] == "甲\ufffd 乙"


def test_names_of_counts_without_surrogates_and_control_characters() -> None:
    assert front_matter_of(counts={"\ud83d\x00": 1})["counts"] == {"\ufffd": 1}


def test_id_without_surrogates() -> None:
    assert front_matter_of(id="\ud83d")["id"] == "\ufffd"


def test_thumbnail_without_bidirectional_characters() -> None:
    assert front_matter_of(thumbnail="https://a.cn/\u202egpj.1")["thumbnail"] == "https://a.cn/gpj.1"


def test_long_name_of_a_count_is_readable_yaml() -> None:
    metadata, _ = hugo.load(hugo.render(normalize(article(counts={"长" * 2000: 2})), extra=("counts",)))
    assert list(metadata["counts"].values()) == [2]
