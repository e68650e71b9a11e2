"""新浪财经 (finance.sina.com.cn): market news; the rolling lists (滚动新闻) come from feed.mix.sina.com.cn as JSON.

The id of an article is that in its URL (doc-<id>.shtml), which wap pages share; `oid` in the lists is another number.
Lists also lead to slides (slide.*), videos (video.sina.com.cn) and special topics (/zt_d/), which have no text.

CERTAIN (public code, finished files): the lists with `result.data[]`, pageid and lid of the channels, `num` up to 50;
`#artibody`, or `#article` at news.sina.com.cn, with the parts to drop; `article:published_time`, to the second.
`intime` in the list is the same time, `mtime` is later. Some URLs in the lists begin with http://.
INFERRED: an empty list is the end; the notices 页面没有找到 and 拒绝访问 with HTTP 200; `.date-source`.
"""

from __future__ import annotations

import re

from scrapy import Request

from crawler.crawl.spider import SiteSpider
from crawler.reading.bodies import Body
from crawler.reading.errors import LayoutChanged
from crawler.reading.rows import JsonRows
from crawler.reading.xml_listing import listing_request

FEED = "https://feed.mix.sina.com.cn/api/roll/get?pageid={}&lid={}&num=50&page=1"
CHANNELS = {  # pageid, lid
    "usstock": (153, 2518), "stock": (153, 2517), "finance": (153, 2516), "tech": (153, 2515),
    "hkstock": (384, 2674), "china-concept": (384, 2673), "global": (384, 2676), "forex": (384, 2487),
    "china": (155, 1686), "macro": (155, 1687),
}  # fmt: skip
PROMOTIONS = ".appendQr_wrap, .article-editor, .app-kaihu-qr, #left_hzh_ad, .tech-quotation"


class SinaSpider(SiteSpider):
    name = "sina"
    site = "https://finance.sina.com.cn"
    hosts = ("feed.mix.sina.com.cn", "finance.sina.com.cn", "news.sina.com.cn", "tech.sina.com.cn")
    picture_hosts = ("*.sinaimg.cn", "image.sinajs.cn")
    channels = {name: FEED.format(*numbers) for name, numbers in CHANNELS.items()}
    default_channels = ("usstock",)
    title_suffixes = ("_新浪财经_新浪网", "_新浪科技_新浪网", "_新浪新闻", "_新浪网")
    block_marks = ("拒绝访问",)
    gone_marks = ("页面没有找到",)
    schedule = "3 6-23/3 * * *"
    article_urls = (
        re.compile(
            r"https?://(?P<host>(?:finance|news|tech)\.sina\.com\.cn)"
            r"(?P<path>/(?!private/|zt_d/)(?:[\w-]+/)+doc-(?P<id>i[a-z0-9]+)\.shtml)(?:[?#].*)?"
        ),
    )
    listing_urls = re.compile(
        r"https?://(?:(?:news|finance)\.sina\.com\.cn/roll/(?:index\.d\.html)?[?#]|feed\.mix\.sina\.com\.cn/api/roll/get\?)"
        r"pageid=(?P<pageid>[0-9]+)&lid=(?P<lid>[0-9]+)(?:&.*)?"
    )
    rows = JsonRows(
        "result.data",
        "url",
        date="intime",
        skip="contains(url, '//slide.') || contains(url, '//video.') || contains(url, '/zt_d/')",
        number="page",
    )
    json_marks = {"result.status.code != `0`": LayoutChanged}
    fields = {
        "title": "h1.main-title, #artibodyTitle",
        "date": 'meta[property="article:published_time"], .date-source .date, #pub_date',
        "publisher": ".date-source .source",
        "keywords": 'meta[name="keywords"]',
    }
    pictures_suffice = True
    bodies = {"artibody": Body("#artibody", drop=PROMOTIONS), "article": Body("#article", drop=PROMOTIONS)}

    @classmethod
    def open_listing(cls, url: str) -> Request | None:
        found = cls.listing_urls.fullmatch(url)
        return listing_request(FEED.format(found["pageid"], found["lid"])) if found else None
