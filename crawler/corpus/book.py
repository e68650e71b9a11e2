"""Write the index files of a GitBook from the ledger."""

from __future__ import annotations

from crawler.corpus.changes import Changes
from crawler.layouts import gitbook


def write_book(changes: Changes) -> None:
    """Write SUMMARY.md and each README.md of the source of *changes*. Raises `LedgerError`, OSError."""
    pages = changes.ledger.articles.dated(changes.source, "")
    start = len(changes.source) + 1
    entries = [gitbook.Entry(page.date[:10], page.title, page.path[start:]) for page in pages]
    changes.write_indexes({"SUMMARY.md": gitbook.summary(entries), **gitbook.readmes(entries)})
