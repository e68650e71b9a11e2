"""The places of a source in an index contain all of its articles."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.utils.project import get_project_settings

from crawler.captures.places import Place, places_of
from crawler.crawl.loader import SourceLoader
from crawler.crawl.spider import ArticleSpider, SiteSpider
from tests.support.public_archives import Captured, is_in_scope

LOADER = SourceLoader.from_settings(get_project_settings())
FIXTURES = Path(__file__).parents[1] / "fixtures"


def load(name: str) -> type[ArticleSpider]:
    return cast("type[ArticleSpider]", LOADER.load(name))


def contains(places: tuple[Place, ...], url: str) -> bool:
    """Return whether one of the queries for *places* finds *url*."""
    found = Captured(url, "20200101000000", b"")
    return any(
        is_in_scope(found, place.query, place.match_type) and re.fullmatch(place.pattern or ".*", url)
        for place in places
    )


def recorded_articles() -> Iterator[tuple[str, str]]:
    """Yield source and URL of each recorded article page."""
    for path in sorted(FIXTURES.glob("*/*/page.json")):
        page = json.loads(path.read_text(encoding="utf-8"))
        if page.get("link") and (name := path.parent.parent.name) in LOADER.list():
            yield name, page["url"]
            yield name, page["link"]["url"]


def test_recorded_articles_are_found() -> None:
    places = {name: places_of(load(name)) for name in LOADER.list() if load(name).hosts}
    lost = {
        (name, url)
        for name, url in recorded_articles()
        if name in places and load(name).article_link(url) and not contains(places[name], url)
    }
    assert lost == set()
    assert len({name for name, _ in recorded_articles()} & {*places}) >= 8


@pytest.mark.parametrize(
    ("name", "urls"),
    [
        ("iyiou", ["https://www.iyiou.com/news/202502111001", "http://m.iyiou.com/p/202502111001.html"]),
        ("woshipm", ["http://woshipm.com/ai/9.html", "https://m.woshipm.com/ai/9.html", "http://www.woshipm.com/?p=9"]),
        ("qq", ["https://xw.qq.com/cmsid/20250211A08TG500", "http://tech.qq.com/a/20150211/012345.htm",
                "https://new.qq.com/omn/20200211/20200211A08TG500.html"]),
        ("sina", ["https://finance.sina.com.cn/stock/2025-02-11/doc-inemabcd1234567.shtml?from=wap"]),
        ("pingwest", ["http://pingwest.cn/a/1", "https://www.pingwest.com/w/23"]),
        ("epaper-rmrb", ["http://paper.people.com.cn/rmrb/html/2025-02/11/content_1.htm"]),
    ],
)  # fmt: skip
def test_mobile_hosts_and_old_forms_are_found(name: str, urls: list[str]) -> None:
    assert [url for url in urls if not contains(places_of(load(name)), url)] == []


def source(*patterns: str, flags: int = 0) -> type[SiteSpider]:
    compiled = tuple(re.compile(pattern, flags) for pattern in patterns)
    return type("Own", (SiteSpider,), {"name": "own", "hosts": ("www.own.example",), "article_urls": compiled})


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"https?://(?:www\.|m\.)?own\.example(?P<path>/news/(?P<id>\d+)\.html)(?:[?#].*)?",
         {("www.own.example/news/", ".*news/.*[.]html.*"), ("m.own.example/news/", ".*news/.*[.]html.*")}),
        (r"https?://(?P<host>a|b)\.own\.example(?P<path>/(?P<id>\w+))", None),
        (r"https?://[a-z]+\.own\.example(?P<path>/(?P<id>\d+))", {("*.own.example/", "")}),
        (r"https?://own\.example(?P<path>/\w+/(?P<id>\d+))", {("own.example/", "")}),
        (r"https?://own\.example:8080(?P<path>/x/(?P<id>\d+))", {("own.example:8080/x/", "")}),
        (r"https?://own\.example(?P<path>/(?:[a-m]|x)(?P<id>\d+)\.shtml)", {("own.example/", ".*[.]shtml.*")}),
    ],
)  # fmt: skip
def test_places_of_a_pattern(pattern: str, expected: set[tuple[str, str]] | None) -> None:
    found = {(place.url, place.pattern) for place in places_of(source(pattern))}
    if expected is None:
        expected = {("a.own.example/", ""), ("b.own.example/", "")}
    assert found == expected


def test_patterns_that_a_source_does_not_use_unchanged_give_hosts_only() -> None:
    class Own(source(r"https?://own\.example(?P<path>/news/(?P<id>\d+)\.html)")):  # type: ignore[misc]
        @classmethod
        def article_link(cls, url: str) -> object:
            return super().article_link(url.lower())

    assert places_of(Own) == (Place("www.own.example/"),)


def test_a_pattern_without_regard_to_case_has_no_filter() -> None:
    (place,) = places_of(source(r"https?://own\.example(?P<path>/News/(?P<id>\d+)\.html)", flags=re.IGNORECASE))
    assert place.pattern == ""


def test_a_source_without_hosts_has_no_places() -> None:
    with pytest.raises(ValueError, match="has no hosts"):
        places_of(type("Own", (ArticleSpider,), {"name": "own", "hosts": ()}))


PATTERNS = (
    r"https?://(?:www\.|m\.)?own\.example(?P<path>/(?:a|b/c)/(?P<id>\d{1,3})\.s?html)(?:\?\w{1,3})?",
    r"https?://(?:x|y\d)\.own\.example(?P<path>/(?!z)\w{1,3}/doc-(?P<id>[a-z]{1,4}))",
    r"https?://own\.example(?P<path>(?:/\w{1,2}){1,3}/(?P<id>\d+)-1\.htm)",
    r"https?://own\.example(?P<path>/p(?:age)?/?(?P<id>\d{1,4}))",
)


@given(st.data())
def test_every_text_that_the_patterns_match_is_found(data: st.DataObject) -> None:
    patterns = data.draw(st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=4, unique=True))
    pattern: re.Pattern[str] = re.compile(data.draw(st.sampled_from(patterns)), re.ASCII)
    url = data.draw(st.from_regex(pattern, fullmatch=True))
    assert contains(places_of(source(*patterns)), url)
