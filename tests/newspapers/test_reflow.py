"""Reflowing of printed text."""

from __future__ import annotations

import pytest

from crawler.newspapers.punctuation import widen_body
from crawler.newspapers.reflow import Paragraph, paragraphs_of, reflow
from crawler.text.punctuation import to_full_width
from tests.newspapers.pages import PAGE


def blocks(text: str, title: str = "") -> list[tuple[str, str]]:
    """Return tag and text of each element of the reflowed body."""
    reflowed = reflow(paragraphs_of(text), title)
    widen_body(reflowed.body)
    return [(str(node.tag), node.text or "") for node in reflowed.body]


def test_page_is_reflowed() -> None:
    assert reflow(paragraphs_of(PAGE)).title == "水库满了之后怎么办?"
    assert blocks(PAGE) == [
        (
            "p",
            "水库在三月里蓄满了水，镇上的人说，这是十年来的第一次，河边的纸厂因此又能开工，而下游的农户也不必再等雨，"
            "他们可以提前两周插秧。",
        ),
        ("h2", "纸厂重新开工"),
        (
            "p",
            "OpenWell 小组在 2023 年开始测量水位，他们的仪器（一共 12 台）每 10 分钟记录一次，收到的数据占全部的 95% "
            "以上，成立于 2021 年 5 月的另一个小组也加入了。他们用的软件叫做 Well-spring，作者来自 HuggingWater 公司。",
        ),
        ("h2", "原因一：雨水充足"),
        ("h2", "农户不必再等"),
        ("p", "农户说：“今年真好!”他们已经开始准备。"),
        ("p", "■据《山桥日报》"),
        ("p", "图据山桥镇"),
    ]


def test_wrapped_lines_are_joined() -> None:
    text = "　　水库在三月里蓄满了水，镇上的\n人说，这是十年来的第一次，Paper-\n"
    text += "mill 因此又能开工，下游的农户不\n必再等。\n"
    text += "　　他们可以提前两周插秧，这在山\n桥镇是一件大事。\n"
    assert [part.text for part in paragraphs_of(text)] == [
        "水库在三月里蓄满了水，镇上的人说，这是十年来的第一次，Papermill 因此又能开工，下游的农户不必再等。",
        "他们可以提前两周插秧，这在山桥镇是一件大事。",
    ]


@pytest.mark.parametrize(
    ("line", "is_heading"),
    [
        ("纸厂重新开工", True),
        ("纸厂何时开工?", True),
        ("获“山桥之星”称号 OpenWell 再扩“朋友圈”", True),
        ("四个字儿", False),
        ("他说：“好的。”", False),
        ("原因有下面这些：", False),
        ("（图片来自网络）", False),
        ("2025 02 05", False),
        ("山" * 29, False),
    ],
)
def test_short_lines_are_headings(line: str, is_heading: bool) -> None:
    text = f"水库的故事\n\n很长的一段话。\n\n{line}\n\n另一段话。\n"
    assert (("h2", to_full_width(line)) in blocks(text)) is is_heading


def test_many_short_lines_and_last_lines_are_not_headings() -> None:
    lines = [f"第{number}项内容" for number in "一二三四五"]
    assert blocks("很长的一段话。\n\n" + "\n\n".join(lines)) == [
        ("p", "很长的一段话。"),
        *(("p", line) for line in lines),
    ]
    assert blocks("很长的一段话。\n\n山桥镇宣传部") == [("p", "很长的一段话。"), ("p", "山桥镇宣传部")]


def test_given_headline_is_removed_from_the_text() -> None:
    assert ("h2", "水库满了之后怎么办？") in blocks(PAGE, "另一个标题")
    assert ("h2", "水库满了之后怎么办？") not in blocks(PAGE, "水库满了之后怎么办？")


def test_line_in_the_largest_font_is_the_headline() -> None:
    parts = [
        Paragraph("山桥镇新闻", 14),
        Paragraph("一段很长的话。" * 9, 9),
        Paragraph("水库满了", 9),
        Paragraph("水库" * 9 + "满了没有", 22),
    ]
    assert reflow([*parts, Paragraph("另一段话。", 9)]).title == "水库" * 9 + "满了没有"
