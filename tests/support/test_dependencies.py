"""pyproject.toml declares every package that the code imports."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
# Extras of users: crawler/ must run without them.
OPTIONAL = ("cluster", "data", "fast", "mcp", "notices", "objects", "pdf", "pictures", "postgres", "schedule", "site")
# Import an extra at their top: commands import these modules in a function, and name a missing extra.
LAZY_MODULES = {
    ROOT / "crawler/corpus/objects.py",
    ROOT / "crawler/jobs/scheduler.py",
    ROOT / "crawler/data/mcp_server.py",
    ROOT / "crawler/website/shards.py",
    *(
        ROOT / "crawler/cluster" / f"{name}.py"
        for name in ("application", "queue_jobs", "queue_schema", "upkeep", "worker")
    ),
}
# Modules of packages that are installed in another environment, or on other Python versions only.
NOT_INSTALLED = {
    "compression": "",  # standard library of Python 3.14
    "backports": "backports-zstd",
    "crawlee": "crawlee",
    "html_to_markdown": "html-to-markdown",
    "newspaper": "newspaper4k",
    "newsplease": "news-please",
    "trafilatura": "trafilatura",
}
DISTRIBUTIONS = packages_distributions()


def normalized(name: str) -> str:
    """Return the normalized name of a distribution (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(requirements: list[str]) -> set[str]:
    """Return the normalized names in *requirements*, and those of the extras that they include."""
    names: set[str] = set()
    for requirement in requirements:
        match = re.match(r"([\w.-]+)(?:\[([\w,-]+)\])?", requirement)
        assert match, requirement
        names.add(normalized(match[1]))
        if match[1] == PROJECT["name"]:
            for extra in match[2].split(","):
                names |= declared(EXTRAS[extra])
    return names


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield each imported top-level module of other packages, and whether the import is at the top of the file.

    An import in a function or in a `try` block is not at the top. `import_module("x")`, `find_spec("x")` and
    `importorskip("x")` count as imports in a function.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = set(tree.body)
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""] if not node.level else []
        elif isinstance(node, ast.Call) and node.args:
            function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            value = getattr(node.args[0], "value", None)
            if function in ("import_module", "find_spec", "importorskip") and isinstance(value, str):
                names = [value]
        for name in names:
            module = name.partition(".")[0]
            if module not in sys.stdlib_module_names and module not in ("crawler", "tests"):
                yield module, node in top


def distributions(module: str) -> set[str]:
    """Return the normalized names of the distributions that provide *module*."""
    if module in NOT_INSTALLED:
        return {NOT_INSTALLED[module]}
    return {normalized(name) for name in DISTRIBUTIONS.get(module, [module])}


def undeclared(folder: str, requirements: set[str]) -> list[str]:
    """Return "path: module" for each import in *folder* from a package that *requirements* lacks."""
    return [
        f"{path.relative_to(ROOT)}: {module}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for module, _ in imports(path)
        if not distributions(module) & {*requirements, ""}
    ]


def test_crawler_imports_only_declared_packages() -> None:
    names = declared([*PROJECT["dependencies"], *(name for extra in OPTIONAL for name in EXTRAS[extra])])
    assert undeclared("crawler", names) == []


def test_tests_import_only_declared_packages() -> None:
    names = declared([*PROJECT["dependencies"], *EXTRAS["dev"], *EXTRAS["bench"]])
    assert undeclared("tests", names) == []


def test_crawler_runs_without_the_extras() -> None:
    required = declared(PROJECT["dependencies"])
    unguarded = [
        f"{path.relative_to(ROOT)}: {module}"
        for path in sorted((ROOT / "crawler").rglob("*.py"))
        if path not in LAZY_MODULES
        for module, is_at_top in imports(path)
        if is_at_top and not distributions(module) & required
    ]
    assert unguarded == []


def test_every_dependency_is_imported() -> None:
    imported = {
        name for path in (ROOT / "crawler").rglob("*.py") for m, _ in imports(path) for name in distributions(m)
    }
    optional = (requirement for extra in OPTIONAL for requirement in EXTRAS[extra])
    assert declared([*PROJECT["dependencies"], *optional]) - imported == set()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import yaml", [("yaml", True)]),
        ("from lxml.html import HtmlElement", [("lxml", True)]),
        ("import os, crawler.items\nfrom . import a\nfrom tests.bench import pages", []),
        ("try:\n    import isal\nexcept ImportError:\n    pass", [("isal", False)]),
        ("def f():\n    import apprise\n    import_module('requests.api')", [("apprise", False), ("requests", False)]),
    ],
)
def test_imports_finds_modules(source: str, expected: list[tuple[str, bool]], tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(source, encoding="utf-8")
    assert list(imports(path)) == expected
