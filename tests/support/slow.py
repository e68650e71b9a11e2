"""Decide which tests are slow: `make quick` leaves them out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

# Every test in these folders and modules is slow.
FOLDERS = (
    *("tests/end_to_end/", "tests/robustness/", "tests/bench/", "tests/health/test_judgement"),
    *("tests/markdown/test_walker.py", "tests/support/test_dependencies.py"),
)
# Functions that start crawls, modules that start processes and servers, and simulations of many days.
STARTERS = {("tests.support.mirror", name) for name in ("crawl", "press_corpus", "scrapy", "serve")}
MODULES = {
    *("subprocess", "multiprocessing", "http.server", "socketserver"),
    *("tests.health.judgement_simulation", "tests.jobs.schedule_simulation"),
}
# Fixtures: `shared` leads to the mirror of the sites, `postgres_server` starts PostgreSQL.
FIXTURES = {"shared", "postgres_server"}


def is_slow(item: pytest.Item) -> bool:
    """Return whether a test is in FOLDERS, is a property test, or uses one of STARTERS, MODULES or FIXTURES.

    Its code, the code of its fixtures, and all functions and classes of tests/ to which they refer, are searched.
    """
    if item.nodeid.startswith(FOLDERS):
        return True
    if not isinstance(item, pytest.Function):
        return False
    if getattr(item.function, "is_hypothesis_test", False) or FIXTURES & set(item.fixturenames):
        return True
    # The fixtures with the parameters of this test: "postgresql" gets its database by `request.getfixturevalue`.
    if "postgresql" in getattr(getattr(item, "callspec", None), "params", {}).values():
        return True
    definitions = (item._fixtureinfo.name2fixturedefs.get(name, ()) for name in item.fixturenames)
    functions = [item.function, *(definition.func for group in definitions for definition in group)]
    seen: set[Any] = set()
    return any(_starts_process(function, seen) for function in functions)


def _starts_process(value: Any, seen: set[Any]) -> bool:
    name = getattr(value, "__name__", "")
    module = name if isinstance(value, ModuleType) else getattr(value, "__module__", None) or ""
    if module in MODULES or (module, name) in STARTERS:
        return True
    if not module.startswith("tests.") or not isinstance(value, FunctionType | type) or value in seen:
        return False
    seen.add(value)
    if isinstance(value, type):
        members: list[Callable[..., Any]] = [getattr(member, "fget", member) for member in vars(value).values()]
        return any(_starts_process(member, seen) for member in members)
    return any(_starts_process(value.__globals__.get(name), seen) for name in _names(value.__code__))


def _names(code: CodeType) -> Iterator[str]:
    """Yield the names of globals and attributes in *code* and in the functions that it defines."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
