"""press-corpus corpus stats."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from tqdm import tqdm

from crawler.commands.corpus_days import day_range
from crawler.commands.corpus_place import CorpusPlace
from crawler.commands.corpus_stats_page import render
from crawler.corpus.durable import replace_file
from crawler.data.statistics import GROUPS, Statistics, as_json, corpus_statistics, ordered
from crawler.text.dates import BEIJING
from crawler.text.display_width import aligned
from crawler.text.plural import plural

LINES = 20  # of authors and of keywords, without `--by`


def stats(place: CorpusPlace, words: list[str], opts: argparse.Namespace) -> None:
    """Count articles and characters, and list the days without articles."""
    since, until = day_range(opts)
    now = datetime.now(BEIJING)
    with closing(place.open_ledger()) as ledger:
        sources = place.sources(ledger, [*words, *filter(None, [opts.source])])
        total = sum(ledger.articles.count_written(source) for source in sources)
        with tqdm(total=total, disable=None, delay=2, unit=" articles", leave=False) as bar:
            found = corpus_statistics(place.store, ledger, sources, now.date(), since, until, bar.update)
    if opts.html:
        replace_file(Path(opts.html), [render(found, now, since, until).encode()])
    if opts.json:
        print(json.dumps(as_json(found, opts.by), ensure_ascii=False))
    elif not opts.html:
        print("\n".join(_lines(found, opts.by)))


def _lines(found: Statistics, by: str) -> Iterator[str]:
    total = found.total
    yield f"{plural(total.articles, 'article')}, {plural(total.characters, 'character')}"
    if found.without_file:
        yield f"{plural(found.without_file, 'article')} without a readable file: counted without characters"
    for group in [by] if by else GROUPS:
        groups = ordered(found.groups[group], group)
        shown = groups[:LINES] if group in ("author", "keyword") and not by else groups
        rows = [(group, "articles", "characters")]
        rows += [(name or "(unknown)", f"{each.articles:,}", f"{each.characters:,}") for name, each in shown]
        if shown:
            yield ""
            yield from aligned(rows, right=(1, 2))
        if len(shown) < len(groups):
            yield f"… {plural(len(groups) - len(shown), f'more {group}')}: --by {group}"
    if not by:
        yield from _gaps(found)


def _gaps(found: Statistics) -> Iterator[str]:
    if found.gaps:
        rows = [("gap of source", "first day", "last day", "days")]
        rows += [
            (source, gap.first.isoformat(), "today" if gap.is_open else gap.last.isoformat(), f"{gap.days:,}")
            for source, gaps in sorted(found.gaps.items())
            for gap in gaps
        ]
        yield ""
        yield from aligned(rows, right=(3,))
