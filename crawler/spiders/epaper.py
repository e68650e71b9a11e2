"""Newspapers (数字报) on the systems of Founder and its rivals: an issue a day, its pages, their articles.

Each paper of `crawler/papers.py` is a source of its own, `epaper-<name>`; `epaper -a paper=NAME` is the same, and
`epaper -a url=ADDRESS` takes any other, which is then called `epaper-<host>`. Without days a run takes the newest
issue, to which the entry leads; with `since` (and `until`) the issues of those days, the newest first, as far as there
are any. `until` alone is that day. How pages are read is in `crawler/epapers.py`.

Families, by their addresses:
A    html/2025-02/11/node_2.htm, content_123.htm in the same folder; GBK or UTF-8
nbs  html/2025-02/11/nbs.D110000gmrb_01.htm, nw.D110000gmrb_20250211_2-01.htm: 光明日报 to 2025, 人民日报 to 2024
B    layout/202502/11/node_01.html, content/202502/11/content_123.html; UTF-8
C    20250211/html/index.htm, page_01.htm, content_123.htm or page_01_content_001.htm
E    shtml/hsb/20250211/vA1.shtml, 123456.shtml: 华商报

CERTAIN (seen in saved pages, or counted over the spiders of hundreds of papers): all addresses; the entry by meta
refresh; pages of A with a#pageLink (twice), picture map and title list; the comment `enpproperty` at their end;
`founder-content` and `#ozoom` as the body's place; credits ("本版责编") listed like articles; 人民日报's h1, h2, p.sec
and its titles written by script.
INFERRED: article pages as a whole, of every family (no complete one was at hand); that the first page's file has the
same name on all days; that a day without an issue is a 404, or leads to another day's issue; all of C and E but the
places of headline and body; that of E's headings those above the h1 are the 引题 and those below the 副题; of nbs the
body (`#articleContent`: one crawler of 2016); of 光明日报 since 2026 `.m-article-content` and `.m-article-main` (one of
2026).
LEFT OUT: szbz (/Html/szbz/…), JSON apps, papers of pictures or PDF alone.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, ClassVar, Self, cast
from urllib.parse import urlsplit

from scrapy import Request

from crawler.crawl.spider import ArticleSpider
from crawler.items import Article, Link, Listing
from crawler.newspapers.article import body_of, byline, headline, number_of, paper_name
from crawler.newspapers.issue import article_link, articles_of, is_credit, label, newest_issue, pages_of, place_of
from crawler.newspapers.papers import PAPERS, Paper, entry_of, requested_paper
from crawler.newspapers.urls import Address, article_address, days_back, page_address
from crawler.reading.candidates import Candidates
from crawler.reading.errors import Gone, LayoutChanged, Skipped
from crawler.reading.page import Page
from crawler.reading.query import required


class EpaperSpider(ArticleSpider):
    name = "epaper"
    hosts: ClassVar[tuple[str, ...]] = ()  # that of its paper; the readers alone read pages of any
    channels = ("newest",)
    default_channels = ("newest",)
    own_arguments = ("paper",)
    extra_keys = ("page", "section", "pretitle", "subtitle")

    paper: ClassVar[Paper | None] = None

    def __new__(cls, /, **kwargs: Any) -> Self:
        """The spider of the paper that the arguments name."""
        paper = requested_paper(cls.name, cls.paper, kwargs)
        return super().__new__(cast("type[Self]", of_paper(paper)) if paper and paper != cls.paper else cls)

    def __init__(self, /, **kwargs: str) -> None:
        url = kwargs.get("url", "").strip()
        if self.paper and url == self.paper.entry and not article_address(url):
            del kwargs["url"]  # the paper itself, of which earlier runs may have left something
        super().__init__(**{"pages": "0", **kwargs})  # an issue is walked to its end

    @classmethod
    def article_link(cls, url: str) -> Link | None:
        found = article_address(url)
        return article_link(found) if found and cls._has(url) else None

    @classmethod
    def open_channel(cls, channel: str) -> Request:
        return Request(entry_of(cls.paper))

    @classmethod
    def open_listing(cls, url: str) -> Request | None:
        return Request(url) if cls._has(url) else None

    @classmethod
    def open_days(cls, newest: Request, since: str, until: str) -> Mapping[str, Request] | None:
        issue = page_address(newest.url)
        if issue is None:
            return None
        if not (since or until):
            return {issue.day: newest}
        last = min(until or issue.day, issue.day)
        return {day: Request(issue.on(day)) for day in days_back(last, since or last)}

    @classmethod
    def refuse(cls, page: Page) -> None:
        if page.status in (404, 410) and page.link and page_address(page.url):
            raise LayoutChanged(f"the page of the issue on which the article stands answers HTTP {page.status}")

    @classmethod
    def read_listing(cls, page: Page) -> Listing:
        asked, issue = page_address(page.requested_url or page.url), page_address(page.url)
        if asked is None:
            entry = issue.url if issue else newest_issue(page)
            if cls.hosts and urlsplit(entry).hostname not in cls.hosts:
                raise LayoutChanged(f"the entry leads to another host: {entry}")
            return Listing((), (Request(entry),))
        if issue is None or issue.day != asked.day:
            raise Gone(f"no issue of {asked.day}: its address leads to {page.url}")
        pages = [url for url in pages_of(page, issue) if url != issue.url]
        links = articles_of(page, issue).values()
        if not (pages or links):
            raise LayoutChanged("a page of an issue that leads neither to articles nor to other pages")
        articles = tuple(link for link in links if not is_credit(link.title))
        return Listing(articles, tuple(map(Request, pages)), len(links) - len(articles))

    @classmethod
    def second_request(cls, page: Page) -> Request | None:
        """Request the page of the issue if its name is known neither from the article's page nor from the listing."""
        found = _requested_article(page)
        pages = list(pages_of(page, found))
        return Request(pages[0]) if len(pages) == 1 and _listed_place(page, found) is None else None

    @classmethod
    def read_article(cls, page: Page) -> Article:
        link, found = required(page.link, "link"), _requested_article(page)
        place = _listed_place(page, found) or _place_in_issue(page)
        candidates, head = Candidates(page), headline(page)
        title = candidates.title({**head.title, "listing": link.title})
        if is_credit(title):
            raise Skipped(f"who made the page, not an article: {title}")
        body = body_of(page)
        return Article(
            source=cls.name,
            id=link.id,
            url=article_link(found).url,
            title=title,
            date=found.day,
            body=body,
            author=candidates.author({**head.author, "body": byline(body)}),
            publisher=(cls.paper and cls.paper.title) or paper_name(page),
            page=place[0],
            section=place[1],
            pretitle=head.pretitle,
            subtitle=head.subtitle,
            reader=found.family,
            chosen=candidates.chosen,
        )

    @classmethod
    def _has(cls, url: str) -> bool:
        return cls.paper is None or cls.paper.has(url)


def _requested_article(page: Page) -> Address:
    """Return the address of the article's page. Raises `LayoutChanged` if another article was requested."""
    link, found = required(page.link, "link"), article_address(page.url)
    if found is None or article_link(found).id != link.id:
        raise LayoutChanged(f"article {link.id} was asked for; {page.url} came")
    return found


def _listed_place(page: Page, address: Address) -> tuple[str, str] | None:
    """Return number and name of the newspaper page, or None if they are in the page of the issue only.

    The article's own page may have the number alone. The name is in the listing that led here or in the list of pages;
    a listing also shows articles of other pages.
    """
    number, listed = number_of(page), label(required(page.link, "link").page_label)
    if listed[0] and _same(number or listed[0], listed[0]):
        return number or listed[0], listed[1]
    names = [label(words) for words in pages_of(page, address).values()]
    name = next((name for other, name in names if name and _same(number, other)), "")
    return (number, name) if name else None


def _place_in_issue(page: Page) -> tuple[str, str]:
    """Return number and name of the newspaper page from the page of the issue, the second response."""
    number = number_of(page)
    issue = page_address(page.second_page.url) if page.second_page else None
    printed = label(place_of(page.second_page, issue)) if page.second_page and issue else ("", "")
    return (number or printed[0], printed[1]) if _same(number or printed[0], printed[0]) else (number, "")


def _same(number: str, other: str) -> bool:
    return number.lstrip("0") == other.lstrip("0")


@functools.cache
def of_paper(paper: Paper) -> type[EpaperSpider]:
    """The source that a paper is."""
    attributes = {
        "name": f"epaper-{paper.name}",
        "hosts": (paper.host,),
        "paper": paper,
        "schedule": "30 8 * * *" if paper in PAPERS else "",  # the day's issue is whole by then (INFERRED)
        "__module__": __name__,
        "__doc__": f"{paper.title or paper.name}: {paper.entry}",
    }
    return type(f"{paper.name.title().replace('-', '')}Spider", (EpaperSpider,), attributes)


for _paper in PAPERS:
    globals()[of_paper(_paper).__name__] = of_paper(_paper)  # where Scrapy looks for sources
