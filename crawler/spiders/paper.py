"""Printed pages in local files: `-a path=` is a `.txt`, `.pdf` or `.html` file, or a folder. Nothing is requested.

One file is one article, except for a PDF with a whole issue of a newspaper: it has one for each page, or several if
drawn lines and headlines separate them (`crawler.newspapers.pdf_issue`); their URLs end with `#page=3` or
`#page=3&article=2`, their ids with `-p03` or `-p03-2`. The id of an article is the path of its file below the folder;
if the file name starts with a day, the id starts with it in the form YYYYMMDD. The metadata comes from these places, in
this order: arguments (`-a author=`), a `.yaml` file beside it (same name, keys as the arguments), its file name
(`2025-02-05_A08_….txt`), and its content (headline, credits, the document information of a PDF, the metadata of HTML).
Missing metadata is left empty and logged. Without a date, the article has the day of the file's last change and is
stored in `undated/`.

Text files and PDFs are reflowed (`crawler.newspapers.reflow`), and so is HTML that contains only lines and paragraphs.
HTML of e-paper systems is read with `crawler.newspapers.article`, other HTML without changes.

CERTAIN: the result for the one page that was available (OCR of a reprint of 华商报, 2025).
INFERRED: other pages are similar; the words of credits except those on that page; the length limits of headings; which
PDFs are issues; which lines of a PDF are headers, watermarks and tables.
LEFT OUT: several articles in one text or HTML file, or on a page without lines between them; text in pictures; vertical
text except headlines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from crawler.crawl.spider import ArgumentError, ArticleSpider
from crawler.items import Article, Link
from crawler.newspapers.files import LocalFiles
from crawler.newspapers.metadata import KEYS, date_of, first_of, given_metadata, parse_file_name, split_fragment
from crawler.newspapers.printed import read_print
from crawler.newspapers.punctuation import widen_body
from crawler.reading.page import Page
from crawler.reading.query import required
from crawler.reading.shown_times import shows_time_of
from crawler.text.dates import beijing, is_exact
from crawler.text.punctuation import to_full_width

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
            raise ArgumentError(f"date={kwargs['date']!r} is not a day; allowed is YYYY-MM-DD")
        super().__init__(**kwargs)

    def open_local_pages(self, arguments: Mapping[str, str]) -> LocalFiles:
        return LocalFiles(arguments, TYPES)

    @classmethod
    def article_link(cls, url: str) -> Link | None:
        path, place = split_fragment(url)
        stem, _, suffix = path.rpartition(".")
        if ":" in url or f".{suffix.lower()}" not in TYPES:
            return None
        folder, slash, name = stem.rpartition("/")
        if day := parse_file_name(url).day.replace("-", ""):
            name = day + re.sub(r"^\d{4}-?\d\d-?\d\d[-_]*(?=(.?))", lambda found: "-" if found[1] else "", name)
        return Link(f"{folder}{slash}{name}-{suffix}{place and '-'}{place}", url)

    @classmethod
    def read_article(cls, page: Page) -> Article:
        link = required(page.link, "link")
        given, name = given_metadata(page), parse_file_name(link.url)
        printed = read_print(page, given.get("title", ""))
        _, place = split_fragment(link.url)
        file_title = f"{name.title or link.id} {place}".strip()
        titles = {"given": given.get("title", ""), **printed.title, "file name": file_title}
        title_candidate, title = first_of(titles)
        date_candidate, date = date_of(page, {"given": given.get("date", ""), "file name": name.day, **printed.date})
        author_candidate, author = first_of({"given": given.get("author", ""), **printed.author})
        chosen = {"title": title_candidate, "date": date_candidate or "file"}
        if date_candidate == "page":
            unread = printed.unread_time
        else:  # without a date of its own, the file may have any day
            unread = "page" if page.is_html and shows_time_of(page, date if date_candidate else "") else ""
        if unread and not is_exact(date):
            chosen["unread_time"] = unread
        return Article(
            source=cls.name,
            id=link.id,
            url=given.get("url") or link.url,
            title=title,
            date=date,
            body=printed.body,
            author=author,
            publisher=given.get("publisher") or printed.publisher,
            category=given.get("category", ""),
            page=given.get("page") or (printed.page if place else "") or name.page or printed.page,
            section=given.get("section", ""),
            pretitle=given.get("pretitle") or printed.pretitle,
            subtitle=given.get("subtitle") or printed.subtitle,
            brief=given.get("brief", ""),
            chosen=chosen | ({"author": author_candidate} if author else {}),
        )

    def edit(self, article: Article) -> Article:
        """Log missing metadata; convert half-width punctuation to full width unless PAPER_KEEP_HALF_WIDTH is set."""
        missing = [name for name in ("author", "publisher", "page", "section") if not getattr(article, name)]
        if missing:
            self.logger.info("missing metadata: %s: %s", article.url, ", ".join(missing))
        if article.chosen["title"] == "file name":
            self.logger.info("no headline: %s: the title is the file name", article.url)
        if article.undated:
            self.logger.info(
                "no date: %s: the date is that of the file, %s; stored in undated/", article.url, article.date
            )
        if self.settings.getbool("PAPER_KEEP_HALF_WIDTH"):
            return article
        assert article.body is not None
        widen_body(article.body)
        title, pretitle, subtitle = map(to_full_width, (article.title, article.pretitle, article.subtitle))
        return replace(article, title=title, pretitle=pretitle, subtitle=subtitle)
