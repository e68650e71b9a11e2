"""The values that travel through the crawler: a link, a listing, an article, a page that is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.html import HtmlElement
    from scrapy import Request


@dataclass(frozen=True, slots=True)
class Link:
    """An article's address as a listing (or the user) gave it."""

    id: str  # the source's own id: the key under which the article is stored once
    url: str  # the one address of the article that is requested and linked
    title: str = ""  # as the listing shows it
    date: str = ""  # Beijing time, "YYYY-MM-DD HH:MM:SS" or "YYYY-MM-DD"; "" when the listing has none
    page_label: str = ""  # the page of a newspaper that lists it, as it is written there ("第A02版：要闻")


@dataclass(frozen=True, slots=True)
class Listing:
    """What a listing page leads to."""

    links: tuple[Link, ...]  # in the page's order, no id twice
    next: tuple[Request, ...] = ()  # the listing pages behind this one
    skipped: int = 0  # entries that lead to no article by their kind: videos, questions, adverts


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Article:
    """One article, from the page as read to the file as written."""

    source: str  # the source's name
    id: str  # the source's own id
    url: str  # the address that is requested and linked
    title: str
    date: str  # Beijing time, "YYYY-MM-DD HH:MM:SS" or "YYYY-MM-DD" when the page gives only a day
    body: HtmlElement | None = None  # the body's node, its white space as the page has it; None once converted
    markdown: str = ""  # the body in the corpus's flavour
    summary: str = ""  # the body's first characters as plain text
    thumbnail: str = ""  # the page's own cover
    author: str = ""
    author_url: str = ""
    publisher: str = ""  # the medium or broker that stands behind the author
    category: str = ""  # the site's own section or slug
    page: str = ""  # of a newspaper: the page's number ("A02"),
    section: str = ""  # its name ("要闻"),
    pretitle: str = ""  # what stands above the headline,
    subtitle: str = ""  # and below it
    keywords: tuple[str, ...] = ()
    brief: str = ""  # the site's own abstract
    counts: Mapping[str, int] = field(default_factory=dict)  # views, comments, collects … as the page shows them
    etag: str = ""  # of the page, with which the site may be asked whether it has changed
    modified: str = ""  # the page's Last-Modified, for the same
    reader: str = ""  # which generation of the page was read
    chosen: Mapping[str, str] = field(default_factory=dict)  # field -> the candidate that answered

    @property
    def undated(self) -> bool:
        """Whether its date is nothing but that of its file: it is kept in `undated/`."""
        return self.chosen.get("date") == "file"
