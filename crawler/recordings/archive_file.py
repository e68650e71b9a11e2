"""Read the records of one archive file: in their order, or one by its location."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple, Self

from crawler.recordings.parts import Part, parts
from crawler.recordings.plain_records import WARC, PlainRecords
from crawler.recordings.protocol import RecordingError
from crawler.recordings.raw_records import Position, member_bytes, raw_records
from crawler.recordings.views import FileView
from crawler.recordings.warc import WarcRecord, parse

_ARC_NAME = re.compile(r"\.arc(?:\.|\Z)", re.IGNORECASE)


class Location(NamedTuple):
    """A record in archives: the number of the file, the number of the part in it, and the position in the part."""

    file: int
    part: int
    position: Position


def read_records(
    path: Path, skip: Collection[str] = (), is_whole: bool = True
) -> Iterator[tuple[int, Position, str, WarcRecord | RecordingError] | None]:
    """Yield each record of the file: number of its part, position, label (`Page.record`), and the record or its error.

    Records with a WARC-Type in *skip* are left out: None is yielded for each. Without *is_whole*, the records have only
    their WARC header. Raises OSError.
    """
    with path.open("rb") as file:
        number = -1
        for part in parts(file):
            if part is None:
                yield None
                continue
            if isinstance(part, str):
                yield number + 1, Position(0), path.name, RecordingError(f"{path}: damaged file: {part}")
                continue
            number += 1
            name, where = _names(path, part)
            form = "ARC record" if _ARC_NAME.search(name) else "record"
            for position, raw in raw_records(part.view, part.dictionaries):
                try:
                    if isinstance(raw, Exception):
                        raise raw
                    form = "record" if raw.startswith(WARC) else "ARC record"
                    record: WarcRecord | RecordingError | None = parse(raw, skip, is_whole)
                except Exception as error:  # damaged bytes can raise any exception in the parser: report one record
                    reason = str(error) or type(error).__name__
                    record = RecordingError(f"{where}, byte {position}: damaged {form}: {reason}")
                yield (number, position, f"{name}:{position}", record) if record else None


def _names(path: Path, part: Part) -> tuple[str, str]:
    """Return the label of a part, without and with the folder of its file."""
    return (f"{path.name}/{part.name}", f"{path}/{part.name}") if part.name else (path.name, str(path))


class ArchiveReader:
    """Reads single records of several files. Keeps the last part open, and the last member in a temporary file."""

    def __init__(self, paths: list[Path]) -> None:
        self._paths = paths
        self._part: tuple[int, int, Part] | None = None
        self._member: tuple[int, FileView] | None = None
        self._part_stack, self._member_stack = ExitStack(), ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self._part = self._member = None
        self._member_stack.close()
        self._part_stack.close()

    def read(self, location: Location) -> tuple[str, WarcRecord]:
        """Return the label and the record at *location*.

        Raises OSError; `RecordingError` if it cannot be read, which is the case if the file has changed.
        """
        path = self._paths[location.file]
        part = self._open(location)
        name, where = _names(path, part) if part else (path.name, str(path))
        try:
            record = parse(self._raw(part, location.position)) if part else None
            if not record:
                raise ValueError("the file has changed")
        except Exception as error:  # as in `read_records`
            raise RecordingError(f"{where}, byte {location.position}: {error}") from error
        return f"{name}:{location.position}", record

    def _open(self, location: Location) -> Part | None:
        if not self._part or self._part[:2] != location[:2]:
            self.close()
            file = self._part_stack.enter_context(self._paths[location.file].open("rb"))
            generator = parts(file, location.part)
            self._part_stack.callback(generator.close)  # type: ignore[attr-defined]
            for part in generator:
                if isinstance(part, Part):
                    self._part = *location[:2], part
                    break
        return self._part[2] if self._part else None

    def _raw(self, part: Part, position: Position) -> bytes:
        raw: bytes | Exception | None
        if position.dictionary >= 0:
            part.dictionaries.read_frame(part.view, position.dictionary)
        if position.inner:
            raw, _ = self._records_of_member(part, position.offset).read(position.inner)
        else:
            _, raw = next(raw_records(part.view, part.dictionaries, position.offset), (None, None))
        if isinstance(raw, Exception):
            raise raw
        return raw or b""

    def _records_of_member(self, part: Part, offset: int) -> PlainRecords:
        if not self._member or self._member[0] != offset:
            self._member_stack.close()
            temporary = self._member_stack.enter_context(TemporaryFile())  # noqa: SIM115 - closed with the stack
            for chunk in member_bytes(part.view, part.dictionaries, offset):
                temporary.write(chunk)
            temporary.flush()
            self._member = offset, FileView(temporary)
        return PlainRecords(self._member[1])
