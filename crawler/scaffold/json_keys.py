"""Find the keys of title, date, link, author and text in the objects of a JSON list, by their values and names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any

from crawler.reading.title import width
from crawler.text.dates import beijing

MAX_DEPTH = 3  # of a key in an entry: "data.author.name"
MIN_SHARE = 0.6  # of the entries that must have a value: adverts and videos have other keys
MIN_WIDTH, MAX_WIDTH = 8, 240  # of one title
MIN_MEDIAN = 14  # median width of the titles in a list: menus have shorter ones
MIN_BODY = 50  # characters of a text without tags
is_key = re.compile(r"[A-Za-z0-9_$-]{1,40}").fullmatch  # a key that the draft can contain
_is_plain_key = re.compile(r"[A-Za-z_][A-Za-z0-9_]*").fullmatch
_is_identifier = re.compile(r"[A-Za-z0-9][\w-]{0,79}", re.ASCII).fullmatch
_is_url = re.compile(r"(?:https?:)?//[^/\s]+/\S+|/?[\w%.~-]+(?:/[\w%.~-]+)*/?(?:\?\S*)?", re.ASCII).fullmatch
_is_file = re.compile(r"\A[^?#]*\.(?:jpe?g|png|gif|webp|svg|mp4|mp3|m3u8|pdf|ico)\b", re.IGNORECASE).match
_TAG = re.compile(r"<[^<>]{0,2000}>")
_BLOCK_TAG = re.compile(r"<(?:p|br|div|section|li|h[1-6]|table|blockquote)\b", re.IGNORECASE)
_is_cut = re.compile(r"\A.*(?:…|\.\.\.)\s*\Z", re.DOTALL).match

# Objects in an entry that describe something else than the article.
_OTHER = re.compile(r"user|author|media|column|tag|categor|channel|source|topic|relat|image|cover|share|seo|ad", re.I)
_ARTICLE = "(?:news|article|art|post|content|info|doc|item|detail|story|main|full|page|web|pc|list|html|target|jump)_?"


def _names(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(rf"\A(?:{pattern})", re.IGNORECASE) for pattern in patterns)


# Names of keys, the most likely first.
_TITLES = _names(
    "title|headline|subject|biaoti",
    f"(?:{_ARTICLE}|long_?)(?:title|headline|subject)",
    r"(?!.*(?:sub|seo|share|short|album|column|origin|meta|tag))(?=\w*title)\w+",
    "name|topic|caption|text|bt|t",
)
_URLS = _names(
    "url|link|href|permalink|guid",
    f"{_ARTICLE}(?:url|link|href|path|uri)",
    r"(?!.*(?:img|image|pic|cover|thumb|avatar|icon|logo|video|audio|author|user|api|poster|media))"
    r"(?=\w*(?:url|link|href|uri|path))\w+",
)
_IDS = _names(
    "_?id|guid|uuid|slug",
    f"(?:{_ARTICLE}|text|a|n)_?(?:id|no|code|sn|key)",
    r"(?!.*(?:user|author|categor|channel|column|parent|media|tag|site|type|topic|cat|section|node|org|dept)_?id)"
    r"\w*(?:id|no|code|key)",
)
_DATES = _names(
    r"(?=\w*(?:publish|release|issue))\w+|pub_?(?:date|time|at|ts|lish)?\w*",
    r"date|time|datetime|ts|timestamp|(?:show|news|post)_?(?:time|date)|post(?:ed)?_?at|posted\w*|day|rq|sj",
    r"(?!.*(?:updat|modif|edit|creat|add|end|start|expire|delete|over))(?=\w*(?:date|time|_?at|_ts|stamp))\w+",
    r"(?=\w*(?:creat|add|insert|input|ctime))\w+",
    r"(?=\w*(?:updat|modif|edit|mtime))\w+",
)
_AUTHORS = _names("author|author_?name|writer|reporter|byline|zuozhe|authors", r"(?=\w*(?:author|writer|reporter))\w+")
_BODIES = _names(
    "content|body|html|article|detail|text|story|full_?text|content_?html|html_?content|neirong",
    r"(?!.*(?:summary|desc|digest|brief|abstract|intro|excerpt|lead|zhaiyao|preview|short))\w*",
)


@dataclass(frozen=True)
class Keys:
    """The JMESPath expressions of the values in an entry; "" if not found."""

    title: str = ""
    date: str = ""
    url: str = ""  # of a URL
    ids: tuple[str, ...] = ()  # of values that identify the entry, the most likely first
    author: str = ""
    body: str = ""  # of the HTML of the whole text


def keys_of(rows: Sequence[dict[str, Any]], now: str = "") -> Keys:
    """Return the keys of the *rows* of a list. Relative dates refer to *now* (ISO 8601)."""
    columns: dict[str, list[Any]] = {}
    for row in rows:
        for path, value in scalars(row):
            columns.setdefault(path, []).append(value)
    least = max(1, MIN_SHARE * len(rows))
    columns = {path: values for path, values in columns.items() if len(values) >= least}

    def named(names: Sequence[re.Pattern[str]], fits: Callable[[str, list[Any]], bool]) -> list[str]:
        found = [(rank, path) for path in columns if (rank := rank_of(path, names)) and fits(path, columns[path])]
        return [path for _, path in sorted(found, key=lambda each: each[0])]

    bodies = named(_BODIES, lambda path, values: _are_bodies(values, least))
    titles = named(_TITLES, lambda path, values: path not in bodies and are_titles(values, least))
    urls = named(_URLS, lambda path, values: _are_urls(values, least))
    dates = named(_DATES, lambda path, values: sum(bool(beijing(value, now)) for value in values) >= least)
    authors = named(_AUTHORS, lambda path, values: all(isinstance(value, str) and len(value) <= 40 for value in values))
    ids = named(_IDS, lambda path, values: path not in urls and _are_identifiers(values, rows))
    longest = max(bodies, key=lambda path: sum(map(len, map(str, columns[path]))), default="")
    first = rank_of(bodies[0], _BODIES) if bodies else None
    return Keys(
        title=next(iter(titles), ""),
        date=next(iter(dates), ""),
        url=next(iter(urls), ""),
        ids=tuple(ids),
        author=next(iter(authors), ""),
        body=longest if longest and rank_of(longest, _BODIES) == first else next(iter(bodies), ""),
    )


def scalars(entry: dict[str, Any], prefix: str = "", depth: int = 1) -> Iterator[tuple[str, Any]]:
    """Yield the JMESPath and the value of each string and number in *entry* and the objects in it."""
    for key, value in entry.items():
        if not is_key(key):
            continue
        path = prefix + quoted_key(key)
        if isinstance(value, dict) and depth < MAX_DEPTH:
            yield from scalars(value, f"{path}.", depth + 1)
        elif isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
            yield path, value


def quoted_key(key: str) -> str:
    """Return *key* as a part of a JMESPath expression."""
    return key if _is_plain_key(key) else f'"{key}"'


def rank_of(path: str, names: Sequence[re.Pattern[str]]) -> tuple[bool, int, int] | None:
    """Return the rank of the last key of *path* among *names*, lower is better; None if none of them matches."""
    *parents, last = path.replace('"', "").replace("-", "_").split(".")
    index = next((index for index, name in enumerate(names) if name.fullmatch(last)), None)
    is_of_author = names is _AUTHORS or any(map(_OTHER.search, parents))
    if index is None and names is _AUTHORS and last in ("name", "nickname", "realname") and parents:
        index = next((index for index, name in enumerate(names) if name.fullmatch(parents[-1])), None)
    return None if index is None else (is_of_author and names is not _AUTHORS, index, len(parents))


def plain(html: str) -> str:
    """Return *html* without tags."""
    return unescape(_TAG.sub("", html)).strip()


def are_titles(values: Sequence[Any], least: float) -> bool:
    """Return whether at least *least* of *values* are different titles."""
    words = [plain(value) for value in values if isinstance(value, str)]
    widths = sorted(map(width, words))
    found = {
        each
        for each in words
        if MIN_WIDTH <= width(each) <= MAX_WIDTH
        and not re.match(r"https?:|//|/", each)
        and re.search(r"[^\W\d_]", each)
    }
    return bool(widths) and len(found) >= max(least * 0.8, 1) and widths[len(widths) // 2] >= MIN_MEDIAN


def _are_urls(values: Sequence[Any], least: float) -> bool:
    found = {
        value
        for value in values
        if isinstance(value, str) and ("/" in value or "." in value) and _is_url(value) and not _is_file(value)
    }
    return len(found) >= max(least * 0.8, 1)


def _are_identifiers(values: Sequence[Any], rows: Sequence[Any]) -> bool:
    words = [str(value) for value in values if not isinstance(value, float)]
    return len(set(words)) == len(words) >= MIN_SHARE * len(rows) and all(map(_is_identifier, words))


def _are_bodies(values: Sequence[Any], least: float) -> bool:
    """Return whether *values* are the HTML of whole texts. Summaries are cut, or short."""
    texts = [value for value in values if isinstance(value, str) and _BLOCK_TAG.search(value)]
    long = [value for value in texts if len(plain(value)) >= MIN_BODY]
    return len(long) >= least and sum(bool(_is_cut(plain(value))) for value in long) < len(long) / 2
