"""A body's node becomes Markdown: its flavour, its white space, and the text that may not act."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from lxml.html import HtmlElement

from crawler.items import Article
from crawler.layouts import hugo
from crawler.markdown.convert import _is_even, _lines, to_markdown
from crawler.markdown.escape import escape, link, resolve_marks
from crawler.markdown.summary import summarize, text_of
from crawler.pipelines.normalize import normalize

PARSER = html.HTMLParser(huge_tree=True)


def node(inner: str) -> HtmlElement:
    return html.fragment_fromstring(f"<div>{inner}</div>", parser=PARSER)


def markdown(inner: str) -> str:
    return to_markdown(node(inner))


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
    ("numbers that are none", "<ol start=½><li>甲</ol><table><tr><td colspan=²>乙", "1. 甲\n\n|  |\n| --- |\n| 乙 |"),
)
def test_flavour(case: Case) -> None:
    assert markdown(case.page) == case.expected


def test_headings_with_hashes() -> None:
    assert to_markdown(node("<h1>甲</h1><h2>乙</h2>"), headings="atx") == "# 甲\n\n## 乙"


@cases(
    ("indent", "<p>　　甲</p><p>\u00a0\u200b乙</p>", "甲\n\n乙"),
    ("indent behind a mark", "<blockquote><p>　甲</p></blockquote><ul><li>\u200b乙</li></ul>", "> 甲\n\n* 乙"),
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
        "[甲&#93;(javascript:x) [乙&#93;: data:x [丙](注:x)",
    ),
    ("written link, escaped", r"[甲\](javascript\:x)", r"[甲\\&#93;(javascript\:x)"),
    ("code", "<code>&lt;b></code> <code>&amp;lt;</code>", "`<b>` `&lt;`"),
    ("backquote before code", "` <code>&lt;b></code> \\<code>x</code>", "&#96; `<b>` \\\\`x`"),
    ("backquote alone", "` <code>x</code>", "` `x`"),
    ("code in a table", "<table><tr><td><code>&lt;b>|</code></td></tr></table>", "|  |\n| --- |\n| `<b>\\|` |"),
    ("fence in a line", "<b><pre>&lt;b>\n\n&lt;i></pre></b>", "**`<b>  <i>`**"),
    ("code beside code", "<code>&lt;a></code><code>`</code>", "`<\u200ba>``` ` ``"),
    ("fence with braces", "~~~a {b=} ~~~", "\\~~~a {b=} ~~~"),
    ("code with backquotes and braces", "<code>```{</code>", "```` ```{ ````"),
    ("control characters", "甲&#127;乙&#1;丙", "甲乙丙"),
)
def test_text_does_not_act(case: Case) -> None:
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
def test_no_text_acts_however_it_is_glued(parts: list[tuple[str, str]]) -> None:
    body = html.Element("div")
    for tag, text in parts:
        child = html.Element(tag)
        child.text = child.tail = text
        body.append(child)
    assert not re.search(r"<[a-zA-Z/!?]|\{\{[<%]|\{%|[\x00-\x09\x0b-\x1f]", to_markdown(body))


@given(st.text(st.sampled_from("字　 a\u200b\u00a0\n\t"), max_size=30))
def test_text_keeps_every_character_that_is_no_blank(text: str) -> None:
    body = html.Element("div")
    body.text = text
    assert "".join(to_markdown(body).split()).replace("\u200b", "") == "".join(text.split()).replace("\u200b", "")


def test_deep_nests_keep_their_text() -> None:
    deep = 900
    page = "<div>" * deep + "<p>里*面</p><script>x</script>" + "</div>外<b>边</b>" * deep
    result = markdown(page)
    assert result.startswith("里\\*面\n\n外**边**\n\n外**边**")
    assert result.count("外**边**") == deep


def test_runs_of_blanks_take_no_time() -> None:
    blanks = " " * 300_000
    assert markdown(f"<p>甲{blanks}乙</p>") == "甲 乙"
    assert markdown(f"<p>甲{blanks}\n{blanks}乙</p>") == "甲\n乙"
    assert markdown(f"<pre>甲{blanks}</pre>") == "```\n甲\n```"


def test_text_of_has_the_page_s_white_space() -> None:
    body = node("\n<p>　　甲&amp;乙<!-- x --></p><style>p{}</style><p>丙<script>1</script>\n</p>")
    assert text_of(body) == "\n　　甲&乙丙\n"


def test_plain_text_in_markdown() -> None:
    assert escape("a\n <b> {% x %}") == "a &lt;b> &#123;% x %}"
    assert link("甲]乙`\\", "https://a.cn/(x) y?z=1&lt;") == "[甲\\]乙\\`\\\\](https://a.cn/%28x%29%20y?z=1&amp;lt;)"
    assert link("甲", "javascript:x") == "甲"


def test_the_mirror_s_bodies_give_the_expected_files(shared: Path) -> None:
    expected = shared / "mirror" / "expected"
    rows = [json.loads(line) for line in (expected / "manifest.jsonl").read_text("utf-8").splitlines()]
    wrong = []
    for row in rows:
        body = html.fragment_fromstring((expected / row["body_html"]).read_text("utf-8"), parser=PARSER)
        facts = {name: row[name] for name in ("source", "id", "url", "title", "date", "thumbnail")}
        article = Article(**facts, markdown=to_markdown(body), summary=summarize(text_of(body)))
        if hugo.render(normalize(article)).encode() != (expected / row["reference"]).read_bytes():
            wrong.append(row["id"])
    assert rows
    assert wrong == []


@given(
    st.lists(
        st.sampled_from(["字", "> ", ">", " ", "- ", "\n", "\n\n", "　", "\x01", "\x12\x12\x12"]), max_size=12
    ).map("".join)
)
def test_a_body_is_left_as_it_is_only_where_no_rule_would_change_it(marked: str) -> None:
    marked = marked.strip("\n")  # as the walk gives it
    if _is_even(marked):
        assert resolve_marks(_lines(marked)).strip() == marked.strip()
