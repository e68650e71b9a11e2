"""Hostile pages for the readers of all sources: much of one thing, inside of what a reader looks for."""

from __future__ import annotations

from collections.abc import Iterator

from crawler.crawl.spider import ArticleSpider
from crawler.items import Link
from crawler.reading.errors import PageError
from crawler.reading.page import Page
from crawler.reading.read import read_article, read_listing
from crawler.spiders.epaper import EpaperSpider
from crawler.spiders.hibor import HiborSpider
from crawler.spiders.iyiou import IyiouSpider
from crawler.spiders.paper import PaperSpider
from crawler.spiders.qq import QqSpider
from crawler.spiders.woshipm import WoshipmSpider

# Each source: class, URL of an article, URL of a listing, and the starts of elements and scripts that its readers use.
SOURCES: dict[str, tuple[type[ArticleSpider], str, str, tuple[str, ...]]] = {
    "qq": (
        QqSpider, "https://new.qq.com/rain/a/20250211A08TG500", "https://news.qq.com/ch/tech/",
        ('<div id="article-content"><div class="rich_media_content">',
         '<div class="LEFT"><div class="content-article">',
         '<div id="Cnt-Main-Article-QQ">', "<script>window.DATA = ",
         '<div id="article-content"><p class="qnt-p">'),
    ),
    "hibor": (
        HiborSpider, f"https://www.hibor.com.cn/data/{'a' * 32}.html", "https://www.hibor.com.cn/elitelist.html",
        ('<div class="abstruct-info">', "<table><tr class='trContent'>", "<script>var ncid = '", '<div class="neir">'),
    ),
    "iyiou": (
        IyiouSpider, "https://www.iyiou.com/news/202502111000001", "https://www.iyiou.com/news",
        ('<article class="post-body">', "<script>window.__INITIAL_STATE__=", '<div id="post_description">',
         '<ul class="newestArticleList">'),
    ),
    "woshipm": (
        WoshipmSpider, "https://www.woshipm.com/ai/1234567.html", "https://www.woshipm.com/category/ai",
        ('<div class="article--content">', '<div class="grap">', '<div class="postlist-item">',
         """<template v-if="a == 'all'">"""),
    ),
    "epaper": (
        EpaperSpider, "https://a.example/html/2025-02/11/content_1.htm", "https://a.example/html/2025-02/11/node_1.htm",
        ("<founder-content>", '<div id="ozoom">', '<div class="article"><h1>', '<table id="newspic">',
         "<!--enpproperty ", '<p class="sec">', "<!--<npm:article-title>-->", '<div class="attachment">'),
    ),
    "paper": (
        PaperSpider, "2025-02-11_A01_a.html", "2025-02-11_A01_b.html", ("", "<article>", "<p data-size='9'>"),
    ),
}  # fmt: skip

# What is repeated up to the size of the page; "{}" is the number of the repetition.
UNITS = (
    "1", "12345678 ", " ", "\n", "\t", "\u3000", "中", "a", "。", "“", "”", "(", "[", "{{", '"', "'", "\\", '\\"',
    "`", "*", "_", "~", "|", "#", "&", "=", ">", "-", "/", "<", "<a", "<a ", "<a b='", "<!--", "<script",
    "<script>", "</", "<![CDATA[", "<p>", "<p>x</p>", "<p> </p>", "<div>", "<div><p>", "<span>", "<span> </span>",
    "<span>x</span> ", "<b>", "<b>x</b>", "<br>", "<li>x", "<ul><li>", "<td>", "<tr><td>x</td></tr>",
    "<table><tr><td>", "<h1>x</h1>", "<h3>记者 x</h3>", "<h1>x</h1><h3>y</h3>", "<img src='a{}.jpg'>",
    "<img data-src='a{}.jpg'>x", "<a href='/a/{}.html'>x</a>", "<a href='content_{}.htm'>标题标题</a>",
    "<a href='node_{}.htm'>第1版：要闻</a>", "<a href='node_2.htm'>第1版</a>",
    "<a href='https://ke.qidianla.com/{}'>x</a>x", "<script>a</script>x", "<style>a</style> ", "<iframe></iframe>x",
    "<nav>a</nav>b", "<!-- a -->x", "<!-- a --> ", "<blockquote>", "<pre>", "<pre>x\n</pre>", "<code>x",
    "<code>`</code>", "<sup>1</sup>", "<time>2025-02-11</time>", "<p style='display:none'>x</p>y",
    "<div class='a{}'>x</div>", "<p class='qnt-p'>x</p>", "<p class='a b c'>x",
    "<table id='newspic'><tr><td><img>x</td></tr></table>", "<div class='attachment'>",
    "<div class='attachment'><img>x</div>y", "<div class='article'>", "<div class='abstruct-info'>",
    "<div class='postlist-item'><h2><a href='/ai/{}.html'>x</a></h2></div>",
    "<tr class='trContent'><td>x</td><td><a href='/data/{:032}.html'>x</a></td></tr>", "<meta content='x'>",
    "<title>x</title>", "window.DATA = {{", "window.DATA = [1", "window.__INITIAL_STATE__={{",
    'window.__INITIAL_STATE__={{"a":"', "undefined,", "<!--enpproperty ",
    "<!--enpproperty <title>x</title>/enpproperty-->", "<npm:article-title>", "<!--<npm:article-a{}>-->",
    "<script type='application/ld+json'>{{}}</script>", "<script type='application/ld+json'>[[", '"pubDate" : "',
    "view('", "location = ", "url=", "第{}版", "2025-02-11 ", "记者 ", "（记者张三）", "http://a.example/",
    "www.a.example", "![](", "](http:", "]: x\n", "&lt;", "&#123;{{&lt;", "x&nbsp;", "<o:p>x</o:p>",
    "<video src='a'>x</video>", "<source src='a{}'>", "<details><summary>x", "<dl><dt>x<dd>y", "<font>",
    "<font>x</font>", "<strong>x</strong><strong>y</strong>", "<del>~</del>",
)  # fmt: skip


def hostile_pages(size: int) -> Iterator[tuple[str, str, Page]]:
    """Yield hostile article and listing pages of about *size* bytes, each with the name of the source and of the page.

    Each unit is in one place of each source: all combinations would take minutes.
    """
    for name, (source, article, listing, places) in SOURCES.items():
        link = source.article_link(article)
        assert link
        for number, unit in enumerate(UNITS):
            place = places[number % len(places)]
            yield name, f"article: {place} {unit}", _page(article, place, unit, size, link)
            yield name, f"listing: {place} {unit}", _page(listing, place, unit, size, None)


def _page(url: str, place: str, unit: str, size: int, link: Link | None) -> Page:
    number = size // len(unit.format(0))
    inside = "".join(map(unit.format, range(number))) if "{" in unit else unit * number
    text = f"<html><head><title>甲</title></head><body><h1>甲</h1>{place}{inside}</body></html>"
    return Page(url, text.encode(), headers={"content-type": "text/html"}, link=link, fetched_at="2026-01-01T00:00:00Z")


def read(name: str, page: Page) -> str:
    """Read *page* as the source *name* does. Return the kind of the result."""
    source = SOURCES[name][0]
    try:
        result = read_article(source, page) if page.link else read_listing(source, page)
    except PageError as error:
        return error.kind
    return type(result).__name__
