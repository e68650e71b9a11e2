"""Tables with Chinese text are aligned in a terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crawler.text.display_width import aligned, display_width


def test_width_of_characters() -> None:
    assert [display_width(text) for text in ("", "abc", "灯", "，", "Ａ", "５G", "e\u0301", "\u200b灯", "😀")] == [
        0, 3, 2, 2, 2, 3, 1, 2, 2,
    ]  # fmt: skip


def test_columns_are_aligned() -> None:
    assert aligned([("name", "n"), ("渡口", "1,000"), ("a", "20")], right=[1]) == [
        "name      n",
        "渡口  1,000",
        "a        20",
    ]
    assert aligned([("渡", "x"), ("abc", "")]) == ["渡   x", "abc"]
    assert aligned([]) == []


def test_control_characters_are_replaced() -> None:
    assert aligned([("a\x1b[31m\nb\u202e", "c")]) == ["a\ufffd[31m\ufffdb\ufffd  c"]


@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8), st.just("|")), max_size=5))
def test_the_last_column_begins_at_one_place(rows: list[tuple[str, str, str]]) -> None:
    assert len({display_width(line) for line in aligned(rows)}) <= 1
