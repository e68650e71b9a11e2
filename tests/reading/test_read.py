"""Conversion of pages: URLs in a body."""

from __future__ import annotations

from crawler.markdown.convert import convert
from crawler.reading.html import parse_fragment
from crawler.reading.read import make_urls_absolute


def test_make_urls_absolute_includes_video_poster_and_source() -> None:
    body = parse_fragment(
        '<video poster="/p.jpg"><source src="v.mp4"></video><video src="w.mp4"></video><a href="#n">x</a>'
    )
    make_urls_absolute(body, "https://a.example/b/c.html")
    assert convert(body).text == (
        "[![](https://a.example/p.jpg)](https://a.example/b/v.mp4)\n\n[视频](https://a.example/b/w.mp4)\n\n[x](#n)"
    )
