"""Documents of ProseMirror editors as HTML nodes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.html import tostring

from crawler.markdown.convert import convert
from crawler.reading.html import PageTooDeep
from crawler.reading.prosemirror import DEEPEST, html_of, unknown_types

Node = dict[str, Any]


def node(kind: str, *content: Node, **attrs: object) -> Node:
    return {"type": kind, "attrs": attrs, "content": [*content]}


def words(text: str, *marks: str | Node) -> Node:
    return {
        "type": "text", "text": text, "marks": [{"type": mark} if isinstance(mark, str) else mark for mark in marks]
    }  # fmt: skip


def html(*content: Node) -> str:
    return tostring(html_of(node("doc", *content)), encoding="unicode").removeprefix("<div>").removesuffix("</div>")


LINK: Node = {"type": "link", "attrs": {"href": "https://a.example/", "title": None}}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (node("paragraph", words("甲 < 乙")), "<p>甲 &lt; 乙</p>"),
        (node("paragraph"), "<p></p>"),
        (node("heading", words("标题"), level=3), "<h3>标题</h3>"),
        (node("heading", words("标题"), level=9), "<h6>标题</h6>"),
        (node("heading", words("标题"), level=None), "<h2>标题</h2>"),
        (node("image", src="https://a.example/1.png", alt=None), '<p><img src="https://a.example/1.png"></p>'),
        (node("image", src="/1.png", href="/2"), '<p><a href="/2"><img src="/1.png"></a></p>'),
        (node("paragraph", node("image", src="/1.png", alt="图")), '<p><img src="/1.png" alt="图"></p>'),
        (
            node("bulletedlist", node("listitem", node("paragraph", words("甲")))),
            "<ul><li><p>甲</p></li></ul>",
        ),
        (node("bullet_list", node("list_item", words("甲"))), "<ul><li>甲</li></ul>"),
        (node("numberedlist", node("listitem", words("甲")), start=3), '<ol start="3"><li>甲</li></ol>'),
        (node("orderedList", node("listItem", words("甲"))), "<ol><li>甲</li></ol>"),
        (
            node("paragraph", node("link", words("甲"), href="https://a.example/", title="")),
            '<p><a href="https://a.example/">甲</a></p>',
        ),
        (node("codeblock", words("a\n  b\n"), lang="c"), "<pre><code>a\n  b</code></pre>"),
        (
            node("code_block", node("line", words("a")), node("line", words("b"))),
            "<pre><code>a\nb</code></pre>",
        ),
        (node("blockquote", node("paragraph", words("甲"))), "<blockquote><p>甲</p></blockquote>"),
        (node("paragraph", words("甲"), node("hardbreak"), words("乙")), "<p>甲<br>乙</p>"),
        (node("horizontal_rule"), "<hr>"),
        (
            node("table", node("tablerow", node("tablecell", node("paragraph", words("甲")), colspan=2))),
            '<table><tr><td colspan="2"><p>甲</p></td></tr></table>',
        ),
        (node("video", src="/1.mp4"), '<video src="/1.mp4"></video>'),
    ],
    ids=lambda value: str(value)[:30],
)
def test_nodes(content: Node, expected: str) -> None:
    assert html(content) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ([words("甲", "strong")], "<strong>甲</strong>"),
        ([words("甲", "bold", "italic")], "<strong><em>甲</em></strong>"),
        ([words("甲", {"type": "color", "attrs": {"color": "#494949"}}, "size", "underline")], "甲"),
        ([words("甲"), words("乙", "color"), words("丙")], "甲乙丙"),
        ([words("甲", "code", "strong")], "<strong><code>甲</code></strong>"),
        ([words("甲", "strong"), words("乙", "strong", "em")], "<strong>甲<em>乙</em></strong>"),
        ([words("甲", "em", "strong"), words("乙", "strong")], "<em><strong>甲</strong></em><strong>乙</strong>"),
        ([words("甲", LINK), words("乙", LINK, "em"), words("丙")], '<a href="https://a.example/">甲<em>乙</em></a>丙'),
        ([words("10"), words("6", "superscript"), words("米")], "10<sup>6</sup>米"),
        ([words("甲", "strike")], "<s>甲</s>"),
        (
            [node("link", words("甲"), href="/1") | {"marks": [{"type": "strong"}]}],
            '<strong><a href="/1">甲</a></strong>',
        ),
    ],
    ids=lambda value: str(value)[:30],
)
def test_marks(content: list[Node], expected: str) -> None:
    assert html(node("paragraph", *content)) == f"<p>{expected}</p>"


@pytest.mark.parametrize(
    ("content", "markdown"),
    [
        (node("callout", node("paragraph", words("甲")), node("paragraph", words("乙"))), "甲\n\n乙"),
        (node("paragraph", words("甲"), node("mention", words("乙")), words("丙")), "甲乙丙"),
        (node("poll", title="投票"), "投票"),
        (node("card", url="https://a.example/", name="文件"), "[文件](https://a.example/)"),
        (node("card", href="https://a.example/"), "<https://a.example/>"),
        (node("paragraph", words("质能方程 "), node("formula", text="E=mc")), "质能方程 E=mc"),
        ({"type": None, "content": [words("甲")]}, "甲"),
        ({"content": [words("甲")]}, "甲"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_unknown_nodes_keep_their_text_and_are_named(content: Node, markdown: str) -> None:
    body = html_of(node("doc", content))
    assert unknown_types(body)
    assert convert(body).text == markdown


def test_types_of_unknown_nodes() -> None:
    body = html_of(node("doc", node("poll", title="甲"), node("paragraph", node("mention"), node("poll"))))
    assert unknown_types(body) == ["mention", "poll"]
    assert unknown_types(html_of(node("doc", node("paragraph", words("甲"))))) == []


def test_characters_that_are_invalid_in_xml() -> None:
    assert html(node("paragraph", words("甲\x00\ud800乙"), node("link", words("丙"), href="/\x01"))) == (
        '<p>甲\ufffd乙<a href="/">丙</a></p>'
    )


@pytest.mark.parametrize("kind", ["listitem", "codeblock", "unknown"])
def test_a_document_that_is_too_deep(kind: str) -> None:
    def nested(levels: int) -> Node:
        document = node(kind, words("甲"))
        for _ in range(levels):
            document = node(kind, document)
        return document

    assert html_of(nested(DEEPEST - 1)).text_content() == "甲"
    with pytest.raises(PageTooDeep):
        html_of(nested(DEEPEST + 1))


TYPES = st.sampled_from(["paragraph", "heading", "link", "codeblock", "listitem", "tablecell", "mention", ""])
MARKS = st.lists(
    st.sampled_from(["strong", "em", "code", "link", "color"]).map(lambda kind: {"type": kind}), max_size=3
)
TEXTS = st.builds(lambda text, marks: words(text, *marks), st.text("甲乙 <&*\n", max_size=4), MARKS)
DOCUMENTS = st.recursive(
    TEXTS,
    lambda inner: st.builds(lambda kind, content: node(kind, *content), TYPES, st.lists(inner, max_size=4)),
    max_leaves=12,
)


def all_texts(document: Node) -> str:
    return str(document.get("text", "")) + "".join(map(all_texts, document.get("content", [])))


@given(st.lists(DOCUMENTS, max_size=4))
def test_all_texts_remain_in_their_order(content: list[Node]) -> None:
    document = node("doc", *content)
    assert "".join(html_of(document).text_content().split()) == "".join(all_texts(document).split())


@pytest.mark.parametrize("value", [None, 1, "甲", [], [1, None], {}, [[]], {"type": 1}, [{"type": []}]], ids=repr)
@pytest.mark.parametrize("key", ["type", "attrs", "content", "marks", "text"])
def test_json_of_any_form_is_read_without_an_error(key: str, value: object) -> None:
    for kind in ("paragraph", "heading", "image", "link", "codeblock", "poll"):
        convert(html_of({key: value}))
        convert(html_of(node("doc", {"type": kind, key: value}, {"type": "text", "text": "甲", key: value})))
        convert(html_of(node("doc", {"type": kind, "attrs": {"src": value, "href": value, "level": value}})))
