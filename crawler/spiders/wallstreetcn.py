"""华尔街见闻 (wallstreetcn.com): news of world markets, short comments on charts (/charts/), flashes (/livenews/).

Pages are script shells; the texts come from the JSON API of the site, which needs no login and no key. Paid texts and
videos are not read: the API marks them, in the list or only in the response for the article. A /member/ address alone
does not mark one: some of these texts are free. A firewall responds with HTML (您的访问被阻断).

CERTAIN (public code, finished files): the list and its channels, `data.content` and `data.content_more`, the marks of
paid texts, `code` 20000 and 60301 (deleted, HTTP 200), adverts and themes among the articles, texts without a title.
INFERRED: the form of `next_cursor`; a chart's pictures are in `images`, not in its text; other values of `code`.
"""

from __future__ import annotations

import re

from scrapy import Request

from crawler.crawl.spider import SiteSpider
from crawler.items import Link
from crawler.reading.bodies import JsonBody
from crawler.reading.errors import Gone, LayoutChanged, Skipped
from crawler.reading.rows import JsonRows

SITE = r"https?://(?:www\.|m\.)?wallstreetcn\.com"
API = "https://api-one-wscn.awtmt.com/apiv1/content"
FLOW = f"{API}/information-flow?channel={{}}&accept=article&cursor=&limit=20&action=upglide"
SECTIONS = (
    "shares", "bonds", "commodities", "forex", "enterprise", "asset-manage", "tmt", "estate", "car", "medicine",
)  # fmt: skip
KINDS = {"charts": "charts/{}", "livenews": "lives/{}", "articles": "articles/{}?extract=0"}  # in URLs -> in the API
PAID = (
    "(is_need_pay || is_paid || is_priced || is_trial || is_vip || is_in_vip_privilege || product_id || membership_uri"
    " || contains(uri, '/premium/'))"
)


class WallstreetcnSpider(SiteSpider):
    name = "wallstreetcn"
    site = "https://wallstreetcn.com"
    hosts = ("api-one-wscn.awtmt.com",)
    picture_hosts = ("wpimg-wscn.awtmt.com", "wdl-wscn.awtmt.com", "mmbiz-qpic.wscn.net")
    channels = {"global": FLOW.format("global"), **{name: FLOW.format(f"{name}-channel") for name in SECTIONS}}
    default_channels = ("global",)
    schedule = "29 7-23/4 * * *"
    article_urls = (
        re.compile(rf"{SITE}(?P<path>/(?:(?:premium/|member/)?articles|charts|livenews)/(?P<id>[0-9]+))/?(?:[?#].*)?"),
    )
    listing_urls = re.compile(rf"{SITE}/news/(?P<channel>{'|'.join(('global', *SECTIONS))})/?(?:[?#].*)?")
    rows = JsonRows(
        "data.items", "resource.uri", title="resource.title || resource.content_text", date="resource.display_time",
        skip=f"contains(['ad', 'theme'], resource_type) || (resource | {PAID})",
        next="data.next_cursor", cursor="cursor",
    )  # fmt: skip
    json_marks = {
        "code == `60301`": Gone,
        "code != `20000`": LayoutChanged,
        f"data | {PAID}": Skipped,
        "data.videos": Skipped,
        "data.images && !(data.content)": Skipped,
    }
    json_fields = {
        "title": "data.title || data.content_text", "date": "data.display_time",
        "thumbnail": "data.image.uri || data.images[0].uri", "author": "data.author.display_name",
        "author_url": "data.author.uri", "publisher": "data.source_name", "keywords": "data.asset_tags[].name",
    }  # fmt: skip
    json_link = "data.uri"
    pictures_suffice = True
    bodies = {"api": JsonBody("join('', [data.content, data.content_more || ''])")}

    @classmethod
    def open_listing(cls, url: str) -> Request | None:
        found = cls.listing_urls.fullmatch(url)
        return cls.open_channel(found["channel"]) if found else None

    @classmethod
    def open_article(cls, link: Link) -> Request:
        return Request(f"{API}/{KINDS[link.url.split('/')[-2]].format(link.id)}")
