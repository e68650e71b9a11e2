"""Pages that would exhaust memory or stall the parser are rejected before parsing; large ordinary pages are not."""

from __future__ import annotations

import pytest

from crawler.reading.html import PageTooLarge, parse_html
from crawler.reading.limits import DEEPEST, LARGEST, LIGHT, MOST_ATTRIBUTES, MOST_MARKS, too_complex, too_large

ATTRIBUTES = " ".join(f"a{number:x}" for number in range(MOST_ATTRIBUTES + 1))
PARAGRAPH = '<p class="text" data-note="1 > 0">产量 <a href="https://a.example/?a=1&b=2">回升</a>。</p>\n'


def html(inside: str) -> str:
    return f"<html><body>{inside}</body></html>"


def test_a_large_page_of_ordinary_text_is_accepted() -> None:
    page = html(PARAGRAPH * 20_000)
    assert len(page) > LIGHT
    assert not too_complex(page)
    parse_html(page)


def test_too_large_counts_bytes() -> None:
    assert not too_large(bytes(LARGEST))
    assert too_large(bytes(LARGEST + 1)) == f"{LARGEST + 1} bytes"


@pytest.mark.parametrize("mark", ["<", "[", "{"])
def test_too_complex_counts_tags_and_brackets(mark: str) -> None:
    assert not too_complex(mark * MOST_MARKS)
    assert too_complex(mark * (MOST_MARKS + 1)) == f"{MOST_MARKS + 1} tags and brackets"


@pytest.mark.parametrize(
    "page",
    [
        html(f"<p {ATTRIBUTES}>产量</p>"),
        html(f"<p x='>' {ATTRIBUTES} y=\">\">产量</p>"),
        html(f"""<script>a = "<x b='"</script><p {ATTRIBUTES} y='>'>产量</p>"""),
        html(f"""<script>a = '<x b="'</script><p {ATTRIBUTES} y=">">产量</p>"""),
        html(f"<!-- <x b=' --><p {ATTRIBUTES} y='>'>产量</p>"),
    ],
)
def test_too_complex_counts_attributes_after_unbalanced_quotes(page: str) -> None:
    assert too_complex(page).startswith("a tag of ")


def test_too_complex_rejects_tags_within_tags() -> None:
    assert too_complex(html("<a x=y " * 60_000 + ">"))


def test_a_large_page_has_a_depth_limit() -> None:
    def nested(levels: int) -> str:
        return html("<div>" * levels + "产" * LIGHT)

    parse_html(nested(DEEPEST - 10))
    with pytest.raises(PageTooLarge, match="nested deeper"):
        parse_html(nested(DEEPEST + 10))
