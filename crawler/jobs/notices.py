"""Notices after a run: one when a source fails, and one when it recovers.

The ledger records which service was notified of what; `delivery` sends.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from crawler.corpus.errors import LedgerError
from crawler.corpus.ledger import Ledger
from crawler.corpus.runs import KINDS, Run, Verdict
from crawler.jobs.delivery import Notice, describe_failures, send, services
from crawler.text.clean import printable
from crawler.text.dates import BEIJING
from crawler.text.plural import plural

logger = logging.getLogger(__name__)

MAX_TEXT = 300  # characters of a text from a page; WeCom accepts 2048 bytes in total
# Replacements for the characters of tags, links and mentions, which are active even in plain text, for example
# <at user_id="all"> in Feishu.
_INERT = str.maketrans("<>@", "‹›＠")


@dataclass(frozen=True, slots=True)
class NoticeState:
    """The state of a source and the services that were notified of it. The fields are those of the ledger."""

    kind: str = ""  # class of the failure; "" if the source works
    why: str = ""
    since: int = 0  # start of the first failed run of the (last) failure, UTC, seconds since 1970
    told: frozenset[str] = frozenset()  # services that were notified of a failure and not yet of its end


def send_due_notices(ledger: Ledger | None, run: Run, verdict: Verdict, urls: str, log: Path | str = "") -> None:
    """Send the notices that are due after *run*.

    Without a usable *ledger*, a repeated alarm is possible. *urls* are apprise URLs
    separated by white space; without any, nothing is done. *log* is the log file of the run. A failed delivery is
    logged in one line and repeated after the next run. Raises nothing.
    """
    if not (targets := services(urls)):
        return
    before = NoticeState()
    try:
        if ledger and (row := ledger.notices.get(run.source)):
            before = NoticeState(**row | {"told": frozenset(row["told"])})
    except LedgerError as error:
        logger.warning("notices of %s: the state of the notices cannot be read: %s", run.source, error)
    after, due = decide(before, verdict, run.started, targets)
    if due:
        failures = send({name: targets[name] for name in sorted(due)}, notice(after, run, log))
        after = replace(after, told=after.told ^ (due - failures.keys()))
        state = _state(after)
        if failures:
            logger.warning("notices of %s (%s): not delivered to %s", run.source, state, describe_failures(failures))
        if delivered := sorted(due - failures.keys()):
            logger.info("notices of %s (%s): delivered to %s", run.source, state, ", ".join(delivered))
    try:
        if ledger and after != before:
            ledger.notices.set(
                run.source, {"kind": after.kind, "why": after.why, "since": after.since, "told": sorted(after.told)}
            )
    except LedgerError as error:
        logger.warning("notices of %s: the state of the notices cannot be written: %s", run.source, error)


def decide(
    before: NoticeState, verdict: Verdict, started: int, services: Iterable[str]
) -> tuple[NoticeState, frozenset[str]]:
    """Return the state after a run that *started* then (UTC, seconds), and the *services* to notify of it. (Pure.)

    A verdict that is neither an alarm nor fine does not change the state.
    """
    after = before
    if verdict.alarm:
        since = before.since if before.kind else started
        after = replace(before, kind=verdict.kind, why=plain(verdict.why), since=since)
    elif verdict.is_fine:
        after = replace(before, kind="", why="")
    return after, frozenset(name for name in services if (name in after.told) != bool(after.kind))


def notice(state: NoticeState, run: Run, log: Path | str = "") -> Notice:
    """Write the notice of *state* after *run*. (Pure.)"""
    since = f"{datetime.fromtimestamp(state.since, BEIJING):%Y-%m-%d %H:%M}, Beijing time"
    refused = {kind: number for kind, number in sorted(run.group("refused").items()) if number}
    by_class = f" ({', '.join(f'{kind} {number}' for kind, number in refused.items())})" if refused else ""
    figures = (
        f"This run: {plural(run.listed, 'link')} found, {run.count('links.new')} of them new; "
        f"{plural(run.written, 'article')} written; "
        f"{plural(sum(refused.values()), 'page')} refused{by_class}"
    )
    lines = [f"Why: {state.why or state.kind}", f"Since: {since}", figures, f"What to do: {KINDS.get(state.kind, '')}"]
    if not state.kind:
        lines = [f"It was broken since {since}", figures]
    if log:
        lines.append(f"Log: {plain(str(log))}")
    title = f"press-corpus: {run.source} {'is ' if state.kind else ''}{_state(state)}"
    return Notice(title, "\n".join(lines), good=not state.kind)


def _state(state: NoticeState) -> str:
    return f"broken: {state.kind}" if state.kind else "works again"


def plain(text: str) -> str:
    """Return *text*, which may come from a page, on one line of at most `MAX_TEXT` characters without markup."""
    text = " ".join(printable(text).translate(_INERT).split())
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"
