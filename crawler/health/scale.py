"""Numbers of the plots: the top of a scale, the usual value, and the text of percentages and axis labels."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

Values = Sequence[float | None]  # one for each day; None if the day has no value

OUTLIER = 4  # a value above this multiple of the common ones is cut off: one backfill would flatten two months


def ceiling(values: Values) -> float:
    """Return the round number at the top of a scale: the highest value, ignoring one or two outliers."""
    known = sorted(value for value in values if value)
    if not known:
        return 1
    common = known[max(len(known) - 3, 0)]
    return rounded(known[-1] if known[-1] <= OUTLIER * common else 1.5 * common)


def rounded(value: float) -> int:
    """Return the smallest of 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30 … that is not below *value*."""
    power: int = 10 ** (len(str(int(value))) - 1)
    steps = (step * power // 10 for step in (10, 15, 20, 30, 40, 50, 60, 80, 100, 150) if power > 1 or step != 15)
    return next(step for step in steps if step >= value)


def usual(values: Values) -> float | None:
    """Return the median of the days that have a value."""
    known = [value for value in values if value is not None]
    return median(known) if known else None


def last_and_usual_percent(values: Values) -> str:
    """Write the last and the usual share in percent: "12, 98"."""
    known = [value for value in values if value is not None]
    return f"{percent(known[-1])}, {percent(median(known))}" if known else "–"


def percent(share: float) -> str:
    """Write a share in percent. Only exactly 1 is 100, only exactly 0 is 0."""
    number = round(100 * min(max(share, 0), 1))
    return f"{99 if number == 100 and share < 1 else 1 if number == 0 and share > 0 else number}"


def short(value: float) -> str:
    """Write a number for an axis: 950, 1.5k, 20k, 3M."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"
