"""Pages of an issue."""

from __future__ import annotations

import pytest

from crawler.newspapers.entry import newest_issue
from crawler.newspapers.labels import parse_label
from crawler.reading.errors import LayoutChanged
from crawler.reading.page import Page


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


@pytest.mark.parametrize(
    "entry", ['<meta http-equiv="refresh" content="0;url=http://[x">', "<script>location.href='http://[x'</script>"]
)
def test_entry_page_with_an_invalid_url_is_a_layout_change(entry: str) -> None:
    with pytest.raises(LayoutChanged, match=r"redirects to an invalid URL: http://\[x"):
        newest_issue(Page("http://epaper.example/", f"<html><body>{entry}</body></html>".encode()))
