"""The toy site with more fields. A script contains the fields and, in some pages, the body."""

from __future__ import annotations

import re
from typing import cast
from urllib.parse import unquote

from crawler.items import Article, Link
from crawler.reading.candidates import Candidates
from crawler.reading.errors import LayoutChanged, Skipped
from crawler.reading.html import parse_fragment
from crawler.reading.page import Page
from crawler.reading.query import at_most_one, exactly_one
from tests.support.toy.toy import ToySpider


class MalformedSpider(ToySpider):
    name = "malformed"
    hosts = ("malformed.example",)

    @classmethod
    def article_link(cls, url: str) -> Link | None:
        match = re.fullmatch(r"http://malformed\.example/a/([^/?#]*)\.html", url)
        return Link(unquote(match[1]), url) if match else None

    @classmethod
    def read_article(cls, page: Page) -> Article:
        assert page.link
        if at_most_one(page, "video.main") is not None:
            raise Skipped("a video")
        data = next(iter(page.script_values("window.DATA")), None)
        if not data:
            raise LayoutChanged("no data", field="data")
        candidates = Candidates(page)
        texts = {name: cast(str, data[name]) for name in ("author", "author_url", "publisher", "category", "brief",
                 "thumbnail", "pretitle", "subtitle", "section", "page")}  # fmt: skip
        return Article(
            source=cls.name,
            id=page.link.id,
            url=page.link.url,
            title=candidates.title({"data": data["title"]}),
            date=candidates.date({"data": data["date"]}),
            body=parse_fragment(data["body"]) if "body" in data else exactly_one(page, "article"),
            keywords=tuple(data["keywords"]),
            counts=data["counts"],
            chosen=candidates.chosen,
            **texts,
        )
