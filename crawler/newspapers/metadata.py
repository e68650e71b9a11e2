"""Read the metadata of a local file: from arguments, from the `.yaml` file beside it, and from its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

import yaml

from crawler.reading.charset import decode
from crawler.reading.errors import LayoutChanged
from crawler.reading.page import Page
from crawler.reading.query import required
from crawler.text.clean import one_line
from crawler.text.dates import beijing, beijing_after

KEYS = ("title", "date", "author", "publisher", "page", "section", "pretitle", "subtitle", "category", "brief")

# 2025-02-05_A08_爆火的DeepSeek · 20250205 A08 · A08_爆火的DeepSeek
_FILE_NAME = re.compile(
    r"(?:(?P<day>(?:19|20)\d\d-\d\d-\d\d|(?:19|20)\d{6})(?!\d)[-_ ]*)?"
    r"(?:(?P<page>[A-Z]\d{1,3})(?=[-_ ]|$)[-_ ]*)?(?P<rest>.*)",
    re.S,
)


_FRAGMENT = re.compile(r"#page=(?P<page>\d+)(?:&article=(?P<number>\d+))?")


class FileName(NamedTuple):
    """The parts of a file's name; missing parts are ""."""

    day: str  # YYYY-MM-DD
    page: str  # number of the newspaper page ("A08")
    title: str


def article_fragment(page: int, number: int) -> str:
    """Return the fragment of the URL of an article of an issue: its *page* in the file, and its *number* on the page.

    Both count from 1; 0: the whole file, or the only article of the page.
    """
    return (f"#page={page}" + (f"&article={number}" if number else "")) if page else ""


def split_fragment(url: str) -> tuple[str, str]:
    """Return the URL of a local file, and the place of the article in it ("p03-2"), or ""."""
    path, mark, _ = url.partition("#")
    found = _FRAGMENT.fullmatch(url[len(path) :])
    place = f"p{int(found['page']):02d}" + (f"-{found['number']}" if found["number"] else "") if found else ""
    return (path, place) if found or not mark else (url, "")


def parse_file_name(url: str) -> FileName:
    """Parse the file name in the *url* of a local file."""
    url, _ = split_fragment(url)
    stem = decode(unquote_to_bytes(url))[0].rpartition("/")[2].rpartition(".")[0]
    found = _FILE_NAME.fullmatch(stem)
    day = beijing(found["day"]) if found and found["day"] else ""
    if not found or (found["day"] and not day):  # eight digits that are not a date
        return FileName("", "", one_line(stem.replace("_", " ")))
    return FileName(day, found["page"] or "", one_line((found["rest"] or stem).replace("_", " ")))


def given_metadata(page: Page) -> dict[str, str]:
    """Return the metadata that the arguments and the `.yaml` file give, by key; arguments take precedence.

    Raises `LayoutChanged` if the file is not a YAML mapping of `KEYS` (and url) to strings.
    """
    metadata: dict[str, str] = {}
    if page.second_page:
        name = page.second_page.url
        try:
            # BaseLoader creates only strings, lists and mappings.
            found = yaml.load(page.second_page.text, Loader=yaml.BaseLoader)  # noqa: S506
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise LayoutChanged(f"{name}: invalid YAML: {error}") from error
        if not isinstance(found, dict):
            raise LayoutChanged(f"{name}: expected a mapping of keys to values")
        for key, value in found.items():
            if key not in (*KEYS, "url") or not isinstance(value, str):
                allowed = ", ".join((*KEYS, "url"))
                raise LayoutChanged(
                    f"{name}: unknown key or several values: {str(key)[:40]!r}; allowed keys: {allowed}"
                )
            metadata[key] = one_line(value)
    if metadata.get("url") and not re.match("https?://[^/]", metadata["url"]):
        raise LayoutChanged(f"url: not an HTTP or HTTPS URL: {metadata['url']!r}", field="url")
    return metadata | {key: one_line(value) for key, value in page.form.items()}


def first_of(candidates: Mapping[str, str]) -> tuple[str, str]:
    """Return name and value of the first candidate with a value, or two empty strings."""
    return next(((name, value) for name, value in candidates.items() if value), ("", ""))


def date_of(page: Page, candidates: Mapping[str, str]) -> tuple[str, str]:
    """Return the name and value of the first date in *candidates*, or "" and the day of the file's last change.

    Raises `LayoutChanged` for a date in the future, and for a given value that is not a date.
    """
    if candidates["given"] and not beijing(candidates["given"]):
        raise LayoutChanged(f"date: not a date: {candidates['given']!r}", field="date")
    name, date = first_of({name: beijing(value) for name, value in candidates.items()})
    date = date or beijing(page.headers.get("last-modified", ""))[:10]
    if page.fetched_at and date > beijing_after(page.fetched_at, days=1):  # Hugo would hide the page until then
        raise LayoutChanged(f"date is in the future: {date} ({name or 'the day of the file'})", field="date")
    return name, required(date, "date")
