"""Data classes for links, listings and articles.

Times are in Beijing time (UTC+8): "YYYY-MM-DD HH:MM:SS", or "YYYY-MM-DD" if only the day is known. Texts are plain text
on one line, unless noted otherwise. Missing values are empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.html import HtmlElement
    from scrapy import Request


@dataclass(frozen=True, slots=True)
class Link:
    """A link to an article, from a listing page or from an argument (`-a url=`)."""

    id: str  # the site's id of the article; unique within a source, the key in the ledger
    url: str  # canonical URL: the one that is requested, stored and linked
    title: str = ""  # as on the listing page
    date: str = ""  # time of publication, as on the listing page or in the id
    page_label: str = ""  # label of the newspaper page that lists the article ("第A02版：要闻")


@dataclass(frozen=True, slots=True)
class Listing:
    """The links of a listing page."""

    links: tuple[Link, ...]  # in page order, each id once
    next: tuple[Request, ...] = ()  # requests for the listing pages that follow this one
    skipped: int = 0  # number of entries that do not link to articles: videos, questions, adverts
    # Entries that are whole articles, by id: JSON objects. The crawl reads them as pages, and sends no request.
    whole: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Article:
    """An article: first as read from its page, then converted and normalized, then written to a file.

    The names `brief`, `reader` and `chosen` are also names in front matter, in JSON Lines files, in settings such as
    EXTRA_KEYS, and in the ledger. Do not rename them.
    """

    source: str  # name of the source
    id: str  # the site's id of the article; unique within a source
    url: str  # canonical URL, as in `Link`
    title: str
    date: str  # time of publication; never empty
    body: HtmlElement | None = None  # element of the body, white space as in the page; None after the conversion
    markdown: str = ""  # the body as Markdown; several lines
    summary: str = ""  # the first characters of the body as plain text
    thumbnail: str = ""  # absolute URL of the cover picture
    author: str = ""
    author_url: str = ""  # absolute URL of the author's page
    publisher: str = ""  # the medium, newspaper or broker that publishes the article
    category: str = ""  # the site's own section or slug
    page: str = ""  # newspapers: number of the page ("A02")
    section: str = ""  # newspapers: name of the page ("要闻")
    pretitle: str = ""  # newspapers: headline above the title (引题)
    subtitle: str = ""  # newspapers: headline below the title (副题)
    keywords: tuple[str, ...] = ()
    brief: str = ""  # the site's own abstract
    counts: Mapping[str, int] = field(default_factory=dict)  # numbers on the page by name: views, comments, collects …
    etag: str = ""  # ETag of the response; sent as If-None-Match when the article is requested again
    modified: str = ""  # Last-Modified of the response; sent as If-Modified-Since
    reader: str = ""  # page form: the generation of the site's template that was read ("G2")
    chosen: Mapping[str, str] = field(default_factory=dict)  # field -> name of the candidate that provided its value

    @property
    def undated(self) -> bool:
        """Whether the date is only that of the local file; such an article is stored in `undated/`."""
        return self.chosen.get("date") == "file"
