"""Local files as pages: `-a path=` names one, or a folder. The room that reads them; nothing in it writes.

A file's address is its name below the folder. What stands beside it in a `.yaml` of the same name is its page's second
answer; the arguments that describe it are what it was asked with. Links are not followed, wherever they lead.
"""

from __future__ import annotations

import errno
import logging
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path
from urllib.parse import urlencode

from crawler.crawl.arguments import ArgumentError
from crawler.newspapers.pdf import PdfError, read_pdf, to_html
from crawler.reading.page import Page
from crawler.recordings.protocol import RecordingError

logger = logging.getLogger(__name__)

LARGEST, LARGEST_PDF = 4 * 2**20, 64 * 2**20  # bytes; a page's text has 20 kB, its PDF with pictures a few MB
BESIDE = (".yaml", ".yml")
PDF = b"%PDF-"
_LINK = "a link, which is not followed: its target may be named itself"
_OF_RUNS = ("path", "since", "until", "limit")
_OF_SITES = ("url", "keyword", "channel", "pages", "refresh", "from")  # they go with no path


class LocalFiles:
    """The files that *arguments* name (path=), of the *types* that a source reads: suffix -> content type.

    Raises `ArgumentError` where there is nothing of that name, or for arguments that do not go with it.
    """

    def __init__(self, arguments: Mapping[str, str], types: Mapping[str, str]) -> None:
        for name in _OF_SITES:
            if name in arguments:
                raise ArgumentError(f"path= names the files themselves: {name}= does not go with it")
        if not arguments.get("path"):
            raise ArgumentError(f"path= is missing: it names a file ({', '.join(types)}), or a folder of such files")
        self.types = types
        self.given = {name: value for name, value in arguments.items() if name not in _OF_RUNS}
        try:
            self.path = Path(arguments["path"]).expanduser().resolve(strict=True)
        except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links that lead in a circle
            reason = error.strerror if isinstance(error, OSError) else error
            raise ArgumentError(f"path={address_of(arguments['path'])}: {reason}") from None
        self.root = self.path if self.path.is_dir() else self.path.parent

    def __iter__(self) -> Iterator[Page | RecordingError]:
        """Every file, by name, those of a folder before its folders'; in the place of one that cannot be read, the
        error, which names it."""
        folders, others = [self.path] if self.path.is_dir() else [], 0
        if not folders:
            yield self._page(self.path)
        while folders:
            folder, within = folders.pop(), []
            try:
                with os.scandir(folder) as found:
                    entries = sorted(found, key=lambda entry: os.fsencode(entry.name))
            except OSError as error:
                yield RecordingError(f"{self._address(folder)}: {error.strerror}")
                continue
            for entry in entries:
                path = folder / entry.name
                if entry.name.startswith("."):  # what systems and tools keep for themselves
                    continue
                if _is_folder(entry, follow=False):
                    within.append(path)
                elif self._type(path):
                    yield self._page(path)
                elif _is_folder(entry, follow=True):
                    yield RecordingError(f"{self._address(path)}: {_LINK}")
                elif path.suffix.lower() not in BESIDE:
                    others += 1
            folders += reversed(within)
        if others:
            logger.info("passed by: %d files that are none of %s", others, ", ".join(self.types))

    def find(self, method: str, url: str, sent: bytes) -> Page | None:
        """None: no file takes a second one but that beside it."""
        return None

    def _type(self, path: Path) -> str | None:
        return self.types.get(path.suffix.lower())

    def _address(self, path: Path) -> str:
        return address_of(str(path.relative_to(self.root)) if path != self.root else str(path))

    def _page(self, path: Path) -> Page | RecordingError:
        address, type_ = self._address(path), self._type(path)
        if type_ is None:
            return RecordingError(f"{address}: a file of another kind than {', '.join(self.types)}")
        try:
            body, changed = read_file(path, LARGEST_PDF if type_.endswith("pdf") else LARGEST)
            if body.startswith(PDF) or type_.endswith("pdf"):
                body, type_ = to_html(read_pdf(body)).encode("utf-8", "replace"), "text/html; charset=utf-8"
            return Page(
                url=address,
                body=body,
                headers={"content-type": type_, "last-modified": formatdate(changed, usegmt=True)},
                request_body=urlencode(self.given).encode(),
                fetched_at=datetime.now(UTC).isoformat(timespec="seconds"),
                second_page=self._beside(path),
            )
        except OSError as error:
            return RecordingError(f"{address}: {error.strerror or error}")
        except (ValueError, OverflowError, PdfError) as error:  # OverflowError: changed in a year that cannot be
            return RecordingError(f"{address}: {error}")

    def _beside(self, path: Path) -> Page | None:
        """What a `.yaml` beside a file says of it. Raises OSError, ValueError."""
        for suffix in BESIDE:
            with suppress(FileNotFoundError):
                beside = path.with_suffix(suffix)
                body, _ = read_file(beside, LARGEST)
                return Page(self._address(beside), body, headers={"content-type": "application/yaml; charset=utf-8"})
        return None


def _is_folder(entry: os.DirEntry[str], follow: bool) -> bool:
    try:
        return entry.is_dir(follow_symlinks=follow)
    except OSError:  # a link that leads in a circle
        return False


def read_file(path: Path, most: int) -> tuple[bytes, float]:
    """What a file holds, and when it was changed. Raises OSError, and ValueError for a link, for what is no file, is
    empty, or has more than *most* bytes."""
    try:
        # A pipe is not to wait for its other end.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise ValueError(_LINK) from error
        raise
    with os.fdopen(handle, "rb") as file:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            raise ValueError("no file: a pipe, a device or the like")
        body = file.read(most + 1)
    if len(body) > most:
        raise ValueError(f"larger than {most // 2**20} MB")
    if not body.strip(b" \t\r\n\0"):
        raise ValueError("nothing is in it")
    return body, about.st_mtime


def address_of(name: str) -> str:
    """A file's name as an address that can be read, and that nothing in it can break: letters of all scripts stay, what
    could act or cannot be seen is %-encoded. Names that are no UTF-8 keep their bytes."""
    return "".join(
        char if char in "-_./" or char.isalnum() or (char.isprintable() and not (char.isascii() or char.isspace()))
        else "".join(f"%{byte:02X}" for byte in os.fsencode(char))
        for char in name
    )  # fmt: skip
