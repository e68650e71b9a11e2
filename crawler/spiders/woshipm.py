"""人人都是产品经理 (www.woshipm.com): essays on products, operations and AI; WordPress with Vue on top, UTF-8.

CERTAIN (seen by several crawlers): articles are server-rendered at /<slug>/<id>.html, /?p=<id> redirects there, and
the id alone identifies the article; lists contain one Vue <template> for each tab: one is the list, the others are
adverts; feeds are WordPress RSS; the popular API is JSON with a `type` (slug) that may be empty; the response of the
search is an HTML fragment. Requests need no cookie, no Referer and no signature.
INFERRED: the page of a deleted article; a page with neither content nor the site's title is a challenge; paging of tag
and author pages; lists end with a 404; /active/ (events, questions) and /promo/ contain no articles; the tag of the
head that has the time to the second.

Two generations: `content` (from about 2021: .article--content, the time to the second in the head) and `grap` (before:
.article-header and .grap, only the day, and copyright lines as plain paragraphs at the end of the body).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from lxml.html import HtmlElement
from scrapy import FormRequest, Request

from crawler.crawl.spider import SiteSpider
from crawler.items import Link
from crawler.reading.adverts import drop_lines
from crawler.reading.bodies import Body
from crawler.reading.candidates import Candidates
from crawler.reading.errors import Gone, Incomplete, LayoutChanged, Skipped
from crawler.reading.numbered import number_of
from crawler.reading.page import Page
from crawler.reading.pictures import picture_address
from crawler.reading.query import all_of, first_or_none, href, required, text, text_at
from crawler.reading.rows import AnyRows, FeedRows, JsonRows, Rows
from crawler.reading.xml import is_feed
from crawler.text.dates import beijing

SEARCH = "https://api.woshipm.com/search/result.html"
SEARCH_PAGE_SIZE = 10  # INFERRED: about 10
POPULAR = "/api2/app/article/popular/"
CATEGORIES = (
    "pmd", "pd", "ucd", "operate", "rp", "evaluating", "it", "zhichang", "chuangye", "ai", "marketing",
    "data-analysis", "user-research", "blockchain", "share", "discuss",
)  # fmt: skip
SKIPPED_SLUGS = ("active", "promo")  # events and questions, adverts
SITE = r"https?://(?:www\.|m\.)?woshipm\.com"
# Tab of the newest articles: 'all' on the home page, 'latest' in a category. Whether tag pages have tabs is unknown.
TABS = """template[v-if*="'all'"] .postlist-item, template[v-if*="'latest'"] .postlist-item"""
TEMPLATE_PARTS = ".article--copyright, .js-star, .yyp--fancyPost, .support-author, .article--actions, .taglist"
ADVERT = 'a[href*="ke.qidianla.com"]'
COUNT = re.compile(r"(?<![0-9])([0-9]++(?:\.[0-9]++)?)\s*+([万w]?)\s*+(浏览|评论|收藏|分钟)")
COUNTS = {"浏览": "views", "评论": "comments", "收藏": "collects", "分钟": "minutes"}
ICONS = {".fa-eye": "views", ".fa-star": "collects", ".fa-thumbs-up": "likes"}


class WoshipmSpider(SiteSpider):
    name = "woshipm"
    site = "https://www.woshipm.com"
    hosts = ("www.woshipm.com", "api.woshipm.com")
    picture_hosts = ("image.woshipm.com", "image.yunyingpai.com")
    channels = {
        "latest": "/", "feed": "/feed", "popular": f"{POPULAR}daily", "popular-weekly": f"{POPULAR}weekly",
        "popular-monthly": f"{POPULAR}monthly", **{slug: f"/category/{slug}" for slug in CATEGORIES},
    }  # fmt: skip
    default_channels = ("latest",)
    title_suffixes = (" – 人人都是产品经理", " | 人人都是产品经理")
    schedule = "37 10,16,21 * * *"
    article_urls = (
        re.compile(rf"{SITE}(?P<path>/(?!private/)[\w-]+/(?P<id>[0-9]+)\.html)/?(?:[?&#].*)?"),
        re.compile(rf"\A{SITE}(?P<path>/?\?(?:[^#]*&)?p=(?P<id>[0-9]+))/?(?:[?&#].*)?"),
    )
    listing_urls = re.compile(
        rf"{SITE}(?P<path>(?:(?:/category/[\w-]+|/(?:{'|'.join(CATEGORIES)})|/tag/[^/?#]+|/u/\w+)?(?:/page/[0-9]+)?/?"
        rf"|(?:/category/[\w-]+)?/feed/?(?:\?paged=[0-9]+)?|{POPULAR}(?:daily|weekly|monthly)))(?:[?&#].*)?"
    )
    rows = Rows(".postlist-item", link="h2 a[href]", date="time", number="/page/{}")
    author_rows = replace(rows, entries=".post--card")
    tab_rows = replace(rows, entries=TABS)
    feed_rows = FeedRows(number="paged")
    popular_rows = JsonRows(
        "RESULT",
        link="controlTypeCode == `2001` && (data.type && join('', ['/', data.type, '/', to_string(data.id), '.html'])"
        " || join('', ['/?p=', to_string(data.id)]))",
        title="data.articleTitle",
        date="data.publishTime",
    )
    search_rows = Rows(".course--item[id]", link="a.title", number="page")
    bodies = {
        "content": Body(".article--content", drop=TEMPLATE_PARTS),
        "grap": Body(
            ".grap", drop=TEMPLATE_PARTS, closing=re.compile(r"\A(?:本文.*人人都是产品经理|题图|该文观点仅代表作者)")
        ),
    }

    @classmethod
    def article_link(cls, url: str) -> Link | None:
        link = super().article_link(url)
        return replace(link, url=f"{cls.site}/?p={link.id}") if link and _slug(link) == "" else link

    @classmethod
    def open_search(cls, keyword: str) -> Request:
        # tab 0: articles without questions; sortType 1: newest first
        form = {"key": keyword, "tab": "0", "page": "1", "idSearch": "", "sortType": "1"}
        return FormRequest(SEARCH, formdata=form)

    @classmethod
    def refuse(cls, page: Page) -> None:
        # The response of the search is an HTML fragment. A feed after a warning of PHP has the content type of HTML.
        if not page.is_html or page.url == SEARCH or is_feed(page.text):
            return
        if all_of(page, ".error-404"):
            raise Gone("the page does not exist (.error-404)")
        cls.require_site_title(page)

    @classmethod
    def has_content(cls, page: Page) -> bool:
        return bool(all_of(page, ".article--wrapper, .article--content, .grap, .postlist-item, .post--card"))

    @classmethod
    def rows_at(cls, page: Page) -> AnyRows:
        if page.url.startswith(SEARCH):
            return cls.search_rows
        if page.path.startswith(POPULAR):
            return cls.popular_rows
        if page.path.rstrip("/").endswith("/feed"):
            return cls.feed_rows
        if page.path.startswith("/u/"):
            return cls.author_rows
        return cls.tab_rows if all_of(page, "template .postlist-item") else cls.rows

    @classmethod
    def rows_of(cls, page: Page) -> Sequence[Any]:
        if not page.url.startswith(SEARCH):
            return super().rows_of(page)
        rows, number = all_of(page, cls.search_rows.entries), number_of(page, "page")
        total = re.search("[0-9]+", text(page.tree))  # the first number is the number of results
        if not rows and number == 1 and not (total and int(total[0]) == 0):
            raise LayoutChanged("the search has no .course--item, and its number of results is not 0")
        missing = int(total[0]) - (number - 1) * SEARCH_PAGE_SIZE - len(rows) if total else 0
        if rows and len(rows) < SEARCH_PAGE_SIZE and missing > 0:  # a fragment has no end tag that closes all rows
            raise Incomplete(f"the search is truncated: page {number} has {len(rows)} of {total and total[0]} results")
        return rows

    @classmethod
    def row_link(cls, page: Page, row: Any) -> Link | None:
        link = super().row_link(page, row)
        if link and _slug(link) in SKIPPED_SLUGS:
            raise Skipped(f"an event, a question or an advert: /{_slug(link)}/")
        if page.url != SEARCH:
            return link
        link = link or cls.article_link(f"{cls.site}/?p={row.get('id')}")
        day = text_at(row, ".pull-left").rpartition("·")[2]  # "author · day"
        return link and replace(link, title=text_at(row, "a.title"), date=beijing(day, page.fetched_at))

    @classmethod
    def identities(cls, page: Page) -> Iterator[Link | None]:
        link, found = required(page.link, "link"), cls.article_link(page.url)
        if found and _slug(found) in SKIPPED_SLUGS:
            raise Skipped(f"an event, a question or an advert: /{_slug(found)}/ contains no articles")
        if not found:
            raise LayoutChanged(f"requested article {link.id}, received {page.url}")
        yield from super().identities(page)

    @classmethod
    def values(cls, page: Page, page_form: str) -> dict[str, Any]:
        link, found = required(page.link, "link"), required(cls.article_link(page.url), "link")
        candidates, body = Candidates(page), cls.bodies[page_form].find(page, None)
        assert body is not None
        author = first_or_none(page, ".stream-list-meta .ui-captionStrong, .article-header .u-overflowHidden a")
        canonical = cls.article_link(href(first_or_none(page, "link[rel=canonical]"), page))
        return {
            "url": (link if _slug(link) else found).url,  # /?p=ID redirects to the URL with the slug
            "title": {css: text_at(page, css) for css in (".article--title", ".article-header h2")},
            "date": {
                "article:published_time": candidates.metas.get("article:published_time"),
                "json-ld": candidates.json_ld.get("datePublished"),
                "listing": link.date,
                "time": text_at(page, ".meta--sup time, .article-header time"),
            },
            "thumbnail": {
                "og:image": candidates.metas.get("og:image"),
                "first picture": next(map(picture_address, all_of(body, "img")), ""),
            },
            "author": {"byline": text(author)},
            "author_url": href(author, page),
            "category": _slug(canonical or found),
            "keywords": tuple(map(text, all_of(page, ".taglist a"))),
            "brief": _brief(body),
            "counts": _counts(page),
        }

    @classmethod
    def clean(cls, page: Page, body: HtmlElement) -> HtmlElement:
        drop_lines(body, ADVERT)
        return body


def _slug(link: Link) -> str:
    """Return the first segment of the URL path; "" for /?p=ID."""
    return urlsplit(link.url).path.strip("/").partition("/")[0]


def _brief(body: HtmlElement) -> str:
    """Return the first paragraph of a blockquote at the start of the body; any other blockquote is a quotation."""
    quote = body[0] if len(body) and body[0].tag == "blockquote" else None
    return text(next(iter(all_of(quote, "p")), quote)) if quote is not None else ""


def _counts(page: Page) -> dict[str, int]:
    """Return views, comments and other counts of the article, in units (万 and w are 10,000)."""
    line = " ".join(map(text, all_of(page, ".meta--sup__right")))
    counts = {
        COUNTS[word]: round(float(number) * (10_000 if unit else 1)) for number, unit, word in COUNT.findall(line)
    }
    for icon, name in ICONS.items():
        for node in all_of(page, f".article-header {icon}"):
            if number := re.match(r"\A\s*+([0-9]++)", node.tail or ""):
                counts[name] = int(number[1])
    return counts
