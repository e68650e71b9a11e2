"""Drafts of sources are valid Python, and read the pages that they were drafted from."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from crawler.items import Article, Link
from crawler.reading.errors import LayoutChanged
from crawler.reading.page import Page
from crawler.reading.read import read_article, read_listing
from crawler.reading.source import Source
from crawler.scaffold.draft import article_links, check_name, draft
from crawler.scaffold.rows import CannotDraft

PARAGRAPHS = "".join(
    f"<p>第{number}段：这座虚构的城市里，工厂把旧机器换成了会看、会听、会算的新机器，产量因此又多了一成。</p>"
    for number in "一二三"
)
TITLES = [f"虚构城市的{thing}产业在这个冬天迎来转机" for thing in ("轴承", "风筝", "钟表", "木船", "纸伞")]

# A plain list: absolute and relative URLs, a date each, layout helper classes, and a menu entry with an article URL.
LIST = """<html><head><title>要闻_青石网</title></head><body>
<ul class="menu"><li><a href="/news/">要闻</a></li><li><a href="/news/2026/11/99.html">投稿</a></li></ul>
<ul class="newslist">
<li class="first"><a href="/news/2026/11/12345.html">{}</a><span class="date">2026-11-05</span></li>
<li><a href="http://www.qingshi.example/news/2026/11/12344.html">{}</a><span class="date">2026-11-04</span></li>
<li><a href="../news/2026/10/12001.html">{}</a><span class="date">2026-10-31</span></li>
<li class="last"><a href="/news/2026/10/998.html?from=list">短</a><span class="date">2026-10-30</span></li>
</ul>
<div class="pages"><a href="/news/index_0.html">上一页</a><a href="/news/index_2.html">下一页</a></div>
<div class="foot"><a href="http://elsewhere.example/2026/1.html">一家与本站毫无关系的网站的长长的名字</a></div>
</body></html>""".format(*TITLES[:3])
LIST_ARTICLE = f"""<html><head><title>{TITLES[0]}_要闻_青石网</title></head><body>
<div class="top"><h1>青石网</h1><span class="today">2026-11-06</span></div>
<div class="main clearfix"><h1 class="headline">{TITLES[0]}</h1>
<div class="info">来源：青石网 2026-11-05 08:30:00 <span class="author">作者：程远</span></div>
<div class="text" id="article_12345">{PARAGRAPHS}</div></div>
<div class="hot"><a href="/news/2026/11/12344.html">{TITLES[1]}</a><i>2026-11-04 09:00</i></div></body></html>"""

# Cards made of <div>s: four sections, with summaries that are longer than titles, between menus and footers.
CARD = """<div class="card"><div class="pic"><a href="{0}"><img src="/i.jpg"></a></div><div class="r"><div class="t">
<a href="{0}">{1}</a></div><div class="s"><a href="{0}">{1}，一篇说明这一切从何而来、又将往何处去的摘要。</a></div>
<div class="m"><em>程远</em><em class="when">2026-11-0{2} 10:20</em></div></div></div>"""
SECTIONS = ("ai", "chip", "ai", "energy", "auto")
CARDS = (
    '<html><head><title>最新</title></head><body><div class="nav">'
    + "".join(f'<a href="/{section}/list/1001">{section}</a>' for section in SECTIONS)
    + '</div><nav><a href="/ai/20260101777">导航里的一条很长很长很长的推广链接</a></nav><div class="flow">'
    + "".join(
        CARD.format(f"https://m.baihe.example/{section}/2026110500{at}", title, at + 1)
        for at, (section, title) in enumerate(zip(SECTIONS, TITLES, strict=True))
    )
    + '</div><div class="pager"><a href="?page=1">1</a><a class="next" href="?page=2">›</a></div>'
    + "".join(f'<div class="card"><a href="/about/{n}">关于我们</a></div>' for n in range(3))
    + '<footer><a href="/legal/20260101999">本站的用户协议以及隐私保护的全部条款</a></footer></body></html>'
)
CARDS_ARTICLE = f"""<html><head><title>{TITLES[0]} - 百合周刊</title></head>
<body><script>var t = "2020-01-01 00:00:00";</script>
<form><div class="wrap"><div class="left"><div class="article-title">{TITLES[0]}</div><div class="meta">
<span>阅读 20</span><span class="pub">2026年11月1日 10:20</span></div>
<div class="rich"><section><section>{PARAGRAPHS}</section></section><section><p>完。</p></section></div>
<div class="comment-list">{PARAGRAPHS}{PARAGRAPHS}</div></div>
<div class="side"><p>{TITLES[1]}，也值得一读，而且绝不会让人觉得太长。</p></div></div></form></body></html>"""

# The import contract of spiders in pyproject.toml.
ALLOWED = r"crawler\.(?:crawl\.spider|reading\.\w+|text\.\w+|newspapers\.\w+|items)\Z"
GBK = {"content-type": "text/html; charset=gbk"}


def page(url: str, html: str, charset: str = "utf-8") -> Page:
    return Page(url, html.encode(charset), headers=GBK if charset == "gbk" else {})


def source_of(code: str, folder: Path, name: str = "drafted") -> type[Source]:
    """Write *code* to a module, import it and return its source. Its lines and imports must satisfy the linter."""
    assert max(map(len, code.splitlines())) <= 120
    tree = ast.parse(code)
    imported = {alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert all(len(re.findall(rf"\b{word}\b", code)) > 1 for word in imported - {"annotations"})
    modules = {node.module or "" for node in tree.body if isinstance(node, ast.ImportFrom)}
    assert all(re.match(ALLOWED, module) for module in modules if module.startswith("crawler"))
    path = folder / f"{name}.py"
    path.write_text(code, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return cast(type[Source], getattr(module, f"{name.capitalize()}Spider"))


def read(source: type[Source], article: Page) -> Article:
    found = read_article(source, replace(article, link=source.article_link(article.url)))
    assert isinstance(found, Article)
    return found


@pytest.mark.parametrize("charset", ["utf-8", "gbk"])
def test_draft_of_a_plain_list(tmp_path: Path, charset: str) -> None:
    listing = page("http://www.qingshi.example/news/", LIST, charset)
    home = "http://www.qingshi.example/news/2026"
    assert article_links(listing) == [f"{home}/11/12345.html", f"{home}/11/12344.html", f"{home}/10/12001.html"]
    article = page(f"{home}/11/12345.html", LIST_ARTICLE, charset)
    code = draft("drafted", listing, article)
    assert re.findall("^.*= .*FILL IN.*$", code, re.MULTILINE) == []
    source = source_of(code, tmp_path)
    assert source.hosts == ("www.qingshi.example",)
    assert source.title_suffixes == ("_要闻_青石网", "_青石网")
    assert source.open_channel("news").url == listing.url
    assert source.open_listing(article.url) is None

    found = read_listing(source, listing)
    assert found.links == (
        Link("12345", f"{home}/11/12345.html", TITLES[0], "2026-11-05"),
        Link("12344", f"{home}/11/12344.html", TITLES[1], "2026-11-04"),
        Link("12001", f"{home}/10/12001.html", TITLES[2], "2026-10-31"),
        Link("998", f"{home}/10/998.html", "短", "2026-10-30"),  # too short to derive a selector from, but read
    )
    assert [request.url for request in found.next] == ["http://www.qingshi.example/news/index_2.html"]
    read_article = read(source, article)
    assert (read_article.title, read_article.date) == (TITLES[0], "2026-11-05 08:30:00")
    assert (read_article.author, read_article.id) == ("程远", "12345")
    assert read_article.markdown.startswith("第一段")
    assert "青石网" not in read_article.markdown


def test_draft_of_cards_in_several_sections(tmp_path: Path) -> None:
    listing = page("https://www.baihe.example/latest", CARDS)
    urls = [f"https://m.baihe.example/{section}/2026110500{at}" for at, section in enumerate(SECTIONS)]
    assert article_links(listing) == urls
    article = replace(page(urls[0].replace("//m.", "//www."), CARDS_ARTICLE), requested_url=urls[0])
    source = source_of(draft("drafted", listing, article), tmp_path)
    assert source.hosts == ("www.baihe.example", "m.baihe.example")
    assert source.title_suffixes == (" - 百合周刊",)

    found = read_listing(source, listing)
    assert [link.url for link in found.links] == [url.replace("//m.", "//www.") for url in urls]
    assert [link.title for link in found.links] == TITLES
    assert [link.date for link in found.links] == [f"2026-11-0{at} 10:20:00" for at in range(1, 6)]
    assert [request.url for request in found.next] == ["https://www.baihe.example/latest?page=2"]
    read_article = read(source, article)
    assert (read_article.title, read_article.date) == (TITLES[0], "2026-11-01 10:20:00")
    assert read_article.markdown.startswith("第一段")
    assert read_article.markdown.endswith("完。")
    assert read_article.markdown.count("第三段") == 1


def test_draft_without_an_article_names_the_missing_body_selector(tmp_path: Path) -> None:
    listing = page("http://www.qingshi.example/news/", LIST)
    source = source_of(draft("drafted", listing, None), tmp_path)
    assert len(read_listing(source, listing).links) == 4
    article = page("http://www.qingshi.example/news/2026/11/12345.html", LIST_ARTICLE)
    with pytest.raises(LayoutChanged, match="body is missing: not found at 'fill-in-body'"):
        read_article(source, replace(article, link=read_listing(source, listing).links[0]))


def test_draft_of_an_article_without_text(tmp_path: Path) -> None:
    article = page("http://a.example/p/123456", f"<html><body><h1>{TITLES[0]}</h1><div id='v'>视频</div></body></html>")
    source = source_of(draft("drafted", page("http://a.example/", ""), article), tmp_path)
    with pytest.raises(LayoutChanged, match="body is missing: not found at 'fill-in-body'"):
        read(source, article)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html><body><p>没有链接</p></body></html>",
        '<html><body><a href="/1.html">只有一条像标题那么长的链接在这里</a><a href="http://[">坏的</a></body></html>',
    ],
)
def test_draft_of_a_listing_without_entries(text: str, tmp_path: Path) -> None:
    listing = page("http://a.example/", text)
    assert article_links(listing) == []
    source = source_of(draft("drafted", listing, None), tmp_path)
    assert source.article_link("http://a.example/1.html") is None
    with pytest.raises(LayoutChanged, match="list is missing: not found at 'fill-in-rows'"):
        read_listing(source, replace(listing, body=listing.body or b"<p>A page without a list, and without a block."))


@pytest.mark.parametrize(
    ("url", "identifier", "same_kind", "other"),
    [
        ("http://a.example/news/2026/11/12345.html", "12345", "/news/2025/01/2.html?x=1", "/news/2025/01/"),
        ("http://a.example/a/20260211A08TG500", "20260211A08TG500", "/a/20250101A0AB1200#top", "/a/index"),
        ("http://a.example/20261105/c12-7.html", "20261105-c12-7", "/20261106/c12-8.html", "/20261106/8.html"),
        ("http://a.example/detail?type=1&id=77", "77", "/detail?type=2&id=78", "/detail?id=78"),
        ("http://a.example/blog/how-to-read-2", "how-to-read-2", "/blog/what-to-write/", "/blog/about"),
        ("http://a.example/123456/index.html", "123456", "/7/index.html", "/7/list.html"),
        ("http://a.example/newsDetail_forward_123", "123", "/newsDetail_forward_4", "/newsDetail_back_4"),
        ("http://a.example/p/3fa9bc12de/", "3fa9bc12de", "/p/77aa/", "/p/about/"),
    ],
)
def test_article_link_matches_urls_of_the_same_form(
    url: str, identifier: str, same_kind: str, other: str, tmp_path: Path
) -> None:
    source = source_of(draft("drafted", page("http://a.example/", ""), page(url, "")), tmp_path)
    assert source.article_link(url) == Link(identifier, url)
    assert source.article_link(f"http://a.example{same_kind}".rstrip("/") + "/" * url.endswith("/"))
    assert source.article_link(f"http://a.example{other}") is None


def test_draft_escapes_text_of_the_pages(tmp_path: Path) -> None:
    evil = '"""+__import__("os").abort()+"""\\'
    html = f"""<html><head><title>{TITLES[0]}_{evil}</title></head><body class='{evil}'><h1 id='{evil}'>{TITLES[0]}</h1>
    <o:p class='{evil} x"'>{PARAGRAPHS}</o:p></body></html>"""
    for path in ("/1.html", f"/{evil}/12345.html", f"/12345.html?{evil}", "/\n1/2.html"):
        code = draft("drafted", page(f"http://a.example/{evil}\n#", html), page(f"http://a.example{path}", html))
        source_of(code, tmp_path)
        assert "abort" not in code.replace("%22+__import__(%22os%22).abort()+%22%22%22%5C", "")


@pytest.mark.parametrize(
    "name", ["", "Site", "my-site", "36kr", "class", "a/b", "../a", "a.b", "_a", "é", "a\n", "a" * 41]
)
def test_check_name_rejects_invalid_module_names(name: str) -> None:
    with pytest.raises(ValueError, match="is not a valid source name"):
        check_name(name)
    with pytest.raises(ValueError, match="lower-case letters, digits and underscores"):
        draft(name, page("http://a.example/", ""), None)


def test_class_name_of_a_name_with_underscores(tmp_path: Path) -> None:
    assert "class My36Site2Spider(SiteSpider):" in draft("my_36_site2", page("http://a.example/", ""), None)
    check_name("qq")


# Texts without an element, feeds, and listings that cannot be drafted -------------------------------------------------


def test_draft_of_a_text_without_an_element_of_its_own(tmp_path: Path) -> None:
    """Title, date, text and ten kinds of notices are children of one element, without names."""
    notices = "".join(
        f"<h{2 + number % 4}>第{number}组链接</h{2 + number % 4}><ul><li><a href='/n/{number}'>噪{title}</a></li></ul>"
        for number, title in enumerate(TITLES * 3)
    )
    html = (
        f"<html><head><title>{TITLES[0]}_青石网</title></head><body><div>首页</div><div><h1>{TITLES[0]}</h1>"
        f"<em>2026-11-05 08:30</em>{PARAGRAPHS}{notices}</div></body></html>"
    )
    article = page("http://www.qingshi.example/news/2026/11/12345.html", html)
    code = draft("drafted", page("http://www.qingshi.example/news/", LIST), article)
    assert "def body_of" in code
    found = read(source_of(code, tmp_path), article)
    assert found.title == TITLES[0]
    assert found.markdown.count("这座虚构的城市里") == 3
    assert "噪" not in found.markdown


RSS = """<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>青石网</title><link>http://www.qingshi.example/</link>
{}</channel></rss>""".format(
    "".join(
        f"<item><title>{title}</title><link>http://www.qingshi.example/news/2026/11/{number}.html</link>"
        f"<pubDate>Thu, 0{number + 1} Nov 2026 08:30:00 +0800</pubDate></item>"
        for number, title in enumerate(TITLES)
    )
)
SITEMAP = """<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}
<url><loc>http://www.qingshi.example/about</loc></url></urlset>""".format(
    "".join(
        f"<url><loc>http://www.qingshi.example/news/2026/11/{number}.html</loc></url>" for number in range(len(TITLES))
    )
)


@pytest.mark.parametrize(("xml", "titles"), [(RSS, TITLES), (SITEMAP, [""] * 5)], ids=["rss", "sitemap"])
def test_draft_of_a_feed(xml: str, titles: list[str], tmp_path: Path) -> None:
    listing = Page("http://www.qingshi.example/feed.xml", xml.encode(), headers={"content-type": "application/xml"})
    urls = [f"http://www.qingshi.example/news/2026/11/{number}.html" for number in range(5)]
    assert article_links(listing) == urls
    article = page(urls[0], LIST_ARTICLE)
    source = source_of(draft("drafted", listing, article), tmp_path)
    links = read_listing(source, listing).links
    assert [(link.url, link.title) for link in links] == list(zip(urls, titles, strict=True))
    assert read(source, article).markdown.startswith("第一段")


ENTRIES = [{"id": 500 + number, "title": title} for number, title in enumerate(TITLES)]


@pytest.mark.parametrize(
    ("text", "reason", "advice"),
    [
        ('{"list": [{"url": "/news/1.html"}]}', "the JSON has no list of objects with a title", "network panel"),
        ('{"code": 401, "msg": "sign error"}', "sign error", "POST"),
        (json.dumps({"data": ENTRIES}), "the list data of the JSON has 5 entries with title, id", "as ARTICLE"),
        (f"jQuery1({json.dumps(ENTRIES)});", "JSONP", "remove the parameter"),
        (f"<html><body><script>window.D = {json.dumps(ENTRIES)}</script></body></html>", "of window.D", "as ARTICLE"),
        ("<?xml version='1.0'?><rss><channel><item><title>x</title></item></channel></rss>", "Atom", "RSS"),
        ("<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>x</title></entry></feed>", "Atom", "RSS"),
        ("<sitemapindex><sitemap><loc>http://a.example/1.xml</loc></sitemap></sitemapindex>", "sitemaps", "/1.xml"),
    ],
)  # fmt: skip
def test_a_listing_that_cannot_be_drafted_is_refused_with_the_next_step(text: str, reason: str, advice: str) -> None:
    listing = page("http://a.example/list", text)
    with pytest.raises(CannotDraft, match=re.escape(reason)) as refused:
        article_links(listing)
    assert advice in refused.value.advice
    with pytest.raises(CannotDraft):
        draft("drafted", listing, None)
