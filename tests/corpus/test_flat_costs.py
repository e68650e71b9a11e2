"""Memory and statements of reconciliation and check do not grow with the number of files."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from crawler.corpus.hashes import Hashes, open_hashes
from crawler.corpus.ledger import Ledger, open_ledger
from crawler.corpus.reconcile import agree, rebuild
from crawler.corpus.store import Store
from crawler.layouts import hugo
from tests.corpus.corpora import article
from tests.support.mirror import ROOT

FOLDERS = ["toy/2025/02", "toy/undated"]


def fill(root: Path, number: int) -> None:
    """Write *number* files into each of `FOLDERS`, without syncs."""
    text = hugo.render(article("NAME", date="2025-02-11"))
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True)
        for index in range(number):
            name = f"{folder[-1]}{index:06}"
            (root / folder / f"{name}.md").write_text(text.replace("NAME", name))


MEASURE = """
import json, logging, sys
from pathlib import Path
from crawler.corpus.check import check
from crawler.corpus.hashes import open_hashes
from crawler.corpus.ledger import open_ledger
from crawler.corpus.reconcile import rebuild, reconcile
from crawler.corpus.store import Store
root = Path(sys.argv[1])
logging.disable()
store, ledger = Store(root), open_ledger(root / ".state", "")
hashes = open_hashes(root, ledger, "toy")
count = rebuild(store, ledger, hashes, "toy")
findings = list(check(store, ledger, hashes, "toy"))
(root / "toy").rename(root / "lost")
reconcile(store, ledger, hashes, "toy")
left = ledger.articles.count_written("toy")
peak = next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(json.dumps([count, len(findings), left, 1024 * int(peak)]))
"""


def measure(root: Path, number: int) -> int:
    """Rebuild and check the ledger of 2 * *number* files, and lose them; return the peak memory in bytes."""
    fill(root, number)
    done = subprocess.run([sys.executable, "-c", MEASURE, str(root)], cwd=ROOT, capture_output=True, check=True)
    count, findings, left, peak = json.loads(done.stdout)
    assert (count, findings, left) == (2 * number, 0, 0)
    return int(peak)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[Store, Ledger, Hashes]]:
    with closing(open_ledger(tmp_path / ".state", "")) as ledger:
        yield Store(tmp_path), ledger, open_hashes(tmp_path, ledger, "toy")


def test_memory_does_not_grow_with_the_files(tmp_path: Path) -> None:
    growth = measure(tmp_path / "many", 3000) - measure(tmp_path / "few", 1000)
    assert growth / 4000 < 700  # bytes for each additional file; with all paths or rows in memory: 1,500


def test_agree_compares_names(opened: tuple[Store, Ledger, Hashes]) -> None:
    store, ledger, hashes = opened
    fill(store.root, 3)
    rebuild(store, ledger, hashes, "toy")
    folder, path = FOLDERS[0], store.root / FOLDERS[0] / "2000001.md"
    assert agree(store, ledger, folder)
    path.rename(path.with_name("2000009.md"))
    assert not agree(store, ledger, folder)
    path.with_name("2000009.md").rename(path)
    assert agree(store, ledger, folder)
    ledger.articles.reopen("toy", ["2000000"])
    assert not agree(store, ledger, folder)
    path.with_name("2000000.md").unlink()
    assert agree(store, ledger, folder)
    path.unlink()
    path.mkdir()
    assert not agree(store, ledger, folder)
    assert agree(store, ledger, "toy/2030/01")
