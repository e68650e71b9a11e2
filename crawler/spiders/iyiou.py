"""iyiou 亿欧, www.iyiou.com: news, analyses and robot digests (/data/) of China's tech industry, briefings (快讯).

The site is a Vue application with server-side rendering: a page contains the article in its HTML and in the script
variable `window.__INITIAL_STATE__`, some pages only in the latter. It needs no login and no cookie, and has no search.
A firewall responds with a slider page (安全验证, HTTP 200) or with 您的访问被阻断 (HTTP 405).

Generations of article pages, by the element or variable that contains the body:

    page     2021 to 2026: `article.post-body`
    state    2026: `articleModule.postInfo.postContent` in the state, nothing in the HTML
    legacy   to 2020: /p/<n>.html and /intelligence/insight<n>.html, `#post_description`

CERTAIN: URLs /<section>/<YYYYMMDD><number>, with the day of publication as their digits in all of 101 cases; the bodies
of current pages; `<title>…_亿欧</title>`; the `keywords` meta of current pages is the same on all of them; the rows of
/news and /briefing; the text of the block pages; the selectors of the legacy pages.

INFERRED: every other key of the state; `h1.post-title`, `.post-date`, `.post-author`, `.info-time`, `a.more`;
/news?page=N; legacy pages and lists are still served. `createdAt` is used as the time of publication if it is on the
day in the id: the number in an id is assigned when a text is created, and `createdAt` may be that time.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from lxml.html import HtmlElement
from scrapy import Request

from crawler.crawl.spider import ArticleSpider
from crawler.items import Article, Link, Listing
from crawler.reading.candidates import Candidates
from crawler.reading.errors import Blocked, LayoutChanged, Skipped
from crawler.reading.html import drop_nodes, parse_fragment
from crawler.reading.page import Page
from crawler.reading.query import all_of, at_most_one, href, json_after, missing_field, text, text_at
from crawler.text.dates import beijing, day_of_id

HOME = "https://www.iyiou.com"
STATE = "window.__INITIAL_STATE__"
BLOCK_MARKS = ("安全验证", "访问被阻断")

# /news today, /news in 2022, /briefing; lists of 2021, lists to 2020
ROWS = ".info-item, .info-wrap li, .brief-item li, .eo-article-column .eo-hover-child, ul.newestArticleList > li"
ROW_TITLES = "a.webTitleShow[href], .text.fl a[href]"  # the link of a picture may precede them
ROW_TIME = ".info-time, .eo-post-date, .time"
HIDDEN = "ancestor-or-self::*[@hidden or self::template or contains(translate(@style, ' ', ''), 'display:none')]"
CONTENT = f"article.post-body, #post_description, {ROWS}"

ARTICLE = re.compile(
    r"https?://(?:www\.|m\.)?iyiou\.com(?P<path>/(?!(?:private|promo|video|live|activity)/)[a-z]+/(?P<id>20[0-9]{13}))"
    r"(?:\.html)?/?(?:[?#].*)?"
)
LEGACY = re.compile(
    r"https?://(?:www\.|m\.|(?P<med>med\.))?iyiou\.com"
    r"(?P<path>/(?:p/|intelligence/(?=insight))(?P<id>(?:insight)?[0-9]+))(?:\.html)?/?(?:[?#].*)?"
)
LISTING = re.compile(
    r"https?://www\.iyiou\.com(?P<path>/(?:news|briefing|analysis|data|interview|"
    r"c/\w+(?:/page/[0-9]+\.html)?|(?!p/)\w+/[0-9]{1,4}\.html))/?(?:[?#].*)?"
)
# A string without an end reaches to the end of the page: it is not searched again from each quote in it.
STRING_OR_UNDEFINED = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|\bundefined\b', re.DOTALL)


class IyiouSpider(ArticleSpider):
    name = "iyiou"
    hosts = ("www.iyiou.com", "med.iyiou.com")
    channels = ("news", "briefing")
    default_channels = ("news",)
    title_suffixes = ("_亿欧",)
    # The state follows the application, and the script of the application is the last element.
    page_ends: ClassVar[Mapping[str, str]] = {r"\bdata-server-rendered\b": r"</script>\s*\Z|</html\s*>"}
    schedule = "23 9,13,18,22 * * *"

    @classmethod
    def article_link(cls, url: str) -> Link | None:
        if found := ARTICLE.fullmatch(url):
            return Link(found["id"], HOME + found["path"], date=day_of_id(found["id"]))
        if found := LEGACY.fullmatch(url):
            return Link(found["id"], f"https://{found['med'] or 'www.'}iyiou.com{found['path']}.html")
        return None

    @classmethod
    def open_channel(cls, channel: str) -> Request:
        return Request(f"{HOME}/{channel}")

    @classmethod
    def open_listing(cls, url: str) -> Request | None:
        found = LISTING.fullmatch(url)
        return _listing(found["path"], _number(url)) if found else None

    @classmethod
    def refuse(cls, page: Page) -> None:
        if all_of(page, CONTENT) or '"postContent"' in page.text:
            return  # an article may contain the words 安全验证: they mark a block only on pages without content
        if mark := next((mark for mark in BLOCK_MARKS if mark in page.text), ""):
            raise Blocked(f"block page of the firewall: {mark} (HTTP {page.status})")
        if page.status == 200 and STATE not in page.text and not text_at(page, "title").endswith(cls.title_suffixes):
            raise Blocked("block page of the firewall: no content, no state, and no title of the site")

    @classmethod
    def read_listing(cls, page: Page) -> Listing:
        links: dict[str, Link] = {}
        skipped = 0
        for row in all_of(page, ROWS):
            if link := None if row.xpath(HIDDEN) else cls._row_link(page, row):
                links.setdefault(link.id, link)
            else:
                skipped += 1
        if skipped and not links:
            raise LayoutChanged(f"none of the {skipped} entries of the list links to an article")
        return Listing(tuple(links.values()), _next_pages(page) if links else (), skipped)

    @classmethod
    def _row_link(cls, page: Page, row: HtmlElement) -> Link | None:
        for node in all_of(row, ROW_TITLES) or all_of(row, "a[href]"):
            if link := cls.article_link(href(node, page)):
                title = text_at(row, ".title") or text(node)
                return replace(link, title=title, date=beijing(text_at(row, ROW_TIME), page.fetched_at) or link.date)
        return None

    @classmethod
    def read_article(cls, page: Page) -> Article:
        link = page.link
        assert link is not None  # article pages always have one
        post = _post(page)
        # The URL reveals a redirect, the state a page that the server confused with another.
        for other in (cls.article_link(page.url), cls.article_link(f"{HOME}/news/{post.get('idStr')}")):
            if other and other.id != link.id:
                raise LayoutChanged(f"requested article {link.id}, received {other.id}")
        reader, body = _body(page, post)
        if not text(body):
            raise Skipped("no text: the body contains only pictures")
        candidates = Candidates(page)
        titles = {"h1": text_at(page, "h1.post-title, #post_title"), "state": post.get("postTitle"), "list": link.title}
        pub_date = re.search(r'"pubDate"\s*:\s*"([^"]*)"', page.text)  # Baidu's JSON-LD of the legacy pages
        dates = {
            "list": link.date,  # the day in the id; only a time on the same day may replace it
            "publishedAt": post.get("publishedAt"),
            "createdAt": post.get("createdAt"),
            "pubDate": pub_date and pub_date[1],
            "shown": text_at(page, ".post-date, #post_date"),
        }
        author, shown_author = post.get("author"), text_at(page, ".post-author, #post_author a")
        shown_brief = text_at(page, "#post_brief").removeprefix(text_at(page, "#post_brief b"))  # [ 亿欧导读 ]
        tags = post.get("tags")
        keywords = [str(_get(tag, "tagName") or "") for tag in tags] if isinstance(tags, list) else []
        if reader == "legacy":  # on later pages, the meta describes the site
            keywords = candidates.metas.get("keywords", "").split()
        return Article(
            source=cls.name,
            id=link.id,
            url=link.url,
            title=candidates.title(titles),
            date=candidates.date(dates),
            body=body,
            author=candidates.author({"state": _get(author, "name") or author, "shown": shown_author}),
            category=link.url.split("/")[3],
            keywords=tuple(keywords),
            brief=str(post.get("brief") or shown_brief or candidates.metas.get("description", "")),
            counts={"views": views} if isinstance(views := post.get("viewCount"), int) else {},
            reader=reader,
            chosen=candidates.chosen,
        )


def _body(page: Page, post: dict[str, Any]) -> tuple[str, HtmlElement]:
    """Return the name of the page's generation, and its body."""
    content = post.get("postContent")
    bodies = {
        "page": at_most_one(page, "article.post-body"),
        "state": parse_fragment(content) if isinstance(content, str) else None,
        "legacy": _legacy_body(page),
    }
    for reader, body in bodies.items():
        if body is not None and (text(body) or all_of(body, "img")):
            return reader, body
    raise missing_field(page, "body", "article.post-body", "#post_description", besides="postInfo.postContent")


def _legacy_body(page: Page) -> HtmlElement | None:
    body = copy.deepcopy(at_most_one(page, "#post_description"))
    if body is not None:
        nodes = all_of(body, "#machineContainer, .copyrightState, p")
        drop_nodes([node for node in nodes if node.tag != "p" or text(node).startswith("本文来源")])
    return body


def _post(page: Page) -> dict[str, Any]:
    """Return the article's data in the state of the page, or {}."""
    post = _state(page, "articleModule", "postInfo")
    return post if isinstance(post, dict) else {}


def _state(page: Page, *keys: str) -> Any:
    """Return the value at the path *keys* in the state of the page, or None."""
    states = json_after(page.text, STATE)
    if len(states) < page.text.count(STATE):  # `undefined` is not valid JSON: replace it, except within strings
        _, marker, script = page.text.partition(STATE)
        script = STRING_OR_UNDEFINED.sub(lambda match: match[0] if match[0][0] == '"' else "null", script)
        states = json_after(marker + script, STATE)
    found = (_get(state, *keys) for state in states)
    return next((value for value in found if value is not None), None)


def _get(value: Any, *keys: str) -> Any:
    """Return the value at the path *keys* of nested dicts, or None."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _listing(path: str, number: int) -> Request:
    return Request(f"{HOME}{path}?page={number}" if number > 1 else f"{HOME}{path}")


def _number(url: str) -> int:
    """Return the number of the listing page at *url*."""
    value = dict(parse_qsl(urlsplit(url).query)).get("page", "")
    return int(value) if re.fullmatch("[0-9]{1,6}", value) else 1


def _next_pages(page: Page) -> tuple[Request, ...]:
    """Return the request for the next listing page; empty if *page* has another number than the requested one.

    After its last page, the site may serve the first one again.
    """
    number = _number(page.url)
    linked = [_number(href(node, page)) for node in all_of(page, 'a.more[href*="page="]')]
    shown = _state(page, "newsModule", "page") or number
    if str(shown) != str(number) or any(other != number + 1 for other in linked):
        return ()
    # Only /news is assumed to have a next page without a link to it.
    return (_listing(page.path, number + 1),) if linked or page.path == "/news" else ()
