"""Recorded pages as folders ("cases"), for tests, replays and inspection.

page.html | page.bin       the response body, decompressed, in its original charset
page.json                  the request, the status, the headers, the time, and the link to the article page
page.2.html, page.2.json   the second response, if an article needs two
next.2.html, next.2.json   page 2 of an article on several pages, and so on
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, replace
from itertools import count, takewhile
from pathlib import Path

from crawler.items import Link
from crawler.reading.page import Page, is_secret
from crawler.recordings.protocol import RecordingError

logger = logging.getLogger(__name__)

# Headers of the transfer, which do not describe the stored body.
_OMITTED_HEADERS = {"content-encoding", "content-length", "transfer-encoding", "connection"}


def save_case(folder: Path, page: Page, error: str = "") -> None:
    """Save *page* as *folder*, and replace a folder, file or symbolic link of that name. Raises OSError.

    *error* is the text of `error.txt`; without it, the file is not written. The case is written to a temporary folder,
    which is renamed: *folder* is never incomplete.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".making-"))
    try:
        temporary.chmod(0o755)
        _save(temporary, "page", page)
        if page.second_page:
            _save(temporary, "page.2", page.second_page)
        for number, following in enumerate(page.next_pages, 2):
            _save(temporary, f"next.{number}", following)
        if error:
            (temporary / "error.txt").write_text(error, encoding="utf-8", errors="replace")
        remove_case(folder)
        temporary.rename(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def remove_case(folder: Path) -> None:
    """Remove the case *folder* if it exists. A symbolic link is removed, not followed. Raises OSError."""
    if not os.path.lexists(folder):  # the common case, with one system call
        return
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder)
    else:
        folder.unlink()


def load_case(folder: Path) -> Page:
    """Load the page in *folder*, with its further responses if recorded. Raises `RecordingError`."""
    second = _load(folder, "page.2") if (folder / "page.2.json").exists() else None
    numbers = takewhile(lambda number: (folder / f"next.{number}.json").exists(), count(2))
    following = tuple(_load(folder, f"next.{number}") for number in numbers)
    return replace(_load(folder, "page"), second_page=second, next_pages=following)


def is_case_folder(place: str) -> bool:
    """Return whether *place* is a folder with recorded pages."""
    return Path(place).is_dir() and any(Path(place).rglob("page.json"))


class CaseFolder:
    """The recorded pages in all folders below *root*. Raises `RecordingError`.

    They are indexed by request: method, requested URL and request body. Of several responses to one request, the first
    one in the order of the folder names counts that is not a refused page (`error.txt`).
    """

    def __init__(self, root: Path) -> None:
        self._pages: dict[tuple[str, str, bytes], Page] = {}
        found = sorted(root.rglob("page.json"), key=lambda path: ((path.parent / "error.txt").exists(), path))
        for path in found:
            page = load_case(path.parent)
            for response in page.responses:
                key = response.method, response.requested_url or response.url, response.request_body
                if key in self._pages:
                    logger.warning("%s is ignored: an earlier case also holds %s", path.parent, response.url)
                self._pages.setdefault(key, response)

    def __iter__(self) -> Iterator[Page]:
        """Yield every page, second pages included, in the order of the folder names."""
        return iter(self._pages.values())

    def find(self, method: str, url: str, request_body: bytes) -> Page | None:
        """Return the response to a request, or None if it is not recorded."""
        return self._pages.get((method, url, request_body))


def _save(folder: Path, stem: str, page: Page) -> None:
    metadata: dict[str, object] = {"url": page.url}
    if page.requested_url:
        metadata["asked"] = page.requested_url
    if page.method != "GET" or page.request_body:
        metadata |= {"method": page.method, "sent": page.request_body.decode("utf-8", "surrogateescape")}
    metadata |= {
        "status": page.status,
        "headers": {
            name: value for name, value in page.headers.items() if name not in _OMITTED_HEADERS and not is_secret(name)
        },
        "time": page.fetched_at,
    }
    if page.truncated:
        metadata["partial"] = True
    if page.link:
        link = asdict(page.link)
        link["place"] = link.pop("page_label")  # the JSON key of existing cases
        if not link["thumbnail"]:
            del link["thumbnail"]
        metadata["link"] = link
    (folder / f"{stem}.{'html' if page.is_html else 'bin'}").write_bytes(page.body)
    # Replace lone surrogates, which JSON text of a site may contain and UTF-8 cannot encode. Keep U+DC80 to U+DCFF:
    # "surrogateescape" uses them for bytes that are not UTF-8.
    text = re.sub("[\ud800-\udc7f\udd00-\udfff]", "\ufffd", json.dumps(metadata, ensure_ascii=False, indent=2))
    (folder / f"{stem}.json").write_text(text + "\n", encoding="utf-8", errors="surrogateescape")


def _load(folder: Path, stem: str) -> Page:
    bodies = [path for path in (folder / f"{stem}.html", folder / f"{stem}.bin") if path.exists()]
    if not bodies:
        raise RecordingError(f"{folder} contains neither {stem}.html nor {stem}.bin")
    try:
        metadata = json.loads((folder / f"{stem}.json").read_text(encoding="utf-8", errors="surrogateescape"))
        link = metadata.get("link")
        label = link.pop("place", "") if link else ""
        return Page(
            url=metadata["url"],
            requested_url=metadata.get("asked", ""),
            body=bodies[0].read_bytes(),
            status=metadata.get("status", 200),
            headers=metadata.get("headers", {}),
            method=metadata.get("method", "GET"),
            request_body=metadata.get("sent", "").encode("utf-8", "surrogateescape"),
            fetched_at=metadata.get("time", ""),
            truncated=metadata.get("partial", False),
            link=Link(**link, page_label=label) if link else None,
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise RecordingError(
            f"{folder / stem}.json is not a valid page description: {type(error).__name__}: {error}"
        ) from error
