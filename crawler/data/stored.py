"""Read the stored articles, for everything that uses the corpus as data."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crawler.corpus.article_changes import StoredEntry
from crawler.corpus.picture_files import original_markdown
from crawler.corpus.store import Store, digest
from crawler.layouts import identify_with_metadata, title_and_markdown

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as its file has it now, also after an edit by hand, and its row in the ledger.

    Its Markdown has the original addresses of stored pictures: the files beside it are not part of the data.
    """

    entry: StoredEntry
    title: str
    date: str  # Beijing time, as in `Article.date`
    url: str
    markdown: str
    file_hash: str  # SHA-256 of the file
    metadata: Mapping[str, Any]  # the front matter; {} in the layout "gitbook"


def read_stored(store: Store, entry: StoredEntry) -> StoredArticle | None:
    """Return the article of *entry*; None without a file, and with a warning for a file that cannot be read.

    Raises OSError.
    """
    try:
        data = (store.root / entry.path).read_bytes()
    except FileNotFoundError:
        return None
    try:
        (title, date, url, markdown), metadata = identify_with_metadata(data.decode("utf-8"))
    except ValueError as error:
        logger.warning("not an article file: %s: %s", store.root / entry.path, error)
        return None
    markdown = original_markdown(store, entry.path, markdown)
    return StoredArticle(entry, title, date, url, markdown, digest(data), metadata)


def read_markdown(store: Store, entry: StoredEntry) -> str | None:
    """Return only the Markdown of the article of *entry*, in a fraction of the time of `read_stored`.

    None without a file, and with a warning for a file that cannot be read. Raises OSError.
    """
    try:
        return title_and_markdown((store.root / entry.path).read_bytes().decode("utf-8"))[1]
    except FileNotFoundError:
        return None
    except ValueError as error:
        logger.warning("not an article file: %s: %s", store.root / entry.path, error)
        return None
