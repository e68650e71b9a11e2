"""What a page states about its own use: copyright and licence, and the TDM Reservation Protocol. Pure functions.

The protocol (https://www.w3.org/community/reports/tdmrep/CG-FINAL-tdmrep-20240202/) has HTTP headers and `<meta>`
elements of the same names. Licences: HTML, section 4.6.7.8 (`rel=license`), Dublin Core, and schema.org/CreativeWork.
Called for each article: a page without such statements costs less than 0.05 ms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from html import unescape

from crawler.reading.json_ld import json_ld_of
from crawler.reading.page import Page
from crawler.text.clean import one_line
from crawler.text.urls import absolute_url

LONGEST = 500  # characters of the rights, and of each line about text and data mining
_NAMES = {
    "copyright", "rights", "license", "dc.rights", "dc.rights.license", "dc.license", "dcterms.rights",
    "dcterms.license", "dcterms.rightsholder",
}  # fmt: skip
_KEYS = ("copyrightNotice", "copyrightHolder", "license")  # of JSON-LD
_JSON_LD = tuple(b'"%b"' % key.encode() for key in _KEYS)
_license = re.compile(rb"icense")  # a literal is found faster than the word in any letter case
_ends_like_rel = re.compile(rb"\brel\s*+=\s*+[\"']?[\w\s-]*?L\Z", re.IGNORECASE).search
_TDM = ("tdm-reservation", "tdm-policy")
_META = {*_NAMES, *_TDM}
_is_relative = re.compile(r"\A(?![a-z][a-z0-9+.-]*:)[^\s#]", re.IGNORECASE).match


def rights_of(page: Page) -> tuple[str, str]:
    """Return what *page* states about its rights, and about text and data mining; "" without such a statement.

    The first text has the statements about copyright and licence, each once, separated by "; ". The second one has a
    line "name: value" for each value of "tdm-reservation" and "tdm-policy" in the headers and in `<meta>` elements.
    """
    tdm = [(name, page.headers[name]) for name in _TDM if name in page.headers]
    rights: list[str] = []
    if page.is_html and not page.begins_like_json:  # otherwise, the reader has not parsed the page as a tree
        for node in page.select("meta"):
            name = node.get("name") or node.get("property")
            if name and (name := name.strip().lower()) in _META:
                content = node.get("content", "")
                if name in _TDM:
                    tdm.append((name, content))
                else:
                    rights.append(content)
        rights += _in_json_ld(page)
        rights += _links(page)
    return _joined(rights), _lines(tdm, page) if tdm else ""


def _joined(statements: list[str]) -> str:
    return "; ".join(dict.fromkeys(filter(None, map(one_line, statements))))[:LONGEST].strip()


def _lines(values: list[tuple[str, str]], page: Page) -> str:
    lines = []
    for name in _TDM:
        found = [one_line(value) for each, value in values if each == name]
        lines += [f"{name}: {_absolute(one, page) if name == 'tdm-policy' else one}"[:LONGEST] for one in found if one]
    return "\n".join(dict.fromkeys(lines))


def _in_json_ld(page: Page) -> Iterator[str]:
    if any(key in page.body for key in _JSON_LD):
        entry = json_ld_of(page)
        for key in _KEYS:
            yield from _values(entry.get(key), by_url=key != "copyrightHolder")


def _links(page: Page) -> Iterator[str]:
    """Yield the targets of `<link rel=license>` and `<a rel=license>`."""
    places = (found.start() for found in _license.finditer(page.body))
    if any(_ends_like_rel(page.body, max(0, place - 80), place) for place in places):
        for node in (*page.select("link[rel]"), *page.select("a[rel]")):
            if "license" in node.get("rel", "").lower().split():
                yield _absolute(one_line(node.get("href", "")), page)


def _values(value: object, by_url: bool, depth: int = 3) -> Iterator[str]:
    """Yield the texts in a value of JSON-LD: a string, an object with a URL or a name, or a list of these."""
    if isinstance(value, str):
        yield unescape(value)
    elif isinstance(value, list) and depth:
        for each in value[:20]:
            yield from _values(each, by_url, depth - 1)
    elif isinstance(value, dict):
        keys = ("url", "@id", "name", "@value") if by_url else ("name", "legalName", "@value", "url", "@id")
        yield next((unescape(text) for key in keys if isinstance(text := value.get(key), str) and text.strip()), "")


def _absolute(url: str, page: Page) -> str:
    if url and _is_relative(url):
        with suppress(ValueError):
            return absolute_url(url, page.base_url)
    return url
