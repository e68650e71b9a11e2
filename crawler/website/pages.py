"""The list pages of the site, as content files for Hugo. Pure functions.

The lists come from the ledger and not from Hugo, which would need the whole corpus in memory for them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from crawler.corpus.store import safe_name

NEWEST = 100  # articles on the first page of a list that has months
PART = 300  # articles on a page of any other list
FEED = 30  # articles in a feed
FEWEST = 3  # articles of a keyword that has a page
MOST_KEYWORDS = 500  # in the list of keywords


@dataclass(frozen=True, slots=True)
class SiteArticle:
    """An article in the lists. `path` is that of its page, without slashes at its ends."""

    source: str
    path: str
    title: str
    date: str  # as in `Article.date`; "" if it is not known
    author: str = ""
    publisher: str = ""
    page: str = ""  # of a newspaper, with its section: "A02 要闻"
    keywords: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[str, str]:
        return self.date, self.path


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of links. `groups`: headings, each with its articles; `links`: title, path and number of other lists."""

    path: str  # "" is the home page
    title: str
    groups: Sequence[tuple[str, Sequence[SiteArticle]]] = ()
    links: Sequence[tuple[str, str, int]] = ()
    parents: Sequence[tuple[str, str]] = ()  # title and path
    feed: Sequence[SiteArticle] = ()  # articles of the feeds; none: no feeds
    part: int = 1
    parts: int = 1
    layout: str = ""  # of the theme; "" for a list
    number: int = 0  # of all articles of the list

    def content(self) -> str:
        """Return the file for Hugo: front matter in JSON without a body."""
        base = self.path.partition("/page/")[0]
        values = {
            "title": self.title,
            **({"layout": self.layout} if self.layout else {}),
            "outputs": ["html", "rss", "feed"] if self.feed else ["html"],
            "params": {
                "groups": [
                    {"heading": heading, "entries": [_entry(article) for article in articles]}
                    for heading, articles in self.groups
                ],
                "lists": [
                    {"title": title, "path": f"/{path}/", "number": number} for title, path, number in self.links
                ],
                "parents": [{"title": title, "path": f"/{path}/" if path else "/"} for title, path in self.parents],
                "feed": [f"/{article.path}" for article in self.feed],
                "part": self.part,
                "parts": self.parts,
                "number": self.number,
                "before": _part_path(base, self.part - 1) if self.part > 1 else "",
                "after": _part_path(base, self.part + 1) if self.part < self.parts else "",
            },
        }
        return json.dumps(values, ensure_ascii=False, indent=1) + "\n"


def _entry(article: SiteArticle) -> dict[str, str]:
    values = {"title": article.title, "path": f"/{article.path}/", "date": article.date, "source": article.source,
              "author": article.author}  # fmt: skip
    return {name: value for name, value in values.items() if value}


def _part_path(base: str, part: int) -> str:
    return f"/{base}/" if part == 1 else f"/{base}/page/{part}/"


def list_pages(articles: Iterable[SiteArticle], title: str) -> Iterator[ListPage]:
    """Yield all list pages of a site with the title *title*, each path once."""
    newest = sorted(articles, key=lambda article: article.order, reverse=True)
    by_source = _grouped(newest, lambda article: [article.source])
    by_month = _grouped(newest, lambda article: [article.date[:7]] if article.date else [])
    by_keyword = {
        keyword: found
        for keyword, found in _grouped(newest, lambda article: article.keywords).items()
        if len(found) >= FEWEST
    }
    by_paper = _grouped(newest, lambda article: [article.publisher] if article.page and article.publisher else [])
    links = [(source, source, len(found)) for source, found in sorted(by_source.items())]
    yield ListPage("", title, _days(newest[:NEWEST]), links, feed=newest[:FEED], number=len(newest))
    for source, found in by_source.items():
        yield from _with_months(source, source, found, ("", title), feed=found[:FEED])
    for paper, found in by_paper.items():
        yield from _with_months(f"papers/{safe_name(paper)}", paper, found, ("papers", "报纸"), by_page=True)
    for month, found in by_month.items():
        yield from _parts(f"months/{month}", month, found, [("月份", "months")])
    for keyword, found in by_keyword.items():
        yield from _parts(f"keywords/{safe_name(keyword)}", keyword, found, [("关键词", "keywords")])
    yield ListPage("search", "搜索", layout="search")
    yield _index("months", "月份", [(month, f"months/{month}", len(found)) for month, found in by_month.items()])
    common = sorted(by_keyword.items(), key=lambda item: (-len(item[1]), item[0]))[:MOST_KEYWORDS]
    yield _index("keywords", "关键词", [(word, f"keywords/{safe_name(word)}", len(found)) for word, found in common])
    if by_paper:
        papers = sorted(by_paper.items())
        yield _index("papers", "报纸", [(paper, f"papers/{safe_name(paper)}", len(found)) for paper, found in papers])


def _grouped(
    articles: Iterable[SiteArticle], keys: Callable[[SiteArticle], Iterable[str]]
) -> dict[str, list[SiteArticle]]:
    found: dict[str, list[SiteArticle]] = defaultdict(list)
    for article in articles:
        for key in keys(article):
            found[key].append(article)
    return found


def _index(path: str, title: str, links: list[tuple[str, str, int]]) -> ListPage:
    return ListPage(path, title, links=links, parents=[("首页", "")], number=sum(number for *_, number in links))


def _with_months(
    path: str,
    title: str,
    articles: Sequence[SiteArticle],
    parent: tuple[str, str],
    feed: Sequence[SiteArticle] = (),
    by_page: bool = False,
) -> Iterator[ListPage]:
    """Yield the page of a source or a newspaper with its newest articles, and the pages of its months."""
    months = _grouped(articles, lambda article: [article.date[:7] or "undated"])
    links = [(_month_title(month), f"{path}/{_month_path(month)}", len(found)) for month, found in months.items()]
    group = _pages if by_page else _days
    parents = [(parent[1], parent[0])]
    yield ListPage(path, title, group(articles[:NEWEST]), links, parents, feed, number=len(articles))
    for month, found in months.items():
        heading = f"{title} {_month_title(month)}"
        yield from _parts(f"{path}/{_month_path(month)}", heading, found, [*parents, (title, path)], group)


Group = Callable[[Sequence[SiteArticle]], list[tuple[str, list[SiteArticle]]]]


def _parts(
    path: str,
    title: str,
    articles: Sequence[SiteArticle],
    parents: Sequence[tuple[str, str]],
    group: Group | None = None,
) -> Iterator[ListPage]:
    """Yield a list in parts of `PART` articles."""
    parts = [articles[first : first + PART] for first in range(0, len(articles), PART)]
    for number, part in enumerate(parts, start=1):
        place = path if number == 1 else f"{path}/page/{number}"
        yield ListPage(
            place, title, (group or _days)(part), parents=parents, part=number, parts=len(parts), number=len(articles)
        )


def _days(articles: Sequence[SiteArticle]) -> list[tuple[str, list[SiteArticle]]]:
    return [(day, list(found)) for day, found in groupby(articles, lambda article: article.date[:10])]


def _pages(articles: Sequence[SiteArticle]) -> list[tuple[str, list[SiteArticle]]]:
    """Group by day, the latest first, and by page, in the order of the newspaper."""
    groups = []
    for day, found in _days(articles):
        ordered = sorted(found, key=lambda article: (article.page, article.path))
        groups += [(f"{day} {page}".strip(), list(part)) for page, part in groupby(ordered, lambda each: each.page)]
    return groups


def _month_path(month: str) -> str:
    return month.replace("-", "/")


def _month_title(month: str) -> str:
    return "日期不明" if month == "undated" else month
