"""Listings in JSON of invented sites: in a response, or in the scripts of an HTML page; see `forms`."""

# ruff: noqa: E501  (lines of HTML)
from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crawler.text.dates import BEIJING
from tests.scaffold.forms import FOOTER, MENU, NOISE, Form, Story, head, ps, stories

API = "https://api.site.example"
SITE = "https://www.site.example"


@dataclass(frozen=True)
class JsonForm:
    """A site: {URL: body}, its articles in the order of the listing, and what the draft needs and should declare."""

    pages: dict[str, str]
    stories: tuple[Story, ...]
    listing: str  # URL
    article: str  # URL of an article for the command; "" if it needs none
    next_url: str  # of the second page; "" without paging
    is_whole: bool = False
    state: str = ""

    def url(self, story: Story) -> str:
        return story.path if "://" in story.path else SITE + story.path

    def html(self) -> Form:
        """Return the site for a server that has one host."""
        pages = {url.removeprefix(SITE).removeprefix(API): body for url, body in self.pages.items()}
        return Form(pages, self.stories, self.listing.removeprefix(SITE).removeprefix(API), "")


def epoch(story: Story, factor: int = 1) -> int:
    moment = datetime.fromisoformat(story.date).replace(tzinfo=BEIJING)
    return int(moment.timestamp()) * factor


def article(story: Story) -> str:
    return head(f"{story.title}_云溪谷") + (
        f'<body><div class="top">{MENU}</div><div class="post"><h1 class="post-title">{story.title}</h1><div class="post-meta"><span class="when">{story.minute}</span>'
        f'<span class="by">作者：{story.author}</span></div><div class="post-text">{ps(story)}</div></div><div class="foot">{FOOTER}</div></body></html>'
    )


def dumps(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)


def form(site: tuple[Story, ...], listing: str, data: Any, next_url: str, given: bool = False, **more: Any) -> JsonForm:
    """Return a form with *data*, JSON or a page, as its listing. *given*: the command gets the URL of an article."""
    pages = {listing: data if isinstance(data, str) else dumps(data)}
    pages |= {story.path if "://" in story.path else SITE + story.path: article(story) for story in site}
    first = site[1].path if "://" in site[1].path else SITE + site[1].path
    return JsonForm(pages, site, listing, first if given else "", next_url, **more)


def list_with_urls() -> JsonForm:
    """Entries with absolute URLs and pictures; dates in milliseconds; an advert without a date; a list of tags."""
    site = stories(lambda number: f"/a/{7700 + number}.html", 21)
    rows = [
        {"id": 7700 + number, "title": each.title, "pic": f"{SITE}/i/{number}.jpg", "url": f"{SITE}{each.path}", "publishTime": epoch(each, 1000),
         "updateTime": epoch(each, 1000) + 5000, "author": {"name": each.author, "url": f"{SITE}/u/{number}"}, "summary": each.paragraphs[0][:40], "tags": [{"name": "产业", "url": "/t/1"}]}
        for number, each in enumerate(site)
    ]  # fmt: skip
    rows.insert(3, {"type": "ad", "link": "http://ad.example/1", "name": NOISE})
    data = {"code": 0, "msg": "ok", "data": {"total": 99, "list": rows, "hot": rows[:2]}}
    return form(site, f"{API}/v1/news?channel=3&page=1&size=20", data, f"{API}/v1/news?channel=3&page=2&size=20")


def list_with_ids() -> JsonForm:
    """Entries with ids only; the URL of an article is given. The API is on another host, and the number is pageNum."""
    site = stories(lambda number: f"/news/detail?id={880012 + number}", 22)
    rows = [
        {
            "newsId": 880012 + number,
            "newsTitle": each.title,
            "categoryId": 5,
            "createTime": each.date,
            "cover": "/c.png",
        }
        for number, each in enumerate(site)
    ]
    return form(
        site, f"{API}/list?pageNum=1", {"result": {"records": rows, "current": 1}}, f"{API}/list?pageNum=2", given=True
    )


def list_with_sections() -> JsonForm:
    """The URL contains a section and an id; the root of the JSON is the list; the number is in the path."""
    names = ("ai", "chip", "auto", "ai", "chip", "auto")
    site = stories(lambda number: f"/{names[number]}/{5550100 + number}.html", 23)
    rows = [
        {"id": str(5550100 + number), "slug": names[number], "title": each.title, "date": epoch(each)}
        for number, each in enumerate(site)
    ]
    return form(site, f"{SITE}/api/latest/1", rows, f"{SITE}/api/latest/2", given=True)


def relative_urls() -> JsonForm:
    """Relative URLs from another host; one list for each day; a cursor in the JSON."""
    site = stories(lambda number: f"/p/x{number}f3a{number}9.html", 24)
    days = [
        {"day": each.day, "items": [{"link": each.path, "headline": each.title, "pub_date": each.date}]}
        for each in site
    ]
    data = {"data": {"days": days, "nextCursor": "eyJ4IjoxfQ"}}
    return form(site, f"{API}/feed?cursor=&limit=10", data, f"{API}/feed?cursor=eyJ4IjoxfQ&limit=10", given=True)


def nodes() -> JsonForm:
    """GraphQL: nodes in edges; the URL of the next page is in the JSON."""
    site = stories(lambda number: f"/s/{'abcdef'[number]}-story-{number}-of-day", 25)
    rows = [
        {
            "cursor": str(number),
            "node": {
                "slug": each.path[3:],
                "title": each.title,
                "url": SITE + each.path,
                "publishedAt": each.date.replace(" ", "T") + "+08:00",
            },
        }
        for number, each in enumerate(site)
    ]
    return form(
        site, f"{SITE}/graph.json", {"edges": rows, "next": "/graph.json?after=5"}, f"{SITE}/graph.json?after=5"
    )


def last_id() -> JsonForm:
    """The cursor is the id of the last entry."""
    site = stories(lambda number: f"/flash/{990100 - number}", 26)
    rows = [
        {"id": 990100 - number, "content": each.title, "title": each.title, "time": each.minute}
        for number, each in enumerate(site)
    ]
    return form(site, f"{SITE}/api/flash?lastId=0", {"data": rows}, f"{SITE}/api/flash?lastId=990095", given=True)


def offset() -> JsonForm:
    site = stories(lambda number: f"/d/{120055 + number}.shtml", 27)
    rows = [
        {"docid": 120055 + number, "title": each.title, "docurl": f"//www.site.example{each.path}", "ptime": each.date}
        for number, each in enumerate(site)
    ]
    return form(site, f"{SITE}/api/docs?offset=0&n=6", {"items": rows}, f"{SITE}/api/docs?offset=6&n=6")


def whole_entries() -> JsonForm:
    """Entries with the HTML of the whole text, and a summary; article pages are scripts."""
    site = stories(lambda number: f"/info/{3340 + number}", 28, (5, 4, 4))
    rows = [
        {
            "id": 3340 + number,
            "title": f" {each.title}",
            "content": ps(each),
            "digest": f"<p>{each.paragraphs[0][:50]}…</p>",
            "authorName": each.author,
            "updatedTime": each.date,
        }
        for number, each in enumerate(site)
    ]
    result = form(
        site,
        f"{SITE}/api/info?pageNo=1",
        {"body": {"list": rows}},
        f"{SITE}/api/info?pageNo=2",
        given=True,
        is_whole=True,
    )
    shell = '<html><body><div id="app"></div><script src="/a.js"></script></body></html>'
    return JsonForm(
        {result.listing: result.pages[result.listing]} | {SITE + each.path: shell for each in site},
        site,
        result.listing,
        result.article,
        result.next_url,
        True,
    )


def whole_entries_with_urls() -> JsonForm:
    site = stories(lambda number: f"/kx/{61 + number}.html", 29, (3, 3, 3))
    rows = [
        {
            "guid": number,
            "subject": each.title,
            "link": SITE + each.path,
            "html": f"<div>{ps(each)}</div>",
            "writer": each.author,
            "date": epoch(each),
        }
        for number, each in enumerate(site)
    ]
    return form(site, f"{SITE}/kx.json?p=1", {"rows": rows}, f"{SITE}/kx.json?p=2", is_whole=True)


def shell(title: str, scripts: str, body: str = "") -> str:
    return (
        head(title)
        + f'<body><div class="menu">{MENU}</div>{body}<div id="main"></div>{scripts}<div class="foot">{FOOTER}</div></body></html>'
    )


def state_with_urls() -> JsonForm:
    """The list is in a variable of a script, and not in the HTML."""
    site = stories(lambda number: f"/post/{45000 + number}", 30)
    rows = [
        {"id": 45000 + number, "title": each.title, "path": each.path, "publishDate": each.date}
        for number, each in enumerate(site)
    ]
    state = {
        "user": None,
        "home": {
            "feed": {"list": rows, "page": 1},
            "menu": [{"name": "科技", "path": "/t/1"}, {"name": "财经", "path": "/t/2"}],
        },
    }
    scripts = (
        f'<script>window.CONFIG = {{"a": 1}}; window.__INITIAL_STATE__ = {dumps(state)};(function(){{}})()</script>'
    )
    return form(
        site, f"{SITE}/home?page=1", shell("首页", scripts), f"{SITE}/home?page=2", state="window.__INITIAL_STATE__"
    )


def next_data() -> JsonForm:
    """The list is in `__NEXT_DATA__`, with ids; the URLs are known from an article."""
    site = stories(lambda number: f"/story/{660010 + number}", 31)
    rows = [
        {"articleId": 660010 + number, "articleTitle": each.title, "publishedAt": epoch(each, 1000)}
        for number, each in enumerate(site)
    ]
    data = dumps({"props": {"pageProps": {"articles": rows}}, "page": "/"})
    scripts = f'<script id="__NEXT_DATA__" type="application/json">{data}</script>'
    pager = '<div class="pager"><a class="next" href="/latest/page/2">下一页</a></div>'
    return form(
        site,
        f"{SITE}/latest",
        shell("最新", scripts, pager),
        f"{SITE}/latest/page/2",
        given=True,
        state="script#__NEXT_DATA__",
    )


def state_with_links() -> JsonForm:
    """The list is in a script; the HTML has a few pictures that link to its articles."""
    site = stories(lambda number: f"/view/{number}/{2026110 + number}.html", 32)
    rows = [
        {"id": 2026110 + number, "kind": str(number), "title": each.title, "time": each.date}
        for number, each in enumerate(site)
    ]
    pictures = "".join(f'<a href="{each.path}"><img src="/{number}.jpg"></a>' for number, each in enumerate(site[:3]))
    return form(
        site,
        f"{SITE}/view/",
        shell("图片", f"<script>var listData = {dumps(rows)};</script>", pictures),
        "",
        state="var listData",
    )


def state_of_articles() -> JsonForm:
    """List and texts are in scripts only."""
    site = stories(lambda number: f"/r/{70100 + number}.html", 33, (4, 4))
    rows = [
        {"id": 70100 + number, "title": each.title, "url": each.path, "time": each.date}
        for number, each in enumerate(site)
    ]
    result = form(
        site,
        f"{SITE}/r/?page=1",
        shell("研究", f"<script>window.STATE={dumps({'list': rows})}</script>"),
        f"{SITE}/r/?page=2",
        state="window.STATE",
    )
    pages = {result.listing: result.pages[result.listing]}
    for each in site:
        data = {
            "detail": {
                "title": each.title,
                "content": ps(each),
                "author": {"name": each.author},
                "publishTime": epoch(each),
            },
            "related": rows[:3],
        }
        pages[SITE + each.path] = shell(each.title, f"<script>window.STATE={dumps(data)}</script>")
    return JsonForm(pages, site, result.listing, "", result.next_url, state="window.STATE")


def api_of_articles() -> JsonForm:
    """The URL of an article is that of JSON, which has the text; keys with hyphens."""
    site = stories(lambda number: f"{API}/detail?id={88001 + number}", 34, (4, 4))
    rows = [
        {"news-id": 88001 + number, "news-title": each.title, "pub-time": each.date} for number, each in enumerate(site)
    ]
    result = form(site, f"{API}/list?pageNum=1", {"my-list": rows}, f"{API}/list?pageNum=2", given=True)
    pages = {result.listing: result.pages[result.listing]}
    for number, each in enumerate(site):
        data = {
            "id": 88001 + number,
            "title": each.title,
            "content": ps(each),
            "author": each.author,
            "publishTime": epoch(each, 1000),
        }
        pages[each.path] = dumps({"code": 0, "data": data})
    return JsonForm(pages, site, result.listing, result.article, result.next_url)


def entries_by_id() -> JsonForm:
    """An object with an entry for each id; titles of a ranking in another list."""
    site = stories(lambda number: f"/q/{91001 + number}.html", 35)
    rows = {
        str(91001 + number): {"id": 91001 + number, "name": each.title, "link": each.path, "createdAt": each.date}
        for number, each in enumerate(site)
    }
    hot = [{"id": 5, "name": f"{NOISE}一条很久以前的热门文章的题目", "link": "/q/5.html"}]
    return form(site, f"{SITE}/store.json?p=1", {"entities": rows, "hot": hot}, f"{SITE}/store.json?p=2")


def blocks() -> JsonForm:
    """Several blocks, and in one of them the list; the variable is an element of window."""
    site = stories(lambda number: f"/b/{'abcdef'[number]}{number}c{number}d-{number}", 36)
    rows = [{"uuid": each.path[3:], "title": each.title, "date": epoch(each)} for each in site]
    data = {"blocks": [{"kind": "focus", "items": []}, {"kind": "list", "items": rows}]}
    return form(
        site,
        f"{SITE}/b/",
        shell("区块", f"<script>window['DATA'] = {dumps(data)}</script>"),
        "",
        given=True,
        state="window['DATA']",
    )


_ALL: tuple[Callable[[], JsonForm], ...] = (
    list_with_urls, list_with_ids, list_with_sections, relative_urls, nodes, last_id, offset, whole_entries,
    whole_entries_with_urls, state_with_urls, next_data, state_with_links, state_of_articles,
    api_of_articles, entries_by_id, blocks,
)  # fmt: skip
JSON_FORMS = {make.__name__: make() for make in _ALL}
