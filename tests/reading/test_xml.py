"""Feeds and sitemaps: small errors are repaired, truncated and other documents are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.reading.errors import LayoutChanged
from crawler.reading.page import Page
from crawler.reading.xml import is_feed, parse_feed

FEED = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel><item><title>{}</title></item></channel></rss>'
)
WARNING = "<br />\n<b>Warning</b>:  Undefined variable $a in <b>/www/feed.php</b> on line <b>3</b><br />\n"


def title(text: str, content_type: str = "application/rss+xml") -> str:
    page = Page("https://a.example/feed", text.encode("utf-8", "surrogatepass"), headers={"content-type": content_type})
    return parse_feed(page).findtext("channel/item/title", "missing")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("甲\x12乙", "甲乙"),
        ("甲\x00乙\x0b\ufffe\uffff", "甲乙"),
        ("甲&#11;乙&#x1F;&#0;&#xD800;", "甲乙"),
        ("甲&nbsp;乙", "甲\xa0乙"),
        ("&ldquo;甲&rdquo;&mdash;&hellip;&copy;", "“甲”—…©"),
        ("A&B", "A&B"),
        ("甲 & 乙 &", "甲 & 乙 &"),
        ("a=1&b=2&copy=3", "a=1&b=2&copy=3"),
        ("&unknown; &;", "&unknown; &;"),
        ("&amp;nbsp; &lt;b&gt; &#20013; &LT;", "&nbsp; <b> 中 <"),
        ("<![CDATA[甲 & 乙 &nbsp; <b>\x12</b>]]>&nbsp;丙", "甲 & 乙 &nbsp; <b></b>\xa0丙"),
        ("<![CDATA[</rss>]]>", "</rss>"),
        ("1 < 2 <3 <", "1 < 2 <3 <"),
        ("<![CDATA[甲 ]]> 乙]]>", "甲  乙]]>"),
        ("甲<br>乙<img src='a.png'>丙<BR >", "甲 乙 丙 "),
    ],
)
def test_parse_feed_repairs_text(written: str, read: str) -> None:
    assert title(FEED.format(written)) == read


@pytest.mark.parametrize("lead", ["", "\ufeff", "\n\n", WARNING, "Notice: x\n", "<!-- cached -->"])
@pytest.mark.parametrize("trail", ["", "\n<!-- 31 queries -->", WARNING])
@pytest.mark.parametrize("content_type", ["application/rss+xml", "text/html; charset=utf-8", "text/xml"])
def test_parse_feed_ignores_text_around_the_document(lead: str, trail: str, content_type: str) -> None:
    assert title(lead + FEED.format("甲") + trail, content_type) == "甲"


def test_prefix_without_a_declaration_is_accepted() -> None:
    item = "<title>甲</title><content:encoded><![CDATA[<o:p>]]></content:encoded><dc:creator>李文</dc:creator>"
    feed = (
        f'<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><item>{item}</item></channel></rss>'
    )
    root = parse_feed(Page("https://a.example/feed", feed.encode()))
    assert root.findtext(".//{*}encoded") == "<o:p>"
    assert root.findtext(".//{http://purl.org/dc/elements/1.1/}creator") == "李文"


@pytest.mark.parametrize(
    ("feed", "reason"),
    [
        ("<html>", "not a feed"),
        (FEED[:-1], "truncated"),
        (FEED.replace("</item>", ""), "not well-formed XML: Opening and ending tag mismatch"),
    ],
)
def test_reason_of_a_refusal(feed: str, reason: str) -> None:
    with pytest.raises(LayoutChanged, match=reason):
        title(feed)


def test_parse_feed_decodes_gbk() -> None:
    body = FEED.replace("UTF-8", "gbk").format("半导体设备").encode("gbk")
    assert parse_feed(Page("https://a.example/feed", body)).findtext("channel/item/title") == "半导体设备"


def test_parse_feed_reads_atom_and_sitemaps() -> None:
    for root, path in (("feed", "{*}entry/{*}id"), ("urlset", "{*}url/{*}loc"), ("rdf:RDF", "{*}item/{*}link")):
        outer, inner = (name.replace("{*}", "") for name in path.split("/"))
        space = "xmlns:rdf='r'" if ":" in root else "xmlns='s'"
        text = (
            f"<{root} {space}><{outer}><{inner}><![CDATA[ https://a.example/?a=1&b=2 ]]></{inner}></{outer}></{root}>"
        )
        found = parse_feed(Page("https://a.example/x.xml", text.encode())).findtext(path)
        assert found == " https://a.example/?a=1&b=2 "


@pytest.mark.parametrize(
    "text", ["", "x", "{}", "<html><body><rss></rss></body></html>", "<rss><a></rss>", "<rss>", "</rss>"]
)
def test_parse_feed_refuses_other_documents(text: str) -> None:
    with pytest.raises(LayoutChanged):
        title(text)


@given(st.integers(0, 300), st.sampled_from(["甲", "<![CDATA[</rss>]]>", "&nbsp;&", "<!-- x -->"]))
def test_parse_feed_refuses_a_truncated_document(length: int, text: str) -> None:
    feed = FEED.format(text)
    if length < len(feed):
        with pytest.raises(LayoutChanged):
            title(feed[:length])


@given(st.text())
def test_parse_feed_reads_any_text_in_a_title(text: str) -> None:
    if "<" not in text and "]]>" not in text:
        assert isinstance(title(FEED.format(text)), str)


def test_is_feed_refuses_html() -> None:
    assert not is_feed("<!DOCTYPE html><html><body>&lt;rss&gt; <rss></body></html>")
    assert is_feed("<feed xmlns='x'>")
    assert not is_feed("<feedback>")
