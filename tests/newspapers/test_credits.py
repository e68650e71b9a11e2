"""Credit lines."""

from __future__ import annotations

import pytest

from crawler.newspapers.credits import is_credit, is_credit_line, is_editor_credit, source_of, writer_in, writer_of


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("本版责编：林小满", True),
        ("版责编 林小满", True),
        ("■本版编辑 林小满 版式 周石", True),
        ("责任编辑：林小满　责任校对：周石", True),
        ("编辑：一个职业的黄昏", False),
        ("责任编辑制度进车间", False),
        ("版式的变迁", False),
        ("责编 林小满 美编 周石", True),
        ("责编：林小满 周石 电话 010-123456", True),
        ("（责编：林小满）", True),
        ("□责编/林小满", True),
        ("一版编辑 林小满", True),
        ("编辑 林小满 校对 周石", True),
        ("见习编辑 林小满 值班主任 周石 组版 王山", True),
        ("美术编辑 周 石", True),
        ("责编的一天", False),
        ("责编 一个正在老去的职业", False),
        ("校对 人生", False),
        ("统筹 城乡", False),
        ("", False),
    ],
)
def test_is_editor_credit(title: str, expected: bool) -> None:
    assert is_editor_credit(title) is expected


@pytest.mark.parametrize(
    ("line", "source", "writer"),
    [
        ("■据《山桥日报》", "山桥日报", ""),
        ("据山桥社电", "山桥社", ""),
        ("图据山桥社", "", ""),
        ("图片来源：山桥镇", "", ""),
        ("本报记者 王山 李桥", "", "王山 李桥"),
        ("（本报记者 王山 通讯员 李桥）", "", "王山 通讯员 李桥"),
        ("文/王山", "", "王山"),
    ],
)
def test_source_and_writer_of_credits(line: str, source: str, writer: str) -> None:
    assert is_credit(line)
    assert (source_of([line]), writer_of([line])) == (source, writer)


@pytest.mark.parametrize("line", ["据了解", "据报道,水库满了。", "图书馆重新开放", "记者调查", "□链接", "文化之乡"])
def test_lines_that_are_not_credits(line: str) -> None:
    assert not is_credit(line)


@pytest.mark.parametrize(
    ("line", "is_whole", "writer"),
    [
        ("作者：田野", True, "田野"),
        ("作者：田野　责编：何帆", True, "田野"),
        ("记者：田野 何苗 通讯员：王山", True, "田野 何苗 王山"),
        ("本报记者 田野", True, "田野"),
        ("责编：何帆 美编：林小满", True, ""),
        ("一审：何帆 二审：林小满 三审：周石", True, ""),
        ("撰文/田野 摄影/何苗", True, "田野"),
        ("摄影：何苗", False, ""),  # the credit of a picture stays beside it
        ("2026-07-18 来源：山桥日报 作者：田野", False, "田野"),
        ("记者：你怎么看这件事？", False, ""),
        ("作者：一个写了三十年的人", False, ""),
        ("图书馆重新开放", False, ""),
        ("", False, ""),
    ],
)
def test_lines_of_credits(line: str, is_whole: bool, writer: str) -> None:
    assert is_credit_line(line) is is_whole
    assert writer_in(line) == writer
