"""Fifty sources on forty hosts: the first twenty share a host in pairs. `write_pages` writes their pages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from scrapy import Request

from crawler.items import Link
from tests.support.toy.toy import ToySpider

NUMBER = 50
NAMES = [f"gen{number:02}" for number in range(NUMBER)]
SCHEDULED = NAMES[-1]  # the only one with a schedule


def host_of(name: str) -> str:
    number = int(name.removeprefix("gen"))
    return f"h{number // 2 if number < 20 else number:02}.example"


class Generated(ToySpider):
    """The base class: the site of `toy`, below /NAME/ of the host."""

    name = ""
    channels = ("news", "tech")  # only the first is listed

    @classmethod
    def article_link(cls, url: str) -> Link | None:
        match = re.fullmatch(rf"http://{re.escape(cls.hosts[0])}/{cls.name}/a/(\w+)\.html", url)
        return Link(match[1], url) if match else None

    @classmethod
    def open_channel(cls, channel: str) -> Request:
        return Request(f"http://{cls.hosts[0]}/{cls.name}/{channel}")

    @classmethod
    def open_listing(cls, url: str) -> Request | None:
        return None


for _name in NAMES:
    _attributes = {"name": _name, "hosts": (host_of(_name),), "__module__": __name__}
    globals()[_name] = type(_name, (Generated,), _attributes | {"schedule": "0 8 * * *" if _name == SCHEDULED else ""})


def write_pages(root: Path, articles: int) -> None:
    """Write the pages of all sources below the folder *root* of the mirror's server: *articles* of each source."""
    for name in NAMES:
        folder = root / host_of(name) / name
        (folder / "a").mkdir(parents=True)
        (root / host_of(name) / "robots.txt").write_text("User-agent: *\nDisallow: /private/\n")
        identifiers = [f"{name}x{number}" for number in range(articles)]
        (folder / "news.html").write_text(listing(name, identifiers))
        for each in identifiers:
            (folder / "a" / f"{each}.html").write_text(article(each))


def listing(name: str, identifiers: Iterable[str]) -> str:
    rows = "".join(f'<li><a href="/{name}/a/{each}.html">about {each}</a></li>' for each in identifiers)
    return f"<html><body><ul>{rows}</ul></body></html>"


def article(identifier: str) -> str:
    return (
        f"<html><head><title>About {identifier}_Toy</title></head><body><h1>About {identifier}</h1>"
        f"<time>2025-02-11 08:00:00</time><article><p>The text of {identifier}.</p></article></body></html>"
    )
