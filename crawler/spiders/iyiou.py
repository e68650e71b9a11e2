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

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from lxml.html import HtmlElement
from scrapy import Request

from crawler.crawl.spider import SiteSpider
from crawler.items import Link
from crawler.reading.bodies import Body, JsonBody
from crawler.reading.candidates import Candidates
from crawler.reading.html import drop_nodes
from crawler.reading.json_values import value_at
from crawler.reading.numbered import number_in, number_of
from crawler.reading.page import Page
from crawler.reading.query import all_of, href, required, text, text_at
from crawler.reading.rows import Rows

HIDDEN = "ancestor-or-self::*[@hidden or self::template or contains(translate(@style, ' ', ''), 'display:none')]"
LEGACY = re.compile(
    r"https?://(?:www\.|m\.|(?P<med>med\.))?iyiou\.com"
    r"(?P<path>/(?:p/|intelligence/(?=insight))(?P<id>(?:insight)?[0-9]+))(?:\.html)?/?(?:[?#].*)?"
)


class IyiouSpider(SiteSpider):
    name = "iyiou"
    site = "https://www.iyiou.com"
    hosts = ("www.iyiou.com", "med.iyiou.com")
    picture_hosts = ("diting-hetu.iyiou.com",)
    channels = {"news": "/news", "briefing": "/briefing"}
    default_channels = ("news",)
    title_suffixes = ("_亿欧",)
    block_marks = ("安全验证", "访问被阻断")
    # The state follows the application, and the script of the application is the last element.
    page_ends: ClassVar[Mapping[str, str]] = {r"\bdata-server-rendered\b": r"</script>\s*\Z|</html\s*>"}
    schedule = "23 9,13,18,22 * * *"
    article_urls = (
        re.compile(
            r"https?://(?:www\.|m\.)?iyiou\.com(?P<path>/(?!(?:private|promo|video|live|activity)/)[a-z]+/"
            r"(?P<id>(?P<day>20[0-9]{6})[0-9]{7}))(?:\.html)?/?(?:[?#].*)?"
        ),
    )
    listing_urls = re.compile(
        r"https?://www\.iyiou\.com(?P<path>/(?:news|briefing|analysis|data|interview|"
        r"c/\w+(?:/page/[0-9]+\.html)?|(?!p/)\w+/[0-9]{1,4}\.html))/?(?:[?#].*)?"
    )
    rows = Rows(  # /news today, /news in 2022, /briefing; lists of 2021, lists to 2020
        ".info-item, .info-wrap li, .brief-item li, .eo-article-column .eo-hover-child, ul.newestArticleList > li",
        title=".title",
        date=".info-time, .eo-post-date, .time",
        number="page",
    )
    state = "window.__INITIAL_STATE__"
    bodies = {
        "page": Body("article.post-body"),
        "state": JsonBody("articleModule.postInfo.postContent"),
        "legacy": Body("#post_description", drop="#machineContainer, .copyrightState"),
    }

    @classmethod
    def article_link(cls, url: str) -> Link | None:
        if found := LEGACY.fullmatch(url):
            return Link(found["id"], f"https://{found['med'] or 'www.'}iyiou.com{found['path']}.html")
        return super().article_link(url)

    @classmethod
    def refuse(cls, page: Page) -> None:
        super().refuse(page)
        if cls.state not in page.text:
            cls.require_site_title(page)

    @classmethod
    def has_content(cls, page: Page) -> bool:
        return '"postContent"' in page.text or super().has_content(page)

    @classmethod
    def row_link(cls, page: Page, row: HtmlElement) -> Link | None:
        return None if row.xpath(HIDDEN) else super().row_link(page, row)

    @classmethod
    def next_listings(cls, page: Page, rows: Sequence[Any]) -> tuple[Request, ...]:
        """Return nothing if *page* has another number than the requested one: the first page may follow the last one.

        Only /news is assumed to have a next page without a link to it.
        """
        number = number_of(page, "page")
        linked = [number_in(href(node, page), "page") for node in all_of(page, 'a.more[href*="page="]')]
        shown = value_at(cls.json_of(page), "newsModule.page") or number
        if str(shown) != str(number) or any(other != number + 1 for other in linked):
            return ()
        return super().next_listings(page, rows) if linked or page.path == "/news" else ()

    @classmethod
    def json_of(cls, page: Page) -> Any:
        """Return the state of the application. An article may show another one in its text."""
        states = page.script_values(cls.state)
        return next((state for state in states if value_at(state, "articleModule || newsModule")), None)

    @classmethod
    def identities(cls, page: Page) -> Iterator[Link | None]:
        yield from super().identities(page)
        yield cls.article_link(f"{cls.site}/news/{_post(cls.json_of(page)).get('idStr')}")

    @classmethod
    def values(cls, page: Page, page_form: str) -> dict[str, Any]:
        link, post, metas = required(page.link, "link"), _post(cls.json_of(page)), Candidates(page).metas
        pub_date = re.search(r'"pubDate"\s*:\s*"([^"]*)"', page.text)  # Baidu's JSON-LD of the legacy pages
        keywords = value_at(post, "tags[].tagName") or ()
        shown_author = text_at(page, ".post-author, #post_author a")
        shown_brief = text_at(page, "#post_brief").removeprefix(text_at(page, "#post_brief b"))  # [ 亿欧导读 ]
        return {
            "title": {"h1": text_at(page, "h1.post-title, #post_title"), "state": post.get("postTitle")},
            "date": {
                "list": link.date,  # the day in the id; only a time on the same day may replace it
                "publishedAt": post.get("publishedAt"),
                "createdAt": post.get("createdAt"),
                "pubDate": pub_date and pub_date[1],
                "shown": text_at(page, ".post-date, #post_date"),
            },
            "author": {"state": value_at(post, "author.name || author"), "shown": shown_author},
            "category": link.url.split("/")[3],
            # On later pages, the meta describes the site.
            "keywords": metas.get("keywords", "").split() if page_form == "legacy" else tuple(map(str, keywords)),
            "brief": str(post.get("brief") or shown_brief or metas.get("description", "")),
            "counts": {"views": views} if isinstance(views := post.get("viewCount"), int) else {},
        }

    @classmethod
    def clean(cls, page: Page, body: HtmlElement) -> HtmlElement:
        if body.get("id") == "post_description":
            drop_nodes([node for node in all_of(body, "p") if text(node).startswith("本文来源")])
        return body


def _post(state: Any) -> dict[str, Any]:
    """Return the article's data in the *state* of the application, or {}."""
    post = value_at(state, "articleModule.postInfo")
    return post if isinstance(post, dict) else {}
