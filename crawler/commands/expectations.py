"""Compare what a source reads in a recorded case with the expectation beside the page.

article.md   the corpus file of an article page
links.txt    the links of a listing page
error.txt    kind and message of the `PageError` of any other page
"""

from __future__ import annotations

import difflib
from pathlib import Path

from crawler.items import Article, Listing
from crawler.layouts import hugo
from crawler.pipelines.normalize import normalize
from crawler.reading.errors import PageError
from crawler.reading.page import Page
from crawler.reading.read import read_article, read_listing
from crawler.reading.source import Source
from crawler.recordings.cases import load_case

NAMES = ("article.md", "links.txt", "error.txt")
MAX_LINES = 40  # lines of a difference


def read_case(source: type[Source], page: Page) -> tuple[str, str]:
    """Return the name of the expectation file of *page* and its content.

    Raises ValueError if the article needs a second response that is not recorded.
    """
    try:
        if page.link is None:
            return "links.txt", describe(read_listing(source, page))
        article = read_article(source, page)
        if not isinstance(article, Article):
            raise ValueError(f"{page.url} needs a second response: record it as page.2.*")
        return "article.md", hugo.render(normalize(article, source.title_suffixes), source.extra_keys)
    except PageError as error:
        return "error.txt", f"{error.kind}\n{error}\n"


def describe(listing: Listing) -> str:
    """Return the links of *listing*, one in each line, and its next pages."""
    lines = [" | ".join((link.id, link.url, link.date or "-", link.title or "-")) for link in listing.links]
    lines += [f"next: {request.method} {request.url} {request.body.decode()}".rstrip() for request in listing.next]
    lines += [f"passed: {listing.skipped}"] if listing.skipped else []
    return "\n".join(lines or ["nothing"]) + "\n"


def failure(source: type[Source], folder: Path) -> str:
    """Return why the case *folder* does not agree with its expectation; "" if it does.

    A missing expectation is written, and is a failure once. Raises OSError and `RecordingError`.
    """
    try:
        name, result = read_case(source, load_case(folder))
    except ValueError as error:
        return str(error)
    expected = [found for found in NAMES if (folder / found).exists()]
    if not expected:
        (folder / name).write_text(result, encoding="utf-8")
        return f"had no expectation; {name} was written: review it, then run the command again"
    if expected != [name]:
        return f"has {' and '.join(expected)}, but the result is {name}: {result.strip()[:500]}"
    text = (folder / name).read_text(encoding="utf-8")
    if text == result:
        return ""
    lines = list(difflib.unified_diff(text.splitlines(), result.splitlines(), name, "result", lineterm=""))
    omitted = [f"… {len(lines) - MAX_LINES} more lines"] if len(lines) > MAX_LINES else []
    return "\n".join([f"differs from {name}:", *lines[:MAX_LINES], *omitted])
