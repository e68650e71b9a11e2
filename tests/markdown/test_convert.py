"""Conversion of a body to Markdown: syntax, white space, and escapes."""

from __future__ import annotations

import json
import re
import tracemalloc
from dataclasses import dataclass
from html import escape as escape_html
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html
from lxml.html import HtmlElement

from crawler.items import Article
from crawler.layouts import hugo
from crawler.markdown.convert import convert
from crawler.markdown.escape import escape, link
from crawler.markdown.summary import summarize, text_of
from crawler.pipelines.normalize import normalize
from crawler.reading.html import parse_fragment
from tests.support.comparison import deviates, images, images_of_page, plain_text
from tests.support.cpu_time import within

PARSER = html.HTMLParser(huge_tree=True)


def node(inner: str) -> HtmlElement:
    return html.fragment_fromstring(f"<div>{inner}</div>", parser=PARSER)


def markdown(inner: str) -> str:
    return convert(node(inner)).text


@dataclass
class Case:
    name: str
    page: str
    expected: str


def cases(*rows: tuple[str, str, str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", [pytest.param(Case(*row), id=row[0]) for row in rows])


@cases(
    ("setext", "<h1>甲</h1><h2>乙乙</h2><h3>丙</h3>", "甲\n=\n\n乙乙\n--\n\n### 丙"),
    ("bold", "<p>甲<strong> 乙</strong>丙</p>", "甲 **乙**丙"),
    ("escapes", "<p>a_b*c</p>", r"a\_b\*c"),
    ("nested bullets", "<ul><li>a<ul><li>b</li></ul></li></ul>", "* a\n  + b"),
    ("picture", '<img alt="图" src="https://a.cn/1.png">', "![图](https://a.cn/1.png)"),
    ("picture without an address", '<p>甲</p><img alt="图"><img src=""><p>乙</p>', "甲\n\n乙"),
    ("address in Chinese", '<a href="https://a.cn/文。">文</a>', "[文](https://a.cn/文。)"),
    ("address as its own text", '<a href="https://a.cn/a_b">https://a.cn/a_b</a>', "<https://a.cn/a_b>"),
    ("leaves nothing", "甲<style>p{}</style><script>1</script><!-- x --><iframe>y</iframe>乙", "甲乙"),
    ("comment between words", "<p>用 <!-- -->A<!-- --> 的</p>", "用 A 的"),
    ("fence", "<pre>a  \n\n\n　b</pre>", "```\na  \n\n\n　b\n```"),
    ("fence longer than its content", "<pre>```\nx\n```</pre>", "````\n```\nx\n```\n````"),
    ("name of an inner method", "<soup>甲</soup><fn_cache>乙</fn_cache>", "甲乙"),
    (
        "numbers that are none",
        "<ol start=½><li>甲</ol><table><tr><td colspan=²>乙<td>丙",
        "1. 甲\n\n|  |  |\n| --- | --- |\n| 乙 | 丙 |",
    ),
)
def test_syntax(case: Case) -> None:
    assert markdown(case.page) == case.expected


def test_atx_headings() -> None:
    assert convert(node("<h1>甲</h1><h2>乙</h2>"), headings="atx").text == "# 甲\n\n## 乙"


@cases(
    ("indent", "<p>　　甲</p><p>\u00a0\u200b乙</p>", "甲\n\n乙"),
    ("indent after a marker", "<blockquote><p>　甲</p></blockquote><ul><li>\u200b乙</li></ul>", "> 甲\n\n* 乙"),
    ("other zero-width characters", "<p>\u200c甲</p>", "\u200c甲"),
    ("blank inside a line", "<p>甲　乙</p>", "甲　乙"),
    ("full stop as a number", "<p>1.　甲</p>", "1.　甲"),
    ("empty lines", "<p>甲</p><p>　</p><p>\u00a0</p><p>乙</p>", "甲\n\n乙"),
    ("empty quote lines", "<blockquote><p>甲</p><p>　</p><p>乙</p></blockquote>", "> 甲\n>\n> 乙"),
    ("hard break", "<p>甲<br>乙<br><br>丙<br></p>", "甲  \n乙\n\n丙"),
    ("hard break in a quote", "<blockquote>甲　<br>　乙</blockquote>", "> 甲  \n> 乙"),
    ("end of line", "<p>甲　\u200b\ufeff</p>", "甲"),
    ("nothing", "　<p> </p>", ""),
)
def test_white_space(case: Case) -> None:
    assert markdown(case.page) == case.expected


@cases(
    ("tag", "&lt;b> &lt;/b> &lt;!-- &lt;?", "&lt;b> &lt;/b> &lt;!-- &lt;?"),
    ("no tag", "1 < 2 &lt;3 &lt;中 &lt;-", "1 < 2 <3 <中 <-"),
    ("entity", "&amp;lt; &amp;#38; &amp;#x26; &amp;hellip;", "&amp;lt; &amp;#38; &amp;#x26; &amp;hellip;"),
    ("no entity", "R&amp;D &amp;lt &amp;nosuch; a&amp;&amp;b;", "R&D &lt &nosuch; a&&b;"),
    ("template", "{{&lt; x >}} {{% y %}} {% z %}", "&#123;{< x >}} {&#123;% y %}} &#123;% z %}"),
    ("no template", "{{ x }} {a} 5% {", "{{ x }} {a} 5% {"),
    ("template in code", "<code>{{&lt; x</code> <code>{% y</code>", "`{\u200b{< x` `{\u200b% y`"),
    ("template from an address", '{{<a href="http://a.cn/">http://a.cn/</a>', "&#123;{<http://a.cn/>"),
    ("glued tag", "<span>&lt;</span>script> &amp;<i></i>lt;", "&lt;script> &amp;lt;"),
    ("glued template", "{<span>{</span><b></b>&lt; x", "&#123;{< x"),
    ("backslash before", r"\&lt;b> \{% x", r"\\&lt;b> \\&#123;% x"),
    ("script link", '<a href="javascript:x">甲</a><a href="java\nscript:x">乙</a><a href=" DATA:x">丙</a>', "甲乙丙"),
    ("allowed links", '<a href="/x?a:b">甲</a><a href="mailto:a@b">乙</a>', "[甲](/x?a:b)[乙](mailto:a@b)"),
    ("relative link as its own text", '<a href="script">script</a>', "[script](script)"),
    ("encoded twice", '<a href="&amp;#106;avascript:x">甲</a>', "[甲](&amp;#106;avascript:x)"),
    ("script picture", '<img alt="图" src="data:image/png;base64,x">', ""),
    (
        "written link",
        "[甲](javascript:x) [乙]: data:x [丙](注:x)",
        "[甲&#93;(javascript:x) [乙&#93;: data:x [丙\\](注:x)",
    ),
    ("written link, escaped", r"[甲\](javascript\:x)", r"[甲\\&#93;(javascript\\:x)"),
    ("code", "<code>&lt;b></code> <code>&amp;lt;</code>", "`<b>` `&lt;`"),
    ("backquote before code", "` <code>&lt;b></code> \\<code>x</code>", "&#96; `<b>` \\\\`x`"),
    ("backquote that would end at code", "` <code>x</code>", "&#96; `x`"),
    ("backquote alone", "<p>` 甲</p><p>`</p>", "` 甲\n\n`"),
    (
        "code in a table",
        "<table><tr><td><code>&lt;b>|</code><td>a|b</table>",
        "|  |  |\n| --- | --- |\n| `<b>\\|` | a\\|b |",
    ),
    ("fence in bold", "<b><pre>&lt;b>\n\n&lt;i></pre></b>", "```\n<b>\n\n<i>\n```"),
    ("code beside code", "<code>&lt;a></code><code>`</code>", "`` <a>` ``"),
    ("fence with braces", "~~~a {b=} ~~~", "\\~~~a {b=} ~~~"),
    ("code with backquotes and braces", "<code>```{</code>", "```` ```{ ````"),
    ("control characters", "甲&#127;乙&#1;丙", "甲乙丙"),
)
def test_escapes(case: Case) -> None:
    assert markdown(case.page) == case.expected


pieces = st.sampled_from(
    [
        "<",
        "</",
        "&",
        "lt;",
        "{",
        "{{",
        "%",
        "script>",
        "!",
        "`",
        "\\",
        "]",
        "(javascript:x)",
        "[甲",
        " ",
        "\n",
        "　",
        "字",
    ]
)
texts = st.lists(pieces, max_size=8).map("".join)


@given(st.lists(st.tuples(st.sampled_from(["b", "span", "p", "a", "li", "td", "h2", "blockquote"]), texts)))
def test_no_markup_from_text_of_adjacent_nodes(parts: list[tuple[str, str]]) -> None:
    body = html.Element("div")
    for tag, text in parts:
        child = html.Element(tag)
        child.text = child.tail = text
        body.append(child)
    assert not re.search(r"<[a-zA-Z/!?]|\{\{[<%]|\{%|[\x00-\x09\x0b-\x1f]", convert(body).text)


@given(st.text(st.sampled_from("字　 a\u200b\u00a0\n\t"), max_size=30))
def test_all_visible_characters_stay(text: str) -> None:
    body = html.Element("div")
    body.text = text
    assert "".join(convert(body).text.split()).replace("\u200b", "") == "".join(text.split()).replace("\u200b", "")


def test_deeply_nested_elements_keep_their_text() -> None:
    deep = 900
    page = "<div>" * deep + "<p>里*面</p><script>x</script>" + "</div>外<b>边</b>" * deep
    result = markdown(page)
    assert result.startswith("里\\*面\n\n外**边**\n\n外**边**")
    assert result.count("外**边**") == deep


def test_long_runs_of_white_space() -> None:
    blanks = " " * 300_000
    assert markdown(f"<p>甲{blanks}乙</p>") == "甲 乙"
    assert markdown(f"<p>甲{blanks}\n{blanks}乙</p>") == "甲\n乙"
    assert markdown(f"<pre>甲{blanks}</pre>") == "```\n甲\n```"


def test_text_of_keeps_white_space() -> None:
    body = node("\n<p>　　甲&amp;乙<!-- x --></p><style>p{}</style><p>丙<script>1</script>\n</p>")
    assert text_of(body) == "\n　　甲&乙丙\n"


def test_escape_and_link() -> None:
    assert escape("a\n <b> {% x %}") == "a &lt;b> &#123;% x %}"
    assert link("甲]乙`\\", "https://a.cn/(x) y?z=1&lt;") == "[甲\\]乙\\`\\\\](https://a.cn/%28x%29%20y?z=1&amp;lt;)"
    assert link("甲", "javascript:x") == "甲"


def test_bodies_of_the_mirror_give_the_expected_files(shared: Path) -> None:
    expected = shared / "mirror" / "expected"
    rows = [json.loads(line) for line in (expected / "manifest.jsonl").read_text("utf-8").splitlines()]
    wrong = []
    for row in rows:
        body = html.fragment_fromstring((expected / row["body_html"]).read_text("utf-8"), parser=PARSER)
        facts = {name: row[name] for name in ("source", "id", "url", "title", "date", "thumbnail")}
        article = Article(**facts, markdown=convert(body).text, summary=summarize(text_of(body)))
        written, reference = hugo.render(normalize(article)), (expected / row["reference"]).read_text("utf-8")
        if row["exact"] and written != reference:
            wrong.append(row["id"])
        if deviates(row):
            page = (expected / row["body_html"]).read_text("utf-8")
            assert images(article.markdown) == images_of_page(page), row["id"]
            assert plain_text(hugo.load(written)[1]) == plain_text(hugo.load(reference)[1]), row["id"]
    assert any(map(deviates, rows))
    assert wrong == []


SPECIAL_BLANKS = "　\u200b\u00a0"
white_space_texts = st.text(st.sampled_from("字 \n"), max_size=5) | st.text(st.sampled_from("字 " + SPECIAL_BLANKS))
white_space_nodes = st.tuples(
    st.sampled_from(["p", "br", "span", "blockquote"]), st.booleans(), white_space_texts, white_space_texts
)


@settings(max_examples=500)
@given(st.lists(white_space_nodes, max_size=8))
def test_white_space_rules_hold_for_any_body(nodes: list[tuple[str, bool, str, str]]) -> None:
    body = parent = html.Element("div")
    for tag, is_nested, text, tail in nodes:
        child = etree.SubElement(parent if is_nested else body, tag)
        child.text = text if tag != "br" else None
        child.tail = tail
        parent = child if tag != "br" else parent
    lines = convert(body).text.split("\n")
    for number, line in enumerate(lines):
        next_line = lines[number + 1] if number + 1 < len(lines) else ""
        bare = line.rstrip(" " + SPECIAL_BLANKS)
        assert line == bare or (line == f"{bare}  " and next_line.strip("> "))  # a hard line break
        assert line.strip("> ") or number + 1 == len(lines) or line != next_line
        indent = line[: len(line) - len(line.lstrip(" >*+-" + SPECIAL_BLANKS))]
        assert not set(indent) & set(SPECIAL_BLANKS)


def test_code_after_a_bare_url() -> None:
    """Bare URLs of Hugo and GitHub would include the opening backquote."""
    body = parse_fragment("https://a.example/x&gt;<code>&lt;b></code>")
    assert convert(body).text == "<https://a.example/x>>`<b>`"
    body = parse_fragment("<a href='https://a.example/'>https://a.example/</a><code>&lt;b></code>")
    assert convert(body).text == "<https://a.example/>`<b>`"


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<h3>甲 {onclick=x style='y'}</h3>", "### 甲 &#123;onclick=x style='y'}"),
        ("<h1>甲 {a=b}</h1>", "甲 &#123;a=b}\n======="),
        ("<p># 甲 {#a} #</p>", "# 甲 &#123;#a} #"),
        ("<p>甲 {a=b}<br>===</p>", "甲 &#123;a=b}  \n==="),
        ("<h3>{甲} 乙</h3><p>丙 {a=b}</p>", "### {甲} 乙\n\n丙 {a=b}"),
    ],
)
def test_braces_at_the_end_of_a_heading_are_escaped(page: str, text: str) -> None:
    assert convert(parse_fragment(page)).text == text


@pytest.mark.parametrize("text", ["{", "{}", "<b>|-", "-", "`{", "\\", "# {", "> -"])
def test_escapes_take_linear_time(text: str) -> None:
    within(3, lambda: convert(parse_fragment(f"<code>&lt;b>|</code><p>{escape_html(text * 30_000)}|</p>")))


def test_code_with_a_pipe_in_text_that_forms_a_table() -> None:
    body = parse_fragment("甲<br>|-<br><code>&lt;b>|</code>")
    assert convert(body).text == "甲  \n|-  \n`<\u200bb>|`"
    body = parse_fragment("<table><tr><td><code>&lt;b>|</code></td></tr></table><p><code>&lt;b>|</code></p>")
    assert convert(body).text.count("<b>") == 2


def test_text_of_takes_linear_time_for_texts_between_comments() -> None:
    body = parse_fragment("字<!-- -->" * 40_000 + "<script>1</script>")
    assert within(3, lambda: text_of(body) == "字" * 40_000)


@pytest.mark.parametrize("more", ["", "<video>", "<h7></h7>"])  # markdownify converts h7
def test_autolink_of_a_url_with_an_ampersand(more: str) -> None:
    url = "http://a.example/?a=1&amp;b=2"
    assert convert(parse_fragment(f'<a href="{url}">{url}</a>{more}')).text == "<http://a.example/?a=1&b=2>"


def test_tab_in_a_heading() -> None:
    assert convert(parse_fragment("<h3><pre>a\tb</pre></h3>")).text == "### `a b`"


@pytest.mark.slow
@pytest.mark.parametrize(
    "page",
    [
        pytest.param("<blockquote>" * 900 + "x<br>" * 20_000, id="lines deep in quotes"),
        pytest.param("<ul><li>" * 900 + "x<br>" * 20_000, id="lines deep in lists"),
        pytest.param("<h7>x</h7>" + "<ol>" + "<li>x" * 20_000, id="a long list, for markdownify"),
        pytest.param("<h7>x</h7>" + "<div>" * 150 + "x<br>" * 20_000, id="a deep nest, for markdownify"),
        pytest.param("<h7>x</h7>" + "<blockquote>" * 99 + "<pre>" + "x\n" * 110_000, id="lines, for markdownify"),
    ],
)
def test_body_beyond_the_limits_becomes_plain_text(page: str) -> None:
    """Its conversion would take minutes or fill the memory."""
    body = parse_fragment(page)
    converted = within(3, lambda: convert(body))
    assert converted.by == "plain text"
    assert len(converted.text) < 2 * len(page)


@pytest.mark.parametrize("text", ["> ", "- ", "# ", "1. "])
def test_line_of_markers_takes_little_memory(text: str) -> None:
    """A regular expression without possessive quantifiers stores a backtracking state for each marker."""
    body = parse_fragment(f"<p>{escape_html(text * 500_000)}</p>")
    tracemalloc.start()
    convert(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30_000_000
