"""Decoding and parsing of pages."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.etree import tostring

from crawler.reading.charset import decode, ends_with_character
from crawler.reading.html import PageTooDeep, parse_fragment, parse_html
from crawler.reading.page import Page
from crawler.reading.scripts import values_of

TEXT = "<html><head>%s</head><body>半导体设备订单回升，㐂字与€号都在。</body></html>"


@pytest.mark.parametrize(
    ("header", "meta", "encoding"),
    [
        ("text/html; charset=utf-8", "", "utf-8"),
        ("text/html", "<meta charset=utf-8>", "utf-8"),
        ("", "", "utf-8"),
        ("text/html; charset=gbk", "", "gb18030"),
        ("text/html; charset=gb2312", "", "gb18030"),
        ("text/html", "<meta http-equiv=Content-Type content='text/html; charset=gb2312'>", "gb18030"),
        ("", "", "gb18030"),
        ("text/html; charset=utf-8", "", "gb18030"),
        ("text/html", "<meta charset=utf-8>", "gb18030"),
        ("text/html; charset=gbk", "<meta charset=gbk>", "utf-8"),
        ("text/html; charset=iso-8859-1", "<meta charset=gbk>", "utf-8"),
        ("text/html; charset=iso-8859-1", "", "gb18030"),
        ("text/html; charset=zlib", "<meta charset=windows-1252>", "gb18030"),
        ("text/html; charset=utf-16", "", "utf-16"),
        ("text/html; charset=gbk", "", "utf-8-sig"),
    ],
)
def test_decode_with_correct_wrong_and_missing_declarations(header: str, meta: str, encoding: str) -> None:
    text = TEXT % meta
    assert decode(text.encode(encoding), header)[0] == text


def test_decode_declared_big5() -> None:
    text = "<html><body>記憶體價格上漲</body></html>"
    assert decode(text.encode("big5"), "text/html; charset=big5")[0] == text


def test_decode_drops_an_incomplete_character_at_the_end() -> None:
    whole = "半导体设备订单回升，新闻"
    assert decode(whole.encode()[:-1])[0] == whole[:-1]


def test_decode_keeps_declared_utf8_with_one_damaged_character() -> None:
    text = (TEXT % "") * 50
    damaged = text.encode() + "新".encode()[:2] + b"<p>"
    assert decode(damaged, "text/html; charset=utf-8")[0].startswith(text)


def test_parse_joins_surrogate_pairs_and_replaces_lone_surrogates() -> None:
    assert parse_fragment("a\ud83d b").text == "a\ufffd b"
    assert parse_fragment("a\ud83d\ude00b").text == "a\U0001f600b"


def test_parse_rejects_html_that_the_parser_would_truncate() -> None:
    with pytest.raises(PageTooDeep):
        parse_fragment("<div>" * 3000 + "lost")
    assert "kept" in parse_fragment("<div>" * 1500 + "kept").text_content()


def test_decode_replaces_undecodable_bytes() -> None:
    assert "�" in decode(b"\xff\xff" + "好".encode() + b"\xff", "text/html; charset=utf-8")[0]


@given(st.binary())
def test_page_of_any_bytes_has_text_and_tree(body: bytes) -> None:
    page = Page("https://a.example/", body)
    assert isinstance(page.text, str)
    assert page.tree.tag == "html"


@given(st.text())
def test_decode_prefers_valid_utf8_to_a_declaration(text: str) -> None:
    assert decode(text.encode("utf-8", "ignore"), "text/html; charset=gbk")[0] == text.removeprefix(
        codecs.BOM_UTF8.decode()
    )


PARTS = [
    "字",
    "a",
    "<p>",
    "</p>",
    "<b title='é'>",
    "&#xD83D;",
    "&#56832;",
    "&amp;",
    "\x00",
    "\ufeff",
    "\ufffd",
    "<!--",
    "-->",
]


@given(st.lists(st.sampled_from(PARTS), max_size=12).map("".join))
def test_tree_of_utf8_bytes_equals_tree_of_text(html: str) -> None:
    """A UTF-8 body is parsed without decoding it first."""
    page = Page("https://a.example/", html.encode())
    assert page.text == html.removeprefix("\ufeff")
    assert tostring(page.tree) == tostring(parse_html(page.text))


def test_fragment_keeps_leading_white_space() -> None:
    node = parse_fragment("\n　　头一段<p>第二段</p>尾")
    assert node.tag == "div"
    assert node.text == "\n　　头一段"
    assert node[0].tail == "尾"


def test_fragment_with_extra_closing_tags_keeps_all_text() -> None:
    assert parse_fragment("甲</div><p>乙</p>丙").text_content() == "甲乙丙"


def test_parse_empty_document() -> None:
    assert parse_html("").tag == parse_html("<!-- -->").tag == "html"


def test_values_of_a_script_accepts_a_closing_brace_in_a_string() -> None:
    page = 'window.DATA = {"broken": \n window.DATA = {"title": "x};", "n": [1]};\nwindow.DATA=[2];'
    assert values_of(page, "window.DATA") == [{"title": "x};", "n": [1]}, [2]]


def test_is_whole_requires_a_closing_html_tag() -> None:
    assert Page("https://a.example/", b"<html></HTML>\n<!-- served by 7 -->").is_whole
    assert not Page("https://a.example/", b"<html><body><p>half a sent").is_whole


def test_readers_do_not_get_what_follows_the_closing_html_tag() -> None:
    html = "<html><body>文</body></html>"
    page = Page("https://a.example/", f"{html}\n<time>2026-03-16</time>".encode())
    assert (page.text, page.trailer) == (html, "\n<time>2026-03-16</time>")
    assert not page.select("time")
    assert Page("https://a.example/", f"{html}\n".encode()).text == f"{html}\n"
    data = Page("https://a.example/", f'["{html}", 1]'.encode(), headers={"content-type": "application/json"})
    assert data.json == [html, 1]


def test_redirect_requires_a_redirect_status() -> None:
    headers = {"location": "/gone"}
    assert Page("https://a.example/x", b"", 302, headers).redirect == "https://a.example/gone"
    assert Page("https://a.example/x", b"", 200, headers).redirect == ""


@pytest.mark.parametrize("charset", ["idna", "undefined"])
def test_decode_ignores_python_codecs_that_are_not_charsets(charset: str) -> None:
    assert decode("文".encode("gb18030"), f"text/html; charset={charset}") == ("文", "gb18030")


def test_decode_utf_16_without_a_byte_order_mark() -> None:
    assert "\ufffd" in decode(b"\x00\xf5\xff", "text/html; charset=utf-16")[0]


@pytest.mark.parametrize(
    "declared", ["", "text/html; charset=gbk", "text/html; charset=gb2312", "text/html; charset=gb18030"]
)
def test_decode_the_euro_sign_of_windows_936(declared: str) -> None:
    body = "售价 ".encode("gbk") + b"\x80" + "120，比上月高 ".encode("gbk") + b"\x80\x80" + "中𠀀".encode("gb18030")
    assert decode(body, declared) == ("售价 €120，比上月高 €€中𠀀", "gb18030")
    damaged = decode(body + b"\xff" + body, "text/html; charset=gbk")[0]
    assert (damaged.count("€"), damaged.count("\ufffd")) == (6, 1)


def test_decode_0x80_in_other_charsets_is_damaged() -> None:
    assert "€" not in decode("新闻".encode() + b"\x80" + "。".encode() * 2000, "text/html; charset=utf-8")[0]


@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "big5", "utf-16"])
def test_ends_with_character(charset: str) -> None:
    body = "新聞".encode(charset)
    assert ends_with_character(body, charset)
    assert not ends_with_character(body[:-1], charset)
