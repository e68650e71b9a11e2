"""woshipm beyond its fixtures: elements that are removed from the body."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from crawler.items import Article
from crawler.layouts import jsonl
from crawler.reading.read import read_article
from crawler.recordings.cases import load_case
from crawler.spiders.woshipm import WoshipmSpider
from tests.conftest import FIXTURES


@pytest.mark.parametrize(
    "advert",
    [
        '<p class="js-star"><a href="https://ke.qidianla.com/c">课程</a></p>',
        '<a class="js-star" href="https://ke.qidianla.com/c">课程</a>',
    ],
)
def test_advert_with_a_class_of_page_furniture_is_removed(advert: str) -> None:
    page = load_case(FIXTURES / "woshipm/article-grap-2016")
    pages = [page.text.replace("<h2>脏", f"{more}<h2>脏", 1) for more in ("", advert)]
    plain, other = (read_article(WoshipmSpider, replace(page, body=text.encode())) for text in pages)
    assert isinstance(plain, Article)
    assert isinstance(other, Article)
    assert pages[0] != pages[1]
    assert jsonl.row(plain) == jsonl.row(other)


def test_keywords_in_the_body_are_read_and_removed_from_it() -> None:
    page = load_case(FIXTURES / "woshipm/article-grap-2016")
    tags = '<div class="taglist"><a href="https://www.woshipm.com/tag/x">表单</a></div>'
    text = page.text.replace("<h2>脏", f"{tags}<h2>脏", 1)
    article = read_article(WoshipmSpider, replace(page, body=text.encode()))
    plain = read_article(WoshipmSpider, page)
    assert isinstance(article, Article)
    assert isinstance(plain, Article)
    assert article.keywords == ("表单", *plain.keywords)
    assert article.markdown == plain.markdown


ADVERT = '<a href="https://ke.qidianla.com/courses/90pm" target="_blank">🔗 产品经理的课程</a>'


@pytest.mark.parametrize(
    ("advert", "plain"),
    [
        (f"<p>{ADVERT}</p>\n", ""),
        (f"<div><p>{ADVERT}</p></div>\n", ""),
        (f"{ADVERT}\n", ""),
        (f"<figure>{ADVERT}</figure>\n", ""),
        (f"<p><strong>{ADVERT}</strong></p>\n", ""),
        (f"<p>{ADVERT}<br />\n作者：测试员</p>\n", "<p>作者：测试员</p>\n"),
        (f"<p>作者：测试员<br />\n{ADVERT}</p>\n", "<p>作者：测试员</p>\n"),
        (f"<p>作者：测试员{ADVERT}</p>\n", "<p>作者：测试员</p>\n"),
        (f"<p>作者：测试员<br />\n{ADVERT}<br />\n编辑：某</p>\n", "<p>作者：测试员<br />\n<br />\n编辑：某</p>\n"),
        (
            f'<p>{ADVERT}<img src="https://image.example/a.jpg"></p>\n',
            '<p><img src="https://image.example/a.jpg"></p>\n',
        ),
    ],
)
def test_advert_leaves_no_line_break(advert: str, plain: str) -> None:
    page = load_case(FIXTURES / "woshipm/article-content")
    start = re.search(r'<div class="article--content[^>]*>\s*', page.text)
    assert start
    pages = [page.text[: start.end()] + more + page.text[start.end() :] for more in (plain, advert)]
    first, other = (read_article(WoshipmSpider, replace(page, body=text.encode())) for text in pages)
    assert isinstance(first, Article)
    assert isinstance(other, Article)
    assert other.summary == first.summary
    assert "ke.qidianla.com" not in other.markdown
    assert other.markdown == first.markdown
