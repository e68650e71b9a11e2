"""Read local files as pages: `-a path=` is a file or a folder. Files are read only; nothing is written.

The URL of a page is the file's path below the folder, percent-encoded; `#page=3` follows for an article of an issue. A
`.yaml` file of the same name becomes `page.second_page`; the arguments that describe the files become the form in
`page.request_body`. Symbolic links are not followed.
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
from crawler.newspapers.metadata import article_fragment
from crawler.reading.page import Page
from crawler.recordings.protocol import RecordingError
from crawler.text.plural import plural

logger = logging.getLogger(__name__)

# Bytes. The text of a newspaper page has about 20 kB, its PDF with pictures a few MB.
MAX_BYTES, MAX_PDF_BYTES = 4 * 2**20, 64 * 2**20
METADATA_SUFFIXES = (".yaml", ".yml")
PDF_MAGIC = b"%PDF-"
_SYMLINK = "a symbolic link, which is not followed: pass its target as path="
_RUN_ARGUMENTS = ("path", "since", "until", "limit")  # they do not describe the files
_SITE_ARGUMENTS = ("url", "keyword", "channel", "pages", "refresh", "from")  # not allowed together with path=


class LocalFiles:
    """The files below `path=` in *arguments*. *types* are those that a source reads: suffix -> content type.

    Raises `ArgumentError` if path= is missing or does not exist, or if an argument for web sites is given.
    """

    def __init__(self, arguments: Mapping[str, str], types: Mapping[str, str]) -> None:
        for name in _SITE_ARGUMENTS:
            if name in arguments:
                raise ArgumentError(f"{name}= cannot be combined with path=")
        if not arguments.get("path"):
            raise ArgumentError(f"path= is missing: pass a file ({', '.join(types)}), or a folder of such files")
        self.types = types
        self.metadata = {name: value for name, value in arguments.items() if name not in _RUN_ARGUMENTS}
        try:
            self.path = Path(arguments["path"]).expanduser().resolve(strict=True)
        except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: circular symbolic links
            reason = error.strerror if isinstance(error, OSError) else error
            raise ArgumentError(f"path={quote_path(arguments['path'])}: {reason}") from None
        self.root = self.path if self.path.is_dir() else self.path.parent

    def __iter__(self) -> Iterator[Page | RecordingError]:
        """Yield each file as a page, sorted by name, the files of a folder before its subfolders.

        For a file that cannot be read, yield a `RecordingError` that names it.
        """
        folders, ignored = [self.path] if self.path.is_dir() else [], 0
        if not folders:
            yield from self._pages(self.path)
        while folders:
            folder, subfolders = folders.pop(), []
            try:
                with os.scandir(folder) as found:
                    entries = sorted(found, key=lambda entry: os.fsencode(entry.name))
            except OSError as error:
                yield RecordingError(f"{self._url(folder)}: {error.strerror}")
                continue
            for entry in entries:
                path = folder / entry.name
                if entry.name.startswith("."):  # hidden files of systems and tools
                    continue
                if _is_folder(entry, follow=False):
                    subfolders.append(path)
                elif self._type(path):
                    yield from self._pages(path)
                elif _is_folder(entry, follow=True):
                    yield RecordingError(f"{self._url(path)}: {_SYMLINK}")
                elif path.suffix.lower() not in METADATA_SUFFIXES:
                    ignored += 1
            folders += reversed(subfolders)
        if ignored:
            logger.info("ignored: %s of a type other than %s", plural(ignored, "file"), ", ".join(self.types))

    def find(self, method: str, url: str, sent: bytes) -> Page | None:
        """Return None: the only second page of a file is its `.yaml` file, which is already read."""
        return None

    def _type(self, path: Path) -> str | None:
        return self.types.get(path.suffix.lower())

    def _url(self, path: Path) -> str:
        return quote_path(str(path.relative_to(self.root)) if path != self.root else str(path))

    def _pages(self, path: Path) -> Iterator[Page | RecordingError]:
        """Yield the content of a file as a page, or as one for each article of a PDF."""
        url, type_ = self._url(path), self._type(path)
        if type_ is None:
            yield RecordingError(f"{url}: unknown file type; allowed are: {', '.join(self.types)}")
            return
        try:
            body, changed = read_file(path, MAX_PDF_BYTES if type_.endswith("pdf") else MAX_BYTES)
            bodies = [("", body)]
            if body.startswith(PDF_MAGIC) or type_.endswith("pdf"):
                bodies, type_ = list(_articles(body)), "text/html; charset=utf-8"
            modified = formatdate(changed, usegmt=True)
            metadata = self._metadata_page(path)
        except OSError as error:
            yield RecordingError(f"{url}: {error.strerror or error}")
            return
        except (ValueError, OverflowError) as error:  # OverflowError: the year of the last change is out of range
            yield RecordingError(f"{url}: {error}")
            return
        for fragment, body in bodies:
            yield Page(
                url=url + fragment,
                body=body,
                headers={"content-type": type_, "last-modified": modified},
                request_body=urlencode(self.metadata).encode(),
                fetched_at=datetime.now(UTC).isoformat(timespec="seconds"),
                second_page=metadata,
            )

    def _metadata_page(self, path: Path) -> Page | None:
        """Return the `.yaml` file beside *path*, or None if it does not exist. Raises OSError, ValueError."""
        for suffix in METADATA_SUFFIXES:
            with suppress(FileNotFoundError):
                file = path.with_suffix(suffix)
                body, _ = read_file(file, MAX_BYTES)
                return Page(self._url(file), body, headers={"content-type": "application/yaml; charset=utf-8"})
        return None


def _articles(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the articles of a PDF: the fragment of the URL, and HTML. Raises `PdfError`.

    The articles of an issue have `#page=` (RFC 8118). Title and author of the file are not theirs.
    """
    from crawler.newspapers.pdf import read_pdf, to_html  # a twentieth of the time of each start

    document = read_pdf(body)
    for article in document.articles:
        info = document.info
        if article.page:
            info = {name: value for name, value in info.items() if name not in ("Title", "Author")}
        yield article_fragment(article.page, article.number), to_html(article, info).encode("utf-8", "replace")


def _is_folder(entry: os.DirEntry[str], follow: bool) -> bool:
    try:
        return entry.is_dir(follow_symlinks=follow)
    except OSError:  # a circular symbolic link
        return False


def read_file(path: Path, limit: int) -> tuple[bytes, float]:
    """Return the content of a file, and the time of its last change in seconds since the epoch.

    Raises OSError; and ValueError for a symbolic link, for anything but a regular file, for an empty file, and for one
    with more than *limit* bytes.
    """
    try:
        # O_NONBLOCK: opening a named pipe does not wait for a writer.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise ValueError(_SYMLINK) from error
        raise
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("not a regular file")
        body = file.read(limit + 1)
    if len(body) > limit:
        raise ValueError(f"larger than {limit // 2**20} MB")
    if not body.strip(b" \t\r\n\0"):
        raise ValueError("the file is empty")
    return body, status.st_mtime


def quote_path(path: str) -> str:
    """Return a file system path as a readable URL path.

    Letters and digits of all scripts, and printable characters that are not ASCII, are kept. White space, control
    characters and ASCII punctuation except `-_./` are percent-encoded. Bytes that are not valid UTF-8 are kept as
    percent-encoded bytes.
    """
    return "".join(
        char if char in "-_./" or char.isalnum() or (char.isprintable() and not (char.isascii() or char.isspace()))
        else "".join(f"%{byte:02X}" for byte in os.fsencode(char))
        for char in path
    )  # fmt: skip
