"""The text of a drafted source, with the places that `draft` fills in."""

from __future__ import annotations

from string import Template

# Group -> name of a selector in the draft -> its comment.
COMMENTS = {
    "row_selectors": {
        "ROWS": "each entry of the listing (for JSON or text: page.json, page.text)",
        "ROW_TITLE": "in an entry: the title of the article",
        "ROW_TIME": "in an entry: the date of the article",
        "NEXT": "the link to the next listing page",
    },
    "article_selectors": {
        "TITLE": "the title; fallbacks: JSON-LD, og:title, <title>",
        "TIME": "the date; fallbacks: the listing, JSON-LD, metas, <time>",
        "AUTHOR": "the author; if the site shows none, remove it here and in read_article",
        "BODY": "the only node that contains the complete text",
        "DROP": "nodes in the body that are not text",
    },
}
# Module -> names that a draft may use.
IMPORTS = {
    "crawler.crawl.spider": ("ArticleSpider",),
    "crawler.items": ("Article", "Link", "Listing"),
    "crawler.reading.candidates": ("Candidates",),
    "crawler.reading.content": ("without",),
    "crawler.reading.lines": ("text_lines",),
    "crawler.reading.page": ("Page",),
    "crawler.reading.query": ("all_of", "exactly_one", "first", "href", "text_at"),
    "crawler.text.bylines": ("byline", "text_byline"),
    "crawler.text.dates": ("beijing",),
}
ROW_DATE = "                    date = beijing(text_at(row, ROW_TIME), page.fetched_at)\n"
SOURCE = Template('''\
"""$name: $site, $host.

Drafted by `scrapy newsource`. Complete the lines marked FILL IN, and check the others on more pages.

CERTAIN: FILL IN the facts that were checked on many pages.

INFERRED: everything, from
$pages
"""

from __future__ import annotations

import re
from dataclasses import replace

from scrapy import Request

$imports

HOME = "$home"
LISTING = "$listing"
# The URL of an article. Check that it matches other hosts (m.), sections and forms, and does not match other pages.
ARTICLE = $article

$row_selectors

$article_selectors


class ${Name}Spider(ArticleSpider):
    name = "$name"
    hosts = $hosts
    channels = ("news",)
    default_channels = ("news",)
    title_suffixes = $suffixes$suffixes_comment
    schedule = "$schedule"  # Beijing time; $rate

    @classmethod
    def article_link(cls, url: str) -> Link | None:
        match = ARTICLE.fullmatch(url)
        return Link($id, HOME + match["path"]) if match else None

    @classmethod
    def open_channel(cls, channel: str) -> Request:
        return Request(LISTING)

    @classmethod
    def open_listing(cls, url: str) -> Request | None:
        return Request(url) if url.startswith(LISTING) and not cls.article_link(url) else None

    # If the site has its own block, login or deletion pages, override `refuse`: see crawler/reading/source.py.

    @classmethod
    def read_listing(cls, page: Page) -> Listing:
        first(page, ROWS)  # raises LayoutChanged if the listing is empty
        links: dict[str, Link] = {}
        for row in all_of(page, ROWS):
            for node in all_of(row, "a[href]"):
                if link := cls.article_link(href(node, page)):
${row_date}                    link = replace(link, title=text_at(row, ROW_TITLE)$row_value)
                    links.setdefault(link.id, link)
        next_urls = [href(node, page) for node in all_of(page, NEXT)]
        return Listing(tuple(links.values()), tuple(Request(url) for url in next_urls if url.startswith("http")))

    @classmethod
    def read_article(cls, page: Page) -> Article:
        assert page.link
        candidates = Candidates(page)
        title = candidates.title({"page": text_at(page, TITLE)})
        date = candidates.date({$date"listing": page.link.date})
        body = exactly_one(page, BODY)
$drop        return Article(
            source=cls.name,
            id=page.link.id,
            url=page.link.url,
            title=title,
            date=date,
            author=$author,
            body=body,
            chosen=candidates.chosen,
        )
''')
