"""The source of an address, among many sources."""

from __future__ import annotations

import re
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.spiderloader import get_spider_loader
from scrapy.utils.project import get_project_settings

from crawler.crawl.routes import Routes
from crawler.crawl.spider import ArticleSpider
from crawler.items import Link
from crawler.reading.source import Source
from crawler.recordings.cases import CaseFolder
from tests.conftest import FIXTURES

LOADER = get_spider_loader(get_project_settings())
SOURCES = [cast("type[ArticleSpider]", LOADER.load(name)) for name in sorted(LOADER.list())]
ALL = Routes(SOURCES)


CALLS: list[str] = []  # the names of the sources that were asked


def source(name: str, *hosts: str, form: str = ".*") -> type[Source]:
    class Named(Source):
        @classmethod
        def article_link(cls, url: str) -> Link | None:
            CALLS.append(cls.name)
            return Link("1", url) if re.fullmatch(form, url) else None

    Named.name, Named.hosts = name, hosts
    return Named


@pytest.mark.parametrize(
    "name", sorted(path.name for path in FIXTURES.iterdir() if path.is_dir() and path.name != "epaper")
)
def test_recorded_articles_belong_to_their_source(name: str) -> None:
    found = 0
    for page in CaseFolder(FIXTURES / name):
        for url in filter(None, (page.link.url if page.link else "", page.requested_url, page.url)):
            expected = LOADER.load(name).article_link(url)  # type: ignore[attr-defined]
            found += expected is not None
            assert (ALL.find(url) is not None) == (expected is not None), url
            assert expected is None or cast(type[Source], ALL.find(url)).name == name
    assert found


@pytest.mark.parametrize(
    ("url", "name"),
    [("https://wallstreetcn.com/articles/3801001", "wallstreetcn"), ("http://m.pingwest.cn/a/301", "pingwest")],
)
def test_articles_may_be_in_another_domain_than_the_requests(url: str, name: str) -> None:
    found = ALL.find(url)
    assert found
    assert found.name == name


@pytest.mark.parametrize("host", ["m.hibor.com.cn", "wt.hibor.com.cn", "hibor.com.cn"])
def test_other_hosts_of_the_domain_are_recognized(host: str) -> None:
    found = ALL.find(f"http://{host}/wap_detail.aspx?id=0123456789abcdef0123456789abcdef")
    assert found
    assert found.name == "hibor"


def test_sources_of_one_host_are_told_apart_by_their_forms() -> None:
    morning = source("morning", "epaper.city.com.cn", form=".*/zb/.*")
    evening = source("evening", "epaper.city.com.cn:8081", form=".*/wb/.*")
    routes = Routes([morning, evening])
    assert routes.find("http://epaper.city.com.cn/wb/1.html") is evening
    assert routes.find("http://user@epaper.city.com.cn:8081/zb/1.html") is morning
    assert routes.find("http://epaper.city.com.cn/other") is None


def test_address_is_tried_with_the_sources_of_its_domain_only() -> None:
    sources = [source(f"s{number}", f"www.site{number}.com.cn") for number in range(200)]
    CALLS.clear()
    assert Routes(sources).find("https://news.site7.com.cn/x") is sources[7]
    assert CALLS == ["s7"]


@pytest.mark.parametrize(
    "url", ["", "dns:example.com", "http://", "http://[::1", "urn:x", "whois://a.com.cn/", "http:///x"]
)
def test_address_without_a_host_has_no_source(url: str) -> None:
    assert Routes([source("any", "a.com.cn")]).find(url) is None


@given(st.text())
def test_any_text_has_a_source_or_none(text: str) -> None:
    for url in (text, f"http://{text}", f"https://www.qq.com/{text}"):
        ALL.find(url)
