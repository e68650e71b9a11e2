"""Jinwu 金吾财讯: news of Hong Kong's stock exchange; IPOs at ipo.jinwucj.com, companies (hk) at sky.szfiu.com.

The lists contain whole articles: one request reads ten of them, and article pages, which are empty script shells, are
not requested. The same text may be on both sites under two ids: these are two articles.

CERTAIN (public code, finished files): the list of IPOs with `id`, `title`, `content` and `updatedTime` in `body.list`;
titles may begin with a blank. INFERRED: the list of companies with `pubDate`, its paging, the URLs of the pages.
"""

from __future__ import annotations

import re
from dataclasses import replace

from scrapy import Request
from scrapy.http import JsonRequest

from crawler.crawl.spider import SiteSpider
from crawler.items import Link
from crawler.reading.bodies import JsonBody
from crawler.reading.page import Page
from crawler.reading.rows import AnyRows, JsonRows


class JinwucjSpider(SiteSpider):
    name = "jinwucj"
    site = "https://ipo.jinwucj.com"
    hosts = ("ipo.jinwucj.com", "pro-app-sky-api.szfiu.com")
    picture_hosts = ("img.szfiu.com", "static.szfiu.com")
    channels = {"ipo": "/api/info/getInfoList", "hk": "https://pro-app-sky-api.szfiu.com/news/v1/list"}
    default_channels = ("ipo", "hk")
    schedule = "13 8,12,18,22 * * *"
    article_urls = (
        re.compile(r"https?://ipo\.jinwucj\.com(?P<path>/info/infoDetails/(?P<id>[0-9]+))/?(?:[?#].*)?"),
        re.compile(r"https?://(?P<host>sky\.szfiu\.com)(?P<path>/info/hk/details/(?P<id>[0-9]+))/?(?:[?#].*)?"),
    )
    rows = JsonRows(
        "body.list",
        f"{site}/info/infoDetails/{{id}}",
        date="updatedTime",
        skip="!content",  # it is deleted
        number="pageNum",
        whole=True,
    )
    hk_rows = replace(rows, link="https://sky.szfiu.com/info/hk/details/{id}", date="pubDate")
    json_fields = {"title": "title", "date": "updatedTime || pubDate"}
    bodies = {"list": JsonBody("content")}

    @classmethod
    def open_channel(cls, channel: str) -> Request:
        return JsonRequest(super().open_channel(channel).url, data={"pageNum": 1, "pageSize": 10})

    @classmethod
    def open_article(cls, link: Link) -> None:
        return None

    @classmethod
    def rows_at(cls, page: Page) -> AnyRows:
        return cls.rows if page.url.startswith(cls.site) else cls.hk_rows
