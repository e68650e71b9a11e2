"""press-corpus corpus backup."""

from __future__ import annotations

import argparse
from pathlib import Path

from scrapy.exceptions import UsageError

from crawler.commands.corpus_output import describe_backup, display
from crawler.commands.corpus_place import COMMAND, COMMAND_LOCK, CorpusPlace
from crawler.corpus.backup import back_up, dump_command, ledger_file
from crawler.corpus.backup_target import TargetError, check_target
from crawler.corpus.lock import lock

NO_LEDGER = (
    "The ledger is in PostgreSQL and is not part of this backup. Dump it BEFORE each backup:\n  {command}\n"
    "Without its dump, the first run builds a new ledger from the files, with the takedowns."
)


def backup(place: CorpusPlace, words: list[str], opts: argparse.Namespace) -> None:
    """Copy the corpus to a new folder or file."""
    if len(words) != 1 or not words[0]:
        raise UsageError("expected: corpus backup TARGET", print_help=False)
    url, path = place.ledger_url, Path(words[0])
    try:
        check_target(path, place.store.root)
        with lock(place.state / COMMAND_LOCK, COMMAND):
            if ledger_file(place.state, url) is None:
                print(NO_LEDGER.format(command=dump_command(url)), flush=True)
            with display() as report:
                counts = back_up(place.store.root, path, url, report)
    except TargetError as error:
        raise UsageError(str(error), print_help=False) from None
    print("\n".join(describe_backup(path, counts)))
