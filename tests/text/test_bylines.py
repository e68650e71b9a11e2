"""Authors in lines of metadata and in texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.text.bylines import MAX_NAME, byline, is_medium, is_person, text_byline


@pytest.mark.parametrize(
    ("line", "author"),
    [
        ("来源：青石网 2026-11-05 08:30:00 作者：程远 编辑：李四", "程远"),
        ("作 者：程远", "程远"), ("文/程远", "程远"), ("文｜程远", "程远"), ("文 | 程远 编辑 | 周洲", "程远"),
        ("撰文丨程远 编辑丨周洲", "程远"), ("程远/文", "程远"), ("作者 程远", "程远"), ("@程远", "程远"),
        ("本报记者 程远 周洲 北京报道", "程远 周洲"), ("记者程远", "程远"), ("澎湃新闻记者 程远", "程远"),
        ("每经记者 程远 每经编辑 周洲", "程远"), ("来源：新华社 记者 程远", "程远"),
        ("作者：程远、周洲", "程远、周洲"),
        ("By Tim Cook 2026-11-05", "Tim Cook"), ("作者: 产品狗K 阅读 2301", "产品狗K"), ("程远 2小时前", "程远"),
        ("青石网 程远", "程远"), ("程远 · 2026-11-05 10:20", "程远"), ("程远 关注", "程远"), ("58UXD", "58UXD"),
        ("原创 程远 青石网", "程远"), ("程远　　发自北京", "程远"),
        ("时间：2026-11-05 10:20 作者：程远 点击：30", "程远"),
        ("来源：青石网", ""), ("2026-11-05 08:30", ""), ("阅读 2301", ""), ("责任编辑：李四", ""),
        ("发布时间：2026-11-05", ""),
        ("作者：", ""), ("作者：佚名 时间：2026", ""), ("", ""), ("编辑：李四", ""),
        ("程远说，今天下雨了。" * 20, ""),
    ],
)  # fmt: skip
def test_author_of_a_line(line: str, author: str) -> None:
    assert byline(line) == author


def test_site_is_not_the_author_unless_a_label_names_it() -> None:
    site = ("_产业_青石网", "_青石网")
    assert byline("青石网", site) == ""
    assert byline("青石网 程远", site) == "程远"
    assert byline("作者：青石网", site) == "青石网"


@pytest.mark.parametrize(
    ("lines", "author"),
    [
        (["本报讯（记者 程远）今天，工厂开工。", "乙"], "程远"), (["文/程远", "今天。"], "程远"),
        (["甲。", "乙。", "（作者：程远）"], "程远"),
        (["新华社北京11月5日电（记者程远、周洲）今天"], "程远、周洲"),
        (["编者按：今天", "作者 | 程远", "编辑 | 周洲"], "程远"),
        (["每经记者：程远 每经编辑：周洲"], "程远"), (["工厂开工了。（记者 程远）"], "程远"),
        (["■ 本报记者 程远"], "程远"),
        (["新京报记者注意到，今天", "乙"], ""), (["今天，记者程远看到工厂开工。"], ""), (["（本文作者程远）"], ""),
        ([], ""),
        ([*"甲乙丙丁", "文/程远", *"戊己庚"], ""),
    ],
)  # fmt: skip
def test_author_of_a_text(lines: list[str], author: str) -> None:
    assert text_byline(lines) == author


def test_names_of_persons_and_media() -> None:
    assert is_person("程远")
    assert is_person("Tim Cook")
    assert not is_person("证券时报")
    assert is_medium("证券时报")
    assert not is_medium("程远")


@given(st.text("作者记文来源：:/｜ 程远王。，2026-1网（）", max_size=40))
def test_author_is_short_and_one_line(line: str) -> None:
    for author in (byline(line), text_byline([line])):
        assert author == " ".join(author.split())
        assert len(author) <= 60 + MAX_NAME


@given(
    st.text("李王张程远洲", min_size=2, max_size=3),
    st.sampled_from(["作者：{}", "文/{}", "记者 {}", "By {}", "撰文｜{}"]),
)
def test_name_after_a_label(name: str, form: str) -> None:
    assert byline(form.format(name)) == name
    assert byline(f"2026-11-05 08:30 来源：青石网 {form.format(name)} 编辑：周洲") == name
