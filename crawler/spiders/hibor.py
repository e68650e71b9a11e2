"""慧博投研资讯, www.hibor.com.cn: abstracts of brokers' research reports.

A report's page has title, date and broker; its body comes either with the page (`.abstruct-info`, as in 2021) or, as
since 2024, by a POST of the page's `ncid` to NewContent, which answers with a fragment that holds `.abstruct-info`.
The second at which a report was shared stands in the rows of the curated and hot lists only.

CERTAIN (seen in saved pages and in others' clients): the selectors of the article page, NewContent and its fragments,
the two watermarks in them, the rows of the lists `elitelist`, `microns`, `rightmore` and of the search, the search's
form and `#hidTotal`; tip.html, empty answers and login addresses as the forms of a refusal.
INFERRED: that the mobile pages' 32 digits are the id of /data/ (a client of 2026 uses them so); that 下一页 is no link
on a list's last page; what `.article-time` says beside the day; the precision of the times in `rightmore`; what the
old addresses docdetail_N and repinfodetail_N answer with: a redirect to /data/, the page of today, or that of 2020,
of which only the body's place is known (`div.neir span` or `div.p_main`; title and broker are taken from `<title>`).
LEFT OUT: wap_detail.aspx?id=N, whose number may be of another series; the tables of 2017 and before, whose body's
place nobody noted; announcements, foreign reports and the list by industry (`hangye`).
"""

from __future__ import annotations

import copy
import re
from dataclasses import replace

from lxml.html import HtmlElement, fragment_fromstring
from scrapy import FormRequest, Request

from crawler.crawl.spider import ArticleSpider
from crawler.items import Article, Link, Listing
from crawler.reading.candidates import Candidates
from crawler.reading.errors import Blocked, Incomplete, LayoutChanged, LoginRequired, Skipped
from crawler.reading.page import Page
from crawler.reading.query import all_of, at_most_one, exactly_one, href, required, text, text_at
from crawler.text.clean import one_line
from crawler.text.dates import beijing

SITE = "https://www.hibor.com.cn"
NEW_CONTENT = f"{SITE}/hiborweb/DocDetail/NewContent"
SEARCH = f"{SITE}/newweb/HuiSou/sa"

CATEGORIES = {
    13: "宏观经济", 4: "投资策略", 2: "行业分析", 1: "公司调研", 16: "债券研究", 14: "晨会早刊", 5: "机构资讯",
    21: "新股研究", 22: "并购重组", 9: "港美研究", 18: "金融工程", 19: "投资组合", 20: "融资融券", 8: "期货研究",
    15: "股指期货", 23: "期权研究", 6: "基金频道", 17: "外汇研究",
}  # fmt: skip
PAGE_TITLE_END = re.compile(rf"(?:-(?:{'|'.join(CATEGORIES.values())}))?-慧博投研资讯$")  # <title> only, not <h1>
ENTRANCES = {
    "elite": "/elitelist.html",
    "elite_1": "/elitelist_1_1.html",  # companies
    "elite_2": "/elitelist_1_2.html",  # industries
    **{f"microns_{number}": f"/microns_{number}.html" for number in CATEGORIES},
    **{f"rightmore_{number}": f"/rightmore_{number}_1.html" for number in (0, 1, 6, 4)},  # hot: day, week, month, buys
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

# In every form of list an entry is one link and, behind it, a node with its time (and some nodes without one).
ENTRIES = (
    "tr.trContent td:nth-child(2) > a, tr.trContent td:last-child, "
    "#tableList .tab_lta > a, #tableList .td_spantxt > span:first-child, "
    "table.rightmore-result td:nth-child(2) a, table.rightmore-result td:last-child, "
    ".result-dataitem > a, .result-dataitem .result-data1 > span:first-child"
)
BODIES = {"inline": ".abstruct-info", "2020": "div.neir span, div.p_main"}  # by reader, where they lie in the page
SHORTEST_LIST = 3000  # bytes; a shorter page without entries is a refusal
SEARCH_PAGE_SIZE = 10


class HiborSpider(ArticleSpider):
    name = "hibor"
    hosts = ("www.hibor.com.cn",)
    channels = tuple(ENTRANCES)
    default_channels = ("elite",)
    title_suffixes = ("-慧博投研资讯",)
    schedule = "41 18,22 * * sun-fri"  # notes come out in the evening before a trading day

    def edit(self, article: Article) -> Article:
        if article.body is None or self.settings.getbool("HIBOR_KEEP_WATERMARKS", True):
            return article
        return replace(article, body=without_watermarks(article.body))

    @classmethod
    def article_link(cls, url: str) -> Link | None:
        if not (found := ARTICLE.fullmatch(url)):
            return None
        if found["old"]:  # a number that nobody can turn into the 32 digits
            name, number = found["old"].lower(), found["number"]
            return Link(id=f"{name}-{number}", url=f"{SITE}/{name}_{number}.html")
        identifier = found["id"].lower()
        return Link(id=identifier, url=f"{SITE}/data/{identifier}.html")

    @classmethod
    def open_channel(cls, channel: str) -> Request:
        return Request(SITE + ENTRANCES[channel])

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
            raise Blocked("sent to tip.html: the site refuses this client for now")
        if "login" in page.url.lower():
            raise LoginRequired(f"sent to {page.url}")
        if page.url == NEW_CONTENT and page.status in (404, 410):  # of the body's address, not of the article
            raise LayoutChanged(f"NewContent, which gives the body, answers HTTP {page.status}", field="body")

    @classmethod
    def read_listing(cls, page: Page) -> Listing:
        links: dict[str, Link] = {}
        link, passed = None, 0
        for node in all_of(page, ENTRIES):
            if node.tag == "a":
                link = cls.article_link(href(node, page))
                if link:
                    links.setdefault(link.id, replace(link, title=node.get("title") or text(node)))
                else:
                    passed += 1
            elif link and not links[link.id].date:
                links[link.id] = replace(links[link.id], date=beijing(text(node)))
        behind = next_results(page, passed + len(links)) if page.url == SEARCH else next_page(page)
        if passed and not links:
            raise LayoutChanged(f"none of the list's {passed} entries leads to a report")
        if not links and page.url != SEARCH and len(page.body) < SHORTEST_LIST:
            raise Blocked(f"a list of {len(page.body)} bytes without an entry: the site refuses this client for now")
        return Listing(tuple(links.values()), behind if links else (), passed)

    @classmethod
    def _answered(cls, page: Page) -> Link:
        """Return the link of the report that the page shows. Raises `LayoutChanged` for another than the requested."""
        link, answered = required(page.link, "link"), cls.article_link(page.url)
        if answered is None or (answered.id != link.id and "-" not in link.id):  # old URLs may redirect to /data/
            raise LayoutChanged(f"asked for {link.url}, but {page.url} answered")
        return answered

    @classmethod
    def second_request(cls, page: Page) -> Request | None:
        cls._answered(page)
        _, body = body_in(page)
        return content_request(page, required(page.link, "link")) if body is None else None

    @classmethod
    def read_article(cls, page: Page) -> Article:
        answered, link = cls._answered(page), required(page.link, "link")
        reader, body = body_in(page)
        if body is None:
            body = content_of(page, required(page.second_page, "second_page"))

        candidates = Candidates(page)
        full = candidates.title({"h1": text_at(page, ".left-detail > h1"), "list": link.title})
        broker, title, day = split_title(full, text_at(page, ".info-left > span:nth-child(2) a"))
        dates = {
            "list": link.date,  # has the second at which the report was shared
            ".article-time": text_at(page, ".article-time"),
            "title": f"20{day}" if day else "",
        }
        authors = all_of(page, ".doc-info-list .author a")
        pages = re.match(r"\d+", text_at(page, ".doc-info-list i"))
        return Article(
            source=cls.name,
            id=answered.id,
            url=answered.url,
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
    """Page *number* of the site's search: full text, newest first, of the last 24 months (it goes back no further)."""
    form = {"gjc": keyword, "sslb": "1", "sjfw": "24", "ys": str(number), "cxzd": "qw", "px": "sj"}
    unused = dict.fromkeys(("bgfl", "bgys", "gs", "sdgs", "sdhy", "sdhgcl", "mhss", "hy", "gp"), "")
    headers = {"X-Requested-With": "XMLHttpRequest", "Referer": f"{SITE}/newweb/HuiSou/s"}
    return FormRequest(SEARCH, formdata=form | unused, headers=headers)


def next_results(page: Page, entries: int) -> tuple[Request, ...]:
    said = exactly_one(page, "#hidTotal").get("value") or "0"
    if not re.fullmatch("[0-9]{1,9}", said):
        raise LayoutChanged(f"the search says that it found {said!r}", selector="#hidTotal")
    number, total = int(page.form.get("ys") or 1), int(said)
    if not entries and (number - 1) * SEARCH_PAGE_SIZE < total:
        raise LayoutChanged(f"the search says that it found {total}, and page {number} shows none of them")
    return (search_request(page.form["gjc"], number + 1),) if number * SEARCH_PAGE_SIZE < total else ()


def next_page(page: Page) -> tuple[Request, ...]:
    """Counted up in the list's address, unless the page has a 下一页 that is no link."""
    address = LIST.fullmatch(page.url)
    is_last = all_of(page, "body:contains('下一页')") and not all_of(page, "a:contains('下一页')")
    if address is None or is_last:
        return ()
    number = max(int(address["page"] or 1), 1) + 1  # page 1 has the names _0 and _1, and none at all
    tab = address["tab"] or ("_0" if address["list"] == "elitelist" else "")
    return (Request(f"{SITE}/{address['list']}_{number}{tab}.html"),)


def body_in(page: Page) -> tuple[str, HtmlElement | None]:
    """Return the page's generation and its body; "content" and None if the body is in a second response."""
    found = ((reader, at_most_one(page, css)) for reader, css in BODIES.items())
    return next((pair for pair in found if text(pair[1])), ("content", None))


def content_request(page: Page, link: Link) -> FormRequest:
    """The request for the body of a page that came without it."""
    ncid = re.search(r"""\bncid\s*=\s*['"]([\w-]+)['"]""", page.text)
    if ncid is None:
        refuse_login_layer(page)
        raise LayoutChanged(
            "body is missing: .abstruct-info is empty, and there is no ncid to ask for it", field="body"
        )
    headers = {"X-Requested-With": "XMLHttpRequest", "Referer": link.url}
    return FormRequest(NEW_CONTENT, formdata={"ncid": ncid[1]}, headers=headers)


def content_of(page: Page, answer: Page) -> HtmlElement:
    """The body in the answer of NewContent."""
    body = exactly_one(answer, ".abstruct-info")
    if "</div" not in answer.text.partition("abstruct-info")[2].lower():
        raise Incomplete("NewContent's answer breaks off: its .abstruct-info is not closed")
    if not text(body):
        refuse_login_layer(page)
        raise Skipped("no text: NewContent's .abstruct-info is empty, the report consists of pictures")
    return body


def refuse_login_layer(page: Page) -> None:
    # Only of pages without a body: a visitor may meet the mark on others too.
    if re.search(r"displayLoginLayer\s*=\s*true", page.text):
        raise LoginRequired("displayLoginLayer: the body is there after a login only")


def split_title(full: str, broker: str = "") -> tuple[str, str, str]:
    """Of "broker-title-YYMMDD" the broker, the title, the day; what is not there is "" (the title always is).

    *broker* is what the page itself names: any other word before a dash is then the title's ("AI-芯片周报").
    """
    head = PAGE_TITLE_END.sub("", full)
    dated = re.fullmatch(r"(.+)-(\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))", head)
    head, day = (dated[1], dated[2]) if dated else (head, "")
    first, _, title = map(str.strip, head.partition("-"))
    return (first, title, day) if title and broker in ("", first) else (broker, head, day)


def with_broker(body: HtmlElement, broker: str) -> HtmlElement:
    """A copy of *body* without the site's links to other reports, and with the broker as its last paragraph."""
    body = copy.deepcopy(body)
    for node in all_of(body, ".related_stories_left_block"):
        node.drop_tree()
    if broker:
        paragraph = fragment_fromstring("<p></p>")
        paragraph.text = f"来源: {one_line(broker)}"
        body.append(paragraph)
    return body


def without_watermarks(body: HtmlElement) -> HtmlElement:
    """A copy of *body* without what no visitor sees: links in `display:none`, digits of size 0 within sentences."""
    body = copy.deepcopy(body)
    for node in all_of(body, "* [style]"):  # below the body, not the body itself
        style = re.sub(r"\s", "", node.get("style", "")).lower()
        if re.search(r"(?:^|;)(?:display:none|font-size:0(?:px|pt|em|rem|%)?)(?:!important)?(?:;|$)", style):
            node.drop_tree()
    return body
