"""Judge a run by the history of its source. Pure functions: runs in, a verdict out.

The indicators are shares: refused pages, articles without an author, pages read by an older reader, and so on. A share
raises an alarm if both conditions hold:

- It is higher than in every comparable run.
- A one-sided test rejects that it has the usual rate: given the counts of all comparable runs, a share at least as high
  has a beta-binomial tail probability below 0.0001.

Comparable runs are the fine runs with the same arguments. A broken source therefore does not become the usual state.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import exp, lgamma

from crawler.corpus.runs import Run, Verdict
from crawler.counts import Count, Group
from crawler.health.indicators import Share, indicators
from crawler.reading.errors import ERRORS
from crawler.text.plural import plural

logger = logging.getLogger(__name__)

SIGNIFICANCE = 0.0001
MIN_RUNS_FOR_RATE = 3  # comparable runs needed to estimate a rate
MIN_ARTICLES = 3  # articles of a run needed to compare their length
MIN_RUNS_FOR_EXTREMES = 10  # comparable runs needed to use the lowest or the longest value of the history
MAX_COMPARABLE_RUNS = 200
# Seconds. A shorter history has too few weekends to judge how long a source may have nothing new. The longest holidays
# come twice a year, with the days before and after them, and the history need not contain one.
MIN_HISTORY, LONGEST_HOLIDAY = 14 * 86400, 10 * 86400
# Classes that only article pages can show.
PAGE_KINDS = tuple(kind for kind in ERRORS if kind not in ("bug", "unreachable", "skipped"))

News = Sequence[tuple[int, int]]  # number and start of the fine runs with new articles, see `Runs.news`


def judge(run: Run, before: Sequence[Run], news: News = ()) -> Verdict:
    """Judge *run*. *before* are the earlier runs of its source with their verdicts, the newest last.

    *news* extends the history beyond *before*. Raises nothing: a run that cannot be judged is not fine.
    """
    try:
        return _judge(run, before, news)
    except Exception as error:
        logger.exception("the run could not be judged")
        return Verdict("bug", f"the run could not be judged: {type(error).__name__}: see the log", alarm=True)


def _judge(run: Run, before: Sequence[Run], news: News) -> Verdict:
    if verdict := run.end_verdict:
        return verdict
    if malformed := next(run.malformed(), None):
        return Verdict("bug", f"the figure {malformed!r} is not a number", alarm=True)
    of_same = [past for past in before if past.is_of_archive == run.is_of_archive]
    last = of_same[-1] if of_same else None
    if failure := _listing_failure(run):
        # An alarm for an unreachable site needs two runs in a row: a site that is down for an hour needs no action.
        alarm = failure.kind != "unreachable" or (last is not None and last.verdict.kind == "unreachable")
        return Verdict(failure.kind, failure.why, alarm)
    if run.read_nothing:
        return Verdict("empty", "the run could request none of its pages")
    if errors := run.count(Count.INTERNAL_ERRORS):
        return Verdict("bug", f"{plural(errors, 'internal error')}: see the log", alarm=True)
    comparable = comparable_runs(run, before)
    # Two runs with few pages may show together what neither shows alone.
    last_two = [run, last] if last and last.reason == "finished" and _arguments(last) == _arguments(run) else [run]
    rises = [*_rises([run], comparable), *_rises(last_two, [past for past in comparable if past is not last])]
    if rises:
        kind, why, _ = max(rises, key=lambda rise: rise[2])
        return Verdict(kind, why, alarm=True)
    if drop := next(_drops(run, comparable, _all_news(run, before, comparable, news)), None):
        return drop
    return _alarm_without_end(run, before) or Verdict("fine")


def _alarm_without_end(run: Run, before: Sequence[Run]) -> Verdict | None:
    """Return the last alarm about article pages if the articles read since are too few to end it.

    An article that is read when its page is retried ends an alarm about refused pages only: its fields and its length
    are not counted. Runs without a result (stopped, killed, an unreachable site) and runs with other arguments end no
    alarm.
    """
    newest: Verdict | None = None
    since = [run]
    is_about_refusals = True
    for past in reversed(before):
        if _arguments(past) != _arguments(run):
            continue
        verdict = past.verdict
        if verdict.is_fine:
            break
        if verdict.alarm and verdict.kind in PAGE_KINDS and past.count(Count.PAGES_LISTING):
            newest = newest or verdict
            refused = past.count(Group.REFUSED.of(verdict.kind))
            if refused or past.count(Count.FIELDS_TITLE) >= _needed(verdict):  # otherwise it repeats an earlier verdict
                is_about_refusals = bool(refused) or verdict.kind not in ("changed", "incomplete")
                break
        since.append(past)
    if newest is None:
        return None
    read = sum(past.count(Count.FIELDS_TITLE, Count.PAGES_FILTERED) for past in since)
    retried = sum(past.count(Count.RETRIES_ARTICLE) for past in since) if is_about_refusals else 0
    return newest if read + retried < _needed(newest) else None


def _needed(verdict: Verdict) -> int:
    """Return how many articles must be read to end the alarm of *verdict*."""
    return MIN_ARTICLES if verdict.kind == "incomplete" else 1


def comparable_runs(run: Run, before: Sequence[Run]) -> list[Run]:
    """Return the fine, finished runs with the arguments of *run*, since `press-corpus health --accept` was last used.

    A run directly before an alarm is left out, because the error may have begun in it without being significant.
    """
    accepted = _accepted(run, before)
    same_arguments = [past for past in before if past.number >= accepted and _arguments(past) == _arguments(run)]
    alarm_follows = [*(later.verdict.alarm for later in same_arguments[1:]), False]
    fine = (
        past
        for past, alarm in zip(same_arguments, alarm_follows, strict=False)
        if past.verdict.is_fine and not (alarm and past.runs == 1)
    )
    return list(fine)[-MAX_COMPARABLE_RUNS:]


def _accepted(run: Run, before: Sequence[Run]) -> int:
    """Return the number of the last accepted run, 0 without one."""
    return max((past.number for past in (*before, run) if past.figures.get("accepted")), default=0)


def _arguments(run: Run) -> object:
    return run.figures.get("asked")


def _all_news(run: Run, before: Sequence[Run], comparable: Sequence[Run], news: News) -> list[int]:
    """Return the starts of the comparable runs with new articles, in the order of the runs."""
    accepted = _accepted(run, before)
    older = {number: started for number, started in news if number >= accepted}
    recent = {past.number: past.started for past in comparable if past.count(Count.LINKS_NEW)}
    return [started for _, started in sorted((older | recent).items())]


def _listing_failure(run: Run) -> Verdict | None:
    """Return the class and reason if no listing page could be read; otherwise None."""
    kinds = run.group("listings")
    if kinds.get("gone", 0) <= run.count(Count.LINKS_NO_ISSUE):  # days on which a newspaper has no issue
        kinds.pop("gone", None)
    if robots := run.count(Count.ROBOTS_FAILED):
        kinds["unreachable"] = kinds.get("unreachable", 0) + robots
    if run.count(Count.PAGES_LISTING) or not kinds:
        return None
    kind = max(kinds, key=lambda name: kinds[name])
    example = run.figures.get(Group.EXAMPLE.of(kind), "robots.txt could not be fetched" if robots else "no response")
    if robots and kind == "unreachable":  # no other page of its host was requested
        example = run.figures.get(Group.EXAMPLE.of(Count.ROBOTS_FAILED), example)
    return Verdict(kind, f"no listing page could be read: {example}")


# Shares that rise --------------------------------------------------------------------------------------------------


def _rises(runs: Sequence[Run], comparable: Sequence[Run]) -> Iterator[tuple[str, str, int]]:
    """Yield class, reason and number of pages of each share that is significantly high in *runs* taken together.

    The newest of *runs* comes first.
    """
    for indicator in indicators(runs[0]):
        if not indicator.share(runs[0])[0]:
            continue  # only the earlier run has such pages
        found, total = _sum(indicator.share, runs)
        past_shares = [share for share in map(indicator.share, comparable) if share[1]]
        if found < 2 or (indicator.needs_history and len(past_shares) < MIN_RUNS_FOR_RATE):
            continue
        # Runs with less than half of the pages are left out: in one or two pages any share may occur by chance.
        highest = max((some / number for some, number in past_shares if number >= total / 2), default=0.0)
        past_found, past_total = sum(some for some, _ in past_shares), sum(number for _, number in past_shares)
        # The prior, Beta(1, 9), is a rate of 1 in 10: it decides without history.
        probability = _tail_probability(found, total, 1 + past_found, 9 + past_total - past_found)
        if found / total > highest and probability < SIGNIFICANCE:
            usual = f"; usually {past_found} of {past_total}" if past_total else ""
            yield indicator.kind, indicator.describe(found, total) + usual, found


def _sum(share: Share, runs: Sequence[Run]) -> tuple[int, int]:
    shares = [share(run) for run in runs]
    return sum(some for some, _ in shares), sum(number for _, number in shares)


def _tail_probability(found: int, total: int, a: float, b: float) -> float:
    """Return the probability of at least *found* of *total* under the beta-binomial distribution of *a* and *b*.

    Its mean rate is *a* / (*a* + *b*).
    """
    probability = 0.0
    for some in range(found, total + 1):
        log_binomial = lgamma(total + 1) - lgamma(some + 1) - lgamma(total - some + 1)
        log_beta = lgamma(some + a) + lgamma(total - some + b) - lgamma(total + a + b)
        probability += exp(log_binomial + log_beta + lgamma(a + b) - lgamma(a) - lgamma(b))
    return probability


# Numbers that drop -------------------------------------------------------------------------------------------------


def _drops(run: Run, comparable: Sequence[Run], with_news: Sequence[int]) -> Iterator[Verdict]:
    """Yield a verdict for each number that is far below, or each gap that is far above, all of the comparable runs.

    *with_news* are the starts of the runs with new articles.
    """
    links = [past.listed / past.count(Count.PAGES_LISTING) for past in comparable if past.count(Count.PAGES_LISTING)]
    if len(links) >= MIN_RUNS_FOR_EXTREMES and run.count(Count.PAGES_LISTING):
        now = run.listed / run.count(Count.PAGES_LISTING)
        if now < min(links) / 2:
            why = f"{plural(round(now), 'link')} per listing page; the lowest number so far is {min(links):.0f}"
            yield Verdict("changed", why, alarm=True)
    lengths = [_length(past) for past in comparable if past.count(Count.FIELDS_TITLE) >= MIN_ARTICLES]
    enough = len(lengths) >= MIN_RUNS_FOR_EXTREMES and run.count(Count.FIELDS_TITLE) >= MIN_ARTICLES
    if enough and _length(run) < min(lengths) / 2:
        why = f"{_length(run):.0f} characters per article; the lowest number so far is {min(lengths):.0f}"
        yield Verdict("incomplete", why, alarm=True)
    if (
        not run.count(Count.LINKS_NEW)
        and len(with_news) >= MIN_RUNS_FOR_EXTREMES
        and with_news[-1] - with_news[0] >= MIN_HISTORY
    ):
        longest = max(later - earlier for earlier, later in pairwise(with_news))
        gap = run.started - with_news[-1]
        if gap > max(3 * longest, LONGEST_HOLIDAY):
            why = f"no new article for {gap / 86400:.1f} days; the longest gap so far is {longest / 86400:.1f} days"
            yield Verdict("stale", why, alarm=True)


def _length(run: Run) -> float:
    return run.count(Count.BODY_CHARACTERS) / max(1, run.count(Count.FIELDS_TITLE))
