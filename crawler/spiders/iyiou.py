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
/news?page=N; that legacy pages still answer. `createdAt` is held for the time of publication where it lies on the id's
day: the number in an id is given when a text is begun, and `createdAt` may be that moment.
"""

from __future__ import annotations

import copy
import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from lxml.html import HtmlElement
from scrapy import Request

from crawler.candidates import Candidates
from crawler.dates import beijing, day_of_id, is_exact
from crawler.items import Article, Link, Listing
from crawler.page import Page, json_after, parse_fragment
from crawler.reading import Blocked, Changed, Skipped, all_of, maybe, text, text_at
from crawler.spider import ArticleSpider

HOME = "https://www.iyiou.com"
STATE = "window.__INITIAL_STATE__"
BLOCK_MARKS = ("安全验证", "访问被阻断")
TIMES = ("publishedAt", "createdAt")  # where the state may hold the time of publication

ROWS = ".info-item, .info-wrap li, .brief-item li"  # /news today, /news in 2022, /briefing
HIDDEN = "ancestor-or-self::*[@hidden or self::template or contains(translate(@style, ' ', ''), 'display:none')]"
CONTENT = f"article.post-body, #post_description, {ROWS}"

ARTICLE_PATH = re.compile(r"(/(?!(?:private|promo|video|live|activity)/)[a-z]+/(20\d{13}))(?:\.html)?/?")
LEGACY_PATH = re.compile(r"(/(?:p/|intelligence/(?=insight))((?:insight)?\d+))(?:\.html)?/?")
LISTING_PATH = re.compile(r"/(?:news|briefing|analysis|data|interview)")
STRING_OR_UNDEFINED = re.compile(r'"(?:[^"\\]|\\.)*+"|\bundefined\b')


class IyiouSpider(ArticleSpider):
    name = "iyiou"
    hosts = ("www.iyiou.com",)
    channels = ("news", "briefing")
    default_channels = ("news",)
    title_suffixes = ("_亿欧",)

    @classmethod
    def article_link(cls, url: str) -> Link | None:
        parts = urlsplit(url)
        if parts.hostname not in ("www.iyiou.com", "m.iyiou.com", "iyiou.com"):
            return None
        if match := ARTICLE_PATH.fullmatch(parts.path):
            return Link(match[2], HOME + match[1], date=day_of_id(match[2]))
        match = LEGACY_PATH.fullmatch(parts.path)
        return Link(match[2], f"{HOME}{match[1]}.html") if match else None

    @classmethod
    def open_channel(cls, channel: str) -> Request:
        return Request(f"{HOME}/{channel}")

    @classmethod
    def open_listing(cls, url: str) -> Request | None:
        parts = urlsplit(url)
        path = parts.path.rstrip("/")
        return _listing(path, _number(url)) if parts.hostname in cls.hosts and LISTING_PATH.fullmatch(path) else None

    @classmethod
    def refuse(cls, page: Page) -> None:
        # News may well speak of 安全验证: the words count only where there is nothing to read.
        for mark in BLOCK_MARKS:
            if mark in page.text and not all_of(page, CONTENT) and not _post(page).get("postContent"):
                raise Blocked(f"the firewall's page {mark} (HTTP {page.status}) instead of the site's")

    @classmethod
    def read_listing(cls, page: Page) -> Listing:
        links: dict[str, Link] = {}
        passed = 0
        for row in all_of(page, ROWS):
            if link := None if row.xpath(HIDDEN) else cls._row_link(page, row):
                links.setdefault(link.id, link)
            else:
                passed += 1
        return Listing(tuple(links.values()), _next(page) if links else (), passed)

    @classmethod
    def _row_link(cls, page: Page, row: HtmlElement) -> Link | None:
        for node in all_of(row, "a.webTitleShow[href]") or all_of(row, "a[href]"):
            if link := cls.article_link(urljoin(page.url, node.get("href"))):
                return replace(link, title=text(node), date=beijing(text_at(row, ".info-time")) or link.date)
        return None

    @classmethod
    def read_article(cls, page: Page) -> Article:
        link = page.link
        assert link is not None  # article pages always have one
        post = _post(page)
        # The address answers for redirects, the state for pages that the server mixed up.
        for other in (cls.article_link(page.url), cls.article_link(f"{HOME}/news/{post.get('idStr')}")):
            if other and other.id != link.id:
                raise Changed(f"article {link.id} was asked for, {other.id} came")
        reader, body = _body(page)
        if not text(body):
            raise Skipped("the body holds pictures and no text")
        candidates = Candidates(page)
        titles = {"h1": text_at(page, "h1.post-title, #post_title"), "state": post.get("postTitle"), "list": link.title}
        times = {key: str(post.get(key)) for key in TIMES}
        dates = {key: time for key, time in times.items() if beijing(time).startswith(day_of_id(link.id))}
        pub_date = re.search(r'"pubDate"\s*:\s*"([^"]*)"', page.text)  # Baidu's JSON-LD of the legacy pages
        dates |= {"pubDate": pub_date[1] if pub_date else "", "list": link.date if is_exact(link.date) else ""}
        dates |= {"shown": text_at(page, ".post-date, #post_date")}
        author, shown_author = post.get("author"), text_at(page, ".post-author, #post_author a")
        tags = post.get("tags")
        keywords = [str(_get(tag, "tagName") or "") for tag in tags] if isinstance(tags, list) else []
        if reader == "legacy":  # on later pages the meta is the site's own
            keywords = candidates.metas.get("keywords", "").split()
        return Article(
            source=cls.name,
            id=link.id,
            url=link.url,
            title=candidates.title(titles),
            date=candidates.date(dates, link.id),
            body=body,
            author=candidates.author({"state": _get(author, "name") or author, "shown": shown_author}),
            category=link.url.split("/")[3],
            keywords=tuple(keywords),
            brief=str(post.get("brief") or candidates.metas.get("description", "")),
            counts={"views": views} if isinstance(views := post.get("viewCount"), int) else {},
            reader=reader,
            chosen=candidates.chosen,
        )


def _body(page: Page) -> tuple[str, HtmlElement]:
    """The body and the name of the reader that found it."""
    for reader, read in (("page", _page_body), ("state", _state_body), ("legacy", _legacy_body)):
        body = read(page)
        if body is not None and (text(body) or all_of(body, "img")):
            return reader, body
    raise Changed("body is missing: no article.post-body, postInfo.postContent or #post_description", field="body")


def _page_body(page: Page) -> HtmlElement | None:
    return maybe(page, "article.post-body")


def _state_body(page: Page) -> HtmlElement | None:
    content = _post(page).get("postContent")
    return parse_fragment(content) if isinstance(content, str) else None


def _legacy_body(page: Page) -> HtmlElement | None:
    body = copy.deepcopy(maybe(page, "#post_description"))
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
    _, marker, script = page.text.partition(STATE)
    # JavaScript's `undefined` is no JSON; inside a string it is a word.
    script = STRING_OR_UNDEFINED.sub(lambda match: match[0] if match[0][0] == '"' else "null", script)
    found = (_get(state, *keys) for state in json_after(marker + script, STATE))
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
    behind = [_number(urljoin(page.url, node.get("href"))) for node in all_of(page, 'a.more[href*="page="]')]
    shown = _state(page, "newsModule", "page") or number
    if str(shown) != str(number) or any(other != number + 1 for other in behind):
        return ()
    # Only /news is taken to go on without a link that says so.
    return (_listing(page.path, number + 1),) if behind or page.path == "/news" else ()
