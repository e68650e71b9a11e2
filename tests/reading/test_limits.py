"""Pages that would exhaust memory or stall the parser are rejected before parsing; large ordinary pages are not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crawler.reading.html import PageTooLarge, parse_html
from crawler.reading.limits import (
    DEEPEST,
    LARGEST,
    LIGHT,
    MOST_ATTRIBUTES,
    MOST_MARKS,
    parsable,
    too_complex,
    too_large,
)
from tests.support.cpu_time import within

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


@pytest.mark.parametrize("between", [" ", "\n", "/", "=''", "='' "])
def test_a_small_page_has_a_limit_of_attributes(between: str) -> None:
    names = (chr(code) for code in range(0x4E00, 0x4E00 + MOST_ATTRIBUTES + 1))
    page = html(f"<p {between.join(names)}>产量</p>")
    assert len(page) < LIGHT
    assert too_complex(page).startswith("a tag of ")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [lambda number: f"a{number:x}=''", lambda number: f"{'d' * 90}{number:x}"],
    ids=["with values", "with a common start"],
)
def test_a_tag_with_most_attributes_is_parsed_in_a_few_seconds(name: Callable[[int], str]) -> None:
    page = html(f"<p {' '.join(map(name, range(MOST_ATTRIBUTES - 1)))}>产量</p>{'产' * LIGHT}")
    assert not too_complex(page)
    tree = within(6, lambda: parse_html(page))
    assert len(tree.xpath("//p")[0].attrib) == MOST_ATTRIBUTES - 1


def test_too_complex_rejects_tags_within_tags() -> None:
    assert too_complex(html("<a x=y " * 60_000 + ">"))


def test_a_large_page_has_a_depth_limit() -> None:
    def nested(levels: int) -> str:
        return html("<div>" * levels + "产" * LIGHT)

    parse_html(nested(DEEPEST - 10))
    with pytest.raises(PageTooLarge, match="nested deeper"):
        parse_html(nested(DEEPEST + 10))


LOOP = "for(i=0;i<a.length;i++)x = x + i; "


@pytest.mark.parametrize("tag", ["script", "SCRIPT type='text/javascript'", "style"])
@pytest.mark.parametrize("filler", ["产", "a = b + c; ", '"x", 1, ', "x='y' "])
def test_scripts_are_not_counted_as_tags(tag: str, filler: str) -> None:
    script = f"<{tag}>{LOOP * 1000}{filler * (170_000 // len(filler))}</{tag.split()[0]}>"
    page = html(f"<h1>标题</h1>{script}<div id=art>正文。</div><!-- <script> --><script>a = 1</script><p>尾。</p>")
    assert len(page) > LIGHT
    assert not too_complex(page)
    tree = parse_html(page)
    assert [node.text for node in tree.xpath("//h1 | //div | //p")] == ["标题", "正文。", "尾。"]
    assert tree.xpath("//script")[-1].text == "a = 1"


def test_ordinary_scripts_stay_in_the_tree() -> None:
    page = html("<script>if (i<a.length) b()</script>" + PARAGRAPH * 20_000)
    assert parse_html(page).xpath("//script")[0].text == "if (i<a.length) b()"


HEAVY = f"<p {ATTRIBUTES}>产量</p>"
HIDDEN = {
    "unclosed script": f"<script>{LOOP * 3000}{HEAVY}",
    "script in a comment": f"<!-- <script> -->{HEAVY}</script>",
    "script in an attribute": f"<p title='<script>'>{HEAVY}</script>",
    "script in a title": f"<title><script></title>{HEAVY}</script>",
    "script in a textarea": f"<textarea><script></textarea>{HEAVY}</script>",
    "double escape": f"<script><!--<script></script>{HEAVY}</script>",
    "double escape, closed": f"<script><!--<script></script>--></script>{HEAVY}<script></script>",
    "end tag with attributes": f"<script></script x='>'>{HEAVY}<script></script>",
    "end tag of another name": f"<script></scripts>{HEAVY}</script>",
    "self-closing script": f"<script/>{HEAVY}</script>",
    "odd comment": f"<!--><script>-->{HEAVY}</script>",
    "comment with an exclamation mark": f"<!-- --!><script>{HEAVY}</script>--><p>",
    "unbalanced quote": f"<p title='><script>{HEAVY}</script>",
    "plaintext": f"<plaintext><script>{HEAVY}</script>",
    "processing instruction": f"<?x <script> ?>{HEAVY}</script>",
    "CDATA": f"<![CDATA[<script>]]>{HEAVY}</script>",
    "svg": f"<svg><script>{HEAVY}</script></svg>",
    "name that begins like a script": f"<scripts>{HEAVY}</scripts>",
    "NUL in the name": f"<scr\x00ipt>{HEAVY}</script>",
}


@pytest.mark.parametrize("name", HIDDEN)
def test_tags_beside_scripts_cannot_stall_the_parser(name: str) -> None:
    page = html(HIDDEN[name] + "产" * LIGHT)
    within(2, lambda: too_complex(page) or parse_html(page))


@pytest.mark.parametrize(
    "page",
    ["<script>a<b</script>" * 60_000, "<script>" * 60_000, "<style>" * 60_000 + "</style>", "<!-- <script>" * 60_000,
     "<a b='" * 60_000, "<script><!--" * 60_000, "<title></titl" * 60_000, '<a b="<script>' * 60_000],
    ids=lambda page: page[:14],
)  # fmt: skip
def test_too_complex_takes_linear_time(page: str) -> None:
    within(2, lambda: (too_complex(page), parsable(page)))
