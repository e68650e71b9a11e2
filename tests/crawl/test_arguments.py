"""Parse the arguments of `scrapy crawl -a`, and report invalid ones."""

from __future__ import annotations

import pytest

from crawler.crawl.arguments import ArgumentError, Arguments, parse_arguments


def parse(**values: str) -> Arguments:
    return parse_arguments(values, source="demo", channels=("news", "tech"))


def test_no_arguments_give_the_defaults() -> None:
    assert parse() == Arguments()


def test_lists_are_separated_by_commas_or_spaces() -> None:
    assert parse(channel="news, tech").channel == ("news", "tech")
    assert parse(url="https://a.example/1 https://a.example/2").url == ("https://a.example/1", "https://a.example/2")


def test_since_and_until_are_inclusive_and_cover_unknown_dates() -> None:
    arguments = parse(since="2025-02-01", until="2025-02-03")
    assert [arguments.covers(f"2025-02-0{day} 23:59:59") for day in (1, 2, 3, 4)] == [True, True, True, False]
    assert not arguments.covers("2025-01-31")
    assert arguments.covers("")
    assert arguments.precedes("2025-01-31")
    assert not arguments.precedes("")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"chanel": "news"},
            "no argument 'chanel'; allowed are: url, keyword, channel, since, until, limit, pages, refresh, from, "
            "crawl, captures",
        ),
        ({"channel": "sport"}, "no channel 'sport'; allowed are: news, tech"),
        ({"since": "2025-02-30"}, "allowed is YYYY-MM-DD"),
        ({"since": "2025-W07"}, "allowed is YYYY-MM-DD"),
        ({"limit": ""}, "limit= is empty"),
        ({"since": "yesterday"}, "allowed is YYYY-MM-DD"),
        ({"since": "2025-02-03", "until": "2025-02-01"}, "is later than"),
        ({"limit": "-1"}, "whole numbers"),
        ({"limit": "many"}, "whole numbers"),
        ({"pages": "1.5"}, "whole numbers"),
        ({"url": "demo.example/1"}, "start with http:// or https://"),
        ({"url": "file:///etc/passwd"}, "start with http:// or https://"),
        ({"url": " "}, "url= is empty"),
        ({"keyword": ""}, "keyword= is empty"),
        ({"from": "memory"}, "allowed are: listings, rejected"),
        ({"from": "rejected", "keyword": "AI"}, "already selects the pages"),
        ({"url": "https://a.example/", "keyword": "AI"}, "already selects the pages"),
        ({"from": "commoncrawl"}, "from=commoncrawl needs crawl=CC-MAIN-YYYY-WW"),
        ({"from": "commoncrawl", "crawl": "2026-43"}, "allowed are ids such as CC-MAIN-2026-43"),
        ({"from": "commoncrawl", "crawl": "CC-MAIN-2026-43/../x"}, "allowed are ids such as CC-MAIN-2026-43"),
        ({"from": "wayback", "crawl": "CC-MAIN-2026-43"}, "crawl= needs from=commoncrawl"),
        ({"from": "wayback", "captures": "some"}, "captures='some' is unknown; allowed are: newest, all"),
        ({"from": "archive", "captures": "all"}, "captures= needs from=commoncrawl or from=wayback"),
        ({"captures": "newest"}, "captures= needs from=commoncrawl or from=wayback"),
        ({"from": "wayback", "channel": "news"}, "already selects the pages"),
        ({"from": "wayback", "keyword": "AI"}, "already selects the pages"),
        ({"from": "wayback", "refresh": "3"}, "refresh= requests pages of the site again"),
    ],
)
def test_invalid_arguments_are_reported_with_the_allowed_values(values: dict[str, str], message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        parse(**values)
    assert message in str(caught.value)


def test_crawls_and_captures_of_public_archives() -> None:
    arguments = parse(**{"from": "commoncrawl", "crawl": "CC-MAIN-2026-43, CC-MAIN-2009-2010,CC-NEWS-2026-01"})
    assert arguments.crawl == ("CC-MAIN-2026-43", "CC-MAIN-2009-2010", "CC-NEWS-2026-01")
    assert arguments.captures == "newest"
    assert parse(**{"from": "commoncrawl", "since": "2026-01-01"}).crawl == ()
    assert parse(**{"from": "wayback", "captures": "all"}).captures == "all"
