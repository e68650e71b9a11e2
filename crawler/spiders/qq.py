"""Tencent News (腾讯新闻): https://news.qq.com/

An article has many addresses and one id: the day, a letter for its kind (A article, V video, Q question) and a rest,
"20250211A08TG500". It is asked for, and linked, as https://new.qq.com/rain/a/ID whatever address led to it.

Generations of the article page; the body is looked for in this order:

    data    G3, G4 (since 2024): `window.DATA.originContent.text`, pictures as comments `<!--IMG_0-->` whose addresses
            lie in `originAttribute`. CERTAIN for 2026, INFERRED for 2024 and 2025. INFERRED, from other people's code:
            phones get the same as `window.initData`
    dom     G4, rendered by the server: `#article-content .rich_media_content`. CERTAIN
    blocks  G4 without these: `.qnt-p`, `.qnt-strong`, `.qnt-h2` in `#article-content`, below the box "问AI". CERTAIN
    G2      2019 to 2024: `div.LEFT .content-article`, `window.DATA` without a body, addresses "//host/…". CERTAIN
    G1      to 2019, gb2312: `#Cnt-Main-Article-QQ`. CERTAIN. Its addresses, SECTION.qq.com/a/DAY/NUMBER.htm, have no id
            that new.qq.com knows: such an article is asked for, and linked, where it is. INFERRED: that https answers,
            and which sections there were besides news, tech and finance

`window.DATA` is JSON in one script; broken assignments, and others in the article's text, may come before it. CERTAIN
A deleted article redirects to www.qq.com/babygohome; HTTP 567 is the rate limit, HTTP 501 the firewall. CERTAIN
Lists are JSON. The channel feed's form is CERTAIN, its depth is not; the forms of ranking, search, author page and
sitemap are INFERRED from other people's code.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote, unquote, urlencode

from lxml.etree import Comment
from lxml.html import HtmlComment, HtmlElement
from scrapy import FormRequest, Request
from scrapy.http import JsonRequest
from w3lib.url import add_or_replace_parameter

from crawler.crawl.spider import ArticleSpider
from crawler.items import Article, Link, Listing
from crawler.reading.candidates import Candidates, cut
from crawler.reading.errors import Blocked, Gone, Incomplete, LayoutChanged, Skipped
from crawler.reading.html import parse_fragment
from crawler.reading.page import Page
from crawler.reading.query import all_of, json_after, missing_field, required, text, text_at
from crawler.text.clean import one_line
from crawler.text.dates import beijing, day_of_id

FEED = "https://i.news.qq.com/web_feed/getPCList"
RANKING = "https://r.inews.qq.com/gw/event/hot_ranking_list?page_size=50"
SEARCH = "https://i.news.qq.com/gw/pc_search/result"
AUTHOR = "https://i.news.qq.com/getSubNewsMixedList"
SITEMAP = "https://news.qq.com/sitemap/index.xml"
HEADERS = {"Referer": "https://news.qq.com/", "Origin": "https://news.qq.com"}

# Our name of a channel -> the site's, behind "news_news_". Its channels of videos and questions are left out.
FEEDS = {name: name for name in (
    "tech", "finance", "top", "world", "mil", "ent", "sports", "nba", "auto", "house", "game", "digi", "football",
    "kepu", "esport", "history", "baby", "lic", "istock", "edu", "nchupin", "bj",
)} | {"ai": "fx", "health": "antip"}  # fmt: skip

# What the feed's `articletype` and the page's `article_type` mean, where they mean no article.
KINDS = {"4": "video", "56": "video", "102": "video", "103": "video", "118": "video",
         "123": "tag", "525": "box of entries", "560": "notice"}  # fmt: skip

LISTS = ("data", "idlist", "secList", "newslist")  # the key of the entries: in feed, ranking, search, author page
SECTIONS = ("news", "tech", "finance", "stock", "sports", "ent", "games", "auto", "house", "edu", "digi", "cul",
            "fashion", "baby", "health")  # fmt: skip

_ARTICLE = re.compile(
    r"(?:https?:)?//[a-z.]+\.qq\.com/(?:rain/a|a|k|omn|omn/\w{8}|cmsn/\w{8}|cmsid|amphtml)/"
    r"(?P<id>[0-9A-Z]{12,24})(?:\.html?)?/?(?:[?#].*)?"
)
_OLD = re.compile(
    rf"(?:https?:)?//(?P<section>{'|'.join(SECTIONS)})\.qq\.com/a/(?P<day>\d{{8}})/(?P<number>\d{{1,9}})\.htm(?:[?#].*)?"
)
_LISTING = re.compile(
    r"https?://(?:news|new)\.qq\.com/(?:ch/(?P<channel>\w+)/?|omn/author/(?P<author>[^/?#]+)/?|sitemap/\w+\.xml)(?:[?#].*)?"
)


class QqSpider(ArticleSpider):
    name = "qq"
    hosts = ("new.qq.com", "view.inews.qq.com", "i.news.qq.com", "r.inews.qq.com",
             *(f"{section}.qq.com" for section in SECTIONS))  # fmt: skip
    channels = (*FEEDS, "hot", "sitemap")
    default_channels = ("tech", "finance")
    title_suffixes = ("_腾讯新闻", "_腾讯网")
    schedule = "17 7-23/2 * * *"  # its feeds are quick, and nobody knows how deep they go

    @classmethod
    def article_link(cls, url: str) -> Link | None:
        if match := _ARTICLE.fullmatch(url):
            return Link(match["id"], f"https://new.qq.com/rain/a/{match['id']}", date=day_of_id(match["id"]))
        if match := _OLD.fullmatch(url):
            section, day, number = match.group("section", "day", "number")
            address = f"https://{section}.qq.com/a/{day}/{number}.htm"
            return Link(f"{day}-{section}-{number}", address, date=day_of_id(day))
        return None

    @classmethod
    def open_channel(cls, channel: str) -> Request:
        if channel == "hot":
            return Request(RANKING, headers=HEADERS)
        if channel == "sitemap":
            return Request(SITEMAP)
        sent = {"base_req": {"from": "pc"}, "forward": "2", "channel_id": f"news_news_{FEEDS[channel]}", "page": 0}
        return JsonRequest(FEED, data=sent, headers=HEADERS)

    @classmethod
    def open_search(cls, keyword: str) -> Request:
        sent = {"page": "0", "query": keyword, "is_pc": "1", "search_type": "all", "search_count_limit": "20",
                "hippy_custom_version": "24", "appver": "15.5_qqnews_7.1.80"}  # fmt: skip
        return FormRequest(SEARCH, formdata=sent, headers=HEADERS)

    @classmethod
    def open_listing(cls, url: str) -> Request | None:
        """The page of a channel or an author, or a sitemap."""
        if not (match := _LISTING.fullmatch(url)):
            return None
        if channel := match["channel"]:
            return next((cls.open_channel(name) for name, theirs in FEEDS.items() if channel in (name, theirs)), None)
        if author := match["author"]:
            query = {"guestSuid": unquote(author), "tabId": "om_index", "caller": "1", "from_scene": "103"}
            return Request(f"{AUTHOR}?{urlencode(query)}&offset_info=", headers=HEADERS)
        return Request(url)

    @classmethod
    def refuse(cls, page: Page) -> None:
        if "babygohome" in page.redirect or "babygohome" in page.path:
            raise Gone("the article is deleted: redirected to www.qq.com/babygohome")
        if page.status == 567:
            raise Blocked("HTTP 567: too many requests")
        jumps = page.is_html and len(page.body) < 4096 and b"waf.tencent.com/501page" in page.body
        if page.status == 501 or "waf.tencent.com" in page.redirect or jumps:
            raise Blocked("the firewall (WAF) stops us: HTTP 501, or a jump to waf.tencent.com")

    @classmethod
    def read_listing(cls, page: Page) -> Listing:
        if page.path.startswith("/sitemap/"):
            links, passed = cls._links({"url": text(node)} for node in all_of(page, "url > loc"))
            maps = (cls.open_listing(text(node)) for node in all_of(page, "sitemap > loc"))
            return Listing(links, tuple(request for request in maps if request), passed)
        answer = _answer(page)
        entries = list(_entries(answer))
        if not entries and answer.get("total_num") and page.form.get("page") == "0":
            raise LayoutChanged(f"the search says that it found {answer['total_num']}, and shows none of them")
        links, passed = cls._links(entries)
        return Listing(links, tuple(_next(page, answer)) if entries else (), passed)

    @classmethod
    def _links(cls, entries: Iterable[dict[str, Any]]) -> tuple[tuple[Link, ...], int]:
        """The articles among *entries*, each once, and the number of entries that lead to none."""
        links: dict[str, Link] = {}
        passed = understood = 0
        for entry in entries:
            places = entry | _dict(entry.get("link_info"))
            found = (cls.article_link(str(places.get(key))) for key in ("url", "share_url", "surl"))
            link = next(filter(None, found), None)
            kind = _other_kind(entry, link.id if link else "")
            understood += bool(link or kind)
            if link is None or kind:
                passed += 1
                continue
            title = str(entry.get("title") or "").replace("<em>", "").replace("</em>", "")  # the search's marks
            dates = (beijing(entry.get(key)) for key in ("publish_time", "time", "timestamp"))  # "3小时前" gives ""
            links.setdefault(link.id, Link(link.id, link.url, title, next(filter(None, dates), link.date)))
        if passed and not understood:
            raise LayoutChanged(f"none of the list's {passed} entries leads to an article")
        return tuple(links.values()), passed

    @classmethod
    def read_article(cls, page: Page) -> Article:
        link = required(page.link, "link")
        data = _described(page, link.id)
        if kind := _other_kind(data, link.id):
            raise Skipped(f"the page is a {kind}")
        if data.get("is_deleted"):
            raise Gone("the page says that the article is deleted (is_deleted)")
        candidates = Candidates(page)
        metas = candidates.metas
        named = cls.article_link(metas.get("og:url", ""))
        if not data and named and named.id != link.id:
            raise LayoutChanged(f"the page is of another article: {named.id}")
        title = candidates.title({"DATA": data.get("title"), "h1": text_at(page, "h1")})
        dates = {
            "DATA": data.get("pubtime"),
            "article:published_time": metas.get("article:published_time"),
            "apub:time": metas.get("apub:time"),  # G2
            "byline": text_at(page, "p.media-meta > span, span.a_time"),  # G4, G1
            "listing": link.date,
        }
        reader, body = _read_body(page, data, title)
        suid = _dict(data.get("card")).get("suid")
        return Article(
            source=cls.name,
            id=link.id,
            url=link.url,
            title=title,
            date=candidates.date(dates, link.id),
            body=body,
            thumbnail=candidates.thumbnail({"og:image": metas.get("og:image"), "initData": data.get("initData")}),
            author=candidates.author(
                {"DATA": data.get("media"), "byline": text_at(page, "p.media-name, span.a_source")}
            ),
            author_url=f"https://news.qq.com/omn/author/{quote(str(suid), safe='')}" if suid else "",
            category=metas.get("category") or str(data.get("catalog1") or ""),
            keywords=tuple((metas.get("keywords") or str(data.get("tags") or "")).split(",")),
            brief=str(data.get("abstract") or metas.get("description") or ""),
            counts={name: n for name, n in _dict(data.get("interationCount")).items() if isinstance(n, int)},  # sic
            reader=reader,
            chosen=candidates.chosen,
        )


def _answer(page: Page) -> dict[str, Any]:
    """The JSON object of a list; its own error codes are "come back later"."""
    try:
        answer = page.json
    except ValueError as error:
        if page.text.lstrip().startswith("{"):
            raise Incomplete("the list's JSON breaks off") from error
        raise Blocked("the list answers with something else than JSON") from error
    if not isinstance(answer, dict):
        raise LayoutChanged("the list's JSON is no object")
    code = answer.get("code", answer.get("ret"))
    if code not in (0, "0"):
        raise Blocked(f"the list answers code {code}: {answer.get('message') or 'no message'}")
    return answer


def _entries(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The entries of any list. They lie in it, or in its parts: a box of the feed ("热点精选", which has the id of its
    first entry), a ranking, a section of the search, which says what its entries are ("component")."""
    found = [answer[key] for key in LISTS if key in answer]
    rows: Any = next(filter(None, found), [])  # an empty list may come as null
    if not found or not isinstance(rows, list):
        raise LayoutChanged(f"the list's entries are missing: none of {', '.join(LISTS)} is a list")
    for row in map(_dict, rows):
        inner = row.get("sub_item") if str(row.get("articletype")) == "525" else None
        for entry in inner or row.get("newslist") or row.get("newsList") or (row,):
            yield {"component": row.get("component"), **_dict(entry)}


def _next(page: Page, answer: dict[str, Any]) -> Iterator[Request]:
    """The page behind this one: of the feed always, of the others where they say that there is one."""
    if page.url == FEED:
        sent = json.loads(page.request_body)
        yield JsonRequest(FEED, data=sent | {"forward": "1", "page": sent["page"] + 1}, headers=HEADERS)
    elif answer.get("hasMore"):
        form = page.form | {"page": str(int(page.form["page"]) + 1)}
        yield FormRequest(SEARCH, formdata=form, headers=HEADERS)
    elif answer.get("hasNext") and (offset := answer.get("offsetInfo")):
        if not isinstance(offset, str | int):
            raise LayoutChanged(f"offsetInfo is {cut(offset)}", field="offsetInfo")
        yield Request(add_or_replace_parameter(page.url, "offset_info", one_line(str(offset))), headers=HEADERS)


def _other_kind(entry: dict[str, Any], identifier: str) -> str:
    """What an entry of a list, or a page as `window.DATA` has it, is instead of an article; "" for an article."""
    kind = KINDS.get(str(entry.get("articletype") or entry.get("article_type")), "")
    if kind == "video" or identifier[8:9] == "V":
        return "video"
    if entry.get("entity_type") == "question" or identifier[8:9] == "Q":
        return "question"
    if entry.get("component") not in (None, "pictext"):
        return str(entry["component"])
    if entry.get("article_is_pay") in (True, 1, "1", "true"):
        return "paid article: only a part of its text is there"
    return kind


def _described(page: Page, identifier: str) -> dict[str, Any]:
    """The article as the page's `window.DATA` describes it, or `window.initData` in the same words; {} without both."""
    readable = json_after(page.text, "window.DATA")
    if not readable and re.search(r"window\.DATA\s*=\s*\{", page.text):
        raise Incomplete("window.DATA breaks off: none of its assignments can be read")
    # `article_id` may lack the last "00", or be another number than the address has (then `cms_id` is it).
    keys = ("article_id", "cms_id", "cmsId")
    named = {str(data[key]): data for data in map(_dict, readable) for key in keys if data.get(key)}
    found = named.get(identifier) or named.get(identifier.removesuffix("00"))
    if named and not found:
        raise LayoutChanged(f"window.DATA is of another article: {', '.join(named)}")
    for data in json_after(page.text, "window.initData"):
        content = _dict(_dict(data).get("content"))
        words = {"media": "source", "originContent": "content", "originAttribute": "attribute", "initData": "shareImg"}
        return content | {word: content.get(theirs) for word, theirs in words.items()}
    return _dict(found)


def _read_body(page: Page, data: dict[str, Any], title: str) -> tuple[str, HtmlElement]:
    """The first generation that finds a body with text in it, and the body."""
    pictures = False
    for reader, read in READERS.items():
        if (body := read(page, data)) is None:
            continue
        for image in all_of(body, "img"):
            addresses = (image.get("src"), image.get("data-src"))  # until it is loaded, a data: address may stand first
            source = next((address for address in addresses if address and not address.startswith("data:")), "")
            image.set("src", f"https:{source}" if source.startswith("//") else source)
        if text(body) not in ("", title):
            return reader, body
        pictures = pictures or bool(all_of(body, "img"))
    if pictures:
        raise Skipped("the body has pictures but no text")
    raise missing_field(
        page, "body", "#article-content .rich_media_content", "#article-content .qnt-p", besides="window.DATA"
    )


def _from_data(page: Page, data: dict[str, Any]) -> HtmlElement | None:
    """Comments name what belongs in their place: pictures are put there, all else (videos, marks) leaves nothing."""
    html = _dict(data.get("originContent")).get("text")
    if not isinstance(html, str):
        return None
    body = parse_fragment(html)
    for comment in list(body.iter(Comment)):
        name = (comment.text or "").strip()
        picture = _dict(_dict(data.get("originAttribute")).get(name))
        source = picture.get("origUrl") or picture.get("url") or picture.get("imgurl0")
        if name.startswith("IMG_") and source:
            comment.addprevious(body.makeelement("img", {"alt": "图片", "src": str(source)}))
    return _without(body, "style, script")


def _from_dom(page: Page, data: dict[str, Any]) -> HtmlElement | None:
    return _copy(page, "#article-content .rich_media_content", "style, script")


def _from_blocks(page: Page, data: dict[str, Any]) -> HtmlElement | None:
    body = _copy(page, "#article-content", "style, script, .article-top-content")
    if body is None or not all_of(body, ".qnt-p"):
        return None
    for css, tag in ((".qnt-strong", "strong"), (".qnt-h2", "h2")):
        for node in all_of(body, css):
            node.tag = tag
    return body


def _from_g2(page: Page, data: dict[str, Any]) -> HtmlElement | None:
    body = _copy(page, "div.LEFT .content-article", "style, script, #Status")
    if body is not None:
        # White space and comments before the first paragraph are the template's, and count in no summary.
        while len(body) and isinstance(body[0], HtmlComment) and not (body.text or "").strip():
            body[0].drop_tree()
        body.text = body.text if (body.text or "").strip() else None
    return body


def _from_g1(page: Page, data: dict[str, Any]) -> HtmlElement | None:
    # The pictures of that host are the site's own: its logo behind the text.
    return _copy(page, "#Cnt-Main-Article-QQ", "style, script, img[src*='mat1.gtimg.com']")


READERS: dict[str, Callable[[Page, dict[str, Any]], HtmlElement | None]] = {
    "data": _from_data,
    "dom": _from_dom,
    "blocks": _from_blocks,
    "G2": _from_g2,
    "G1": _from_g1,
}


def _copy(page: Page, css: str, unwanted: str) -> HtmlElement | None:
    """A copy of the first node that *css* finds (imported bodies may hold a second one inside), or None."""
    found = all_of(page, css)
    return _without(copy.deepcopy(found[0]), unwanted) if found else None


def _without(body: HtmlElement, unwanted: str) -> HtmlElement:
    for node in all_of(body, unwanted):
        node.drop_tree()
    return body


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
