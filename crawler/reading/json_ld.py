"""Read the JSON-LD of an article page (https://schema.org/Article), also if it is not valid JSON."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from html import unescape
from typing import Any
from urllib.parse import unquote, urlsplit

from crawler.reading.page import Page
from crawler.reading.query import all_of

Entry = dict[str, Any]

AUTHOR_SEPARATOR = "，"
_PARTS = ("@graph", "mainEntity", "mainEntityOfPage")  # keys whose values describe the same page
_DATES = ("datePublished", "pubDate", "dateCreated")
_FIELDS = {"headline", "title", *_DATES, "author", "creator"}
_PAGE_TYPES = {"WebPage", "ItemPage", "AboutPage", "CollectionPage"}
# Types with a date or a name that is not that of the article.
_OTHER_TYPES = {
    "Comment", "Review", "Question", "Answer", "WebSite", "BreadcrumbList", "ItemList", "ListItem", "Person",
    "Organization", "NewsMediaOrganization", "VideoObject", "ImageObject", "AudioObject", "Event", "Product",
}  # fmt: skip
# A string, or a comma before the end of an object or a list.
_STRING_OR_COMMA = re.compile(r'"(?:[^"\\]|\\.)*+"?|,(?=\s*+[}\]])', re.DOTALL)
_start = re.compile(r"[\[{]").search
# In JSON that cannot be repaired: a key, and its value up to a quote that ends a value. Quotes inside are not escaped.
_PAIR = re.compile(
    r"""["']((?:headline|title|datePublished|pubDate|dateCreated|@type))["']\s*+:\s*+["']?"""
    r"""((?:(?!["']\s*+[,}\]])[^\n]){1,200})"""
)
_INVALID_AUTHOR = re.compile(r"""["']author["']\s*+:\s*+(?:["']([^"'{}\[\]]{1,60}+)["']|([\[{][^\]}]{0,400}+)[\]}])""")
_NAME = re.compile(
    r"""["']name["']\s*+:\s*+["']([^"']{1,60}+)["']|(?:\[|,)\s*+["']([^"':]{1,60}+)["'](?=\s*+[,\]]|\Z)"""
)
_ESCAPE = re.compile(r'\\(["\\/bfnrt]|u[0-9a-fA-F]{4})?')


def json_ld_of(page: Page) -> Entry:
    """Return the fields of the article in the JSON-LD of *page*; {} if it is missing or invalid.

    The keys are those of schema.org ("headline", "datePublished"), or of Baidu ("title", "pubDate"). Titles and dates
    are single values without entities; "author" is the names of all authors in one string. An entry for the URL of the
    page precedes others, an article precedes a page.
    """
    scripts = [node for node in all_of(page, "script[type]") if _is_json_ld(node.get("type", ""))]
    entries = [entry for node in scripts for entry in _entries(_values(node.text or ""))]
    by_id = {entry["@id"]: entry for entry in entries if isinstance(entry.get("@id"), str) and "name" in entry}
    described = ((_rank(entry, page), entry) for entry in entries if entry.keys() & _FIELDS)
    ranked = sorted(((rank, entry) for rank, entry in described if rank), key=lambda pair: pair[0])
    article: Entry = {}
    for rank, entry in ranked:
        # A second article is another one, and so is one at another URL: only the entry of the page completes the first.
        if not article or (rank[1] > ranked[0][0][1] and rank[0] < 2):
            article = {**entry, **article}
    if not article:
        return {}
    single = {key: _single(article[key]) for key in ("headline", "title", *_DATES) if key in article}
    return {**article, **single, "author": authors(article.get("author") or article.get("creator"), by_id)}


def _single(value: object) -> object:
    """Return the first value of a list or the `@value` of an object, without entities of HTML."""
    for _ in range(3):
        if isinstance(value, list) and value:
            value = value[0]
        elif isinstance(value, dict):
            value = value.get("@value")
    return unescape(value) if isinstance(value, str) else value


def authors(value: object, by_id: Mapping[str, Entry]) -> str:
    """Return the names in the value of `author`: a string, an object, a reference by `@id`, or a list of these."""
    names: list[str] = []
    pending = [value]
    while pending:
        value = pending.pop(0)
        if isinstance(value, list):
            pending[:0] = value[:20]
        elif isinstance(value, dict):
            name = value.get("name") or by_id.get(str(value.get("@id")), {}).get("name") or value.get("@value")
            pending.insert(0, name if isinstance(name, str | list | dict) and name is not value else None)
        elif isinstance(value, str):
            name = by_id[value].get("name") if value in by_id else unescape(value).strip()
            names += [name] if isinstance(name, str) and name and not re.match("https?://|#", name) else []
        if len(names) > 20:
            break
    return AUTHOR_SEPARATOR.join(dict.fromkeys(names))


def _is_json_ld(type_: str) -> bool:
    return type_.partition(";")[0].strip().lower() == "application/ld+json"


def _values(text: str) -> Iterator[object]:
    """Yield the JSON values in the *text* of a script, which may be in CDATA or in a comment."""
    text = text.replace("<![CDATA[", "").replace("]]>", "")
    for change in (str, _repaired, lambda text: _repaired(unescape(text))):
        if found := list(_decoded(change(text))):
            yield from found
            return
    yield _fields_of(text)


def _fields_of(text: str) -> Entry:
    """Return the fields of the article in *text*, which is not JSON, also after the repairs; {} if they are ambiguous.

    Frequent reasons are a quote in a title, a comment, single quotes, and a script that a limit of characters cut off.
    A field counts if it occurs once. With the dates of several objects, any of them may be that of another article.
    """
    pairs: dict[str, list[str]] = {}
    for key, value in _PAIR.findall(text):
        pairs.setdefault(key, []).append(value.strip())
    if any(len(set(pairs.get(key, ()))) > 1 for key in _DATES):
        return {}
    fields: Entry = {key: values[0] for key, values in pairs.items() if len(values) == 1 and key != "@type"}
    types = pairs.get("@type", [])
    fields["@type"] = [one for one in types if one not in _OTHER_TYPES] or types[:1]
    found = _INVALID_AUTHOR.findall(text)
    if len(found) == 1:
        name, inner = found[0]
        fields["author"] = [one or other for one, other in _NAME.findall(inner)] if inner else name
    return fields


def _decoded(text: str) -> Iterator[object]:
    """Yield the objects and lists in *text*, until the first one that is invalid."""
    decoder = json.JSONDecoder(strict=False)  # accepts line breaks and control characters in strings
    position = 0
    while start := _start(text, position):
        try:
            value, position = decoder.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            return
        yield value


def _repaired(text: str) -> str:
    """Return *text* without trailing commas, and with invalid escapes as plain backslashes."""
    return _STRING_OR_COMMA.sub(
        lambda found: "" if found[0] == "," else _ESCAPE.sub(lambda one: one[0] if one[1] else r"\\", found[0]), text
    )


def _entries(values: Iterable[object]) -> Iterator[Entry]:
    """Yield the objects in lists and in `_PARTS`, in order."""
    pending = deque(values)
    while pending:
        value = pending.popleft()
        if isinstance(value, list):
            pending.extendleft(reversed(value))
        elif isinstance(value, dict):
            yield value
            pending.extendleft(value[key] for key in reversed(_PARTS) if key in value)


def _rank(entry: Entry, page: Page) -> tuple[int, int] | None:
    """Return a key that sorts the entry of the article first; None for an entry of another type."""
    value = entry.get("@type")
    types = {
        re.split("[/#:]", one)[-1] for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)
    }
    if types and types <= _OTHER_TYPES:
        return None
    is_article = any(one.endswith(("Article", "Posting", "Report")) for one in types)
    place = entry.get("mainEntityOfPage")
    urls = [entry.get("url"), entry.get("@id"), place.get("@id") if isinstance(place, dict) else place]
    paths = {_path(url) for url in urls if isinstance(url, str)}
    own_path = _path(page.address)
    is_of_other = own_path and paths - {""}
    return (
        0 if own_path in paths - {""} else 2 if is_of_other else 1,
        0 if is_article else 2 if types & _PAGE_TYPES else 1,
    )


def _path(url: str) -> str:
    """Return the path of *url*, which identifies a page on its site; "" if *url* is invalid."""
    try:
        return unquote(urlsplit(url).path).rstrip("/")
    except ValueError:
        return ""
