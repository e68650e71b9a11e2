"""An unusual URL in a page costs at most that URL: its page, and the rest of the crawl, are read."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy import Request

from crawler.items import Article, Link, Listing
from crawler.layouts import hugo
from crawler.markdown.convert import convert
from crawler.pipelines.normalize import normalize
from crawler.reading.errors import PageError
from crawler.reading.html import parse_fragment
from crawler.reading.page import Page
from crawler.reading.pictures import picture_address, resolve_pictures
from crawler.reading.query import href
from crawler.reading.read import make_urls_absolute, read_article, read_listing
from crawler.text.urls import requestable_url
from tests.download.test_throttle import crawl_site
from tests.robustness.malformed.page_targets import fixtures
from tests.support.server import Answer
from tests.support.toy.toy import ToySpider

ODD = [
    "http://[x", "//[", "http://a]b/x.png", "http://[fe80::1%25en0]/x", "http://a:99999/x.png", "http://a:port/x",
    "http://www.a.example:/", "http://a:0/x", "http://\0/a", "a\x01b.png", "\x7f.png", "&#1;.png", "a&#11;b.png?&#x1b",
    "&#0;.png", "&#xD800;", "&#xFFFE;", "\ufffe.png", "\u2028x.png", "\ud800", "http://\ud800/", "http://\u2100.example/",
    "http://ex\u00adample/", "http://xn--\u0100.example/", "http://ⅷ.example:x/", "http://a..b/x", "http:x", "http:///",
    "http://", "x:", "::", "?", "#", "", " ", "%zz%", "javascript:;", "data:image/png;base64,A", "\\\\a\\b", "mailto:[",
    f"http://{'a' * 70_000}.example/x", f"http://{'b.' * 300}example/x", "x" * 100_000,
]  # fmt: skip
_ATTRIBUTE = re.compile(
    r"""(?<![\w-])(href|src|data-[\w-]+|content|poster|srcset|zoomfile|file|_src|value|url|daoxiang)(\s*=\s*)("[^"]*"|'[^']*')"""
)
_PLACES = """<html><head><base href="{0}"><link rel="canonical" href="{0}"><meta property="og:url" content="{0}">
<meta property="og:image" content="{0}"><meta name="author" content="{0}"><meta property="article:author" content="{0}">
<meta http-equiv="refresh" content="0;url={0}"><title>About a1</title></head><body><h1>About a1</h1>
<time>2025-02-11</time><ul><li><a href="{0}">b</a><time>2025-02-11</time></li><li><a href="/a/a2.html">c</a></li></ul>
<article><p>text before {1}</p>
<p><img src="{0}"><img data-src="{0}" src="blank.gif"><img data-original="{0}" src="{0}"></p>
<picture><source srcset="{0} 2x, {0}"></picture><img srcset="{0} 100w"><img data-src="{0}">
<noscript><img src="{0}"></noscript>
<noscript>&lt;img src="{0}"&gt;</noscript><a href="{0}"><img src="{0}"></a>
<iframe src="{0}"></iframe><iframe data-src="{0}"></iframe><audio src="{0}"><source src="{0}"></audio>
<audio data-src="{0}"></audio><embed src="{0}"><object data="{0}"></object><blockquote cite="{0}">x</blockquote>
<a rel="author" href="{0}">x</a>
<table background="{0}"><tr><td><img src="{0}"></td></tr></table><p>text after</p></article>
<map><area href="{0}"></map><a onclick="window.open('{0}')">x</a>
<div data-url="{0}" daoxiang="{0}" data-href="{0}">x</div>
<a class="next" href="{0}">下一页</a><a rel="next" href="{0}">2</a></body></html>"""


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: ascii(odd)[:30])
@pytest.mark.parametrize("url", ["http://toy.example/a/a1.html", "file:///a/a1.html"])
def test_every_place_of_a_page(odd: str, url: str) -> None:
    page = Page(url, encoded(_PLACES.replace("{0}", odd).replace("{1}", "正文" * 300)), link=Link("a1", url))
    article = read_article(ToySpider, page)
    assert isinstance(article, Article)
    assert "text before" in article.markdown
    assert "text after" in article.markdown
    assert hugo.render(normalize(article)).encode()
    if url.startswith("http"):
        without_base = _PLACES.replace('<base href="{0}">', "").replace("{0}", odd).replace("{1}", "正文" * 300)
        listing = read_listing(ToySpider, Page("http://toy.example/news", encoded(without_base)))
        assert "a2" in [link.id for link in listing.links]
        assert all(isinstance(request, Request) for request in listing.next)


def changed_url(value: str, odd: str, rnd: random.Random) -> str:
    """Return *odd*, or a mixture of *value* and *odd*."""
    return rnd.choice([
        odd, odd, value + odd, re.sub("(?<=://)[^/]*", lambda _: odd, value),
        re.sub("(?<=://)[^/]*", r"\g<0>:99999", value),
    ])  # fmt: skip


def changed_html(text: str, odd: str, rnd: random.Random) -> str:
    def change(found: re.Match[str]) -> str:
        if (found[1] in ("content", "value") and "/" not in found[3]) or rnd.random() < 0.3:
            return found[0]
        return f'{found[1]}{found[2]}"{changed_url(found[3][1:-1], odd, rnd).replace(chr(34), "")}"'

    return _ATTRIBUTE.sub(change, text)


def changed_json(data: Any, odd: str, rnd: random.Random) -> Any:
    if isinstance(data, dict):
        return {name: changed_json(value, odd, rnd) for name, value in data.items()}
    if isinstance(data, list):
        return [changed_json(value, odd, rnd) for value in data]
    if not isinstance(data, str):
        return data
    if "<" in data:
        return changed_html(data, odd, rnd)
    return changed_url(data, odd, rnd) if re.match(r"(?:https?:)?//|/\w", data) and rnd.random() > 0.3 else data


def changed_page(page: Page, odd: str, rnd: random.Random) -> Page:
    """Return *page* with most of its URLs changed."""
    try:
        text = json.dumps(changed_json(page.json, odd, rnd))
    except ValueError:
        text = re.sub(">(https?://[^<]*)<", lambda found: f">{changed_url(found[1], odd, rnd)}<", page.text)
        text = changed_html(text, odd, rnd)
    kind = page.headers.get("content-type", "text/html").partition(";")[0]
    return replace(page, body=encoded(text), headers={**page.headers, "content-type": f"{kind}; charset=utf-8"})


@pytest.mark.slow
@pytest.mark.parametrize("part", range(8))
def test_the_recorded_pages_of_all_sources(part: int) -> None:
    rnd = random.Random(part)
    readers: tuple[Callable[..., object], ...] = (read_article, read_listing)
    for name, source, page in fixtures()[part::8]:
        if len(page.body) > 300_000:
            continue
        for odd in rnd.sample([odd for odd in ODD if len(odd) < 1000], 5):
            changed = changed_page(page, odd, rnd)
            for reader in readers:
                try:
                    result = reader(source, changed)
                except PageError as error:
                    if error.kind == "bug" and "NotImplementedError" not in str(error):
                        pytest.fail(f"{name}, {odd!r}: {error}")
                    continue
                if isinstance(result, Article):
                    assert hugo.render(normalize(result)).encode()
                elif isinstance(result, Listing):
                    for link in result.links:
                        source.open_article(link)


URLS = (
    st.sampled_from(ODD)
    | st.text(st.sampled_from("ah:/.[]@%?#\\ \t\n\r\x00\x01\x7f\x85\u2028\ud800\ufffe9"))
    | st.text()
)


@given(URLS, URLS, URLS)
@settings(deadline=None, max_examples=100)
def test_functions_of_urls(url: str, base: str, before: str) -> None:
    requestable_url(before + url, base)
    for place in ("http://a.example/x/", "https://a.example", "file:///a/b.html"):
        if found := requestable_url(before + url, place):
            Request(found)
    page = Page("http://a.example/x/", encoded(f'<base href="{base}"><a href="{url}">x</a>'))
    assert href(page.select("a")[0], page) is not None
    body = parse_fragment(
        f'<p><img src="{url}" data-src="{before}"><picture><source srcset="{url} 2x"></picture></p>'
        f'<a href="{url}">x</a>'
        f'<video src="{url}" poster="{base}"><source src="{before}"></video><iframe data-src="{url}"></iframe>'
    )
    assert all(picture_address(node) is not None for node in body.iter("img"))
    resolve_pictures(body)
    make_urls_absolute(body, base)
    convert(body)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a&#1;b&#x1f;c&#x0001;d", "abcd"), ("a&#11;b&#xC;c", "a b c"), ("a\x01b\x0bc\x1fd", "ab cd"),
        ("&#xFFFE;\uffffa", "a"), ("&#10;&#x9;a&#13;", "\n\ta\r"), ("&#19968;&#x4e01;", "一丁"), ("a&#0;&#x00;b", "ab"),
        ("&amp;#1;", "&#1;"), ("&#65534x", "x"), ("&#111;&#x1fa;", "o\u01fa"),
    ],
)  # fmt: skip
def test_control_characters_do_not_reach_the_tree(text: str, expected: str) -> None:
    node = parse_fragment(f'<p title="{text}">{text}</p>')[0]
    assert (node.get("title"), node.text) == (expected, expected)


@pytest.mark.slow
def test_a_crawl_of_pages_with_unusual_urls(tmp_path: Path) -> None:
    odd_urls = [odd for odd in ODD if len(odd) < 1000]
    names = [f"a{number}" for number in range(len(odd_urls))]
    rows = "".join(f'<li><a href="{odd}">x</a></li>' for odd in ODD)

    def site(path: str, number: int) -> Answer:
        if path == "/news":
            links = "".join(f'<li><a href="/a/{name}.html">{name}</a></li>' for name in names)
            following = "".join(f'<a class="next" href="{odd}">下一页</a>' for odd in ODD)
            body = f"<html><ul>{rows}{links}</ul>{following}</html>"
        elif path.startswith("/a/a"):
            body = (
                _PLACES.replace('<base href="{0}">', "")
                .replace("{0}", odd_urls[int(path[4:-5])])
                .replace("{1}", "正文" * 300)
                .replace("About a1", path)
            )
        else:
            return Answer("not found", 404)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\nContent-Length: "
        data = encoded(body)
        return Answer(raw=head + str(len(data)).encode() + b"\r\n\r\n" + data)

    done, _ = crawl_site(site, tmp_path, "-s", "DOWNLOAD_DELAY=0", "-a", "channel=news")
    assert "Traceback" not in done.log
    assert "pages.bug" not in done.log
    assert set(done.files("toy")) == set(names)
