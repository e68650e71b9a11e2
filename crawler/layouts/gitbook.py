"""GitBook pages (`FORMAT.md`, section 2), and the index files of a book."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape
from typing import NamedTuple

from crawler.items import Article
from crawler.markdown.escape import escape_all, link, linked_url
from crawler.markdown.rules import Headings
from crawler.text.clean import clean

HEADINGS: Headings = "atx"

# What `escape_all` writes: a character reference, or a backslash before punctuation.
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])|&(?:lt|amp|#(?:93|96|123|126));")
# Characters of an entry in an index file that a Markdown parser could see as markup. A character reference is the only
# escape that all parsers know: HonKit leaves out the page of an entry with an odd `\[`.
_ACTIVE = re.compile(r"[\\`*_~\[\]<>{}$|]|&(?=#?\w+;)")
_CLOSING = re.compile(r"(?:\A|(?<= ))#(?=#*\Z)")  # of a heading: Markdown removes it


class Entry(NamedTuple):
    """One page in the index files of a book."""

    date: str  # as in `Article.date`, or only its day
    title: str
    path: str  # relative to the book's root: …/YYYY/MM/name.md


def render(article: Article) -> str:
    """Return the page of *article*, whose Markdown has headings in the style `HEADINGS`.

    The header omits the line of a field that is empty.
    """
    views, comments, collects = (article.counts.get(name, 0) for name in ("views", "comments", "collects"))
    author = (
        link(article.author, article.author_url, in_template=True) if article.author_url else escape_all(article.author)
    )
    header = {
        "Category": escape_all(article.category[:1].upper() + article.category[1:]),
        "Author": author,
        "Published": article.date[:10] + "  ",
        "Stats": f"👁️ {views} views | 💬 {comments} comments | ⭐ {collects} collects" if article.counts else "",
        "Tags": " ".join(_tag(keyword) for keyword in article.keywords),
        "Original": link(f"View on {_site(article.url)}", article.url, in_template=True),
    }
    lines = [
        "# " + _CLOSING.sub(r"\#", escape_all(article.title)),
        '{% hint style="info" %}',
        *(f"**{name}:** {value}" for name, value in header.items() if value),
        "{% endhint %}",
        f"> {escape_all(article.brief) or 'No brief available.'}",
        "",
        "---",
        "",
        article.markdown,
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


def entry(path: str, page: str) -> Entry:
    """Return the index entry of a page that `render` wrote. *path* is relative to the book's root."""
    head = page.partition("\n")[0].removeprefix("# ")
    title = _ESCAPED.sub(lambda found: found[1] or unescape(found[0]), head)
    date = re.search(r"^\*\*Published:\*\* (\S+)", page, re.MULTILINE)
    return Entry(date[1] if date else "", title, path)


def identify(text: str) -> tuple[str, str, str, str]:
    """Return title, day, URL and Markdown of a page that `render` wrote. Raises ValueError for any other text."""
    page = entry("", text)
    originals = (linked_url(line) for line in re.findall(r"^\*\*Original:\*\* (\[.*)$", text, re.MULTILINE))
    url = next(filter(None, originals), "")
    _, rule, markdown = text.partition("\n\n---\n\n")
    if not (text.startswith("# ") and page.date and url and rule):
        raise ValueError("title, Published, Original, or the line `---` above the body is missing")
    return page.title, page.date, url, markdown.rstrip("\n")


def summary(entries: Iterable[Entry]) -> str:
    """Return the text of SUMMARY.md: years, months and pages, the newest first."""
    lines = ["# Summary", ""]
    for year, pages in _folders(entries, 2):
        lines.append(f"* {_link(_label(year), f'{year}/README.md')}")
        for month, articles in _folders(pages, 1):
            lines.append(f"  * {_link(_label(month), f'{month}/README.md')}")
            lines += [f"    * {_link(page.title, page.path)}" for page in articles]
    return "\n".join(lines) + "\n"


def readme(title: str, entries: Iterable[Entry]) -> str:
    """Return the README.md of a book, which HonKit requires: its years, each with the number of its pages."""
    items = [f"{_link(_label(year), f'{year}/README.md')} ({len(pages)})" for year, pages in _folders(entries, 2)]
    return _index(title, items) if items else f"# {title}\n"


def readmes(entries: Iterable[Entry]) -> dict[str, str]:
    """Return the text of each README.md by its path relative to the book's root.

    The file of a year lists its months, the file of a month its pages; both start with the newest.
    """
    files: dict[str, str] = {}
    for year, pages in _folders(entries, 2):
        months = _folders(pages, 1)
        files[f"{year}/README.md"] = _index(
            year,
            [
                f"{_link(_label(month), f'{month[len(year) + 1 :]}/README.md')} ({len(articles)})"
                for month, articles in months
            ],
        )
        for month, articles in months:
            items = [f"{page.date[:10]} {_link(page.title, page.path[len(month) + 1 :])}" for page in articles]
            files[f"{month}/README.md"] = _index(month, items)
    return files


def _folders(entries: Iterable[Entry], levels_up: int) -> list[tuple[str, list[Entry]]]:
    """Return the folders *levels_up* above the files of the pages, each with its pages, the newest first."""
    folders: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: (entry.date, entry.path), reverse=True):
        folders.setdefault(entry.path.rsplit("/", levels_up)[0], []).append(entry)
    return list(folders.items())


def _label(folder: str) -> str:
    return folder.replace("/", "-")


def _link(text: str, path: str) -> str:
    """Return the entry of an index file. *text* is the title of a page, on one line."""
    label = _ACTIVE.sub(lambda found: f"&#{ord(found[0])};", " ".join(clean(text).split()))
    target = link("x", path).removeprefix("[x]")
    return f"[{label}]{target}" if target.startswith("(") else label


def _index(folder: str, items: list[str]) -> str:
    return "\n".join([f"# {_label(folder)}", "", *(f"* {item}" for item in items)]) + "\n"


def _tag(keyword: str) -> str:
    """Return *keyword* as code. Escapes have no effect in code: a zero-width space separates template braces."""
    return re.sub(r"\{(?=[{%#])", "{\u200b", f"`{clean(keyword).replace('`', chr(39))}`")


def _site(url: str) -> str:
    host = re.match(r"https?://(?:www\.)?([^/?#]+)", url)
    return host[1] if host else url
