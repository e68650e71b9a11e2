"""Half-width and full-width punctuation."""

from __future__ import annotations

import pytest

from crawler.text.punctuation import to_full_width


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("水库,纸厂", "水库，纸厂"),
        ("OpenWell,水库", "OpenWell，水库"),
        ("1,000 米", "1,000 米"),
        ("10:30 开门", "10:30 开门"),
        ("水库(Well)很大", "水库（Well）很大"),
        ("the (well), and", "the (well), and"),
        ("“很好”,他说", "“很好”，他说"),
        ("“good”, he said", "“good”, he said"),
        ("增长95%的", "增长95％的"),
        ("约 95%。", "约 95%。"),
        ("网址:https://a.example/?b=c", "网址：https://a.example/?b=c"),
    ],
)
def test_to_full_width(narrow: str, wide: str) -> None:
    assert to_full_width(narrow) == wide
