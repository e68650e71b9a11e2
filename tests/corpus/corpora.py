"""A corpus of the source "toy", opened without a crawl, and articles for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crawler.corpus.corpus import Corpus, Outcome
from crawler.items import Article, Link
from crawler.layouts import hugo


def link(name: str) -> Link:
    return Link(name, f"http://toy.example/a/{name}.html")


def article(name: str, text: str = "", date: str = "2025-02-11 08:00:00", **values: Any) -> Article:
    text = text or f"Text of {name}."
    return Article(
        source="toy",
        id=name,
        url=link(name).url,
        title=f"About {name}",
        date=date,
        markdown=text,
        summary=text,
        **values,
    )


def put(corpus: Corpus, name: str, text: str = "", date: str = "2025-02-11 08:00:00") -> Outcome:
    """Store an article in the layout `hugo`."""
    stored = article(name, text, date)
    return corpus.store(stored, hugo.render(stored))


@contextmanager
def opened(root: Path, url: str = "", **options: Any) -> Iterator[Corpus]:
    """Open the corpus in *root* for a run, and end the run after the block."""
    corpus = Corpus(root, "toy", url, **options)
    try:
        yield corpus
        corpus.finish_run("finished", {})
    finally:
        corpus.close()


def due(corpus: Corpus) -> list[str]:
    """Return the ids of the articles that the run fetches again."""
    return [entry.id for entry in corpus.due()]


def files(root: Path) -> dict[str, bytes]:
    """Return the files of the source by their path relative to *root*."""
    return {str(path.relative_to(root)): path.read_bytes() for path in (root / "toy").rglob("*.md")}
