"""Shards: Parquet objects with the articles of one run, for corpora of millions of articles.

A shard is `SOURCE/YYYY/MM/TIME-RANDOM.parquet`; year, month and time (UTC) are those of the run. A row has the text of
an article's file and its metadata. A newer text of an article is a row of a later shard, and the ledger names the valid
one: its path is `SHARD#ID`.

Until its shard is written, an article waits in the spool on this machine: `.state/spool/SOURCE/TIME-RANDOM.jsonl`. The
name of the spool file is the one of the shard, so a run that was killed after it wrote the shard is recognized.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from crawler.corpus.durable import append_line, make_folder, sync
from crawler.corpus.store import digest, is_article_folder
from crawler.layouts import hugo

MAX_ARTICLES, MAX_BYTES = 20_000, 128 * 1024 * 1024  # of a shard before compression: it is made in memory
SUFFIX = ".parquet"
_COLUMNS = ("id", "source", "url", "title", "date", "text", "sha256", "content_hash", "details")
_NAME = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Waiting:
    """An article that waits for its shard."""

    base: str  # path in the ledger when the article was stored; "" for a new one
    row: Mapping[str, Any]  # for `Articles.mark_written`, without the path
    text: str  # of its file


class Spool:
    """The waiting articles of *source* below the local folder *root*. All methods raise OSError."""

    def __init__(self, root: Path, source: str) -> None:
        self._root, self._folder = root, root / ".state" / "spool" / source
        self._file: Path | None = None
        self._articles = self._bytes = 0

    @property
    def is_full(self) -> bool:
        return self._articles >= MAX_ARTICLES or self._bytes >= MAX_BYTES

    def append(self, article: Waiting) -> None:
        """Add an article durably."""
        if self._file is None:
            make_folder(self._folder, self._root)
            now = time.time()
            fraction = int(now % 1 * 4096)  # the names of two runs in one second are in their order, too
            name = f"{time.strftime(_NAME, time.gmtime(now))}-{fraction:03x}{uuid4().hex[:5]}"
            self._file = self._folder / f"{name}.jsonl"
            self._articles = self._bytes = 0
        values = {"base": article.base, "row": article.row, "text": article.text}
        line = json.dumps(values, ensure_ascii=False).encode("utf-8")
        append_line(self._file, line)
        self._articles, self._bytes = self._articles + 1, self._bytes + len(line)

    def files(self) -> list[Path]:
        """Return the files, the oldest first: those of killed runs, and the one of this run."""
        with suppress(FileNotFoundError):
            return sorted(self._folder.glob("*.jsonl"))
        return []

    def delete(self, file: Path) -> None:
        """Delete a file whose shard is written and recorded."""
        file.unlink(missing_ok=True)
        sync(self._folder)
        if file == self._file:
            self._file = None


def waiting(file: Path) -> dict[str, Waiting]:
    """Return the articles in a spool file by id; of several with one id the last. Skips partial lines of a kill.

    Raises OSError.
    """
    found = {}
    with file.open("rb") as lines:
        for line in lines:
            with suppress(ValueError, KeyError, TypeError):
                article = Waiting(**json.loads(line))
                found[str(article.row["id"])] = article
    return found


def shard_of(source: str, file: Path) -> str:
    """Return the path of the shard of a spool file."""
    return f"{source}/{file.stem[:4]}/{file.stem[4:6]}/{file.stem}{SUFFIX}"


def text_hash(text: str) -> str:
    """Return the hash that the ledger records of an article in a shard: the same if its page was only fetched again."""
    return digest(b"\n---\n".join(hugo.without_fetch(text.encode("utf-8"))))


def is_shard(path: str) -> bool:
    """Return whether *path* is one of a shard, relative to the corpus."""
    folder, _, name = path.rpartition("/")
    return is_article_folder(folder) and name.endswith(SUFFIX)


def without_article(source: str, path: str, data: bytes, identifier: str) -> bytes | None:
    """Return the shard with the content *data* without an article; None if it does not have it. Raises ValueError."""
    rows = list(_values(data))
    left = [values for values in rows if values["id"] != identifier]
    if len(left) == len(rows):
        return None
    for values in left:
        values["details"] = json.loads(values["details"])
    return to_parquet(source, [Waiting("", values, values["text"]) for values in left])


def to_parquet(source: str, articles: Iterable[Waiting]) -> bytes:
    """Return a shard with these articles."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: dict[str, list[str]] = {name: [] for name in _COLUMNS}
    for article in sorted(articles, key=lambda each: str(each.row["id"])):
        values = {
            **article.row, "source": source, "text": article.text, "sha256": digest(article.text.encode("utf-8")),
            "details": json.dumps(article.row.get("details") or {}, ensure_ascii=False),
        }  # fmt: skip
        for name, column in columns.items():
            column.append(str(values[name]))
    table = pa.table(columns, schema=pa.schema([(name, pa.string()) for name in _COLUMNS]))
    target = io.BytesIO()
    pq.write_table(table, target, compression="zstd", row_group_size=2000)
    return target.getvalue()


def rows_of(path: str, data: bytes) -> Iterator[dict[str, Any]]:
    """Yield the rows of the shard *path* for `Articles.mark_written`. Raises ValueError for a damaged shard."""
    for values in _values(data):
        yield {
            **{name: values[name] for name in ("id", "url", "title", "date", "content_hash")},
            "path": f"{path}#{values['id']}", "file_hash": text_hash(values["text"]),
            "details": json.loads(values["details"]),
        }  # fmt: skip


def _values(data: bytes) -> Iterator[dict[str, Any]]:
    """Yield the rows of a shard by the names of its columns. Raises ValueError."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        for batch in pq.ParquetFile(io.BytesIO(data)).iter_batches(1000, columns=[*_COLUMNS]):
            for values in batch.to_pylist():
                if digest(values["text"].encode("utf-8")) != values["sha256"]:
                    raise ValueError(f"the text of {values['id']} does not have its hash")
                yield values
    except (pa.ArrowException, KeyError, TypeError, AttributeError) as error:
        raise ValueError(str(error).partition("\n")[0]) from None
