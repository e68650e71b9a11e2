"""iyiou 亿欧, www.iyiou.com: news, analyses and robot digests (/data/) of China's tech industry, briefings (快讯).

How its pages arrive. A Vue application rendered by the server: the article stands in the HTML and once more in the
script's `window.__INITIAL_STATE__`, on some pages there alone. No login, no cookie, no search. A firewall answers with
a slider page (安全验证, HTTP 200) or with 您的访问被阻断 (HTTP 405).

Generations, by the reader that finds the body:

    page     2021 to 2026: `article.post-body`
    state    2026: `articleModule.postInfo.postContent` in the state, nothing in the HTML
    legacy   to 2020: /p/<n>.html and /intelligence/insight<n>.html, `#post_description`

CERTAIN: addresses /<section>/<YYYYMMDD><number>, whose digits were the day of publication in all of 101 cases; the
bodies of today; `<title>…_亿欧</title>`; that the `keywords` meta of today is the same on all pages; the rows of /news
and /briefing; the words of the block pages; the selectors of the legacy pages.

INFERRED: every other key of the state; `h1.post-title`, `.post-date`, `.post-author`, `.info-time`, `a.more`;
/news?page=N; that legacy pages and lists still answer. `createdAt` is held for the time of publication where it lies on
the id's day: the number in an id is given when a text is begun, and `createdAt` may be that moment.
"""

from __future__ import annotations

import copy
import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from lxml.html import HtmlElement
from scrapy import Request

from crawler.crawl.spider import ArticleSpider
from crawler.items import Article, Link, Listing
from crawler.reading.candidates import Candidates
from crawler.reading.errors import Blocked, LayoutChanged, Skipped
from crawler.reading.html import parse_fragment
from crawler.reading.page import Page
from crawler.reading.query import all_of, at_most_one, href, json_after, missing_field, text, text_at
from crawler.text.dates import beijing, day_of_id

HOME = "https://www.iyiou.com"
STATE = "window.__INITIAL_STATE__"
BLOCK_MARKS = ("安全验证", "访问被阻断")

# /news today, /news in 2022, /briefing; lists of 2021, lists to 2020
ROWS = ".info-item, .info-wrap li, .brief-item li, .eo-article-column .eo-hover-child, ul.newestArticleList > li"
ROW_TITLES = "a.webTitleShow[href], .text.fl a[href]"  # a picture's link may come before them
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
STRING_OR_UNDEFINED = re.compile(r'"(?:[^"\\]|\\.)*+"|\bundefined\b')


class IyiouSpider(ArticleSpider):
    name = "iyiou"
    hosts = ("www.iyiou.com", "med.iyiou.com")
    channels = ("news", "briefing")
    default_channels = ("news",)
    title_suffixes = ("_亿欧",)
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
            return  # news may well speak of 安全验证: the words count only where there is nothing to read
        if mark := next((mark for mark in BLOCK_MARKS if mark in page.text), ""):
            raise Blocked(f"the firewall's page {mark} (HTTP {page.status}) instead of the site's")
        if page.status == 200 and STATE not in page.text and not text_at(page, "title").endswith(cls.title_suffixes):
            raise Blocked("a page with neither content nor state nor the site's own title: a firewall's script")

    @classmethod
    def read_listing(cls, page: Page) -> Listing:
        links: dict[str, Link] = {}
        passed = 0
        for row in all_of(page, ROWS):
            if link := None if row.xpath(HIDDEN) else cls._row_link(page, row):
                links.setdefault(link.id, link)
            else:
                passed += 1
        if passed and not links:
            raise LayoutChanged(f"none of the list's {passed} entries leads to an article")
        return Listing(tuple(links.values()), _next(page) if links else (), passed)

    @classmethod
    def _row_link(cls, page: Page, row: HtmlElement) -> Link | None:
        for node in all_of(row, ROW_TITLES) or all_of(row, "a[href]"):
            if link := cls.article_link(href(node, page)):
                title = text_at(row, ".title") or text(node)
                return replace(link, title=title, date=beijing(text_at(row, ROW_TIME)) or link.date)
        return None

    @classmethod
    def read_article(cls, page: Page) -> Article:
        link = page.link
        assert link is not None  # article pages always have one
        post = _post(page)
        # The address answers for redirects, the state for pages that the server mixed up.
        for other in (cls.article_link(page.url), cls.article_link(f"{HOME}/news/{post.get('idStr')}")):
            if other and other.id != link.id:
                raise LayoutChanged(f"article {link.id} was asked for, {other.id} came")
        reader, body = _body(page, post)
        if not text(body):
            raise Skipped("the body holds pictures and no text")
        candidates = Candidates(page)
        titles = {"h1": text_at(page, "h1.post-title, #post_title"), "state": post.get("postTitle"), "list": link.title}
        pub_date = re.search(r'"pubDate"\s*:\s*"([^"]*)"', page.text)  # Baidu's JSON-LD of the legacy pages
        dates = {
            "list": link.date,  # its day is the id's, and only a time on that day may complete it
            "publishedAt": post.get("publishedAt"),
            "createdAt": post.get("createdAt"),
            "pubDate": pub_date and pub_date[1],
            "shown": text_at(page, ".post-date, #post_date"),
        }
        author, shown_author = post.get("author"), text_at(page, ".post-author, #post_author a")
        shown_brief = text_at(page, "#post_brief").removeprefix(text_at(page, "#post_brief b"))  # [ 亿欧导读 ]
        tags = post.get("tags")
        keywords = [str(_get(tag, "tagName") or "") for tag in tags] if isinstance(tags, list) else []
        if reader == "legacy":  # on later pages the meta is the site's own
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
    """The body and the name of the reader that found it."""
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
    for node in all_of(body, "#machineContainer, .copyrightState, p") if body is not None else ():
        if node.tag != "p" or text(node).startswith("本文来源"):
            node.drop_tree()
    return body


def _post(page: Page) -> dict[str, Any]:
    """What the state says about the article; {} when it says nothing."""
    post = _state(page, "articleModule", "postInfo")
    return post if isinstance(post, dict) else {}


def _state(page: Page, *keys: str) -> Any:
    """What lies under *keys* in the page's state; None when there is no such thing."""
    states = json_after(page.text, STATE)
    if len(states) < page.text.count(STATE):  # JavaScript's `undefined` is no JSON; inside a string it is a word
        _, marker, script = page.text.partition(STATE)
        script = STRING_OR_UNDEFINED.sub(lambda match: match[0] if match[0][0] == '"' else "null", script)
        states = json_after(marker + script, STATE)
    found = (_get(state, *keys) for state in states)
    return next((value for value in found if value is not None), None)


def _get(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _listing(path: str, number: int) -> Request:
    return Request(f"{HOME}{path}?page={number}" if number > 1 else f"{HOME}{path}")


def _number(url: str) -> int:
    """The number of the listing page at *url*."""
    value = dict(parse_qsl(urlsplit(url).query)).get("page", "")
    return int(value) if re.fullmatch("[0-9]{1,6}", value) else 1


def _next(page: Page) -> tuple[Request, ...]:
    """The listing page behind this one, unless this one shows that it is another than was asked for: behind its last
    page the site may give the first one again."""
    number = _number(page.url)
    behind = [_number(href(node, page)) for node in all_of(page, 'a.more[href*="page="]')]
    shown = _state(page, "newsModule", "page") or number
    if str(shown) != str(number) or any(other != number + 1 for other in behind):
        return ()
    # Only /news is taken to go on without a link that says so.
    return (_listing(page.path, number + 1),) if behind or page.path == "/news" else ()
