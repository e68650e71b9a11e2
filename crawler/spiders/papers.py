"""The newspapers on e-paper systems that have a name: one class each.

To add a newspaper, add a class with three attributes:

name    name of the source: "epaper-" and a short name; `epaper -a paper=` takes the short name
title   name of the newspaper, as printed
entry   URL at which the site shows the newest issue

If the pages of a newspaper share another URL path than `crawler.newspapers.urls.common_path` derives from the entry
(some hosts have several newspapers), add `home` with this path. The family of the e-paper system follows from the URLs.

No entry could be requested when this file was written. SEEN: spiders of other projects of 2026 start there. INFERRED:
only the host and the forms of its URLs are documented. The letters are the families of `crawler/spiders/epaper.py`.
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


class Hsb(EpaperSpider):
    name = "epaper-hsb"
    title = "华商报"
    entry = "http://ehsb.hspress.net/"  # INFERRED; E
