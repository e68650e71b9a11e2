"""Describe what a reader found in a page, as lines of text for a terminal."""

from __future__ import annotations

from crawler.items import Article, Listing
from crawler.text.clean import one_line
from crawler.text.plural import plural

# Order of the output.
FIELDS = (
    "title", "date", "author", "author_url", "publisher", "category", "page", "section", "pretitle", "subtitle",
    "thumbnail", "keywords", "brief", "counts",
)  # fmt: skip
MAX_LENGTH = 90  # characters of a value


def article_lines(article: Article) -> list[str]:
    """Return one line per field: its value ("-" if empty) and, in brackets, the name of the chosen candidate."""
    lines = []
    for field in FIELDS:
        value = getattr(article, field)
        shown = ", ".join(value) if isinstance(value, tuple) else str(value or "-")
        by = f"   [{article.chosen[field]}]" if field in article.chosen else ""
        if value or field in ("title", "date", "author", "thumbnail"):
            lines.append(f"{field + ':':<11} {_truncated(shown)}{by}")
    if place := article.chosen.get("unread_time"):
        lines.append(f"{'time:':<11} not read: the page has a time of day   [{place}]")
    text = one_line(article.markdown)
    ends = text if len(text) <= MAX_LENGTH else f"{text[: MAX_LENGTH // 2]} … {text[-MAX_LENGTH // 2 :]}"
    by = f"   [{article.reader}]" if article.reader else ""
    return [*lines, f"{'body:':<11} {plural(len(article.markdown), 'character')}{by}: {ends}"]


def listing_lines(listing: Listing) -> list[str]:
    """Return the counts of a listing, and its first link."""
    links = listing.links
    dated, titled = (sum(1 for link in links if getattr(link, name)) for name in ("date", "title"))
    lines = [
        f"{plural(len(links), 'link')} ({dated} with a date, {titled} with a title), "
        f"{plural(listing.skipped, 'entry')} skipped, {plural(len(listing.next), 'next listing page')}"
    ]
    return lines + [f"first: {_truncated(f'{link.date} {link.title}'.strip())} {link.url}" for link in links[:1]]


def _truncated(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= MAX_LENGTH else f"{text[:MAX_LENGTH]}…"
