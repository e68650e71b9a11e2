"""What was read of a page, told for people. Pure."""

from __future__ import annotations

from crawler.items import Article, Listing
from crawler.text.clean import one_line

# The fields in the order in which they are told.
FIELDS = (
    "title", "date", "author", "author_url", "publisher", "category", "page", "section", "pretitle", "subtitle",
    "thumbnail", "keywords", "brief", "counts",
)  # fmt: skip
LONGEST = 90  # characters of a value


def article_lines(article: Article) -> list[str]:
    """An article field by field: the value, and which candidate gave it where there were several; "-" for none."""
    lines = []
    for field in FIELDS:
        value = getattr(article, field)
        shown = ", ".join(value) if isinstance(value, tuple) else str(value or "-")
        by = f"   [{article.chosen[field]}]" if field in article.chosen else ""
        if value or field in ("title", "date", "author", "thumbnail"):
            lines.append(f"{field + ':':<11} {_cut(shown)}{by}")
    text = one_line(article.markdown)
    ends = text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} … {text[-LONGEST // 2 :]}"
    by = f"   [{article.reader}]" if article.reader else ""
    return [*lines, f"{'body:':<11} {len(article.markdown)} characters{by}: {ends}"]


def listing_lines(listing: Listing) -> list[str]:
    """What a listing leads to, and its first link."""
    links = listing.links
    dated, titled = (sum(1 for link in links if getattr(link, name)) for name in ("date", "title"))
    lines = [
        f"{len(links)} links ({dated} with a date, {titled} with a title), {listing.skipped} entries passed by, "
        f"{len(listing.next)} listing pages behind it"
    ]
    return lines + [f"first: {_cut(f'{link.date} {link.title}'.strip())} {link.url}" for link in links[:1]]


def _cut(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
