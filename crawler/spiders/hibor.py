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

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from lxml.html import HtmlElement, fragment_fromstring
from scrapy import FormRequest, Request

from crawler.crawl.spider import SiteSpider
from crawler.items import Article, Link
from crawler.reading.adverts import without_invisible
from crawler.reading.bodies import Body
from crawler.reading.errors import Blocked, Incomplete, LayoutChanged, LoginRequired, Skipped
from crawler.reading.page import Page
from crawler.reading.query import all_of, exactly_one, first_or_none, href, required, text, text_at
from crawler.reading.rows import Rows
from crawler.text.clean import one_line
from crawler.text.dates import beijing
from crawler.text.report_titles import is_same_report, split_title

SITE = "https://www.hibor.com.cn"
NEW_CONTENT = f"{SITE}/hiborweb/DocDetail/NewContent"
SEARCH = f"{SITE}/newweb/HuiSou/sa"
CATEGORIES = {
    13: "宏观经济", 4: "投资策略", 2: "行业分析", 1: "公司调研", 16: "债券研究", 14: "晨会早刊", 5: "机构资讯",
    21: "新股研究", 22: "并购重组", 9: "港美研究", 18: "金融工程", 19: "投资组合", 20: "融资融券", 8: "期货研究",
    15: "股指期货", 23: "期权研究", 6: "基金频道", 17: "外汇研究",
}  # fmt: skip
PAGE_TITLE_SUFFIX = re.compile(rf"(?:-(?:{'|'.join(CATEGORIES.values())}))?-慧博投研资讯$")  # <title> only, not <h1>
HOST = r"https?://(?:(?:www|wt|wap|m)\.)?hibor\.com\.cn"
LIST = re.compile(
    rf"{HOST}(?P<path>/(?P<list>elitelist|(?:microns|rightmore)_\d+)(?:_(?P<page>\d+))?(?P<tab>_\d+)?\.html)(?:[?#].*)?"
)
MIN_LIST_SIZE = 3000  # bytes; a smaller page without entries is a refusal
SEARCH_PAGE_SIZE = 10


class HiborSpider(SiteSpider):
    name = "hibor"
    site = SITE
    hosts = ("www.hibor.com.cn",)
    channels = {
        "elite": "/elitelist.html",
        "elite_1": "/elitelist_1_1.html",  # companies
        "elite_2": "/elitelist_1_2.html",  # industries
        **{f"microns_{number}": f"/microns_{number}.html" for number in CATEGORIES},
        **{
            f"rightmore_{number}": f"/rightmore_{number}_1.html" for number in (0, 1, 6, 4)
        },  # hot: day, week, month, buy
    }
    default_channels = ("elite",)
    title_suffixes = ("-慧博投研资讯",)
    # The menu is closed before the report begins. Pages without a body, such as those of a login, have no `ncid`.
    page_ends: ClassVar[Mapping[str, str]] = {r"\bncid\s*=": r"\bleft-detail\b|</html\s*>"}
    schedule = "41 18,22 * * sun-fri"  # reports are published in the evening before a trading day
    article_urls = (
        re.compile(rf"{HOST}/(?:data/|wap_detail\.aspx\?id=)(?P<id>[0-9a-f]{{32}})(?:\.html)?(?:[?&#].*)?", re.I),
        # The 32 digits cannot be derived from the number.
        re.compile(rf"{HOST}/(?P<id>(?:docdetail|repinfodetail)_[0-9]+)(?:\.html)?(?:[?&#].*)?", re.I),
    )
    listing_urls = LIST
    # In all forms of lists, an entry is a link, followed by an element with its time (and by some without one).
    rows = Rows(
        "tr.trContent td:nth-child(2) > a, tr.trContent td:last-child, "
        "#tableList .tab_lta > a, #tableList .td_spantxt > span:first-child, "
        "table.rightmore-result td:nth-child(2) a, table.rightmore-result td:last-child, "
        ".result-dataitem > a, .result-dataitem .result-data1 > span:first-child"
    )
    bodies = {
        "inline": Body(".abstruct-info", drop=".related_stories_left_block"),
        "2020": Body("div.neir span, div.p_main", drop=".related_stories_left_block"),
    }

    def edit(self, article: Article) -> Article:
        if article.body is None or self.settings.getbool("HIBOR_KEEP_WATERMARKS", True):
            return article
        return replace(article, body=without_invisible(article.body))

    @classmethod
    def article_link(cls, url: str) -> Link | None:
        for folder, pattern in zip(("/data", ""), cls.article_urls, strict=True):
            if found := pattern.fullmatch(url):
                name = found["id"].lower()
                return Link(name.replace("_", "-"), f"{cls.site}{folder}/{name}.html")
        return None

    @classmethod
    def open_search(cls, keyword: str, number: int = 1) -> Request:
        """Search the full text, newest first, in the last 24 months, which is the maximum."""
        form = {"gjc": keyword, "sslb": "1", "sjfw": "24", "ys": str(number), "cxzd": "qw", "px": "sj"}
        unused = dict.fromkeys(("bgfl", "bgys", "gs", "sdgs", "sdhy", "sdhgcl", "mhss", "hy", "gp"), "")
        headers = {"X-Requested-With": "XMLHttpRequest", "Referer": f"{SITE}/newweb/HuiSou/s"}
        return FormRequest(SEARCH, formdata=form | unused, headers=headers)

    @classmethod
    def refuse(cls, page: Page) -> None:
        if "/tip.html" in f"{page.url} {page.redirect}":
            raise Blocked("redirected to tip.html: the site temporarily refuses requests")
        if "login" in page.url.lower():
            raise LoginRequired(f"redirected to {page.url}")
        if page.url == NEW_CONTENT and page.status in (404, 410):  # of the URL of the body, not of the article
            raise LayoutChanged(f"HTTP {page.status} for NewContent, the URL of the body", field="body")

    @classmethod
    def rows_of(cls, page: Page) -> Sequence[list[str]]:
        """Return URL, title and date of each entry."""
        rows: list[list[str]] = []
        for node in all_of(page, cls.rows.entries):
            if node.tag == "a":
                rows.append([href(node, page), node.get("title") or text(node), ""])
            elif rows:
                rows[-1][2] = rows[-1][2] or beijing(text(node), page.fetched_at)
        if not rows and page.url != SEARCH and len(page.body) < MIN_LIST_SIZE:
            raise Blocked(f"a list of {len(page.body)} bytes without entries: the site temporarily refuses requests")
        number = int(page.form.get("ys") or 1)
        if page.url == SEARCH and not rows and (number - 1) * SEARCH_PAGE_SIZE < (total := _total(page)):
            raise LayoutChanged(f"the search has {total} results, but page {number} has no entries")
        return rows

    @classmethod
    def row_link(cls, page: Page, row: list[str]) -> Link | None:
        url, title, date = row
        link = cls.article_link(url)
        return replace(link, title=title, date=date) if link else None

    @classmethod
    def next_listings(cls, page: Page, rows: Sequence[Any]) -> tuple[Request, ...]:
        """Return the request for the next page number, unless 下一页 on *page* is not a link."""
        if page.url == SEARCH:
            number = int(page.form.get("ys") or 1)
            return (cls.open_search(page.form["gjc"], number + 1),) if number * SEARCH_PAGE_SIZE < _total(page) else ()
        url = LIST.fullmatch(page.url)
        is_last = all_of(page, "body:contains('下一页')") and not all_of(page, "a:contains('下一页')")
        if url is None or is_last:
            return ()
        number = max(int(url["page"] or 1), 1) + 1  # the first page has the number 0, 1, or no number
        tab = url["tab"] or ("_0" if url["list"] == "elitelist" else "")
        return (Request(f"{SITE}/{url['list']}_{number}{tab}.html"),)

    @classmethod
    def identities(cls, page: Page) -> Iterator[Link | None]:
        link, received = required(page.link, "link"), cls.article_link(page.url)
        if received is None:
            raise LayoutChanged(f"requested {link.url}, received {page.url}")
        if "-" not in link.id:  # old URLs may redirect to /data/
            yield received

    @classmethod
    def shown_titles(cls, page: Page) -> tuple[str, ...]:
        head = _without_suffix(text_at(page, "head > title"))  # without a day, it may be that of any page of the site
        return tuple(filter(None, (text_at(page, ".left-detail > h1"), head if split_title(head)[2] else "")))

    @classmethod
    def is_same_title(cls, listed: str, shown: str) -> bool:
        return is_same_report(_without_suffix(listed), _without_suffix(shown))

    @classmethod
    def second_request(cls, page: Page) -> Request | None:
        """Return the request for the body of a page that does not contain it."""
        cls.check_identity(page)
        if any(text(body.find(page, None)) for body in cls.bodies.values()):
            return None
        ncid = re.search(r"""\bncid\s*=\s*['"]([\w-]+)['"]""", page.text)
        if ncid is None:
            _refuse_login_layer(page)
            reason = "body is missing: .abstruct-info is empty, and the ncid for its request is missing"
            raise LayoutChanged(reason, field="body")
        headers = {"X-Requested-With": "XMLHttpRequest", "Referer": required(page.link, "link").url}
        return FormRequest(NEW_CONTENT, formdata={"ncid": ncid[1]}, headers=headers)

    @classmethod
    def body_of(cls, page: Page) -> tuple[str, HtmlElement]:
        if page.second_page is None:
            return super().body_of(page)
        exactly_one(page.second_page, ".abstruct-info")
        if "</div" not in page.second_page.text.partition("abstruct-info")[2].lower():
            raise Incomplete("the response of NewContent is truncated: .abstruct-info is not closed")
        body = cls.bodies["inline"].find(page.second_page, None)
        if body is None or not text(body):
            _refuse_login_layer(page)
            raise Skipped("no text: .abstruct-info of NewContent is empty, the report consists of pictures")
        return "content", body

    @classmethod
    def values(cls, page: Page, page_form: str) -> dict[str, Any]:
        link, received = required(page.link, "link"), required(cls.article_link(page.url), "link")
        candidate, broker, title, day = _title_of(page)
        author = ".doc-info-list .author a"
        pages = re.match(r"\d+", text_at(page, ".doc-info-list i"))
        return {
            "id": received.id,
            "url": received.url,
            "title": {candidate: title},
            "date": {
                "list": link.date,  # has the time to the second at which the report was shared
                ".article-time": text_at(page, ".article-time"),
                "title": f"20{day}" if day else "",
            },
            "author": {".author": "，".join(map(text, all_of(page, author)))},
            "author_url": href(first_or_none(page, author), page),
            "publisher": broker,
            "category": text_at(page, ".doc-info-list > span:first-child a"),
            "counts": {"pages": int(pages[0])} if pages else {},
        }

    @classmethod
    def clean(cls, page: Page, body: HtmlElement) -> HtmlElement:
        """Append the broker as the last paragraph."""
        if broker := _title_of(page)[1]:
            paragraph = fragment_fromstring("<p></p>")
            paragraph.text = f"来源: {one_line(broker)}"
            body.append(paragraph)
        return body


def _total(page: Page) -> int:
    """Return the number of results of the search."""
    value = exactly_one(page, "#hidTotal").get("value") or "0"
    if not re.fullmatch("[0-9]{1,9}", value):
        raise LayoutChanged(f"the total of the search is not a number: {value!r}", selector="#hidTotal")
    return int(value)


def _refuse_login_layer(page: Page) -> None:
    """Raise `LoginRequired` if *page*, which has no body, displays a login. Pages with a body may have the mark too."""
    if re.search(r"displayLoginLayer\s*=\s*true", page.text):
        raise LoginRequired("displayLoginLayer: the body requires a login")


def _title_of(page: Page) -> tuple[str, str, str, str]:
    """Return the name of the element with the title, and the parts of the title: broker, title and day."""
    listed = page.link.title if page.link else ""
    titles = {"h1": text_at(page, ".left-detail > h1"), "list": listed, "<title>": text_at(page, "head > title")}
    name = next((name for name, title in titles.items() if title), "h1")
    return name, *split_title(_without_suffix(titles[name]), text_at(page, ".info-left > span:nth-child(2) a"))


def _without_suffix(title: str) -> str:
    return PAGE_TITLE_SUFFIX.sub("", title)
