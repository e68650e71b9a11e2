"""press-corpus corpus remove | restore | removed | versions: what happened to single articles."""

from __future__ import annotations

import argparse
import json
from contextlib import closing

from scrapy.exceptions import UsageError

from crawler.commands.corpus_output import describe, local_time
from crawler.commands.corpus_place import CorpusPlace
from crawler.corpus.ledger import source_lock
from crawler.corpus.removal_journal import removals_of
from crawler.corpus.versions import versions_of
from crawler.data.index_update import purge_removed

NOT_CHANGED = (
    "Not changed: exported files (-o), recordings (RECORD), logs of runs, damaged ledgers that were set aside, and "
    "earlier backups."
)


def remove(place: CorpusPlace, words: list[str], opts: argparse.Namespace) -> None:
    """Take articles down."""
    reason = " ".join(opts.reason.split())
    if not words or not reason:
        raise UsageError("expected: corpus remove ARTICLE… --reason TEXT", print_help=False)
    with place.changing() as ledger:
        is_new = False
        for source, names in place.find(ledger, words, opts.source).items():
            with source_lock(place.state, ledger, source):
                for name in names:
                    done = place.take_down(place.store, ledger, source, name, reason)
                    is_new |= done.is_new
                    print("\n".join(describe(done)), flush=True)
            purge_removed(place.store, [(source, name) for name in names])
        if is_new:
            print(NOT_CHANGED)


def restore(place: CorpusPlace, words: list[str], opts: argparse.Namespace) -> None:
    """Reverse takedowns."""
    if not words:
        raise UsageError("expected: corpus restore ARTICLE…", print_help=False)
    with place.changing() as ledger:
        found = place.find(ledger, words, opts.source)
        for source, names in found.items():
            removed = {removal.id for removal in removals_of(place.store.root, ledger, source)}
            if others := [name for name in names if name not in removed]:
                raise UsageError(f"{source}:{others[0]} is not removed", print_help=False)
        for source, names in found.items():
            with source_lock(place.state, ledger, source):
                for name in names:
                    place.put_back(place.store, ledger, source, name)
                    print(f"{source}:{name}: restored; the next run of {source} fetches it", flush=True)


def removed(place: CorpusPlace, words: list[str], opts: argparse.Namespace) -> None:
    """List the takedowns."""
    with closing(place.open_ledger()) as ledger:
        chosen = place.sources(ledger, [*words, *filter(None, [opts.source])])
        removals = [removal for source in chosen for removal in removals_of(place.store.root, ledger, source)]
    for removal in removals:
        moment = local_time(removal.removed_at)
        if opts.json:
            values = {"source": removal.source, "id": removal.id, "url": removal.url, "removed_at": moment,
                      "reason": removal.reason}  # fmt: skip
            print(json.dumps(values, ensure_ascii=False))
        else:
            print(f"{removal.source}:{removal.id}  {removal.url}  {moment}  {removal.reason}")
    if not opts.json and not removals:
        print("no removed articles")


def versions(place: CorpusPlace, words: list[str], opts: argparse.Namespace) -> None:
    """List when the file of an article was replaced."""
    if len(words) != 1:
        raise UsageError("expected: corpus versions ARTICLE", print_help=False)
    with closing(place.open_ledger()) as ledger:
        [(source, [name])] = place.find(ledger, words, opts.source).items()
        versions = versions_of(place.store, ledger, source, name)
    for version in versions:
        moment = local_time(version.replaced_at)
        if opts.json:
            values = {"source": source, "id": name, "replaced_at": moment, "old_hash": version.old_hash,
                      "new_hash": version.new_hash, "kept": version.kept}  # fmt: skip
            print(json.dumps(values))
        else:
            hashes = f"{version.old_hash} -> {version.new_hash or 'unknown'}"
            print(f"{moment}  {hashes}  {version.kept or 'not kept'}")
    if not opts.json and not versions:
        print(f"{source}:{name}: its file was never replaced")
