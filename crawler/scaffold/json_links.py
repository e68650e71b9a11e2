"""The URLs of the entries of a JSON list: a key, or a URL with the id, learned from the URL of an article."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, urlsplit

from crawler.reading.json_values import value_at
from crawler.reading.page import Page
from crawler.reading.query import all_of, href
from crawler.reading.rows import JsonRows
from crawler.scaffold.json_lists import JsonList
from crawler.scaffold.urls import form_of, id_of, pattern_of, site_of
from crawler.text.urls import requestable_url

MAX_LINKS = 2000  # of a page that are compared with the ids


def link_of(found: JsonList, page: Page, article_url: str = "") -> str:
    """Return `JsonRows.link` for the list *found* of *page*; "" if the URLs of the articles cannot be derived.

    *article_url* is the URL of one article, if known: of an entry, or of another article of the site.
    """
    if url := found.keys.url:
        if not article_url or _urls(found, url, page).intersection((article_url, article_url.split("#")[0])):
            return url
        template = _of_host(found, url, article_url)
        if template or form_of(article_url) in {form_of(each) for each in _urls(found, url, page)}:
            return template or url
    if article_url and (template := _template(found, article_url)):
        return template
    if page.is_html:
        linked = (href(node, page) for node in all_of(page, "a[href]")[:MAX_LINKS])
        urls = [each for each in linked if each.startswith("http") and site_of(each) == site_of(page.url)]
        counts: dict[str, int] = {}
        for each in urls:
            if template := _of_entry(found, each):
                counts[template] = counts.get(template, 0) + 1
        if counts:
            return max(counts, key=lambda template: counts[template])
    return found.keys.url


def links_of(found: JsonList, link: str, page: Page) -> dict[str, str]:
    """Return the URL and the title of each article in the list, as `JsonRows` reads them with *link*."""
    rows = JsonRows(found.entries, link, title=found.keys.title)
    pairs = (pair for row in found.rows for pair in rows.links(page, row))
    return {url: title for url, title in pairs if url.startswith("http")}


def _urls(found: JsonList, link: str, page: Page) -> set[str]:
    return set(links_of(found, link, page))


def _of_host(found: JsonList, key: str, article_url: str) -> str:
    """Return the link for entries with paths that belong to the host of *article_url*, not to that of the JSON."""
    split = urlsplit(article_url)
    site = f"{split.scheme}://{split.netloc}"
    paths = [str(value_at(row, key) or "") for row in found.rows]
    paths = [path for path in paths if path and not re.match(r"https?:|//", path)]
    for between in ("", "/"):
        if any(form_of(site + between + path) == form_of(article_url) for path in paths) and all(
            path.startswith("/") != bool(between) for path in paths
        ):
            return f"{site}{between}{{{key}}}"
    for path in paths:  # below a folder: /news/ + 2026/11/1.html
        if split.path.endswith(path.lstrip("/")):
            return f"{article_url[: article_url.rindex(path)]}{{{key}}}" if path in article_url else ""
    return ""


def _template(found: JsonList, url: str) -> str:
    """Return the template of *url*: of an entry, or of an article with an id of the same form as those of the list."""
    if template := _of_entry(found, url):
        return template
    form = form_of(url)
    pattern = pattern_of([url], []) if form else ""
    match = re.fullmatch(pattern, url) if pattern else None
    if match is None or "/" in match["id"]:
        return ""
    is_id = re.compile(id_of(pattern)).fullmatch
    for key in found.keys.ids:
        values = [str(value) for row in found.rows if (value := value_at(row, key)) is not None]
        if all(map(is_id, values)) and _is_alike(match["id"], values):
            return f"{_quoted(url[: match.start('id')])}{{{key}}}{_quoted(url[match.end('id') :])}"
    return ""


def _is_alike(identifier: str, values: list[str]) -> bool:
    """Return whether *identifier* may be one of *values*: numbers of nearly the same length."""
    lengths = {len(value) for value in values}
    is_number = identifier.isdigit() and all(value.isdigit() for value in values)
    return not is_number or min(lengths) - 2 <= len(identifier) <= max(lengths) + 2


def _of_entry(found: JsonList, url: str) -> str:
    """Return the template of *url* if it is that of an entry: it contains the id of the entry."""
    start = len("{0.scheme}://{0.netloc}".format(urlsplit(url)))
    for key in found.keys.ids:
        for row in found.rows:
            if (value := value_at(row, key)) is None:
                continue
            places = [*re.finditer(rf"(?<![0-9A-Za-z]){re.escape(str(value))}(?![0-9A-Za-z])", url)]
            if places and places[-1].start() >= start and (len(str(value)) > 2 or len(places) == 1):
                place = places[-1]
                before = "".join(_with_sections(found, row, url[start : place.start()]))
                return f"{url[:start]}{before}{{{key}}}{_quoted(url[place.end() :])}"
    return ""


def _with_sections(found: JsonList, row: dict[str, Any], path: str) -> Iterator[str]:
    """Yield the parts of *path*; a section that is a value of the entry, and differs between entries, as its key."""
    for part in re.split("(/)", path):
        keys = (key for key, value in _sections(row) if part and str(value) == part)
        varying = (key for key in keys if len(_values(found, key)) > 1)
        key = next(varying, "")
        yield f"{{{key}}}" if key else _quoted(part)


def _sections(row: dict[str, Any]) -> Iterable[tuple[str, object]]:
    return ((key, value) for key, value in row.items() if re.fullmatch(r"[A-Za-z_]\w*", key))


def _values(found: JsonList, key: str) -> set[str]:
    return {str(value_at(row, key)) for row in found.rows}


def _quoted(url: str) -> str:
    """Return *url* with all characters percent-encoded that could end a string or a template."""
    return quote(url, safe="/:?&=%@!$()*+,;~#")


def is_on_host(url: str, page: Page) -> bool:
    """Return whether *url* is on the host of *page*."""
    return urlsplit(requestable_url(url, page.url)).netloc == urlsplit(page.url).netloc
