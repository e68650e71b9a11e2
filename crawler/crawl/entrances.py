"""The articles and listings from which a run starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from scrapy import Request

from crawler.crawl.arguments import ArgumentError, Arguments
from crawler.items import Link
from crawler.reading.source import Source


class ListingEntrance(NamedTuple):
    """The first page of a listing, and whether its titles are filtered by the keyword."""

    request: Request
    by_keyword: bool


def entrances(source: Source, arguments: Arguments) -> Iterator[Link | ListingEntrance]:
    """Yield what the arguments name: articles and listings by URL, a search, or channels.

    Raises `ArgumentError` for a URL that is not of the source.
    """
    for url in arguments.url:
        link, listing = source.article_link(url), source.open_listing(url)
        if link and source.open_article(link) is None:
            raise ArgumentError(f"url={url!r}: only the listings of {source.name} have the text of its articles")
        if link:
            yield link
        elif listing:
            yield ListingEntrance(listing, by_keyword=False)
        else:
            raise ArgumentError(f"url={url!r} is neither an article nor a listing of {source.name}")
    search = source.open_search(arguments.keyword) if arguments.keyword and not arguments.channel else None
    if search:
        yield ListingEntrance(search, by_keyword=False)
    elif not arguments.url and arguments.origin == "listings":
        for channel in arguments.channel or source.default_channels:
            yield ListingEntrance(source.open_channel(channel), by_keyword=bool(arguments.keyword))
