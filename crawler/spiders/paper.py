"""Printed pages out of local files: `-a path=FILE` or a folder with `.txt`, `.pdf` and `.html`. Nothing is requested.

One file is one article; its id is its name below the folder, with the day in front where the name begins with one. What
is known of it comes, in this order, from arguments (`-a author=`), from a `.yaml` beside it (same name, keys as the
arguments), from its name (`2025-02-05_A08_….txt`), and from itself: headline, credits, a PDF's own information, the
metadata of HTML. What is nowhere is left empty, and said. Without any date the file's own day is taken, and the article
lies in `undated/`.

Text files and PDFs are put in order (`crawler.newspapers.reflow`), and so is HTML that has nothing but lines and
paragraphs; HTML of e-paper systems is read as `crawler.newspapers.article` does, any other as it stands.

CERTAIN: what the rules do to the one page that was there (OCR of a reprint of 华商报, 2025).
INFERRED: that other pages are like it; the words of credits but those on it; the limits of what is a heading.
LEFT OUT: several articles in one file; text in pictures; lines that run from top to bottom.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from crawler.crawl.spider import ArgumentError, ArticleSpider
from crawler.items import Article, Link
from crawler.newspapers.files import LocalFiles
from crawler.newspapers.printed import KEYS, date_of, first_of, given_metadata, parse_file_name, read_print
from crawler.reading.page import Page
from crawler.reading.query import required
from crawler.text.dates import beijing
from crawler.text.punctuation import to_full_width, widen_body

TYPES = {".txt": "text/plain; charset=utf-8", ".pdf": "application/pdf", ".html": "text/html", ".htm": "text/html"}


class PaperSpider(ArticleSpider):
    name = "paper"
    hosts: ClassVar[tuple[str, ...]] = ()
    channels: ClassVar[tuple[str, ...]] = ()
    default_channels: ClassVar[tuple[str, ...]] = ()
    own_arguments = ("path", *KEYS)
    extra_keys = ("page", "section", "pretitle", "subtitle")

    def __init__(self, /, **kwargs: str) -> None:
        if kwargs.get("date") and not beijing(kwargs["date"]):
            raise ArgumentError(f"date={kwargs['date']!r} is no day; allowed is YYYY-MM-DD")
        super().__init__(**kwargs)

    def open_local_pages(self, arguments: Mapping[str, str]) -> LocalFiles:
        return LocalFiles(arguments, TYPES)

    @classmethod
    def article_link(cls, url: str) -> Link | None:
        stem, _, suffix = url.rpartition(".")
        if ":" in url or f".{suffix.lower()}" not in TYPES:
            return None
        folder, slash, name = stem.rpartition("/")
        if day := parse_file_name(url).day.replace("-", ""):
            name = day + re.sub(r"^\d{4}-?\d\d-?\d\d[-_]*(?=(.?))", lambda found: "-" if found[1] else "", name)
        return Link(f"{folder}{slash}{name}-{suffix}", url)

    @classmethod
    def read_article(cls, page: Page) -> Article:
        link = required(page.link, "link")
        noted, name = given_metadata(page), parse_file_name(link.url)
        printed = read_print(page, noted.get("title", ""))
        by_title, title = first_of(
            {"given": noted.get("title", ""), **printed.title, "file name": name.rest or link.id}
        )
        by_date, date = date_of(page, {"given": noted.get("date", ""), "file name": name.day, **printed.date})
        by_author, author = first_of({"given": noted.get("author", ""), **printed.author})
        return Article(
            source=cls.name,
            id=link.id,
            url=noted.get("url") or link.url,
            title=title,
            date=date,
            body=printed.body,
            author=author,
            publisher=noted.get("publisher") or printed.publisher,
            category=noted.get("category", ""),
            page=noted.get("page") or name.page or printed.page,
            section=noted.get("section", ""),
            pretitle=noted.get("pretitle") or printed.pretitle,
            subtitle=noted.get("subtitle") or printed.subtitle,
            brief=noted.get("brief", ""),
            chosen={"title": by_title, "date": by_date or "file", **({"author": by_author} if author else {})},
        )

    def edit(self, article: Article) -> Article:
        """Half-width forms made full-width, unless a setting keeps them; and said what is not known."""
        missing = [name for name in ("author", "publisher", "page", "section") if not getattr(article, name)]
        if missing:
            self.logger.info("not known: %s: %s", article.url, ", ".join(missing))
        if article.chosen["title"] == "file name":
            self.logger.info("no headline: %s: the file's name is the title", article.url)
        if article.undated:
            self.logger.info("no date: %s: the file's own, %s; it lies in undated/", article.url, article.date)
        if self.settings.getbool("PAPER_KEEP_HALF_WIDTH"):
            return article
        assert article.body is not None
        widen_body(article.body)
        title, pretitle, subtitle = map(to_full_width, (article.title, article.pretitle, article.subtitle))
        return replace(article, title=title, pretitle=pretitle, subtitle=subtitle)
