"""Totals of a crawl, computed from its log."""

from __future__ import annotations

import re
from dataclasses import dataclass

REFUSED = ("gone", "skipped", "blocked", "login", "changed", "incomplete", "unreachable", "bug")
DONE = ("article", "filtered", "unchanged", *REFUSED)  # final outcomes of a page
NOT_FETCHED = ("forbidden", "not_fetched", "over_limit", "unrecorded", "missing")


@dataclass(frozen=True)
class Totals:
    """Sums of Scrapy's stats (which need STATS_DUMP) and of the project's counts: pairs that must be equal."""

    fetched: tuple[int, int]  # responses and requests without a response = outcomes of pages
    files: tuple[int, int]  # article pages = outcomes of files
    links: tuple[int, int]  # links to fetch = outcomes of links


def totals(log: str) -> Totals:
    stats = {
        key: int(number)
        for key, number in re.findall(r"'([^']+)': (\d+)[,}]", log.partition("Dumping Scrapy stats")[2])
    }
    count = stats.get
    responses = count("response_received_count", 0) - count("robotstxt/response_count", 0)
    without_response = log.count(" WARNING unreachable: ")
    pages = sum(number for key, number in stats.items() if key.startswith("pages."))
    files = sum(number for key, number in stats.items() if key.startswith("articles."))
    done = sum(count(f"pages.{kind}", 0) - count(f"listings.{kind}", 0) for kind in DONE)
    done += sum(count(f"links.{kind}", 0) - count(f"unlisted.{kind}", 0) for kind in NOT_FETCHED)
    return Totals(
        (responses + without_response, pages),
        (count("pages.article", 0), files),
        (count("links.new", 0) + count("links.revisit", 0), done),
    )
