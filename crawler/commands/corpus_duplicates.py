"""press-corpus corpus duplicates: find the same story in several sources."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import closing

from scrapy.exceptions import UsageError
from tqdm import tqdm

from crawler.commands.corpus_days import day_range
from crawler.commands.corpus_place import CorpusPlace
from crawler.corpus.ledger import Ledger, source_lock
from crawler.data.minhash import MissingPackageError
from crawler.data.near_duplicates import MAX_DAYS, Update, update_near_duplicates
from crawler.data.same_as_key import write_same_as
from crawler.text.plural import plural

LOCK = "near-duplicates"


def duplicates(place: CorpusPlace, words: list[str], opts: argparse.Namespace) -> None:
    """Bring the near-duplicates in the ledger up to date, and list them; with `--write`, write them to the files."""
    if words:
        raise UsageError("expected: corpus duplicates, with options only", print_help=False)
    if opts.days is not None and not 0 <= opts.days <= MAX_DAYS:
        raise UsageError(f"--days {opts.days}: expected a number from 0 to {MAX_DAYS}", print_help=False)
    since, until = day_range(opts)
    if opts.write and "same_as" not in place.extra_keys:
        message = "--write needs the key same_as in EXTRA_KEYS, in scrapy.cfg or with -s: runs write the key, too"
        raise UsageError(message, print_help=False)
    with closing(place.open_ledger()) as ledger:
        if opts.source:
            place.sources(ledger, [opts.source])
        with source_lock(place.state, ledger, LOCK), tqdm(disable=None, delay=2, unit=" articles", leave=False) as bar:

            def report(step: str, number: int) -> None:
                bar.set_description(step)
                bar.update(number)

            try:
                done = update_near_duplicates(place.store, ledger, opts.days, opts.rebuild, report)
            except MissingPackageError as error:
                raise UsageError(str(error), print_help=False) from None
        print(_summary(done), file=sys.stderr)
        if opts.write:
            _write(place, ledger, opts.source)
            return
        has_pairs = False
        for pair in ledger.near_duplicates.listed(opts.source, since, until):
            has_pairs = True
            if opts.json:
                print(json.dumps(pair._asdict(), ensure_ascii=False))
            else:
                one, other = f"{pair.source}:{pair.id}", f"{pair.other_source}:{pair.other_id}"
                print(f"{pair.date[:10]}  {pair.similarity:.2f}  {one}  {other}  {pair.title}")
        if not (has_pairs or opts.json):
            print("no near-duplicates")


def _write(place: CorpusPlace, ledger: Ledger, source: str) -> None:
    """Write the key `same_as` to the files of *source*, "" for all sources."""
    for name in [source] if source else ledger.sources():
        with source_lock(place.state, ledger, name):
            done = write_same_as(place.store, ledger, name, place.extra_keys_of(name))
        line = f"{name}: {plural(done.written, 'file')} written, {done.unchanged} unchanged"
        print(line + (f", {done.edited} left as they are (edited by hand)" if done.edited else ""), flush=True)


def _summary(done: Update) -> str:
    text = f"{plural(done.read, 'new or changed article')} read, {done.lost} removed or lost"
    if done.short:
        text += f"; {done.short} not compared (short, undated, or without a file)"
    return f"near-duplicates within {plural(done.days, 'day')}: {text}"
