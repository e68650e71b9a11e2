"""The page of `scrapy health --html`: what is on it, and that nothing a page said can act there."""

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
from crawler.health.plots import bars, ceiling, line, rounded, rows_of_shares, short
from crawler.text.dates import BEIJING

HOUR, DAY = 3600, 86400
NOW = int(datetime(2026, 11, 22, 21, 0, tzinfo=BEIJING).timestamp())
FINE = Verdict("fine")
CHANGED = Verdict("changed", "title: 'h1.title' found 0 nodes", alarm=True)
HOSTILE = (
    '</style><script>alert(1)</script><img src="http://evil.example/x" onerror=alert(1)>\x00\x1b\u202e\ud800 &amp;'
)


def a_run(ago: int, seconds: int | None = 100, reason: str = "finished", **figures: Any) -> Run:
    """A run that started *ago* seconds before NOW; `links__new` is the figure links.new."""
    named = {name.replace("__", "."): value for name, value in figures.items()}
    return Run(1, "qq", NOW - ago, None if seconds is None else NOW - ago + seconds, reason, named)


def a_full_run(ago: int, number: int = 0) -> Run:
    """A run with everything a page can show."""
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
    """The page, after what holds for every page."""
    page.encode()  # it can be written
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
    assert "none has run" in page.text_content()


def test_a_source_without_runs() -> None:
    page = page_of(stored=0)
    assert text_of(page, "//h1") == ["Nothing is wrong"]
    assert rows_of(page, "//table") == [["qq", "no run yet", "–", "0", "0", "0", ""]]
    assert not page.xpath("//figure")


def test_what_is_wrong_comes_first() -> None:
    once = Verdict("incomplete", "3 of 9 pages are cut")
    sources = {"fine": [(a_run(60), FINE)], "once": [(a_run(60), once)], "broken": [(a_run(60), CHANGED)], "idle": []}
    page = parsed(render(sources, NOW, {}))
    assert text_of(page, "//h1") == ["1 of 4 sources needs a person; 1 more failed"]
    assert page.xpath("string(//title)").startswith("1 of 4 sources needs a person")
    assert text_of(page, "//ol/li/h3") == ["broken · changed", "once · incomplete"]
    assert [row[0] for row in rows_of(page, "//table[@class='overview']")] == ["broken", "once", "idle", "fine"]
    assert text_of(page, "//h2[not(@class)]") == [
        "broken · changed",
        "once · incomplete",
        "idle · no run yet",
        "fine · fine",
    ]


def test_class_reason_since_when_and_what_to_do() -> None:
    days = [(a_run(ago * DAY), FINE if ago > 2 else CHANGED) for ago in range(5, -1, -1)]
    (item,) = page_of(*days).xpath("//ol/li")
    assert text_of(item, "p") == [
        "title: 'h1.title' found 0 nodes",
        "since 11-20 21:00 (2 days, 3 runs); last fine 11-19 21:00",
        "Next: " + KINDS["changed"].replace("`", ""),
    ]
    assert text_of(item, ".//code") == ["scrapy rejected fixture"]
    assert item.xpath(".//time/@datetime")[0] == "2026-11-20T21:00+08:00"


def test_since_counts_the_runs_of_the_last_class() -> None:
    first = Verdict("unreachable", "no answer")
    runs = [(a_run(3 * HOUR), first), (a_run(2 * HOUR), CHANGED), (a_run(HOUR), CHANGED)]
    assert "since 11-22 19:00 (2 hours, 2 runs); never fine before" in text_of(page_of(*runs), "//ol/li/p")


@pytest.mark.parametrize("kind", KINDS)
def test_every_class_says_what_to_do(kind: str) -> None:
    assert KINDS[kind].replace("`", "") in page_of((a_run(60), Verdict(kind))).text_content()


def test_times_and_days_are_beijings() -> None:
    late = int(datetime(2026, 11, 20, 23, 59, tzinfo=BEIJING).timestamp())
    runs = [a_run(NOW - late, articles__written=5), a_run(NOW - late - 60, articles__written=7)]
    page = page_of(*((run, FINE) for run in runs))
    assert "Beijing time (UTC+8)" in page.xpath("string(//header)")
    assert [row[0] for row in rows_of(page, "//table[@class='runs']")] == ["11-21 00:00", "11-20 23:59"]
    assert [(row[0], row[4]) for row in rows_of(page, "//details/table")] == [("11-21", "7"), ("11-20", "5")]
    assert "most 7 on 11-21" in labels(page)


def test_another_year_is_named() -> None:
    assert rows_of(page_of((a_run(400 * DAY), FINE)), "//table[@class='runs']")[0][0] == "2025-10-18 21:00"


def test_the_last_ten_runs() -> None:
    runs = [(a_full_run(ago * HOUR), FINE) for ago in range(20, 1, -1)]
    stopped = a_run(HOUR, 3600, "time limit", links__new=4, articles__updated=2, refused__gone=1, listings__blocked=2)
    page = page_of(*runs, (stopped, Verdict("unfinished", "ended by the time limit")))
    rows = rows_of(page, "//table[@class='runs']")
    assert len(rows) == 10
    assert rows[0] == ["11-22 20:00", "3,600", "time limit", "unfinished", "4", "2", "3", "ended by the time limit"]
    assert rows[1] == ["11-22 19:00", "300", "finished", "fine", "80", "30", "3", ""]


def test_a_run_that_was_asked_for_something_says_so() -> None:
    run = a_run(60, asked={"from": "archive", "since": "2024-01-01"})
    assert text_of(page_of((run, FINE)), "//table[@class='runs']//code") == ["-a from=archive -a since=2024-01-01"]


def test_a_run_at_work_leaves_the_state_as_it_was() -> None:
    page = page_of((a_run(DAY), CHANGED), (a_run(300, None, ""), FINE))
    assert text_of(page, "//h2[not(@class)]") == ["qq · changed"]
    assert rows_of(page, "//table[@class='runs']")[0] == ["11-22 20:55", "300", "at work", "–", "–", "–", "–", ""]
    assert "at work since 20:55" in rows_of(page, "//table[@class='overview']")[0][2]


def test_the_first_run_ever_at_work() -> None:
    page = page_of((a_run(300, None, ""), FINE))
    assert rows_of(page, "//table[@class='overview']")[0][1:3] == ["no run yet", "at work since 20:55"]


def test_a_run_that_was_killed_is_none_at_work() -> None:
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


def test_a_day_without_runs_is_no_day_without_articles() -> None:
    page = page_of((a_run(3 * DAY, articles__written=4), FINE), (a_run(60), FINE))
    assert [row[0] for row in rows_of(page, "//details/table")] == ["11-22", "11-19"]
    assert text_of(page, "(//figure//svg)[1]//title") == ["11-19: 4", "11-22: 0"]


def test_older_runs_are_told_and_not_drawn() -> None:
    page = page_of((a_run(DAYS * DAY), FINE))
    assert "No run in the last 60 days" in page.text_content()
    assert not page.xpath("//figure")


def test_a_clock_that_was_ahead_does_no_harm() -> None:
    assert not page_of((a_run(-3 * DAY), CHANGED)).xpath("//figure")


def test_hostile_text_is_text() -> None:
    run = a_run(60, 5, HOSTILE, **{f"refused__{HOSTILE}": 1, f"fields__{HOSTILE}": 1, "fields__title": 1})
    run.figures["asked"] = {HOSTILE: HOSTILE}  # type: ignore[index]
    page = parsed(render({HOSTILE: [(run, Verdict(HOSTILE, HOSTILE, alarm=True))]}, NOW, {}))
    shown = text_of(page, "//ol/li/p/bdi")[0]
    assert shown.startswith("</style><script>alert(1)</script><img src=")
    assert shown.endswith("&amp;")
    assert not set(page.text_content()) & {"\x00", "\x1b", "\ud800"}
    assert "default-src 'none'" in page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]


def test_a_long_reason_is_cut() -> None:
    page = page_of((a_run(60), Verdict("changed", "x" * 5000)))
    assert {len(each) for each in text_of(page, "//bdi")} == {300, 200}


def test_a_thousand_runs_are_days() -> None:
    runs = [(a_full_run(number * HOUR, number), FINE) for number in range(999, -1, -1)]
    page = render({"qq": runs}, NOW, {"qq": 30_000})
    assert len(rows_of(parsed(page), "//details/table")) == 42
    assert len(page.encode()) < 50_000


def test_ten_sources_of_sixty_days_stay_small() -> None:
    why = Verdict("changed", "title: 'h1.article-title' found 0 nodes where it expected one " * 2, alarm=True)
    runs = [
        (a_full_run(day * DAY + half * HOUR, 7 * day + half), why if day < 5 else FINE)
        for day in range(DAYS - 1, -1, -1)
        for half in (12, 0)
    ]
    page = render({f"source-{i}": runs for i in range(10)}, NOW, {})
    parsed(page)
    assert len(page.encode()) < 300 * 1024


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
def test_no_run_makes_the_page_fail(sources: dict[str, list[tuple[Run, Verdict]]]) -> None:
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
def test_a_round_number_is_not_below(value: float) -> None:
    assert value <= rounded(value) <= max(2 * value, 1.0) + 1


@pytest.mark.parametrize(("value", "said"), [(0, "0"), (950, "950"), (1500, "1.5k"), (20_000, "20k"), (3e6, "3M")])
def test_short_numbers(value: float, said: str) -> None:
    assert short(value) == said


def test_a_line_breaks_where_nothing_is_known() -> None:
    (path,) = line("", WEEK, [1, 2, None, 3, None, 4, 5]).xpath("path[@class='line']/@d")
    assert path.count("M") == 3
    assert path.count("L") == 2


def test_a_value_above_the_scale_is_marked_and_a_mark_is_a_shape() -> None:
    plot = bars("", WEEK, [20, 21, 19, 5000, 20, 20, 20], ["fine"] * 5 + ["watch", "alarm"], [""] * 6 + ["changed"])
    assert len(plot.xpath("path[@class='cut']")) == 1
    assert [plot.xpath(f"count(path[@class='run {kind}'])") for kind in ("fine", "watch", "alarm")] == [1, 1, 1]
    assert plot.xpath("string(.//title[last()][contains(., '11-22')])") == "11-22: 20 changed"


def test_almost_all_is_not_all() -> None:
    plot = rows_of_shares("", WEEK, {"author": [1, 1, 1, 1, 1, 1, 0.999], "brief": [0, 0, 0, 0, 0, 0, 0.001]})
    assert [text for text in plot.xpath("text/text()") if text.isdigit()] == ["99", "100", "1", "0"]
