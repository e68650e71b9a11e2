"""Data classes for links, listings and articles.

Times are in Beijing time (UTC+8): "YYYY-MM-DD HH:MM:SS", or "YYYY-MM-DD" if only the day is known. Texts are plain text
on one line, unless noted otherwise. Missing values are empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

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
    # Absolute URL of the cover picture, if only the listing has it. The ledger does not store it: it is empty for a
    # link of an earlier run.
    thumbnail: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The links of a listing page."""

    links: tuple[Link, ...]  # in page order, each id once
    next: tuple[Request, ...] = ()  # requests for the listing pages that follow this one
    skipped: int = 0  # number of entries that do not link to articles: videos, questions, adverts
    # Entries that are whole articles, by id: JSON objects. The crawl reads them as pages, and sends no request.
    whole: Mapping[str, object] = field(default_factory=dict)


def _detail(default: Any = "", *, counted: bool = False, key: bool = True) -> Any:
    """Return a field of `Article` that the ledger stores in the column `details`.

    *counted*: runs count the articles that have it. *key*: the setting EXTRA_KEYS can add it to the front matter.
    """
    use = {"detail": True, "counted": counted, "key": key}
    return field(default_factory=dict, metadata=use) if default is dict else field(default=default, metadata=use)


def article_fields(use: str) -> tuple[str, ...]:
    """Return the names of the fields of `Article` with a use: "detail", "counted" or "key", in their order."""
    return tuple(each.name for each in fields(Article) if each.metadata.get(use))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Article:
    """An article: first as read from its page, then converted and normalized, then written to a file.

    The names `brief`, `reader` and `chosen` are also names in front matter, in JSON Lines files, in settings such as
    EXTRA_KEYS, and in the ledger. Do not rename them.
    """

    source: str  # name of the source
    id: str = field(metadata={"key": True})  # the site's id of the article; unique within a source
    url: str  # canonical URL, as in `Link`
    title: str = field(metadata={"counted": True})
    date: str  # time of publication; never empty
    body: HtmlElement | None = None  # element of the body, white space as in the page; None after the conversion
    markdown: str = ""  # the body as Markdown; several lines
    summary: str = ""  # the first characters of the body as plain text
    thumbnail: str = _detail(counted=True, key=False)  # absolute URL of the cover picture
    author: str = _detail(counted=True)
    author_url: str = _detail()  # absolute URL of the author's page
    publisher: str = _detail(counted=True)  # the medium, newspaper or broker that publishes the article
    category: str = _detail(counted=True)  # the site's own section or slug
    page: str = _detail()  # newspapers: number of the page ("A02")
    section: str = _detail()  # newspapers: name of the page ("要闻")
    pretitle: str = _detail()  # newspapers: headline above the title (引题)
    subtitle: str = _detail()  # newspapers: headline below the title (副题)
    keywords: tuple[str, ...] = _detail((), counted=True)
    brief: str = _detail(counted=True)  # the site's own abstract
    counts: Mapping[str, int] = _detail(dict, counted=True)  # numbers on the page by name: views, comments, collects …
    etag: str = ""  # ETag of the response; sent as If-None-Match when the article is requested again
    modified: str = ""  # Last-Modified of the response; sent as If-Modified-Since
    fetched: str = _detail()  # time at which the page was fetched; of a page from an archive, when it was captured
    # Where the page came from: "" = the live site, "archive" = an archive on disk, "commoncrawl", "wayback".
    origin: str = _detail()
    rights: str = _detail()  # what the page states about copyright and licence: see `reading.rights`
    tdm: str = _detail()  # what it states about text and data mining: see `reading.rights`; one line for each statement
    warc: str = _detail()  # the page in a WARC file: name of the file and byte offset of its record, "a.warc.gz:1234"
    reader: str = _detail()  # page form: the generation of the site's template that was read ("G2")
    chosen: Mapping[str, str] = _detail(dict)  # field -> name of the candidate that provided its value

    @property
    def undated(self) -> bool:
        """Whether the date is only that of the local file or the capture; such an article is stored in `undated/`."""
        return self.chosen.get("date") in ("file", "capture")
