"""press-corpus corpus pictures."""

from __future__ import annotations

import argparse
import math
from contextlib import closing
from importlib.util import find_spec

from scrapy.exceptions import UsageError

from crawler.commands.corpus_place import CorpusPlace
from crawler.crawl.exit_codes import Exit
from crawler.jobs.outcome import last_error
from crawler.jobs.process import new_log, run
from crawler.jobs.progress_bar import display

MISSING = "`corpus pictures` needs a further package: pip install 'press-corpus[pictures]'"
LOGS = 20  # kept for each source


def pictures(place: CorpusPlace, words: list[str], opts: argparse.Namespace) -> int:
    """Fetch the pictures of stored articles, one source after the other. Returns the highest exit code of the runs."""
    if find_spec("PIL") is None:
        raise UsageError(MISSING, print_help=False)
    if opts.limit is not None and opts.limit < 0:
        raise UsageError(f"--limit {opts.limit}: allowed are whole numbers from 0 (0 = all)", print_help=False)
    with closing(place.open_ledger()) as ledger:
        sources = place.sources(ledger, words)
    known = set(place.loader.list())
    if unknown := [source for source in words if source not in known]:
        raise UsageError(f"{unknown[0]} has articles, but no source with this name exists", print_help=False)
    options = [
        "-a",
        "from=pictures",
        "-s",
        "STORE_PICTURES=True",
        *(word for each in opts.set for word in ("-s", each)),
    ]
    options += ["-s", f"OUTPUT_DIR={place.store.root}"]
    if opts.limit:
        options += ["-a", f"limit={opts.limit}"]
    code = 0
    for source in sources:
        if source not in known:
            print(f"pictures source={source} skipped: no source has this name; its own runs store pictures", flush=True)
            continue
        result, is_interrupted = _fetch(place, source, options)
        code = max(code, result)
        if is_interrupted:
            break
    return code


def _fetch(place: CorpusPlace, source: str, options: list[str]) -> tuple[int, bool]:
    """Run *source*, and print its result as one line. Returns its exit code, and whether the user stopped it."""
    log = new_log(place.state / "logs", source, LOGS)
    with display(source) as watch:
        done = run(source, options, math.inf, log, watch)
    code = done.code if done.code >= 0 else int(Exit.ATTENTION)  # killed by a signal
    values: dict[str, object] = {"source": source, "exit": code}
    if code in (Exit.FINE, Exit.ATTENTION):
        with closing(place.open_ledger()) as ledger:
            values |= ledger.runs.last(source)[-1].group("pictures")
    print("pictures", *(f"{name}={value}" for name, value in values.items()), f"log={log}", flush=True)
    if code not in (Exit.FINE, Exit.ATTENTION):
        print(f"error: {last_error(log)}", flush=True)
    return code, done.interrupted
