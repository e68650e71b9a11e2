"""Recorded pages: a page as a folder ("case") that tests replay, crawls re-read and people look into.

page.html | page.bin    the body's raw bytes, its content coding taken off
page.json               the request, the status, the headers, the time, the link that led there
page.2.html, page.2.json   the second answer, where an article takes two
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

from crawler.items import Link
from crawler.page import Page

# What describes the body's way over the wire, not the body that is kept; and what nobody else may read.
_LEFT_OUT = {"content-encoding", "content-length", "transfer-encoding", "connection", "set-cookie"}


def save_case(folder: Path, page: Page) -> None:
    """Write *page* into *folder*, which is made. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    _save(folder, "page", page)
    if page.second:
        _save(folder, "page.2", page.second)


def load_case(folder: Path) -> Page:
    """The page in *folder*. Raises FileNotFoundError, naming what is missing."""
    page = _load(folder, "page")
    return replace(page, second=_load(folder, "page.2")) if (folder / "page.2.json").exists() else page


def load_cases(root: Path) -> Iterator[tuple[Path, Page]]:
    """Every case below *root* with its folder, in the order of their names."""
    for description in sorted(root.rglob("page.json")):
        yield description.parent, load_case(description.parent)


def _save(folder: Path, stem: str, page: Page) -> None:
    description: dict[str, object] = {"url": page.url}
    if page.method != "GET" or page.sent:
        description |= {"method": page.method, "sent": page.sent.decode("utf-8", "surrogateescape")}
    description |= {
        "status": page.status,
        "headers": {name: value for name, value in page.headers.items() if name not in _LEFT_OUT},
        "time": page.time,
    }
    if page.link:
        description["link"] = asdict(page.link)
    (folder / f"{stem}.{'html' if page.is_html else 'bin'}").write_bytes(page.body)
    text = json.dumps(description, ensure_ascii=False, indent=2)
    (folder / f"{stem}.json").write_text(text + "\n", encoding="utf-8", errors="surrogateescape")


def _load(folder: Path, stem: str) -> Page:
    description = json.loads((folder / f"{stem}.json").read_text(encoding="utf-8", errors="surrogateescape"))
    bodies = [path for path in (folder / f"{stem}.html", folder / f"{stem}.bin") if path.exists()]
    if not bodies:
        raise FileNotFoundError(f"{folder} has no {stem}.html and no {stem}.bin")
    link = description.get("link")
    return Page(
        url=description["url"],
        body=bodies[0].read_bytes(),
        status=description.get("status", 200),
        headers=description.get("headers", {}),
        method=description.get("method", "GET"),
        sent=description.get("sent", "").encode("utf-8", "surrogateescape"),
        time=description.get("time", ""),
        link=Link(**link) if link else None,
    )
