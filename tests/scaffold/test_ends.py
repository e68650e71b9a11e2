"""`page_ends` of drafts: a page that was cut off gives the same result as the whole page, or is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from crawler.reading.page import Page
from crawler.scaffold.draft import draft
from crawler.scaffold.ends import page_end
from tests.scaffold.forms import FORMS
from tests.scaffold.more_forms import MORE_FORMS
from tests.scaffold.test_draft import source_of
from tests.scaffold.test_forms import page
from tests.spiders.test_truncation import outcome, variants, wrong_cuts

ALL = {**FORMS, **MORE_FORMS}
UL = r"<ul\b[^<>]*\bclass=.?a\b"


@pytest.mark.parametrize("name", ALL)
def test_page_ends_refuse_truncated_pages(name: str, tmp_path: Path) -> None:
    """The pages have `</html>`; the variants of `test_truncation` do not."""
    form = ALL[name]
    listing, article = (page(form, path) for path in (form.listing, form.stories[0].path))
    code = draft("drafted", listing, article)
    source = source_of(code, tmp_path)
    assert "FILL IN: how pages without </html> end" not in code
    linked = replace(article, link=source.article_link(article.url))
    for each, result in ((listing, "links.txt"), (linked, "article.md")):
        expected = outcome(source, each)
        assert expected[0] == result
        for body in variants(each).values():
            assert outcome(source, replace(each, body=body)) == expected
            assert wrong_cuts(source, each, 0, body, 400) == []


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<ul class=a><li>1</li></ul><div id=end>x</div></body></html>", {}),
        ("<ul class=a><li>1</li></ul><div id=end>x</div>", {}),
        ("<ul class=a><li>1</li></ul><a>2</a><div id=end>x</div></html>", {UL: r"<div\b[^<>]*\bid=.?end\b|</html>"}),
        ("<ul class=a><li>1</li></ul><a>2</a><footer>x</footer>", {UL: r"<footer\b|</html>"}),
        ("<div id=end>x</div><ul class=a><li>1</li></ul><a>2</a><div id=end>x</div>", None),  # not unique
        ("<ul class=a><li>1</li></ul><a>2</a>", None),
        ("<ul><li>1</li></ul><a>2</a><div id=end>x</div>", None),
        ("<div><ul><li>1</li></ul><a>2</a></div><p>x</p>", {}),
        ("<p>no list</p>", {}),
    ],
)  # fmt: skip
def test_page_end(html: str, expected: Mapping[str, str] | None) -> None:
    assert page_end(Page("http://a.example/", f"<html><body>{html}".encode()), ("li", "body > a")) == expected
