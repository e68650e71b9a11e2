"""Titles of research reports."""

from __future__ import annotations

import pytest

from crawler.text.report_titles import split_title


@pytest.mark.parametrize(
    ("full", "parts"),
    [
        ("青岚证券-利率月报：短端为矛-250204", ("青岚证券", "利率月报：短端为矛", "250204")),
        ("青岚证券-江澜新材-899901-首次覆盖-250204", ("青岚证券", "江澜新材-899901-首次覆盖", "250204")),
        ("青岚证券-江澜新材-600595", ("青岚证券", "江澜新材-600595", "")),  # the code of a stock, not a day
        ("海岳证券-晶石控股~P-海岳证券-晨会-250204", ("海岳证券", "晶石控股~P-海岳证券-晨会", "250204")),
        ("平岳证券（香港）-每日晨报-260918", ("平岳证券（香港）", "每日晨报", "260918")),
        ("城市更新白皮书-260830", ("", "城市更新白皮书", "260830")),
        ("城市更新白皮书", ("", "城市更新白皮书", "")),
    ],
)
def test_split_title(full: str, parts: tuple[str, str, str]) -> None:
    assert split_title(full) == parts


@pytest.mark.parametrize(
    ("full", "broker", "parts"),
    [
        ("青岚证券-利率月报-250204", "青岚证券", ("青岚证券", "利率月报", "250204")),
        ("AI-芯片周报-260830", "海岳证券", ("海岳证券", "AI-芯片周报", "260830")),
        ("海岳证券研究所-芯片周报-260830", "海岳证券", ("海岳证券", "海岳证券研究所-芯片周报", "260830")),
        ("芯片周报", "海岳证券", ("海岳证券", "芯片周报", "")),
        ("海岳证券-260830", "海岳证券", ("海岳证券", "海岳证券", "260830")),  # the title is never empty
    ],
)
def test_split_title_with_given_broker(full: str, broker: str, parts: tuple[str, str, str]) -> None:
    assert split_title(full, broker) == parts
