"""Links of the list of an issue in JSON."""

from __future__ import annotations

from typing import NamedTuple

from crawler.items import Link
from crawler.newspapers.editions import article_url, page_url
from crawler.newspapers.issue import article_link
from crawler.newspapers.json_issue import has_entries, read_issue
from crawler.newspapers.urls import EpaperUrl, parse_article_url
from crawler.reading.block_pages import block_page
from crawler.reading.errors import Gone, LayoutChanged
from crawler.reading.json_values import json_of
from crawler.reading.page import Page
from crawler.text.clean import one_line


class JsonListing(NamedTuple):
    """What the list of an issue leads to."""

    links: list[Link]
    pages: list[str]  # URLs of the lists of the other pages
    skipped: int  # number of articles without a URL of a known form


def read_json_listing(page: Page, issue: EpaperUrl) -> JsonListing:
    """Read the list *page* of *issue*.

    Raises `Gone` for a list without entries: the newspaper has no issue on that day. Raises `Blocked` or
    `LoginRequired` for a refusal in the form of JSON, `LayoutChanged` for entries of an unknown form, and the errors of
    `json_of`.
    """
    data = json_of(page)
    found = read_issue(data)
    if not found and not has_entries(data):
        reason = f"no issue of {issue.day}: the JSON has no entries: {one_line(page.text)[:60]!r}"
        raise block_page(page) or Gone(reason)
    if not found:
        raise LayoutChanged("the JSON has lists, but neither of newspaper pages nor of articles with titles")
    links: dict[str, Link] = {}
    skipped = 0
    for each in found:
        for article in each.articles:
            number = each.number or issue.number
            target = parse_article_url(article_url(issue, number, article.id, article.url))
            if target is None or target.day != issue.day:
                skipped += 1
                continue
            link = article_link(target)
            links.setdefault(link.id, Link(link.id, link.url, article.title, issue.day, each.label))
    pages = [page_url(issue, each.number) for each in found if not each.is_listed and issue.family == "journal"]
    return JsonListing(list(links.values()), pages, skipped)
