"""Newspapers (数字报) on the e-paper systems of Founder and its competitors: issues, pages of an issue, articles.

Each newspaper of `crawler/spiders/papers.py`, `papers_north.py` and `papers_south.py` is a source of its own,
`epaper-<name>`. `epaper -a paper=NAME` runs that source. `epaper -a url=URL` takes any other newspaper by its entry or
one of its pages; the source is then named `epaper-<host>`. Without days, a run takes the newest issue, to which the
entry leads. With `since` (and `until`), it takes the issues of those days, the newest first; days without an issue are
skipped. `until` alone is that day. The pages are read in `crawler/newspapers/`.

Families (`crawler/newspapers/families.py`), by their URLs:
A         html/2025-02/11/node_2.htm, content_123.htm in the same folder; GBK or UTF-8; without html/, or with content/
nbs       html/2025-02/11/nbs.D110000gmrb_01.htm, nw.D110000gmrb_20250211_2-01.htm: 光明日报 to 2025, 人民日报 to 2024
B         layout/202502/11/node_01.html, content/202502/11/content_123.html; column/, col/, html/ or nothing for layout/
C         20250211/html/index.htm, page_01.htm, content_123.htm or page_01_content_001.htm
E         shtml/hsb/20250211/vA1.shtml or index.shtml, 123456.shtml: 华商报
articel   content/20250211/Page01NU.htm, Articel01001MT.htm: 大众日报, 新华每日电讯
szbz      Html/szbz/20250211/szbzA1.Html, szbz277334.Html
qpaper    Html/2025-02-11/Qpaper.html, Qpaper_11593.html, 22392.html
stamped   2025/20250211/20250211_001/20250211_001.html, 20250211_001_3.html
uniflows  uniflows/html/2025/02/11/01/default.htm, 01_35.htm
general   any other form of the day, with a page (1.html, 1/index.html, paper.html, …) and an article (detail-7654.html)
coded     html/2025/20250211/nmrb_20250211_13394_1.html, nmrb_20250211_13394_1_2.html
query     index.html?date=2025-02-11&page=01; articles as in the other families
data      2025/20250211/data.json: list in JSON of an issue of stamped or coded
navi      journal/2022-11-09/navi.json, 01/article/123.json: list and texts in JSON; since 2024-12 journal and detail

CERTAIN (seen in saved pages, or counted over the spiders of hundreds of newspapers): all URLs of A to E, and of the
pages of the other families; the entry by meta refresh; pages of A with a#pageLink (twice), picture map and title list;
the comment `enpproperty` at the end of pages; `founder-content` and `#ozoom` as the elements of the body; credits
("本版责编") listed like articles; the h1, h2 and p.sec of 人民日报, and its titles written by script.
SEEN in public crawlers: the URLs of articles of articel, szbz, qpaper and uniflows, and of some of general; links
in `data-href`, `data-url` and `daoxiang`; IssueIndex.htm, which leads to the first page; period.xml.
INFERRED: article pages as a whole, of every family (no complete one was available); the first page of an issue has the
same file name on all days (in articel, the letters may change: an entry that leads to IssueIndex.htm has no such
problem); a day without an issue responds with 404, or leads to the issue of another day; all of C and E except the
elements of headline and body; in E, headings above the h1 are the 引题 and those below it the 副题; the body of nbs
(`#articleContent`: one crawler of 2016); `.m-article-content` and `.m-article-main` of 光明日报 since 2026 (one
crawler of 2026); templates without a known element (`crawler/newspapers/structure.py`).
JSON: editions whose pages JavaScript draws from JSON, all INFERRED (`crawler/newspapers/editions.py`).
LEFT OUT: newspapers that consist only of pictures or PDFs; 科技日报, whose server rejects plain requests.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from itertools import chain
from typing import Any, ClassVar, Self, cast
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.utils.spider import iter_spider_classes

from crawler.crawl.spider import ArgumentError, ArticleSpider
from crawler.items import Article, Link, Listing
from crawler.newspapers.article import body_of, byline, headline, is_read_by_structure, paper_name
from crawler.newspapers.credits import is_editor_credit
from crawler.newspapers.editions import day_url, listing_url, text_url
from crawler.newspapers.entry import newest_issue
from crawler.newspapers.issue import article_link, articles_of, listed_position, pages_of, position_in_issue
from crawler.newspapers.json_article import read_json_article
from crawler.newspapers.json_listing import read_json_listing
from crawler.newspapers.structure import heading_of, take_credits, writer_above
from crawler.newspapers.urls import (
    EpaperUrl,
    common_path,
    days_back,
    host_of,
    hosts_of,
    parse_article_url,
    parse_page_url,
)
from crawler.reading.candidates import Candidates
from crawler.reading.errors import Gone, Incomplete, LayoutChanged, Skipped
from crawler.reading.page import Page
from crawler.reading.query import required, text

PREFIX = "epaper-"  # of the names of the sources


class EpaperSpider(ArticleSpider):
    """Base of all newspapers, and the source `epaper` itself: its readers read pages of any newspaper."""

    name = "epaper"
    hosts: ClassVar[tuple[str, ...]] = ()
    channels = ("newest",)
    default_channels = ("newest",)
    own_arguments = ("paper",)
    extra_keys = ("page", "section", "pretitle", "subtitle")
    page_ends: ClassVar[Mapping[str, str]] = {
        # Pages of family A, known by the marks of its template, end with the comment `enpproperty`, after `</html>`. It
        # has the number of the newspaper page and the author.
        r"<!--\s*enpcontent\b|<npm:article|\bpageLink\b[^<>]{0,500}?\bnode_\w{1,40}\.htm\b": r"/enpproperty\s*-->",
    }

    title: ClassVar[str] = ""  # name of the newspaper; "" = as on its pages
    entry: ClassVar[str] = ""  # URL at which the site shows the newest issue
    home: ClassVar[str] = ""  # URL path that all pages of the newspaper share; "" = derived from the entry

    def __init_subclass__(cls, *, is_seen: bool = True, **kwargs: Any) -> None:
        """Derive from the entry what is the same for all newspapers.

        *is_seen*: the entry was seen. Only then the newspaper has scheduled runs, unless the user schedules it.
        """
        super().__init_subclass__(**kwargs)
        cls.hosts = hosts_of(cls.entry)
        cls.home = cls.home or common_path(cls.entry)
        cls.archive_places = tuple(f"{host}{cls.home}" for host in cls.hosts)
        cls.schedule = "30 8 * * *" if is_seen else ""  # INFERRED: the issue of the day is complete by then

    def __new__(cls, /, **kwargs: str) -> Self:
        # `epaper` creates an instance of the requested newspaper's class, as `pathlib.Path` does for its platform.
        # Attributes of the instance would not suffice: the readers are class methods.
        return super().__new__(cast("type[Self]", requested_paper(cls, kwargs)))

    def __init__(self, /, **kwargs: str) -> None:
        url = kwargs.get("url", "").strip()
        if url and url == self.entry and not parse_article_url(url):
            del kwargs["url"]  # a run of the whole newspaper: it also requests articles that earlier runs left open
        super().__init__(**{"pages": "0", **kwargs})  # no limit: an issue is read to its end

    @classmethod
    def article_link(cls, url: str) -> Link | None:
        found = parse_article_url(url)
        return article_link(found) if found and cls.has_url(url) else None

    @classmethod
    def open_channel(cls, channel: str) -> Request:
        if not cls.entry:
            names = ", ".join(known_papers())
            raise ArgumentError(f"no newspaper: pass paper=NAME ({names}), or url=URL for any other")
        return Request(cls.entry)

    @classmethod
    def open_article(cls, link: Link) -> Request | None:
        found = parse_article_url(link.url)
        return Request((found and text_url(found)) or link.url)

    @classmethod
    def open_listing(cls, url: str) -> Request | None:
        return Request(url) if cls.has_url(url) else None

    @classmethod
    def open_days(cls, newest: Request, since: str, until: str) -> Mapping[str, Request] | None:
        issue = parse_page_url(newest.url)
        if issue is None:
            return None
        if not (since or until):
            return {issue.day: newest}
        last = min(until or issue.day, issue.day)
        return {day: Request(day_url(issue, day)) for day in days_back(last, since or last)}

    @classmethod
    def refuse(cls, page: Page) -> None:
        if page.status in (404, 410) and page.link and parse_page_url(page.url):
            raise LayoutChanged(f"HTTP {page.status} for the page of the issue that contains the article")

    @classmethod
    def read_listing(cls, page: Page) -> Listing:
        requested, issue = parse_page_url(page.requested_url or page.url), parse_page_url(page.url)
        if requested is None:
            entry = issue.url if issue else _first_page(newest_issue(page))
            if cls.hosts and not set(hosts_of(entry)) <= set(cls.hosts):
                raise LayoutChanged(f"the entry page leads to another host: {entry}")
            return Listing((), (Request(entry),))
        if issue is None or issue.day != requested.day:
            raise Gone(f"no issue of {requested.day}: redirected to {page.url}")
        if page.begins_like_json:
            return cls._read_json_listing(page, issue)
        pages = [url for url in pages_of(page, issue) if url != issue.url]
        links = articles_of(page, issue).values()
        if not links and page.is_whole and (listing := listing_url(issue)):  # JavaScript draws the page
            return Listing((), (Request(listing),))
        if not (pages or links):
            raise LayoutChanged("a page of an issue without links to articles or to other pages")
        # The list of pages and the picture map, whose links have no text, precede the lists of articles.
        if not page.is_whole and not (links and all(link.title for link in links)):
            raise Incomplete("the page is truncated: neither </html> nor the list of articles")
        articles = tuple(link for link in links if not is_editor_credit(link.title))
        return Listing(articles, tuple(map(Request, pages)), len(links) - len(articles))

    @classmethod
    def _read_json_listing(cls, page: Page, issue: EpaperUrl) -> Listing:
        found = read_json_listing(page, issue)
        links = [link for link in found.links if cls.has_url(link.url) and not is_editor_credit(link.title)]
        if found.skipped and not links:
            raise LayoutChanged(f"the URLs of {found.skipped} articles in the JSON cannot be derived")
        skipped = found.skipped + len(found.links) - len(links)
        return Listing(tuple(links), tuple(map(Request, found.pages)), skipped)

    @classmethod
    def second_request(cls, page: Page) -> Request | None:
        """Request the page of the issue if the name of the newspaper page is not available otherwise."""
        found = _requested_article(page)
        if page.begins_like_json:
            return None
        pages = list(pages_of(page, found))
        return Request(pages[0]) if len(pages) == 1 and listed_position(page, found) is None else None

    @classmethod
    def next_page(cls, first: Page, last: Page, number: int) -> Request | None:
        """Return None: an article of a newspaper has one page; 下一页 leads to the next page of the issue."""
        return None

    @classmethod
    def read_article(cls, page: Page) -> Article:
        found = _requested_article(page)
        if page.begins_like_json:
            return read_json_article(page, found, cls.name, cls.title)
        position = listed_position(page, found) or position_in_issue(page, found)
        return cls.read_html_article(page, article_link(found).url, found.day, position, found.family)

    @classmethod
    def read_html_article(cls, page: Page, url: str, day: str, position: tuple[str, str], family: str) -> Article:
        """Read an article of any template. *position*: number and name of its newspaper page. Raises `PageError`."""
        link, candidates, head = required(page.link, "link"), Candidates(page), headline(page)
        title = candidates.title({**head.title, "heading": heading_of(page, link.title)[0], "listing": link.title})
        if is_editor_credit(title):
            raise Skipped(f"a credit of the page's editors, not an article: {title}")
        body, writers = body_of(page, title), ""
        if is_read_by_structure(page):
            writers = take_credits(body) or writer_above(page, heading_of(page, title)[1])
            if not text(body):
                raise Skipped("no text: the body has only credits")
        return Article(
            source=cls.name,
            id=link.id,
            url=url,
            title=title,
            date=day,
            body=body,
            author=candidates.author({**head.author, "credits": writers, "body": byline(body)}),
            publisher=cls.title or paper_name(page),
            page=position[0],
            section=position[1],
            pretitle=head.pretitle,
            subtitle=head.subtitle,
            reader=family,
            chosen=candidates.chosen,
        )

    @classmethod
    def has_url(cls, url: str) -> bool:
        """Return whether *url* is one of the newspaper's; for `epaper` itself, always True."""
        if not cls.entry or url == cls.entry:
            return True
        hosts = hosts_of(url)
        return bool(hosts) and set(hosts) <= set(cls.hosts) and (urlsplit(url).path or "/").startswith(cls.home)


def _requested_article(page: Page) -> EpaperUrl:
    """Return the parsed URL of an article page. Raises `LayoutChanged` if another article was requested."""
    link, found = required(page.link, "link"), parse_article_url(page.url)
    if (named := parse_article_url(link.url)) and text_url(named) == page.url:
        found = named  # `page` is the JSON of the article
    if found is None or article_link(found).id != link.id:
        raise LayoutChanged(f"requested article {link.id}, received {page.url}")
    return found


def _first_page(entry: str) -> str:
    """Return the URL of the list of an issue, if an entry leads to one of its articles (新京报), or *entry*."""
    article = None if parse_page_url(entry) else parse_article_url(entry)
    return (article and listing_url(article)) or entry


# Arguments ----------------------------------------------------------------------------------------------------------


def known_papers() -> dict[str, type[EpaperSpider]]:
    """Return the classes of `papers.py`, `papers_north.py` and `papers_south.py` by short name."""
    from crawler.spiders import papers, papers_north, papers_south  # not at the top: they import this module

    found = chain.from_iterable(map(iter_spider_classes, (papers, papers_north, papers_south)))
    sources = (source for source in found if issubclass(source, EpaperSpider))
    return {source.name.removeprefix(PREFIX): source for source in sources}


def requested_paper(source: type[EpaperSpider], arguments: Mapping[str, str]) -> type[EpaperSpider]:
    """Return the class of the newspaper that `paper=` or `url=` in *arguments* selects; without both, *source*.

    Raises `ArgumentError` for an unknown name, for URLs of several newspapers, and for the name of another newspaper
    than *source*.
    """
    name, url = arguments.get("paper", "").strip(), arguments.get("url", "").strip()
    if name:
        paper = _paper_named(name)
        if source not in (EpaperSpider, paper):
            raise ArgumentError(f"{source.name} is a single newspaper: paper={name} cannot be combined with it")
        return paper
    if source is not EpaperSpider:
        return source
    found = [_paper_at(word) for word in re.split(r"[\s,]+", url) if host_of(word)]
    if len({paper.name for paper in found}) > 1:
        raise ArgumentError(f"url={url} belongs to several newspapers; pass the URLs of one newspaper")
    return found[0] if found else source


def _paper_named(name: str) -> type[EpaperSpider]:
    papers = known_papers()
    if name in papers:
        return papers[name]
    close = difflib.get_close_matches(name, papers, 1)
    hint = f" (did you mean {close[0]}?)" if close else ""
    raise ArgumentError(
        f"unknown newspaper {name!r}{hint}; allowed are: {', '.join(papers)}; for any other, pass url=URL"
    )


def paper_at(url: str) -> type[EpaperSpider] | None:
    """Return the class of the newspaper to which *url* belongs, or None."""
    return next((paper for paper in known_papers().values() if paper.has_url(url)), None)


def _paper_at(url: str) -> type[EpaperSpider]:
    """Return the class of the newspaper to which *url* belongs; for an unknown one, a class named after the host."""
    if known := paper_at(url):
        return known

    from crawler.spiders.unknown_paper import UnknownPaper  # not at the top: it imports this module

    class Paper(UnknownPaper):
        # In releases before 0.2: "epaper-epaper-…" for a host `epaper.…`
        old_name = PREFIX + re.sub(r"[^a-z0-9]+", "-", max(hosts_of(url), default="")).strip("-")
        name = PREFIX + re.sub(rf"\b{PREFIX}", "", old_name)
        entry = url
        home = "/"

    return Paper
