"""Titles of one article are the same in spite of other punctuation, brackets and a missing part."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.text.titles import is_same_title


@pytest.mark.parametrize(
    ("listed", "shown"),
    [
        ("储能行业月报：装机回升", "储能行业月报:装机回升"),
        ("储能行业月报 装机…", "储能行业月报：装机回升，价格企稳"),
        ("储能行业月报...", "储能行业月报：装机回升"),
        ("ＡＩ芯片周报（第１２期）", "AI芯片周报(第12期)"),
        ("储能行业月报（2026年8月）", "储能行业月报"),
        ("【深度】储能行业月报：装机回升", "储能行业月报：装机回升"),
        ("深度：储能行业月报", "储能行业月报"),
        ("江澜新材(899901)：销量超预期", "江澜新材：9月销量超预期，出海加速"),
        ("储能行业月报：装机回生", "储能行业月报：装机回升"),
        ("晨会记要", "晨会纪要"),
        ("晨会", "晨会纪要"),
        ("Weekly Report: Grid Storage", "weekly report - grid storage"),
        ("899901", "储能行业月报"),
    ],
)
def test_same(listed: str, shown: str) -> None:
    assert is_same_title(listed, shown)
    assert is_same_title(shown, listed)


@pytest.mark.parametrize(
    ("listed", "shown"),
    [
        ("储能行业月报：装机回升", "锂电材料三季报前瞻：价格企稳"),
        ("江澜新材-899901-首次覆盖报告", "晶石控股-899901-出海加速"),
        ("晨会", "利率月报：短端为矛"),
        ("（2026年报点评）储能行业", "（2026年报点评）白酒动销"),
    ],
)
def test_different(listed: str, shown: str) -> None:
    assert not is_same_title(listed, shown)
    assert not is_same_title(shown, listed)


@given(st.text(max_size=60), st.text(max_size=20))
def test_a_shortened_title_is_the_same(title: str, rest: str) -> None:
    assert is_same_title(title, f"{title} {rest}")
    assert is_same_title(f"{title} {rest}", title)
