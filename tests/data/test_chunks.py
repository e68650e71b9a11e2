"""Passages: each character of an article is in exactly one, in the order of the text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.data.chunks import MOST, chunks
from crawler.markdown.plain_text import plain_text


def joined(markdown: str) -> str:
    """Return the text of all passages without repeated header rows and white space."""
    return re.sub(r"\s", "", "".join(chunk.text[chunk.repeated :] for chunk in chunks(markdown)))


def table(rows: int, header: str = "| 名称 | 值 |", cell: str = "数" * 30) -> str:
    return "\n".join([header, "| --- | --- |", *(f"| 行{number} | {cell} |" for number in range(rows))])


SENTENCES = st.text("文字a,，。！？!?. \n”）|*#>-`", max_size=60)
BLOCKS = st.one_of(
    SENTENCES,
    st.builds(lambda text, number: text * number, SENTENCES, st.integers(1, 80)),
    st.builds(lambda level, text: f"{'#' * level} {text or '题'}".replace("\n", " "), st.integers(3, 6), SENTENCES),
    st.builds(lambda text: f"{text or '题'}".replace("\n", " ") + "\n---", SENTENCES),
    st.builds(table, st.integers(1, 80), st.sampled_from(["| 名称 | 值 |", "|  |  |", f"| {'长' * 400} | b |"])),
    st.builds(lambda cell: table(2, cell=cell.replace("\n", " ") * 60), SENTENCES),
    st.just("```\na  b\n\nc\n```"),
)


@given(st.lists(BLOCKS, max_size=12).map("\n\n".join))
def test_each_character_is_in_exactly_one_passage(markdown: str) -> None:
    found = list(chunks(markdown))
    assert joined(markdown) == re.sub(r"\s", "", plain_text(markdown))
    assert [chunk.position for chunk in found] == list(range(len(found)))
    assert all(chunk.text.strip() and len(chunk.text) <= MOST for chunk in found)


def test_blocks_stay_together_up_to_a_thousand_characters() -> None:
    paragraphs = [f"{letter * 299}。" for letter in "甲乙丙丁戊"]
    found = [chunk.text for chunk in chunks("\n\n".join(paragraphs))]
    assert found == ["\n\n".join(paragraphs[:3]), "\n\n".join(paragraphs[3:])]


@pytest.mark.parametrize("end", ["。", "！", "？", "!", "?", "。”", "！）", "……。"])
def test_a_long_paragraph_is_cut_after_a_sentence(end: str) -> None:
    found = [chunk.text for chunk in chunks(("字" * 90 + end) * 30)]
    assert len(found) > 2
    assert all(text.endswith(end) and 500 <= len(text) <= MOST for text in found[:-1])


def test_a_number_is_not_cut_at_its_point() -> None:
    assert all("3.5" not in chunk.text[-2:] + "|" for chunk in chunks("增长3.5" * 600))


def test_text_without_sentences_is_cut_after_a_comma_or_else_anywhere() -> None:
    assert [len(chunk.text) for chunk in chunks("字" * 2300)] == [1000, 1000, 300]
    assert next(chunks("字" * 899 + "，" + "字" * 899)).text.endswith("，")


def test_heading_path_and_heading_with_its_text() -> None:
    text = "正文。" * 250
    markdown = f"开头。\n\n一、行业\n----\n\n### 1. 概况\n\n{text}\n\n### 2. 展望\n\n{text}\n\n二、公司\n----\n\n{text}"
    found = list(chunks(markdown))
    paths = [chunk.heading for chunk in found]
    assert paths[1:] == ["一、行业 > 1. 概况", "一、行业 > 2. 展望", "二、公司"] or "一、行业 > 2. 展望" in paths
    assert all(not chunk.text.rstrip().endswith(("概况", "展望", "行业", "公司")) for chunk in found)
    assert [chunk.heading for chunk in found if chunk.text.startswith("二、公司")] == ["二、公司"]


def test_a_long_table_repeats_its_header_row_and_no_other_table_does() -> None:
    found = list(chunks(table(100)))
    assert len(found) > 3
    assert all(chunk.text.startswith("名称\t值\n") for chunk in found)
    assert [chunk.repeated for chunk in found] == [0, *[len("名称\t值\n")] * (len(found) - 1)]
    assert all(chunk.repeated == 0 for chunk in chunks(table(100, "|  |  |")))
    assert all(chunk.repeated == 0 for chunk in chunks("文字。" * 900))


def test_a_table_of_up_to_a_thousand_characters_stays_together() -> None:
    rows = table(20)
    found = list(chunks("文字。" * 150 + "\n\n" + rows))
    assert [chunk.text for chunk in found] == ["文字。" * 150, plain_text(rows)]


@pytest.mark.parametrize("markdown", ["", "\n\n", "![](https://a.example/p.png)", "---"])
def test_an_article_without_text_has_no_passage(markdown: str) -> None:
    assert list(chunks(markdown)) == []
