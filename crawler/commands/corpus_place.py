"""The corpus that a verb of `press-corpus corpus` works on, and how users name its articles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from scrapy.exceptions import UsageError
from scrapy.spiderloader import SpiderLoaderProtocol

from crawler.commands.usage import check_names
from crawler.corpus.article_names import ArticleNameError, find_article
from crawler.corpus.ledger import Ledger, open_ledger
from crawler.corpus.lock import lock
from crawler.corpus.removal_journal import removed_sources
from crawler.corpus.store import Store
from crawler.corpus.takedown import Takedown, put_back, take_down
from crawler.reading.source import Source

# One command at a time deletes or copies files: a backup must not have the files of an article that is taken down.
COMMAND, COMMAND_LOCK = "press-corpus corpus", "corpus-command.lock"


@dataclass(frozen=True)
class CorpusPlace:
    """The files and the ledger of a corpus. The methods raise `LedgerError`, OSError, and UsageError."""

    store: Store
    ledger_url: str  # "" for the SQLite file in `state`
    loader: SpiderLoaderProtocol
    extra_keys: tuple[str, ...] = ()  # of the setting EXTRA_KEYS
    take_down: Callable[[Store, Ledger, str, str, str], Takedown] = take_down
    put_back: Callable[[Store, Ledger, str, str], bool] = put_back

    @property
    def state(self) -> Path:
        return self.store.root / ".state"

    def open_ledger(self) -> Ledger:
        return open_ledger(self.state, self.ledger_url)

    @contextmanager
    def changing(self) -> Iterator[Ledger]:
        """Open the ledger for a verb that deletes files: one at a time, and none during a backup."""
        with lock(self.state / COMMAND_LOCK, COMMAND), closing(self.open_ledger()) as ledger:
            yield ledger

    def sources(self, ledger: Ledger, named: Sequence[str] = ()) -> list[str]:
        """Return *named*, or without names all sources of the corpus. Raises UsageError for an unknown name."""
        known = removed_sources(self.store.root, ledger)
        check_names(named, {*known, *self.loader.list()})
        return list(dict.fromkeys(named)) or known

    def extra_keys_of(self, source: str) -> tuple[str, ...]:
        """Return the front matter keys that a run of *source* adds to the fixed ones."""
        own: tuple[str, ...] = ()
        if source in self.loader.list():
            own = cast("type[Source]", self.loader.load(source)).extra_keys
        return (*own, *self.extra_keys)

    def find(self, ledger: Ledger, words: list[str], only: str) -> dict[str, list[str]]:
        """Return the articles that *words* name, by source, each once. Raises UsageError for the first wrong word."""
        sources = {*self.store.sources(), *removed_sources(self.store.root, ledger)}
        if only:
            check_names([only], {*sources, *self.loader.list()})
            sources &= {only}
        found: dict[str, list[str]] = defaultdict(list)
        for word in dict.fromkeys(words):
            try:
                source, name = find_article(self.store.root, ledger, word, sources, self._links(word))
            except ArticleNameError as error:
                raise UsageError(str(error), print_help=False) from None
            if name not in found[source]:
                found[source].append(name)
        return found

    def _links(self, url: str) -> Iterator[tuple[str, str]]:
        """Yield source and id of the articles that the sources read at *url*."""
        for name in self.loader.list() if "://" in url else ():
            source = cast("type[Source]", self.loader.load(name))
            if link := source.article_link(url):
                yield source.name, link.id
