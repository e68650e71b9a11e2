"""The rows of an export: an article, or a passage of one, with what is known about it. See README.md here."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from crawler.corpus.ledger import Ledger
from crawler.corpus.store import UNDATED
from crawler.data.chunks import chunks
from crawler.data.export_files import Row, Value
from crawler.data.stored import StoredArticle
from crawler.markdown.plain_text import plain_text
from crawler.text.dates import BEIJING, SECOND, is_exact

ARTICLE_COLUMNS: Mapping[str, type] = {
    "id": str, "url": str, "source": str, "title": str, "author": str, "publisher": str, "published": str,
    "date_precision": str, "fetched": str, "language": str, "keywords": str, "text": str, "markdown": str,
    "chars": int, "sha256": str, "same_as": str, "rights": str, "tdm": str, "warc": str,
}  # fmt: skip
CHUNK_COLUMNS: Mapping[str, type] = {
    "id": str, "article_id": str, "url": str, "date": str, "source": str, "title": str, "heading_path": str,
    "position": int, "text": str, "chars": int,
}  # fmt: skip
LANGUAGE = "zh-CN"  # of a file that does not name one
LONGEST_ROBOTS = 4000  # characters of a robots.txt in the column `tdm`
_is_date = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?: [0-9]{2}:[0-9]{2}:[0-9]{2})?").fullmatch
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class RobotsHistory:
    """The robots.txt files in the ledger. Raises `LedgerError`."""

    def __init__(self, ledger: Ledger) -> None:
        self._texts: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for host, seen_at, text, is_cut in ledger.robots.each(LONGEST_ROBOTS):
            self._texts[host].append((seen_at, f"{text.strip()}…" if is_cut else text.strip()))

    def lines(self, url: str, fetched_at: int) -> str:
        """Return the robots.txt of the host of *url* that was valid at *fetched_at*, with its host; "" if unknown."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return ""
        texts = self._texts.get(parts.netloc, [])
        number = bisect_right(texts, fetched_at, key=lambda pair: pair[0])
        if not number:
            return ""
        return f"robots.txt of {parts.scheme}://{parts.netloc}:\n{texts[number - 1][1] or '(none)'}"


def article_row(article: StoredArticle, same_as: str, robots: RobotsHistory) -> Row:
    """Return the row of an article: the keys are `ARTICLE_COLUMNS`.

    What the front matter has precedes the ledger: a user may have edited it. The values of the last fetch are those of
    the ledger, because a page that is only fetched again does not change the file.
    """
    entry, front = article.entry, article.metadata
    details = entry.details or {}
    published = _published(article)
    fetched = _text(details.get("fetched")) or _text(front.get("fetched"))
    fetched_at = _timestamp(fetched) or entry.updated_at
    text = plain_text(article.markdown)
    tdm = _text(details.get("tdm")) or _text(front.get("tdm"))
    return _clean({
        "id": f"{entry.source}/{entry.id}",
        "url": article.url,
        "source": entry.source,
        "title": article.title,
        "author": _text(front.get("author")) or _text(details.get("author")),
        "publisher": _text(front.get("publisher")) or _text(details.get("publisher")),
        "published": published,
        "date_precision": "" if _is_undated(article) else "second" if is_exact(published) else "day",
        "fetched": datetime.fromtimestamp(fetched_at, BEIJING).strftime(SECOND),
        "language": _text(front.get("lang")) or LANGUAGE,
        "keywords": _joined(front.get("keywords")) or _joined(details.get("keywords")),
        "text": text,
        "markdown": article.markdown,
        "chars": len(text),
        "sha256": article.file_hash,
        "same_as": same_as,
        "rights": _text(front.get("rights")) or _text(details.get("rights")),
        "tdm": "\n".join(filter(None, (tdm, robots.lines(article.url, fetched_at)))),
        "warc": _text(details.get("warc")) or _text(front.get("warc")),
    })  # fmt: skip


def chunk_rows(article: StoredArticle) -> Iterator[Row]:
    """Yield the rows of the passages of an article: the keys are `CHUNK_COLUMNS`."""
    name = f"{article.entry.source}/{article.entry.id}"
    for chunk in chunks(article.markdown):
        yield _clean({
            "id": f"{name}#{chunk.position}",
            "article_id": name,
            "url": article.url,
            "date": _published(article),
            "source": article.entry.source,
            "title": article.title,
            "heading_path": chunk.heading,
            "position": chunk.position,
            "text": chunk.text,
            "chars": len(chunk.text),
        })  # fmt: skip


def _published(article: StoredArticle) -> str:
    """Return the date in the file; that of the ledger if the file has only its day, or no valid date."""
    recorded = article.entry.date
    return recorded if recorded.startswith(article.date) or not _is_date(article.date) else article.date


def _is_undated(article: StoredArticle) -> bool:
    return article.entry.path.split("/")[1:2] == [UNDATED]


def _timestamp(date: str) -> int:
    """Return the Unix time of a Beijing time to the second; 0 if *date* is another text."""
    try:
        return int(datetime.strptime(date, SECOND).replace(tzinfo=BEIJING).timestamp())
    except ValueError:
        return 0


def _text(value: Any) -> str:
    """Return a value of front matter or of JSON as text; "" for a value that is not text. Of a list, the first one."""
    if isinstance(value, list):
        value = value[0] if value else ""
    return value.strip() if isinstance(value, str) else ""


def _joined(value: Any) -> str:
    """Return a list of texts as "one; two": lists that are empty in the first rows of JSON Lines have no type."""
    texts = value if isinstance(value, list) else [value]
    return "; ".join(text.replace(";", "；") for text in map(_text, texts) if text)


def _clean(row: dict[str, Value]) -> Row:
    """Replace NUL and lone surrogates by U+FFFD: readers of Parquet or JSON reject them."""
    return {name: _UNSTORABLE.sub("\ufffd", value) if isinstance(value, str) else value for name, value in row.items()}
