"""Plots as SVG: values of consecutive days in, one `svg` element out.

A plot is 300 units wide, about as many pixels as on a phone or in a quarter of a desktop window, so its text keeps its
size. No plot depends on color: positions, shapes and text show the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from statistics import median

from crawler.health.html import Element, element, truncate
from crawler.health.scale import Values, ceiling, percent, short, usual

WIDTH = 300
BAR_WIDTH = 0.72  # of the width of a day
ROW_HEIGHT, ROW_PLOT_HEIGHT = 18, 13  # of a row of small multiples, and of the plot in it


@dataclass(frozen=True, slots=True)
class Frame:
    """The area of a plot, in units of the SVG. Days are placed from *left* to *right*."""

    days: Sequence[date]
    left: float
    right: float
    top: float
    height: float
    form: str = "%m-%d"  # strftime format of the dates

    @property
    def base(self) -> float:
        return self.top + self.height

    @property
    def day_width(self) -> float:
        return (self.right - self.left) / len(self.days)

    def x(self, day: int) -> float:
        """Return the center of the day with index *day*."""
        return self.left + (day + 0.5) * self.day_width

    def y(self, share: float) -> float:
        """Return the position of a share of the height, from 0 (base) to 1 (top)."""
        return self.base - min(max(share, 0), 1) * self.height


def bars(label: str, days: Sequence[date], values: Values, marks: Sequence[str], notes: Sequence[str]) -> Element:
    """Draw bars for counts per day. The last bar is pale, because its day is not over.

    *marks* are drawn below the days: "fine" as a stroke, "watch" as an empty triangle, "alarm" as a filled one, "" as
    nothing. *notes* are appended to the tooltips.
    """
    frame, scale = Frame(days, 30, WIDTH - 1, 10, 112), ceiling(values)
    parts = [
        *_axis(frame, scale, usual(values)),
        *_bars(frame, values[:-1], scale),
        *_bars(frame, [*[None] * (len(days) - 1), values[-1]], scale, "bar pale"),
        *_over_scale(frame, values, scale),
        *_run_marks(frame, marks),
        *_dates(frame, below=10),
    ]
    tooltips = [" ".join(filter(None, (_count(value), note))) for value, note in zip(values, notes, strict=True)]
    return _image(label, frame.base + 24, *parts, *_tooltips(frame, tooltips))


def months(label: str, first_days: Sequence[date], values: Values) -> Element:
    """Draw bars for counts per month. *first_days* are the first days of consecutive months."""
    frame, scale = Frame(first_days, 30, WIDTH - 1, 10, 112, form="%Y-%m"), ceiling(values)
    parts = [
        *_axis(frame, scale, usual(values)), *_bars(frame, values, scale), *_over_scale(frame, values, scale),
        *_dates(frame),
    ]  # fmt: skip
    return _image(label, frame.base + 14, *parts, *_tooltips(frame, [_count(value) for value in values]))


def line(label: str, days: Sequence[date], values: Values) -> Element:
    """Draw a line for measurements, interrupted at days without a value, with a dot at its end."""
    frame, scale = Frame(days, 30, WIDTH - 1, 6, 44), ceiling(values)
    parts = [
        *_axis(frame, scale, usual(values)),
        *_line(frame, [None if value is None else value / scale for value in values]),
        *_over_scale(frame, values, scale),
        *_last_point(frame, values, scale),
        *_dates(frame),
    ]
    return _image(label, frame.base + 14, *parts)


def rows_of_bars(label: str, days: Sequence[date], rows: Mapping[str, Values], quiet: Collection[str]) -> Element:
    """Draw a row of bars for each name, with its sum, all on one scale. Names in *quiet* are not drawn as errors."""
    frames = _row_frames(days, len(rows), right=WIDTH - 34)
    scale = max((value for values in rows.values() for value in values if value), default=1)
    parts = []
    for frame, (name, values) in zip(frames, rows.items(), strict=True):
        parts += [
            _text(0, frame.base - 2, truncate(name, 12)),
            _horizontal("grid", frame, frame.base),
            *_bars(frame, values, scale, "bar" if name in quiet else "bar error"),
            _text(WIDTH, frame.base - 2, f"{sum(value or 0 for value in values):,}", "end"),
        ]
    tooltips = [
        ", ".join(f"{name} {value:,}" for name, value in zip(rows, counts, strict=True) if value)
        for counts in zip(*rows.values(), strict=True)
    ]
    return _stack(label, frames, parts, tooltips)


def rows_of_shares(label: str, days: Sequence[date], rows: Mapping[str, Values]) -> Element:
    """Draw a line from 0 to 1 for each name, with the last and the usual share in percent."""
    right = WIDTH - 54
    frames = _row_frames(days, len(rows), right)
    parts = []
    for frame, (name, values) in zip(frames, rows.items(), strict=True):
        known = [value for value in values if value is not None]
        parts += [
            _text(0, frame.base - 2, truncate(name, 12)),
            _rect("row-background", frame.left, frame.top, right - frame.left, ROW_PLOT_HEIGHT),
            *_line(frame, values),
            _text(WIDTH - 27, frame.base - 2, percent(known[-1]) if known else "–", "end", "strong"),
            _text(WIDTH, frame.base - 2, percent(median(known)) if known else "–", "end"),
        ]
    return _stack(label, frames, parts)


def sparkline(label: str, days: Sequence[date], values: Values) -> Element:
    """Draw bars without axes, for a row of a table."""
    frame, scale = Frame(days, 0, 120, 0, 16), ceiling(values)
    parts = (*_bars(frame, values, scale), *_over_scale(frame, values, scale))
    return element("svg", *parts, class_="sparkline", viewBox="0 0 120 17", role="img", aria_label=label)


# Parts ----------------------------------------------------------------------------------------------------------------


def _image(label: str, height: float, *parts: Element) -> Element:
    return element("svg", *parts, viewBox=f"0 0 {WIDTH} {_number(height)}", role="img", aria_label=label)


def _row_frames(days: Sequence[date], count: int, right: float) -> list[Frame]:
    return [Frame(days, 66, right, 2 + ROW_HEIGHT * row, ROW_PLOT_HEIGHT) for row in range(count)]


def _stack(label: str, frames: Sequence[Frame], parts: Sequence[Element], tooltips: Sequence[str] = ()) -> Element:
    """Draw the dates below the last of *frames*, and tooltips over all of them."""
    first, last = frames[0], frames[-1]
    whole = Frame(first.days, first.left, first.right, first.top, last.base - first.top)
    over = _tooltips(whole, tooltips) if tooltips else ()
    return _image(label, whole.base + 14, *parts, *_dates(whole), *over)


def _axis(frame: Frame, top: float, middle: float | None) -> Iterator[Element]:
    """Draw lines at 0 and at the top of the scale, and a dashed line at the usual value."""
    yield _horizontal("grid", frame, frame.top)
    yield _horizontal("grid", frame, frame.base)
    yield _text(frame.left - 4, frame.top + 3.5, short(top), "end")
    yield _text(frame.left - 4, frame.base + 3.5, "0", "end")
    if middle:
        yield _horizontal("usual", frame, frame.y(middle / top))


def _dates(frame: Frame, below: float = 0) -> Iterator[Element]:
    """Write the first, the middle and the last date. Draw a tick at each Monday, between months at each January."""
    y, count = frame.base + below, len(frame.days)
    for i, day in enumerate(frame.days):
        if (day.month == 1) if frame.form == "%Y-%m" else (day.weekday() == 0):
            x = frame.x(i) - frame.day_width / 2
            yield _line_element("grid", x, y, x, y + 3)
    labels = ((0, "start", frame.left), (count // 2, "middle", frame.x(count // 2)), (count - 1, "end", frame.right))
    for i, anchor, x in labels:
        yield _text(x, y + 12, f"{frame.days[i]:{frame.form}}", anchor)


def _bars(frame: Frame, values: Values, scale: float, class_: str = "bar") -> Iterator[Element]:
    """Draw a bar for each value above 0, at least one unit high."""
    width = BAR_WIDTH * frame.day_width
    for i, value in enumerate(values):
        if value:
            y = min(frame.y(value / scale), frame.base - 1)
            yield _rect(class_, frame.x(i) - width / 2, y, width, frame.base - y)


def _line(frame: Frame, shares: Values) -> Iterator[Element]:
    """Draw a line through each series of consecutive values, and a dot for a value without neighbors."""
    for has_value, series in groupby(enumerate(shares), key=lambda item: item[1] is not None):
        points = [(frame.x(i), frame.y(share or 0)) for i, share in series]
        if has_value and len(points) == 1:
            yield element("circle", class_="point", cx=_number(points[0][0]), cy=_number(points[0][1]), r="0.75")
        elif has_value:
            yield element("polyline", class_="line", points=" ".join(f"{_number(x)},{_number(y)}" for x, y in points))


def _last_point(frame: Frame, values: Values, scale: float) -> list[Element]:
    known = [(i, value) for i, value in enumerate(values) if value is not None]
    return [
        element("circle", class_="point last", cx=_number(frame.x(i)), cy=_number(frame.y(value / scale)), r=2)
        for i, value in known[-1:]
    ]


def _over_scale(frame: Frame, values: Values, scale: float) -> list[Element]:
    """Draw an arrowhead at each value that is higher than the scale."""
    return [
        element("path", class_="over-scale", d=f"M {_number(frame.x(i) - 3)} {_number(frame.top)} l 3 -4 l 3 4 z")
        for i, value in enumerate(values)
        if (value or 0) > scale
    ]


def _run_marks(frame: Frame, marks: Sequence[str]) -> list[Element]:
    shapes = {"fine": "m 0 3 v 4", "watch": "m -1.5 3 h 3 l -1.5 4 z", "alarm": "m -2 3 h 4 l -2 5 z"}
    return [
        element("path", class_=f"run-mark {mark}", d=f"M {_number(frame.x(i))} {_number(frame.base)} {shapes[mark]}")
        for i, mark in enumerate(marks)
        if mark
    ]


def _tooltips(frame: Frame, texts: Sequence[str]) -> list[Element]:
    """Cover each day that has a text with a transparent rectangle, which shows the text as its tooltip."""
    return [
        _rect("tooltip", frame.left + i * frame.day_width, frame.top, frame.day_width, frame.height,
              element("title", f"{day:{frame.form}}: {text}"))
        for i, (day, text) in enumerate(zip(frame.days, texts, strict=True))
        if text
    ]  # fmt: skip


# Elements -------------------------------------------------------------------------------------------------------------


def _horizontal(class_: str, frame: Frame, y: float) -> Element:
    return _line_element(class_, frame.left, y, frame.right, y)


def _line_element(class_: str, x1: float, y1: float, x2: float, y2: float) -> Element:
    return element("line", class_=class_, x1=_number(x1), y1=_number(y1), x2=_number(x2), y2=_number(y2))


def _rect(class_: str, x: float, y: float, width: float, height: float, *content: Element) -> Element:
    return element(
        "rect", *content, class_=class_, x=_number(x), y=_number(y), width=_number(width), height=_number(height)
    )


def _text(x: float, y: float, text: str, anchor: str | None = None, class_: str | None = None) -> Element:
    return element("text", text, x=_number(x), y=_number(y), text_anchor=anchor, class_=class_)


def _count(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _number(value: float) -> str:
    """Write a coordinate with up to two decimals."""
    return f"{round(value, 2):g}"
