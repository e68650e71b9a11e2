"""The newspapers of southern provinces and their cities: one class each. See `crawler/spiders/papers.py`.

INFERRED entries are the folder of the newspaper in a list of the first pages of November 2022, or the host in a list of
2026; the words are the family of that page. Some newspapers may have moved since then.
"""

from crawler.spiders.epaper import EpaperSpider


class Jfrb(EpaperSpider):
    name = "epaper-jfrb"
    title = "解放日报"
    entry = "https://www.jfdaily.com/journal/list.do"  # SEEN; journal since 2024-12-16, navi before
    home = "/staticsg/"


class Whb(EpaperSpider, is_seen=False):
    name = "epaper-whb"
    title = "文汇报"
    entry = "http://dzb.whb.cn/"  # INFERRED; general


class Xmwb(EpaperSpider, is_seen=False):
    name = "epaper-xmwb"
    title = "新民晚报"
    entry = "https://paper.xinmin.cn/html/xmwb/"  # INFERRED; general


class Shfzb(EpaperSpider, is_seen=False):
    name = "epaper-shfzb"
    title = "上海法治报"
    entry = "http://www.shfzb.com.cn/"  # INFERRED; A


class Xhrb(EpaperSpider):
    name = "epaper-xhrb"
    title = "新华日报"
    entry = "http://xh.xhby.net/pc/layout/index.html"  # SEEN; B


class Yzwb(EpaperSpider, is_seen=False):
    name = "epaper-yzwb"
    title = "扬子晚报"
    entry = "http://epaper.yzwb.net/pc/layout/index.html"  # INFERRED; B


class Njrb(EpaperSpider, is_seen=False):
    name = "epaper-njrb"
    title = "南京日报"
    entry = "http://njrb.njdaily.cn/"  # INFERRED; A


class Zjrb(EpaperSpider):
    name = "epaper-zjrb"
    title = "浙江日报"
    entry = "http://zjrb.zjol.com.cn/"  # SEEN; A


class Qjwb(EpaperSpider, is_seen=False):
    name = "epaper-qjwb"
    title = "钱江晚报"
    entry = "http://qjwb.thehour.cn/"  # INFERRED; A


class Ahrb(EpaperSpider, is_seen=False):
    name = "epaper-ahrb"
    title = "安徽日报"
    entry = "https://szb.ahnews.com.cn/ahrb/layout/index.html"  # INFERRED; B


class Xawb(EpaperSpider, is_seen=False):
    name = "epaper-xawb"
    title = "新安晚报"
    entry = "http://epaper.ahwang.cn/xawb/"  # INFERRED; C


class Fjrb(EpaperSpider, is_seen=False):
    name = "epaper-fjrb"
    title = "福建日报"
    entry = "https://fjrb.fjdaily.com/pc/col/index.html"  # INFERRED; B


class Fzhourb(EpaperSpider, is_seen=False):
    name = "epaper-fzhourb"
    title = "福州日报"
    entry = "http://mag.fznews.com.cn/fzrb/"  # INFERRED; stamped


class Jxrb(EpaperSpider, is_seen=False):
    name = "epaper-jxrb"
    title = "江西日报"
    entry = "http://epaper.jxxw.com.cn/"  # INFERRED; A


class Jiujiangrb(EpaperSpider, is_seen=False):
    name = "epaper-jiujiangrb"
    title = "九江日报"
    entry = "http://jjrb.jjxw.cn/"  # INFERRED; A


class Srrb(EpaperSpider, is_seen=False):
    name = "epaper-srrb"
    title = "上饶日报"
    entry = "http://paper.srxww.com/srrb/"  # INFERRED; A


class Pxrb(EpaperSpider, is_seen=False):
    name = "epaper-pxrb"
    title = "萍乡日报"
    entry = "http://szb.pxnews.cn/"  # INFERRED; A


class Whwb(EpaperSpider, is_seen=False):
    name = "epaper-whwb"
    title = "武汉晚报"
    entry = "http://whwb.cjn.cn/"  # INFERRED; A


class Ncxb(EpaperSpider, is_seen=False):
    name = "epaper-ncxb"
    title = "农村新报"
    entry = "https://ncxbepaper.hubeidaily.net/pc/column/index.html"  # INFERRED; B


class Sxdsb(EpaperSpider, is_seen=False):
    name = "epaper-sxdsb"
    title = "三湘都市报"
    entry = "https://epaper.voc.com.cn/sxdsb/"  # INFERRED; A


class Xxcb(EpaperSpider, is_seen=False):
    name = "epaper-xxcb"
    title = "潇湘晨报"
    entry = "http://epaper.xxcb.cn/xxcba/"  # INFERRED; A


class Nfdsb(EpaperSpider):
    name = "epaper-nfdsb"
    title = "南方都市报"
    entry = "http://epaper.oeeee.com/epaper/index.htm"  # SEEN; A


class Gzrb(EpaperSpider, is_seen=False):
    name = "epaper-gzrb"
    title = "广州日报"
    entry = "https://gzdaily.dayoo.com/pc/"  # INFERRED; A


class Sztqb(EpaperSpider, is_seen=False):
    name = "epaper-sztqb"
    title = "深圳特区报"
    entry = "http://sztqb.sznews.com/PC/layout/index.html"  # INFERRED; B


class Ycwb(EpaperSpider, is_seen=False):
    name = "epaper-ycwb"
    title = "羊城晚报"
    entry = "http://ep.ycwb.com/epaper/ycwb/"  # INFERRED; A


class Nnrb(EpaperSpider, is_seen=False):
    name = "epaper-nnrb"
    title = "南宁日报"
    entry = "http://www.nnrb.com.cn/nnrb/"  # INFERRED; C


class Hainanrb(EpaperSpider, is_seen=False):
    name = "epaper-hainanrb"
    title = "海南日报"
    entry = "http://hnrb.hinews.cn/"  # INFERRED; A


class Hkrb(EpaperSpider, is_seen=False):
    name = "epaper-hkrb"
    title = "海口日报"
    entry = "http://szb.hkwb.net/szb/"  # INFERRED; A


class Cqrb(EpaperSpider, is_seen=False):
    name = "epaper-cqrb"
    title = "重庆日报"
    entry = "https://epaper.cqrb.cn/cqrb/"  # INFERRED; A


class Cqcb(EpaperSpider, is_seen=False):
    name = "epaper-cqcb"
    title = "重庆晨报"
    entry = "https://epaper.cqcb.com/"  # INFERRED; B


class Scfzb(EpaperSpider, is_seen=False):
    name = "epaper-scfzb"
    title = "四川法制报"
    entry = "https://dzb.scfzbs.com/shtml/scfzb/"  # INFERRED; E


class Guizhourb(EpaperSpider, is_seen=False):
    name = "epaper-guizhourb"
    title = "贵州日报"
    entry = "http://szb.gzrbs.com.cn/pc/layout/index.html"  # INFERRED; B


class Dlrb(EpaperSpider, is_seen=False):
    name = "epaper-dlrb"
    title = "大理日报"
    entry = "http://www.dalidaily.com/dlrb/pc/"  # INFERRED; B


class Cdb(EpaperSpider, is_seen=False):
    name = "epaper-cdb"
    title = "昌都报"
    entry = "http://sz.cdbao.cn/cdb/"  # INFERRED; B
