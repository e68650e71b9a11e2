"""Find the article that a user names by its id, by SOURCE:ID, or by its URL."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from crawler.corpus.ledger import Ledger
from crawler.corpus.removal_journal import removals_of
from crawler.corpus.store import ascii_name, safe_name


class ArticleNameError(ValueError):
    """The name of an article is unknown or ambiguous. The message is one line."""


def find_article(
    root: Path, ledger: Ledger, word: str, sources: Collection[str], links: Iterable[tuple[str, str]] = ()
) -> tuple[str, str]:
    """Return source and id (as in the name of the file) of the article that *word* names.

    *word* is an id, as the site or as the file has it, with or without "SOURCE:", or a URL. *sources* are those to
    search. *links*: source and id of the articles that the sources read at this URL. Removed articles are found, too.
    Raises `ArticleNameError`, `LedgerError`, OSError.
    """
    removed = [removal for source in sources for removal in removals_of(root, ledger, source)]
    if "://" in word:
        found = {
            (source, name)
            for source, identifier in links
            for name in ledger.articles.find(source, {safe_name(identifier), ascii_name(identifier)})
        }
        found |= {*ledger.removals.find_url(word)}
        found |= {(removal.source, removal.id) for removal in removed if removal.url == word}
    else:
        named, colon, rest = word.partition(":")
        if colon and named in sources:
            sources, word = [named], rest
        names = {word, safe_name(word), ascii_name(word)}
        found = {(source, name) for source in sources for name in ledger.articles.find(source, names)}
        found |= {(removal.source, removal.id) for removal in removed if removal.id in names}
    articles = sorted(article for article in found if article[0] in sources)
    if not articles:
        raise ArticleNameError(f"unknown article {word!r}: the ledger has no article with this id or URL")
    if len(articles) > 1:
        names_found = ", ".join(f"{source}:{name}" for source, name in articles)
        raise ArticleNameError(f"{word!r} is ambiguous: name one of {names_found}, or add --source SOURCE")
    return articles[0]
