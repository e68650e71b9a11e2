"""Read the list of an issue in JSON: newspaper pages with numbers and names, and their articles.

The keys differ between sites: a field is recognized by names that are usual for it, and a list by its entries. The
list is that of the whole issue, each page with its articles, or that of one page beside a list of all pages.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from crawler.newspapers.labels import parse_label
from crawler.newspapers.markup import plain_text
from crawler.reading.json_values import objects_in

# Names of keys in lower case, without "_" and "-", the most reliable first.
TITLE = ("maintitle", "title", "headline", "articletitle", "newstitle", "bt")
_URL = ("articlehref", "articleurl", "href", "url", "link", "contenturl", "detailurl", "htmlurl")
ID = ("id", "articleid", "contentid", "docid", "newsid", "aid")
_NUMBER = (
    "pnumber", "pageno", "pagenum", "pagenumber", "editionno", "versionno", "layoutno", "banci", "verorder", "number",
    "no", "layout", "page",
)  # fmt: skip
_PAGE_NAME = ("pname", "pagename", "editionname", "versionname", "layoutname", "vername", "banname", "section")
_NAME = (*_PAGE_NAME, "name", "title", "label")
AUTHOR = ("author", "articleauthor", "authors", "writer", "reporter")
# Lists of other things than pages and articles
_OTHER = re.compile("pic|img|image|photo|attach|video|audio|file|author|tag|keyword|related|point|coord", re.I)
_PAGE_NUMBER = re.compile(r"[A-Za-z]{0,4}\d{1,3}[A-Za-z]?")
_MAX_DEPTH = 3  # of the list of articles in a newspaper page

Entry = Mapping[str, Any]


class JsonArticle(NamedTuple):
    """An article of a list. Missing values are ""."""

    id: str
    url: str  # as in the JSON: often relative
    title: str


class JsonPage(NamedTuple):
    """A newspaper page of a list."""

    number: str
    name: str
    articles: tuple[JsonArticle, ...]
    is_listed: bool  # False: only another list has the articles of the page

    @property
    def label(self) -> str:
        """The label as on a page in HTML: "第A02版：要闻"; "" without number and name."""
        return f"第{self.number}版：{self.name}" if self.number else self.name


def read_issue(data: Any) -> list[JsonPage]:
    """Return the pages of the issue that *data* lists; [] if it lists neither pages nor articles."""
    for depth in range(1, _MAX_DEPTH + 1):
        for entries in _lists(data):
            found = [_articles_in(entry, depth) for entry in entries]
            if any(found) and not any(_articles_in(each, 1) for articles in found for each in articles):
                return [_page(entry, articles) for entry, articles in zip(entries, found, strict=True)]
    pages = next((entries for entries in _lists(data) if _are_pages(entries)), [])
    articles = next((entries for entries in _lists(data) if entries is not pages and _have_titles(entries)), [])
    listed = [_page(entry, [])._replace(is_listed=False) for entry in pages]
    if not articles:
        return listed
    if all(map(_number, articles)):  # each article names its page
        return _grouped(articles, {page.number: page.name for page in listed})
    shown = next(
        (_page(entry, articles) for entry in objects_in(data, in_lists=False) if _is_page(entry)), _page({}, articles)
    )
    return [shown, *(page for page in listed if page.number != shown.number)]


def _grouped(articles: list[Entry], names: Mapping[str, str]) -> list[JsonPage]:
    groups: dict[str, list[Entry]] = {}
    for article in articles:
        groups.setdefault(_number(article), []).append(article)
    return [
        JsonPage(number, field(group[0], _PAGE_NAME) or names.get(number, ""), _page({}, group).articles, True)
        for number, group in groups.items()
    ]


def has_entries(data: Any) -> bool:
    """Return whether *data* has a list of objects."""
    return any(True for _ in _lists(data))


def field(entry: Entry, names: tuple[str, ...]) -> str:
    """Return the first value that *entry* has under one of *names*, as text; "" without one."""
    keys = {key.lower().replace("_", "").replace("-", ""): key for key in entry}
    values = (entry[keys[name]] for name in names if name in keys)
    return next((str(value).strip() for value in values if isinstance(value, str | int) and str(value).strip()), "")


def _lists(data: Any) -> Iterator[list[Entry]]:
    """Yield the lists of objects in *data*, the outermost first."""
    waiting = deque([data])
    while waiting:
        value = waiting.popleft()
        if isinstance(value, dict):
            waiting.extend(_values(value))
        elif isinstance(value, list):
            if value and all(isinstance(each, dict) for each in value):
                yield value
            waiting.extend(value)


def _values(entry: Entry) -> Iterator[Any]:
    return (value for key, value in entry.items() if isinstance(value, dict | list) and not _OTHER.search(key))


def _articles_in(entry: Entry, depth: int) -> list[Entry]:
    """Return the list of articles in *entry*, at most *depth* levels below it."""
    waiting = list(_values(entry))
    for _ in range(depth):
        for value in waiting:
            if isinstance(value, list) and _have_titles(value) and not all(map(_is_page, value)):
                return value
        waiting = [each for value in waiting if isinstance(value, dict) for each in _values(value)]
    return []


def _have_titles(entries: list[Any]) -> bool:
    """Return whether most of *entries* are objects with a title, and with a URL or an id."""
    found = [each for each in entries if isinstance(each, dict) and field(each, TITLE) and field(each, (*_URL, *ID))]
    return 2 * len(found) > len(entries)


def _are_pages(entries: list[Entry]) -> bool:
    """Return whether *entries* are newspaper pages: each has a name, and a number of its own."""
    numbers = list(filter(None, map(_number, entries)))
    are_distinct = (
        len(entries) > 1 and len(set(numbers)) == len(entries) and all(field(each, _NAME) for each in entries)
    )
    return all(map(_is_page, entries)) or are_distinct


def _is_page(entry: Entry) -> bool:
    """Return whether *entry* cannot be an article: it has the label of a page, or number and name under their names."""
    is_labelled = bool(parse_label(plain_text(field(entry, _NAME)))[0])
    return is_labelled or bool(_number(entry) and field(entry, _PAGE_NAME) and not field(entry, TITLE))


def _number(entry: Entry) -> str:
    found = _PAGE_NUMBER.fullmatch(field(entry, _NUMBER))
    return (found[0] if found else parse_label(plain_text(field(entry, _NAME)))[0]).upper()


def _page(entry: Entry, articles: list[Any]) -> JsonPage:
    name = plain_text(field(entry, _NAME))
    in_name = parse_label(name)
    found = tuple(
        JsonArticle(field(each, ID), field(each, _URL), plain_text(field(each, TITLE)))
        for each in articles
        if isinstance(each, dict)
    )
    return JsonPage(_number(entry), in_name[1] if in_name[0] else name, found, True)
