"""Sitemaps and feeds of the largest size are read with flat memory; hostile XML is refused."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.reading import xml_stream
from crawler.reading.errors import Incomplete, LayoutChanged, PageError
from crawler.reading.page import Page
from crawler.reading.read import read_listing
from crawler.reading.xml_listing import read_entries
from crawler.reading.xml_stream import MAX_SIZE, XmlError, begins_like_feed, stream_entries
from crawler.spiders.qq import QqSpider
from crawler.spiders.woshipm import WoshipmSpider
from tests.support.cpu_time import assert_linear, within

SITEMAP = "https://news.qq.com/sitemap/sitemap_1.xml"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
WANTED = {"url": ("loc", "lastmod")}


def url(number: int, padding: str = "") -> str:
    return (
        f"<url><loc>https://new.qq.com/rain/a/20250211A{number:07}</loc><lastmod>2025-02-11</lastmod>"
        f"<changefreq>daily</changefreq><priority>0.5</priority>{padding}</url>\n"
    )


def sitemap(number: int = 50_000, size: int = MAX_SIZE) -> bytes:
    """Return a sitemap of *number* URLs and exactly *size* bytes."""
    each = (size - len(HEAD) - len("</urlset>")) // number - len(url(0, "<note></note>"))
    body = HEAD + "".join(url(index, f"<note>{'x' * each}</note>") for index in range(number))
    return (body + " " * (size - len(body) - len("</urlset>")) + "</urlset>").encode()


def page(body: bytes, content_type: str = "text/xml", address: str = SITEMAP) -> Page:
    return Page(address, body, headers={"content-type": content_type})


@pytest.mark.slow
@pytest.mark.parametrize("compressed", [False, True])
def test_a_sitemap_of_the_largest_size_is_read(compressed: bool) -> None:
    body = sitemap()
    assert len(body) == MAX_SIZE
    listing = read_listing(QqSpider, page(gzip.compress(body, 1, mtime=0) if compressed else body))
    assert len(listing.links) == 50_000
    assert listing.links[-1].url == "https://new.qq.com/rain/a/20250211A0049999"
    with pytest.raises(PageError):
        read_listing(QqSpider, page(gzip.compress(body + b" ", mtime=0) if compressed else body + b" "))


@pytest.mark.slow
def test_the_peak_memory_of_a_large_sitemap_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "sitemap.xml").write_bytes(sitemap())
    script = (
        "import re, sys\n"
        "from crawler.reading.page import Page\n"
        "from crawler.reading.read import read_listing\n"
        "from crawler.spiders.qq import QqSpider\n"
        "body = open(sys.argv[1], 'rb').read()\n"
        f"listing = read_listing(QqSpider, Page({SITEMAP!r}, body, headers={{'content-type': 'text/xml'}}))\n"
        "assert len(listing.links) == 50_000\n"
        # Not `ru_maxrss`, which begins with the size of the process that started this one.
        "print(re.search(r'VmHWM:\\s+([0-9]+) kB', open('/proc/self/status').read())[1])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "sitemap.xml")], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 300 * 1024  # KiB


def test_the_time_is_linear() -> None:
    def read(number: int) -> None:
        assert len(stream_entries(sitemap(number, number * 300), WANTED)["url"]) == number

    assert_linear(read, 2_000, 20_000, times=2, fast=1)


def test_only_children_of_the_entry_in_its_namespace_count() -> None:
    body = (
        '<s:urlset xmlns:s="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:i="http://images.example">'
        "<s:url><i:loc>wrong</i:loc><i:image><i:loc>wrong</i:loc><s:loc>wrong</s:loc></i:image>"
        "<s:loc> https://a.example/?a=1&amp;b=<![CDATA[<2>]]> </s:loc><s:loc>second</s:loc></s:url>"
        "<s:url/><!-- <url><loc>comment</loc></url> --></s:urlset>"
    )
    assert stream_entries(body.encode(), WANTED) == {"url": [("https://a.example/?a=1&b=<2>", ""), ("", "")]}


def test_a_feed_keeps_its_own_title_and_link() -> None:
    body = (
        '<rss xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>site</title><link>https://a.example</link>'
        '<item><atom:link href="x"/><title>标题 &amp; <![CDATA[<b>]]></title><link>https://a.example/1</link></item>'
        "</channel></rss>"
    )
    assert stream_entries(body.encode(), {"item": ("link", "title")}) == {
        "item": [("https://a.example/1", "标题 & <b>")]
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_encodings(encoding: str) -> None:
    declared = encoding.removesuffix("-sig")
    body = f'<?xml version="1.0" encoding="{declared}"?><rss><item><title>标题</title></item></rss>'.encode(encoding)
    assert stream_entries(body, {"item": ("title",)}) == {"item": [("标题",)]}
    assert begins_like_feed(body)


def test_gzip_with_several_members_and_padding() -> None:
    body = sitemap(10, 5_000)
    packed = gzip.compress(body[:2_000], mtime=0) + gzip.compress(body[2_000:], mtime=0) + bytes(10)
    assert len(stream_entries(packed, WANTED)["url"]) == 10
    with pytest.raises(XmlError):
        stream_entries(packed[:-40], WANTED)
    with pytest.raises(XmlError, match="invalid gzip"):
        stream_entries(packed[:100] + bytes(50) + packed[150:], WANTED)


def test_a_truncated_sitemap_is_refused() -> None:
    body = sitemap(10, 5_000)
    for end in range(200, len(body) - 1, 371):
        with pytest.raises(XmlError):
            stream_entries(body[:end], WANTED)
    body = sitemap(2_000, 600_000)
    for end in (300_000, len(body) - 1):
        with pytest.raises(Incomplete):
            read_listing(QqSpider, page(body[:end]))


@pytest.mark.parametrize("lead", ["", " " * 300_000])
def test_errors_in_a_sitemap_are_accepted(lead: str) -> None:
    entry = "<url><loc>https://new.qq.com/rain/a/20250211A0000001?a=1&b=2&nbsp;</loc></url>"
    body = f"{HEAD}{lead}{entry}</urlset>".encode()
    assert [link.id for link in read_listing(QqSpider, page(body)).links] == ["20250211A0000001"]


SMALL = (
    '<s:urlset xmlns:s="http://www.sitemaps.org/schemas/sitemap/0.9"><s:url><s:loc> a&amp;<b>c</b> </s:loc></s:url>'
    "<s:url/><s:sitemap><s:loc><![CDATA[d]]></s:loc><s:loc>e</s:loc></s:sitemap>{}</s:urlset>"
)


@pytest.mark.parametrize("padding", ["", f"<!--{'x' * 300_000}-->"])
def test_small_and_large_documents_give_the_same_entries(padding: str) -> None:
    found = read_entries(page(SMALL.format(padding).encode()), {"url": ("loc", "lastmod"), "sitemap": ("loc",)})
    assert found == {"url": [("a&c", ""), ("", "")], "sitemap": [("d",)]}


def hostile() -> Iterator[tuple[str, bytes]]:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    yield (
        "entity bomb",
        f'<!DOCTYPE urlset [<!ENTITY a0 "x">{entities}]><urlset><url><loc>&a11;</loc></url></urlset>'.encode(),
    )
    yield "external", b'<!DOCTYPE urlset SYSTEM "file:///etc/passwd"><urlset><url/></urlset>'
    yield "late doctype", b"<urlset><!DOCTYPE a [<!ENTITY b 'c'>]><url><loc>&b;"
    yield "nesting", b"<urlset>" + b"<a>" * 5_000_000
    yield "nested entries", b"<urlset>" + b"<url>" * 5_000_000
    yield "elements", b"<urlset>" + b"<a/>" * 10_000_000
    yield "attributes", b"<urlset><url " + b" ".join(b"a%d=''" % n for n in range(4_000_000)) + b"/>"
    yield "long tag", b"<urlset><" + b"a" * 50_000_000
    yield "long attribute", b"<urlset><a b='" + b"a" * 50_000_000
    yield "long comment", b"<urlset><!--" + b"a" * 50_000_000
    yield "bomb", gzip.compress(b"<urlset>" + bytes(3 * MAX_SIZE).replace(b"\0", b" "), mtime=0)
    yield "bomb of zeros", gzip.compress(b"<urlset>" + bytes(3 * MAX_SIZE), mtime=0)


@pytest.mark.slow
@pytest.mark.parametrize("name", [
    "entity bomb", "external", "late doctype", "nesting", "nested entries", "elements", "attributes", "long tag",
    "long attribute", "long comment", "bomb", "bomb of zeros",
])  # fmt: skip
def test_hostile_xml_is_refused_within_seconds(name: str) -> None:
    body = next(body for each, body in hostile() if each == name)

    def refuse() -> None:
        with pytest.raises(XmlError):
            stream_entries(body[:MAX_SIZE], WANTED)

    within(15, refuse)
    with pytest.raises((LayoutChanged, Incomplete)):
        read_listing(QqSpider, page(body[:MAX_SIZE]))


def test_a_long_text_is_cut() -> None:
    body = b"<urlset><url><loc>" + b"a" * 5_000_000 + b"</loc></url></urlset>"
    assert stream_entries(body, {"url": ("loc",)}) == {"url": [("a" * xml_stream.MAX_TEXT,)]}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"<urlset>", True),
        (b'\xef\xbb\xbf \n<?xml version="1.0"?>\n<!-- a --><!-- b - c --><sitemapindex xmlns="x">', True),
        (b"<?xml version='1.0'?><rss version='2.0'>", True),
        (b'<feed xmlns="http://www.w3.org/2005/Atom">', True),
        (b"<rdf:RDF xmlns:rdf='x'>", True),
        (gzip.compress(b"<urlset></urlset>", mtime=0), True),
        (gzip.compress(b"<html></html>", mtime=0), False),
        (b"\x1f\x8b" + bytes(20), False),
        (b"<?xml version='1.0'?><!DOCTYPE html><html><rss>", False),
        (b"<html><urlset>", False),
        (b"<urlsets>", False),
        (b"{}", False),
        (b"", False),
    ],
)
def test_begins_like_feed(body: bytes, expected: bool) -> None:
    assert begins_like_feed(body) is expected


def test_the_limits_of_other_pages_stay() -> None:
    body = b"<html><body>" + b"<p>a</p>" * 2_000_000 + b"</body></html>"
    with pytest.raises(LayoutChanged, match="too large"):
        read_listing(QqSpider, page(body, "text/html", "https://news.qq.com/sitemap/index.xml"))
    with pytest.raises(LayoutChanged, match="too large"):
        read_listing(WoshipmSpider, page(body, "text/html", "https://www.woshipm.com/"))


def test_requests_for_sitemaps_and_feeds_have_the_larger_limit() -> None:
    requests = [
        QqSpider.open_channel("sitemap"), QqSpider.open_listing(SITEMAP), QqSpider.open_listing(SITEMAP + ".gz"),
        WoshipmSpider.open_channel("feed"), WoshipmSpider.open_listing("https://www.woshipm.com/category/it/feed"),
    ]  # fmt: skip
    for request in requests:
        assert request is not None
        assert request.meta["download_maxsize"] == MAX_SIZE
    others = [QqSpider.open_channel("tech"), WoshipmSpider.open_channel("latest")]
    assert not any("download_maxsize" in request.meta for request in others)


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_give_entries_or_an_error(body: bytes, compressed: bool) -> None:
    for data in (body, b"<urlset>" + body, b"<urlset><url><loc>" + body + b"</loc></url></urlset>"):
        try:
            stream_entries(gzip.compress(data, mtime=0) if compressed else data, WANTED)
        except XmlError:
            continue
