"""Cells of CSV files: no spreadsheet executes a text of a page, and numbers and dates stay as they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.text.cells import inert_cell

FORMULAS = [
    '=HYPERLINK("http://toy.example/","title")', "=1+1", "+1+1", "-1+1", "@SUM(A1)", "=", "+", "-", "@",
    "-2+3+cmd|' /C calc'!A0", "\t=1+1", "\r=1+1", "\n=1+1", "\ttext", "- a list\n- of two",
    "-2025-02-11", "+86-10-1234",
    "＝1+1", "＋1+1", "－1+1", "＠SUM(A1)", "＋1", "﹦1", " =1+1", "\u3000＝1", "\ufeff=1+1", "\u200b=1",
    "=-5", "--5", "-5x", "-e5", "-1,23", "+1.2.3",
]  # fmt: skip
TEXTS = [
    "", "text", "a=1", "2025-02-11", "2025-02-11 08:00:00", "-5", "+5", "-3.25", "-1,234.50", "+8613800000000", "-12%",
    "1e-5", "-1.5E+10", "'=1+1", "http://toy.example/?a=1", "（=1）", " text", "  ", "\u3000\u3000正文",
    "−5", "5-6", "{'a': 1}",
]  # fmt: skip


@pytest.mark.parametrize("value", FORMULAS)
def test_formula_begins_with_an_apostrophe(value: str) -> None:
    assert inert_cell(value) == f"'{value}"
    assert inert_cell(inert_cell(value)) == f"'{value}"


@pytest.mark.parametrize("value", TEXTS)
def test_other_values_stay(value: str) -> None:
    assert inert_cell(value) == value


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_stay_numbers(number: float) -> None:
    assert inert_cell(str(number)) == str(number)


@given(st.text("=+-@＝＋－＠\t\r\n 　1.,a'\ufeff"))
def test_no_cell_begins_with_the_sign_of_a_formula(value: str) -> None:
    cell = inert_cell(value)
    assert cell in (value, f"'{value}")
    shown = cell.strip(" \u3000\ufeff")
    if shown[:1] in set("=+-@＝＋－＠\t\r\n"):
        float(shown.replace(",", ""))
