"""Request the pages that earlier runs refused: one at a time, after all other pages of the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from scrapy import Request

from crawler.crawl.frontier import ArticleLimit, Frontier
from crawler.crawl.site_failures import SiteFailures, host_of
from crawler.items import Link
from crawler.reading.errors import Unreachable


def requests_for_refused(
    frontier: Frontier,
    failures: SiteFailures,
    limit: ArticleLimit,
    article_link: Callable[[str], Link | None],
    article_request: Callable[[Link, Mapping[str, str], bool], Request],
) -> Iterator[Any]:
    """Yield requests for the pages that earlier runs refused.

    What the other pages of the run show about the host decides how these are handled. If many pages of a host in a row
    are refused again, a stored article shows whether the host is the cause. Then the others wait for the next run.

    *article_request* returns the request for a link, with headers, and whether it is sent only once.
    """
    checked = set[str]()
    for entry in frontier.refused_entries(article_link):
        host = host_of(entry.url)
        if failures.is_doubtful(entry.url) and host not in checked:
            checked.add(host)
            for link, headers in frontier.stored_link(host, article_link):
                yield from limit.admit(article_request(link, headers, False), True)
        if failures.is_doubtful(entry.url):
            continue
        checked.discard(host)
        for link, headers in frontier.again(entry, article_link):
            # A page that had no response costs several time-outs, unless it is requested only once.
            once = entry.kind == Unreachable.kind and failures.is_working(link.url)
            yield from limit.admit(article_request(link, headers, once), True)
