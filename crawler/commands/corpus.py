"""press-corpus corpus remove | restore | removed | versions | backup: what a corpus needs over the years."""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import cast

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.spiderloader import get_spider_loader

from crawler.commands.corpus_output import describe, describe_backup, display, local_time
from crawler.commands.errors import one_line_errors
from crawler.commands.usage import check_names
from crawler.corpus.article_names import ArticleNameError, find_article
from crawler.corpus.backup import back_up, dump_command, ledger_file
from crawler.corpus.backup_target import TargetError, check_target
from crawler.corpus.demo import is_corpus
from crawler.corpus.ledger import Ledger, open_ledger, source_lock
from crawler.corpus.lock import lock
from crawler.corpus.removal_journal import removals_of, removed_sources
from crawler.corpus.store import Store
from crawler.corpus.takedown import put_back, take_down
from crawler.corpus.versions import versions_of
from crawler.reading.source import Source

NOT_CHANGED = (
    "Not changed: exported files (-o), recordings (RECORD), logs of runs, damaged ledgers that were set aside, and "
    "earlier backups."
)
NO_LEDGER = (
    "The ledger is in PostgreSQL and is not part of this backup. Dump it BEFORE each backup:\n  {command}\n"
    "Without its dump, the first run builds a new ledger from the files, with the takedowns."
)
# One command at a time deletes or copies files: a backup must not have the files of an article that is taken down.
COMMAND, COMMAND_LOCK = "press-corpus corpus", "corpus-command.lock"


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return (
            "[options] remove ARTICLE… --reason TEXT | restore ARTICLE… | removed [SOURCE…] | versions ARTICLE | "
            "backup TARGET"
        )

    def short_desc(self) -> str:
        return "Take articles down, list takedowns and replaced files, back up the corpus"

    def long_desc(self) -> str:
        return (
            "An ARTICLE is an id, SOURCE:ID, or a URL. remove: delete the files of the articles, and never fetch or "
            "store them again, in any kind of run; time and reason are recorded. restore: reverse that; the next run "
            "fetches the articles. removed: list the takedowns. versions: list when the file of an article was "
            "replaced, with the old and the new SHA-256 and the kept copy (runs with -s KEEP_VERSIONS=True keep them). "
            "backup: copy the corpus, also during runs, to the new folder or file TARGET (.tar, .tar.gz, .tgz). "
            "Exit codes: 0 done, also if an article was removed before; 2 invalid command line, or an unknown or "
            "ambiguous article, and nothing was changed; 4 a run of the source is in progress; 5 the disk; 6 the "
            "ledger."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--reason", metavar="TEXT", default="", help="with remove: the reason, which is recorded")
        parser.add_argument("--source", metavar="SOURCE", default="", help="search only the articles of SOURCE")
        parser.add_argument("--json", action="store_true", help="with removed and versions: one JSON object per line")

    @one_line_errors
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        self.loader = get_spider_loader(self.settings)
        verbs: dict[str, Callable[[list[str], argparse.Namespace], None]] = {
            "remove": self._remove, "restore": self._restore, "removed": self._removed,
            "versions": self._versions, "backup": self._backup,
        }  # fmt: skip
        verb, words = (args[0], args[1:]) if args else ("", [])
        if unknown := [word for word in words if word.startswith("-")]:
            message = f"unknown option {unknown[0]}; `press-corpus corpus --help` lists the options"
            raise UsageError(message, print_help=False)
        if verb not in verbs:
            raise UsageError(f"expected one of: {', '.join(verbs)}", print_help=False)
        self.store = Store(Path(self.settings["OUTPUT_DIR"]))
        self.state = self.store.root / ".state"
        if not is_corpus(self.store.root):
            raise UsageError(f"{self.store.root} is not a corpus: no run has written to it", print_help=False)
        verbs[verb](words, opts)

    def _remove(self, words: list[str], opts: argparse.Namespace) -> None:
        reason = " ".join(opts.reason.split())
        if not words or not reason:
            raise UsageError("expected: corpus remove ARTICLE… --reason TEXT", print_help=False)
        with self._changing() as ledger:
            is_new = False
            for source, names in self._find(ledger, words, opts.source).items():
                with source_lock(self.state, ledger, source):
                    for name in names:
                        done = take_down(self.store, ledger, source, name, reason)
                        is_new |= done.is_new
                        print("\n".join(describe(done)), flush=True)
            if is_new:
                print(NOT_CHANGED)

    def _restore(self, words: list[str], opts: argparse.Namespace) -> None:
        if not words:
            raise UsageError("expected: corpus restore ARTICLE…", print_help=False)
        with self._changing() as ledger:
            found = self._find(ledger, words, opts.source)
            for source, names in found.items():
                removed = {removal.id for removal in removals_of(self.store.root, ledger, source)}
                if others := [name for name in names if name not in removed]:
                    raise UsageError(f"{source}:{others[0]} is not removed", print_help=False)
            for source, names in found.items():
                with source_lock(self.state, ledger, source):
                    for name in names:
                        put_back(self.store, ledger, source, name)
                        print(f"{source}:{name}: restored; the next run of {source} fetches it", flush=True)

    def _removed(self, words: list[str], opts: argparse.Namespace) -> None:
        with closing(self._ledger()) as ledger:
            sources = removed_sources(self.store.root, ledger)
            chosen = [*words, *filter(None, [opts.source])]
            check_names(chosen, {*sources, *self.loader.list()})
            removals = [removal for source in chosen or sources
                        for removal in removals_of(self.store.root, ledger, source)]  # fmt: skip
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

    def _versions(self, words: list[str], opts: argparse.Namespace) -> None:
        if len(words) != 1:
            raise UsageError("expected: corpus versions ARTICLE", print_help=False)
        with closing(self._ledger()) as ledger:
            [(source, [name])] = self._find(ledger, words, opts.source).items()
            versions = versions_of(self.store, ledger, source, name)
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

    def _backup(self, words: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        if len(words) != 1 or not words[0]:
            raise UsageError("expected: corpus backup TARGET", print_help=False)
        url, path = self.settings["LEDGER_URL"], Path(words[0])
        try:
            check_target(path, self.store.root)
            with lock(self.state / COMMAND_LOCK, COMMAND):
                if ledger_file(self.state, url) is None:
                    print(NO_LEDGER.format(command=dump_command(url)), flush=True)
                with display() as report:
                    counts = back_up(self.store.root, path, url, report)
        except TargetError as error:
            raise UsageError(str(error), print_help=False) from None
        print("\n".join(describe_backup(path, counts)))

    def _ledger(self) -> Ledger:
        assert self.settings is not None
        return open_ledger(self.state, self.settings["LEDGER_URL"])

    @contextmanager
    def _changing(self) -> Iterator[Ledger]:
        """Open the ledger for a command that deletes files: one at a time, and none during a backup."""
        with lock(self.state / COMMAND_LOCK, COMMAND), closing(self._ledger()) as ledger:
            yield ledger

    def _find(self, ledger: Ledger, words: list[str], only: str) -> dict[str, list[str]]:
        """Return the articles that *words* name, by source, each once. Raises UsageError for the first wrong word."""
        loader, sources = self.loader, {*self.store.sources(), *removed_sources(self.store.root, ledger)}
        if only:
            check_names([only], {*sources, *loader.list()})
            sources &= {only}

        def links(url: str) -> Iterator[tuple[str, str]]:
            for source in (cast("type[Source]", loader.load(name)) for name in loader.list() if "://" in url):
                if link := source.article_link(url):
                    yield source.name, link.id

        found: dict[str, list[str]] = defaultdict(list)
        for word in dict.fromkeys(words):
            try:
                source, name = find_article(self.store.root, ledger, word, sources, links(word))
            except ArticleNameError as error:
                raise UsageError(str(error), print_help=False) from None
            if name not in found[source]:
                found[source].append(name)
        return found
