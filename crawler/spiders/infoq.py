"""InfoQ 中文站, www.infoq.cn: news and articles on software development.

An article takes two requests: its data, and at `content_url` the text, a document of a ProseMirror editor.

CERTAIN (public code, finished files): POST getList and getDetail; `uuid`, `article_title`, `article_cover`, `sub_type`
(4 = /news/), `publish_time` in ms; the types paragraph, heading, image, bulletedlist, listitem, link, codeblock and
blockquote; a text may be HTML, and may be in `content`. INFERRED: `score` leads to the next page; the code of deleted
articles; the fields of a video; an entry with `href` leads elsewhere; the hosts of the texts.

Some callers get HTTP 451. The site names no requirement that they could meet, and the crawler does not work around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from scrapy import Request
from scrapy.http import JsonRequest

from crawler.crawl.spider import SiteSpider
from crawler.items import Article, Link
from crawler.reading.bodies import JsonBody
from crawler.reading.ending import is_closed
from crawler.reading.errors import Blocked, Gone, Incomplete, LayoutChanged, Skipped
from crawler.reading.json_values import json_of, value_at
from crawler.reading.numbered import with_parameter
from crawler.reading.page import Page
from crawler.reading.prosemirror import unknown_types
from crawler.reading.query import required
from crawler.reading.rows import JsonRows
from crawler.text.urls import requestable_url

API = "https://www.infoq.cn/public/v1/article"
TOPIC = re.compile(r"https?://(?:www\.)?infoq\.cn/topic/([0-9]{1,9})/?(?:[?#].*)?")
is_document = re.compile(r"\A\s*+<(?:!doctype|html|head|body)\b", re.IGNORECASE).match


class InfoqSpider(SiteSpider):
    name = "infoq"
    site = "https://www.infoq.cn"
    hosts = ("www.infoq.cn", "static001.infoq.cn", "static001.geekbang.org")
    channels = {"news": "/topic/11"}
    default_channels = ("news",)
    schedule = "7 9,13,18,21 * * *"
    article_urls = (
        re.compile(
            r"https?://(?:www\.)?infoq\.cn(?P<path>/(?:article|news)/(?P<id>[0-9A-Za-z][0-9A-Za-z_-]*))/?(?:[?#].*)?"
        ),
    )
    rows = JsonRows(
        "data",
        link="href || sub_type == `4` && join('', ['/news/', uuid]) || join('', ['/article/', uuid])",
        title="article_title",
        date="publish_time",
    )
    json_fields = {
        "title": "data.article_title",
        "date": "data.publish_time",
        "author": "data.author && join('、', data.author[].nickname) || data.no_author",
        "thumbnail": "data.article_cover",
        "keywords": "[data.topic, data.label][][].name",
        "brief": "data.article_summary",
    }
    bodies = {"document": JsonBody("text")}

    @classmethod
    def open_channel(cls, channel: str) -> Request:
        return required(cls.open_listing(cls.site + cls.channels[channel]), "channel")

    @classmethod
    def open_listing(cls, url: str) -> Request | None:
        found = TOPIC.fullmatch(url)
        data = {"type": 1, "ptype": 0, "size": 30, "id": int(found[1])} if found else {}
        return JsonRequest(f"{API}/getList", data=data) if found else None

    @classmethod
    def next_listings(cls, page: Page, rows: Sequence[Any]) -> tuple[Request, ...]:
        score = rows[-1].get("score")
        return (with_parameter(page, "score", score),) if score else ()

    @classmethod
    def open_article(cls, link: Link) -> Request:
        return JsonRequest(f"{API}/getDetail", data={"uuid": link.id})

    @classmethod
    def second_request(cls, page: Page) -> Request | None:
        url = _article(page).get("content_url")
        found = requestable_url(str(url), page.url) if url else ""
        return Request(found) if found else None

    @classmethod
    def json_of(cls, page: Page) -> Any:
        return {"data": _article(page), "text": _text(page)}

    @classmethod
    def identities(cls, page: Page) -> Iterator[Link | None]:
        yield cls.article_link(f"{cls.site}/article/{_article(page).get('uuid')}")

    @classmethod
    def read_article(cls, page: Page) -> Article:
        article = super().read_article(page)
        unknown = "" if article.body is None else " ".join(unknown_types(article.body))
        return replace(article, chosen={**article.chosen, "nodes": unknown}) if unknown else article


def _article(page: Page) -> dict[str, Any]:
    """Return the data of an article. Raises `PageError`."""
    answer = json_of(page)
    data, message = value_at(answer, "data"), str(value_at(answer, "error.msg || code") or "")
    if not isinstance(data, dict) or not data:
        raise (Gone if re.search("不存在|删除|下线|下架", message) else Blocked)(
            f"response without an article: {message}"
        )
    if not data.get("content_url") and not data.get("content"):
        if "content_url" not in data:
            raise LayoutChanged("content_url is missing in the JSON")
        raise Skipped("the article has no text: a video")
    return data


def _text(page: Page) -> object:
    """Return the text of an article: a document of the editor, or HTML. Raises `PageError`."""
    text = page.second_page.text if page.second_page else str(_article(page).get("content"))
    if text.lstrip().startswith("{"):
        return json_of(page.second_page or Page(page.url, text.encode()))
    if page.second_page and is_document(text):
        raise Blocked("a page instead of the text of the article")
    if page.second_page and (page.second_page.truncated or not is_closed(text)):
        raise Incomplete("the text of the article is truncated")
    return text
