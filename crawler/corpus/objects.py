"""The article files of a corpus in object storage (S3, Google Cloud Storage, Azure), through obstore.

Each write is one request with a condition: an object is whole or absent, and no writer replaces what it has not read.
File objects and multipart uploads are not used: an interrupted one leaves half of an object, or parts that cost money.

The ledger has the ETag of each object instead of the SHA-256 of a file, so a listing shows which objects another
program has changed. The crawler writes the SHA-256 of the content to the object's metadata. An object whose content has
this hash was written by a run, also if the run was killed before it recorded the ETag: this replaces the lists of
`corpus.hashes`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import obstore
from obstore import exceptions, store

from crawler.corpus.object_place import parse
from crawler.corpus.store import Store, digest

if TYPE_CHECKING:
    from obstore import ObjectMeta, UpdateVersion

PAGE = 1000  # objects in a page of a listing; S3 returns no more
SEAL = "sha256"  # metadata of an object: the SHA-256 of its content, in hexadecimal
_TYPES = {".md": "text/markdown; charset=utf-8", ".parquet": "application/vnd.apache.parquet"}
# Of each request: 5 to 20 seconds while the service cannot be reached. The run ends after that.
_RETRIES: Any = {
    "max_retries": 10,
    "retry_timeout": timedelta(seconds=60),
    "backoff": {"init_backoff": timedelta(seconds=0.5), "max_backoff": timedelta(seconds=5), "base": 2},
}
_TRUE = ("1", "true", "yes", "on")


class ObjectStoreError(OSError):
    """The object storage cannot be used. The message is one line without credentials."""


class ObjectChangedError(ObjectStoreError):
    """Another writer has created, changed or deleted the object since it was read."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object of a listing."""

    path: str  # relative to the prefix
    etag: str
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class Content:
    """An object with its content."""

    data: bytes
    etag: str
    version: UpdateVersion  # for a conditional write
    is_sealed: bool  # whether a run wrote this content


class ObjectStore(Store):
    """The objects below the prefix of *url*, in place of the article files of `Store`.

    *root* is the local folder for state: logs, refused pages, locks. Paths are relative to the prefix. Used by one
    thread, except `get`. All methods raise `ObjectStoreError`.
    """

    def __init__(self, url: str, root: Path) -> None:
        super().__init__(root)
        _, _, self.prefix = parse(url)
        self.url = url.rstrip("/")
        allows_http = os.environ.get("AWS_ALLOW_HTTP", "").lower() in _TRUE
        options: Any = {"connect_timeout": "10s", "timeout": "60s", "allow_http": allows_http}
        with self._errors(""):
            self._remote: Any = store.from_url(url, client_options=options, retry_config=_RETRIES)
        self._read: dict[str, Content] = {}  # the objects that `read` returned last
        self._exist: set[str] = set()  # objects that another writer has created

    # As `Store` --------------------------------------------------------------------------------------------------

    def has(self, path: str) -> bool:
        """Return whether the ledger has a path. A request for each known link would cost more than the whole run.

        `ledger check` finds objects that were deleted.
        """
        return bool(path)

    def read(self, paths: Collection[str], is_new: bool = False) -> dict[str, bytes]:
        """See `Store.read`. No request for an article that *is_new*: the write finds out whether there is an object."""
        wanted = {*paths} & self._exist if is_new else paths
        self._read = {path: found for path in wanted if (found := self.get(path))}
        return {path: found.data for path, found in self._read.items()}

    def file_hash(self, path: str, data: bytes) -> str:
        """Return the ETag of an object that `read` returned last."""
        return self._read[path].etag

    def remove(self, path: str) -> None:
        """Delete an object, if it exists."""
        with self._errors(path), _missing_is_fine():
            obstore.delete(self._remote, path)

    def address(self, path: str) -> str:
        """Return the URL of an object."""
        return f"{self.url}/{path}"

    # Requests ----------------------------------------------------------------------------------------------------

    def is_own(self, path: str) -> bool:
        """Return whether a run wrote the content of an object that `read` returned last."""
        return path in self._read and self._read[path].is_sealed

    def write(self, path: str, data: bytes) -> str:
        """Write an object and return its ETag: a new one, or the replacement of the one that `read` returned last.

        Raises `ObjectChangedError` if it is not new, or not that one any longer: read it again.
        """
        found = self._read.get(path)
        etag = self.put(path, data, found.version if found else None)
        self._exist.discard(path)
        return etag

    def put(self, path: str, data: bytes, version: UpdateVersion | None = None) -> str:
        """Create an object, or replace the one with this *version*, in one request. Return its ETag.

        Raises `ObjectChangedError`.
        """
        attributes = {SEAL: digest(data), "Content-Type": _TYPES.get(Path(path).suffix, "application/octet-stream")}
        with self._errors(path):
            try:
                result = obstore.put(
                    self._remote, path, data, mode=version or "create", attributes=attributes, use_multipart=False
                )
            except (exceptions.AlreadyExistsError, exceptions.PreconditionError, exceptions.NotModifiedError):
                # Also the answer 409 to two requests at the same time, and to a repeated request whose first answer
                # was lost: the object that is read next decides.
                self._exist.add(path)
                raise ObjectChangedError(f"{self.address(path)} was changed by another writer") from None
        return _plain(result["e_tag"])

    def get(self, path: str) -> Content | None:
        """Return an object; None if it does not exist. May be called by several threads."""
        with self._errors(path):
            try:
                result = obstore.get(self._remote, path)
                data = bytes(result.bytes())
            except FileNotFoundError as error:
                if _code(error) == "NoSuchBucket":
                    raise
                return None
            return Content(
                data, _plain(result.meta["e_tag"]), _version(result.meta), result.attributes.get(SEAL) == digest(data)
            )

    def pages(self, folder: str) -> Iterator[list[StoredObject]]:
        """Yield the objects below *folder* in pages of `PAGE`; one request for each page."""
        with self._errors(folder):
            for page in obstore.list(self._remote, f"{folder}/", chunk_size=PAGE):
                yield [StoredObject(str(each["path"]), _plain(each["e_tag"]), each["size"]) for each in page]

    def sources(self) -> list[str]:
        """Return the names of the folders at the top, ordered by name."""
        with self._errors(""):
            found = obstore.list_with_delimiter(self._remote)
        names = (str(name).strip("/") for name in found["common_prefixes"])
        return sorted(name for name in names if not name.startswith("."))

    def is_empty(self, source: str) -> bool:
        """Return whether *source* has no object. One request, which also shows whether the bucket can be read."""
        return next(self.pages(source), None) is None

    @contextmanager
    def _errors(self, path: str) -> Iterator[None]:
        """Raise `ObjectStoreError` for the errors of obstore.

        Their texts are not used: they can contain the URL of a request with a signature, and the answer of the service
        with the name of the key.
        """
        try:
            yield
        except ObjectStoreError:
            raise
        except (exceptions.BaseError, OSError, ValueError) as error:
            where = f"{self.url}/{path}" if path else self.url
            raise ObjectStoreError(f"{where}: {_in_words(error)}") from None


@contextmanager
def _missing_is_fine() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        if _code(error) == "NoSuchBucket":
            raise


def _plain(etag: str | None) -> str:
    """Return an ETag without quotes: some services have them only in headers, and not in listings."""
    return (etag or "").strip('"')


def _version(meta: ObjectMeta) -> UpdateVersion:
    """Return the condition for the replacement of an object: S3 and Azure compare the ETag, Google the version."""
    version: UpdateVersion = {"e_tag": meta["e_tag"]}
    if meta["version"] is not None:
        version["version"] = meta["version"]
    return version


_STATUS = re.compile(r"status code: ([0-9]{3})(?: ([A-Za-z ]+))?")
_CODE = re.compile(r"<Code>([A-Za-z]{1,60})</Code>")
_CAUSES = (  # parts of obstore's texts, in lower case
    ("builder error", "plain HTTP is refused; set AWS_ALLOW_HTTP=true for a service without TLS"),
    ("metadata", "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or those of the other services"),
    ("account must be specified", "no account: set AZURE_STORAGE_ACCOUNT_NAME"),
    ("timed out", "the service did not answer in time"),
    ("error sending request", "the service could not be reached"),
    ("http error", "the connection failed"),
)


def _code(error: Exception) -> str:
    """Return the error code in the answer of the service, such as NoSuchBucket; "" without one."""
    found = _CODE.search(str(error))
    return found[1] if found else ""


def _in_words(error: Exception) -> str:
    """Return the reason of an error of obstore, from a closed set of words."""
    text, code = str(error), _code(error)
    if found := _STATUS.search(text):
        status = f"{found[1]} {(found[2] or '').strip()}".strip()
        return f"HTTP {status} ({code})" if code else f"HTTP {status}"
    lower = text.lower()
    return next((words for part, words in _CAUSES if part in lower), type(error).__name__)
