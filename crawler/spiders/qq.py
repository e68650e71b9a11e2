"""Tencent News (腾讯新闻): https://news.qq.com/

An article has many URLs and one id: the day, a letter for its kind (A article, V video, Q question) and a suffix,
"20250211A08TG500". Its canonical URL is https://new.qq.com/rain/a/ID, regardless of the URL that led to it.

Generations of article pages; the body is read from the first of these that has text:

    data    G3, G4 (since 2024): `window.DATA.originContent.text`, pictures as comments `<!--IMG_0-->`, their URLs in
            `originAttribute`. CERTAIN for 2026, INFERRED for 2024 and 2025. INFERRED, from code of other projects:
            phones receive the same data as `window.initData`
    dom     G4, rendered by the server: `#article-content .rich_media_content`. CERTAIN
    blocks  G4 without these: `.qnt-p`, `.qnt-strong`, `.qnt-h2` in `#article-content`, below the box "问AI". CERTAIN
    G2      2019 to 2024: `div.LEFT .content-article`, `window.DATA` without a body, URLs "//host/…". CERTAIN
    G1      about 2010 to 2019, gb2312: `#Cnt-Main-Article-QQ`; time in `.a_time`, `.pubTime`, `ARTICLE_INFO`. CERTAIN.
            Its URLs, SECTION.qq.com/a/DAY/NUMBER.htm, do not contain an id of new.qq.com: such a URL, with https, is
            the canonical one. INFERRED: these hosts support https; the sections besides news, tech and finance
    G0      2009 to 2012, URLs as G1: `#ArticleTit`, `#ArtFrom` (time and source), `#ArticleCnt`. CERTAIN, from code of
            several crawlers

`window.DATA` is JSON in one script; invalid assignments, and others in the text of the article, may precede it. CERTAIN
A deleted article redirects to www.qq.com/babygohome; HTTP 567 is the rate limit, HTTP 501 the firewall. CERTAIN
Lists are JSON. The form of the channel feed is CERTAIN, its depth is unknown; the forms of ranking, search, author page
and sitemap are INFERRED from code of other projects.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote, unquote, urlencode

from lxml.etree import Comment
from lxml.html import HtmlComment, HtmlElement
from scrapy import FormRequest, Request
from scrapy.http import JsonRequest
from w3lib.url import add_or_replace_parameter

from crawler.crawl.spider import SiteSpider
from crawler.items import Link
from crawler.reading.bodies import Body, JsonBody
from crawler.reading.candidates import Candidates, cut
from crawler.reading.errors import Blocked, Gone, Incomplete, LayoutChanged, Skipped
from crawler.reading.html import drop_nodes
from crawler.reading.json_values import json_of, value_at
from crawler.reading.page import Page
from crawler.reading.query import all_of, required, text, text_at
from crawler.reading.rows import AnyRows, FeedRows, JsonRows
from crawler.reading.xml_listing import listing_request
from crawler.text.clean import one_line
from crawler.text.dates import beijing, day_of_id

FEED = "https://i.news.qq.com/web_feed/getPCList"
RANKING = "https://r.inews.qq.com/gw/event/hot_ranking_list?page_size=50"
SEARCH = "https://i.news.qq.com/gw/pc_search/result"
AUTHOR = "https://i.news.qq.com/getSubNewsMixedList"
SITEMAP = "https://news.qq.com/sitemap/index.xml"
HEADERS = {"Referer": "https://news.qq.com/", "Origin": "https://news.qq.com"}

# Name of a channel -> the site's id without "news_news_". Channels of videos and questions are left out.
FEEDS = {name: name for name in (
    "tech", "finance", "top", "world", "mil", "ent", "sports", "nba", "auto", "house", "game", "digi", "football",
    "kepu", "esport", "history", "baby", "lic", "istock", "edu", "nchupin", "bj",
)} | {"ai": "fx", "health": "antip"}  # fmt: skip

# `articletype` of the feed and `article_type` of pages that are not articles.
KINDS = {"4": "video", "56": "video", "102": "video", "103": "video", "118": "video",
         "123": "tag", "525": "box of entries", "560": "notice"}  # fmt: skip

ENTRY_KEYS = ("data", "idlist", "secList", "newslist")  # of feed, ranking, search, author page
SECTIONS = ("news", "tech", "finance", "stock", "sports", "ent", "games", "auto", "house", "edu", "digi", "cul",
            "fashion", "baby", "health")  # fmt: skip

BYLINE_TIMES = "p.media-meta > span, span.a_time, span.pubTime, span.article-time, .titBar .info, #ArtFrom"
BYLINE_SOURCES = "p.media-name, span.a_source, span.where, span.color-a-1"
# In G1 and G0: share buttons, video players, the link to the home page, the list of pages.
TEMPLATE_PARTS = (
    "style, script, .mbArticleShareBtn, .rv-root-v2, .rv-player, #rv-player, #mod_player, object, embed, #backqqcom, "
    "#Reading, #ArticlePageLinkB, img[src*='mat1.gtimg.com']"  # the pictures of this host are the logo after the text
)
VIDEO_HEADING = "精彩视频推荐"  # above a video player

_PUBTIME = re.compile(r"""\bpubtime\s{0,9}:\s{0,9}['"]([^'"]{8,40})['"]""")
_AFTER_TIME = re.compile("[0-9]{1,2}:[0-9]{2} ?(?!我要|评论|参与|已有)([^\\s0-9]{2,20})")


class DataBody(JsonBody):
    def find(self, page: Page, data: Any) -> HtmlElement | None:
        """Insert the pictures at the comments that name them. Comments for videos and marks are removed."""
        body = super().find(page, data)
        for comment in list(body.iter(Comment)) if body is not None else ():
            name = (comment.text or "").strip()
            picture = _dict(value_at(data, "originAttribute")).get(name)
            source = value_at(picture, "origUrl || url || imgurl0")
            if name.startswith("IMG_") and source:
                comment.addprevious(comment.makeelement("img", {"alt": "图片", "src": str(source)}))
        return body


class BlocksBody(Body):
    def find(self, page: Page, data: Any) -> HtmlElement | None:
        body = super().find(page, data)
        if body is None or not all_of(body, ".qnt-p"):
            return None
        for css, tag in ((".qnt-strong", "strong"), (".qnt-h2", "h2")):
            for node in all_of(body, css):
                node.tag = tag
        return body


class G2Body(Body):
    def find(self, page: Page, data: Any) -> HtmlElement | None:
        """Remove white space and comments of the template before the first paragraph from the summary."""
        if (body := super().find(page, data)) is None:
            return None
        texts = [body.text or ""]
        for node in list(body):
            if not isinstance(node, HtmlComment) or texts[-1].strip():
                break
            texts.append(node.tail or "")
            body.remove(node)  # with its tail
        body.text = "".join(texts) if texts[-1].strip() else None
        return body


class QqSpider(SiteSpider):
    name = "qq"
    site = "https://new.qq.com"
    hosts = ("new.qq.com", "view.inews.qq.com", "i.news.qq.com", "r.inews.qq.com",
             *(f"{section}.qq.com" for section in SECTIONS))  # fmt: skip
    picture_hosts = ("inews.gtimg.com", "img1.gtimg.com")
    # The patterns of articles allow any host of qq.com, which has too many other pages.
    archive_places = ("new.qq.com/", "news.qq.com/rain/", "news.qq.com/omn/", "xw.qq.com/", "view.inews.qq.com/",
                      *(f"{section}.qq.com/a/" for section in SECTIONS))  # fmt: skip
    channels = {**FEEDS, "hot": RANKING, "sitemap": SITEMAP}
    default_channels = ("tech", "finance")
    title_suffixes = ("_腾讯新闻", "_腾讯网")
    schedule = "17 7-23/2 * * *"  # the feeds change quickly, and their depth is unknown
    article_urls = (
        re.compile(
            r"(?:https?:)?//[a-z.]+\.qq\.com/(?:rain/a|a|k|omn|omn/\w{8}|cmsn/\w{8}|cmsid|amphtml)/"
            r"(?P<id>[0-9A-Z]{12,24})(?:\.html?)?/?(?:[?#].*)?"
        ),
        re.compile(
            rf"(?:https?:)?//(?P<section>{'|'.join(SECTIONS)})\.qq\.com/a/(?P<day>\d{{8}})/(?P<number>\d{{1,9}})\.htm"
            r"(?:[?#].*)?"
        ),
    )
    listing_urls = re.compile(
        r"https?://(?:news|new)\.qq\.com/(?:ch/(?P<channel>\w+)/?|omn/author/(?P<author>[^/?#]+)/?|sitemap/\w+\.xml(?:\.gz)?)"
        r"(?:[?#].*)?"
    )
    rows = JsonRows("data", "url")  # the entries of groups, too: see `rows_of`
    bodies = {
        "data": DataBody("originContent.text", drop="style, script"),
        "dom": Body("#article-content .rich_media_content", drop="style, script"),
        "blocks": BlocksBody("#article-content", drop="style, script, .article-top-content"),
        "G2": G2Body("div.LEFT .content-article", drop="style, script, #Status"),
        "G1": Body("#Cnt-Main-Article-QQ", drop=TEMPLATE_PARTS),
        "G0": Body("#ArticleCnt", drop=TEMPLATE_PARTS),
    }

    @classmethod
    def article_link(cls, url: str) -> Link | None:
        current, old = (pattern.fullmatch(url) for pattern in cls.article_urls)
        if current:
            return Link(current["id"], f"{cls.site}/rain/a/{current['id']}", date=day_of_id(current["id"]))
        if old:
            section, day, number = old.group("section", "day", "number")
            return Link(
                f"{day}-{section}-{number}", f"https://{section}.qq.com/a/{day}/{number}.htm", date=day_of_id(day)
            )
        return None

    @classmethod
    def open_channel(cls, channel: str) -> Request:
        if channel == "sitemap":
            return listing_request(SITEMAP)
        if channel == "hot":
            return Request(RANKING, headers=HEADERS)
        data = {"base_req": {"from": "pc"}, "forward": "2", "channel_id": f"news_news_{FEEDS[channel]}", "page": 0}
        return JsonRequest(FEED, data=data, headers=HEADERS)

    @classmethod
    def open_search(cls, keyword: str) -> Request:
        form = {"page": "0", "query": keyword, "is_pc": "1", "search_type": "all", "search_count_limit": "20",
                "hippy_custom_version": "24", "appver": "15.5_qqnews_7.1.80"}  # fmt: skip
        return FormRequest(SEARCH, formdata=form, headers=HEADERS)

    @classmethod
    def open_listing(cls, url: str) -> Request | None:
        """Return the request for the page of a channel or an author, or for a sitemap."""
        if not (match := cls.listing_urls.fullmatch(url)):
            return None
        if channel := match["channel"]:
            return next((cls.open_channel(name) for name, site_id in FEEDS.items() if channel in (name, site_id)), None)
        if author := match["author"]:
            query = {"guestSuid": unquote(author), "tabId": "om_index", "caller": "1", "from_scene": "103"}
            return Request(f"{AUTHOR}?{urlencode(query)}&offset_info=", headers=HEADERS)
        return listing_request(url)

    @classmethod
    def refuse(cls, page: Page) -> None:
        if "babygohome" in page.redirect or "babygohome" in page.path:
            raise Gone("the article is deleted: redirected to www.qq.com/babygohome")
        if page.status == 567:
            raise Blocked("HTTP 567: too many requests")
        is_script = page.is_html and len(page.body) < 4096 and b"waf.tencent.com/501page" in page.body
        if page.status == 501 or "waf.tencent.com" in page.redirect or is_script:
            raise Blocked("blocked by the firewall (WAF): HTTP 501, or a redirect to waf.tencent.com")

    @classmethod
    def rows_at(cls, page: Page) -> AnyRows:
        return FeedRows() if page.path.startswith("/sitemap/") else cls.rows

    @classmethod
    def rows_of(cls, page: Page) -> Sequence[Any]:
        """Return the entries of a list, and those of its groups, with the `component` of the group.

        Groups are a box of the feed ("热点精选", with the id of its first entry), a ranking, and a section of the
        search, with the kind of its entries as `component`. Raises `Blocked` for an error code: such errors pass.
        """
        if page.path.startswith("/sitemap/"):
            return super().rows_of(page)
        if not isinstance(data := json_of(page), dict):
            raise LayoutChanged("the JSON of the list is not an object")
        if (code := data.get("code", data.get("ret"))) not in (0, "0"):
            raise Blocked(f"error code {code} of the list: {data.get('message') or 'no message'}")
        found = [data[key] for key in ENTRY_KEYS if key in data]
        groups: Any = next(filter(None, found), [])  # an empty list may be null
        if not found or not isinstance(groups, list):
            raise LayoutChanged(f"the entries of the list are missing: none of {', '.join(ENTRY_KEYS)} is a list")
        rows: list[dict[str, Any]] = []
        for group in map(_dict, groups):
            box = group.get("sub_item") if str(group.get("articletype")) == "525" else None
            inner = box or group.get("newslist") or group.get("newsList") or (group,)
            rows += ({"component": group.get("component"), **_dict(row)} for row in inner)
        if not rows and data.get("total_num") and page.form.get("page") == "0":
            raise LayoutChanged(f"the search has {data['total_num']} results, but no entries")
        return rows

    @classmethod
    def row_link(cls, page: Page, row: Any) -> Link | None:
        if page.path.startswith("/sitemap/"):
            link = super().row_link(page, row)
            if link and _other_kind({}, link.id):
                raise Skipped("the entry is a video or a question")
            return link
        urls = (value_at(row, f"link_info.{key} || {key}") for key in ("url", "share_url", "surl"))
        link = next(filter(None, (cls.article_link(str(url)) for url in urls)), None)
        if kind := _other_kind(row, link.id if link else ""):
            raise Skipped(f"the entry is a {kind}")
        dates = (beijing(row.get(key), page.fetched_at) for key in ("publish_time", "timestamp", "time"))
        title = str(row.get("title") or "").replace("<em>", "").replace("</em>", "")  # highlighting of the search
        return link and replace(link, title=title, date=next(filter(None, dates), link.date))

    @classmethod
    def next_listings(cls, page: Page, rows: Sequence[Any]) -> tuple[Request, ...]:
        """Return the request for the next page: always for the feed, for other lists if their data announces one."""
        if page.path.startswith("/sitemap/"):
            return super().next_listings(page, rows)
        data = page.json
        if page.url == FEED:
            requested = json.loads(page.request_body)
            data = requested | {"forward": "1", "page": requested["page"] + 1}
            return (JsonRequest(FEED, data=data, headers=HEADERS),)
        if data.get("hasMore"):
            form = page.form | {"page": str(int(page.form["page"]) + 1)}
            return (FormRequest(SEARCH, formdata=form, headers=HEADERS),)
        if not data.get("hasNext") or not (offset := data.get("offsetInfo")):
            return ()
        if not isinstance(offset, str | int):
            raise LayoutChanged(f"offsetInfo is {cut(offset)}", field="offsetInfo")
        return (Request(add_or_replace_parameter(page.url, "offset_info", one_line(str(offset))), headers=HEADERS),)

    @classmethod
    def identities(cls, page: Page) -> Iterator[Link | None]:
        """Check the kind and the id of the article in the data of the page; without data, in its metadata."""
        link, data = required(page.link, "link"), cls.json_of(page)
        if kind := _other_kind(data, link.id):
            raise Skipped(f"the page is a {kind}")
        if data.get("is_deleted"):
            raise Gone("the article is deleted (is_deleted)")
        if not data:
            yield cls.article_link(Candidates(page).metas.get("og:url", ""))

    @classmethod
    def json_of(cls, page: Page) -> dict[str, Any]:
        """Return the article's `window.DATA`, or `window.initData` with the keys of `window.DATA`; {} without both."""
        identifier = required(page.link, "link").id
        values = page.script_values("window.DATA")
        if not values and re.search(r"window\.DATA\s*=\s*\{", page.text):
            raise Incomplete("window.DATA is truncated: it is assigned, but never with valid JSON")
        # `article_id` may lack the final "00", or be another number than that of the URL (which is then in `cms_id`).
        keys = ("article_id", "cms_id", "cmsId")
        by_id = {str(data[key]): data for data in map(_dict, values) for key in keys if data.get(key)}
        found = by_id.get(identifier) or by_id.get(identifier.removesuffix("00"))
        if by_id and not found:
            raise LayoutChanged(f"requested article {identifier}, received window.DATA of {', '.join(by_id)}")
        for data in page.script_values("window.initData"):
            content = _dict(_dict(data).get("content"))
            aliases = {"media": "source", "originContent": "content", "originAttribute": "attribute",
                       "initData": "shareImg"}  # fmt: skip
            return content | {key: content.get(alias) for key, alias in aliases.items()}
        return _dict(found)

    @classmethod
    def has_text(cls, page: Page, body: HtmlElement) -> bool:
        title = next(filter(None, _titles(page, cls.json_of(page)).values()), "")
        return text(body) not in ("", title)

    @classmethod
    def values(cls, page: Page, page_form: str) -> dict[str, Any]:
        link, data, metas = required(page.link, "link"), cls.json_of(page), Candidates(page).metas
        suid = _dict(data.get("card")).get("suid")
        return {
            "title": _titles(page, data),
            "date": {
                "DATA": data.get("pubtime"),
                "article:published_time": metas.get("article:published_time"),
                "apub:time": metas.get("apub:time"),  # G2
                "byline": text_at(page, BYLINE_TIMES),
                "ARTICLE_INFO": _article_info_time(page.text),  # G1
                "listing": link.date,
            },
            "thumbnail": {"og:image": metas.get("og:image"), "initData": data.get("initData")},
            "author": {"DATA": data.get("media"), "byline": _byline_source(page)},
            "author_url": f"https://news.qq.com/omn/author/{quote(str(suid), safe='')}" if suid else "",
            "category": metas.get("category") or str(data.get("catalog1") or ""),
            "keywords": tuple((metas.get("keywords") or str(data.get("tags") or "")).split(",")),
            "brief": str(data.get("abstract") or metas.get("description") or ""),
            "counts": {name: n for name, n in _dict(data.get("interationCount")).items() if isinstance(n, int)},  # sic
        }

    @classmethod
    def clean(cls, page: Page, body: HtmlElement) -> HtmlElement:
        if body.get("id") in ("Cnt-Main-Article-QQ", "ArticleCnt"):
            drop_nodes([node for node in all_of(body, "p") if text(node).rstrip("：:") == VIDEO_HEADING])
        return body


def _titles(page: Page, data: dict[str, Any]) -> dict[str, Any]:
    # On pages of G0, h1 may be the logo.
    return {"DATA": data.get("title"), **{css: text_at(page, css) for css in ("#ArticleTit", "h1")}}


def _other_kind(entry: dict[str, Any], identifier: str) -> str:
    """Return the kind of a list entry, or of the `window.DATA` of a page; "" for an article."""
    kind = KINDS.get(str(entry.get("articletype") or entry.get("article_type")), "")
    if kind == "video" or identifier[8:9] == "V":
        return "video"
    if entry.get("entity_type") == "question" or identifier[8:9] == "Q":
        return "question"
    if entry.get("component") not in (None, "pictext"):
        return str(entry["component"])
    if entry.get("article_is_pay") in (True, 1, "1", "true"):
        return "paid article, with only a part of its text"
    return kind


def _article_info_time(text: str) -> str:
    """Return `pubtime` of the script variable `ARTICLE_INFO` at the start of the page, or ""."""
    start = text.find("ARTICLE_INFO")
    found = _PUBTIME.search(text, start, start + 3000) if start >= 0 else None
    return found[1] if found else ""


def _byline_source(page: Page) -> str:
    """Return the medium in the byline. On pages of G0, it is the first word after the time."""
    found = _AFTER_TIME.search(text_at(page, "#ArtFrom"))
    return text_at(page, BYLINE_SOURCES) or (found[1] if found else "")


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
