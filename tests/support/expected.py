"""Compare the files of a crawl with the expected files of a mirror. *folder* is the folder of the mirror."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from crawler.corpus.store import safe_name
from crawler.layouts import hugo
from tests.support.comparison import deviates, images, images_of_page, plain_text


def manifest(folder: Path, source: str) -> dict[str, dict[str, object]]:
    """Return the expected articles of a source by the names of their files."""
    lines = (folder / "expected/manifest.jsonl").read_text(encoding="utf-8").splitlines()
    return {safe_name(row["id"]): row for row in map(json.loads, lines) if row["source"] == source}


def errors(folder: Path) -> list[dict[str, str]]:
    """Return the pages of the mirror that are not articles: `url`, `class` and more."""
    return list(map(json.loads, (folder / "expected/errors.jsonl").read_text(encoding="utf-8").splitlines()))


def check_exact_files(folder: Path, source: str, files: Mapping[str, bytes], omitted: frozenset[str]) -> None:
    """Assert the bytes of the files that the format determines, at least one. *omitted*: ids without a file."""
    rows = {name: row for name, row in manifest(folder, source).items() if row["exact"] and name not in omitted}
    assert rows
    different = [
        name
        for name, row in rows.items()
        if files.get(name) != (folder / "expected" / str(row["reference"])).read_bytes()
    ]
    assert different == []


def check_other_files(folder: Path, source: str, files: Mapping[str, bytes], omitted: frozenset[str]) -> None:
    """Assert title, date, thumbnail, pictures and text of the files whose bytes the format does not determine."""
    for name, row in manifest(folder, source).items():
        if row["exact"] or name in omitted:
            continue
        metadata, body = hugo.load(files[name].decode())
        _, expected = hugo.load((folder / "expected" / str(row["reference"])).read_text(encoding="utf-8"))
        assert (metadata["title"], metadata["date"], metadata["thumbnail"]) == (
            row["title"], row["date"], row["thumbnail"],
        )  # fmt: skip
        page = (folder / "expected" / str(row["body_html"])).read_text(encoding="utf-8")
        assert images(body) == (images_of_page(page) if deviates(row) else images(expected)), name
        assert plain_text(body) == plain_text(expected), name
