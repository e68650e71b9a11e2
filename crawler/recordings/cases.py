"""Recorded pages: a page as a folder ("case") that tests replay, crawls re-read and people look into.

page.html | page.bin    the body's raw bytes, its content coding taken off
page.json               the request, the status, the headers, the time, the link that led there
page.2.html, page.2.json   the second answer, where an article takes two
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
from pathlib import Path

from crawler.items import Link
from crawler.reading.page import Page, is_secret
from crawler.recordings.protocol import RecordingError

logger = logging.getLogger(__name__)

# What describes the body's way over the wire, not the body that is kept.
_LEFT_OUT = {"content-encoding", "content-length", "transfer-encoding", "connection"}


def save_case(folder: Path, page: Page, error: str = "") -> None:
    """Keep *page* as *folder*, in the place of what lay there; *error* is what `error.txt` says. Raises OSError.

    The folder appears whole: it is made under another name. A link in its place is replaced, not followed.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".making-"))
    try:
        making.chmod(0o755)
        _save(making, "page", page)
        if page.second_page:
            _save(making, "page.2", page.second_page)
        if error:
            (making / "error.txt").write_text(error, encoding="utf-8", errors="replace")
        remove_case(folder)
        making.rename(folder)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise


def remove_case(folder: Path) -> None:
    """Remove *folder* if it is there. Raises OSError."""
    if not os.path.lexists(folder):  # as a rule
        return
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder)
    else:
        folder.unlink()


def load_case(folder: Path) -> Page:
    """The page in *folder*. Raises `RecordingError`."""
    page = _load(folder, "page")
    return replace(page, second_page=_load(folder, "page.2")) if (folder / "page.2.json").exists() else page


class CaseFolder:
    """The recorded pages in the folders below *root*. Raises `RecordingError`."""

    def __init__(self, root: Path) -> None:
        self._pages: dict[tuple[str, str, bytes], Page] = {}
        for description in sorted(root.rglob("page.json")):
            page = load_case(description.parent)
            for answer in (page, page.second_page) if page.second_page else (page,):
                key = answer.method, answer.requested_url or answer.url, answer.request_body
                if key in self._pages:
                    logger.warning("recorded twice, the first is shown: %s (%s)", answer.url, description.parent)
                self._pages.setdefault(key, answer)

    def __iter__(self) -> Iterator[Page]:
        """Every page, in the order of the folders' names."""
        return iter(self._pages.values())

    def find(self, method: str, url: str, sent: bytes) -> Page | None:
        """The answer to a request, None where it was not recorded."""
        return self._pages.get((method, url, sent))


def _save(folder: Path, stem: str, page: Page) -> None:
    description: dict[str, object] = {"url": page.url}
    if page.requested_url:
        description["asked"] = page.requested_url
    if page.method != "GET" or page.request_body:
        description |= {"method": page.method, "sent": page.request_body.decode("utf-8", "surrogateescape")}
    description |= {
        "status": page.status,
        "headers": {
            name: value for name, value in page.headers.items() if name not in _LEFT_OUT and not is_secret(name)
        },
        "time": page.fetched_at,
    }
    if page.truncated:
        description["partial"] = True
    if page.link:
        link = asdict(page.link)
        link["place"] = link.pop("page_label")  # the key of pages that are already recorded
        description["link"] = link
    (folder / f"{stem}.{'html' if page.is_html else 'bin'}").write_bytes(page.body)
    # Half a character, as JSON may have it; those that stand for a byte that is no text stay.
    text = re.sub("[\ud800-\udc7f\udd00-\udfff]", "\ufffd", json.dumps(description, ensure_ascii=False, indent=2))
    (folder / f"{stem}.json").write_text(text + "\n", encoding="utf-8", errors="surrogateescape")


def _load(folder: Path, stem: str) -> Page:
    bodies = [path for path in (folder / f"{stem}.html", folder / f"{stem}.bin") if path.exists()]
    if not bodies:
        raise RecordingError(f"{folder} has no {stem}.html and no {stem}.bin")
    try:
        description = json.loads((folder / f"{stem}.json").read_text(encoding="utf-8", errors="surrogateescape"))
        link = description.get("link")
        label = link.pop("place", "") if link else ""
        return Page(
            url=description["url"],
            requested_url=description.get("asked", ""),
            body=bodies[0].read_bytes(),
            status=description.get("status", 200),
            headers=description.get("headers", {}),
            method=description.get("method", "GET"),
            request_body=description.get("sent", "").encode("utf-8", "surrogateescape"),
            fetched_at=description.get("time", ""),
            truncated=description.get("partial", False),
            link=Link(**link, page_label=label) if link else None,
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise RecordingError(f"{folder / stem}.json cannot be read: {type(error).__name__}: {error}") from error
