"""Tests of the page of `scrapy health --html`: its texts, accessibility and escaping."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html
from lxml.html import HtmlElement

from crawler.corpus.runs import KINDS, Run, Verdict
from crawler.health.days import DAYS
from crawler.health.page import render
from crawler.health.plots import bars, line, rows_of_shares
from crawler.health.scale import ceiling, rounded, short
from crawler.text.dates import BEIJING

HOUR, DAY = 3600, 86400
NOW = int(datetime(2026, 11, 22, 21, 0, tzinfo=BEIJING).timestamp())
FINE = Verdict("fine")
CHANGED = Verdict("changed", "title: 'h1.title' found 0 nodes", alarm=True)
HOSTILE = (
    '</style><script>alert(1)</script><img src="http://evil.example/x" onerror=alert(1)>\x00\x1b\u202e\ud800 &amp;'
)


def a_run(ago: int, seconds: int | None = 100, reason: str = "finished", **figures: Any) -> Run:
    """Create a run that started *ago* seconds before NOW; `links__new` is the figure links.new."""
    named = {name.replace("__", "."): value for name, value in figures.items()}
    return Run(1, "qq", NOW - ago, None if seconds is None else NOW - ago + seconds, reason, named)


def a_full_run(ago: int, number: int = 0) -> Run:
    """Create a run with every figure that a page shows."""
    names = ("time", "author", "thumbnail", "keywords", "category", "counts")
    fields: dict[str, Any] = {f"fields__{name}": 20 + (number + i) % 7 for i, name in enumerate(names)}
    return a_run(
        ago, 300 + number % 90, links__new=30, links__known=50, articles__written=30 + number % 11,
        refused__gone=number % 3, refused__skipped=2, refused__changed=1, listings__blocked=number % 2,
        fields__title=30, body__characters=60_000 + number, **fields,
    )  # fmt: skip


def page_of(*runs: tuple[Run, Verdict], stored: int = 7) -> HtmlElement:
    return parsed(render({"qq": runs}, NOW, {"qq": stored}))


def parsed(page: str) -> HtmlElement:
    """Parse the page and check what must be true of every page."""
    page.encode()  # valid UTF-8
    tree = html.document_fromstring(page)
    ids: Counter[str] = Counter(tree.xpath("//@id"))
    assert not [each for each, count in ids.items() if count > 1]
    assert set(tree.xpath("//@href")) <= {f"#{each}" for each in ids}
    assert set(tree.xpath("//@aria-labelledby")) <= set(ids)
    assert not tree.xpath("//@src | //script | //link | //iframe | //img | //@*[starts-with(name(), 'on')]")
    assert "url(" not in "".join(tree.xpath("//style/text() | //@style"))
    assert "@import" not in tree.xpath("string(//style)")
    assert all(svg.get("aria-label") for svg in tree.xpath("//svg[@role='img']"))
    assert len(tree.xpath("//svg[not(@role='img') and not(@aria-hidden)]")) == 0
    assert all(table.findtext("caption") for table in tree.iter("table"))
    assert [len(tree.xpath(f"//{each}")) for each in ("header", "main", "footer", "h1")] == [1, 1, 1, 1]
    return tree


def text_of(node: HtmlElement, path: str) -> list[str]:
    return [" ".join(each.text_content().split()) for each in node.xpath(path)]


def rows_of(page: HtmlElement, path: str) -> list[list[str]]:
    return [text_of(row, "th|td") for row in page.xpath(f"{path}/tbody/tr")]


def labels(page: HtmlElement) -> str:
    return "\n".join(page.xpath("//figure//@aria-label"))


def test_no_source() -> None:
    page = parsed(render({}, NOW, {}))
    assert text_of(page, "//h1") == ["No sources"]
    assert "No source has run yet" in page.text_content()


def test_a_source_without_runs() -> None:
    page = page_of(stored=0)
    assert text_of(page, "//h1") == ["1 of 1 source has no run yet"]
    assert rows_of(page, "//table") == [["qq", "no run yet", "–", "0", "0", "0", ""]]
    assert not page.xpath("//figure")


def test_problems_come_first() -> None:
    once = Verdict("incomplete", "3 of 9 pages are cut")
    sources = {"fine": [(a_run(60), FINE)], "once": [(a_run(60), once)], "broken": [(a_run(60), CHANGED)], "idle": []}
    page = parsed(render(sources, NOW, {}))
    assert text_of(page, "//h1") == ["1 of 4 sources needs attention; 1 more failed"]
    assert page.xpath("string(//title)").startswith("1 of 4 sources needs attention")
    assert text_of(page, "//ol/li/h3") == ["broken · changed", "once · incomplete"]
    assert [row[0] for row in rows_of(page, "//table[@class='overview']")] == ["broken", "once", "idle", "fine"]
    assert text_of(page, "//h2[not(@class)]") == [
        "broken · changed",
        "once · incomplete",
        "idle · no run yet",
        "fine · fine",
    ]


def test_a_problem_shows_class_reason_since_and_advice() -> None:
    days = [(a_run(ago * DAY), FINE if ago > 2 else CHANGED) for ago in range(5, -1, -1)]
    (item,) = page_of(*days).xpath("//ol/li")
    assert text_of(item, "p") == [
        "title: 'h1.title' found 0 nodes",
        "since 11-20 21:00 (2 days, 3 runs); last fine 11-19 21:00",
        "Next: " + KINDS["changed"].replace("`", ""),
    ]
    assert text_of(item, ".//code") == ["press-corpus rejected fixture"]
    assert item.xpath(".//time/@datetime")[0] == "2026-11-20T21:00+08:00"


def test_since_counts_the_runs_of_the_last_class() -> None:
    first = Verdict("unreachable", "no answer")
    runs = [(a_run(3 * HOUR), first), (a_run(2 * HOUR), CHANGED), (a_run(HOUR), CHANGED)]
    assert "since 11-22 19:00 (2 hours, 2 runs); never fine" in text_of(page_of(*runs), "//ol/li/p")


@pytest.mark.parametrize("kind", KINDS)
def test_every_class_has_advice(kind: str) -> None:
    assert KINDS[kind].replace("`", "") in page_of((a_run(60), Verdict(kind))).text_content()


def test_times_and_days_are_in_beijing_time() -> None:
    late = int(datetime(2026, 11, 20, 23, 59, tzinfo=BEIJING).timestamp())
    runs = [a_run(NOW - late, articles__written=5), a_run(NOW - late - 60, articles__written=7)]
    page = page_of(*((run, FINE) for run in runs))
    assert "Beijing time (UTC+8)" in page.xpath("string(//header)")
    assert [row[0] for row in rows_of(page, "//table[@class='runs']")] == ["11-21 00:00", "11-20 23:59"]
    assert [(row[0], row[4]) for row in rows_of(page, "//details/table")] == [("11-21", "7"), ("11-20", "5")]
    assert "highest 7 on 11-21" in labels(page)


def test_a_time_of_another_year_has_its_year() -> None:
    assert rows_of(page_of((a_run(400 * DAY), FINE)), "//table[@class='runs']")[0][0] == "2025-10-18 21:00"


def test_the_last_ten_runs() -> None:
    runs = [(a_full_run(ago * HOUR), FINE) for ago in range(20, 1, -1)]
    stopped = a_run(HOUR, 3600, "time limit", links__new=4, articles__updated=2, refused__gone=1, listings__blocked=2)
    page = page_of(*runs, (stopped, Verdict("unfinished", "ended by the time limit")))
    rows = rows_of(page, "//table[@class='runs']")
    assert len(rows) == 10
    assert rows[0] == ["11-22 20:00", "3,600", "time limit", "unfinished", "4", "2", "3", "ended by the time limit"]
    assert rows[1] == ["11-22 19:00", "300", "finished", "fine", "80", "30", "3", ""]


def test_a_run_with_arguments_shows_them() -> None:
    run = a_run(60, asked={"from": "archive", "since": "2024-01-01"})
    assert text_of(page_of((run, FINE)), "//table[@class='runs']//code") == ["-a from=archive -a since=2024-01-01"]


def test_a_run_in_progress_does_not_change_the_state() -> None:
    page = page_of((a_run(DAY), CHANGED), (a_run(300, None, ""), FINE))
    assert text_of(page, "//h2[not(@class)]") == ["qq · changed"]
    assert rows_of(page, "//table[@class='runs']")[0] == ["11-22 20:55", "300", "running", "–", "–", "–", "–", ""]
    assert "running since 20:55" in rows_of(page, "//table[@class='overview']")[0][2]


def test_the_first_run_in_progress() -> None:
    page = page_of((a_run(300, None, ""), FINE))
    assert rows_of(page, "//table[@class='overview']")[0][1:3] == ["no run yet", "running since 20:55"]


def test_a_killed_run_is_not_in_progress() -> None:
    killed = a_run(DAY, None, "")
    rows = rows_of(page_of((killed, Verdict("unfinished", "killed")), (a_run(60), FINE)), "//table[@class='runs']")
    assert rows[1][1:4] == ["–", "killed", "unfinished"]
    page = page_of((killed, Verdict("unfinished", "killed", alarm=True)))
    assert text_of(page, "//h2[not(@class)]") == ["qq · unfinished"]


def test_refused_pages_by_class() -> None:
    page = page_of((a_run(60, refused__changed=3, refused__gone=1, listings__changed=2, refused__odd=4), FINE))
    assert "pages refused in 60 days: changed 5, gone 1, odd 4" in labels(page)
    (plot,) = page.xpath("//svg[contains(@aria-label, 'pages refused')]")
    assert text_of(plot, "text")[:6] == ["changed", "5", "gone", "1", "odd", "4"]
    assert "changed 5, gone 1, odd 4" in text_of(plot, ".//title")[0]


def test_coverage_of_fields() -> None:
    good = a_run(DAY, fields__title=10, fields__time=10, fields__author=5, body__characters=20_000)
    bad = a_run(60, fields__title=1000, fields__time=999, fields__author=1)
    page = page_of(
        (a_run(2 * DAY, fields__title=10, fields__time=10, fields__author=5), FINE), (good, FINE), (bad, FINE)
    )
    assert "time of day 99, 100; author 1, 50" in labels(page)
    assert "2,000" in rows_of(page, "//details/table")[1]


def test_a_day_without_runs_differs_from_a_day_without_articles() -> None:
    page = page_of((a_run(3 * DAY, articles__written=4), FINE), (a_run(60), FINE))
    assert [row[0] for row in rows_of(page, "//details/table")] == ["11-22", "11-19"]
    assert text_of(page, "(//figure//svg)[1]//title") == ["11-19: 4", "11-22: 0"]


def test_older_runs_are_mentioned_but_not_drawn() -> None:
    page = page_of((a_run(DAYS * DAY), FINE))
    assert "No run in the last 60 days" in page.text_content()
    assert not page.xpath("//figure")


def test_a_run_in_the_future_is_not_drawn() -> None:
    assert not page_of((a_run(-3 * DAY), CHANGED)).xpath("//figure")


def test_hostile_text_is_escaped() -> None:
    run = a_run(60, 5, HOSTILE, **{f"refused__{HOSTILE}": 1, f"fields__{HOSTILE}": 1, "fields__title": 1})
    run.figures["asked"] = {HOSTILE: HOSTILE}  # type: ignore[index]
    page = parsed(render({HOSTILE: [(run, Verdict(HOSTILE, HOSTILE, alarm=True))]}, NOW, {}))
    shown = text_of(page, "//ol/li/p/bdi")[0]
    assert shown.startswith("</style><script>alert(1)</script><img src=")
    assert shown.endswith("&amp;")
    assert not set(page.text_content()) & {"\x00", "\x1b", "\ud800"}
    assert "default-src 'none'" in page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]


def test_a_long_reason_is_truncated() -> None:
    page = page_of((a_run(60), Verdict("changed", "x" * 5000)))
    assert {len(each) for each in text_of(page, "//bdi")} == {300, 200}


def test_a_thousand_runs_are_grouped_by_day() -> None:
    page = page_of(*((a_full_run(number * HOUR, number), FINE) for number in range(999, -1, -1)))
    assert len(rows_of(page, "//details/table")) == 42
    assert len(rows_of(page, "//table[@class='runs']")) == 10


def test_plots_have_a_label_tooltips_and_a_table_with_the_same_values() -> None:
    page = page_of((a_full_run(DAY), FINE), (a_full_run(60), CHANGED))
    figures = page.xpath("//figure")
    assert [figure.findtext("figcaption/b") for figure in figures] == [
        "Articles written", "Pages refused", "Fields", "Run time", "Body length",
    ]  # fmt: skip
    assert all(figure.xpath("svg[@role='img'][starts-with(@aria-label, 'qq: ')]") for figure in figures)
    assert text_of(figures[0], "svg//title") == ["11-21: 30", "11-22: 30 changed"]
    assert [row[4] for row in rows_of(page, "//details/table")] == ["30", "30"]
    assert {table.get("role") for table in page.xpath("//table[@class='runs']")} == {"table"}
    assert not page.xpath("//svg[contains(@class, 'status-icon')][not(@aria-hidden='true')]")


def test_markup_is_indented_without_changing_the_text() -> None:
    page = render({"qq": [(a_full_run(60), CHANGED)]}, NOW, {})
    assert "\n      <h1>1 of 1 source needs attention</h1>\n" in page
    (cell,) = parsed(page).xpath("//table[@class='overview']/tbody/tr/td[1]")
    assert cell.text_content().strip() == "changed"
    assert cell.xpath("svg")[0].tail is None  # white space after the icon would be visible


NAMES = st.sampled_from(
    ["links.new", "links.known", "articles.written", "articles.updated", "fields.title", "fields.time", "fields.author",
     "refused.gone", "refused.changed", "listings.blocked", "body.characters", "pages.article"]
) | st.text(max_size=8).map("refused.{}".format)  # fmt: skip
RUNS = st.builds(
    Run,
    number=st.integers(1, 9),
    source=st.just("qq"),
    started=st.integers(NOW - 70 * DAY, NOW + 2 * DAY),
    ended=st.none() | st.integers(NOW - 70 * DAY, NOW + 2 * DAY),
    reason=st.sampled_from(["", "finished", "killed"]) | st.text(max_size=5),
    figures=st.dictionaries(NAMES, st.integers(0, 20) | st.integers(0, 10**12), max_size=8),
)
VERDICTS = st.just(FINE) | st.builds(
    Verdict, st.sampled_from(list(KINDS)) | st.text(max_size=5), st.text(), st.booleans()
)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=6), st.lists(st.tuples(RUNS, VERDICTS), max_size=5), max_size=3))
def test_any_runs_are_rendered(sources: dict[str, list[tuple[Run, Verdict]]]) -> None:
    parsed(render(sources, NOW, dict.fromkeys(sources, 3)))


# Plots ----------------------------------------------------------------------------------------------------------------

WEEK = [date(2026, 11, day) for day in range(16, 23)]


@pytest.mark.parametrize(
    ("values", "top"),
    [([], 1), ([0, None], 1), ([1], 1), ([7, 3], 8), ([12], 15), ([101, 90], 150), ([1900, 1900, 1900, 100], 2000),
     ([20, 21, 19, 5000], 30), ([3, 5000], 5), ([0.4], 1)],
)  # fmt: skip
def test_the_top_of_a_scale(values: list[float | None], top: float) -> None:
    assert ceiling(values) == top


@given(st.floats(0, 1e15))
def test_a_rounded_number_is_not_below_the_value(value: float) -> None:
    assert value <= rounded(value) <= max(2 * value, 1.0) + 1


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (950, "950"), (1500, "1.5k"), (20_000, "20k"), (3e6, "3M")])
def test_short_numbers(value: float, text: str) -> None:
    assert short(value) == text


def test_a_line_is_interrupted_at_days_without_a_value() -> None:
    plot = line("", WEEK, [1, 2, None, 3, None, 4, 5])
    assert [len(points.split()) for points in plot.xpath("polyline[@class='line']/@points")] == [2, 2]
    assert [circle.get("class") for circle in plot.xpath("circle")] == ["point", "point last"]


def test_a_value_above_the_scale_has_an_arrowhead_and_runs_have_marks() -> None:
    plot = bars("", WEEK, [20, 21, 19, 5000, 20, 20, 20], ["fine"] * 5 + ["watch", "alarm"], [""] * 6 + ["changed"])
    assert len(plot.xpath("path[@class='over-scale']")) == 1
    assert [plot.xpath(f"count(path[@class='run-mark {kind}'])") for kind in ("fine", "watch", "alarm")] == [5, 1, 1]
    assert plot.xpath("string(.//title[last()][contains(., '11-22')])") == "11-22: 20 changed"


def test_only_all_is_100_percent() -> None:
    plot = rows_of_shares("", WEEK, {"author": [1, 1, 1, 1, 1, 1, 0.999], "brief": [0, 0, 0, 0, 0, 0, 0.001]})
    assert [text for text in plot.xpath("text/text()") if text.isdigit()] == ["99", "100", "1", "0"]
