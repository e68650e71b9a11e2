"""What a run came to, judged by the source's own history. Pure: runs in, a verdict out.

A share (of pages that were refused, of articles without an author, of pages read by an older reader …) is worrying
when two things hold: it is higher than in any run that was fine, and with all of these in mind so high a share was to
be expected in less than one run of ten thousand. The history is that of fine runs with the same arguments, so that what
is broken does not become what is usual.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, lgamma

from crawler.corpus.runs import Run, Verdict

UNLIKELY = 0.0001
SEVERAL = 3  # fine runs from which on a share is known
MANY = 10  # fine runs from which on a lowest, or a longest, means something
HISTORY = 200  # fine runs that are looked at
# Seconds. A shorter history knows too little of weekends; the longest holidays, with the days before and behind them,
# come twice a year, and no history may know one.
WEEKS, HOLIDAY = 14 * 86400, 10 * 86400
ENDS = {"blocked": "blocked", "disk": "disk", "ledger": "ledger", "killed": "bug", "crashed": "bug"}
OF_PAGES = ("changed", "incomplete", "blocked", "login", "gone")  # the classes that article pages show
UNFINISHED = {"time limit": "its time limit", "shutdown": "hand"}

# Of one run: how many of how many.
Share = Callable[[Run], tuple[int, int]]


@dataclass(frozen=True)
class Indicator:
    """A share that is worrying when it rises. `say` tells it for people, by the two numbers."""

    kind: str
    share: Share
    say: Callable[[int, int], str]
    is_early: bool = False  # whether most of a first run's pages are worrying without any history


def judge(run: Run, before: Sequence[Run]) -> Verdict:
    """The verdict on *run*, *before* being the runs of the source before it, the newest last."""
    if run.reason in ENDS:
        return Verdict(ENDS[run.reason], str(run.figures.get("why") or run.reason), alarm=True)
    if run.reason in UNFINISHED:
        return Verdict("unfinished", f"ended by {UNFINISHED[run.reason]}")
    last = before[-1] if before else None
    if listless := _listless(run):
        # A site that is down for an hour is nobody's work; one that stays down may be.
        alarm = listless.kind != "unreachable" or (last is not None and last.verdict.kind == "unreachable")
        return Verdict(listless.kind, listless.why, alarm)
    if errors := run.count("internal_errors"):
        return Verdict("bug", f"{errors} internal errors: see the log", alarm=True)
    fine = comparable_runs(run, before)
    together = [run, last] if last and last.reason == "finished" and _asked(last) == _asked(run) else [run]
    risen = [*_risen([run], fine), *_risen(together, [past for past in fine if past is not last])]
    if risen:
        kind, why, _ = max(risen, key=lambda found: found[2])
        return Verdict(kind, why, alarm=True)
    if fallen := next(_fallen(run, fine), None):
        return fallen
    if last and last.verdict.alarm and last.count("pages.listing") and _says_nothing_against(last.verdict, run):
        return last.verdict
    return Verdict("fine")


def _says_nothing_against(verdict: Verdict, run: Run) -> bool:
    """Whether *run*, in which nothing is worrying, had too few pages to show that what was broken is well again."""
    pages = run.articles + sum(run.group("refused").values())
    return verdict.kind in OF_PAGES and pages < (SEVERAL if verdict.kind == "incomplete" else 1)


def comparable_runs(run: Run, before: Sequence[Run]) -> list[Run]:
    """The fine runs with the arguments of *run* since a person last accepted what was new. A run in which a fault
    began may have passed for a fine one; the next has told."""
    since = max((past.number for past in (*before, run) if past.figures.get("accepted")), default=0)
    alike = [past for past in before if past.number >= since and _asked(past) == _asked(run)]
    told = [*(later.verdict.alarm for later in alike[1:]), False]
    fine = (past for past, alarm in zip(alike, told, strict=False) if past.verdict.is_fine and not alarm)
    return [past for past in fine if past.reason == "finished"][-HISTORY:]


def _asked(run: Run) -> object:
    return run.figures.get("asked")


def _listless(run: Run) -> Verdict | None:
    """The class of a run in which no listing page could be read."""
    kinds = run.group("listings")
    if robots := run.count("robots.failed"):
        kinds["unreachable"] = kinds.get("unreachable", 0) + robots
    if run.count("pages.listing") or not kinds:
        return None
    kind = max(kinds, key=lambda name: kinds[name])
    example = run.figures.get(f"example.{kind}", "robots.txt cannot be had" if robots else "no answer")
    return Verdict(kind, f"no listing page could be read: {example}")


# Shares that rise --------------------------------------------------------------------------------------------------


def _risen(runs: Sequence[Run], fine: Sequence[Run]) -> Iterator[tuple[str, str, int]]:
    """Class, reason and weight of each share that is worryingly high in *runs* together."""
    for indicator in _indicators(runs[0]):
        if not indicator.share(runs[0])[0]:
            continue  # it was so before, and is no more
        found, number = _sum(indicator.share, runs)
        known = [share for share in map(indicator.share, fine) if share[1]]
        if found < 2 or not (indicator.is_early or len(known) >= SEVERAL):
            continue
        # In a run of one or two pages any share may be had by chance.
        highest = max((some / many for some, many in known if many >= number / 2), default=0.0)
        past, many = sum(some for some, _ in known), sum(many for _, many in known)
        if found / number > highest and _tail(found, number, 1 + past, 9 + many - past) < UNLIKELY:
            usually = f"; usually {past} of {many}" if many else ""
            yield indicator.kind, indicator.say(found, number) + usually, found


def _sum(share: Share, runs: Sequence[Run]) -> tuple[int, int]:
    shares = [share(run) for run in runs]
    return sum(some for some, _ in shares), sum(many for _, many in shares)


def _indicators(run: Run) -> Iterator[Indicator]:
    for kind in ("changed", "blocked", "login", "incomplete", "bug", "unreachable"):
        yield Indicator(kind, _refused(kind), _say_refused(run, kind), is_early=True)
        yield Indicator(kind, _unlisted(kind), _say_unlisted(run, kind))
    yield Indicator("gone", _refused("gone"), _say_refused(run, "gone"))
    yield Indicator("changed", _refused("skipped"), lambda some, many: f"{some} of {many} pages are no articles now")
    for field in ("time", "thumbnail", "author", "publisher", "category", "keywords", "brief", "counts"):
        yield Indicator("changed", _without(field), _say_without(field))
    for group in sorted({name.rpartition(".")[0] for name in run.figures if name.startswith("chosen.")}):
        for candidate in run.group(group):
            yield Indicator("changed", _of_group(group, candidate), _say_chosen(group.partition(".")[2], candidate))
    for group, verb in (("reader", "are read by the reader"), ("charset", "come in")):
        for name in run.group(group):
            yield Indicator("changed", _of_group(group, name), _say_read(verb, name))


def _refused(kind: str) -> Share:
    return lambda run: (run.count(f"refused.{kind}"), run.articles + sum(run.group("refused").values()))


def _unlisted(kind: str) -> Share:
    return lambda run: (
        run.count(f"listings.{kind}"), run.count("pages.listing") + sum(run.group("listings").values())
    )  # fmt: skip


def _without(field: str) -> Share:
    return lambda run: (run.count("fields.title") - run.count(f"fields.{field}"), run.count("fields.title"))


def _of_group(group: str, name: str) -> Share:
    return lambda run: (run.count(f"{group}.{name}"), sum(run.group(group).values()))


def _say_refused(run: Run, kind: str) -> Callable[[int, int], str]:
    example = run.figures.get(f"example.{kind}", "")
    places = run.group("at")
    place = f" ({max(places, key=lambda name: places[name])})" if kind == "changed" and places else ""
    return lambda some, many: f"{some} of {many} pages {kind}{place}{f': {example}' if example else ''}"


def _say_unlisted(run: Run, kind: str) -> Callable[[int, int], str]:
    return lambda some, many: f"{some} of {many} listing pages {kind}: {run.figures.get(f'example.{kind}', '')}"


def _say_without(field: str) -> Callable[[int, int], str]:
    return lambda some, many: f"{some} of {many} articles without {field}"


def _say_chosen(field: str, candidate: str) -> Callable[[int, int], str]:
    return lambda some, many: f"{field} of {some} of {many} articles from {candidate!r}: its usual place is empty"


def _say_read(verb: str, name: str) -> Callable[[int, int], str]:
    return lambda some, many: f"{some} of {many} articles {verb} {name!r}"


def _tail(found: int, number: int, a: float, b: float) -> float:
    """How probable *found* or more of *number* are, when a / (a + b) is what is usual (beta-binomial)."""
    total = 0.0
    for some in range(found, number + 1):
        ways = lgamma(number + 1) - lgamma(some + 1) - lgamma(number - some + 1)
        chance = lgamma(some + a) + lgamma(number - some + b) - lgamma(number + a + b)
        total += exp(ways + chance + lgamma(a + b) - lgamma(a) - lgamma(b))
    return total


# Numbers that fall -------------------------------------------------------------------------------------------------


def _fallen(run: Run, fine: Sequence[Run]) -> Iterator[Verdict]:
    """What was never so low, or so long ago."""
    lists = [past.listed / past.count("pages.listing") for past in fine if past.count("pages.listing")]
    if len(lists) >= MANY and run.count("pages.listing"):
        now = run.listed / run.count("pages.listing")
        if now < min(lists) / 2:
            why = f"a listing page leads to {now:.0f} links, where it never led to fewer than {min(lists):.0f}"
            yield Verdict("changed", why, alarm=True)
    lengths = [_length(past) for past in fine if past.articles >= SEVERAL]
    if len(lengths) >= MANY and run.articles >= SEVERAL and _length(run) < min(lengths) / 2:
        why = f"articles of {_length(run):.0f} characters, where they never had fewer than {min(lengths):.0f}"
        yield Verdict("incomplete", why, alarm=True)
    bearing = [past.started for past in fine if past.count("links.new")]
    if not run.count("links.new") and len(bearing) >= MANY and bearing[-1] - bearing[0] >= WEEKS:
        longest = max(later - earlier for earlier, later in pairwise(bearing))
        now = run.started - bearing[-1]
        if now > max(3 * longest, HOLIDAY):
            why = f"no new article for {now / 86400:.1f} days, where there was one after {longest / 86400:.1f} at most"
            yield Verdict("stale", why, alarm=True)


def _length(run: Run) -> float:
    return run.count("body.characters") / max(1, run.count("fields.title"))
