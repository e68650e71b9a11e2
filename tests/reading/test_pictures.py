"""Real addresses of lazy pictures."""

from __future__ import annotations

import pytest

from crawler.markdown.convert import convert
from crawler.reading.html import parse_fragment
from crawler.reading.pictures import largest, picture_address, resolve_pictures
from tests.support.cpu_time import within

GIF = "data:image/gif;base64,R0lGODlhAQABAAAAACw="


def pictures(page: str) -> list[str]:
    """Return the addresses of the pictures that are written for *page*."""
    body = parse_fragment(page)
    resolve_pictures(body)
    return [part.split(")")[0] for part in convert(body).text.split("![](")[1:]]


@pytest.mark.parametrize(
    "attributes",
    [
        'src="/loading.gif" data-src="/1.jpg"',
        'data-src=" /1.jpg "',
        f'src="{GIF}" data-original="/1.jpg"',
        'src="" data-lazy-src="/1.jpg"',
        'src="/small.jpg" data-actualsrc="/1.jpg"',
        'src="/1.jpg" data-src="/1.jpg"',
        'src="/1.jpg" data-original=""',
        'src="/1.jpg" data-original="true" data-src="about:blank"',
        'src="/1.jpg" data-src="/img/loading.gif?v=1"',
        'src="/1.jpg" srcset="/2.jpg 2x"',
        'src="/1.jpg" data-url="/page.html"',
        'src="/img/spacer.gif" file="/1.jpg"',
        'src="/static/s.gif" data-srcset="/0.jpg 100w, /1.jpg 200w"',
        f'src="{GIF}" srcset="{GIF} 1w, /1.jpg 2w"',
        'srcset="/1.jpg 1x"',
        'src="https://a.example/t.png" width="1" height="1" data-lazy="/1.jpg"',
    ],
)
def test_address_of_a_lazy_picture(attributes: str) -> None:
    assert pictures(f"<p><img {attributes}></p>") == ["/1.jpg"]


@pytest.mark.parametrize(
    "attributes",
    [
        "",
        'src=""',
        f'src="{GIF}"',
        'src="/img/loading.gif"',
        'src="/img/blank.png" data-src="/lazy-load.svg"',
        'src="https://stat.example/p?x=1" width="1" height="1"',
        'src="about:blank" srcset="data:x 1x"',
    ],
)
def test_placeholder_is_not_written(attributes: str) -> None:
    assert pictures(f"<img {attributes}>") == []


@pytest.mark.parametrize(
    "name", ["downloading.gif", "t.png", "greylag.jpg", "loading-dock.jpg", "space-station.png", "1.gif"]
)
def test_picture_with_a_similar_name_stays(name: str) -> None:
    assert pictures(f'<img src="/a/{name}">') == [f"/a/{name}"]


@pytest.mark.parametrize(
    ("srcset", "expected"),
    [
        ("/1.jpg 100w, /2.jpg 300w, /3.jpg 200w", "/2.jpg"),
        ("/1.jpg, /2.jpg 1.5x", "/2.jpg"),
        ("/a,b/1.jpg 1x,/c,d/2.jpg 2x", "/c,d/2.jpg"),
        ("/1.jpg,", "/1.jpg"),
        ("  /1.jpg", "/1.jpg"),
        (",,,", ""),
        ("", ""),
        ("data:image/png;base64,AA== 9w, /1.jpg 2w", "/1.jpg"),
        ("/1.jpg 5q, /2.jpg -1x", "/1.jpg"),
    ],
)
def test_largest_of_a_srcset(srcset: str, expected: str) -> None:
    assert largest(srcset) == expected


def test_picture_element() -> None:
    assert pictures('<picture><source srcset="/1.webp"><img src="/1.jpg"></picture>') == ["/1.jpg"]
    assert pictures(f'<picture><source srcset="/s.webp 1w, /1.webp 2w"><img src="{GIF}"></picture>') == ["/1.webp"]
    assert pictures('<picture><source data-srcset="/1.webp"></picture>') == ["/1.webp"]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (f'<img src="{GIF}" data-src="/1.jpg"><noscript><img src="/1.jpg"></noscript>', ["/1.jpg"]),
        ('<noscript><img src="/1.jpg"></noscript><img data-src="/1.jpg?w=2">', ["/1.jpg?w=2"]),
        ('<img src="/loading.gif"><noscript><img src="/1.jpg"></noscript>', ["/1.jpg"]),
        ('<img class="lazy"><noscript>&lt;img src="/1.jpg"&gt;</noscript>', ["/1.jpg"]),
        ('<img src="/1.jpg"><noscript><img src="/2.jpg"></noscript>', ["/1.jpg", "/2.jpg"]),
        ('<img src="/1.jpg"><noscript><img src="/1.jpg"></noscript>', ["/1.jpg"]),
        ('<noscript><img src="/1.jpg"></noscript>', ["/1.jpg"]),
        ('<img data-src="/1.jpg">字<noscript><img src="/2.jpg"></noscript>', ["/1.jpg", "/2.jpg"]),
        (
            '<noscript><img src="/1.jpg"></noscript><img data-src="/1.jpg?w=2">'
            '<noscript><img src="/2.jpg"></noscript><img data-src="/2.jpg?w=2">',
            ["/1.jpg?w=2", "/2.jpg?w=2"],
        ),
        (
            '<p><span><img data-src="/1.jpg"></span>\n<noscript><span><img src="/1.jpg"></span></noscript></p>'
            '<p><img data-src="/2.jpg"><noscript><img src="/2.jpg"></noscript></p>',
            ["/1.jpg", "/2.jpg"],
        ),
    ],
)
def test_fallback_in_noscript_is_the_same_picture(page: str, expected: list[str]) -> None:
    assert pictures(page) == expected


def test_lazy_videos_and_frames() -> None:
    body = parse_fragment('<video data-src="/1.mp4"></video><iframe data-src="https://v.qq.com/x"></iframe>')
    resolve_pictures(body)
    assert convert(body).text == "[视频](/1.mp4)\n\n[视频](https://v.qq.com/x)"


@pytest.mark.parametrize(
    "page",
    [
        f'<img srcset="{"," * 200_000}">',
        f'<img srcset="{"/a.jpg 1x, " * 20_000}">',
        f'<img src="{"/" * 200_000}loading">',
        f'<img srcset="/a {"9" * 200_000}">',
        "<noscript><img src=/1.jpg></noscript><img data-src=/1.jpg>" * 5_000,
        "<picture>" * 500 + "<img>" * 5_000,
    ],
)
def test_hostile_pictures_take_little_time(page: str) -> None:
    within(3, lambda: resolve_pictures(parse_fragment(page)))


def test_address_is_returned_as_the_page_has_it() -> None:
    assert picture_address(parse_fragment('<img src="//a.example/1 2.jpg">')[0]) == "//a.example/1 2.jpg"
