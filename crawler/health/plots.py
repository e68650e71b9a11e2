"""Plots as SVG: figures of consecutive days in, one image out.

Drawn 300 units wide, which is about the pixels of a phone and of a quarter of a desktop: so text keeps its size. Bars
and lines are one path each, for the file's size; what a mouse finds over a day is a path of its own. No plot needs
colour: places, shapes and words say the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from crawler.health.html import Element, cut, el

Values = Sequence[float | None]  # one a day; None: nothing is known of that day

WIDTH = 300
OUTLIER = 4  # times what is usual, from which a value is cut off: one back-fill would flatten two months
ROW, BAND = 18, 13  # height of a row of small multiples, and of its plot


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the days stand from left to right, and how high the plot is."""

    days: Sequence[date]
    left: float
    right: float
    top: float
    height: float

    @property
    def base(self) -> float:
        return self.top + self.height

    @property
    def step(self) -> float:
        return (self.right - self.left) / len(self.days)

    @property
    def unit(self) -> str:
        """The transform under which days are 0, 1, 2 … and heights 0 to 1: short numbers make a small file."""
        return f"translate({_n(self.x(0))} {_n(self.base)})scale({self.step:.4f} -{_n(self.height)})"

    def x(self, day: int) -> float:
        return self.left + (day + 0.5) * self.step

    def y(self, share: float) -> float:
        return self.base - min(max(share, 0), 1) * self.height


def bars(label: str, days: Sequence[date], values: Values, marks: Sequence[str], notes: Sequence[str]) -> Element:
    """Bars for counts a day, the last day pale for it is not over. Below each day its mark: "fine" a stroke, "watch" an
    empty triangle, "alarm" a full one, "" nothing. *notes* are what else the mouse finds."""
    frame, scale = Frame(days, 30, WIDTH - 1, 10, 112), ceiling(values)
    parts = [
        *_scale(frame, scale, usual(values)),
        _bars(frame, values[:-1], scale),
        _bars(frame, [*[None] * (len(days) - 1), values[-1]], scale, "bar pale"),
        *_cuts(frame, values, scale),
        *_marks(frame, marks),
        *_dates(frame, below=10),
    ]
    tips = [" ".join(filter(None, (_said(value), note))) for value, note in zip(values, notes, strict=True)]
    return _image(label, frame.base + 24, *parts, _tips(frame, tips))


def line(label: str, days: Sequence[date], values: Values) -> Element:
    """A line for measures, broken where a day has none, with a dot at its end."""
    frame, scale = Frame(days, 30, WIDTH - 1, 6, 44), ceiling(values)
    parts = [
        *_scale(frame, scale, usual(values)),
        _line(frame, [None if value is None else value / scale for value in values]),
        *_cuts(frame, values, scale),
        *_end(frame, values, scale),
        *_dates(frame),
    ]
    return _image(label, frame.base + 14, *parts)


def rows_of_bars(label: str, days: Sequence[date], rows: Mapping[str, Values], quiet: Collection[str]) -> Element:
    """A row of bars for each name, with its sum, all on the scale of the highest; *quiet* names are no trouble."""
    frames = _rows(days, len(rows), right=WIDTH - 34)
    scale = max((value for values in rows.values() for value in values if value), default=1)
    parts = []
    for frame, (name, values) in zip(frames, rows.items(), strict=True):
        parts += [
            _text(0, frame.base - 2, cut(name, 12)),
            el("path", class_="grid", d=f"M{_n(frame.left)} {_n(frame.base)}H{_n(frame.right)}"),
            _bars(frame, values, scale, "bar" if name in quiet else "bar bad"),
            _text(WIDTH, frame.base - 2, f"{sum(value or 0 for value in values):,}", "end"),
        ]
    tips = [
        ", ".join(f"{name} {value:,}" for name, value in zip(rows, each, strict=True) if value)
        for each in zip(*rows.values(), strict=True)
    ]
    return _stack(label, frames, parts, tips)


def rows_of_shares(label: str, days: Sequence[date], rows: Mapping[str, Values]) -> Element:
    """A row for each name, from nothing to all (0 to 1), with the last share and the usual one in percent."""
    right = WIDTH - 54
    frames = _rows(days, len(rows), right)
    parts = []
    for frame, (name, values) in zip(frames, rows.items(), strict=True):
        known = [value for value in values if value is not None]
        parts += [
            _text(0, frame.base - 2, cut(name, 12)),
            el("rect", class_="band", x=_n(frame.left), y=_n(frame.top), width=_n(right - frame.left), height=BAND),
            _line(frame, values),
            _text(WIDTH - 27, frame.base - 2, _percent(known[-1]) if known else "–", "end", "strong"),
            _text(WIDTH, frame.base - 2, _percent(median(known)) if known else "–", "end"),
        ]
    return _stack(label, frames, parts)


def spark(label: str, days: Sequence[date], values: Values) -> Element:
    """Bars without axes, for a line of a table."""
    frame, scale = Frame(days, 0, 120, 0, 16), ceiling(values)
    inside = (_bars(frame, values, scale), *_cuts(frame, values, scale))
    return el("svg", *inside, class_="spark", viewBox="0 0 120 17", role="img", aria_label=label)


def ceiling(values: Values) -> float:
    """The round number at the top of a scale: above all values, but for one or two that are far above the others."""
    known = sorted(value for value in values if value)
    if not known:
        return 1
    common = known[max(len(known) - 3, 0)]
    return rounded(known[-1] if known[-1] <= OUTLIER * common else 1.5 * common)


def rounded(value: float) -> int:
    """The next round number that is not below *value*: 1, 2, 3, 4, 5, 6, 8, 10, 15, 20 …"""
    power: int = 10 ** (len(str(int(value))) - 1)
    steps = (step * power // 10 for step in (10, 15, 20, 30, 40, 50, 60, 80, 100, 150) if power > 1 or step != 15)
    return next(step for step in steps if step >= value)


def usual(values: Values) -> float | None:
    """The median of the days of which something is known."""
    known = [value for value in values if value is not None]
    return median(known) if known else None


def shares(values: Values) -> str:
    """The last share and the usual one, in percent: "12, 98"."""
    known = [value for value in values if value is not None]
    return f"{_percent(known[-1])}, {_percent(median(known))}" if known else "–"


def short(value: float) -> str:
    """A number for an axis: 950, 1.5k, 20k, 3M."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"


# Parts ----------------------------------------------------------------------------------------------------------------


def _image(label: str, height: float, *inside: Element) -> Element:
    return el("svg", *inside, viewBox=f"0 0 {WIDTH} {_n(height)}", role="img", aria_label=label)


def _rows(days: Sequence[date], count: int, right: float) -> list[Frame]:
    return [Frame(days, 66, right, 2 + ROW * row, BAND) for row in range(count)]


def _stack(label: str, frames: Sequence[Frame], parts: Sequence[Element], tips: Sequence[str] = ()) -> Element:
    first, last = frames[0], frames[-1]
    whole = Frame(first.days, first.left, first.right, first.top, last.base - first.top)
    over = [_tips(whole, tips)] if tips else []
    return _image(label, whole.base + 14, *parts, *_dates(whole), *over)


def _scale(frame: Frame, top: float, middle: float | None) -> list[Element]:
    """The axis with nothing and the top of the scale, and a dashed line at what is usual."""
    left, right = _n(frame.left), _n(frame.right)
    parts = [
        el("path", class_="grid", d=f"M{left} {_n(frame.top)}H{right}M{left} {_n(frame.base)}H{right}"),
        _text(frame.left - 4, frame.top + 3.5, short(top), "end"),
        _text(frame.left - 4, frame.base + 3.5, "0", "end"),
    ]
    if middle:
        parts.append(el("path", class_="usual", d=f"M{left} {_n(frame.y(middle / top))}H{right}"))
    return parts


def _dates(frame: Frame, below: float = 0) -> list[Element]:
    """The first day, the last one and one between, and a stroke at each Monday."""
    y, count = frame.base + below, len(frame.days)
    mondays = "".join(
        f"M{_n(frame.x(i) - frame.step / 2)} {_n(y)}v3" for i, day in enumerate(frame.days) if day.weekday() == 0
    )
    ends = ((0, "start", frame.left), (count // 2, "middle", frame.x(count // 2)), (count - 1, "end", frame.right))
    return [
        el("path", class_="grid", d=mondays or "M0 0"),
        *(_text(x, y + 12, f"{frame.days[day]:%m-%d}", anchor) for day, anchor, x in ends),
    ]


def _bars(frame: Frame, values: Values, scale: float, kind: str = "bar") -> Element:
    """A stroke for each value; a small one is still to be seen."""
    least = 1 / frame.height
    d = "".join(f"M{i} 0V{_share(max(value / scale, least), 3)}" for i, value in enumerate(values) if value)
    return el("path", class_=kind, d=d or "M0 0", transform=frame.unit)


def _line(frame: Frame, shares: Values) -> Element:
    """The line through these shares of the height. A day alone is a stroke without length: its round ends are a dot."""
    d = ""
    for i, share in enumerate(shares):
        before, after = (shares[day] if 0 <= day < len(shares) else None for day in (i - 1, i + 1))
        if share is None or share == before == after:
            continue
        y = _share(share, 2)
        d += f"L{i} {y}" if before is not None else f"M{i} {y}{'h0' if after is None else ''}"
    return el("path", class_="line", d=d or "M0 0", transform=frame.unit)


def _end(frame: Frame, values: Values, scale: float) -> list[Element]:
    """A dot at the last value."""
    known = [(i, value) for i, value in enumerate(values) if value is not None]
    return [el("circle", cx=_n(frame.x(i)), cy=_n(frame.y(value / scale)), r=2) for i, value in known[-1:]]


def _cuts(frame: Frame, values: Values, scale: float) -> list[Element]:
    """An arrowhead where a value is higher than the scale."""
    d = "".join(
        f"M{_n(frame.x(i) - 3)} {_n(frame.top)}l3-4 3 4z" for i, value in enumerate(values) if (value or 0) > scale
    )
    return [el("path", class_="cut", d=d)] if d else []


def _marks(frame: Frame, marks: Sequence[str]) -> list[Element]:
    shapes = {"fine": "m0 3v4", "watch": "m-1.5 3h3l-1.5 4z", "alarm": "m-2 3h4l-2 5z"}
    found = {kind: [i for i, mark in enumerate(marks) if mark == kind] for kind in shapes}
    return [
        el("path", class_=f"run {kind}", d="".join(f"M{_n(frame.x(i))} {_n(frame.base)}{shapes[kind]}" for i in days))
        for kind, days in found.items()
        if days
    ]


def _tips(frame: Frame, texts: Sequence[str]) -> Element:
    """What a mouse finds over each day: strips one unit wide and high, stretched over the plot."""
    strips = [
        el("path", el("title", f"{day:%m-%d}: {text}"), d=f"M{i} 0v1")
        for i, (day, text) in enumerate(zip(frame.days, texts, strict=True))
        if text
    ]
    return el("g", *strips, class_="tips", transform=frame.unit)


def _text(x: float, y: float, text: str, anchor: str | None = None, kind: str | None = None) -> Element:
    return el("text", text, x=_n(x), y=_n(y), text_anchor=anchor, class_=kind)


def _share(share: float, digits: int) -> str:
    """A part of the height, from 0 to 1, as an SVG number: ".97"."""
    return f"{min(max(share, 0), 1):.{digits}f}".rstrip("0").rstrip(".").removeprefix("0") or "0"


def _said(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _percent(share: float) -> str:
    """Not quite all is never 100, not quite nothing never 0."""
    percent = round(100 * min(max(share, 0), 1))
    return f"{99 if percent == 100 and share < 1 else 1 if percent == 0 and share > 0 else percent}"


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
