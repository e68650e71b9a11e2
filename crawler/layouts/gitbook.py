"""The GitBook page (section 2 of the corpus format), and the two kinds of index that a book needs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape
from typing import NamedTuple

from crawler.items import Article
from crawler.markdown.escape import escape, link
from crawler.markdown.rules import Headings
from crawler.text.clean import clean

HEADINGS: Headings = "atx"

# What `escape` makes of a character that would act, and the backslashes before it, which it doubles.
_ESCAPED = re.compile(r"(?<!\\)(\\*)(&(?:lt|amp|#(?:93|96|123|126));)")


class Entry(NamedTuple):
    """A page of the book, as its indexes name it."""

    date: str  # as in `Article.date`
    title: str
    path: str  # from the book's root, …/YYYY/MM/name.md


def render(article: Article) -> str:
    """The whole page of `article`, whose Markdown has the headings that `HEADINGS` says.

    A line of the header whose field the source does not have is left out.
    """
    views, comments, collects = (article.counts.get(name, 0) for name in ("views", "comments", "collects"))
    author = link(article.author, article.author_url) if article.author_url else escape(article.author)
    header = {
        "Category": escape(article.category[:1].upper() + article.category[1:]),
        "Author": author,
        "Published": article.date[:10] + "  ",
        "Stats": f"👁️ {views} views | 💬 {comments} comments | ⭐ {collects} collects" if article.counts else "",
        "Tags": " ".join(_tag(keyword) for keyword in article.keywords),
        "Original": link(f"View on {_site(article.url)}", article.url),
    }
    lines = [
        f"# {escape(article.title)}",
        '{% hint style="info" %}',
        *(f"**{name}:** {value}" for name, value in header.items() if value),
        "{% endhint %}",
        f"> {escape(article.brief) or 'No brief available.'}",
        "",
        "---",
        "",
        article.markdown,
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


def entry(path: str, page: str) -> Entry:
    """What the indexes say of a page that `render` gave, *path* being its place below the book's root."""
    head = page.partition("\n")[0].removeprefix("# ")
    title = _ESCAPED.sub(lambda found: found[1][::2] + unescape(found[2]), head)
    date = re.search(r"^\*\*Published:\*\* (\S+)", page, re.MULTILINE)
    return Entry(date[1] if date else "", title, path)


def identify(text: str) -> tuple[str, str, str, str]:
    """Title, day, address and Markdown of a page. Raises ValueError where it is none that `render` gave."""
    known = entry("", text)
    address = re.search(r"^\*\*Original:\*\* \[.*\]\((\S+)\)$", text, re.MULTILINE)
    _, rule, markdown = text.partition("\n\n---\n\n")
    if not (text.startswith("# ") and known.date and address and rule):
        raise ValueError("title, day, address or the rule above the body is missing")
    return known.title, known.date, address[1], markdown.rstrip("\n")


def summary(entries: Iterable[Entry]) -> str:
    """The text of SUMMARY.md: years, their months and their pages, the newest first."""
    lines = ["# Summary", ""]
    for year, pages in _folders(entries, 2):
        lines.append(f"* {link(_label(year), f'{year}/README.md')}")
        for month, articles in _folders(pages, 1):
            lines.append(f"  * {link(_label(month), f'{month}/README.md')}")
            lines += [f"    * {link(page.title, page.path)}" for page in articles]
    return "\n".join(lines) + "\n"


def readmes(entries: Iterable[Entry]) -> dict[str, str]:
    """The text of README.md for each year (its months) and month (its pages), by its path from the book's root."""
    files: dict[str, str] = {}
    for year, pages in _folders(entries, 2):
        months = _folders(pages, 1)
        files[f"{year}/README.md"] = _index(
            year,
            [f"{link(_label(month), f'{month[len(year) + 1 :]}/README.md')} ({len(few)})" for month, few in months],
        )
        for month, few in months:
            names = [f"{page.date[:10]} {link(page.title, page.path[len(month) + 1 :])}" for page in few]
            files[f"{month}/README.md"] = _index(month, names)
    return files


def _folders(entries: Iterable[Entry], up: int) -> list[tuple[str, list[Entry]]]:
    """The folders that lie `up` steps above the pages, with their pages, the newest first."""
    folders: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: (entry.date, entry.path), reverse=True):
        folders.setdefault(entry.path.rsplit("/", up)[0], []).append(entry)
    return list(folders.items())


def _label(folder: str) -> str:
    return folder.replace("/", "-")


def _index(folder: str, items: list[str]) -> str:
    return "\n".join([f"# {_label(folder)}", "", *(f"* {item}" for item in items)]) + "\n"


def _tag(keyword: str) -> str:
    """`keyword` within backquotes, where no escape is read."""
    return f"`{clean(keyword).replace('`', chr(39))}`".replace("{{<", "{\u200b{<").replace("{%", "{\u200b%")


def _site(url: str) -> str:
    host = re.match(r"https?://(?:www\.)?([^/?#]+)", url)
    return host[1] if host else url
