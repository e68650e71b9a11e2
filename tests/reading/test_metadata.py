"""Metadata of article pages: JSON-LD, `<time>` elements, `<base>`, and times that are not read."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.reading.candidates import Candidates
from crawler.reading.errors import LayoutChanged
from crawler.reading.json_ld import json_ld_of
from crawler.reading.page import Page
from crawler.reading.query import all_of, href
from tests.support.cpu_time import within

URL = "https://a.example/news/7.html"
FETCHED = "2025-02-12T02:00:00+00:00"
ARTICLE = {
    "@type": "NewsArticle",
    "headline": "标题",
    "datePublished": "2025-02-11T22:17:09+08:00",
    "author": {"@type": "Person", "name": "李文"},
}
EXACT = "2025-02-11 22:17:09"


def page(body: str, head: str = "", url: str = URL) -> Page:
    html = f"<html><head><title>标题_测试网</title>{head}</head><body>{body}</body></html>"
    return Page(url, html.encode(), fetched_at=FETCHED)


def with_json_ld(*scripts: str) -> Page:
    return page("", "".join(f'<script type="application/ld+json">{script}</script>' for script in scripts))


def fields(found: Page) -> tuple[str, str, str]:
    candidates = Candidates(found)
    return candidates.title({}), candidates.date({}), candidates.author({})


TEXT = json.dumps(ARTICLE, ensure_ascii=False)


@pytest.mark.parametrize(
    "script",
    [
        TEXT,
        TEXT[:-1] + ', "description": "第一行\n第二行\t第三列\r\n第四行\x0b\x1f"}',
        f"//<![CDATA[\n{TEXT}\n//]]>",
        f"/*<![CDATA[*/ {TEXT} /*]]>*/",
        f"<![CDATA[{TEXT}]]>",
        f"<!--\n{TEXT}\n-->",
        f"<!--//--><![CDATA[//><!--\n{TEXT}\n//--><!]]>",
        f"\ufeff{TEXT};",
        f"[{TEXT}]",
        f"[[{TEXT}], 5]",
        TEXT[:-1] + ", }",
        TEXT[:-1] + ', "keywords": ["甲", "乙",\n ],\n}',
        TEXT[:-1] + r', "description": "C:\新闻 \' \x"}',
        TEXT[:-1] + ', "description": "逗号,] 和 ,} 在字符串里",}',
        TEXT.replace('"', "&quot;"),
        f'{{"@context": "https://schema.org", "@graph": [{{"@type": "WebSite", "name": "测试网"}}, {TEXT}]}}',
        f'{{"@type": "WebPage", "mainEntity": {TEXT}}}',
        f'{{"@type": "WebPage", "mainEntityOfPage": [{TEXT}]}}',
        TEXT.replace('"NewsArticle"', '["Article", "NewsArticle"]'),
        TEXT.replace('"NewsArticle"', '"http://schema.org/NewsArticle"'),
        '{"@type": "BreadcrumbList"}' + TEXT,
    ],
)
def test_json_ld_that_is_not_plain_valid_json(script: str) -> None:
    assert fields(with_json_ld(script)) == ("标题", EXACT, "李文")


@pytest.mark.parametrize(
    "type_", ["application/ld+json", "application/ld+json; charset=utf-8", " Application/LD+JSON "]
)
def test_json_ld_type(type_: str) -> None:
    assert fields(page("", f'<script type="{type_}">{TEXT}</script>')) == ("标题", EXACT, "李文")


@pytest.mark.parametrize(
    "script",
    [
        TEXT.replace('"headline"', '"description": "他说"好"的", "headline"'),
        TEXT.replace('"headline"', '/* 注释 */ "headline"'),
        TEXT.replace('"', "'"),
        TEXT.replace('"headline"', '"image": undefined, "headline"'),
        TEXT.replace('"headline"', '"image":, "headline"'),
        TEXT[:-1] + ', "articleBody": "被截断的文字',
        TEXT.replace(' "', '\u00a0"'),
        TEXT.replace(' "', '\u2028"'),
        f'{TEXT}{{"@type": "X"}}'.join("[]"),
        TEXT.replace('{"@type": "Person", "name": "李文"}', '["李文"]') + '"',
    ],
)
def test_json_ld_that_cannot_be_repaired(script: str) -> None:
    assert fields(with_json_ld(script)) == ("标题", EXACT, "李文")


def test_dates_of_several_objects_in_invalid_json_ld_are_ambiguous() -> None:
    other = json.dumps({"@type": "NewsArticle", "headline": "另一篇", "datePublished": "2025-02-12T08:00:00"})
    found = Candidates(with_json_ld(f"[{TEXT} {other}"))
    assert found.title({}) == "标题_测试网"
    with pytest.raises(LayoutChanged):
        found.date({})
    comment = {"@type": "Comment", "author": "读者", "datePublished": "2025-02-12T08:00:00"}
    with pytest.raises(LayoutChanged):
        Candidates(with_json_ld(json.dumps(comment) + '"')).date({})


@pytest.mark.parametrize(
    "values",
    [
        {"datePublished": ["2025-02-11T22:17:09+08:00"], "headline": ["标题"]},
        {"datePublished": {"@type": "Date", "@value": "2025-02-11T22:17:09+08:00"}},
        {"datePublished": "2025-02-11&nbsp;22:17:09", "headline": "&#26631;题"},
        {"datePublished": "", "dateCreated": "2025-02-11 22:17:09"},
    ],
)
def test_forms_of_a_value_in_json_ld(values: dict[str, object]) -> None:
    assert fields(with_json_ld(json.dumps({**ARTICLE, **values}))) == ("标题", EXACT, "李文")


def test_date_of_creation_is_the_last_candidate() -> None:
    article = {"@type": "Article", "dateCreated": "2025-02-01 08:00:00"}
    head = f'<script type="application/ld+json">{json.dumps(article)}</script><meta name="pubdate" content="{EXACT}">'
    assert Candidates(page("", head)).date({}) == EXACT


OTHERS = [
    {"@type": "Comment", "headline": "评论", "datePublished": "2025-02-12", "author": {"name": "读者"}},
    {"@type": "WebSite", "headline": "测试网", "datePublished": "2010-01-01"},
    {"@type": "WebPage", "headline": "页", "datePublished": "2010-01-01"},
    {"@type": "VideoObject", "headline": "视频", "datePublished": "2025-02-10"},
    {
        "@type": "NewsArticle",
        "headline": "另一篇",
        "url": "https://a.example/news/8.html",
        "datePublished": "2025-02-12",
    },
    {"@type": "ItemList", "itemListElement": [{**ARTICLE, "headline": "相关", "datePublished": "2025-02-12"}]},
    {"@type": "BreadcrumbList", "headline": "首页"},
]


@pytest.mark.parametrize("other", OTHERS, ids=lambda other: other["@type"])
@pytest.mark.parametrize("article", [ARTICLE, {**ARTICLE, "mainEntityOfPage": {"@type": "WebPage", "@id": URL}}])
def test_entry_of_the_article_precedes_other_entries(other: dict[str, object], article: dict[str, object]) -> None:
    for entries in ([other, article], [article, other]):
        scripts = [json.dumps(entry, ensure_ascii=False) for entry in entries]
        for found in (with_json_ld(*scripts), with_json_ld(f"[{','.join(scripts)}]")):
            assert fields(found) == ("标题", EXACT, "李文")


def test_comments_in_the_article_are_not_read() -> None:
    article = {"comment": [OTHERS[0]], **ARTICLE}
    assert fields(with_json_ld(json.dumps(article))) == ("标题", EXACT, "李文")


def test_page_entry_completes_the_article_but_a_second_article_does_not() -> None:
    undated = json.dumps({"@type": "Article", "headline": "标题"})
    web_page = json.dumps({"@type": "WebPage", "headline": "页", "datePublished": "2025-02-11T22:17:09"})
    second = json.dumps({"@type": "Article", "headline": "另一篇", "datePublished": "2025-02-10"})
    assert json_ld_of(with_json_ld(web_page, second, undated))["headline"] == "另一篇"
    found = json_ld_of(with_json_ld(undated, second, web_page))
    assert (found["headline"], found["datePublished"]) == ("标题", "2025-02-11T22:17:09")


def test_baidu_json_ld_has_other_keys() -> None:
    baidu = {"@context": "https://ziyuan.baidu.com/contexts/cambrian.jsonld", "title": "标题", "pubDate": EXACT}
    found = with_json_ld(json.dumps(baidu))
    assert fields(found)[:2] == ("标题", EXACT)


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("李文", "李文"),
        (["李文", "王芳"], "李文，王芳"),
        ([{"name": "李文"}, {"name": "王芳"}, {"name": "李文"}], "李文，王芳"),
        ({"name": ["李文", "王芳"]}, "李文，王芳"),
        ({"@id": "#li"}, "李文"),
        ([{"@id": "#li"}, {"@id": "#wang"}], "李文，王芳"),
        ("#li", "李文"),
        ({"@id": "#missing"}, ""),
        ({"@id": "#li", "name": "李文"}, "李文"),
        ({"name": {"@value": "李文"}}, "李文"),
        ("https://a.example/u/1", ""),
        ({"name": "A &amp; B"}, "A & B"),
        ({"@list": []}, ""),
        (None, ""),
        (7, ""),
    ],
)
def test_authors_in_json_ld(author: object, name: str) -> None:
    people = [{"@type": "Person", "@id": "#li", "name": "李文"}, {"@type": "Person", "@id": "#wang", "name": "王芳"}]
    graph = json.dumps({"@graph": [{**ARTICLE, "author": author}, *people]})
    assert Candidates(with_json_ld(graph)).author({}) == name
    first, *others = ({**ARTICLE, "author": author}, *people)
    assert Candidates(with_json_ld(json.dumps(others), json.dumps(first))).author({}) == name


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(("@type", "@id", "@graph", "author", "name", "headline", "datePublished", "url")), inner
        )
    ),
)


@given(JSON, st.sampled_from(("", ",", "}", "<!--", "]]>", '"')), st.integers(0, 50))
def test_any_json_ld_is_read_without_an_error(value: object, extra: str, position: int) -> None:
    text = json.dumps(value, ensure_ascii=False)
    candidates = Candidates(with_json_ld(text[:position] + extra + text[position:]))
    assert isinstance(candidates.author({}), str)
    assert candidates.title({})


@pytest.mark.parametrize("part", ["[", "{", '"', ",", ", ", '\\"', "<!--", '{"@graph":[', '{"a":1},', "[1,"])
def test_json_ld_takes_linear_time(part: str) -> None:
    found = with_json_ld(part * (300_000 // len(part)))
    within(3, lambda: Candidates(found).author({}))


# Times on the page ---------------------------------------------------------------------------------------------------

OWN = "<time>2025-02-11 22:17:09</time>"


@pytest.mark.parametrize(
    "body",
    [
        f"<h1>标题</h1>{OWN}",
        f"<header><time>2025-02-12 09:00</time></header><article><h1>标题</h1>{OWN}</article>",
        f"<div id=clock><time>2025-02-12 09:00</time></div><main><h1>标题</h1>{OWN}</main>",
        f"<nav><time>2025-02-12</time></nav><article><header><h1>标题</h1>{OWN}</header></article>",
        f"<aside><time>2025-02-12</time></aside><article>{OWN}</article>",
        f'<div class="comment-list"><time>2025-02-12 08:00</time></div><div class="meta">{OWN}</div>',
        f'<ul class="related"><li><time>2025-02-12 08:00</time></li></ul><h1>标题</h1>{OWN}',
        f'<article><a href="/8"><h2>另一篇</h2></a><time>2025-02-12</time></article><article>{OWN}<p>文</p></article>',
        f'<time>2025-02-12 08:00</time><time itemprop="datePublished" datetime="{EXACT}">昨天</time>',
        f'<time itemprop="dateModified">2025-02-12 08:00</time>{OWN}',
        '<time datetime="2025-02-11">2025-02-11 22:17:09</time>',
        '<time datetime="">2025-02-11 22:17:09</time>',
        '<div class="has-sidebar"><time>2025-02-11 22:17:09</time></div>',
    ],
)
def test_time_of_the_article_is_chosen(body: str) -> None:
    assert Candidates(page(body)).date({}) == EXACT


def test_meta_names_of_the_time_of_publication() -> None:
    metas = ('itemprop="datePublished"', 'name="publishdate"', 'name="_pubtime"', 'property="article:published_time"')
    for meta in metas:
        assert Candidates(page("", f'<meta {meta} content="{EXACT}">')).date({}) == EXACT


@pytest.mark.parametrize(
    "head",
    [
        '<meta name="date" content="{}">',
        '<meta name="DC.date.issued" content="{}">',
        '<meta property="weibo: article:create_at" content="{}">',
        '<meta property="og:release_date" content="{}">',
        '<META NAME=" Publish-Time " CONTENT="{}">',
        '<meta name="pubdate" content=" "><meta name="pubdate" content="{}"><meta name="pubdate" content="2001-01-01">',
    ],
)
def test_meta_elements_of_the_time_of_publication(head: str) -> None:
    assert Candidates(page("", head.format(EXACT))).date({}) == EXACT


@pytest.mark.parametrize("url", ["https://www.social.example/someone", "//a.example/u/7"])
def test_url_is_not_the_name_of_an_author(url: str) -> None:
    assert Candidates(page("", f'<meta property="article:author" content="{url}">')).author({}) == ""
    assert Candidates(page("", '<meta property="article:author" content="李文">')).author({}) == "李文"


def test_relative_date_is_marked() -> None:
    candidates = Candidates(page(""))
    assert candidates.date({"byline": "昨天 22:17"}) == "2025-02-11 22:17:00"
    assert candidates.chosen == {"date": "byline relative"}
    assert candidates.date({"byline": "3小时前", "DATA": "2025-02-12 07:30:00"}) == "2025-02-12 07:30:00"
    assert candidates.chosen == {"date": "DATA"}


def test_relative_date_of_a_local_file_is_not_read() -> None:
    assert Candidates(page("", url="7.html")).date({"byline": "昨天 22:17"}, "20250105") == "2025-01-05"


def test_unread_time_is_marked() -> None:
    candidates = Candidates(page(""))
    assert candidates.date({"byline": "2025-02-11 22时许", "list": "2025-02-11"}) == "2025-02-11"
    assert candidates.chosen == {"date": "byline", "unread_time": "byline"}
    candidates = Candidates(page(""))
    assert candidates.date({"byline": "2025-02-11 22时许", "list": EXACT}) == EXACT
    assert candidates.chosen == {"date": "list"}


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ('<span class="pubTime">2025-02-11 22:17</span>', "page"),
        ("<p>发布：2025年2月11日22时17分</p>", "page"),
        ("<span>2025-02-12 22:17</span>", None),
        ("<span>2025-02-11</span>", None),
        ("<ul><li><span>2025-02-11 22:17</span></li></ul>", None),
        ('<div class="comments"><span>2025-02-11 22:17</span></div>', None),
        (f"<p>{'长' * 60}2025-02-11 22:17</p>", None),
    ],
)
def test_time_in_another_element_is_marked_as_unread(body: str, place: str | None) -> None:
    candidates = Candidates(page(body))
    assert candidates.date({"list": "2025-02-11"}) == "2025-02-11"
    assert candidates.chosen.get("unread_time") == place


# Base URL ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ('<base href="https://b.example/x/">', "https://b.example/x/8.html"),
        ('<base href="/x/">', "https://a.example/x/8.html"),
        ('<base href="x/">', "https://a.example/news/x/8.html"),
        ('<base href="//b.example/x/y">', "https://b.example/x/8.html"),
        ('<base target="_blank"><base href="/x/"><base href="/y/">', "https://a.example/x/8.html"),
        ('<base href="http://[x">', "https://a.example/news/8.html"),
        ('<base href="javascript:1">', "https://a.example/news/8.html"),
        ('<base href="">', "https://a.example/news/8.html"),
        ('<base href="  /x/ ">', "https://a.example/x/8.html"),
        ("", "https://a.example/news/8.html"),
    ],
)
def test_relative_url_refers_to_the_base(base: str, expected: str) -> None:
    found = page('<a href="8.html">8</a>', base)
    assert href(all_of(found, "a")[0], found) == expected
    assert Candidates(found).thumbnail({"og:image": "8.html"}) == expected


def test_thumbnail_with_an_invalid_or_absolute_url() -> None:
    candidates = Candidates(page(""))
    assert candidates.thumbnail({"og:image": "//b.example/a.jpg"}) == "//b.example/a.jpg"
    assert candidates.thumbnail({"og:image": "https://b.example/a.jpg"}) == "https://b.example/a.jpg"
    assert candidates.thumbnail({"og:image": "http://[x"}) == "http://[x"
    assert candidates.thumbnail({"og:image": ""}) == ""


@pytest.mark.parametrize(
    ("head", "address", "base"),
    [
        ('<link rel="canonical" href="https://a.example/n/7.html">', "https://a.example/n/7.html",
        "https://a.example/n/7.html"),
        ('<meta property="og:url" content="https://a.example/n/7.html">', "https://a.example/n/7.html",
        "https://a.example/n/7.html"),
        ('<link rel="canonical" href="7.html"><meta property="og:url" content="https://a.example/8">', "https://a.example/8",
         "https://a.example/8"),
        ('<base href="../img/"><link rel="canonical" href="https://a.example/n/7.html">', "https://a.example/n/7.html",
         "https://a.example/img/"),
        ('<link rel="alternate Canonical" href="//a.example/n/7.html">', "https://a.example/n/7.html",
         "https://a.example/n/7.html"),
        ('<meta name="og:url" content="https://a.example/n/7.html">', "https://a.example/n/7.html",
         "https://a.example/n/7.html"),
        ('<base href=" //cdn.example/img/ ">', "", "https://cdn.example/img/"),
        ('<base href="file:///C:/img/">', "", "folder/7.html"),
        ("", "", "folder/7.html"),
    ],
)  # fmt: skip
def test_saved_page_has_the_address_of_its_metadata(head: str, address: str, base: str) -> None:
    found = page("", head, url="folder/7.html")
    assert (found.address, found.base_url) == (address, base)
    assert page("", head).address == URL
