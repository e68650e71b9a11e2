"""press-corpus corpus export."""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path

from scrapy.exceptions import UsageError
from tqdm import tqdm

from crawler.commands.corpus_days import day_range
from crawler.commands.corpus_output import LINE_INTERVAL, megabytes
from crawler.commands.corpus_place import COMMAND, COMMAND_LOCK, CorpusPlace
from crawler.corpus.durable import names_file, new_file
from crawler.corpus.ledger import Ledger
from crawler.corpus.lock import lock
from crawler.data.export import Counts, Selection, lost_articles
from crawler.data.export import export as write_rows
from crawler.data.export_files import TargetError, check_name, open_rows
from crawler.data.export_rows import ARTICLE_COLUMNS, CHUNK_COLUMNS
from crawler.text.plural import plural

MISSING = "Parquet files need a further package: pip install 'press-corpus[data]'"
SHOWN = 20  # lost articles in the summary; all of them are in their file
_run_number = re.compile(r"([0-9]{1,9})(?:@([0-9a-f]{8}))?", re.ASCII).fullmatch


def export(place: CorpusPlace, words: list[str], opts: argparse.Namespace) -> None:
    """Write the articles to a Parquet or JSON Lines file."""
    if len(words) != 1 or not words[0]:
        raise UsageError("expected: corpus export FILE", print_help=False)
    path, is_stdout = Path(words[0]), words[0] == "-"
    first, last = day_range(opts)
    try:
        check_name(path)
    except TargetError as error:
        raise UsageError(str(error), print_help=False) from None
    if opts.since_run and is_stdout:
        raise UsageError("--since-run writes a second file with the removed articles: name a file instead of -",
                         print_help=False)  # fmt: skip
    # As a backup does: otherwise an article that is taken down meanwhile would be in the file.
    with lock(place.state / COMMAND_LOCK, COMMAND), closing(place.open_ledger()) as ledger:
        sources = place.sources(ledger, list(filter(None, [opts.source])))
        # Read before the rows: a change that is not in them has a later number.
        last_change = ledger.changes.last()
        following = f"{ledger.changes.run_before(last_change)}@{ledger.changes.ledger_id()[:8]}"
        after = _change_of_run(ledger, opts.since_run) if opts.since_run else -1
        selection = Selection(sources, first, last, after)
        metadata = {
            "version": version("press-corpus"), "next_since_run": following, "since_run": opts.since_run,
            "last_change": str(last_change), "ledger": ledger.changes.ledger_id(),
        }  # fmt: skip
        columns = CHUNK_COLUMNS if opts.chunks else ARTICLE_COLUMNS
        lost: list[str] = []
        number_lost = 0
        try:
            with open_rows(path, columns, metadata) as writer, _display(ledger, sources) as report:
                counts = write_rows(place.store, ledger, selection, writer, of_chunks=opts.chunks, report=report)
                if opts.since_run:  # complete before the file with the rows is
                    number_lost, lost = _write_lost(place, ledger, selection, _removed_name(path))
        except ModuleNotFoundError as error:
            if error.name != "pyarrow":
                raise
            raise UsageError(MISSING, print_help=False) from None
    lines = _summary(path, counts, opts.chunks)
    if opts.since_run:
        lines.append(f"removed or deleted since run {opts.since_run}: {number_lost}, in {_removed_name(path)}")
        lines += lost + ([f"  … and {number_lost - len(lost)} more"] if number_lost > len(lost) else [])
    lines.append(f"next export: --since-run {following}")
    print("\n".join(lines), file=sys.stderr if is_stdout else sys.stdout)


def _change_of_run(ledger: Ledger, text: str) -> int:
    """Return the number of the last change of the run *text*; -1 if it is too old: all articles. Raises UsageError."""
    found = _run_number(text)
    if not found:
        message = f"--since-run {text}: expected the number of a run, as the last export printed it"
        raise UsageError(message, print_help=False)
    number, name = int(found[1]), found[2]
    if name and not ledger.changes.ledger_id().startswith(name):
        message = f"--since-run {text}: the ledger was built again since, and has other numbers; use --since-run 0"
        raise UsageError(message, print_help=False)
    if number > (last := ledger.changes.last_run()):
        raise UsageError(f"--since-run {text}: this run does not exist; the last one is {last}", print_help=False)
    change = ledger.changes.of_run(number) if number else None
    if number and change is None:
        print(f"run {number} is older than the recorded changes: all articles are exported", file=sys.stderr)
    return -1 if change is None else change


def _removed_name(path: Path) -> Path:
    return path.with_name(f"{path.name}.removed.jsonl")


def _write_lost(place: CorpusPlace, ledger: Ledger, selection: Selection, path: Path) -> tuple[int, list[str]]:
    """Write the file of the removed and deleted articles. Return their number, and lines of the first ones."""
    number = 0
    lines: list[str] = []
    with new_file(path) as file:
        for row in lost_articles(place.store, ledger, selection.sources, selection.after):
            number += 1
            if len(lines) < SHOWN:
                lines.append(f"  {row['state']}: {row['id']}  {row['url']}  {row['removed_at']}".rstrip())
            with names_file(path):
                file.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    return number, lines


def _summary(path: Path, counts: Counts, of_chunks: bool) -> list[str]:
    rows = f"{plural(counts.rows, 'passage')} of {plural(counts.articles, 'article')}" if of_chunks else ""
    size = f", {megabytes(path.stat().st_size)}" if path != Path("-") else ""
    lines = [f"{path}: {rows or plural(counts.articles, 'article')}{size}"]
    if counts.missing:
        lines.append(f"  {plural(counts.missing, 'article')} without a file: left out; the next run fetches them")
    if counts.unreadable:
        lines.append(f"  {plural(counts.unreadable, 'file')} that cannot be read as an article: left out")
    return lines


@contextmanager
def _display(ledger: Ledger, sources: list[str]) -> Iterator[Callable[[], None]]:
    """Yield a function that counts an article: a progress bar in a terminal, else a line every 30 seconds."""
    total = sum(map(ledger.articles.count_written, sources))
    with tqdm(total=total, unit=" articles", desc="export", disable=not sys.stderr.isatty(), leave=False) as line:
        number, shown = 0, time.monotonic()

        def show() -> None:
            nonlocal number, shown
            line.update()
            number += 1
            if line.disable and time.monotonic() >= shown + LINE_INTERVAL:
                shown = time.monotonic()
                print(f"export: {number} of {plural(total, 'article')}", file=sys.stderr, flush=True)

        yield show
