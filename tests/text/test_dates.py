"""Parsing of dates and times."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.text.dates import beijing, day_of_id, is_exact


@pytest.mark.parametrize(
    ("page", "corpus"),
    [
        ("2025-02-05 17:39:11", "2025-02-05 17:39:11"),
        ("发布于 2025/2/5 7:39", "2025-02-05 07:39:00"),
        ("2025年2月5日", "2025-02-05"),
        ("日期：2025-02-05", "2025-02-05"),
        ("20250205", "2025-02-05"),
        ("2/5/2025, 05:39:11 PM", "2025-02-05 17:39:11"),
        (1738748351, "2025-02-05 17:39:11"),
        ("1738748351000", "2025-02-05 17:39:11"),
        ("2025-02-05 17:39:11 CST", "2025-02-05 17:39:11"),
        ("2025-2-5 5:39 PM", "2025-02-05 17:39:00"),
        ("2025-2-5 12:39 AM", "2025-02-05 00:39:00"),
        ("2025-02-05 09:00 -5℃", "2025-02-05 09:00:00"),
        ("2025-02-05 17:39 Zhang", "2025-02-05 17:39:00"),
        ("2024-02-29", "2024-02-29"),
    ],
)
def test_beijing_reads_a_time_without_zone_as_beijing_time(page: str | int, corpus: str) -> None:
    assert beijing(page) == corpus


@pytest.mark.parametrize(
    "page",
    [
        "2025-02-05T17:39:11Z",
        "2025-02-05T17:39:11+00:00",
        "2025-02-05 12:39:11 -0500",
        "Wed, 05 Feb 2025 17:39:11 +0000",
        "Wed, 05 Feb 2025 17:39:11 -0000",
        "Wed, 05 Feb 2025 12:39:11 EST",
        "2025-02-05t17:39:11z",
        "2025-02-05 17:39:11+00",
        "2025-02-05 17:39:11 UTC",
        "2025-02-05 18:39:11 GMT+1",
        "2025-02-05 09:09:11 UTC-08:30",
        "2025-02-06 01:39:11 GMT+0800",
        "2025-02-06T01:39:11.000+08:00",
    ],
)
def test_beijing_converts_a_time_with_zone(page: str) -> None:
    assert beijing(page) == "2025-02-06 01:39:11"


@pytest.mark.parametrize(
    "page",
    [
        "",
        None,
        True,
        "3小时前",
        "昨天",
        "2024-02-30",
        "2024-13-45 10:00",
        "2024-02-05 25:00:00",
        "2024-02-05 24:00:00",
        "2023-02-29",
        "2100-01-01",
        "0000-00-00 00:00:00",
        "2025-02-05T17:39:11+99:99",
        "2025-02-05 09:00-18:00",  # opening hours
        "13/5/2025, 05:39:11 PM",
        "5分钟前",
        "刚刚",
        "前天 10:00",
        "yesterday",
        "02-05 17:39",
        "发布于 2024-02-30，更新于 2024-03-01",
        float("nan"),
        float("inf"),
        -1738748351,
        "12345678",
        0,
        7e40,
        10**400,
        [],
        {},
    ],
)
def test_beijing_returns_an_empty_string_without_a_valid_time(page: object) -> None:
    assert beijing(page) == ""


@given(st.one_of(st.text(), st.floats(), st.integers()))
def test_beijing_accepts_any_input(page: str | float | int) -> None:
    assert beijing(page) == "" or len(beijing(page)) in (10, 19)


@given(st.datetimes(min_value=datetime(1950, 1, 1)))
def test_beijing_reads_its_own_format(moment: object) -> None:
    text = f"{moment:%Y-%m-%d %H:%M:%S}"
    assert beijing(text) == (text if text < "2100" else "")


def test_day_of_id() -> None:
    assert day_of_id("20250211A08TG500") == "2025-02-11"
    assert day_of_id("20251311A08TG500") == day_of_id("6183097") == ""


def test_is_exact() -> None:
    assert is_exact("2025-02-11 22:17:09")
    assert not is_exact("2025-02-11")
    assert not is_exact("")
