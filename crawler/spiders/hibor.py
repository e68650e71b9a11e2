"""慧博投研资讯, www.hibor.com.cn: abstracts of brokers' research reports.

The page of a report has title, date and broker. Its body is either part of the page (`.abstruct-info`, as in 2021) or,
since 2024, the response to a POST of the page's `ncid` to NewContent: an HTML fragment with `.abstruct-info`. Only the
rows of the curated and hot lists have the time to the second at which a report was shared.

CERTAIN (seen in saved pages and in clients of other projects): the selectors of the article page, NewContent and its
fragments, the two watermarks in them, the rows of the lists `elitelist`, `microns`, `rightmore` and of the search, the
form of the search and `#hidTotal`; redirects to tip.html, empty responses and login URLs as the forms of a refusal.
INFERRED: the 32 digits of the mobile pages are the id of /data/ (a client of 2026 uses them as such); 下一页 is not a
link on the last page of a list; the text of `.article-time` besides the day; the precision of the times in `rightmore`;
the response to the old URLs docdetail_N and repinfodetail_N: a redirect to /data/, the current page, or the page of
2020. Only the selectors of the body are known of the latter (`div.neir span` or `div.p_main`; title and broker are read
from `<title>`).
LEFT OUT: wap_detail.aspx?id=N, with a number that may be of another series; the tables of 2017 and before, because the
selector of their body is unknown; announcements, foreign reports and the list by industry (`hangye`).
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from lxml.html import HtmlElement, fragment_fromstring
from scrapy import FormRequest, Request

from crawler.crawl.spider import ArticleSpider
from crawler.items import Article, Link, Listing
from crawler.reading.candidates import Candidates
from crawler.reading.errors import Blocked, Incomplete, LayoutChanged, LoginRequired, Skipped
from crawler.reading.html import drop_nodes
from crawler.reading.page import Page
from crawler.reading.query import all_of, at_most_one, exactly_one, href, required, text, text_at
from crawler.text.clean import one_line
from crawler.text.dates import beijing, beijing_after, day_of_id
from crawler.text.titles import is_same_title

SITE = "https://www.hibor.com.cn"
NEW_CONTENT = f"{SITE}/hiborweb/DocDetail/NewContent"
SEARCH = f"{SITE}/newweb/HuiSou/sa"

CATEGORIES = {
    13: "宏观经济", 4: "投资策略", 2: "行业分析", 1: "公司调研", 16: "债券研究", 14: "晨会早刊", 5: "机构资讯",
    21: "新股研究", 22: "并购重组", 9: "港美研究", 18: "金融工程", 19: "投资组合", 20: "融资融券", 8: "期货研究",
    15: "股指期货", 23: "期权研究", 6: "基金频道", 17: "外汇研究",
}  # fmt: skip
PAGE_TITLE_SUFFIX = re.compile(rf"(?:-(?:{'|'.join(CATEGORIES.values())}))?-慧博投研资讯$")  # <title> only, not <h1>
CHANNELS = {
    "elite": "/elitelist.html",
    "elite_1": "/elitelist_1_1.html",  # companies
    "elite_2": "/elitelist_1_2.html",  # industries
    **{f"microns_{number}": f"/microns_{number}.html" for number in CATEGORIES},
    **{f"rightmore_{number}": f"/rightmore_{number}_1.html" for number in (0, 1, 6, 4)},  # hot: day, week, month, buy
}
HOST = r"https?://(?:(?:www|wt|wap|m)\.)?hibor\.com\.cn"
ARTICLE = re.compile(
    rf"{HOST}/(?:(?:data/|wap_detail\.aspx\?id=)(?P<id>[0-9a-f]{{32}})"
    r"|(?P<old>docdetail|repinfodetail)_(?P<number>[0-9]+))(?:\.html)?(?:[?&#].*)?",
    re.IGNORECASE,
)
LIST = re.compile(
    rf"{HOST}(?P<path>/(?P<list>elitelist|(?:microns|rightmore)_\d+)(?:_(?P<page>\d+))?(?P<tab>_\d+)?\.html)(?:[?#].*)?"
)

# In all forms of lists, an entry is a link, followed by an element with its time (and by some elements without one).
ENTRIES = (
    "tr.trContent td:nth-child(2) > a, tr.trContent td:last-child, "
    "#tableList .tab_lta > a, #tableList .td_spantxt > span:first-child, "
    "table.rightmore-result td:nth-child(2) a, table.rightmore-result td:last-child, "
    ".result-dataitem > a, .result-dataitem .result-data1 > span:first-child"
)
# Selector of the body by page form, for pages that contain it.
BODIES = {"inline": ".abstruct-info", "2020": "div.neir span, div.p_main"}
INVISIBLE = re.compile(r"(?:^|;)(?:display:none|font-size:0(?:px|pt|em|rem|%)?)(?:!important)?(?:;|$)")
MIN_LIST_SIZE = 3000  # bytes; a smaller page without entries is a refusal
SEARCH_PAGE_SIZE = 10


class HiborSpider(ArticleSpider):
    name = "hibor"
    hosts = ("www.hibor.com.cn",)
    channels = tuple(CHANNELS)
    default_channels = ("elite",)
    title_suffixes = ("-慧博投研资讯",)
    # The menu is closed before the report begins. Pages without a body, such as those of a login, have no `ncid`.
    page_ends: ClassVar[Mapping[str, str]] = {r"\bncid\s*=": r"\bleft-detail\b|</html\s*>"}
    schedule = "41 18,22 * * sun-fri"  # reports are published in the evening before a trading day

    def edit(self, article: Article) -> Article:
        if article.body is None or self.settings.getbool("HIBOR_KEEP_WATERMARKS", True):
            return article
        return replace(article, body=without_watermarks(article.body))

    @classmethod
    def article_link(cls, url: str) -> Link | None:
        if not (found := ARTICLE.fullmatch(url)):
            return None
        if found["old"]:  # the 32 digits cannot be derived from the number
            name, number = found["old"].lower(), found["number"]
            return Link(id=f"{name}-{number}", url=f"{SITE}/{name}_{number}.html")
        identifier = found["id"].lower()
        return Link(id=identifier, url=f"{SITE}/data/{identifier}.html")

    @classmethod
    def open_channel(cls, channel: str) -> Request:
        return Request(SITE + CHANNELS[channel])

    @classmethod
    def open_search(cls, keyword: str) -> Request | None:
        return search_request(keyword, 1)

    @classmethod
    def open_listing(cls, url: str) -> Request | None:
        found = LIST.fullmatch(url)
        return Request(SITE + found["path"]) if found else None

    @classmethod
    def refuse(cls, page: Page) -> None:
        if "/tip.html" in f"{page.url} {page.redirect}":
            raise Blocked("redirected to tip.html: the site temporarily refuses requests")
        if "login" in page.url.lower():
            raise LoginRequired(f"redirected to {page.url}")
        if page.url == NEW_CONTENT and page.status in (404, 410):  # of the URL of the body, not of the article
            raise LayoutChanged(f"HTTP {page.status} for NewContent, the URL of the body", field="body")

    @classmethod
    def read_listing(cls, page: Page) -> Listing:
        links: dict[str, Link] = {}
        link, skipped = None, 0
        for node in all_of(page, ENTRIES):
            if node.tag == "a":
                link = cls.article_link(href(node, page))
                if link:
                    links.setdefault(link.id, replace(link, title=node.get("title") or text(node)))
                else:
                    skipped += 1
            elif link and not links[link.id].date:
                links[link.id] = replace(links[link.id], date=beijing(text(node), page.fetched_at))
        next_pages = next_results(page, skipped + len(links)) if page.url == SEARCH else next_page(page)
        if skipped and not links:
            raise LayoutChanged(f"none of the {skipped} entries of the list links to a report")
        if not links and page.url != SEARCH and len(page.body) < MIN_LIST_SIZE:
            raise Blocked(f"a list of {len(page.body)} bytes without entries: the site temporarily refuses requests")
        return Listing(tuple(links.values()), next_pages if links else (), skipped)

    @classmethod
    def _received(cls, page: Page) -> Link:
        """Return the link of the report that *page* shows. Raises `LayoutChanged` if another one was requested."""
        link, received = required(page.link, "link"), cls.article_link(page.url)
        if received is None or (received.id != link.id and "-" not in link.id):  # old URLs may redirect to /data/
            raise LayoutChanged(f"requested {link.url}, received {page.url}")
        return received

    @classmethod
    def shown_titles(cls, page: Page) -> tuple[str, ...]:
        head = text_at(page, "head > title")  # without a day, it may be that of any page of the site
        return tuple(filter(None, (text_at(page, ".left-detail > h1"), head if split_title(head)[2] else "")))

    @classmethod
    def is_same_title(cls, listed: str, shown: str) -> bool:
        """Compare the titles without broker and day, which other reports have, too. Either may lack the broker."""
        (_, first, day), (_, second, other_day) = split_title(listed), split_title(shown)
        earlier, later = sorted((day_of_id(f"20{day}"), day_of_id(f"20{other_day}")))
        if earlier and later > beijing_after(earlier, days=1):  # a correction moves it by one day
            return False
        pairs = ((first, second), (split_day(listed)[0], second), (first, split_day(shown)[0]))
        return any(is_same_title(*pair) for pair in pairs)

    @classmethod
    def second_request(cls, page: Page) -> Request | None:
        cls._received(page)
        _, body = body_in(page)
        return content_request(page, required(page.link, "link")) if body is None else None

    @classmethod
    def read_article(cls, page: Page) -> Article:
        received, link = cls._received(page), required(page.link, "link")
        reader, body = body_in(page)
        if body is None:
            body = content_of(page, required(page.second_page, "second_page"))

        candidates = Candidates(page)
        full = candidates.title({"h1": text_at(page, ".left-detail > h1"), "list": link.title})
        broker, title, day = split_title(full, text_at(page, ".info-left > span:nth-child(2) a"))
        dates = {
            "list": link.date,  # has the time to the second at which the report was shared
            ".article-time": text_at(page, ".article-time"),
            "title": f"20{day}" if day else "",
        }
        authors = all_of(page, ".doc-info-list .author a")
        pages = re.match(r"\d+", text_at(page, ".doc-info-list i"))
        return Article(
            source=cls.name,
            id=received.id,
            url=received.url,
            title=title,
            date=candidates.date(dates),
            body=with_broker(body, broker),
            author=candidates.author({".author": "，".join(text(author) for author in authors)}),
            author_url=href(authors[0], page) if authors else "",
            publisher=broker,
            category=text_at(page, ".doc-info-list > span:first-child a"),
            counts={"pages": int(pages[0])} if pages else {},
            reader=reader,
            chosen=candidates.chosen,
        )


def search_request(keyword: str, number: int) -> FormRequest:
    """Return the request for page *number* of the search: full text, newest first, 24 months (the maximum)."""
    form = {"gjc": keyword, "sslb": "1", "sjfw": "24", "ys": str(number), "cxzd": "qw", "px": "sj"}
    unused = dict.fromkeys(("bgfl", "bgys", "gs", "sdgs", "sdhy", "sdhgcl", "mhss", "hy", "gp"), "")
    headers = {"X-Requested-With": "XMLHttpRequest", "Referer": f"{SITE}/newweb/HuiSou/s"}
    return FormRequest(SEARCH, formdata=form | unused, headers=headers)


def next_results(page: Page, entries: int) -> tuple[Request, ...]:
    """Return the request for the next page of the search, unless this is the last one. *entries*: number on *page*."""
    value = exactly_one(page, "#hidTotal").get("value") or "0"
    if not re.fullmatch("[0-9]{1,9}", value):
        raise LayoutChanged(f"the total of the search is not a number: {value!r}", selector="#hidTotal")
    number, total = int(page.form.get("ys") or 1), int(value)
    if not entries and (number - 1) * SEARCH_PAGE_SIZE < total:
        raise LayoutChanged(f"the search has {total} results, but page {number} has no entries")
    return (search_request(page.form["gjc"], number + 1),) if number * SEARCH_PAGE_SIZE < total else ()


def next_page(page: Page) -> tuple[Request, ...]:
    """Return the request for the URL with the next page number, unless 下一页 on *page* is not a link."""
    url = LIST.fullmatch(page.url)
    is_last = all_of(page, "body:contains('下一页')") and not all_of(page, "a:contains('下一页')")
    if url is None or is_last:
        return ()
    number = max(int(url["page"] or 1), 1) + 1  # the first page has the number 0, 1, or no number
    tab = url["tab"] or ("_0" if url["list"] == "elitelist" else "")
    return (Request(f"{SITE}/{url['list']}_{number}{tab}.html"),)


def body_in(page: Page) -> tuple[str, HtmlElement | None]:
    """Return the page's generation and its body; "content" and None if the body is in a second response."""
    found = ((reader, at_most_one(page, css)) for reader, css in BODIES.items())
    return next((pair for pair in found if text(pair[1])), ("content", None))


def content_request(page: Page, link: Link) -> FormRequest:
    """Return the request for the body of a page that does not contain it."""
    ncid = re.search(r"""\bncid\s*=\s*['"]([\w-]+)['"]""", page.text)
    if ncid is None:
        refuse_login_layer(page)
        raise LayoutChanged(
            "body is missing: .abstruct-info is empty, and the ncid for its request is missing",
            field="body",
        )
    headers = {"X-Requested-With": "XMLHttpRequest", "Referer": link.url}
    return FormRequest(NEW_CONTENT, formdata={"ncid": ncid[1]}, headers=headers)


def content_of(page: Page, content: Page) -> HtmlElement:
    """Return the body in *content*, the response of NewContent."""
    body = exactly_one(content, ".abstruct-info")
    if "</div" not in content.text.partition("abstruct-info")[2].lower():
        raise Incomplete("the response of NewContent is truncated: .abstruct-info is not closed")
    if not text(body):
        refuse_login_layer(page)
        raise Skipped("no text: .abstruct-info of NewContent is empty, the report consists of pictures")
    return body


def refuse_login_layer(page: Page) -> None:
    """Raise `LoginRequired` if *page*, which has no body, displays a login. Pages with a body may have the mark too."""
    if re.search(r"displayLoginLayer\s*=\s*true", page.text):
        raise LoginRequired("displayLoginLayer: the body requires a login")


def split_title(full: str, broker: str = "") -> tuple[str, str, str]:
    """Split "broker-title-YYMMDD" into broker, title and day; a missing broker or day is "".

    *broker* is the one that the page names elsewhere: any other word before a dash then belongs to the title
    ("AI-芯片周报").
    """
    head, day = split_day(full)
    first, _, title = map(str.strip, head.partition("-"))
    return (first, title, day) if title and broker in ("", first) else (broker, head, day)


def split_day(full: str) -> tuple[str, str]:
    """Split "broker-title-YYMMDD" into "broker-title" and day; a missing day is ""."""
    head = PAGE_TITLE_SUFFIX.sub("", full)
    dated = re.fullmatch(r"\A(.+)-(\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))", head)
    return (dated[1], dated[2]) if dated else (head, "")


def with_broker(body: HtmlElement, broker: str) -> HtmlElement:
    """Return a copy of *body* without the links to other reports, and with the broker as its last paragraph."""
    body = copy.deepcopy(body)
    drop_nodes(all_of(body, ".related_stories_left_block"))
    if broker:
        paragraph = fragment_fromstring("<p></p>")
        paragraph.text = f"来源: {one_line(broker)}"
        body.append(paragraph)
    return body


def without_watermarks(body: HtmlElement) -> HtmlElement:
    """Return a copy of *body* without invisible elements: links in `display:none`, digits with font size 0."""
    body = copy.deepcopy(body)
    drop_nodes([node for node in all_of(body, "* [style]") if _is_invisible(node)])  # descendants only
    return body


def _is_invisible(node: HtmlElement) -> bool:
    style = re.sub(r"\s", "", node.get("style", "")).lower()
    return INVISIBLE.search(style) is not None
