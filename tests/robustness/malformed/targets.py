"""Register targets of the fuzzer: functions that read external input, with strategies that generate the input."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

Targets = dict[str, tuple[Callable[..., None], st.SearchStrategy[tuple[Any, ...]]]]
seen: Counter[str] = Counter()  # outcomes of all examples


class InvalidResult(AssertionError):
    """A target returned a result that must not occur."""


def register(
    targets: Targets, *strategies: st.SearchStrategy[Any]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that adds a function to *targets*; *strategies* generate its arguments."""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        targets[function.__name__] = function, st.tuples(*strategies)
        return function

    return decorate
