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

import copy
import re
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

from lxml.html import HtmlElement
from scrapy import FormRequest, Request

from crawler.crawl.spider import ArticleSpider
from crawler.items import Article, Link, Listing
from crawler.reading.candidates import Candidates
from crawler.reading.errors import Blocked, Gone, Incomplete, LayoutChanged, Skipped
from crawler.reading.html import drop_nodes
from crawler.reading.page import Page
from crawler.reading.pictures import picture_address
from crawler.reading.query import all_of, at_most_one, href, missing_field, required, text, text_at
from crawler.reading.xml import is_feed
from crawler.reading.xml_listing import LARGE_DOWNLOAD, read_entries
from crawler.text.dates import beijing

HOME = "https://www.woshipm.com"
SEARCH = "https://api.woshipm.com/search/result.html"
SEARCH_PAGE_SIZE = 10  # INFERRED: about 10
POPULAR = "/api2/app/article/popular/"

CATEGORIES = (
    "pmd", "pd", "ucd", "operate", "rp", "evaluating", "it", "zhichang", "chuangye", "ai", "marketing",
    "data-analysis", "user-research", "blockchain", "share", "discuss",
)  # fmt: skip
CHANNELS = {
    "latest": "/",
    "feed": "/feed",
    "popular": f"{POPULAR}daily",
    "popular-weekly": f"{POPULAR}weekly",
    "popular-monthly": f"{POPULAR}monthly",
} | {slug: f"/category/{slug}" for slug in CATEGORIES}
SKIPPED_SLUGS = ("active", "promo")  # events and questions, adverts

SITE = r"https?://(?:www\.|m\.)?woshipm\.com"
ARTICLE = re.compile(
    rf"\A{SITE}(?:(?P<path>/(?!private/)[\w-]+/(?P<id>[0-9]+)\.html)|/?\?(?:[^#]*&)?p=(?P<p>[0-9]+))/?(?:[?&#].*)?"
)
LISTING = re.compile(
    rf"\A{SITE}(?P<path>(?:(?:/category/[\w-]+|/(?:{'|'.join(CATEGORIES)})|/tag/[^/?#]+|/u/\w+)?(?:/page/[0-9]+)?/?"
    rf"|(?:/category/[\w-]+)?/feed/?(?:\?paged=[0-9]+)?|{POPULAR}(?:daily|weekly|monthly)))(?:[?&#].*)?"
)
# The tab of the newest articles: 'all' on the home page, 'latest' in a category.
ROWS = """template[v-if*="'all'"] .postlist-item, template[v-if*="'latest'"] .postlist-item"""
TEMPLATE_PARTS = ".article--copyright, .js-star, .yyp--fancyPost, .support-author, .article--actions, .taglist"
ADVERT = 'a[href*="ke.qidianla.com"]'
MAX_ADVERTS = 200  # that are removed with their line
CLOSING_LINE = re.compile(r"\A(?:本文.*人人都是产品经理|题图|该文观点仅代表作者)")
COUNT = re.compile(r"(?<![0-9])([0-9]++(?:\.[0-9]++)?)\s*+([万w]?)\s*+(浏览|评论|收藏|分钟)")
COUNTS = {"浏览": "views", "评论": "comments", "收藏": "collects", "分钟": "minutes"}
ICONS = {".fa-eye": "views", ".fa-star": "collects", ".fa-thumbs-up": "likes"}
CONTENT = ".article--wrapper, .article--content, .grap, .postlist-item, .post--card"


class WoshipmSpider(ArticleSpider):
    name = "woshipm"
    hosts = ("www.woshipm.com", "api.woshipm.com")
    channels = tuple(CHANNELS)
    default_channels = ("latest",)
    title_suffixes = (" – 人人都是产品经理", " | 人人都是产品经理")
    schedule = "37 10,16,21 * * *"

    @classmethod
    def article_link(cls, url: str) -> Link | None:
        found = ARTICLE.fullmatch(url)
        if not found:
            return None
        return Link(found["id"] or found["p"], HOME + (found["path"] or f"/?p={found['p']}"))

    @classmethod
    def open_channel(cls, channel: str) -> Request:
        return _request(CHANNELS[channel])

    @classmethod
    def open_search(cls, keyword: str) -> Request:
        return _search_request(keyword, 1)

    @classmethod
    def open_listing(cls, url: str) -> Request | None:
        found = LISTING.fullmatch(url)
        return _request(found["path"] or "/") if found else None

    @classmethod
    def refuse(cls, page: Page) -> None:
        # The response of the search is an HTML fragment. A feed after a warning of PHP has the content type of HTML.
        if not page.is_html or page.url == SEARCH or is_feed(page.text):
            return
        if all_of(page, ".error-404"):
            raise Gone("the page does not exist (.error-404)")
        if page.status == 200 and not all_of(page, CONTENT) and not text_at(page, "title").endswith(cls.title_suffixes):
            raise Blocked("no content and no title of the site: a script that requires a browser")

    @classmethod
    def read_listing(cls, page: Page) -> Listing:
        if page.url.startswith(SEARCH):
            return _read_search(page)
        if page.path.startswith(POPULAR):
            return _read_popular(page)
        return _read_feed(page) if page.path.rstrip("/").endswith("/feed") else _read_rows(page)

    @classmethod
    def read_article(cls, page: Page) -> Article:
        link = required(page.link, "link")
        found = cls.article_link(page.url)
        if found and _slug(found) in SKIPPED_SLUGS:
            raise Skipped(f"an event, a question or an advert: /{_slug(found)}/ contains no articles")
        canonical_url = href(next(iter(all_of(page, "link[rel=canonical]")), None), page) or page.url
        canonical = cls.article_link(canonical_url) or found
        if not found or not canonical or {found.id, canonical.id} != {link.id}:
            raise LayoutChanged(f"requested article {link.id}, received {page.url} with canonical URL {canonical_url}")
        reader, body = _read_body(page)
        author = next(
            iter(all_of(page, ".stream-list-meta .ui-captionStrong, .article-header .u-overflowHidden a")), None
        )
        candidates = Candidates(page)
        head, json_ld = candidates.metas, candidates.json_ld
        dates = {
            "article:published_time": head.get("article:published_time"),
            "json-ld": json_ld.get("datePublished"),
            "listing": link.date,
            "time": text_at(page, ".meta--sup time, .article-header time"),
        }
        covers = {
            "og:image": head.get("og:image"),
            "first picture": next(map(picture_address, all_of(body, "img")), ""),
        }
        return Article(
            source=cls.name,
            id=link.id,
            url=(link if _slug(link) else found).url,  # /?p=ID redirects to the URL with the slug
            title=candidates.title(
                {css: text(at_most_one(page, css)) for css in (".article--title", ".article-header h2")}
            ),
            date=candidates.date(dates),
            body=body,
            thumbnail=candidates.thumbnail(covers),
            author=candidates.author({"byline": text(author)}),
            author_url=href(author, page),
            category=_slug(canonical),
            keywords=tuple(map(text, all_of(page, ".taglist a"))),
            brief=_brief(body),
            counts=_counts(page),
            reader=reader,
            chosen=candidates.chosen,
        )


def _request(path: str) -> Request:
    return Request(HOME + path, meta=LARGE_DOWNLOAD) if "/feed" in path else Request(HOME + path)


def _slug(link: Link) -> str:
    """Return the first segment of the URL path; "" for /?p=ID."""
    return urlsplit(link.url).path.split("/")[1]


def _search_request(keyword: str, number: int) -> Request:
    # tab 0: articles without questions; sortType 1: newest first
    form = {"key": keyword, "tab": "0", "page": str(number), "idSearch": "", "sortType": "1"}
    return FormRequest(SEARCH, formdata=form)


def _read_rows(page: Page) -> Listing:
    """Read home, category, tag and author pages."""
    rows = all_of(page, ".post--card" if page.path.startswith("/u/") else ROWS)
    if not rows and not all_of(page, "template .postlist-item"):  # it is unknown whether tag pages have tabs
        rows = all_of(page, ".postlist-item")
    base, _, number = page.path.rstrip("/").partition("/page/")
    if not rows and not number:
        raise missing_field(page, "list", ".postlist-item", ".post--card")
    entries = []
    for row in rows:
        title = next(iter(all_of(row, "h2 a[href]")), None)
        entries.append((href(title, page), text(title), beijing(text_at(row, "time"), page.fetched_at)))
    return _listing(entries, Request(f"{HOME}{base}/page/{int(number or 1) + 1}"))


def _read_feed(page: Page) -> Listing:
    # WordPress feeds have no document type declaration. It may define entities, such as an entity bomb.
    if not page.is_large_feed and "<!DOCTYPE" in page.text.partition("<rss")[0]:
        raise LayoutChanged("the feed has a document type declaration")
    items = read_entries(page, {"item": ("link", "title", "pubDate")})["item"]
    number = int(parse_qs(urlsplit(page.url).query).get("paged", ["1"])[0])
    if not items and number == 1:
        raise LayoutChanged("the feed is empty: channel/item is missing")
    entries = [(url, title, beijing(date)) for url, title, date in items]
    return _listing(entries, Request(f"{HOME}{page.path}?paged={number + 1}", meta=LARGE_DOWNLOAD))


def _read_popular(page: Page) -> Listing:
    try:
        rows = page.json["RESULT"]
    except (ValueError, LookupError, TypeError):
        rows = None
    if not rows or not isinstance(rows, list):
        raise LayoutChanged(f"RESULT of the popular API contains no articles: {page.text[:100]}", field="RESULT")
    return _listing(list(map(_popular, rows)))


def _popular(row: Any) -> tuple[str, str, str]:
    """Return URL, title and date. The URL is "" for other entries than articles, and for an unknown form."""
    try:
        data = row["data"] if row["controlTypeCode"] == 2001 else {}
        path = f"{data['type']}/{data['id']}.html" if data.get("type") else f"?p={data['id']}"
        return f"{HOME}/{path}", unescape(data["articleTitle"]), beijing(data.get("publishTime"))
    except (LookupError, TypeError, AttributeError):
        return "", "", ""


def _read_search(page: Page) -> Listing:
    number = int(page.form.get("page", "1"))
    rows = all_of(page, ".course--item[id]")
    total = re.search("[0-9]+", text(page.tree))  # the first number is the number of results
    if not rows and number == 1 and not (total and int(total[0]) == 0):
        raise LayoutChanged("the search has no .course--item, and its number of results is not 0")
    missing = int(total[0]) - (number - 1) * SEARCH_PAGE_SIZE - len(rows) if total else 0
    if rows and len(rows) < SEARCH_PAGE_SIZE and missing > 0:  # a fragment has no end tag that closes all rows
        raise Incomplete(f"the search is truncated: page {number} has {len(rows)} of {total and total[0]} results")
    entries = []
    for row in rows:
        title = next(iter(all_of(row, "a.title")), None)
        url = href(title, page)
        url = url if ARTICLE.fullmatch(url) else f"{HOME}/?p={row.get('id')}"
        day = text_at(row, ".pull-left").rpartition("·")[2]  # "author · day"
        entries.append((url, text(title), beijing(day, page.fetched_at)))
    return _listing(entries, _search_request(page.form.get("key", ""), number + 1))


def _listing(entries: list[tuple[str, str, str]], next_page: Request | None = None) -> Listing:
    """Return the listing of *entries* (URL, title, date). A page without entries has no *next_page*."""
    found = [(WoshipmSpider.article_link(url), title, date) for url, title, date in entries]
    if found and not any(link for link, _, _ in found):
        raise LayoutChanged(f"none of the {len(found)} entries of the list links to an article")
    links: dict[str, Link] = {}
    skipped = 0
    for link, title, date in found:
        if link is None or _slug(link) in SKIPPED_SLUGS:
            skipped += 1
        else:
            links.setdefault(link.id, replace(link, title=" ".join(title.split()), date=date))
    return Listing(tuple(links.values()), (next_page,) if next_page and entries else (), skipped)


def _read_body(page: Page) -> tuple[str, HtmlElement]:
    """Return the generation of the page, and its cleaned body."""
    if (node := at_most_one(page, ".article--content")) is not None:
        return "content", _cleaned(node)
    if (node := at_most_one(page, ".grap")) is not None:
        return "grap", _without_closing_lines(_cleaned(node))
    raise missing_field(page, "body", ".article--content", ".grap")


def _cleaned(node: HtmlElement) -> HtmlElement:
    """Return a copy of the body without template parts and adverts, and without elements that adverts leave empty."""
    body = copy.deepcopy(node)
    adverts = all_of(body, ADVERT)
    drop_nodes([*all_of(body, TEMPLATE_PARTS), *adverts[MAX_ADVERTS:]])
    for advert in adverts[:MAX_ADVERTS]:
        if body in advert.iterancestors():  # not in a template part
            _remove_advert(advert, body)
    return body


def _remove_advert(advert: HtmlElement, body: HtmlElement) -> None:
    """Remove *advert* and the elements that it fills, with their line break, which would count in the summary."""
    node, parent = advert, advert.getparent()
    while parent is not None and parent is not body and _is_filled_by(parent, node):
        node, parent = parent, parent.getparent()
    before, after = node.getprevious(), node.getnext()
    lead = (before.tail if before is not None else parent.text if parent is not None else "") or ""
    is_line = not lead.strip() and not (node.tail or "").strip()
    if is_line and before is None and after is not None and after.tag == "br":  # the first line of a paragraph
        node.tail = after.tail
        after.tail = None
        after.drop_tree()
    elif is_line and after is None and before is not None and before.tag == "br":  # the last one
        before.tail = None
        before.drop_tree()
    node.tail = (node.tail or "") if lead.strip() else (node.tail or "").lstrip()
    node.drop_tree()


def _is_filled_by(parent: HtmlElement, node: HtmlElement) -> bool:
    """Return whether *parent* has no text and no picture besides those of *node*, its child."""
    others = (child for child in parent if child is not node)
    return not (parent.text or "").strip() and not (node.tail or "").strip() and all(map(_is_blank, others))


def _is_blank(node: HtmlElement) -> bool:
    has_content = isinstance(node.tag, str) and (node.tag == "img" or text(node) or all_of(node, "img"))
    return not has_content and not (node.tail or "").strip()


def _without_closing_lines(body: HtmlElement) -> HtmlElement:
    """Remove copyright lines from the end of *body*, and return it."""
    closing = []
    for paragraph in reversed(all_of(body, "p")):
        if CLOSING_LINE.match(line := text(paragraph)):
            closing.append(paragraph)
        elif line:
            break
    drop_nodes(closing)
    return body


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
