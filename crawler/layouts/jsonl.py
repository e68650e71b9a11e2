"""Articles as JSON objects for the JSONL export and for the ledger."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields

from crawler.items import Article, article_fields

DETAILS = article_fields("detail")  # fields that the ledger stores in the column `details`
_SURROGATES = re.compile("[\ud800-\udfff]")


def row(article: Article) -> dict[str, object]:
    """Return all fields of *article* except `body`, in the order of the dataclass, as JSON values in valid Unicode."""
    return {field.name: _plain(getattr(article, field.name)) for field in fields(article) if field.name != "body"}


def details(article: Article) -> dict[str, object]:
    """Return the metadata fields in `DETAILS` of *article*, as JSON values in valid Unicode."""
    return {name: _plain(getattr(article, name)) for name in DETAILS}


def _encodable(text: str) -> str:
    try:
        text.encode()  # faster than a search for surrogates
    except UnicodeEncodeError:
        return _SURROGATES.sub("\ufffd", text)  # possible in an id, which is stored unchanged
    return text


def _plain(value: object) -> object:
    if isinstance(value, str):
        return _encodable(value)
    return dict(value) if isinstance(value, Mapping) else list(value) if isinstance(value, tuple) else value
