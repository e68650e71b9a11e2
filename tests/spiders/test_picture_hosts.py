"""The sources declare the hosts of the pictures in their articles."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from scrapy.spiderloader import SpiderLoader
from scrapy.utils.project import get_project_settings

from crawler.markdown.picture_links import picture_addresses, picture_url

FIXTURES = Path(__file__).parents[1] / "fixtures"
SHARED = Path(os.environ.get("SHARED_DIR", "/nowhere"))
LOADER = SpiderLoader.from_settings(get_project_settings())
SOURCES = sorted(path.name for path in FIXTURES.iterdir() if path.name not in ("epaper",))
# Hosts of others, from which an article took a picture.
OTHERS = {"img.example", "img.36krcdn.com", "bexp.135editor.com", "thirdwx.qlogo.cn", "mmbiz.qpic.cn", "img.medsci.cn"}


def hosts_of(folder: Path, pattern: str) -> set[str]:
    texts = (path.read_text(encoding="utf-8") for path in folder.glob(pattern))
    return {urlsplit(picture_url(each)).netloc for text in texts for each in picture_addresses(text)}


@pytest.mark.parametrize("source", SOURCES)
def test_the_pictures_of_recorded_articles_may_be_requested(source: str) -> None:
    spider: Any = LOADER.load(source)
    found = hosts_of(FIXTURES / source, "*/article.md")
    assert {host for host in found if not spider.wants_picture(f"https://{host}/1.jpg")} <= OTHERS
    assert not spider.handles_request(type("Request", (), {"url": "https://img.example/1.jpg"}))


@pytest.mark.skipif(not SHARED.is_dir(), reason="SHARED_DIR is not set")
@pytest.mark.parametrize("source", SOURCES)
def test_the_pictures_of_the_mirrors_may_be_requested(source: str) -> None:
    spider: Any = LOADER.load(source)
    for mirror in ("mirror", "mirror-more"):
        found = hosts_of(SHARED / mirror / "expected/corpus", f"{source}/**/*.md")
        assert {host for host in found if not spider.wants_picture(f"https://{host}/1.jpg")} <= OTHERS


ALLOWED = {
    "https://img.example/1.png": True,
    "http://img.example/1.png": True,
    "//img.example/1.png": True,
    "http://toy.example/1.png": True,
    "https://a.cdn.example/1.png": True,
    "https://a.b.cdn.example/1.png": True,
    "https://cdn.example/1.png": False,
    "https://evilcdn.example/1.png": False,
    "https://cdn.example.evil.example/1.png": False,
    "https://a.cdn.example:8080/1.png": False,
    "https://img.example:8080/1.png": False,
    "https://user@img.example/1.png": False,
    "https://user:pw@a.cdn.example/1.png": False,
    "ftp://img.example/1.png": False,
    "data:image/png;base64,AAAA": False,
    "a1/0123456789abcdef.png": False,
    "/1.png": False,
    "https://[x/1.png": False,
    "http://img.example:0/1.png": False,
    "": False,
}


@pytest.mark.parametrize("address", ALLOWED)
def test_only_declared_hosts_receive_requests(address: str) -> None:
    from tests.support.toy.toy import ToySpider

    assert ToySpider.wants_picture(address) == ALLOWED[address]
