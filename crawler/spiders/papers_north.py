"""The newspapers of northern provinces and their cities: one class each. See `crawler/spiders/papers.py`.

INFERRED entries are the folder of the newspaper in a list of the first pages of November 2022, or the host in a list of
2026; the words are the family of that page. Some newspapers may have moved since then.
"""

from crawler.spiders.epaper import EpaperSpider


class Tjrb(EpaperSpider, is_seen=False):
    name = "epaper-tjrb"
    title = "天津日报"
    entry = "http://epaper.tianjinwe.com/"  # INFERRED; unknown


class Jwb(EpaperSpider, is_seen=False):
    name = "epaper-jwb"
    title = "今晚报"
    entry = "http://epaper.jwb.com.cn/"  # INFERRED; unknown


class Xjb(EpaperSpider):
    name = "epaper-xjb"
    title = "新京报"
    entry = "https://epaper.bjnews.com.cn/"  # SEEN; data since 2026, A before


class Bjsb(EpaperSpider, is_seen=False):
    name = "epaper-bjsb"
    title = "北京商报"
    entry = "https://epaper.bbtnews.com.cn/site1/bjsb/"  # INFERRED; A


class Hbrb(EpaperSpider):
    name = "epaper-hbrb"
    title = "河北日报"
    entry = "https://hbrb.hebnews.cn/pc/paper/layout/index.html"  # SEEN; B


class Yzdsb(EpaperSpider, is_seen=False):
    name = "epaper-yzdsb"
    title = "燕赵都市报"
    entry = "http://yzdsb.hebnews.cn/pc/paper/layout/index.html"  # INFERRED; B


class Sxwb(EpaperSpider, is_seen=False):
    name = "epaper-sxwb"
    title = "山西晚报"
    entry = "http://epaper.sxrb.com/shtml/sxwb/"  # INFERRED; E


class Nmgcb(EpaperSpider, is_seen=False):
    name = "epaper-nmgcb"
    title = "内蒙古晨报"
    entry = "http://szb.nmgcb.com.cn/"  # INFERRED; A


class Lnrb(EpaperSpider, is_seen=False):
    name = "epaper-lnrb"
    title = "辽宁日报"
    entry = "http://epaper.lnd.com.cn/lnrbepaper/pc/layout/index.html"  # INFERRED; B


class Sywb(EpaperSpider, is_seen=False):
    name = "epaper-sywb"
    title = "沈阳晚报"
    entry = "https://epaper.syd.com.cn/sywb/"  # INFERRED; A


class Jlrb(EpaperSpider, is_seen=False):
    name = "epaper-jlrb"
    title = "吉林日报"
    entry = "http://jlrbszb.cnjiwang.com/pc/paper/layout/index.html"  # INFERRED; B


class Ccrb(EpaperSpider, is_seen=False):
    name = "epaper-ccrb"
    title = "长春日报"
    entry = "http://epaper.changchunews.com/ccrb/pc/paper/layout/index.html"  # INFERRED; B


class Hljrb(EpaperSpider, is_seen=False):
    name = "epaper-hljrb"
    title = "黑龙江日报"
    entry = "http://epaper.hljnews.cn/hljrb/pc/layout/index.html"  # INFERRED; B


class Hebrb(EpaperSpider, is_seen=False):
    name = "epaper-hebrb"
    title = "哈尔滨日报"
    entry = "http://harbin.joyhua.cn/hebrb/"  # INFERRED; C


class Dzrb(EpaperSpider):
    name = "epaper-dzrb"
    title = "大众日报"
    entry = "http://paper.dzwww.com/dzrb/content/PaperIndex.htm"  # SEEN; articel


class Jnsb(EpaperSpider, is_seen=False):
    name = "epaper-jnsb"
    title = "济南时报"
    entry = "http://jnsb.e23.cn/shtml/jnsb/"  # INFERRED; E


class Qdrb(EpaperSpider, is_seen=False):
    name = "epaper-qdrb"
    title = "青岛日报"
    entry = "https://epaper.qingdaonews.com/html/qdrb/"  # INFERRED; general


class Henanrb(EpaperSpider):
    name = "epaper-henanrb"
    title = "河南日报"
    entry = "https://newpaper.dahe.cn/hnrb/paperindex.htm"  # SEEN; A


class Dhb(EpaperSpider, is_seen=False):
    name = "epaper-dhb"
    title = "大河报"
    entry = "http://newpaper.dahe.cn/dhb/"  # INFERRED; A


class Zhengzhourb(EpaperSpider, is_seen=False):
    name = "epaper-zhengzhourb"
    title = "郑州日报"
    entry = "https://zzrb.zynews.cn/"  # INFERRED; A


class Shaanxirb(EpaperSpider, is_seen=False):
    name = "epaper-shaanxirb"
    title = "陕西日报"
    entry = "https://esb.sxdaily.com.cn/pc/layout/index.html"  # INFERRED; B


class Sqdsb(EpaperSpider, is_seen=False):
    name = "epaper-sqdsb"
    title = "三秦都市报"
    entry = "https://epaper.sanqin.com/"  # INFERRED; A


class Xianwb(EpaperSpider, is_seen=False):
    name = "epaper-xianwb"
    title = "西安晚报"
    entry = "http://epaper.xiancn.com/newxawb/pc/"  # INFERRED; B


class Gsrb(EpaperSpider, is_seen=False):
    name = "epaper-gsrb"
    title = "甘肃日报"
    entry = "https://szb.gansudaily.com.cn/gsrb/"  # INFERRED; B


class Lzwb(EpaperSpider, is_seen=False):
    name = "epaper-lzwb"
    title = "兰州晚报"
    entry = "http://lzwb.lzbs.com.cn/"  # INFERRED; B


class Xhdsb(EpaperSpider, is_seen=False):
    name = "epaper-xhdsb"
    title = "西海都市报"
    entry = "https://epaper.tibet3.com/xhdsb/"  # INFERRED; B


class Ycrb(EpaperSpider, is_seen=False):
    name = "epaper-ycrb"
    title = "银川日报"
    entry = "http://ycrb.ycen.com.cn/epaper/ycrb/"  # INFERRED; A


class Tlfrb(EpaperSpider, is_seen=False):
    name = "epaper-tlfrb"
    title = "吐鲁番日报"
    entry = "http://epaper.tlfw.net/tlf/"  # INFERRED; articel
