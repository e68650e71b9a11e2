"""hibor beyond its fixtures: which addresses are articles, what a title is made of, the watermarks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from scrapy.settings import Settings

from crawler.items import Article
from crawler.page import parse_fragment
from crawler.reading import text
from crawler.recordings import load_case
from crawler.spiders.hibor import HiborSpider, split_title, with_broker, without_watermarks

FIXTURES = Path(__file__).parent / "fixtures" / "hibor"
ID = "0c8815fc4ba7f036ef17b38820e6a1ec"
HIDDEN = '<font style="display:none;"><a href="https://www.hibor.com.cn/">https://www.hibor.com.cn【慧博投研资讯】</a></font>'


@pytest.mark.parametrize(
    "address",
    [
        f"https://www.hibor.com.cn/data/{ID}.html",
        f"http://www.hibor.com.cn/data/{ID.upper()}.html?from=list#top",
        f"https://hibor.com.cn/data/{ID}.html",
        f"https://wt.hibor.com.cn/data/{ID}.html",
        f"https://wap.hibor.com.cn/data/{ID}.html",
        f"http://m.hibor.com.cn/wap_detail.aspx?id={ID}",
    ],
)
def test_every_form_of_an_address_leads_to_the_one_address(address: str) -> None:
    link = HiborSpider.article_link(address)
    assert link is not None
    assert (link.id, link.url) == (ID, f"https://www.hibor.com.cn/data/{ID}.html")


@pytest.mark.parametrize(
    "address",
    [
        "https://www.hibor.com.cn/docdetail_2654738.html",  # a number names no report of /data/
        "https://wap.hibor.com.cn/repinfodetail_3863473.html",
        "https://www.hibor.com.cn/wap_detail.aspx?id=5225046",
        f"https://www.hibor.com.cn/private/data/{ID}.html",
        f"https://www.hibor.com.cn/data/{ID[:-1]}.html",
        f"https://www.hibor.com.cn/data/{ID[:-1]}g.html",
        f"https://www.hibor.com.cn/data/?id={ID}",
        f"https://www.hibor.example/data/{ID}.html",
        f"https://example.com/?https://www.hibor.com.cn/data/{ID}.html",
        "https://www.hibor.com.cn/elitelist.html",
    ],
)
def test_what_is_no_article_address_gives_no_link(address: str) -> None:
    assert HiborSpider.article_link(address) is None


def test_every_channel_opens_a_list_that_a_user_may_also_type() -> None:
    for channel in HiborSpider.channels:
        request = HiborSpider.open_channel(channel)
        typed = HiborSpider.open_listing(request.url)
        assert typed is not None
        assert typed.url == request.url
    for url in ("https://www.hibor.com.cn/", "https://www.hibor.com.cn/private/", "https://example.com/elitelist.html"):
        assert HiborSpider.open_listing(url) is None


@pytest.mark.parametrize(
    ("full", "parts"),
    [
        ("青岚证券-利率月报：短端为矛-250204", ("青岚证券", "利率月报：短端为矛", "250204")),
        ("青岚证券-江澜新材-899901-首次覆盖-250204", ("青岚证券", "江澜新材-899901-首次覆盖", "250204")),
        ("青岚证券-江澜新材-600595", ("青岚证券", "江澜新材-600595", "")),  # a stock's code is no day
        ("海岳证券-晶石控股~P-海岳证券-晨会-250204", ("海岳证券", "晶石控股~P-海岳证券-晨会", "250204")),
        ("平岳证券（香港）-每日晨报-260918", ("平岳证券（香港）", "每日晨报", "260918")),
        ("城市更新白皮书-260830", ("", "城市更新白皮书", "260830")),
        ("城市更新白皮书", ("", "城市更新白皮书", "")),
        ("青岚证券-利率月报-250204-慧博投研资讯", ("青岚证券", "利率月报", "250204")),
        ("青岚证券-利率月报-250204-行业分析-慧博投研资讯", ("青岚证券", "利率月报", "250204")),
    ],
)
def test_a_title_is_broker_subject_and_day(full: str, parts: tuple[str, str, str]) -> None:
    assert split_title(full) == parts


def test_watermarks_go_and_the_text_around_them_stays() -> None:
    body = parse_fragment(
        '\n<p style="color:red">　　轮胎<span style="font-size: 0; line-height:0;">22</span>，涨价。'
        f"{HIDDEN}库存<b>下降</b>。</p>"
        '<p style="font-size:0.9em">　　小字<span style="FONT-SIZE:0PX">160</span>也是正文。</p>'
    )
    clean = without_watermarks(body)
    assert clean.text_content() == "\n　　轮胎，涨价。库存下降。　　小字也是正文。"
    assert "慧博" in body.text_content()  # the page itself stays as it was


def test_a_body_that_is_itself_hidden_keeps_its_text() -> None:
    body = parse_fragment('<div style="display:none"><p>正文</p></div>')
    assert text(without_watermarks(body[0])) == "正文"


def test_the_broker_is_the_last_paragraph_and_other_reports_are_out() -> None:
    body = parse_fragment('<p>正文</p><div class="related_stories_left_block">相关<p>研报</p></div>尾')
    assert [node.tag for node in with_broker(body, "青岚&证券")] == ["p", "p"]
    assert with_broker(body, "青岚&证券").text_content() == "正文尾来源: 青岚&证券"
    assert with_broker(body, "").text_content() == "正文尾"
    assert "相关" in body.text_content()


def _read(case: str, **settings: object) -> Article:
    spider = HiborSpider()
    spider.settings = Settings(settings)
    article = HiborSpider.article(load_case(FIXTURES / case), spider.edit)
    assert isinstance(article, Article)
    return article


@pytest.mark.parametrize("case", ["content-company", "inline"])
def test_the_setting_takes_the_watermarks_out_of_body_and_summary(case: str) -> None:
    before, after = _read(case), _read(case, HIBOR_WATERMARKS=False)
    assert "慧博投研资讯" in before.markdown
    for trace in ("慧博投研资讯", "hibor.com.cn", "31w"):
        assert trace not in after.markdown + after.summary
    assert "来源: " in after.markdown
    assert len(before.markdown) > len(after.markdown) > 0


def test_the_body_is_asked_for_once_and_as_the_page_does() -> None:
    page = replace(load_case(FIXTURES / "content-company"), second=None)
    request = HiborSpider.article(page)
    assert not isinstance(request, Article)
    assert (request.method, request.url) == ("POST", "https://www.hibor.com.cn/hiborweb/DocDetail/NewContent")
    assert request.headers["Referer"] == page.url.encode()
    assert request.headers["X-Requested-With"] == b"XMLHttpRequest"
    assert request.body.startswith(b"ncid=")


def test_a_date_without_a_row_of_the_list_is_the_pages_day() -> None:
    page = load_case(FIXTURES / "inline")
    assert page.link is not None
    for listed, expected in (
        ("2026-09-01 20:11:48", "2026-09-01 20:11:48"),
        ("2026-09-07", "2026-09-01"),
        ("", "2026-09-01"),
    ):
        article = HiborSpider.article(replace(page, link=replace(page.link, date=listed)))
        assert isinstance(article, Article)
        assert article.date == expected
