"""The articles of the site, read from the ledger."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from crawler.corpus.ledger import Ledger
from crawler.corpus.removal_journal import removals_of
from crawler.corpus.store import Store, safe_name
from crawler.website.pages import ListPage, SiteArticle, list_pages

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![^ T])")
_INDEXES = ("! **/README.md", "! **/SUMMARY.md")  # of a GitBook


class LayoutError(Exception):
    """The corpus has files without front matter. The message is one line."""


@dataclass(frozen=True, slots=True)
class Site:
    """The articles of the site with the facts that their files lack, and the lists."""

    articles: Sequence[SiteArticle]
    urls: Mapping[str, str]  # of the originals, by path
    same: Mapping[str, Sequence[SiteArticle]]  # articles with nearly the same text, by path
    pages: Sequence[ListPage]
    paths: Set[str]  # of the lists
    excluded: Sequence[str]  # patterns of files that are not in the site, for a mount of Hugo: before all others

    def facts(self, article: SiteArticle) -> dict[str, object]:
        """Return what the page of *article* shows in addition to its file."""
        keywords = [(word, f"keywords/{safe_name(word)}") for word in article.keywords]
        month = article.date[:7]
        return {
            "url": self.urls[article.path],
            "date": article.date,
            "author": article.author,
            "publisher": article.publisher,
            "page": article.page,
            "parents": [
                {"title": article.source, "path": f"/{article.source}/"},
                {"title": month or "日期不明", "path": f"/{article.source}/{month.replace('-', '/') or 'undated'}/"},
            ],
            "same": [
                {"title": each.title, "path": f"/{each.path}/", "date": each.date, "source": each.source}
                for each in self.same.get(article.path, ())
            ],
            "keywords": [{"title": word, "path": f"/{path}/" if path in self.paths else ""} for word, path in keywords],
        }


def read_site(store: Store, ledger: Ledger, title: str) -> Site:
    """Read the articles from the ledger. Articles without a file, and removed ones, are left out.

    Raises `LayoutError`, `LedgerError`, OSError.
    """
    articles: list[SiteArticle] = []
    urls: dict[str, str] = {}
    excluded = [*_INDEXES]
    for source in ledger.sources():
        if (example := store.any_of(source)) and not example.read_bytes().startswith(b"---\n"):
            raise LayoutError(f"{example} has no front matter: the site needs files of the layout hugo")
        removed = {removal.id for removal in removals_of(store.root, ledger, source)}
        for name in sorted(removed):  # a takedown may have been killed; pictures of "02" are not all of the month 02
            pictures = (f"! {source}/*/*/{name}/**", f"! {source}/undated/{name}/**")
            excluded += [f"! {source}/**/{name}.md", *pictures]
        for entry in ledger.changes.dated(source):
            if entry.id in removed or not (store.root / entry.path).is_file():
                continue
            facts = entry.details or {}
            path = entry.path.removesuffix(".md")
            page = " ".join(filter(None, (facts.get("page"), facts.get("section")))) if facts.get("page") else ""
            is_dated = _DATE.match(entry.date) and not path.startswith(f"{source}/undated/")
            date = entry.date if is_dated else ""  # a file that was edited by hand can have any text
            articles.append(
                SiteArticle(
                    source, path, entry.title or entry.id, date, str(facts.get("author") or ""),
                    str(facts.get("publisher") or ""), page, tuple(facts.get("keywords") or ()),
                )
            )  # fmt: skip
            urls[path] = entry.url
    pages = list(list_pages(articles, title))
    paths = {page.path for page in pages}
    return Site(articles, urls, _same_stories(ledger, articles), pages, paths, excluded)


def _same_stories(ledger: Ledger, articles: Iterable[SiteArticle]) -> Mapping[str, Sequence[SiteArticle]]:
    """Return the near-duplicates that `corpus duplicates` has found, by path."""
    by_key = {(article.source, article.path.rpartition("/")[2]): article for article in articles}
    same: dict[str, list[SiteArticle]] = defaultdict(list)
    for pair in ledger.near_duplicates.listed():
        one, other = by_key.get((pair.source, pair.id)), by_key.get((pair.other_source, pair.other_id))
        if one and other:
            same[one.path].append(other)
            same[other.path].append(one)
    return same
