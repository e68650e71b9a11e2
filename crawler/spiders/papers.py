"""The newspapers on e-paper systems that have a name: one class each. `papers_north.py` and
`papers_south.py` have those of the provinces.

To add a newspaper, add a class with three attributes:

name    name of the source: "epaper-" and a short name; `epaper -a paper=` takes the short name
title   name of the newspaper, as printed
entry   URL at which the site shows the newest issue

If the pages of a newspaper share another URL path than `crawler.newspapers.urls.common_path` derives from the entry
(some hosts have several newspapers), add `home` with this path. The family of the e-paper system follows from the URLs.

No entry could be requested when this file was written. SEEN: spiders of other projects of 2026 start there. INFERRED:
only the host and the forms of its URLs are documented; such a newspaper has `is_seen=False`, and no scheduled runs
unless `scrapy.cfg` has a line for it. The words after the semicolon are the families of `crawler/spiders/epaper.py`.
"""

from crawler.spiders.epaper import EpaperSpider


class Rmrb(EpaperSpider):
    name = "epaper-rmrb"
    title = "人民日报"
    entry = "https://paper.people.com.cn/rmrb/pc/layout/index.html"  # SEEN; B since 2024-12


class Rmrbhwb(EpaperSpider):
    name = "epaper-rmrbhwb"
    title = "人民日报海外版"
    entry = "https://paper.people.com.cn/rmrbhwb/pc/layout/index.html"  # SEEN; B


class Gmrb(EpaperSpider):
    name = "epaper-gmrb"
    title = "光明日报"
    entry = "https://epaper.gmw.cn/gmrb/html/layout/index.html"  # SEEN; B since 2026, nbs before


class Wzb(EpaperSpider):
    name = "epaper-wzb"
    title = "文摘报"
    entry = "https://epaper.gmw.cn/wzb/html/layout/index.html"  # SEEN; B


class Zhdsb(EpaperSpider):
    name = "epaper-zhdsb"
    title = "中华读书报"
    entry = "https://epaper.gmw.cn/zhdsb/html/layout/index.html"  # SEEN; B


class Jjrb(EpaperSpider):
    name = "epaper-jjrb"
    title = "经济日报"
    entry = "http://paper.ce.cn/pc/layout/index.html"  # SEEN; B; https responds with 504


class Zgqnb(EpaperSpider):
    name = "epaper-zgqnb"
    title = "中国青年报"
    entry = "http://zqb.cyol.com/pc/layout/index.html"  # SEEN; B


class Jjckb(EpaperSpider):
    name = "epaper-jjckb"
    title = "经济参考报"
    entry = "http://dz.jjckb.cn/www/pages/webpage2009/"  # SEEN; A; the root of the host responds with 403


class Kpsb(EpaperSpider):
    name = "epaper-kpsb"
    title = "科普时报"
    entry = "https://digitalpaper.stdaily.com/http_www.kjrb.com/kjwzb/paperindex.htm"  # SEEN; A


class Hsb(EpaperSpider, is_seen=False):
    name = "epaper-hsb"
    title = "华商报"
    entry = "http://ehsb.hspress.net/"  # INFERRED; E


class Jcrb(EpaperSpider):
    name = "epaper-jcrb"
    title = "检察日报"
    entry = "https://newspaper.jcrb.com/"  # SEEN; A since 2026, stamped before


class Dyjrb(EpaperSpider):
    name = "epaper-dyjrb"
    title = "第一财经日报"
    entry = "https://www.yicai.com/epaper/pc/index.html"  # SEEN; B


class Zqsb(EpaperSpider):
    name = "epaper-zqsb"
    title = "证券时报"
    entry = "https://epaper.stcn.com/col/index.html"  # SEEN; B


class Grrb(EpaperSpider, is_seen=False):
    name = "epaper-grrb"
    title = "工人日报"
    entry = "https://www.workercn.cn/papers/grrb/"  # INFERRED; general


class Fzrb(EpaperSpider, is_seen=False):
    name = "epaper-fzrb"
    title = "法治日报"
    entry = "http://epaper.legaldaily.com.cn/fzrb/"  # INFERRED; articel


class Jfjb(EpaperSpider, is_seen=False):
    name = "epaper-jfjb"
    title = "解放军报"
    entry = "http://www.81.cn/jfjbmap/"  # INFERRED; A


class Zgjyb(EpaperSpider, is_seen=False):
    name = "epaper-zgjyb"
    title = "中国教育报"
    entry = "http://paper.jyb.cn/zgjyb/"  # INFERRED; A


class Zghjb(EpaperSpider, is_seen=False):
    name = "epaper-zghjb"
    title = "中国环境报"
    entry = "http://epaper.cenews.com.cn/"  # INFERRED; A


class Zglyb(EpaperSpider, is_seen=False):
    name = "epaper-zglyb"
    title = "中国旅游报"
    entry = "http://www.ctnews.com.cn/paper/"  # INFERRED; B


class Mrjjxw(EpaperSpider, is_seen=False):
    name = "epaper-mrjjxw"
    title = "每日经济新闻"
    entry = "http://epaper.mrjjxw.com/shtml/mrjjxw/"  # INFERRED; E


class Zgggb(EpaperSpider, is_seen=False):
    name = "epaper-zgggb"
    title = "中国改革报"
    entry = "http://www.cfgw.net.cn/epaper/"  # INFERRED; B


class Zgjjdb(EpaperSpider, is_seen=False):
    name = "epaper-zgjjdb"
    title = "中国经济导报"
    entry = "http://www.ceh.com.cn/epaper/uniflows/"  # INFERRED; uniflows


class Zhgssb(EpaperSpider, is_seen=False):
    name = "epaper-zhgssb"
    title = "中华工商时报"
    entry = "http://epaper.cbt.com.cn/epaper/uniflows/"  # INFERRED; uniflows


class Zgtyb(EpaperSpider, is_seen=False):
    name = "epaper-zgtyb"
    title = "中国体育报"
    entry = "http://www.chinasportsdaily.cn/tyb/"  # INFERRED; A


class Gjjrb(EpaperSpider, is_seen=False):
    name = "epaper-gjjrb"
    title = "国际金融报"
    entry = "http://paper.people.com.cn/gjjrb/"  # INFERRED; A


class Rmzxb(EpaperSpider, is_seen=False):
    name = "epaper-rmzxb"
    title = "人民政协报"
    entry = "http://dzb.rmzxb.com.cn/rmzxbPaper/pc/layout/index.html"  # INFERRED; B


class Zgmzb(EpaperSpider, is_seen=False):
    name = "epaper-zgmzb"
    title = "中国民族报"
    entry = "http://www.mzb.com.cn/zgmzb/"  # INFERRED; A


class Zgshb(EpaperSpider, is_seen=False):
    name = "epaper-zgshb"
    title = "中国石化报"
    entry = "http://enews.sinopecnews.com.cn/zgshb/"  # INFERRED; A


class Zgxxb(EpaperSpider, is_seen=False):
    name = "epaper-zgxxb"
    title = "中国信息报"
    entry = "http://www.zgxxb.com.cn/pc/layout/index.html"  # INFERRED; B


class Rmyd(EpaperSpider, is_seen=False):
    name = "epaper-rmyd"
    title = "人民邮电报"
    entry = "https://rmydb.cnii.com.cn/"  # INFERRED; stamped with data
