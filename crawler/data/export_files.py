"""The files of an export: Parquet, or JSON Lines, compressed or not. They are written row by row, in constant memory.

pandas, DuckDB and Hugging Face `datasets` read both without further arguments. `datasets` derives the type of a JSON
column from its first rows: every row has all keys, and no value is null or an empty list.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from crawler.corpus.durable import names_file, new_file

if sys.version_info >= (3, 14):
    from compression import zstd as zstd
else:
    from backports import zstd as zstd

ENDINGS = (".parquet", ".jsonl", ".jsonl.zst", ".jsonl.gz")
GROUP_SIZE = 32 * 1024 * 1024  # bytes of text in a row group
_BATCH_SIZE = 2 * 1024 * 1024  # bytes of text that are converted at a time: Python's texts take more memory
_ROW_SIZE = 512  # bytes of a row besides its text
# Columns with few different values. A dictionary of texts that differ would take time and save nothing.
_REPEATED = {"source", "author", "publisher", "date_precision", "language", "rights", "tdm"}
_LEVEL = 3  # of zstd

Value = str | int
Row = Mapping[str, Value]  # the keys are those of the columns, in their order


class RowWriter(Protocol):
    """Receives the rows of an export. The method raises OSError."""

    def write(self, row: Row) -> None: ...


class TargetError(Exception):
    """The name of the file to write is not possible; the message states why."""


def check_name(path: Path) -> None:
    """Raise `TargetError` if *path* has an unknown ending, or cannot be a file. "-" is standard output."""
    if path == Path("-"):
        return
    if not path.name.endswith(ENDINGS) or path.name in ENDINGS:
        raise TargetError(f"{path}: expected a name that ends in {', '.join(ENDINGS)}, or - for JSON Lines")
    if path.is_dir():
        raise TargetError(f"{path} is a folder: name a file")
    if not path.parent.is_dir():
        raise TargetError(f"{path.parent} does not exist: create it first")


@contextmanager
def open_rows(path: Path, columns: Mapping[str, type], metadata: Mapping[str, str]) -> Iterator[RowWriter]:
    """Yield the writer of the new file *path*, which replaces an existing one if the block ends without an error.

    *columns* are the names of the columns with their types. *metadata* is stored in a Parquet file only. Raises
    OSError; ModuleNotFoundError without pyarrow, which Parquet needs.
    """
    if path == Path("-"):
        yield _JsonLines(sys.stdout.buffer)
        return
    with ExitStack() as stack:
        if path.name.endswith(".parquet"):
            arrow = import_module("pyarrow"), import_module("pyarrow.parquet")
            yield stack.enter_context(_parquet(stack.enter_context(new_file(path)), path, arrow, columns, metadata))
        else:
            yield stack.enter_context(_json_lines(stack.enter_context(new_file(path)), path))


@contextmanager
def _json_lines(file: BinaryIO, path: Path) -> Iterator[_JsonLines]:
    stream: Any = file
    if path.suffix == ".zst":
        stream = zstd.ZstdFile(file, "wb", level=_LEVEL)
    elif path.suffix == ".gz":
        stream = gzip.GzipFile("", "wb", 6, file, mtime=0)
    yield _JsonLines(stream, path)
    if stream is not file:
        with names_file(path):
            stream.close()


class _JsonLines:
    def __init__(self, file: Any, path: Path | None = None) -> None:
        self._file, self._path = file, path

    def write(self, row: Row) -> None:
        line = json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        if self._path is None:
            self._file.write(line)  # a reader may close standard output: the error must stay a BrokenPipeError
            return
        with names_file(self._path):
            self._file.write(line)


@contextmanager
def _parquet(
    file: BinaryIO, path: Path, arrow: tuple[Any, Any], columns: Mapping[str, type], metadata: Mapping[str, str]
) -> Iterator[_Parquet]:
    pa, parquet = arrow
    types = {str: pa.string(), int: pa.int64()}
    fields = {name: pa.dictionary(pa.int32(), pa.string()) if name in _REPEATED else types[kind]
              for name, kind in columns.items()}  # fmt: skip
    schema = pa.schema(list(fields.items()))
    repeated = [name for name in fields if name in _REPEATED]
    # Without the schema of Arrow in the file, readers see plain text in the columns that have a dictionary.
    with names_file(path):
        target = parquet.ParquetWriter(
            file, schema, compression="zstd", compression_level=_LEVEL, use_dictionary=repeated, store_schema=False
        )
    try:
        rows = _Parquet(pa, target, path, schema)
        yield rows
        with names_file(path):
            rows.flush()
            target.add_key_value_metadata({f"press-corpus.{name}": value for name, value in metadata.items()})
            target.close()
    except BaseException:
        target.is_open = False  # otherwise its end writes to the closed file
        raise


class _Parquet:
    """Collects rows as Python values, converts `_BATCH_SIZE` bytes at a time, and writes a row group of batches."""

    def __init__(self, arrow: Any, target: Any, path: Path, schema: Any) -> None:
        self._arrow, self._target, self._path, self._schema = arrow, target, path, schema
        self._columns: list[list[Value]] = [[] for _ in schema]
        self._batches: list[Any] = []
        self._batch_size = self._size = 0

    def write(self, row: Row) -> None:
        size = _ROW_SIZE
        for column, (name, value) in zip(self._columns, row.items(), strict=True):
            column.append(value)
            if isinstance(value, str) and name not in _REPEATED:
                size += len(value) if value.isascii() else 3 * len(value)
        self._batch_size += size
        self._size += size
        if self._batch_size >= _BATCH_SIZE:
            self._convert()
        if self._size >= GROUP_SIZE:
            with names_file(self._path):
                self.flush()

    def flush(self) -> None:
        """Write the rows so far as a row group."""
        self._convert()
        if not self._batches:
            return
        table = self._arrow.Table.from_batches(self._batches, schema=self._schema)
        self._batches, self._size = [], 0
        # Different dictionaries in a row group would end the use of a dictionary.
        self._target.write_table(table.unify_dictionaries())
        del table
        self._arrow.default_memory_pool().release_unused()

    def _convert(self) -> None:
        if self._columns[0]:
            arrays = [self._array(field, values) for field, values in zip(self._schema, self._columns, strict=True)]
            self._batches.append(self._arrow.RecordBatch.from_arrays(arrays, schema=self._schema))
            self._columns = [[] for _ in self._schema]
        self._batch_size = 0

    def _array(self, field: Any, values: Sequence[Value]) -> Any:
        if field.name not in _REPEATED:
            return self._arrow.array(values, field.type)
        numbers = {value: number for number, value in enumerate(dict.fromkeys(values))}
        indices = self._arrow.array([numbers[value] for value in values], self._arrow.int32())
        return self._arrow.DictionaryArray.from_arrays(indices, self._arrow.array(list(numbers), self._arrow.string()))
