"""Page forms of invented sites: each has a listing and two articles, built like pages of real sites.

`FORMS` is {name: Form}. All texts are generated. The words of furniture (menus, related lists, comments, adverts, notices)
contain `NOISE`; no text of an article does.
"""

# ruff: noqa: E501  (lines of HTML)
from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

NOISE = "噪"
_PLACES = ("青石镇", "白河市", "南坪县", "柳林港", "东岭区", "云溪谷")
_THINGS = ("轴承", "风筝", "钟表", "木船", "纸伞", "陶罐", "竹椅", "铜锁")
_ACTS = (
    "换上会听会算的新机器",
    "把旧厂房改成共享车间",
    "开始向邻省出口整套设备",
    "与三所学校共建实验室",
    "推迟原定的扩产计划",
)
_ENDS = ("产量因此多了一成", "订单排到了明年春天", "成本反而有所下降", "业内人士的看法并不一致", "下一步仍要看市场")
_NAMES = ("程远", "周洲", "李文秋", "王小禾", "陈立", "赵一鸣")


@dataclass(frozen=True)
class Story:
    """One article as the site should be read."""

    path: str
    title: str
    date: str  # YYYY-MM-DD HH:MM:SS, the seconds are 00
    author: str
    paragraphs: tuple[str, ...]

    @property
    def minute(self) -> str:
        return self.date[:16]

    @property
    def day(self) -> str:
        return self.date[:10]


@dataclass(frozen=True)
class Form:
    """A site: {path: HTML} in *charset*, the path of its listing, its articles in the order of the listing."""

    pages: dict[str, str]
    stories: tuple[Story, ...]
    listing: str
    next_path: str
    charset: str = "utf-8"

    @property
    def host(self) -> str:
        return "www.site.example"

    def body(self, path: str) -> bytes:
        return self.pages[path].encode(self.charset, "xmlcharrefreplace")


def paragraphs(random: Random, number: int) -> tuple[str, ...]:
    """Return *number* paragraphs of different lengths."""
    return tuple(
        "".join(
            f"{random.choice(_PLACES)}的{random.choice(_THINGS)}厂今年{random.choice(_ACTS)}，{random.choice(_ENDS)}。"
            for _ in range(random.randint(1, 4))
        )
        for _ in range(number)
    )


def stories(
    path: Callable[[int], str], seed: int, lengths: Sequence[int] = (6, 9), count: int = 6
) -> tuple[Story, ...]:
    """Return *count* articles. The first ones have *lengths* paragraphs. *path* maps a number to the path of an article."""
    random = Random(seed)
    return tuple(
        Story(
            path(number),
            f"{_PLACES[number % 6]}{_THINGS[(number + seed) % 8]}产业{_ACTS[number % 5]}的第{'一二三四五六七八'[number]}年",
            f"2026-11-{27 - number:02d} {8 + number:02d}:{(7 * number + seed) % 60:02d}:00",
            _NAMES[(number + seed) % 6],
            paragraphs(random, lengths[number] if number < len(lengths) else 4),
        )
        for number in range(count)
    )


def ps(story: Story, attributes: str = "", indent: str = "") -> str:
    return "".join(f"<p{attributes}>{indent}{words}</p>\n" for words in story.paragraphs)


def related(site: Sequence[Story], heading: str = "相关阅读", tag: str = "h3") -> str:
    links = "".join(f'<li><a href="{each.path}">{NOISE}：{each.title}</a></li>' for each in site)
    return f"<{tag}>{heading}</{tag}><ul>{links}</ul>"


def comments(number: int, style: str = "comment-item") -> str:
    """Return a block of *number* long comments, without heading."""
    words = f"{NOISE}音很大，我在厂里做了二十年，说句公道话，机器是好机器，可是谁来修？希望下一篇能写写维修工人。" * 3
    return "".join(
        f'<div class="{style}"><span>网友{number}</span><div>{words}</div><div><span>2026-11-28 10:2{number % 10}</span>'
        f'<a href="javascript:;">回复</a><a href="javascript:;">赞({number})</a></div></div>'
        for number in range(number)
    )


MENU = "".join(
    f'<a href="/{word}/">{NOISE}{name}</a>' for word, name in (("ai", "智能"), ("chip", "芯片"), ("auto", "汽车"))
)
FOOTER = f"{NOISE} 版权所有 Copyright © 2006-2026 未经书面授权，不得转载、摘编本站的内容，违者将依法追究责任。京ICP备00000000号"


def head(title: str, more: str = "", charset: str = "utf-8") -> str:
    return f'<!DOCTYPE html>\n<html><head><meta charset="{charset}"><title>{title}</title>{more}</head>\n'


def pictures() -> Form:
    """A list with pictures; the article with a ranking beside it, share bar and copyright notice in the text's box."""
    site = stories(lambda number: f"/news/2026/11/{88210 - number}.html", 1)
    rows = "".join(
        f'<li class="clearfix"><a class="pic" href="{each.path}"><img src="/i/{number}.jpg" alt="{each.title}"></a>'
        f'<div class="txt"><h3><a href="{each.path}">{each.title}</a></h3><p class="desc">{each.paragraphs[0][:40]}…</p>'
        f'<div class="meta"><span class="from">来源：青石网</span><span class="time">{each.minute}</span></div></div></li>'
        if number != 3
        else f'<li class="clearfix nopic"><div class="txt"><h3><a href="{each.path}">{each.title}</a></h3>'
        f'<p class="desc">{each.paragraphs[0][:40]}…</p><div class="meta"><span class="time">{each.minute}</span></div></div></li>'
        for number, each in enumerate(site)
    )
    ranking = "".join(
        f'<li><em>{n}</em><a href="{each.path}">{each.title}</a></li>' for n, each in enumerate(reversed(site), 1)
    )
    frame = f'<body><div class="header"><div class="nav">{MENU}</div></div>'
    side = f'<div class="side"><div class="box"><h4>热门排行</h4><ol class="rank">{ranking}</ol></div></div>'
    end = f'<div class="footer"><p>{FOOTER}</p></div></body></html>'
    listing = (
        head("产业_青石网") + frame + f'<div class="wrap"><ul class="news-list">{rows}</ul><div class="pagebar"><a href="/news/">上一页</a>'
        f'<span class="cur">1</span><a href="/news/2.html">2</a><a href="/news/2.html" class="next">下一页</a></div>{side}</div>{end}'
    )  # fmt: skip

    def article(each: Story) -> str:
        return head(f"{each.title}_产业_青石网") + frame + (
            f'<div class="wrap"><div class="crumb"><a href="/">首页</a> &gt; <a href="/news/">产业</a> &gt; 正文</div><div class="main">'
            f'<h1>{each.title}</h1><div class="info"><span class="pubtime">{each.minute}</span><span class="source">来源：青石网</span>'
            f'<span class="editor">作者：{each.author}</span><span>阅读：3021</span></div><div class="article-con">{ps(each, indent="　　")}'
            f'<p class="zrbj">责任编辑：{NOISE}小编</p><div class="bdshare">分享到：<a href="#">{NOISE}微信</a><a href="#">微博</a></div></div>'
            f'<div class="statement">{NOISE}声明：本站转载此文目的在于传递更多信息，并不代表本站赞同其观点，请读者仅作参考。</div></div>{side}</div>{end}'
        )  # fmt: skip

    return Form({"/news/": listing} | {each.path: article(each) for each in site}, site, "/news/", "/news/2.html")


def cards() -> Form:
    """Cards that are one link; the article has `<article>` cards of other articles before and after `<main>`."""
    site = stories(lambda number: f"/p/20261127{number:04d}", 2)
    rows = "".join(
        f'<article class="card"><a class="card-link" href="//www.site.example{each.path}"><div class="cover"><img src="/c.png"></div>'
        f'<div class="card-title">{each.title}</div><div class="card-text">{each.paragraphs[0]}</div><div class="card-foot">'
        f'<span class="who">{each.author}</span><time class="when" datetime="{each.date.replace(" ", "T")}+08:00">{each.minute}</time></div></a></article>'
        for each in site
    )
    teasers = "".join(
        f'<article class="teaser"><h3><a href="{each.path}">{NOISE}：{each.title}</a></h3><p>{NOISE}{each.paragraphs[0]}</p></article>'
        for each in site[3:]
    )
    listing = (
        head("白河财经 - 最新")
        + f'<body><header><nav>{MENU}</nav></header><main><section class="stream">{rows}</section>'
        f'<nav class="pagination"><a rel="next" href="/latest?page=2">›</a></nav></main><footer>{FOOTER}</footer></body></html>'
    )

    def article(each: Story) -> str:
        return head(f"{each.title} - 白河财经") + (
            f'<body><header><nav>{MENU}</nav></header><section class="top-stories">{teasers}</section><main><h1>{each.title}</h1>'
            f'<p class="byline">文 | {each.author}　{each.minute}</p>{ps(each)}</main><section class="more"><h2>更多报道</h2>{teasers}</section>'
            f"<footer>{FOOTER}</footer></body></html>"
        )

    return Form({"/latest": listing} | {each.path: article(each) for each in site}, site, "/latest", "/latest?page=2")


def tables() -> Form:
    """A table with a row per article; the article names the reporter, and has a table with figures in its text."""
    site = stories(lambda number: f"/html/news/show-{5200 - number}.html", 3)
    rows = "".join(
        f'<tr><td width="20">·</td><td class="t"><a href="{each.path}" title="{each.title}" target="_blank">{each.title}</a></td>'
        f'<td class="d" width="120">{each.day}</td></tr>'
        for each in site
    )
    listing = (
        head("行业新闻-南坪机械网")
        + f'<body><div id="top">{MENU}</div><table class="newslist" width="100%"><tr><th></th><th>标题</th>'
        f'<th>日期</th></tr>{rows}</table><div class="pages">共 6 条 <b>1</b> <a href="/html/news/list-2.html">2</a> '
        f'<a href="/html/news/list-3.html">3</a></div><div id="foot">{FOOTER}</div></body></html>'
    )

    def article(each: Story) -> str:
        figures = "<table><tr><td>年份</td><td>产量</td></tr><tr><td>2024</td><td>12</td></tr><tr><td>2025</td><td>15</td></tr></table>"
        return head(f"{each.title}-行业新闻-南坪机械网") + (
            f'<body><div id="top">{MENU}</div><div id="show"><div class="tit">{each.title}</div><div class="laiyuan">发布时间：{each.minute}'
            f"&nbsp;&nbsp;来源：南坪机械网&nbsp;&nbsp;本报记者 {each.author}&nbsp;&nbsp;浏览：<span>88</span> 次</div>"
            f'<div id="zoom">{ps(each)}{figures}<p>{each.paragraphs[0]}</p></div><div class="updown"><p>上一篇：<a href="{site[2].path}">{NOISE}{site[2].title}</a></p>'
            f'<p>下一篇：<a href="{site[3].path}">{NOISE}{site[3].title}</a></p></div></div><div id="foot">{FOOTER}</div></body></html>'
        )  # fmt: skip

    return Form(
        {"/html/news/": listing} | {each.path: article(each) for each in site},
        site,
        "/html/news/",
        "/html/news/list-2.html",
    )


def left_sidebar() -> Form:
    """A sidebar with long paragraphs before the text, and the date before the title."""
    site = stories(lambda number: f"/content/{1764200000 + number}.shtml", 4)
    about = "".join(f"<p>{NOISE}{words}</p>" for words in paragraphs(Random(99), 3))
    side = f'<div class="col-l"><div class="about"><h3>关于我们</h3>{about}</div><div class="nav2">{MENU}</div></div>'
    rows = "".join(
        f'<div class="item"><span class="date">{each.date}</span><h2 class="h"><a href="{each.path}">{each.title}</a></h2>'
        f'<div class="sum">{each.paragraphs[0][:50]}<a href="{each.path}">[全文]</a></div></div>'
        for each in site
    )
    listing = head("柳林观察") + (
        f'<body><div class="page">{side}<div class="col-r"><div class="list">{rows}</div><div class="pg"><a href="/list/1">首页</a> '
        f'<a href="/list/2">下页</a> <a href="/list/9">尾页</a></div></div></div><div class="bottom">{FOOTER}</div></body></html>'
    )

    def article(each: Story) -> str:
        return head(f"{each.title}——柳林观察") + (
            f'<body><div class="page">{side}<div class="col-r"><div class="post"><div class="dt">{each.minute}</div><h2 class="post-h">{each.title}</h2>'
            f'<div class="by">{each.author}</div><div class="txt">{ps(each)}</div><div class="tags">标签：<a href="/t/1">{NOISE}产业</a></div></div></div></div>'
            f'<div class="bottom">{FOOTER}</div></body></html>'
        )  # fmt: skip

    return Form({"/list/1": listing} | {each.path: article(each) for each in site}, site, "/list/1", "/list/2")


def long_related() -> Form:
    """The related list, with summaries, is longer than the article, and in the same box."""
    site = stories(lambda number: f"/a/2026-11-27/{90001 + number}.htm", 5, (4, 5))
    rows = "".join(
        f'<li><a href="{each.path}" target="_blank">{each.title}</a> <i>{each.day}</i></li>' for each in site
    )
    listing = head("要闻 | 东岭在线") + (
        f'<body><div class="topnav">{MENU}</div><div class="lft"><ul class="lst">{rows}</ul><div class="page"><span class="on">1</span>'
        f'<a href="/yaowen/index_2.htm">2</a><a href="/yaowen/index_3.htm">3</a></div></div><div class="btm">{FOOTER}</div></body></html>'
    )
    more = (
        "".join(
            f'<dl><dt><a href="{each.path}">{each.title}</a></dt><dd>{NOISE}{"".join(each.paragraphs)}</dd></dl>'
            for each in site
        )
        * 2
    )

    def article(each: Story) -> str:
        return head(f"{each.title} | 东岭在线", f'<meta name="author" content="东岭在线"><meta property="og:title" content="{each.title}">') + (
            f'<body><div class="topnav">{MENU}</div><div class="lft"><h1 class="bt">{each.title}</h1><p class="xx">{each.date} 来源: 东岭在线 '
            f'作者: {each.author} 责编: {NOISE}某</p><div class="zw">{ps(each)}<div class="xg"><h4>延伸阅读</h4>{more}</div></div></div>'
            f'<div class="rgt">{related(site, "今日头条")}</div><div class="btm">{FOOTER}</div></body></html>'
        )  # fmt: skip

    return Form(
        {"/yaowen/": listing} | {each.path: article(each) for each in site}, site, "/yaowen/", "/yaowen/index_2.htm"
    )


def long_comments() -> Form:
    """The comments are longer than the article; their class names are not words."""
    site = stories(lambda number: f"/thread/{70300 + number}", 6, (3, 5))
    rows = "".join(
        f'<div class="feed"><div class="feed-hd"><a class="avatar" href="/u/{number}"><img src="/u.png"></a><a href="/u/{number}">{each.author}</a>'
        f'<span class="feed-time">{each.minute}</span></div><a class="feed-title" href="{each.path}">{each.title}</a>'
        f'<div class="feed-ft"><a href="{each.path}#c">{number} 评论</a></div></div>'
        for number, each in enumerate(site)
    )
    listing = head("云溪社区") + (
        f'<body><div class="hd">{MENU}</div><div class="feeds">{rows}</div><div class="fanye"><a href="/hot?p=2">后一页&gt;</a></div>'
        f'<div class="ft">{FOOTER}</div></body></html>'
    )

    def article(each: Story) -> str:
        return head(f"{each.title} · 云溪社区") + (
            f'<body><div class="hd">{MENU}</div><div class="wrap"><div class="t1"><h1>{each.title}</h1><div class="t1-m"><a class="writer" href="/u/1">{each.author}</a>'
            f'<span>发表于 {each.minute}</span></div></div><div class="t2">{ps(each)}</div><div class="t3"><div class="t3-h">全部评论（12）</div>'
            f'{comments(12, "t3-i")}</div></div><div class="ft">{FOOTER}</div></body></html>'
        )  # fmt: skip

    return Form({"/hot": listing} | {each.path: article(each) for each in site}, site, "/hot", "/hot?p=2")


def json_ld() -> Form:
    """Author and date only in JSON-LD; the text is nested in sections; the listing has `<time>`."""
    site = stories(lambda number: f"/depth/{slug(number)}-factory-{3300 + number}", 7)
    rows = "".join(
        f'<li><div><h4><a href="{each.path}">{each.title}</a></h4><time datetime="{each.date.replace(" ", "T")}+08:00">{each.date}</time></div></li>'
        for each in site
    )
    listing = head("深度 - 陶罐评论") + (
        f'<body><nav>{MENU}</nav><ol class="depth">{rows}</ol><a class="more-link" href="/depth/page/2">加载更多</a><footer>{FOOTER}</footer></body></html>'
    )

    def article(each: Story) -> str:
        data = {
            "@context": "https://schema.org", "@type": "NewsArticle", "headline": each.title,
            "datePublished": each.date.replace(" ", "T") + "+08:00", "author": {"@type": "Person", "name": each.author},
            "publisher": {"@type": "Organization", "name": "陶罐评论"},
        }  # fmt: skip
        script = f'<script type="application/ld+json">{json.dumps(data, ensure_ascii=False)}</script>'
        text = "".join(
            f"<section><section><p><span>{words}</span></p></section></section>" for words in each.paragraphs
        )
        return head(f"{each.title} - 陶罐评论", script) + (
            f'<body><nav>{MENU}</nav><div class="cover"><h1>{each.title}</h1></div><div class="rich_text"><section>{text}</section></div>'
            f'<div class="subscribe"><p>{NOISE}订阅我们的邮件，每天早上八点，把最重要的新闻送到您的邮箱。</p></div><footer>{FOOTER}</footer></body></html>'
        )

    return Form({"/depth": listing} | {each.path: article(each) for each in site}, site, "/depth", "/depth/page/2")


def slug(number: int) -> str:
    return ("one", "two", "three", "four", "five", "six", "seven", "eight")[number]


def microdata() -> Form:
    """Microdata; title and metadata inside the element of the text; the listing is a list of definitions."""
    site = stories(lambda number: f"/index.php?m=content&a=show&id={610 + number}", 8)
    rows = "".join(
        f'<dt><a href="{each.path.replace("&", "&amp;")}">{each.title}</a></dt><dd>{each.paragraphs[0][:40]}</dd><dd class="rq">{each.minute}</dd>'
        for each in site
    )
    listing = head("竹椅周刊") + (
        f'<body><ul class="menu"><li>{MENU}</li></ul><dl class="wz">{rows}</dl><p class="fy"><a href="/index.php?m=content&amp;page=2">下一页</a></p>'
        f'<p class="bq">{FOOTER}</p></body></html>'
    )

    def article(each: Story) -> str:
        return head(f"{each.title}_竹椅周刊") + (
            f'<body><ul class="menu"><li>{MENU}</li></ul><article itemscope itemtype="http://schema.org/Article"><h1 itemprop="headline">{each.title}</h1>'
            f'<div class="meta"><span itemprop="author" itemscope><span itemprop="name">{each.author}</span></span> '
            f'<meta itemprop="datePublished" content="{each.date}"><span>{each.minute}</span> <span>{NOISE}阅读 12</span></div>{ps(each)}'
            f'<div class="share-bar">{NOISE}<a href="#">微博</a><a href="#">微信</a></div><section class="related">{related(site[2:])}</section></article>'
            f'<p class="bq">{FOOTER}</p></body></html>'
        )  # fmt: skip

    return Form(
        {"/index.php?m=content": listing} | {each.path: article(each) for each in site}, site, "/index.php?m=content",
        "/index.php?m=content&page=2",
    )  # fmt: skip


def old_tables() -> Form:
    """A table layout in GBK without a charset in the header: lines with `<br>`, `<font>`, no class names."""
    site = stories(lambda number: f"/news/shownews.asp?id={8800 - number}", 9)
    rows = "".join(
        f'<tr><td height="24">·<a href="shownews.asp?id={8800 - number}">{each.title}</a> <font color="#999999">[{each.day}]</font></td></tr>'
        for number, each in enumerate(site)
    )
    top = f'<table width="760" align="center"><tr><td bgcolor="#003366"><font color="#ffffff">{MENU}</font></td></tr></table>'
    foot = f'<table width="760" align="center"><tr><td align="center"><font size="2">{FOOTER}</font></td></tr></table></body></html>'
    meta = '<meta http-equiv="Content-Type" content="text/html; charset=gb2312">'
    listing = (
        f'<html><head>{meta}<title>铜锁信息网</title></head><body bgcolor="#ffffff">{top}<table width="760" align="center"><tr><td width="180" valign="top">'
        f'{MENU}</td><td valign="top"><table width="100%">{rows}</table><p align="center">第1页/共9页 [首页] [<a href="list.asp?page=2">下一页</a>] '
        f'[<a href="list.asp?page=9">末页</a>]</p></td></tr></table>{foot}'
    )

    def article(each: Story) -> str:
        text = "<br><br>\n".join(f"　　{words}" for words in each.paragraphs)
        return (
            f'<html><head>{meta}<title>{each.title}-铜锁信息网</title></head><body bgcolor="#ffffff">{top}<table width="760" align="center">'
            f'<tr><td width="180" valign="top">{MENU}</td><td valign="top"><table width="100%"><tr><td align="center"><font size="4"><b>{each.title}</b></font></td></tr>'
            f'<tr><td align="center"><font size="2" color="#666666">{each.minute}　　作者：{each.author}　　来源：铜锁信息网</font></td></tr>'
            f'<tr><td><font size="3">{text}</font></td></tr><tr><td align="right">【<a href="#">打印</a>】【<a href="#">{NOISE}关闭</a>】</td></tr></table></td></tr></table>{foot}'
        )  # fmt: skip

    return Form(
        {"/news/list.asp": listing} | {each.path: article(each) for each in site}, site, "/news/list.asp", "/news/list.asp?page=2", "gbk"
    )  # fmt: skip


def portal() -> Form:
    """`<div>` soup with generated class names; the author is a name beside the date; "more" is a link."""
    site = stories(lambda number: f"/article/{730088112233 + number}", 10)
    rows = "".join(
        f'<div class="feed_item__Q3x9Z"><div class="_1aB2c"><a href="{each.path}" target="_blank"><img src="/x.webp"></a></div><div class="_3dE4f">'
        f'<a href="{each.path}" class="feed_name__a81Kd" target="_blank">{each.title}</a><div class="_7hJ8k"><span>{each.author}</span>'
        f'<span class="_5tR6y">{each.minute}</span></div></div></div>'
        for each in site
    )
    hot = "".join(f'<div class="_0pL9m"><a href="{each.path}">{each.title}</a></div>' for each in site[2:])
    top = f'<body><div id="root"><div class="_9zX8c"><div class="_2vB3n">{MENU}</div></div>'
    end = f'<div class="_6mK7j"><div>{FOOTER}</div></div></div><script src="/app.3f2a.js"></script></body></html>'
    side = f'<div class="_4gH5j"><div class="_8wQ9e">大家都在看</div>{hot}</div>'
    listing = head("风筝客户端") + (
        f'{top}<div class="_1qW2e"><div class="_3rT4y">{rows}</div><a class="_5yU6i" href="/channel/7?cursor=20">查看更多</a></div>{side}{end}'
    )

    def article(each: Story) -> str:
        text = "".join(f'<div class="_2sD3f">{words}</div>' for words in each.paragraphs)
        return head(f"{each.title}_风筝客户端") + (
            f'{top}<div class="_1qW2e"><div class="_3eR4t"><div class="article_title__x91Lp">{each.title}</div><div class="_5tY6u"><div>{each.author}</div>'
            f'<div>{each.minute}</div><div>{NOISE}广东</div></div><div class="_7iO8p">{text}</div></div><div class="_9aS1d"><div>{NOISE}声明：该文观点仅代表作者本人，'
            f'本站系信息发布平台，仅提供信息存储空间服务，不承担法律责任。</div></div></div>{side}{end}'
        )  # fmt: skip

    return Form(
        {"/channel/7": listing} | {each.path: article(each) for each in site},
        site,
        "/channel/7",
        "/channel/7?cursor=20",
    )


FORMS = {
    form.__name__: form()
    for form in (
        pictures, cards, tables, left_sidebar, long_related, long_comments, json_ld, microdata, old_tables, portal,
    )
}  # fmt: skip
