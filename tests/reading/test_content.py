"""The element with the text of an article, and the furniture in it."""

from __future__ import annotations

import pytest
from lxml.etree import tostring
from lxml.html import HtmlElement

from crawler.newspapers.printed import read_print
from crawler.reading.content import Content, find_content, without
from crawler.reading.errors import Skipped
from crawler.reading.page import Page
from crawler.reading.query import all_of, text
from crawler.reading.title import title_element
from tests.support.cpu_time import within

PROSE = "电池回收企业的采购价格在过去一年里下降了三成，规范的渠道将逐步占据主导。"
TEXT = f"<p>{PROSE}</p><p>{PROSE}</p>"
CARD = '<article><a href="/2">相关：储能电站进入建设高峰期</a></article>'
LONG_CARD = f'<article><h2><a href="/2">储能电站</a></h2><p>{PROSE}</p></article>'
TIMED_CARD = f'<article><h3>储能电站</h3><p>{PROSE[:20]}</p><a href="/2">阅读全文 »</a></article>'
WRAPPED_CARD = f'<a href="/2"><article><h3>储能电站</h3><p>{PROSE}</p></article></a>'
LINKS = "".join(f'<li><a href="/{number}">储能电站进入建设高峰期之{number}</a></li>' for number in range(5))
REMARK = "读者写道：文章很好，值得一读再读。"


def page(body: str) -> Page:
    return Page("a.html", f"<html><head><title>电池回收_测试网</title></head><body>{body}</body></html>".encode())


def content(body: str) -> Content:
    found = find_content(page(body), title_element(page(body)))
    assert found is not None
    return found


def cleaned(body: str) -> HtmlElement:
    """Return the text of the article in a page with *body*."""
    document = page(body)
    found = find_content(document, title_element(document))
    assert found is not None
    return without(found.node, found.furniture)


@pytest.mark.parametrize("card", [CARD, LONG_CARD, TIMED_CARD, WRAPPED_CARD], ids=["link", "long", "more", "wrapped"])
@pytest.mark.parametrize(
    "form",
    [
        "<main><h1>电池回收</h1>{text}</main><section>{card}</section>",
        "{card}<main><h1>电池回收</h1>{text}</main>",
        "<div><h1>电池回收</h1>{text}</div><div>{card}{card}{card}</div>",
        "{card}<h1>电池回收</h1>{text}",
        "<main><h1>电池回收</h1>{text}<div>{card}</div></main>",
        "{card}<article><h1>电池回收</h1>{text}</article>{card}",
        "<article><h1>电池回收</h1>{text}<section>{card}</section></article>",
        "<article><h1><a href='/1'>电池回收</a></h1>{text}</article>{card}",
        "<form><h1>电池回收</h1>{text}</form>{card}",
        "<h1>电池回收</h1><div>{card}</div><div>{text}</div>",
    ],
)
def test_teaser_is_not_the_article(form: str, card: str) -> None:
    words = text(cleaned(form.format(text=TEXT, card=card)))
    assert words.count(PROSE) == 2
    assert "储能电站" not in words
    assert "电池回收 " not in words


@pytest.mark.parametrize(
    "form",
    [
        "<article><h1>电池回收</h1>{text}<section class='comments'><p>{other}</p></section></article>",
        "<article>{text}<div id='comment-list'><article>{other}</article></div></article>",
        "<article>{text}</article><div class='related'><p>{other}</p></div>",
        "<main>{text}<aside>{other}</aside></main>",
        "<div>{text}</div><footer>{other}</footer>",
        "<div class='has-sidebar'><div>{text}</div><div class='sidebar'>{other}</div></div>",
        "<div><h1>电池回收</h1><div class='a1'>{text}</div><div class='b1'>"
        "<h4>网友评论（2）</h4><p>{other}</p><p>{other}</p></div></div>",
        "<h1>电池回收</h1><div class='a1'>{text}</div>"
        "<div class='z'><div class='y'>{other}<div><a>回复</a></div></div>"
        "<div class='y'>{other}<div><a>回复</a>(3)</div></div></div>",
        "<div><h1>电池回收</h1>{text}<h3>发表评论</h3><div><p>{other}</p></div></div>",
    ],
)
def test_comments_and_related_texts_are_left_out(form: str) -> None:
    found = cleaned(form.format(text=TEXT, other=REMARK * 20))
    assert text(found).count(PROSE) == 2
    assert "读者写道" not in text(found)


@pytest.mark.parametrize(
    "noise",
    [
        "<div class='a'><a href='#'>首页</a>&gt;<a href='#'>财经</a></div>",
        f"<div class='b'><h3>相关阅读</h3><ul>{LINKS}</ul></div>",
        f"<h3>延伸阅读：</h3><ul>{LINKS}</ul>",
        f"<ul class='c'>{LINKS}</ul>",
        "<p>（责任编辑：王某）</p>",
        "<p class='d'>版权声明：本文为测试网原创，未经授权，不得转载。</p>",
        "<div class='share-box'>分享到：<a href='#'>微信</a><a href='#'>微博</a></div>",
        "<div>上一篇：<a href='/1'>储能电站进入建设高峰期</a></div><div>下一篇：<a href='/2'>储能电站</a></div>",
        "<div>扫一扫，手机看新闻</div>",
        "<nav>储能</nav>",
        "<button>储能</button>",
        "<div class='advert'><p>储能电站，现在开户，限时领取，欢迎咨询。</p></div>",
    ],
)
def test_furniture_after_the_text_is_left_out(noise: str) -> None:
    for form in ("<div><h1>电池回收</h1>{text}{noise}</div>", "<h1>电池回收</h1><div class='t'>{text}</div>{noise}"):
        assert text(cleaned(form.format(text=TEXT, noise=noise))).replace(" ", "") == 2 * PROSE


@pytest.mark.parametrize(
    "part",
    [
        "<p><a href='http://other.example/report'>报告全文</a></p>",
        "<ul><li>第一，采购价格下降。</li><li>第二，渠道更加规范。</li><li>第三，出口增加。</li></ul>",
        "<blockquote>采购价格下降</blockquote>",
        "<h2>最新资讯</h2><p>采购价格在下降。</p>",
        "<p>回复</p>",
        "<p><strong>点评：</strong></p><p>采购价格在下降。</p>",
        "<h3>评论</h3><p>采购价格在下降。</p>",
        "<table><tr><td>年份</td><td>产量</td></tr></table>",
        "<figure><img src='a.jpg'><figcaption>厂房</figcaption></figure>",
        "<video src='a.mp4'></video>",
        "<section class='hot-topic'><p>采购价格在下降。</p></section><p>完。</p>",
        "<p>声明：公司股票今日停牌。</p><p>完。</p>",
    ],
)
def test_parts_of_the_text_stay(part: str) -> None:
    found = cleaned(f"<h1>电池回收</h1><div class='t'>{TEXT}{part}<p>{PROSE}</p></div>")
    whole = text(page(f"<div>{TEXT}{part}<p>{PROSE}</p></div>").tree.find("body"))
    assert text(found) == whole
    assert len(all_of(found, "img, video, td, li")) == len(all_of(page(part), "img, video, td, li"))


def test_date_and_author_in_the_element_of_the_text_are_left_out() -> None:
    found = cleaned(
        f"<div id=c><h1>电池回收</h1><div class=m><span>2026-11-05 08:30</span><span>程远</span></div>"
        f"<p>短。</p>{TEXT}</div>"
    )
    assert text(found).replace(" ", "") == "短。" + 2 * PROSE


def test_lead_and_picture_beside_the_text_stay() -> None:
    found = content(
        f"<h1>电池回收</h1><div id=c><div><img src=a.jpg></div><div class=lead>要点</div><div>{TEXT * 2}</div></div>"
    )
    assert found.node.get("id") == "c"


@pytest.mark.parametrize(
    "article", ["<p>短讯一则。</p>", "<p>短讯。</p><p>又一则</p>", "<h1>电池回收</h1><p>水库满了。</p>"]
)
def test_short_article_is_the_article(article: str) -> None:
    assert "菜单" not in text(cleaned(f"<div><p>菜单</p></div><article>{article}</article>"))


def test_page_without_prose_has_no_content() -> None:
    document = page(f"<ul>{LINKS}</ul><p>关于我们</p>")
    assert find_content(document) is None
    assert find_content(page("")) is None
    with pytest.raises(Skipped, match="no text of an article: the page has only links and short lines"):
        read_print(document, "")


def test_page_of_linked_sentences_keeps_its_text() -> None:
    found = read_print(page(f"<article><p><a href='/1'>{PROSE}</a></p><p><a href='/2'>{PROSE}</a></p></article>"), "")
    assert text(found.body).count(PROSE) == 2


def test_tree_of_the_page_does_not_change() -> None:
    found = page(f"<main><script>1</script>{TEXT}</main><aside>x</aside>{CARD}")
    before = tostring(found.tree)
    result = find_content(found)
    assert result
    without(result.node, result.furniture)
    assert tostring(found.tree) == before


def test_without_keeps_the_text_after_an_element() -> None:
    node = all_of(page("<div>甲<b>乙</b>丙<p>丁<b>戊</b></p>己</div>"), "div")[0]
    assert text(without(node, all_of(node, "b"))) == "甲丙丁己"


@pytest.mark.parametrize(
    "part",
    [
        "<article>", "<div class=comment>x</div>", "<script>1</script>", "<article><a href=/1>x</a></article>",
        "<div><h3>相关阅读</h3><ul><li><a href=/1>储能电站进入建设</a></ul></div>", "<p>责任编辑：王某</p>",
        "<section>",
        "<h3>网友评论</h3>", "<span>",
    ],
)  # fmt: skip
def test_content_takes_linear_time(part: str) -> None:
    found = page(part * (100 if part in ("<article>", "<section>", "<span>") else 10_000) + TEXT)
    within(3, lambda: find_content(found))


@pytest.mark.parametrize(
    "name", ["rank" + "_" * 100_000 + ".", "a-" * 100_000, "comment-" * 20_000 + ".", "x " * 100_000]
)
def test_names_of_elements_take_linear_time(name: str) -> None:
    assert within(2, lambda: text(cleaned(f"<div class='{name}'>{TEXT}</div>")).count(PROSE) == 2)


PICTURE = '<figure><img src="/a.jpg"><figcaption>厂房的照片</figcaption></figure>'
TABLE = "<table><tr><td>回收量</td><td>12</td></tr><tr><td>价格</td><td>8</td></tr></table>"


@pytest.mark.parametrize("share", ["", '<div class="share">分享到微信</div>'])
@pytest.mark.parametrize(
    "part", [PICTURE, TABLE, "<img src='/a.jpg'>", "<pre>a = 1</pre>", "<ul><li>价格下降</li></ul>"]
)
@pytest.mark.parametrize("form", ["{part}{text}{share}", "{text}{part}{share}", "{text}{share}{part}"])
def test_what_stands_beside_the_element_of_the_text_is_kept(form: str, part: str, share: str) -> None:
    beside = form.format(part=part, text=f"<div>{TEXT}</div>", share=share)
    body = cleaned(
        f'<ul class="menu">{LINKS}</ul><div><h1>电池回收</h1><div>2026-03-01 来源：测试网</div>{beside}'
        f'<div class="related"><ul>{LINKS}</ul></div></div>'
    )
    words = text(body)
    assert [len(body.xpath(f".//{tag}")) for tag in ("img", "table", "pre")] == [
        part.count(f"<{tag}") for tag in ("img", "table", "pre")
    ]
    assert PROSE in words
    assert "分享" not in words
    assert "储能" not in words
    assert "来源" not in words


@pytest.mark.parametrize(
    ("lines", "date", "author"),
    [
        ("<div>2025年02月11日22:17 来源：测试网 作者：李文</div>", "2025-02-11 22:17:00", "李文"),
        ("<p><span>测试网</span><span>02月11日 2025</span></p><p>文/江岚</p>", "", "江岚"),
        ("<p><span>本报记者 田野</span> <i>2025-02-11</i></p>", "2025-02-11", "田野"),
        ("", "", ""),
    ],
)
def test_date_and_author_of_a_web_page_are_read_from_the_lines_below_its_title(
    lines: str, date: str, author: str
) -> None:
    printed = read_print(
        page(f"<div><h1>电池回收</h1>{lines}<article>{TEXT}<p>12月3日，作者：无关。</p></article></div>"), ""
    )
    assert (printed.date.get("page", ""), next(filter(None, printed.author.values()), "")) == (date, author)
