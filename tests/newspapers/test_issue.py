"""Pages of an issue."""

from __future__ import annotations

import pytest

from crawler.newspapers.issue import parse_label


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("第A02版：要闻", ("A02", "要闻")),
        ("A01： 头版", ("A01", "头版")),
        ("第 1 版：头版", ("1", "头版")),
        ("b03:体育", ("B03", "体育")),
        ("05版", ("05", "")),
        ("下一版", ("", "")),
    ],
)
def test_parse_label(label: str, expected: tuple[str, str]) -> None:
    assert parse_label(label) == expected
