"""Search the articles of a corpus by the words in their titles and texts."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from crawler.corpus.ledger import Ledger
from crawler.corpus.removal_journal import removals_of
from crawler.corpus.store import Store
from crawler.data.bigrams import fold, is_bigram, pattern, query, runs
from crawler.data.index_update import Report, update_index
from crawler.data.search_index import DamagedIndexError, Document, SearchIndex, delete_index, index_lock
from crawler.data.snippets import Snippet, snippet
from crawler.layouts import identify, title_and_markdown
from crawler.markdown.plain_text import plain_text
from crawler.text.clean import printable

Sort = Literal["date", "hits"]
LONGEST = 100  # characters of a word


class QueryError(ValueError):
    """Words that cannot be searched. The message is for the user."""


@dataclass(frozen=True, slots=True)
class Result:
    """An article that has all words, as its file has it now."""

    source: str
    id: str  # as in the name of the file
    url: str
    title: str
    date: str  # Beijing time, as in `Article.date`
    path: str  # relative to the corpus's root
    snippet: Snippet  # of the text, not of the title
    hits: int  # number of places in title and text that have one of the words


@dataclass(frozen=True, slots=True)
class Results:
    """The articles that were found, at most as many as were asked for."""

    shown: list[Result]
    total: int  # number of articles that have the words
    is_exact: bool  # False: *total* is an estimate, because not all texts were read


def search(
    store: Store,
    ledger: Ledger,
    state: Path,
    words: Sequence[str],
    sources: Sequence[str] = (),
    since: str = "",
    until: str = "",
    limit: int = 20,
    sort: Sort = "date",
    report: Report | None = None,
) -> Results:
    """Return the articles that contain all *words* in title or text, anywhere, in any case and width.

    *state*: the folder of the index, which is updated before. *sources*: only these; all if empty. *since* and
    *until*: first and last day of publication ("YYYY-MM-DD", Beijing time; "" for no limit). *limit*: number of
    results, 0 for all. *sort*: "date", the newest first, or "hits", the most hits first, for which all texts are read.
    *report* gets what is counted, and the number so far. Removed articles are never returned. Raises `QueryError`,
    `LedgerError`, OSError.
    """
    wanted = _Words(words)
    update_index(store, ledger, state, report)
    for is_again in (False, True):
        try:
            with closing(SearchIndex(state)) as index:
                numbers = index.matches(wanted.query, sources, since, until)
                reader = _Reader(store, ledger, wanted)
                if sort == "hits":
                    numbers = _most_hits(reader, index, numbers, report)
                return _results(reader, index, numbers, limit, sort == "hits" or wanted.are_bigrams, report)
        except DamagedIndexError as error:
            if is_again:
                raise OSError(f"the search index cannot be read: {error}") from error
            with index_lock(state):
                delete_index(state)
            update_index(store, ledger, state, report)
    raise AssertionError


class _Words:
    """The words of a query. Raises `QueryError`."""

    def __init__(self, words: Sequence[str]) -> None:
        words = list(dict.fromkeys(" ".join(word.split()) for word in words))
        if not words:
            raise QueryError("expected at least one word")
        for word in words:
            if not runs(word):
                raise QueryError(f"{printable(word)!r} has no letter, digit or Chinese character to search for")
            if len(word) > LONGEST:
                raise QueryError(f"a word can have {LONGEST} characters, not {len(word)}: {printable(word[:20])}…")
        self.query = query(words)
        self.patterns = [pattern(word) for word in words]
        self.are_bigrams = all(map(is_bigram, words))

    def hits(self, text: str) -> int:
        """Return the number of hits in *text*; 0 unless it has all words."""
        folded = fold(text)
        counts = [sum(1 for _ in each.finditer(folded)) for each in self.patterns]
        return sum(counts) if all(counts) else 0


class _Reader:
    """Reads the files of documents, and compares them with the words. The methods raise `LedgerError`, OSError."""

    def __init__(self, store: Store, ledger: Ledger, words: _Words) -> None:
        self._store, self._ledger, self._words = store, ledger, words
        self._removed: dict[str, set[str]] = {}

    def hits(self, document: Document) -> int:
        """Return the number of hits in the file of *document*; 0 if it does not have all words, or is removed."""
        return self._words.hits(self._text(document)[1])

    def result(self, document: Document) -> Result | None:
        """Return the result for *document*; None if its file does not have all words, or is removed."""
        data, text = self._text(document)
        if not (hits := self._words.hits(text)):
            return None
        title, date, url, _ = identify(data)
        body = text.removeprefix(title).lstrip("\n")
        return Result(document.source, document.id, url, printable(title), date, document.path,
                      snippet(body, self._words.patterns), hits)  # fmt: skip

    def _text(self, document: Document) -> tuple[str, str]:
        """Return the file of *document*, and its title and plain text; "" if it cannot be read or is removed."""
        if document.id in self._removed_of(document.source):
            return "", ""
        try:
            data = (self._store.root / document.path).read_bytes().decode("utf-8")
            title, markdown = title_and_markdown(data)
        except (OSError, ValueError):  # deleted or edited since the index was updated
            return "", ""
        return data, f"{title}\n\n{plain_text(markdown)}"

    def _removed_of(self, source: str) -> set[str]:
        if source not in self._removed:
            self._removed[source] = {each.id for each in removals_of(self._store.root, self._ledger, source)}
        return self._removed[source]


def _most_hits(reader: _Reader, index: SearchIndex, numbers: list[int], report: Report | None) -> list[int]:
    """Return those of *numbers* whose articles have the words, the most hits first."""
    hits: dict[int, int] = {}
    for read, number in enumerate(numbers, 1):
        document = index.document(number)
        if document and (found := reader.hits(document)):
            hits[number] = found
        if report:
            report("articles read", read)
    return sorted(hits, key=hits.__getitem__, reverse=True)  # stable: of equal numbers, the newest first


def _results(
    reader: _Reader, index: SearchIndex, numbers: list[int], limit: int, are_exact: bool, report: Report | None
) -> Results:
    """Return the results of the first *numbers*. *are_exact*: all documents of the others have the words, too."""
    shown: list[Result] = []
    read = 0
    for number in numbers:
        if limit and len(shown) >= limit:
            break
        read += 1
        document = index.document(number)
        if document and (result := reader.result(document)):
            shown.append(result)
        if report:
            report("articles read", read)
    left = len(numbers) - read
    if are_exact or not left:
        return Results(shown, len(shown) + left, True)
    return Results(shown, len(shown) + round(left * len(shown) / read), False)
