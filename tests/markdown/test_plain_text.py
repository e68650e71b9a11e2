"""The plain text of the Markdown that the converter writes."""

from __future__ import annotations

import re
from pathlib import Path

import cmarkgfm
import lxml.html
import pytest
from cmarkgfm.cmark import Options
from hypothesis import given
from hypothesis import strategies as st

from crawler.layouts import identify
from crawler.markdown.plain_text import blocks, plain_text

FIXTURES = Path(__file__).parents[1] / "fixtures"


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("", ""),
        ("甲  \n乙", "甲\n乙"),
        ("**一、行业**概况\n\n*斜*体~~删~~", "一、行业概况\n\n斜体删"),
        ("**“你好。”**下", "“你好。”下"),
        ("看[这里](https://a.example/b \"标题\")和<https://a.example/>。", "看这里和https://a.example/。"),
        ("![图1](https://a.example/1.jpg)", "图1"),
        ("[![封面](https://a.example/1.jpg)](https://a.example/)", "封面"),
        ("![](https://a.example/1.jpg)\n\n文字", "文字"),
        ("\\[1\\] 5\\*3 a\\_b &lt;b> &amp;amp; C\\\\D", "[1] 5*3 a_b <b> &amp; C\\D"),
        ("标题\n==\n\n小标题\n-----\n\n文", "标题\n\n小标题\n\n文"),
        ("### 三级\n文", "三级\n\n文"),
        ("# C\\#", "C#"),
        ("* 甲\n  + 乙\n\n1. 丙\n2. 丁", "甲\n乙\n\n1. 丙\n2. 丁"),
        ("> 引\n> \n> * 文", "引\n\n文"),
        ("文\n\n---\n\n文", "文\n\n文"),
        ("|  |  |\n| --- | --- |\n| 年 | **2亿** |\n| a\\|b | |", "年\t2亿\na|b"),
        ("| 甲 | 乙 |\n| --- | --- |", "甲\t乙"),
        ("```\n**x** [a](b) \\*\n\n  y\n```\n文", "**x** [a](b) \\*\n\n  y\n\n文"),
        ("用 `**kwargs` 和 ``a`b``。", "用 **kwargs 和 a`b。"),
        ("2025~2027年", "2025~2027年"),
        ("![新灯[夜景]](https://a.example/1.jpg) \\![x](https://a.example/)", "新灯[夜景] !x"),
        ("http://a.example/x_y_z", "http://a.example/x_y_z"),
    ],
)  # fmt: skip
def test_markup_is_removed(markdown: str, text: str) -> None:
    assert plain_text(markdown) == text


def test_blocks_have_the_levels_of_headings() -> None:
    markdown = "标题\n==\n\n文一\n文二\n\n> 引文\n\n小标题\n--\n#### 四级 #\n\n```\ncode\n```"
    assert [(block.text, block.level) for block in blocks(markdown)] == [
        ("标题", 1), ("文一\n文二", 0), ("引文", 0), ("小标题", 2), ("四级", 4), ("code", 0),
    ]  # fmt: skip


@given(st.text(alphabet="甲乙a1 *_`~[]()<>!#>|-=+.\\&;\n\t", max_size=200))
def test_any_text_gives_a_text_and_loses_no_letter(markdown: str) -> None:
    text = plain_text(markdown)
    if not re.search(r"[\[\]<&]", markdown):  # the address of a link is left out
        assert re.findall("[甲乙a]", text) == re.findall("[甲乙a]", re.sub(r"(?m)^[ >]*(`{3,}|~{3,}).*", "", markdown))
    assert "\n\n\n" not in text or "```" in markdown or "~~~" in markdown


def _visible(text: str) -> str:
    """Return *text* without white space, the marks that CommonMark may leave, and the numbers of lists."""
    return re.sub(r"[\s\u200b]|\*|~~|[0-9]+\.", "", text)


def _rendered(markdown: str) -> str:
    """Return the text of *markdown* as GitHub renders it."""
    html = cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_UNSAFE)
    page = lxml.html.fromstring(f"<div>{html}</div>")
    for image in page.iter("img"):
        image.tail = (image.get("alt") or "") + (image.tail or "")
    return "".join(page.itertext())


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*/*/article.md")), ids=lambda path: f"{path.parts[-3:-1]}")
def test_text_of_recorded_articles_is_that_of_the_rendered_page(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    markdown = identify(text)[3] if text.startswith("---") else text
    assert _visible(plain_text(markdown)) == _visible(_rendered(markdown))
