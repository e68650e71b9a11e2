"""More page forms of invented sites, with difficult details; see `forms`."""

# ruff: noqa: E501  (lines of HTML)
from __future__ import annotations

import json
from random import Random

from tests.scaffold.forms import FOOTER, MENU, NOISE, Form, Story, comments, head, paragraphs, ps, related, stories


def one_box() -> Form:
    """Title, metadata, text, share bar, related list and comments are children of one box; rows have no box of their own."""
    site = stories(lambda number: f"/xw/{2026_000 + number}/", 11)
    rows = "".join(
        f'<h3><a href="{each.path}">{each.title}</a></h3><p class="abs">{each.paragraphs[0][:30]}</p><p class="tm">{each.minute}</p>'
        for each in site
    )
    listing = head("新闻 - 木船网") + (
        f'<body><div class="h">{MENU}</div><div id="content">{rows}<div class="p"><a href="/xw/list/2/">Next &raquo;</a></div></div><div class="f">{FOOTER}</div></body></html>'
    )

    def article(each: Story) -> str:
        return head(f"{each.title} - 木船网") + (
            f'<body><div class="h">{MENU}</div><div id="content"><h1>{each.title}</h1><p class="inf">时间：{each.minute}　作者：{each.author}　来源：木船网</p>'
            f'{ps(each)}<p>（责任编辑：{NOISE}某）</p><div class="fx">分享到：<a href="#">{NOISE}微博</a></div>{related(site[2:])}<h3>网友评论</h3>{comments(3)}'
            f'</div><div class="f">{FOOTER}</div></body></html>'
        )  # fmt: skip

    return Form({"/xw/": listing} | {each.path: article(each) for each in site}, site, "/xw/", "/xw/list/2/")


def comments_inside() -> Form:
    """Comments and the card of the author are inside `<article>`; a numbered pager with list items."""
    site = stories(lambda number: f"/archives/{4400 + number}", 12, (5, 4))
    rows = "".join(
        f'<article class="post type-post"><header class="entry-header"><h2 class="entry-title"><a href="{each.path}" rel="bookmark">{each.title}</a></h2></header>'
        f'<div class="entry-meta"><span class="posted-on"><time class="entry-date published" datetime="{each.date.replace(" ", "T")}+08:00">{each.minute}</time></span>'
        f'<span class="byline"><a class="url fn n" href="/author/x">{each.author}</a></span></div><div class="entry-summary"><p>{each.paragraphs[0][:60]} <a href="{each.path}">阅读全文</a></p></div></article>'
        for each in site
    )
    listing = head("纸伞笔记") + (
        f'<body class="home blog"><div id="page"><nav>{MENU}</nav><main id="main">{rows}<ul class="pagination"><li class="active"><a href="/">1</a></li>'
        f'<li><a href="/page/2">2</a></li><li><a href="/page/3">3</a></li></ul></main><footer>{FOOTER}</footer></div></body></html>'
    )  # fmt: skip

    def article(each: Story) -> str:
        return head(f"{each.title} | 纸伞笔记", '<meta property="og:site_name" content="纸伞笔记">') + (
            f'<body class="single"><div id="page"><nav>{MENU}</nav><main id="main"><article class="post hentry"><header class="entry-header"><h1 class="entry-title">{each.title}</h1>'
            f'<div class="entry-meta"><span class="posted-on"><a href="{each.path}"><time class="entry-date" datetime="{each.date.replace(" ", "T")}+08:00">{each.minute}</time></a></span>'
            f'<span class="byline"> 作者 <span class="author vcard"><a class="url fn n" href="/author/x">{each.author}</a></span></span></div></header>'
            f'<div class="entry-content">{ps(each)}</div><footer class="entry-footer">标签 <a href="/tag/1">{NOISE}</a></footer>'
            f'<div class="author-bio"><p>{NOISE}作者简介：做过十年记者，现在是一名自由撰稿人，关注制造业，欢迎来信交流，一起讨论。</p></div>'
            f'<section id="comments"><h2>3 条评论</h2><ol class="comment-list">{"".join(f"<li>{one}</li>" for one in [comments(1), comments(1), comments(1)])}</ol></section></article>'
            f'<nav class="post-navigation"><a href="/archives/1">{NOISE}上一篇</a></nav></main><footer>{FOOTER}</footer></div></body></html>'
        )  # fmt: skip

    return Form({"/": listing} | {each.path: article(each) for each in site}, site, "/", "/page/2")


def short_text() -> Form:
    """News of one paragraph beside long lists; the listing has a ranking that is longer than the list."""
    site = stories(lambda number: f"/flash/{99100 + number}.html", 13, (1, 1))
    rows = "".join(
        f'<li><span class="t">{each.minute}</span><a class="tt" href="{each.path}">{each.title}</a></li>'
        for each in site
    )
    others = "".join(
        f'<li><a href="/flash/{88000 + number}.html">{NOISE}的{number}个理由和{number + 2}个疑问：一篇旧文章</a></li>'
        for number in range(10)
    )
    side = f'<div class="right-side"><h3>热门文章</h3><ul class="hot-list">{others}</ul></div>'
    listing = head("快讯_轴承在线") + (
        f'<body><div class="hd">{MENU}</div>{side}<div class="left-main"><ul class="flash">{rows}</ul><div class="pagination"><span>1</span><a href="/flash/index_2.html">2</a>'
        f'<a href="/flash/index_2.html">&gt;</a></div></div><div class="ft">{FOOTER}</div></body></html>'
    )  # fmt: skip

    def article(each: Story) -> str:
        return head(f"{each.title}_快讯_轴承在线") + (
            f'<body><div class="hd">{MENU}<span>今天是2026年11月29日 星期日</span></div>{side}<div class="left-main"><h1>{each.title}</h1><div class="bar"><span>{each.date}</span>'
            f'<span>轴承在线</span><span>记者：{each.author}</span></div><div class="flash-body">{ps(each)}</div><p class="note">{NOISE}风险提示：股市有风险，投资需谨慎，本文内容不构成任何投资建议，版权归原作者。</p></div>'
            f'<div class="ft">{FOOTER}</div></body></html>'
        )  # fmt: skip

    return Form(
        {"/flash/": listing} | {each.path: article(each) for each in site}, site, "/flash/", "/flash/index_2.html"
    )


def text_with_adverts() -> Form:
    """Lines in `<div>`, adverts between them, pictures with captions; day and time in separate elements."""
    site = stories(lambda number: f"/c/2026-11-27/doc-ik{number}xyz{3310 + number}.shtml", 14)
    rows = "".join(
        f'<div class="blk"><a href="{each.path}"><img src="/t.jpg"></a><h4><a href="{each.path}">{each.title}</a></h4><span>{each.minute}</span></div>'
        for each in site
    )
    listing = head("财经_陶罐资讯") + (
        f'<body><div class="nav">{MENU}</div><div class="bd">{rows}</div><a class="loadmore" href="/c/?p=2">加载更多</a><div class="footer">{FOOTER}</div></body></html>'
    )

    def article(each: Story) -> str:
        lines = [f"<div>{words}</div>" for words in each.paragraphs]
        lines.insert(2, f'<div class="ad_in"><a href="http://ad.example/">{NOISE}开户有礼</a></div>')
        lines.insert(1, '<figure><img src="/a.jpg"><figcaption>厂房外景</figcaption></figure>')
        return head(f"{each.title}_财经_陶罐资讯") + (
            f'<body><div class="nav">{MENU}</div><div class="bd"><h1 class="main-title">{each.title}</h1><div class="date-source"><span>{each.day}</span> <span>{each.date[11:16]}</span>'
            f'<a class="ent-source" href="http://x.example/">陶罐资讯</a><span class="article-author">{each.author}</span></div><div class="article" id="artibody">{"".join(lines)}</div>'
            f'<div class="kw">关键词：<a href="/k">{NOISE}</a></div></div><div class="footer">{FOOTER}</div></body></html>'
        )  # fmt: skip

    return Form({"/c/": listing} | {each.path: article(each) for each in site}, site, "/c/", "/c/?p=2")


def aspnet() -> Form:
    """The whole page is a `<form>`; title, date and text are `<span>`s with ids."""
    site = stories(lambda number: f"/NewsDetail.aspx?ID={551 + number}", 15)
    rows = "".join(
        f'<tr><td><a id="GridView1_ctl{number:02d}_HyperLink1" href="NewsDetail.aspx?ID={551 + number}">{each.title}</a></td><td align="right"><span id="GridView1_ctl{number:02d}_Label1">{each.day}</span></td></tr>'
        for number, each in enumerate(site)
    )
    listing = head("机械协会") + (
        f'<body><form method="post" action="./NewsList.aspx" id="form1"><input type="hidden" name="__VIEWSTATE" value="x"><div class="top">{MENU}</div><table id="GridView1">{rows}</table>'
        f'<div id="pager"><a disabled="disabled">首页</a><a disabled="disabled">上页</a><a href="NewsList.aspx?page=2">下页</a><a href="NewsList.aspx?page=9">尾页</a></div><div class="copy">{FOOTER}</div></form></body></html>'
    )  # fmt: skip

    def article(each: Story) -> str:
        text = "<br />".join(f"&nbsp;&nbsp;&nbsp;&nbsp;{words}" for words in each.paragraphs)
        return head(f"{each.title}") + (
            f'<body><form method="post" action="./NewsDetail.aspx" id="form1"><div class="top">{MENU}</div><div class="cont"><span id="lblTitle">{each.title}</span>'
            f'<div>发布日期：<span id="lblDate">{each.minute}</span> 撰稿：<span id="lblAuthor">{each.author}</span> 点击数：<span id="lblHits">77</span></div>'
            f'<div><span id="lblContent">{text}</span></div><div>[<a href="javascript:window.close()">{NOISE}关闭窗口</a>]</div></div><div class="copy">{FOOTER}</div></form></body></html>'
        )  # fmt: skip

    return Form(
        {"/NewsList.aspx": listing} | {each.path: article(each) for each in site},
        site,
        "/NewsList.aspx",
        "/NewsList.aspx?page=2",
    )


def byline_in_text() -> Form:
    """The author is named in the text only; the metadata names the site; the listing has cards in a grid of columns."""
    site = stories(lambda number: f"/2026/11/{27 - number}/story-{number}a{71 + number}.html", 16)
    rows = "".join(
        f'<div class="col-md-4"><div class="thumb"><a href="{each.path}"><img src="/y.jpg"></a></div><div class="caption"><a href="{each.path}"><strong>{each.title}</strong></a>'
        f"<br><small>{each.minute}</small></div></div>"
        for each in site
    )
    listing = head("竹椅日报网") + (
        f'<body><header class="navbar">{MENU}</header><div class="container"><div class="row">{rows}</div><div class="text-center"><a class="btn" href="/?page=2">查看更多 »</a></div></div>'
        f'<footer>{FOOTER}</footer></body></html>'
    )  # fmt: skip

    def article(each: Story) -> str:
        data = {
            "@type": "NewsArticle",
            "headline": each.title,
            "author": {"@type": "Organization", "name": "竹椅日报网"},
        }
        first, *rest = each.paragraphs
        return head(
            f"{each.title}-竹椅日报网",
            f'<meta name="author" content="竹椅日报网"><script type="application/ld+json">{json.dumps(data)}</script>',
        ) + (
            f'<body><header class="navbar">{MENU}</header><div class="container"><div class="headline">{each.title}</div><div class="sub">{each.minute} 来源：竹椅日报网</div>'
            f'<div class="txtcontent"><p>竹椅日报讯（记者 {each.author}）{first}</p>{"".join(f"<p>{words}</p>" for words in rest)}<p>编辑：{NOISE}某</p></div></div><footer>{FOOTER}</footer></body></html>'
        )  # fmt: skip

    return Form({"/": listing} | {each.path: article(each) for each in site}, site, "/", "/?page=2")


def government() -> Form:
    """A portal with several lists: the largest one is the list; text in a table cell with `<style>` and an editor's markup."""
    site = stories(lambda number: f"/art/2026/11/{27 - number}/art_58_{778 + number}.html", 17, (6, 5), 8)
    rows = "".join(f'<li><a href="..{each.path}">{each.title}</a><b>{each.day}</b></li>' for each in site)
    small = "".join(
        f'<li><a href="/col/col{number}/art_{number}.html">{NOISE}通知公告的第{number}号文件全文公布</a></li>'
        for number in range(4)
    )
    listing = head("机械工业促进会") + (
        f'<body><div class="nav-bar">{MENU}</div><div class="zt"><ul>{small}</ul></div><div class="default_pgContainer"><ul>{rows}</ul></div><div class="pagestyle"><a href="/col/index.html?uid=1&amp;pageNum=2" title="下一页"><img src="/n.gif"></a></div>'
        f'<div class="bottom">{FOOTER}</div></body></html>'
    )  # fmt: skip

    def article(each: Story) -> str:
        text = "".join(
            f'<p class="MsoNormal" style="text-indent:2em"><span style="font-size:16px"><o:p></o:p>{words}</span></p>'
            for words in each.paragraphs
        )
        return head(f"机械工业促进会 行业动态 {each.title}", f'<meta name="ArticleTitle" content="{each.title}"><meta name="PubDate" content="{each.minute}"><meta name="ContentSource" content="本会">') + (
            f'<body><div class="nav-bar">{MENU}</div><table id="article"><tr><td class="title">{each.title}</td></tr><tr><td><table><tr><td>发布时间：{each.minute}</td><td>文章来源：本会</td><td>作者：{each.author}</td><td>字体：[ <a href="#">大</a> <a href="#">{NOISE}小</a> ]</td></tr></table></td></tr>'
            f'<tr><td class="bt_content"><style>.x{{color:red}}</style><div id="zoom">{text}</div></td></tr><tr><td><a href="#">【{NOISE}打印】</a><a href="#">【关闭】</a></td></tr></table><div class="bottom">{FOOTER}</div></body></html>'
        )  # fmt: skip

    return Form(
        {"/col/index.html": listing} | {each.path: article(each) for each in site},
        site,
        "/col/index.html",
        "/col/index.html?uid=1&pageNum=2",
    )


def sidebar_text() -> Form:
    """The sidebar has as many paragraphs as the text, and comes after it; headings and lists in the text."""
    site = stories(lambda number: f"/insight/{'abcdef'[number]}7{number}c2d{number}e", 18, (4, 5))
    rows = "".join(
        f'<section class="story"><a class="story-link" href="{each.path}"><h3 class="story-h">{each.title}</h3></a><p class="story-p">{each.paragraphs[0][:40]}</p><p class="story-m">{each.author} | {each.minute}</p></section>'
        for each in site
    )
    listing = head("Insight – 钟表研究") + (
        f'<body><div class="gnb">{MENU}</div><div class="stories">{rows}</div><div class="paging"><strong>1</strong><a href="/insight?page=2">2</a><a href="/insight?page=3">3</a></div><div class="gft">{FOOTER}</div></body></html>'
    )
    about = "".join(f"<p>{NOISE}{words}</p>" for words in paragraphs(Random(5), 5))

    def article(each: Story) -> str:
        half = len(each.paragraphs) // 2
        text = "".join(f"<p>{words}</p>" for words in each.paragraphs[:half])
        text += f"<ul>{''.join(f'<li>{words}</li>' for words in each.paragraphs[half:])}</ul>"
        return head(f"{each.title} – 钟表研究") + (
            f'<body><div class="gnb">{MENU}</div><div class="lay"><div class="lay-a"><h1>{each.title}</h1><p class="by-line">撰文丨{each.author}　编辑丨{NOISE}某</p><p class="pub">{each.minute}</p>'
            f'<div class="rt">{text}</div></div><div class="lay-b"><h4>关于研究院</h4>{about}</div></div><div class="gft">{FOOTER}</div></body></html>'
        )  # fmt: skip

    return Form(
        {"/insight": listing} | {each.path: article(each) for each in site}, site, "/insight", "/insight?page=2"
    )


MORE_FORMS = {
    form.__name__: form()
    for form in (
        one_box, comments_inside, short_text, text_with_adverts, aspnet, byline_in_text, government, sidebar_text,
    )
}  # fmt: skip
