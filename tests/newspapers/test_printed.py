"""HTML in local files: code, relative URLs, dates."""

from __future__ import annotations

import pytest

from crawler.items import Article
from crawler.newspapers.punctuation import widen_body
from crawler.reading.page import Page
from crawler.reading.read import ReadOptions, read_article
from crawler.spiders.paper import PaperSpider

PROSE = "电池回收企业的采购价格在过去一年里下降了三成，规范的渠道将逐步占据主导。"


def read(body: str, head: str = "", metadata: str = "", name: str = "a.html") -> Article:
    html = f"<!DOCTYPE html><html><head><title>标题</title>{head}</head><body>{body}</body></html>"
    second = Page("a.yaml", metadata.encode()) if metadata else None
    page = Page(name, html.encode(), fetched_at="2025-02-12T02:00:00+00:00", second_page=second,
                headers={"last-modified": "Wed, 12 Feb 2025 01:00:00 GMT", "content-type": "text/html"},
                link=PaperSpider.article_link(name))  # fmt: skip

    def widen(article: Article) -> Article:
        assert article.body is not None
        widen_body(article.body)
        return article

    article = read_article(PaperSpider, page, ReadOptions(edit=widen))
    assert isinstance(article, Article)
    return article


@pytest.mark.parametrize(
    "form",
    [
        "<article><p>{prose}</p><pre><code>{code}</code></pre></article>",
        "<article><p>{prose}</p><pre>{code}</pre></article>",
        "<article><p>{prose}<code>{code}</code></p></article>",
        "<article><p>{prose}按<kbd>{code}</kbd>键</p></article>",
        "<article><p>{prose}</p><pre><span>{code}</span></pre></article>",
        "<p>{prose}</p><pre>{code}</pre>",
        "<article><p>{prose}<samp>{code}</samp></p></article>",
    ],
)
def test_code_keeps_its_half_width_punctuation(form: str) -> None:
    code = 'print("你好",数量:单价)'
    markdown = read(form.format(prose=PROSE, code=code)).markdown
    assert code in markdown
    assert PROSE in markdown


def test_punctuation_beside_code_is_converted_if_it_is_beside_a_chinese_character() -> None:
    markdown = read(
        f"<article><p>{PROSE}使用<code>数量,单价</code>,然后,<code>x</code>,<code>y</code></p></article>"
    ).markdown
    assert "使用`数量,单价`，然后，`x`,`y`" in markdown


IMAGE = f"<article><p>{PROSE}</p><p><img src='img/a.jpg' alt='厂房'></p></article>"


@pytest.mark.parametrize(
    ("head", "metadata", "url"),
    [
        ('<base href="https://a.example/news/">', "", "https://a.example/news/img/a.jpg"),
        ('<link rel="canonical" href="https://a.example/n/7.html">', "", "https://a.example/n/img/a.jpg"),
        ('<meta property="og:url" content="https://a.example/n/7.html">', "", "https://a.example/n/img/a.jpg"),
        ("", "url: https://a.example/n/7.html", "https://a.example/n/img/a.jpg"),
        ('<link rel="canonical" href="https://b.example/">', "url: https://a.example/n/7.html",
        "https://a.example/n/img/a.jpg"),
        ('<base href="../">', "url: https://a.example/n/7.html", "https://a.example/img/a.jpg"),
        ('<base href="https://c.example/">', "url: https://a.example/n/7.html", "https://c.example/img/a.jpg"),
        ("", "", "img/a.jpg"),
    ],
)  # fmt: skip
def test_relative_url_in_a_saved_page(head: str, metadata: str, url: str) -> None:
    assert f"![厂房]({url})" in read(IMAGE, head, metadata).markdown


@pytest.mark.parametrize(
    ("body", "date", "chosen"),
    [
        ("<time>2025-02-11 下午10:17</time>", "2025-02-11 22:17:00", {"date": "page"}),
        ("<time>2025-02-11 22时许</time>", "2025-02-11", {"date": "page", "unread_time": "<time>"}),
        ("<span>2025-02-11 22:17</span>", "2025-02-12", {"date": "file", "unread_time": "page"}),
        ("<time>昨天 22:17</time>", "2025-02-12", {"date": "file"}),  # of the day on which the page was saved
    ],
)
def test_date_of_a_saved_page(body: str, date: str, chosen: dict[str, str]) -> None:
    article = read(f"<h1>标题</h1>{body}<article><p>{PROSE}</p></article>")
    assert article.date == date
    assert {name: value for name, value in article.chosen.items() if name != "title"} == chosen


def test_creation_date_of_a_pdf_is_read_in_its_zone() -> None:
    for date in ("D:20250211221709+08'00'", "D:20250211141709Z"):
        article = read(f'<p data-size="10">{PROSE}</p>', f'<meta name="CreationDate" content="{date}">')
        assert (article.date, article.chosen["date"]) == ("2025-02-11 22:17:09", "PDF")
