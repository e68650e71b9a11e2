"""The default readers of a site: an invented site that consists of declarations."""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.crawl.spider import SiteSpider
from crawler.items import Article, Link
from crawler.reading.bodies import Body, JsonBody
from crawler.reading.errors import Blocked, Incomplete, LayoutChanged, PageError, Skipped
from crawler.reading.numbered import number_in, number_of, parameters_of, with_number
from crawler.reading.page import Page
from crawler.reading.read import entry_page, read_article, read_listing
from crawler.reading.rows import AnyRows, FeedRows, JsonRows, Rows

SITE = "https://www.linden.example"


class Linden(SiteSpider):
    name = "linden"
    site = SITE
    hosts = ("www.linden.example",)
    channels = {"news": "/news/", "feed": "/feed"}
    default_channels = ("news",)
    title_suffixes = ("_椴木网",)
    block_marks = ("访问过于频繁",)
    article_urls = (
        re.compile(r"https?://(?:www|m)\.linden\.example(?P<path>/news/(?P<day>\d{8})/(?P<id>\d+)\.html)(?:[?#].*)?"),
        re.compile(r"https?://(?P<host>old\.linden\.example)(?P<path>/p/(?P<id>\d+))"),
    )
    listing_urls = re.compile(r"https?://www\.linden\.example(?P<path>/news/)(?:[?#].*)?")
    rows: ClassVar[AnyRows] = Rows(".list > li", title="h3", date=".date", number="page")
    fields = {"title": "h1", "date": ".time", "author": ".author", "author_url": ".author", "keywords": ".tag",
              "thumbnail": "img.cover", "brief": ".lead", "category": ".channel"}  # fmt: skip
    bodies = {"2024": Body(".text", drop=".advert", closing=re.compile("责任编辑")), "2020": Body("#content")}


ARTICLE = Link("7", f"{SITE}/news/20260301/7.html", "列表里的题目", "2026-03-01")


def page(html: str, url: str = ARTICLE.url, link: Link | None = ARTICLE, **fields: Any) -> Page:
    return Page(url, f"<html><head></head><body>{html}</body></html>".encode(), link=link, **fields)


def article(html: str, **fields: Any) -> Article:
    result = read_article(Linden, page(html, **fields))
    assert isinstance(result, Article)
    return result


TEXT = '<div class="text"><p>椴木的第一段正文，说明今年的产量。</p><p>第二段。</p></div>'

# Links --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"{SITE}/news/20260301/7.html?from=x", ARTICLE.url),
        ("http://m.linden.example/news/20260301/7.html", ARTICLE.url),
        ("http://old.linden.example/p/7", "https://old.linden.example/p/7"),
        (f"{SITE}/news/", ""),
        ("", ""),
    ],
)
def test_article_link(url: str, expected: str) -> None:
    link = Linden.article_link(url)
    assert (link.url if link else "") == expected
    assert link is None or link.date == ("2026-03-01" if "news" in expected else "")


def test_requests_for_listings() -> None:
    assert Linden.open_channel("news").url == f"{SITE}/news/"
    assert Linden.open_channel("feed").meta["download_maxsize"]  # feeds may be large
    numbered = Linden.open_listing(f"{SITE}/news/?page=3&from=x")
    assert numbered is not None
    assert numbered.url == f"{SITE}/news/?page=3"
    assert Linden.open_listing(f"{SITE}/about") is None


# Listings -----------------------------------------------------------------------------------------------------------

ROW = '<li><a href="/news/20260301/{0}.html"><img></a><h3><a href="/news/20260301/{0}.html">题目{0}</a></h3>{1}</li>'


def listing(rows: str, url: str = f"{SITE}/news/") -> Page:
    return page(
        f'<h2>新闻列表</h2><p>椴木网的新闻，每天更新。</p><ul class="list">{rows}</ul>',
        url,
        None,
        fetched_at="2026-03-02T00:00:00+00:00",
    )


def test_rows_of_html() -> None:
    rows = ROW.format(7, '<i class="date">03-01 08:30</i>') + ROW.format(8, "") + ROW.format(7, "")
    found = read_listing(Linden, listing(rows + '<li><a href="/video/1">视频</a></li>'))
    assert [(link.id, link.title, link.date) for link in found.links] == [
        ("7", "题目7", "2026-03-01 08:30:00"),
        ("8", "题目8", "2026-03-01"),
    ]
    assert found.skipped == 1
    assert [request.url for request in found.next] == [f"{SITE}/news/?page=2"]


def test_the_page_after_the_last_one_is_empty_but_the_first_one_must_have_entries() -> None:
    assert read_listing(Linden, listing("", f"{SITE}/news/?page=4")).links == ()
    with pytest.raises(LayoutChanged, match=r"list is missing: not found at '\.list > li'"):
        read_listing(Linden, listing(""))
    with pytest.raises(LayoutChanged, match="none of the 2 entries of the list links to an article"):
        read_listing(Linden, listing('<li><a href="/x/1">x</a></li>' * 2))


def test_entries_that_are_known_not_to_be_articles_are_no_error() -> None:
    class Videos(Linden):
        @classmethod
        def row_link(cls, page: Page, row: Any) -> Link | None:
            raise Skipped("a video")

    found = read_listing(Videos, listing(ROW.format(7, "") * 2))
    assert (found.links, found.skipped) == ((), 2)


def test_next_pages_by_link() -> None:
    class Linked(Linden):
        rows = Rows(".list > li", title="h3", next="a.next")

    links = '<a class="next" href="/news/?page=2">下一页</a><a class="next" href="javascript:next()">下一页</a>'
    found = read_listing(Linked, listing(ROW.format(7, "") + links))
    assert [request.url for request in found.next] == [f"{SITE}/news/?page=2"]


class LindenApi(Linden):
    rows = JsonRows(
        "data.list[?type == 'news']", "https://www.linden.example/news/{day}/{id}.html", date="at", number="page"
    )
    bodies = {"api": JsonBody("data.html")}
    json_fields = {"title": "data.title", "date": "data.at", "author": "data.author.name", "keywords": "data.tags"}


def api(data: object, url: str = f"{SITE}/api?page=1", link: Link | None = None, **fields: Any) -> Page:
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return Page(url, body, headers={"content-type": "application/json"}, link=link, **fields)


def test_rows_of_json() -> None:
    rows = [
        {"type": "news", "id": 7, "day": "20260301", "title": "题目 &amp; 副题", "at": 1772325000000},
        {"type": "news", "id": None, "day": "20260301", "title": "没有编号"},
        {"type": "advert", "id": 9},
    ]
    found = read_listing(LindenApi, api({"data": {"list": rows}}))
    assert found.links == (Link("7", ARTICLE.url, "题目 & 副题", "2026-03-01 08:30:00"),)
    assert found.skipped == 1
    assert [request.url for request in found.next] == [f"{SITE}/api?page=2"]
    assert read_listing(LindenApi, api({"data": {"list": []}}, f"{SITE}/api?page=2")).next == ()


@pytest.mark.parametrize(
    ("data", "error", "reason"),
    [
        (b'{"data": {"list": [{"id"', Incomplete, "the JSON is truncated"),
        (b"<html>busy</html>", Blocked, "the response is not JSON: '<html>busy</html>'"),
        ({"code": 500}, LayoutChanged, 'is missing in the JSON: {"code": 500}'),
    ],
)
def test_other_json_is_refused(data: object, error: type[PageError], reason: str) -> None:
    class Plain(LindenApi):
        rows = JsonRows("data.list", "url")

    with pytest.raises(error) as caught:
        read_listing(Plain, api(data))
    assert reason in str(caught.value)


def test_entries_that_are_whole_articles_are_read_as_pages() -> None:
    class Whole(LindenApi):
        rows = JsonRows("list", "/news/20260301/{id}.html", whole=True)
        json_fields = {"title": "title"}
        bodies = {"list": JsonBody("html")}

    entry = {"id": 7, "title": "题目", "html": "<p>全文在列表里，半个表情\ud83d。</p>"}
    source = api({"list": [entry]}, fetched_at="2026-03-02T00:00:00+00:00")
    found = read_listing(Whole, source)
    read = read_article(Whole, entry_page(source, found.links[0], found.whole["7"]))
    assert isinstance(read, Article)
    assert read.markdown.startswith("全文在列表里")
    assert (read.title, read.date, read.url) == ("题目", "2026-03-01", ARTICLE.url)


def test_rows_of_a_feed() -> None:
    class Feed(Linden):
        rows = FeedRows()

    item = f"<item><title>题目</title><link>{ARTICLE.url}</link><pubDate>Sun, 01 Mar 2026 00:30:00 GMT</pubDate></item>"
    feed = Page(f"{SITE}/feed", f"<rss><channel>{item}</channel></rss>".encode(), headers={"content-type": "text/xml"})
    assert read_listing(Feed, feed).links == (Link("7", ARTICLE.url, "题目", "2026-03-01 08:30:00"),)


# Numbers of listing pages ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "body", "number", "expected"),
    [
        (f"{SITE}/news/", b"", "page", f"{SITE}/news/?page=2"),
        (f"{SITE}/news/?page=9&a=b", b"", "page", f"{SITE}/news/?page=10&a=b"),
        (f"{SITE}/news/", b"", "/list_{}.html", f"{SITE}/news/list_2.html"),
        (f"{SITE}/news/list_9.html", b"", "/list_{}.html", f"{SITE}/news/list_10.html"),
        (f"{SITE}/news/page/2/", b"", "/page/{}", f"{SITE}/news/page/3"),
        (f"{SITE}/api", b'{"pageNum": 3, "q": "x"}', "pageNum", {"pageNum": 4, "q": "x"}),
        (f"{SITE}/api", b'{"page": "3"}', "page", {"page": "4"}),
        (f"{SITE}/api", b"page=3&q=x", "page", {"page": "4", "q": "x"}),
    ],
)
def test_the_next_number(url: str, body: bytes, number: str, expected: object) -> None:
    current = Page(url, b"", method="POST" if body else "GET", request_body=body)
    following = with_number(current, number, number_of(current, number) + 1)
    assert following.method == current.method
    if body:
        assert parameters_of(Page(url, b"", request_body=following.body)) == expected
    else:
        assert following.url == expected


@given(st.integers(1, 10**8), st.sampled_from(["page", "p", "/page/{}", "/list_{}.html"]))
def test_a_number_that_is_set_is_read_again(value: int, number: str) -> None:
    request = with_number(Page(f"{SITE}/news/", b""), number, value)
    assert number_in(request.url, number) == value


@given(st.binary(max_size=60), st.sampled_from(["page", "/page/{}"]))
def test_any_request_body_has_a_number(body: bytes, number: str) -> None:
    assert number_of(Page(f"{SITE}/news/", b"", request_body=body), number) >= 1


# Articles -----------------------------------------------------------------------------------------------------------


def test_fields_of_html() -> None:
    read = article(
        '<h1>题目</h1><i class="time">2026年3月1日 08:30</i><a class="author" href="/u/1">江岚</a>'
        '<i class="tag">木材</i><i class="tag">产量</i><img class="cover" data-src="/a.jpg"><p class="lead">摘要</p>'
        + TEXT
    )
    assert (read.title, read.date) == ("题目", "2026-03-01 08:30:00")
    assert (read.author, read.author_url) == ("江岚", f"{SITE}/u/1")
    assert (read.keywords, read.brief, read.thumbnail) == (("木材", "产量"), "摘要", f"{SITE}/a.jpg")
    assert (read.reader, read.category) == ("2024", "")
    assert read.chosen == {"title": "page", "date": "page", "author": "page", "thumbnail": "page"}


def test_without_fields_the_listing_and_the_metadata_decide() -> None:
    read = article(TEXT)
    assert (read.title, read.date, read.author) == (ARTICLE.title, ARTICLE.date, "")
    assert read.chosen == {"title": "list", "date": "list"}


def test_fields_of_json() -> None:
    data = {"title": "题目", "at": "2026-03-01 08:30:00", "author": {"name": "江岚"}, "tags": ["木材"]}
    read = read_article(LindenApi, api({"data": data | {"html": "<p>正文。</p>"}}, link=ARTICLE))
    assert isinstance(read, Article)
    assert (read.title, read.date, read.author, read.keywords) == ("题目", "2026-03-01 08:30:00", "江岚", ("木材",))
    assert read.markdown == "正文。"


def test_entities_in_json_are_decoded() -> None:
    data = {
        "title": "题目 &amp; 副题",
        "at": "2026-03-01",
        "author": {"name": "江&nbsp;岚"},
        "html": "<p>A &amp; B。</p>",
    }
    read = read_article(LindenApi, api({"data": data}, link=ARTICLE))
    assert isinstance(read, Article)
    assert (read.title, read.author, read.markdown) == ("题目 & 副题", "江 岚", "A & B。")


def test_the_cover_of_the_listing_is_the_last_candidate() -> None:
    class Covers(LindenApi):
        rows = JsonRows("list", "/news/20260301/{id}.html", thumbnail="pictures[0]")

    rows = [{"id": 7, "title": "题目", "pictures": ["/7.jpg"]}, {"id": 8, "title": "题目", "pictures": []}]
    links = read_listing(Covers, api({"list": rows})).links
    assert [link.thumbnail for link in links] == ["/7.jpg", ""]
    read = article(TEXT, link=links[0])
    assert (read.thumbnail, read.chosen["thumbnail"]) == (f"{SITE}/7.jpg", "list")
    assert article(f'<img class="cover" src="/page.jpg">{TEXT}', link=links[0]).thumbnail == f"{SITE}/page.jpg"
    assert article(TEXT, link=links[1], url=links[1].url).thumbnail == ""


def test_document_of_an_editor() -> None:
    document = {"type": "doc", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "正文。"}]}]}
    data = {"title": "题目", "at": "2026-03-01", "html": document}
    read = read_article(LindenApi, api({"data": data}, link=ARTICLE))
    assert isinstance(read, Article)
    assert read.markdown == "正文。"


def test_fields_of_a_script_variable() -> None:
    class State(Linden):
        state = "window.__STATE__"
        json_fields = {"title": "post.title"}
        bodies = {"state": JsonBody("post.html")}

    script = 'window.__STATE__ = {"post": {"title": "题目", "html": "<p>正文。</p>", "x": undefined}}'
    read = read_article(State, page(f"<script>{script}</script>"))
    assert isinstance(read, Article)
    assert (read.title, read.markdown) == ("题目", "正文。")


def test_a_script_element_and_the_list_in_it() -> None:
    class Element(Linden):
        state = "script#__DATA__"
        rows = JsonRows("posts", f"{SITE}/news/{{day}}/{{id}}.html", date="at")
        bodies = {"state": JsonBody("post.html")}

    posts = [{"id": 7, "day": "20260301", "title": "题目", "at": 1772325000}]
    data = json.dumps({"posts": posts, "post": {"html": "<p>正文。</p>"}})
    script = f'<script id="__DATA__" type="application/json">{data}</script>'
    assert read_listing(Element, page(script, f"{SITE}/news/", link=None)).links == (
        Link("7", ARTICLE.url, "题目", "2026-03-01 08:30:00"),
    )
    read = read_article(Element, page(script))
    assert isinstance(read, Article)
    assert read.markdown == "正文。"
    for broken in ("", script.replace("posts", "items"), script[: script.index("</")] + "}</script>"):
        with pytest.raises(LayoutChanged, match="posts is missing in the JSON"):
            read_listing(Element, page(f"<p>Another page of the site.</p>{broken}", f"{SITE}/news/", link=None))


def test_json_with_the_content_type_of_html_is_not_truncated() -> None:
    data = {"data": {"title": "题目", "at": "2026-03-01 08:30", "html": "<div>正文。"}}
    fetched = Page(ARTICLE.url, json.dumps(data).encode(), headers={"content-type": "text/html"}, link=ARTICLE)
    read = read_article(LindenApi, fetched)
    assert isinstance(read, Article)
    assert (read.title, read.markdown) == ("题目", "正文。")
    with pytest.raises(PageError):
        read_article(LindenApi, Page(ARTICLE.url, fetched.body[:-3], headers=fetched.headers, link=ARTICLE))


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("江岚", "江岚"),
        ("作者：江岚 来源：椴木网", "江岚"),
        ("2026-03-01 08:30　江岚", "江岚"),
        ("椴木网 江岚", "江岚"),
        ("作者：", ""),
        ("江岚、陆舟", "江岚、陆舟"),
    ],
)
def test_labels_beside_the_author_are_removed(shown: str, expected: str) -> None:
    assert article(f'<span class="author">{shown}</span>{TEXT}').author == expected


def test_the_content_of_a_meta_element_counts() -> None:
    class Meta(Linden):
        fields = {"author": "meta[name=writer]", "brief": "meta[name=lead]"}

    read = read_article(Meta, page(f'<meta name="writer" content="江岚"><meta name="lead" content="导语">{TEXT}'))
    assert isinstance(read, Article)
    assert (read.author, read.brief) == ("江岚", "导语")


def test_the_first_body_with_text_is_read_without_adverts_and_closing_lines() -> None:
    closing = "<p>责任编辑：陆舟</p><p> </p>"
    advert = '<p class="advert">广告</p>'
    nested = '<div class="text"><p>引用的页面。</p></div>'
    read = article(f'<div class="text"><p>正文。</p>{advert}{nested}{closing}</div><div id="content">旧的</div>')
    assert read.markdown == "正文。\n\n引用的页面。"
    assert article('<div class="text"></div><div id="content">旧的正文。</div>').reader == "2020"
    with pytest.raises(Skipped, match="only pictures"):
        article('<div class="text"><img src="/a.jpg"></div>')
    with pytest.raises(Skipped, match="only a video"):
        article('<div class="text"><video src="/a.mp4"></video></div>')
    with pytest.raises(Skipped, match="only a recording"):
        article('<div class="text"><audio src="/a.mp3"></audio></div>')
    with pytest.raises(LayoutChanged, match=r"body is missing: not found at '\.text', '#content'"):
        article("<h1>题目</h1>" + "<p>别的文字。</p>" * 99)
    with pytest.raises(LayoutChanged, match="found 2 bodies"):
        article(TEXT * 2)


@pytest.mark.parametrize(
    "html",
    [
        f'<link rel="canonical" href="/news/20260301/8.html">{TEXT}',
        f'<meta property="og:url" content="{SITE}/news/20260301/8.html">{TEXT}',
    ],
)
def test_the_page_of_another_article_is_refused(html: str) -> None:
    with pytest.raises(LayoutChanged, match="requested article 7, received 8"):
        article(html)
    with pytest.raises(LayoutChanged, match="requested article 7, received 8"):
        article(TEXT, url=f"{SITE}/news/20260301/8.html", requested_url=ARTICLE.url)


def test_marks_of_block_pages_count_only_without_content() -> None:
    assert "访问过于频繁" in article(TEXT.replace("第二段", "访问过于频繁")).markdown
    with pytest.raises(Blocked, match="访问过于频繁"):
        article("<p>访问过于频繁，请稍后再试</p>")
