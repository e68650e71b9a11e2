"""The two forms of a backup: a folder, or a tar file. Either appears under its name when it is complete."""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Literal, Protocol

from crawler.corpus.durable import sync

COMPRESSED, TAR = (".tar.gz", ".tgz"), ".tar"
OTHERS = (".zip", ".7z", ".rar", ".gz", ".xz", ".bz2", ".zst", ".tbz", ".txz")  # endings of archives not supported


class TargetError(ValueError):
    """The target of a backup cannot be used. The message is one line."""


class Target(Protocol):
    """A backup that is being written. Names are relative to the corpus's root. All methods raise OSError."""

    def add_folder(self, name: str, stat: os.stat_result) -> None:
        """Add a folder, before what it contains."""

    def add_file(self, name: str, file: IO[bytes], size: int, stat: os.stat_result) -> None:
        """Add a file with the first *size* bytes of *file*, and the mode and time of *stat*."""

    def add_link(self, name: str, destination: str, stat: os.stat_result) -> None:
        """Add a symbolic link."""

    def add_hard_link(self, name: str, first: str, stat: os.stat_result) -> None:
        """Add another name of the file *first*, which was added before."""

    def close(self) -> None:
        """Complete the backup."""

    def abort(self) -> None:
        """Close an incomplete backup."""


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path
        path.mkdir(mode=0o755)

    def add_folder(self, name: str, stat: os.stat_result) -> None:
        (self._path / name).mkdir(parents=True, exist_ok=True)

    def add_file(self, name: str, file: IO[bytes], size: int, stat: os.stat_result) -> None:
        path = self._path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as copy:
            shutil.copyfileobj(file, copy)
            copy.truncate(size)
        path.chmod(stat.st_mode & 0o777)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    def add_link(self, name: str, destination: str, stat: os.stat_result) -> None:
        (self._path / name).symlink_to(destination)

    def add_hard_link(self, name: str, first: str, stat: os.stat_result) -> None:
        (self._path / name).parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(self._path / first, self._path / name)
        except OSError:  # a file system without hard links
            shutil.copy2(self._path / first, self._path / name)

    def close(self) -> None:
        os.sync()  # one flush: a flush of each file would take longer than all copies

    def abort(self) -> None:
        pass


class _Tar:
    def __init__(self, path: Path, is_compressed: bool) -> None:
        self._file = path.open("xb")
        mode: Literal["w:gz", "w"] = "w:gz" if is_compressed else "w"
        self._tar = tarfile.open(path.name, mode, fileobj=self._file)  # noqa: SIM115

    def add_folder(self, name: str, stat: os.stat_result) -> None:
        self._add(name, tarfile.DIRTYPE, stat)

    def add_file(self, name: str, file: IO[bytes], size: int, stat: os.stat_result) -> None:
        self._add(name, tarfile.REGTYPE, stat, size=size, file=file)

    def add_link(self, name: str, destination: str, stat: os.stat_result) -> None:
        self._add(name, tarfile.SYMTYPE, stat, destination)

    def add_hard_link(self, name: str, first: str, stat: os.stat_result) -> None:
        self._add(name, tarfile.LNKTYPE, stat, first)

    def _add(
        self, name: str, kind: bytes, stat: os.stat_result, link: str = "", size: int = 0, file: IO[bytes] | None = None
    ) -> None:
        member = tarfile.TarInfo(name)
        member.type, member.size, member.linkname = kind, size, link
        member.mode, member.mtime = stat.st_mode & 0o777, int(stat.st_mtime)
        self._tar.addfile(member, file)
        self._tar.members = []  # type: ignore[attr-defined]  # each member, which would take a gigabyte for a million

    def close(self) -> None:
        self._tar.close()  # leaves the file open
        self._file.flush()
        os.fsync(self._file.fileno())
        self.abort()

    def abort(self) -> None:
        with suppress(OSError):  # closing writes what is buffered, which fails again on a full disk
            self._file.close()


@contextmanager
def new_target(path: Path) -> Iterator[tuple[Target, Path]]:
    """Yield the backup *path* and a folder for temporary files; rename the backup to *path* after the block.

    The name decides the form: `.tar`, `.tar.gz` or `.tgz` is a tar file, any other name a folder. Until then, all files
    are in a temporary folder beside it, which an error removes. Raises OSError; FileExistsError if *path* exists.
    """
    work = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp"))
    target: Target | None = None
    try:
        copy = work / "copy"
        is_compressed = path.name.endswith(COMPRESSED)
        target = _Tar(copy, is_compressed) if is_compressed or path.name.endswith(TAR) else _Folder(copy)
        yield target, work
        target.close()
        if os.path.lexists(path):
            raise FileExistsError(f"{path} was created meanwhile")
        copy.rename(path)
        sync(path.parent)
    finally:
        if target:
            target.abort()
        shutil.rmtree(work, ignore_errors=True)


def check_target(path: Path, root: Path) -> None:
    """Raise `TargetError` if a backup of the corpus at *root* cannot be written to *path*."""
    if os.path.lexists(path):
        raise TargetError(f"{path} exists: choose a new name")
    if not path.parent.is_dir():
        raise TargetError(f"{path.parent} is not a folder: create it first")
    real_root, real_parent = Path(os.path.realpath(root)), Path(os.path.realpath(path.parent))
    if real_parent.is_relative_to(real_root):
        raise TargetError(f"{path} is inside the corpus: choose a name outside of {root}")
    if path.name.endswith(OTHERS) and not path.name.endswith(COMPRESSED):
        raise TargetError(f"{path.name}: a backup is a folder, or a file whose name ends with .tar, .tar.gz or .tgz")
