"""雷递网 (www.leinews.com): IPOs and results of companies.

Pages are script shells; lists and texts come from an API without login or key. The first entry, an old one, is pinned.

CERTAIN (public code, finished files): both methods with the order of their parameters, `CreateDate` in Beijing time,
ShopUser 80889, the closing line of each text.
INFERRED: `flag`, the time of the request in public code, can be any number; an empty list is the end; a text that was
deleted or is for members has no `data`, and a video an empty `NewsContent`; the words of `message`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, unquote

from lxml.html import HtmlElement
from scrapy import Request
from scrapy.http import JsonRequest

from crawler.crawl.spider import SiteSpider
from crawler.items import Link
from crawler.reading.bodies import JsonBody
from crawler.reading.errors import Gone, Skipped
from crawler.reading.numbered import parameters_of
from crawler.reading.page import Page
from crawler.reading.rows import JsonRows

API = "https://www.leinews.com/Common/YiAPP.ashx?YiAPP_Method=uNews.{}&YiAPP_Action=YiAPP.APP.SHOP&YiAPP_SIKW=true"
CLOSING = re.compile(r"雷递由媒体人雷建平创办[，,]?\s*若转载请写明来源[。.]?")


class LeinewsSpider(SiteSpider):
    name = "leinews"
    site = "https://www.leinews.com"
    hosts = ("www.leinews.com",)
    picture_hosts = ("leidinews-1256465536.cos.ap-chengdu.myqcloud.com", "*.toutiaoimg.com")
    channels = {"news": "/"}
    default_channels = ("news",)
    schedule = "59 8,12,18,22 * * *"
    article_urls = (re.compile(r"https?://(?:www\.)?leinews\.com(?P<path>/n(?P<id>[0-9]+)/detail\.html)(?:[?#].*)?"),)
    rows = JsonRows("data.data", f"{site}/n{{NewsCode}}/detail.html", title="NewsTitle", date="CreateDate")
    json_marks = {
        "contains(message, '权限')": Skipped,  # for members
        "!contains(keys(@), 'data')": Gone,
        "contains(keys(data), 'NewsContent') && !(data.NewsContent)": Skipped,  # a video
    }
    json_fields = {
        "title": "data.NewsTitle", "date": "data.CreateDate", "thumbnail": "data.NewsImage",
        "author": "data.NewsAuthor", "publisher": "data.NewsSource",
    }  # fmt: skip
    json_link = f"{site}/n{{data.NewsCode}}/detail.html"
    pictures_suffice = True
    bodies = {"api": JsonBody("data.NewsContent", closing=CLOSING)}

    @classmethod
    def open_channel(cls, channel: str) -> Request:
        return _request("PC_SearchNewsInfoList", ShopUser="80889", ColumnCode="", page="1", rows="10")

    @classmethod
    def next_listings(cls, page: Page, rows: Sequence[Any]) -> tuple[Request, ...]:
        sent = json.loads(unquote(str(parameters_of(page)["queryparams"])))
        return (_request("PC_SearchNewsInfoList", **sent | {"page": str(int(sent["page"]) + 1)}),)

    @classmethod
    def open_article(cls, link: Link) -> Request:
        return _request("PC_GetNewsInfo", NewsCode=link.id)

    @classmethod
    def clean(cls, page: Page, body: HtmlElement) -> HtmlElement:
        for node in body.iter():
            node.text, node.tail = CLOSING.sub("", node.text or ""), CLOSING.sub("", node.tail or "")
        return body


def _request(method: str, **parameters: str) -> Request:
    query = quote(json.dumps(parameters, separators=(",", ":")), safe=":,")
    name = f"YiAPP.APP.SHOP%7CYiAPP.APP.SHOP.uNews.{method}"
    return JsonRequest(API.format(method), data={"flag": 1, "MethodName": name, "queryparams": query, "sikw": 1})
