"""Who may import whom: what keeps readers replayable and the pure rooms pure."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

CRAWLER = Path(__file__).parent.parent / "crawler"
MODULES = sorted(path.relative_to(CRAWLER).as_posix() for path in CRAWLER.rglob("*.py"))

PURE = (
    "items",
    "addresses",
    "page",
    "reading",
    "candidates",
    "dates",
    "arguments",
    "normalize",
    "markdown",
    "escapes",
    "flavour/",
    "near",
    "selecting",
    "checks",
    "mojibake",
    "weight",
    "full_width",
    "seams",
    "credits",
    "reflow",
    "columns",
    "pdf",
    "prints",
    "drafting/",
    "layouts/",
)
WORLD = {"os", "pathlib", "shutil", "tempfile", "socket", "subprocess", "time", "requests", "sqlite3", "asyncio"}
# What a spider may use of ours, and of Scrapy: requests are values.
FOR_SPIDERS = {
    "crawler.papers",
    "crawler.epapers",
    "crawler.spider",
    "crawler.items",
    "crawler.reading",
    "crawler.candidates",
    "crawler.page",
    "crawler.dates",
    "crawler.normalize",
    "crawler.arguments",
    "crawler.prints",
    "crawler.full_width",
}


def imports(module: str) -> set[str]:
    """The modules imported at run time: not those for the type checker alone."""
    tree = ast.parse((CRAWLER / module).read_text(encoding="utf-8"))
    checking = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in checking:
            continue
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith(PURE)])
def test_pure_rooms_know_no_scrapy_disk_network_or_clock(module: str) -> None:
    roots = {name.split(".")[0] for name in imports(module)}
    assert not roots & (WORLD | {"scrapy", "twisted"})


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("spiders/")])
def test_a_source_knows_the_reading_rooms_only(module: str) -> None:
    ours = {name for name in imports(module) if name.startswith("crawler")}
    assert ours <= FOR_SPIDERS
    assert not {name.split(".")[0] for name in imports(module)} & WORLD


def test_the_contract_of_a_source_reaches_no_disk_network_or_clock() -> None:
    assert not {name.split(".")[0] for name in imports("source.py")} & WORLD


def test_the_store_and_the_recordings_know_no_scrapy() -> None:
    for module in ("store.py", "recordings.py"):
        assert not {name.split(".")[0] for name in imports(module)} & {"scrapy", "twisted"}
