"""press-corpus corpus search | index: find articles by their words."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

from scrapy.exceptions import UsageError
from tqdm import tqdm

from crawler.commands.corpus_days import day_range
from crawler.commands.corpus_place import CorpusPlace
from crawler.data.index_update import Report, rebuild_index
from crawler.data.search import QueryError, Result, Results
from crawler.data.search import search as search_corpus
from crawler.data.snippets import Snippet
from crawler.text.plural import plural

DEFAULT_LIMIT = 20  # results


def search(place: CorpusPlace, words: list[str], opts: argparse.Namespace) -> None:
    """Print the articles that contain all words."""
    if not words:
        raise UsageError("expected: corpus search WORD…", print_help=False)
    limit = DEFAULT_LIMIT if opts.limit is None else opts.limit
    if limit < 0:
        raise UsageError(f"--limit {limit}: allowed are whole numbers from 0 (0 = all)", print_help=False)
    since, until = day_range(opts)
    with closing(place.open_ledger()) as ledger, _progress() as report:
        sources = place.sources(ledger, [opts.source]) if opts.source else []
        try:
            results = search_corpus(
                place.store, ledger, place.state, words, sources, since, until, limit, opts.sort, report
            )
        except QueryError as error:
            raise UsageError(str(error), print_help=False) from None
    lines = map(_json, results.shown) if opts.json else _lines(results, _is_colored())
    for line in lines:
        print(line)


def index(place: CorpusPlace, words: list[str], opts: argparse.Namespace) -> None:
    """Build the search index again from all files."""
    if words:
        raise UsageError("expected: corpus index", print_help=False)
    with closing(place.open_ledger()) as ledger, _progress() as report:
        number = rebuild_index(place.store, ledger, place.state, report)
    print(f"search index: {plural(number, 'article')}")


def _json(result: Result) -> str:
    values = {
        "id": f"{result.source}/{result.id}", "source": result.source, "url": result.url, "title": result.title,
        "date": result.date, "path": result.path, "snippet": result.snippet.text, "hits": result.hits,
    }  # fmt: skip
    return json.dumps(values, ensure_ascii=False)


def _lines(results: Results, is_colored: bool) -> Iterator[str]:
    for result in results.shown:
        yield f"{result.date}  {result.source}:{result.id}  {result.title}"
        yield f"  {result.path}"
        if result.snippet.text:
            yield f"  {_highlighted(result.snippet) if is_colored else result.snippet.text}"
    about = "" if results.is_exact else "about "
    rest = f"; the first {len(results.shown)} are shown" if len(results.shown) < results.total else ""
    yield f"{about}{plural(results.total, 'article')}{rest}" if results.total else "no article has these words"


def _highlighted(snippet: Snippet) -> str:
    """Return the text of *snippet* with its hits in bold red, as grep shows them."""
    text = snippet.text
    for start, end in reversed(snippet.spans):
        text = f"{text[:start]}\x1b[1;31m{text[start:end]}\x1b[m{text[end:]}"
    return text


def _is_colored() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


@contextmanager
def _progress() -> Iterator[Report]:
    """Yield a function that shows, in a terminal, what takes longer than a second."""
    with tqdm(
        bar_format="{desc} {elapsed}", disable=not sys.stderr.isatty(), delay=1, leave=False, file=sys.stderr
    ) as line:

        def report(what: str, number: int) -> None:
            if number % 100 == 0:
                line.set_description_str(f"{number:,} {what}")

        yield report
