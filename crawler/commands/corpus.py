"""press-corpus corpus VERB: take articles down, back up, search and export the corpus. Each verb has a module."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.spiderloader import get_spider_loader

from crawler.commands import (
    corpus_backup,
    corpus_duplicates,
    corpus_export,
    corpus_mcp,
    corpus_pictures,
    corpus_search,
    corpus_stats,
    corpus_takedowns,
)
from crawler.commands.corpus_place import CorpusPlace
from crawler.commands.errors import one_line_errors
from crawler.corpus.demo import is_corpus
from crawler.corpus.store import Store
from crawler.data.statistics import GROUPS
from crawler.layouts import hugo

Verb = Callable[[CorpusPlace, list[str], argparse.Namespace], int | None]  # returns the exit code; None: 0
VERBS: dict[str, Verb] = {
    "remove": corpus_takedowns.remove,
    "restore": corpus_takedowns.restore,
    "removed": corpus_takedowns.removed,
    "versions": corpus_takedowns.versions,
    "backup": corpus_backup.backup,
    "mcp": corpus_mcp.mcp,
    "pictures": corpus_pictures.pictures,
    "search": corpus_search.search,
    "index": corpus_search.index,
    "export": corpus_export.export,
    "duplicates": corpus_duplicates.duplicates,
    "stats": corpus_stats.stats,
}


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return (
            "[options] remove ARTICLE… --reason TEXT | restore ARTICLE… | removed [SOURCE…] | versions ARTICLE | "
            "backup TARGET | search WORD… [--source --since --until --limit --sort --json] | index | "
            "export FILE [--since --until --since-run --source --chunks] | duplicates [--days N] | "
            "stats [SOURCE…] | pictures [SOURCE…] [--limit] | mcp"
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
            "search: list the articles that have all WORDs in title or text, the newest first. index: build the index "
            "of search again from all files; only edits by hand need it. "
            "mcp: serve the corpus to language models, read-only (Model Context Protocol, standard input and output). "
            "export: write the articles to FILE (.parquet, .jsonl, .jsonl.zst, .jsonl.gz; or -: JSON Lines on standard "
            "output), and print the number of the run for the next --since-run. "
            "duplicates: find articles with nearly the same text, and list the pairs. stats: count articles and "
            "characters, by source, month, author and keyword, and list the days without articles. "
            "pictures: fetch the pictures of stored articles, and link them; a second call continues. "
            "Exit codes: 0 done, also if an article was removed before; 2 invalid command line, or an unknown or "
            "ambiguous article, and nothing was changed; 4 a run of the source is in progress; 5 the disk; 6 the "
            "ledger."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--reason", metavar="TEXT", default="", help="with remove: the reason, which is recorded")
        parser.add_argument("--source", metavar="SOURCE", default="", help="search only the articles of SOURCE")
        parser.add_argument(
            "--json", action="store_true", help="with removed, versions and search: one JSON object per line"
        )
        parser.add_argument("--since", metavar="DAY", default="", help="first day of publication: YYYY-MM-DD")
        parser.add_argument("--until", metavar="DAY", default="", help="last day of publication")
        parser.add_argument(
            "--limit",
            metavar="N",
            type=int,
            help="with search: number of results, 0 for all (20); with pictures: number of articles (all)",
        )
        parser.add_argument(
            "--sort", choices=("date", "hits"), default="date", help="with search: the newest or the most hits first"
        )
        parser.add_argument(
            "--since-run", metavar="N", default="",
            help="with export: only articles that changed after run N, and the removed ones; 0: all articles",
        )  # fmt: skip
        parser.add_argument("--chunks", action="store_true", help="with export: passages instead of articles")
        parser.add_argument(
            "--days", metavar="N", type=int,
            help="with duplicates: compare articles published within N days (default: as the last time, or 3)",
        )  # fmt: skip
        parser.add_argument(
            "--write", action="store_true", help="with duplicates: write the key same_as of EXTRA_KEYS to stored files"
        )
        parser.add_argument("--rebuild", action="store_true", help="with duplicates: read all articles again")
        parser.add_argument("--by", choices=GROUPS, default="", help="with stats: count only by this")
        parser.add_argument("--html", metavar="FILE", default="", help="with stats: write an HTML page with plots")

    @one_line_errors
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        verb, words = (args[0], args[1:]) if args else ("", [])
        if unknown := [word for word in words if word.startswith("-") and word != "-"]:
            message = f"unknown option {unknown[0]}; `press-corpus corpus --help` lists the options"
            raise UsageError(message, print_help=False)
        if verb not in VERBS:
            raise UsageError(f"expected one of: {', '.join(VERBS)}", print_help=False)
        self.exitcode = VERBS[verb](self._place(), words, opts) or 0

    def _place(self) -> CorpusPlace:
        assert self.settings is not None
        root, loader = Path(self.settings["OUTPUT_DIR"]), get_spider_loader(self.settings)
        if url := self.settings["OBJECT_URL"]:
            from crawler.corpus.object_takedown import put_back_object, take_down_object
            from crawler.corpus.objects import ObjectStore

            (root / ".state").mkdir(parents=True, exist_ok=True)
            ledger = self.settings["LEDGER_URL"]
            return CorpusPlace(ObjectStore(url, root), ledger, loader, (), take_down_object, put_back_object)
        if not is_corpus(root):
            raise UsageError(f"{root} is not a corpus: no run has written to it", print_help=False)
        keys = hugo.extra_keys(self.settings["EXTRA_KEYS"])
        return CorpusPlace(Store(root), self.settings["LEDGER_URL"], loader, keys)
