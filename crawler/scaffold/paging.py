"""How the pages of a listing follow each other: `number` or `next` of its rows, or an override of `next_listings`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from w3lib.url import add_or_replace_parameter

from crawler.reading.page import Page
from crawler.scaffold.json_keys import scalars
from crawler.scaffold.json_lists import JsonList

_PAGE = re.compile(
    r"p|pn|pg|page|paged|pages|cpage|(?:page|p)[_-]?(?:num|no|index|id|n|number)|(?:cur|current|now)[_-]?page|current"
    r"|page[_-]?current|pindex",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"offset|start|skip|from|begin|start_?index", re.IGNORECASE)
_CURSOR = re.compile(
    r"\A(?:\w*cursor|(?=\w*(?:last|max|min|since|before|after|next|prev))\w+|\w*(?:token|score|anchor|marker))",
    re.IGNORECASE,
)
_NEXT_CURSOR = re.compile(
    r"\A(?:next_?\w*|\w*cursor|(?:last|min|max)_?(?:id|time|score|ts)\w*|\w*(?:anchor|marker))", re.IGNORECASE
)
_NEXT_URL = re.compile(r"next(?:_?(?:page|url|link|href|page_?url))?", re.IGNORECASE)
_TIME = re.compile(r"time|date|ts\Z|stamp", re.IGNORECASE)
_PATH_NUMBER = re.compile(r"(?P<mark>[/_-])(?P<number>[0-9]{1,3})(?P<end>(?:\.[a-z]{2,5})?)/?\Z", re.IGNORECASE)

_OFFSET_CODE = """
    @classmethod
    def next_listings(cls, page: Page, rows: Sequence[Any]) -> tuple[Request, ...]:
        return (with_parameter(page, "{name}", number_of(page, "{name}") + len(rows)),)
"""


@dataclass(frozen=True)
class Paging:
    """How the next page of a listing is found; empty if unknown."""

    first: str  # the URL of the first page
    number: str = ""
    next: str = ""  # JMESPath
    cursor: str = ""  # as in `JsonRows`
    code: str = ""  # an override of `next_listings`


def paging_of(page: Page, found: JsonList, next_url: str = "") -> Paging:
    """Return the paging of *page*, the JSON list *found*; *next_url* is the target of a link to the next page."""
    url = page.requested_url or page.url
    parameters = [
        (name, value) for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True) if _is_name(name)
    ]
    for name, value in parameters:
        if _PAGE.fullmatch(name) and value.isdigit():
            first = add_or_replace_parameter(url, name, "1") if int(value) > 1 else url
            return Paging(first, number=name)
    for name, value in parameters:
        if _OFFSET.fullmatch(name) and value.isdigit() and len(value) < 7:
            first = add_or_replace_parameter(url, name, "0") if int(value) >= len(found.rows) else url
            return Paging(first, code=_OFFSET_CODE.format(name=name))
    if next_url and (number := number_between(url, next_url)):
        return Paging(url, number=number)
    data = page.json if not found.state else None
    outside = [*scalars(data)] if isinstance(data, dict) else []
    for path, value in outside:
        if _NEXT_URL.fullmatch(_last(path)) and isinstance(value, str) and re.match(r"https?://|/[\w/]", value):
            return Paging(url, next=path)
    for name, _ in parameters:
        if _CURSOR.fullmatch(name) and not found.state:
            return Paging(url, next=_cursor(name, outside, found), cursor=name)
    path_number = _PATH_NUMBER.search(urlsplit(url).path)
    if path_number and path_number["number"] in ("0", "1"):
        return Paging(url, number=f"{path_number['mark']}{{}}{path_number['end']}")
    return Paging(url)


def number_between(url: str, next_url: str) -> str:
    """Return the place of the number of the page, as in `Rows.number`, if *next_url* is page 2 of *url*; else ""."""
    one, two = urlsplit(url), urlsplit(next_url)
    if one.netloc != two.netloc:
        return ""
    if one.path.rstrip("/") == two.path.rstrip("/"):
        before, after = dict(parse_qsl(one.query)), dict(parse_qsl(two.query))
        changed = [name for name in after if after[name] != before.get(name)]
        is_second = len(changed) == 1 and after[changed[0]] == "2" and before.keys() <= after.keys()
        return changed[0] if is_second and _is_name(changed[0]) else ""
    base = one.path.rstrip("/")
    if two.path.startswith(base) and not (one.query or two.query):
        rest = two.path[len(base) :]
        if re.fullmatch(r"[/_-](?:[a-z]{1,10}[/_-])?2(?:\.[a-z]{2,5})?/?", rest, re.IGNORECASE):
            return rest.rstrip("/").replace("2", "{}", 1)
    return ""


def _cursor(name: str, outside: list[tuple[str, Any]], found: JsonList) -> str:
    """Return the JMESPath of the next value of the parameter *name*: in the JSON, or in the last entry."""
    same = [path for path, _ in outside if _last(path).lower() == name.lower()]
    other = [path for path, _ in outside if _NEXT_CURSOR.fullmatch(_last(path))]
    if paths := [*(path for path in other if _last(path).lower().startswith("next")), *same, *other]:
        return paths[0]
    key = found.keys.date if _TIME.search(name) and found.keys.date else next(iter(found.keys.ids), "id")
    entries = "" if found.entries == "@" else found.entries
    return f"{entries}{' | ' if '[' in entries or '*' in entries else ''}[-1].{key}"


def _last(path: str) -> str:
    return path.rpartition(".")[2].strip('"')


def _is_name(name: str) -> bool:
    return bool(re.fullmatch(r"[\w.-]{1,40}", name, re.ASCII))
