"""One JSON object a line: all that is known of an article but the page's own node."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import fields

from crawler.items import Article

DETAILS = (
    "thumbnail",
    "author",
    "author_url",
    "publisher",
    "category",
    "page",
    "section",
    "pretitle",
    "subtitle",
    "keywords",
    "brief",
    "counts",
    "reader",
    "chosen",
)

_SURROGATES = re.compile("[\ud800-\udfff]")
# Some readers of text end a line at these; within JSON they may be written as escapes.
_LINE_ENDS = {ord(char): f"\\u{ord(char):04x}" for char in "\x85\u2028\u2029"}


def row(article: Article) -> dict[str, object]:
    """The fields of `article` but its body, in the dataclass's order, as plain JSON values."""
    return {field.name: _plain(getattr(article, field.name)) for field in fields(article) if field.name != "body"}


def details(article: Article) -> dict[str, object]:
    """The richer metadata of `article`, as plain JSON values."""
    return {name: _plain(getattr(article, name)) for name in DETAILS}


def render(article: Article) -> str:
    """`row` as one line of JSON, its line feed included; UTF-8 can encode it always."""
    line = json.dumps(row(article), ensure_ascii=False)
    return _encodable(line).translate(_LINE_ENDS) + "\n"


def _encodable(text: str) -> str:
    try:
        text.encode()  # quicker than to search for what can not be
    except UnicodeEncodeError:
        return _SURROGATES.sub("\ufffd", text)  # ids are as the site has them
    return text


def _plain(value: object) -> object:
    if isinstance(value, str):
        return _encodable(value)
    return dict(value) if isinstance(value, Mapping) else list(value) if isinstance(value, tuple) else value
