"""Limits of CPU time, for tests that hostile input is read in linear time.

Quadratic time takes minutes where these limits are seconds. A call that takes too long is repeated, because other
processes can double the CPU time, and a full garbage collection in a long test run takes half a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

_CALLS = 3


def within(seconds: float, work: Callable[[], Result], what: str = "the call") -> Result:
    """Return the result of *work*. Fails if each of three calls takes *seconds* or more of CPU time."""
    times = []
    for _ in range(_CALLS):
        result, taken = _timed(work)
        if taken < seconds:
            return result
        times.append(taken)
    raise AssertionError(f"{what} takes {min(times):.2f} s of CPU time, expected less than {seconds} s")


def assert_linear(
    work: Callable[[int], object], small: int, large: int, *, times: float = 3, fast: float = 0.5
) -> None:
    """Fail if *work* of *large* takes more than *times* the time in proportion to *small*, and *fast* seconds or more.

    Each call gets one of the two numbers, and makes input of that size.
    """
    limit = max(fast, times * large / small * min(_timed(lambda: work(small))[1] for _ in range(_CALLS)))
    within(limit, lambda: work(large))


def _timed(work: Callable[[], Result]) -> tuple[Result, float]:
    start = time.thread_time()
    result = work()
    return result, time.thread_time() - start
