"""Credit lines."""

from __future__ import annotations

import pytest

from crawler.newspapers.credits import is_credit, is_editor_credit, source_of, writer_of


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
