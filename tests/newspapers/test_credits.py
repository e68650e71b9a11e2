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
