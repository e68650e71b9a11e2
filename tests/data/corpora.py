"""A corpus of several sources for the tests of data, without a crawl."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crawler.corpus.corpus import Corpus
from crawler.corpus.store import Store
from crawler.corpus.takedown import Takedown, take_down
from crawler.items import Article
from crawler.layouts import gitbook, hugo


def put(root: Path, url: str, source: str, name: str, text: str, date: str = "2025-02-11", **values: Any) -> None:
    """Store one article in a run of its own. *url* is that of the ledger."""
    put_all(root, url, source, {name: text}, date, **values)


def put_all(
    root: Path, url: str, source: str, texts: dict[str, str], date: str = "2025-02-11", layout: str = "hugo",
    undated: bool = False, **values: Any,
) -> None:  # fmt: skip
    """Store articles with these texts by id in one run."""
    with run(root, url, source) as corpus:
        for name, text in texts.items():
            chosen = {"date": "file"} if undated else {}
            article = Article(
                source=source, id=name, url=f"http://{source}.example/a/{name}.html", title=f"About {name}", date=date,
                markdown=text, summary=text[:20], chosen=chosen, **values,
            )  # fmt: skip
            corpus.store(article, (gitbook if layout == "gitbook" else hugo).render(article))


@contextmanager
def run(root: Path, url: str, source: str) -> Iterator[Corpus]:
    corpus = Corpus(root, source, url)
    try:
        yield corpus
        corpus.finish_run("finished", {})
    finally:
        corpus.close()


def remove(root: Path, ledger: Any, source: str, name: str) -> Takedown:
    return take_down(Store(root), ledger, source, name, "asked")
