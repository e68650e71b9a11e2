"""hibor, besides its fixtures: parts of a title, watermarks, the second request, the date."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html
from scrapy.settings import Settings

from crawler.items import Article, Link
from crawler.reading.adverts import without_invisible
from crawler.reading.errors import LayoutChanged
from crawler.reading.html import parse_fragment
from crawler.reading.page import Page
from crawler.reading.query import text
from crawler.reading.read import ReadOptions, read_article, read_listing
from crawler.recordings.cases import load_case
from crawler.spiders.hibor import HiborSpider

FIXTURES = Path(__file__).parents[1] / "fixtures" / "hibor"
HIDDEN = '<font style="display:none;"><a href="https://www.hibor.com.cn/">https://www.hibor.com.cn【慧博投研资讯】</a></font>'


def test_urls_of_channels_are_listing_urls() -> None:
    for channel in HiborSpider.channels:
        request = HiborSpider.open_channel(channel)
        typed = HiborSpider.open_listing(request.url)
        assert typed is not None
        assert typed.url == request.url


def test_watermarks_are_removed_without_the_text_around_them() -> None:
    body = parse_fragment(
        '\n<p style="color:red">　　轮胎<span style="font-size: 0; line-height:0;">22</span>，涨价。'
        f"{HIDDEN}库存<b>下降</b>。</p>"
        '<p style="font-size:0.9em">　　小字<span style="FONT-SIZE:0PX">160</span>也是正文。</p>'
    )
    clean = without_invisible(body)
    assert clean.text_content() == "\n　　轮胎，涨价。库存下降。　　小字也是正文。"
    assert "慧博" in body.text_content()  # the page is not changed


def test_hidden_body_keeps_its_text() -> None:
    body = parse_fragment('<div style="display:none"><p>正文</p></div>')
    assert text(without_invisible(body[0])) == "正文"


def test_broker_is_the_last_paragraph_and_other_reports_are_removed() -> None:
    page = load_case(FIXTURES / "inline")
    start, tag, rest = page.text.partition('class="abstruct-info">')
    assert tag
    related = '<div class="related_stories_left_block">相关<p>研报</p></div>'
    article = read_article(HiborSpider, replace(page, body=f"{start}{tag}{related}{rest}".encode()))
    assert isinstance(article, Article)
    assert "研报" not in article.markdown
    assert article.markdown.endswith("\n\n来源: 云杉证券")


def _read(case: str, **settings: object) -> Article:
    spider = HiborSpider()
    spider.settings = Settings(settings)
    article = read_article(HiborSpider, load_case(FIXTURES / case), ReadOptions(edit=spider.edit))
    assert isinstance(article, Article)
    return article


@pytest.mark.parametrize("case", ["content-company", "inline"])
def test_setting_removes_watermarks_from_body_and_summary(case: str) -> None:
    before, after = _read(case), _read(case, HIBOR_KEEP_WATERMARKS=False)
    assert "慧博投研资讯" in before.markdown
    for trace in ("慧博投研资讯", "hibor.com.cn", "31w"):
        assert trace not in after.markdown + after.summary
    assert "来源: " in after.markdown
    assert len(before.markdown) > len(after.markdown) > 0


def test_request_for_the_body() -> None:
    page = replace(load_case(FIXTURES / "content-company"), second_page=None)
    request = read_article(HiborSpider, page)
    assert not isinstance(request, Article)
    assert (request.method, request.url) == ("POST", "https://www.hibor.com.cn/hiborweb/DocDetail/NewContent")
    assert request.headers["Referer"] == page.url.encode()
    assert request.headers["X-Requested-With"] == b"XMLHttpRequest"
    assert request.body.startswith(b"ncid=")


def test_date_of_the_list_precedes_the_day_of_the_page() -> None:
    page = load_case(FIXTURES / "inline")
    assert page.link is not None
    for listed, expected in (
        ("2026-09-01 20:11:48", "2026-09-01 20:11:48"),
        ("2026-08-31", "2026-08-31"),
        ("", "2026-09-01"),
    ):
        article = read_article(HiborSpider, replace(page, link=replace(page.link, date=listed)))
        assert isinstance(article, Article)
        assert article.date == expected


def test_control_characters_of_the_broker_are_removed() -> None:
    link = Link("a" * 32, f"https://www.hibor.com.cn/data/{'a' * 32}.html", "光大\x01-周报-260901")
    body = HiborSpider.clean(Page(link.url, b"<html></html>", link=link), html.fragment_fromstring("<div></div>"))
    assert body.text_content() == "来源: 光大"


def test_search_with_an_invalid_total_is_a_layout_change() -> None:
    page = load_case(FIXTURES / "search")
    text_of_page = page.text.replace('id="hidTotal" value="', 'id="hidTotal" value="x')
    assert text_of_page != page.text
    with pytest.raises(LayoutChanged, match="not a number: 'x"):
        read_listing(HiborSpider, replace(page, body=text_of_page.encode()))


LISTED = "云杉证券-秋季投资策略：在分化中寻找确定性-260901"  # the title of the case "inline"


@pytest.mark.parametrize(
    "listed",
    [
        "",
        LISTED,
        "秋季投资策略：在分化中寻找确定性",
        "秋季投资策略：在分化中寻找确定性-云杉证券",
        "云杉证券-秋季投资策略…",
        "云杉证券-秋季投资策略:在分化中...",
        "云杉证券研究所-【策略】秋季投资策略——在分化中寻找确定性（更新）-260902",
        "云杉证券-秋季投资策略：在分化中寻找确定机会-260901",
    ],
)
def test_a_report_with_the_title_of_the_listing_is_read(listed: str) -> None:
    page = load_case(FIXTURES / "inline")
    assert page.link is not None
    assert isinstance(read_article(HiborSpider, replace(page, link=replace(page.link, title=listed))), Article)


@pytest.mark.parametrize(
    "listed",
    [
        "海岳证券-锂电材料三季报前瞻：价格企稳-260901",
        "云杉证券-锂电材料三季报前瞻：价格企稳-260901",
        "锂电材料三季报前瞻",
        "云杉证券-秋季投资策略：在分化中寻找确定性-260301",
    ],
)
@pytest.mark.parametrize("case", ["inline", "inline without h1"])
def test_the_page_of_another_report_is_refused(listed: str, case: str) -> None:
    page = load_case(FIXTURES / "inline")
    link = page.link
    assert link is not None
    if "without" in case:
        page = replace(page, body=page.body.replace(b"<h1>", b"<b>"))
    with pytest.raises(LayoutChanged, match="page of another article"):
        read_article(HiborSpider, replace(page, link=replace(link, title=listed)))


def test_the_page_of_another_report_is_refused_before_its_text_is_requested() -> None:
    page = replace(load_case(FIXTURES / "content-company"), second_page=None)
    link = page.link
    assert link is not None
    with pytest.raises(LayoutChanged, match="page of another article"):
        read_article(HiborSpider, replace(page, link=replace(link, title="海岳证券-利率月报：短端为矛-260901")))


def test_pages_of_the_site_without_the_title_of_a_report_are_not_compared() -> None:
    page = load_case(FIXTURES / "inline")
    head = b"<head><title>\xe6\x85\xa7\xe5\x8d\x9a\xe6\x8a\x95\xe7\xa0\x94\xe8\xb5\x84\xe8\xae\xaf</title></head>"
    assert HiborSpider.shown_titles(replace(page, body=b"<html>" + head + b"</html>")) == ()
