"""URLs of articles, of listings, and of neither: all known forms of each source."""

from __future__ import annotations

import pytest

from crawler.reading.source import Source
from crawler.spiders.bioon import BioonSpider
from crawler.spiders.c114 import C114Spider
from crawler.spiders.hibor import HiborSpider
from crawler.spiders.infoq import InfoqSpider
from crawler.spiders.iyiou import IyiouSpider
from crawler.spiders.jin10 import Jin10Spider
from crawler.spiders.leinews import LeinewsSpider
from crawler.spiders.pingwest import PingwestSpider
from crawler.spiders.qq import QqSpider
from crawler.spiders.sina import SinaSpider
from crawler.spiders.wallstreetcn import WallstreetcnSpider
from crawler.spiders.woshipm import WoshipmSpider

QQ, QQ_ID = "https://new.qq.com/rain/a/20250211A08TG500", "20250211A08TG500"
HIBOR_ID = "0c8815fc4ba7f036ef17b38820e6a1ec"
HIBOR = f"https://www.hibor.com.cn/data/{HIBOR_ID}.html"
IYIOU, IYIOU_ID = "https://www.iyiou.com/news/202502051089551", "202502051089551"
WOSHIPM, WOSHIPM_ID = "https://www.woshipm.com/ai/6183097.html", "6183097"
INFOQ, INFOQ_ID = "https://www.infoq.cn/article/aB3dE5fG7hJ9kL1mN2pQ", "aB3dE5fG7hJ9kL1mN2pQ"
JIN10 = "https://xnews.jin10.com/details/228107"
BIOON = "http://news.bioon.com/article/b3a293165950.html"
PINGWEST = "https://www.pingwest.com/a/317597"
WALLSTREETCN = "https://wallstreetcn.com/articles/3801001"
WALLSTREETCN_LIST = (
    "https://api-one-wscn.awtmt.com/apiv1/content/information-flow"
    "?channel={}&accept=article&cursor=&limit=20&action=upglide"
)
SINA_ID = "inzaaaaa0000001"
SINA = f"https://finance.sina.com.cn/stock/usstock/c/2026-10-11/doc-{SINA_ID}.shtml"
SINA_LIST = "https://feed.mix.sina.com.cn/api/roll/get?pageid={}&lid={}&num=50&page=1"
LEINEWS = "https://www.leinews.com/n40003/detail.html"
C114 = "https://www.c114.com.cn/4app/3542/a1400003.html"
BROKEN = "http://[x"

ARTICLES: dict[type[Source], dict[str, tuple[str, str] | None]] = {
    QqSpider: {
        QQ: (QQ_ID, QQ),
        f"https://news.qq.com/rain/a/{QQ_ID}": (QQ_ID, QQ),
        f"http://news.qq.com/rain/a/{QQ_ID}?from=search&refer=x#top": (QQ_ID, QQ),
        f"https://view.inews.qq.com/a/{QQ_ID}": (QQ_ID, QQ),
        f"https://view.inews.qq.com/k/{QQ_ID}?web_channel=wap": (QQ_ID, QQ),
        f"https://new.qq.com/omn/20250211/{QQ_ID}.html": (QQ_ID, QQ),
        f"https://new.qq.com/omn/{QQ_ID}": (QQ_ID, QQ),
        f"https://new.qq.com/cmsn/20250211/{QQ_ID}.html": (QQ_ID, QQ),
        f"//xw.qq.com/cmsid/{QQ_ID}": (QQ_ID, QQ),
        f"https://xw.qq.com/amphtml/{QQ_ID}/": (QQ_ID, QQ),
        "https://new.qq.com/omn/TWF2021041203KQT00": (
            "TWF2021041203KQT00",
            "https://new.qq.com/rain/a/TWF2021041203KQT00",
        ),
        "http://finance.qq.com/a/20150617/031245.htm": (
            "20150617-finance-031245",
            "https://finance.qq.com/a/20150617/031245.htm",
        ),
        "https://sports.qq.com/a/20131026/008812.htm#p=2": (
            "20131026-sports-008812",
            "https://sports.qq.com/a/20131026/008812.htm",
        ),
        "https://games.qq.com/a/20120101/000001.htm?pgv_ref=aio": (
            "20120101-games-000001",
            "https://games.qq.com/a/20120101/000001.htm",
        ),
        f"https://new.qq.com/rain/a/{QQ_ID.lower()}": None,  # such an id is unknown
        f"https://new.qq.com/rain/b/{QQ_ID}": None,
        f"https://news.qq.com/private/{QQ_ID}": None,
        f"https://example.com/rain/a/{QQ_ID}": None,
        f"https://example.com/?u={QQ}": None,
        "https://weixin.qq.com/a/20131026/008812.htm": None,
        "https://news.qq.com/zt2020/page/feiyan.htm": None,
        "https://news.qq.com/omn/author/8QMcsample%3D": None,
    },
    HiborSpider: {
        HIBOR: (HIBOR_ID, HIBOR),
        f"http://www.hibor.com.cn/data/{HIBOR_ID.upper()}.html?from=list#top": (HIBOR_ID, HIBOR),
        f"https://hibor.com.cn/data/{HIBOR_ID}.html": (HIBOR_ID, HIBOR),
        f"https://wt.hibor.com.cn/data/{HIBOR_ID}.html": (HIBOR_ID, HIBOR),
        f"https://wap.hibor.com.cn/data/{HIBOR_ID}.html": (HIBOR_ID, HIBOR),
        f"http://m.hibor.com.cn/wap_detail.aspx?id={HIBOR_ID}&from=x": (HIBOR_ID, HIBOR),
        "https://www.hibor.com.cn/docdetail_2654738.html": (
            "docdetail-2654738",
            "https://www.hibor.com.cn/docdetail_2654738.html",
        ),
        "http://wap.hibor.com.cn/repinfodetail_3863473.html?x": (
            "repinfodetail-3863473",
            "https://www.hibor.com.cn/repinfodetail_3863473.html",
        ),
        "https://www.hibor.com.cn/wap_detail.aspx?id=5225046": None,  # the series of the number is unknown
        f"https://www.hibor.com.cn/private/data/{HIBOR_ID}.html": None,
        f"https://www.hibor.com.cn/data/{HIBOR_ID[:-1]}.html": None,
        f"https://www.hibor.com.cn/data/{HIBOR_ID[:-1]}g.html": None,
        f"https://www.hibor.com.cn/data/?id={HIBOR_ID}": None,
        f"https://www.hibor.example/data/{HIBOR_ID}.html": None,
        f"https://example.com/?{HIBOR}": None,
        "https://www.hibor.com.cn/freport_11_8042.html": None,
        "https://www.hibor.com.cn/elitelist.html": None,
    },
    IyiouSpider: {
        IYIOU: (IYIOU_ID, IYIOU),
        f"http://iyiou.com/news/{IYIOU_ID}/?from=x#top": (IYIOU_ID, IYIOU),
        f"https://m.iyiou.com/news/{IYIOU_ID}.html": (IYIOU_ID, IYIOU),
        "https://www.iyiou.com/analysis/202502041089490": (
            "202502041089490",
            "https://www.iyiou.com/analysis/202502041089490",
        ),
        "https://www.iyiou.com/data/202502031089463": ("202502031089463", "https://www.iyiou.com/data/202502031089463"),
        "https://www.iyiou.com/interview/202108311020455": (
            "202108311020455",
            "https://www.iyiou.com/interview/202108311020455",
        ),
        "https://www.iyiou.com/briefing/202608231900001": (
            "202608231900001",
            "https://www.iyiou.com/briefing/202608231900001",
        ),
        "http://www.iyiou.com/p/93417": ("93417", "https://www.iyiou.com/p/93417.html"),
        "https://www.iyiou.com/p/93417.html?x": ("93417", "https://www.iyiou.com/p/93417.html"),
        "http://med.iyiou.com/p/93386": ("93386", "https://med.iyiou.com/p/93386.html"),
        "https://www.iyiou.com/intelligence/insight100233.html": (
            "insight100233",
            "https://www.iyiou.com/intelligence/insight100233.html",
        ),
        f"https://www.iyiou.com/private/{IYIOU_ID}": None,
        f"https://www.iyiou.com/live/{IYIOU_ID}": None,
        f"https://med.iyiou.com/news/{IYIOU_ID}": None,
        "https://www.iyiou.com/news/1089551": None,
        "https://www.iyiou.com/intelligence/100233.html": None,
        f"https://example.com/news/{IYIOU_ID}": None,
        "https://www.iyiou.com/news": None,
    },
    WoshipmSpider: {
        WOSHIPM: (WOSHIPM_ID, WOSHIPM),
        f"http://m.woshipm.com/ai/{WOSHIPM_ID}.html?utm=x#comments": (WOSHIPM_ID, WOSHIPM),
        f"https://woshipm.com/data-analysis/{WOSHIPM_ID}.html": (
            WOSHIPM_ID,
            f"https://www.woshipm.com/data-analysis/{WOSHIPM_ID}.html",
        ),
        f"https://www.woshipm.com/?p={WOSHIPM_ID}": (WOSHIPM_ID, f"https://www.woshipm.com/?p={WOSHIPM_ID}"),
        f"https://www.woshipm.com?x=1&p={WOSHIPM_ID}": (WOSHIPM_ID, f"https://www.woshipm.com/?p={WOSHIPM_ID}"),
        # An event: rejected when its page is read.
        "https://www.woshipm.com/active/9100002.html": ("9100002", "https://www.woshipm.com/active/9100002.html"),
        f"https://www.woshipm.com/private/{WOSHIPM_ID}.html": None,
        f"https://www.woshipm.com/{WOSHIPM_ID}.html": None,
        f"https://ke.qidianla.com/ai/{WOSHIPM_ID}.html": None,
        "https://www.woshipm.com/topic/agent": None,
        "https://www.woshipm.com/category/ai": None,
    },
    InfoqSpider: {
        INFOQ: (INFOQ_ID, INFOQ),
        f"http://infoq.cn/article/{INFOQ_ID}?utm_source=rss#top": (INFOQ_ID, INFOQ),
        f"https://www.infoq.cn/news/{INFOQ_ID}/": (INFOQ_ID, f"https://www.infoq.cn/news/{INFOQ_ID}"),
        "https://www.infoq.cn/article/stream-processing-part-1": (
            "stream-processing-part-1",
            "https://www.infoq.cn/article/stream-processing-part-1",
        ),
        f"https://www.infoq.cn/video/{INFOQ_ID}": None,
        f"https://xie.infoq.cn/article/{INFOQ_ID}": None,
        f"https://www.infoq.cn/private/article/{INFOQ_ID}": None,
        "https://www.infoq.cn/article/": None,
        f"https://example.com/article/{INFOQ_ID}": None,
    },
    Jin10Spider: {
        JIN10: ("228107", JIN10),
        "http://news.jin10.com/details/228107?from=app#top": ("228107", JIN10),
        "https://xnews.jin10.com/details/228107.html": ("228107", JIN10),
        "https://xnews.jin10.com/webapp/details.html?id=228107&type=news&data_type=0": ("228107", JIN10),
        "https://reference-webapp.jin10.com/detail?id=228107&type=news": ("228107", JIN10),
        "https://reference-webapp.jin10.com/detail?id=228107&type=video": None,
        "https://reference-webapp.jin10.com/detail?type=news": None,
        "https://flash.jin10.com/detail/20260720084021571800": None,
        "https://xnews.jin10.com/topic/373": None,
        "https://xnews.jin10.com/private/details/228107": None,
        "https://example.com/details/228107": None,
    },
    BioonSpider: {
        BIOON: ("b3a293165950", BIOON),
        "https://news.bioon.com/article/b3a293165950.html?from=list#top": ("b3a293165950", BIOON),
        "http://news.bioon.com/article/6754753.html": ("6754753", "http://news.bioon.com/article/6754753.html"),
        "http://news.bioon.com/video/b3a293165950.html": None,
        "http://news.bioon.com/private/article/b3a293165950.html": None,
        "https://www.bioon.com/ad/1": None,
        "https://example.com/article/b3a293165950.html": None,
    },
    PingwestSpider: {
        PINGWEST: ("317597", PINGWEST),
        "http://www.pingwest.cn/a/317597?from=rss#top": ("317597", PINGWEST),
        "https://www.pingwest.com/w/316546": ("316546", "https://www.pingwest.com/w/316546"),
        "https://www.pingwest.com/v/316546": ("316546", "https://www.pingwest.com/v/316546"),
        "https://www.pingwest.com/ad/1": None,
        "https://www.pingwest.com/user/562": None,
        "https://www.pingwest.com/private/a/317597": None,
        "https://example.com/a/317597": None,
    },
    WallstreetcnSpider: {
        WALLSTREETCN: ("3801001", WALLSTREETCN),
        "http://m.wallstreetcn.com/articles/3801001/?from=x#top": ("3801001", WALLSTREETCN),
        "https://wallstreetcn.com/member/articles/3801006": (
            "3801006",
            "https://wallstreetcn.com/member/articles/3801006",
        ),
        # A paid text: skipped when the response of the API is read.
        "https://wallstreetcn.com/premium/articles/3801004": (
            "3801004",
            "https://wallstreetcn.com/premium/articles/3801004",
        ),
        "https://wallstreetcn.com/charts/42100001": ("42100001", "https://wallstreetcn.com/charts/42100001"),
        "https://wallstreetcn.com/livenews/2900001": ("2900001", "https://wallstreetcn.com/livenews/2900001"),
        "https://wallstreetcn.com/private/articles/3801001": None,
        "https://wallstreetcn.com/themes/7": None,
        "https://wallstreetcn.com/authors/88": None,
        "https://wallstreetcn.com/news/global": None,
        "https://example.com/articles/3801001": None,
    },
    SinaSpider: {
        SINA: (SINA_ID, SINA),
        f"http://finance.sina.com.cn/stock/usstock/c/2026-10-11/doc-{SINA_ID}.shtml?from=x#top": (SINA_ID, SINA),
        f"https://news.sina.com.cn/c/2026-10-11/doc-{SINA_ID}.shtml": (
            SINA_ID,
            f"https://news.sina.com.cn/c/2026-10-11/doc-{SINA_ID}.shtml",
        ),
        f"https://tech.sina.com.cn/it/2019-01-02/doc-{SINA_ID}.shtml": (
            SINA_ID,
            f"https://tech.sina.com.cn/it/2019-01-02/doc-{SINA_ID}.shtml",
        ),
        f"https://finance.sina.com.cn/private/2026-10-11/doc-{SINA_ID}.shtml": None,
        "https://finance.sina.com.cn/zt_d/subject-1/": None,
        "https://slide.finance.sina.com.cn/slide_9_7_1.html": None,
        f"https://video.sina.com.cn/p/finance/2026-10-11/detail-{SINA_ID}.d.html": None,
        f"https://example.com/stock/doc-{SINA_ID}.shtml": None,
        f"https://example.com/?{SINA}": None,
    },
    LeinewsSpider: {
        LEINEWS: ("40003", LEINEWS),
        "http://leinews.com/n40003/detail.html?from=x#top": ("40003", LEINEWS),
        "https://www.leinews.com/n/detail.html": None,
        "https://www.leinews.com/private/n40003/detail.html": None,
        "https://www.leinews.com/": None,
        "https://example.com/n40003/detail.html": None,
    },
    C114Spider: {
        C114: ("a1400003", C114),
        "http://c114.com.cn/4app/3542/a1400003.html?from=x#top": ("a1400003", C114),
        "https://www.c114.com.cn/news/126/a1400002.html": (
            "a1400002",
            "https://www.c114.com.cn/news/126/a1400002.html",
        ),
        "https://www.c114.com.cn/private/126/a1400002.html": None,
        "https://www.c114.com.cn/topic/7/": None,
        "https://www.c114.com.cn/video/a1400002.html": None,
        "https://www.c114.com.cn/video/v1.html": None,
        "https://www.c114.com.cn/news/126.html": None,
        "https://example.com/4app/3542/a1400003.html": None,
    },
}

LISTINGS: dict[type[Source], dict[str, str | None]] = {
    QqSpider: {
        "https://news.qq.com/ch/tech/": "https://i.news.qq.com/web_feed/getPCList",
        "https://new.qq.com/ch/antip?x": "https://i.news.qq.com/web_feed/getPCList",
        "https://news.qq.com/omn/author/8QMcsample%3D": (
            "https://i.news.qq.com/getSubNewsMixedList"
            "?guestSuid=8QMcsample%3D&tabId=om_index&caller=1&from_scene=103&offset_info="
        ),
        "https://news.qq.com/sitemap/index.xml": "https://news.qq.com/sitemap/index.xml",
        "https://news.qq.com/sitemap/sitemap_1773600000.xml": "https://news.qq.com/sitemap/sitemap_1773600000.xml",
        "https://news.qq.com/ch/video": None,  # its entries are videos
        "https://news.qq.com/private/sitemap.xml": None,
        "https://news.qq.com/": None,
        "https://example.com/ch/tech/": None,
    },
    HiborSpider: {
        "https://www.hibor.com.cn/elitelist.html": "https://www.hibor.com.cn/elitelist.html",
        "http://hibor.com.cn/elitelist_2_1.html?x#y": "https://www.hibor.com.cn/elitelist_2_1.html",
        "https://www.hibor.com.cn/microns_2.html": "https://www.hibor.com.cn/microns_2.html",
        "https://wap.hibor.com.cn/microns_13_4.html": "https://www.hibor.com.cn/microns_13_4.html",
        "https://www.hibor.com.cn/rightmore_0_1.html": "https://www.hibor.com.cn/rightmore_0_1.html",
        "https://www.hibor.com.cn/freport_11_1.html": None,
        "https://www.hibor.com.cn/private/elitelist.html": None,
        "https://www.hibor.com.cn/": None,
        "https://example.com/elitelist.html": None,
    },
    IyiouSpider: {
        "https://www.iyiou.com/news": "https://www.iyiou.com/news",
        "https://www.iyiou.com/news/?page=1": "https://www.iyiou.com/news",
        "https://www.iyiou.com/news?page=3": "https://www.iyiou.com/news?page=3",
        "https://www.iyiou.com/news?page=x": "https://www.iyiou.com/news",
        "https://www.iyiou.com/briefing": "https://www.iyiou.com/briefing",
        "https://www.iyiou.com/interview": "https://www.iyiou.com/interview",
        "https://www.iyiou.com/c/lingshou/page/2.html": "https://www.iyiou.com/c/lingshou/page/2.html",
        "https://www.iyiou.com/jiazhuang/5.html": "https://www.iyiou.com/jiazhuang/5.html",
        "https://www.iyiou.com/p/934.html": None,
        "https://www.iyiou.com/about": None,
        "https://www.iyiou.com/private/": None,
        "https://www.iyiou.com/": None,
        "https://example.com/news": None,
    },
    WoshipmSpider: {
        "https://www.woshipm.com": "https://www.woshipm.com/",
        "http://m.woshipm.com/?utm=x": "https://www.woshipm.com/",
        "https://www.woshipm.com/page/3": "https://www.woshipm.com/page/3",
        "https://www.woshipm.com/category/data-analysis": "https://www.woshipm.com/category/data-analysis",
        "https://www.woshipm.com/category/ai/page/2/": "https://www.woshipm.com/category/ai/page/2/",
        "https://www.woshipm.com/ai/page/2": "https://www.woshipm.com/ai/page/2",
        "https://www.woshipm.com/category/it/feed?paged=2": "https://www.woshipm.com/category/it/feed?paged=2",
        "https://www.woshipm.com/feed#x": "https://www.woshipm.com/feed",
        "https://www.woshipm.com/u/880121": "https://www.woshipm.com/u/880121",
        "https://www.woshipm.com/tag/%e8%b4%a7%e8%bf%90": "https://www.woshipm.com/tag/%e8%b4%a7%e8%bf%90",
        "https://www.woshipm.com/api2/app/article/popular/weekly": (
            "https://www.woshipm.com/api2/app/article/popular/weekly"
        ),
        "https://www.woshipm.com/api2/app/article/popular/yearly": None,
        "https://www.woshipm.com/private/": None,
        "https://www.woshipm.com/topic/agent": None,
        "https://www.woshipm.com/about": None,
        "https://www.woshipm.com/tag/": None,
        "https://ke.qidianla.com/": None,
    },
    InfoqSpider: {
        "https://www.infoq.cn/topic/11": "https://www.infoq.cn/public/v1/article/getList",
        "http://infoq.cn/topic/33/?tab=new": "https://www.infoq.cn/public/v1/article/getList",
        "https://www.infoq.cn/topic/industrynews": None,  # the number of the topic is unknown
        "https://www.infoq.cn/private/": None,
        "https://example.com/topic/11": None,
    },
    Jin10Spider: {
        "https://xnews.jin10.com": "https://xnews.jin10.com/",
        "http://xnews.jin10.com/?page=3": "https://xnews.jin10.com/?page=3",
        "https://xnews.jin10.com/topic/373": None,
        "https://xnews.jin10.com/private/": None,
        "https://www.jin10.com/": None,
    },
    BioonSpider: {
        "https://www.bioon.com": "https://www.bioon.com/",
        "http://bioon.com/?page=3": "https://www.bioon.com/?page=3",
        "https://www.bioon.com/?page=1&x": "https://www.bioon.com/?page=1",
        "https://www.bioon.com/private/": None,
        "http://news.bioon.com/biology": None,  # the layout of the sections is unknown
        "https://example.com/": None,
    },
    PingwestSpider: {
        "https://www.pingwest.com": "https://www.pingwest.com/api/index_news_list?last_id=",
        "http://pingwest.cn/?x": "https://www.pingwest.com/api/index_news_list?last_id=",
        "https://www.pingwest.com/status": "https://www.pingwest.com/api/state/list?page=1",
        "https://www.pingwest.com/tag/AI": None,
        "https://www.pingwest.com/private/": None,
        "https://example.com/": None,
    },
    WallstreetcnSpider: {
        "https://wallstreetcn.com/news/global": WALLSTREETCN_LIST.format("global"),
        "http://m.wallstreetcn.com/news/asset-manage/?x#y": WALLSTREETCN_LIST.format("asset-manage-channel"),
        "https://wallstreetcn.com/news/sports": None,
        "https://wallstreetcn.com/live/global": None,
        "https://wallstreetcn.com/": None,
        "https://example.com/news/global": None,
    },
    SinaSpider: {
        "https://finance.sina.com.cn/roll/#pageid=384&lid=2519&k=&num=50&page=1": SINA_LIST.format(384, 2519),
        "https://news.sina.com.cn/roll/index.d.html?pageid=153&lid=2518": SINA_LIST.format(153, 2518),
        "https://feed.mix.sina.com.cn/api/roll/get?pageid=155&lid=1686&num=10&page=4": SINA_LIST.format(155, 1686),
        "https://finance.sina.com.cn/stock/usstock/": None,
        "https://finance.sina.com.cn/private/": None,
        "https://example.com/roll/#pageid=153&lid=2518": None,
    },
    C114Spider: {
        "https://www.c114.com.cn/news/": "https://www.c114.com.cn/news/",
        "http://c114.com.cn/news/roll.asp#top": "https://www.c114.com.cn/news/roll.asp",
        "https://www.c114.com.cn/news/roll.asp?y=2026&m=8&d=21&o=": (
            "https://www.c114.com.cn/news/roll.asp?y=2026&m=8&d=21&o="
        ),
        "https://www.c114.com.cn/news/roll.asp?y=2026&m=8": None,
        "https://www.c114.com.cn/news/126/a1400002.html": None,
        "https://www.c114.com.cn/private/": None,
        "https://www.c114.com.cn/": None,
        "https://example.com/news/": None,
    },
    LeinewsSpider: {"https://www.leinews.com/": None, "https://www.leinews.com/private/": None},
}


@pytest.mark.parametrize(
    ("source", "url", "expected"),
    [
        (source, url, expected)
        for source, table in ARTICLES.items()
        for url, expected in {**table, BROKEN: None}.items()
    ],
)
def test_article_link(source: type[Source], url: str, expected: tuple[str, str] | None) -> None:
    link = source.article_link(url)
    assert (link and (link.id, link.url)) == expected
    if link:
        assert source.article_link(link.url) == link  # the canonical URL


@pytest.mark.parametrize(
    ("source", "url", "expected"),
    [
        (source, url, expected)
        for source, table in LISTINGS.items()
        for url, expected in {**table, BROKEN: None}.items()
    ],
)
def test_open_listing(source: type[Source], url: str, expected: str | None) -> None:
    request = source.open_listing(url)
    assert (request and request.url) == expected


@pytest.mark.parametrize("source", ARTICLES)
def test_requested_urls_are_on_the_hosts_of_the_source(source: type[Source]) -> None:
    links = [link for url in ARTICLES[source] if (link := source.article_link(url))]
    urls = [request.url for link in links if (request := source.open_article(link))]
    urls += [request.url for url in LISTINGS[source] if (request := source.open_listing(url))]
    urls += [source.open_channel(channel).url for channel in source.channels]
    assert {url.split("/")[2] for url in urls} <= set(source.hosts)
