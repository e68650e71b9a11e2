"""The index of a GitBook from the ledger has the same entries as one from the pages."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from crawler.layouts import gitbook
from crawler.pipelines.normalize import normalize
from tests.corpus.corpora import article

TITLES = st.one_of(
    st.text(),
    st.text("<>&;#{}%`~[]\\*_ \n\r\t\x00\x85\u200b\ufeff\u3000alpmt3x5", max_size=30),
    st.just("&amp;lt; &#126;"),
)


@given(TITLES, st.sampled_from(["2025-02-11", "2025-02-11 08:00:00"]))
def test_title_and_day_of_the_ledger_are_those_of_the_page(title: str, date: str) -> None:
    stored = normalize(replace(article("a1", date=date), title=title))
    page = gitbook.entry("2025/02/a1.md", gitbook.render(stored))
    assert gitbook.Entry(stored.date[:10], stored.title, "2025/02/a1.md") == page
