"""The element with the article on a page of an unknown site."""

from __future__ import annotations

import time

import pytest
from lxml.etree import tostring

from crawler.reading.main_element import main_element
from crawler.reading.page import Page

PROSE = "电池回收企业的采购价格在过去一年里下降了三成，规范的渠道将逐步占据主导。"
TEXT = f"<p>{PROSE}</p><p>{PROSE}</p>"
CARD = '<article><a href="/2">相关：储能电站进入建设高峰期</a></article>'
LONG_CARD = f'<article><h2><a href="/2">储能电站</a></h2><p>{PROSE}</p></article>'
TIMED_CARD = f'<article><h3>储能电站</h3><p>{PROSE[:20]}</p><a href="/2">阅读全文 »</a></article>'
WRAPPED_CARD = f'<a href="/2"><article><h3>储能电站</h3><p>{PROSE}</p></article></a>'


def page(body: str) -> Page:
    return Page("a.html", f"<html><head><title>标题_测试网</title></head><body>{body}</body></html>".encode())


@pytest.mark.parametrize("card", [CARD, LONG_CARD, TIMED_CARD, WRAPPED_CARD], ids=["link", "long", "more", "wrapped"])
@pytest.mark.parametrize(
    "form",
    [
        "<main><h1>标题</h1>{text}</main><section>{card}</section>",
        "{card}<main><h1>标题</h1>{text}</main>",
        "<div><h1>标题</h1>{text}</div><div>{card}{card}{card}</div>",
        "{card}<h1>标题</h1>{text}",
        "<main><h1>标题</h1>{text}<div>{card}</div></main>",
        "{card}<article><h1>标题</h1>{text}</article>{card}",
        "<article><h1>标题</h1>{text}<section>{card}</section></article>",
        "<article><h1><a href='/1'>标题</a></h1>{text}</article>{card}",
        "<form><h1>标题</h1>{text}</form>{card}",
    ],
)
def test_teaser_is_not_the_article(form: str, card: str) -> None:
    words = main_element(page(form.format(text=TEXT, card=card))).text_content()
    assert words.count(PROSE) == 2
    assert "储能电站" not in words


@pytest.mark.parametrize(
    "form",
    [
        "<article><h1>标题</h1>{text}<section class='comments'><p>{other}</p></section></article>",
        "<article>{text}<div id='comment-list'><article>{other}</article></div></article>",
        "<article>{text}</article><div class='related'><p>{other}</p></div>",
        "<main>{text}<aside>{other}</aside></main>",
        "<div>{text}</div><footer>{other}</footer>",
        "<div class='has-sidebar'><div>{text}</div><div class='sidebar'>{other}</div></div>",
    ],
)
def test_comments_and_related_texts_are_left_out(form: str) -> None:
    found = main_element(page(form.format(text=TEXT, other="读者写道：文章很好，值得一读再读。")))
    assert found.text_content().count(PROSE) == 2
    assert "读者写道" not in found.text_content()


@pytest.mark.parametrize("article", ["<p>短讯一则。</p>", "<p>短讯</p><p>又一则</p>", "<h1>标题</h1><p>水库满了。</p>"])
def test_short_article_is_the_article(article: str) -> None:
    found = main_element(page(f"<div><p>菜单</p></div><article>{article}</article>"))
    assert found.tag == "article"


def test_page_of_links_keeps_its_text() -> None:
    found = main_element(page(f"<article><p><a href='/1'>{PROSE}</a></p><p><a href='/2'>{PROSE}</a></p></article>"))
    assert found.text_content().count(PROSE) == 2


def test_tree_of_the_page_does_not_change() -> None:
    found = page(f"<main><script>1</script>{TEXT}</main><aside>x</aside>{CARD}")
    before = tostring(found.tree)
    main_element(found)
    assert tostring(found.tree) == before


@pytest.mark.parametrize(
    "part", ["<article>", "<div class=comment>x</div>", "<script>1</script>", "<article><a href=/1>x</a></article>"]
)
def test_main_element_takes_linear_time(part: str) -> None:
    found = page(part * (100 if part == "<article>" else 10_000) + TEXT)
    started = time.process_time()
    main_element(found)
    assert time.process_time() - started < 3


@pytest.mark.parametrize(
    "name", ["rank" + "_" * 100_000 + ".", "a-" * 100_000, "comment-" * 20_000 + ".", "x " * 100_000]
)
def test_names_of_elements_take_linear_time(name: str) -> None:
    found = page(f"<div class='{name}'>{TEXT}</div>")
    started = time.process_time()
    assert main_element(found).text_content().count(PROSE) == 2
    assert time.process_time() - started < 2
