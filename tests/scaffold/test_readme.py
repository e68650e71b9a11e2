"""The example of a source in crawler/spiders/README.md works."""

from __future__ import annotations

import re
from pathlib import Path

from crawler.items import Article, Link
from crawler.reading.page import Page
from crawler.reading.read import read_article, read_listing
from tests.scaffold.test_draft import PARAGRAPHS, TITLES, source_of

README = Path(__file__).parents[2] / "crawler" / "spiders" / "README.md"
SITE = "https://www.chanye.example"


def test_the_example_reads_a_list_and_an_article(tmp_path: Path) -> None:
    [code] = re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    source = source_of(code, tmp_path, "chanye")
    listing = (
        f'<html><body><ul class="news-list"><li><h3><a href="/news/2026/123.html">{TITLES[0]}</a></h3>'
        '<i class="date">2026-11-05</i></li></ul><a class="next" href="/news/list_2.html">2</a></body></html>'
    )
    found = read_listing(source, Page(f"{SITE}/news/", listing.encode()))
    assert found.links == (Link("123", f"{SITE}/news/2026/123.html", TITLES[0], "2026-11-05"),)
    assert [request.url for request in found.next] == [f"{SITE}/news/list_2.html"]
    assert source.open_listing(f"{SITE}/chips/list_3.html")
    body = f'<div class="article-body">{PARAGRAPHS}<p class="advert">噪</p></div>'
    html = f'<html><body><h1 class="article-title">{TITLES[0]}</h1>{body}</body></html>'
    article = read_article(source, Page(found.links[0].url, html.encode(), link=found.links[0]))
    assert isinstance(article, Article)
    assert (article.title, article.date, "噪" in article.markdown) == (TITLES[0], "2026-11-05", False)
