"""After a run: one notice when a source breaks, one when it is well again, none in between.

What was told to whom is kept in the ledger. The services (Feishu, DingTalk, WeCom, Slack, mail, webhooks …) are
apprise's work, in a process of its own: whatever it or the libraries below it log, addresses with their tokens and
passwords among it, ends there, and so does whatever hangs. A service is named by the kind of its address.
"""

from __future__ import annotations

import importlib
import json
import logging
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crawler.corpus.database import LedgerError
from crawler.corpus.ledger import Ledger
from crawler.corpus.runs import KINDS, Run, Verdict
from crawler.text.dates import BEIJING

logger = logging.getLogger(__name__)

SENDING = [sys.executable, "-m", "crawler.jobs.notices"]
LIMIT = 60  # seconds for all services together, which are asked at once
LONGEST = 300  # characters of what comes from a page; WeCom takes 2048 bytes in all
MISSING = 'apprise is not installed: pip install -e ".[notices]"'
# These refuse with HTTP 200 and a number in the answer, at which apprise does not look.
REFUSING_WITH_200 = {"open.feishu.cn", "open.larksuite.com", "oapi.dingtalk.com", "qyapi.weixin.qq.com"}
# What makes tags, links and mentions, even in plain text (Feishu: <at user_id="all">).
_ACTING = str.maketrans("<>@", "‹›＠")


@dataclass(frozen=True, slots=True)
class NoticeState:
    """What is known of a source, and to whom."""

    kind: str = ""  # the class of its breakdown; "" while it is well
    why: str = ""
    since: int = 0  # when the first run of the (last) breakdown began
    told: frozenset[str] = frozenset()  # the services that heard of a breakdown, and not yet of its end


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice as plain text."""

    title: str
    body: str
    good: bool  # good news


def send_due_notices(ledger: Ledger | None, run: Run, verdict: Verdict, urls: str, log: Path | str = "") -> None:
    """Send the notices that are due after *run*.

    In: the ledger (None: there is none to be had), apprise's addresses separated by blanks (""; nothing is done), where
    the run's log lies. Raises nothing, and says in a line what could not be delivered: that is tried again after the
    next run. Where the ledger does not work, an alarm may be told twice, which is better than not at all.
    """
    if not (addresses := services(urls)):
        return
    before = NoticeState()
    try:
        if ledger and (row := ledger.notices.get(run.source)):
            before = NoticeState(**row | {"told": frozenset(row["told"])})
    except LedgerError as error:
        logger.warning("notices of %s: what was told before cannot be known: %s", run.source, error)
    known, audience = decide(before, verdict, run.started, addresses)
    if audience:
        failed = send({name: addresses[name] for name in sorted(audience)}, notice(known, run, log))
        known = replace(known, told=known.told ^ (audience - failed.keys()))
        state = f"broken: {known.kind}" if known.kind else "well again"
        if failed:
            logger.warning("notices of %s (%s): not delivered to %s", run.source, state, said(failed))
        if told := sorted(audience - failed.keys()):
            logger.info("notices of %s (%s): delivered to %s", run.source, state, ", ".join(told))
    try:
        if ledger and known != before:
            ledger.notices.set(
                run.source, {"kind": known.kind, "why": known.why, "since": known.since, "told": sorted(known.told)}
            )
    except LedgerError as error:
        logger.warning("notices of %s: what was told cannot be noted: %s", run.source, error)


def decide(
    before: NoticeState, verdict: Verdict, started: int, services: Iterable[str]
) -> tuple[NoticeState, frozenset[str]]:
    """What is known after a run that *started* then, and which of the *services* have to hear of it. (Pure.)

    A verdict that is neither an alarm nor fine changes nothing: it breaks no source, and heals none.
    """
    after = before
    if verdict.alarm:
        since = before.since if before.kind else started
        after = replace(before, kind=verdict.kind, why=plain(verdict.why), since=since)
    elif verdict.is_fine:
        after = replace(before, kind="", why="")
    return after, frozenset(name for name in services if (name in after.told) != bool(after.kind))


def notice(known: NoticeState, run: Run, log: Path | str = "") -> Notice:
    """What is told after *run*. (Pure.)"""
    since = f"{datetime.fromtimestamp(known.since, BEIJING):%Y-%m-%d %H:%M}, Beijing time"
    refused = {kind: number for kind, number in sorted(run.group("refused").items()) if number}
    by_class = f" ({', '.join(f'{kind} {number}' for kind, number in refused.items())})" if refused else ""
    figures = (
        f"This run: {run.listed} links found, {run.count('links.new')} of them new; {run.written} articles written; "
        f"{sum(refused.values())} pages refused{by_class}"
    )
    lines = [f"Why: {known.why or known.kind}", f"Since: {since}", figures, f"What to do: {KINDS.get(known.kind, '')}"]
    if not known.kind:
        lines = [f"It was broken since {since}", figures]
    if log:
        lines.append(f"Log: {plain(str(log))}")
    state = f"broken: {known.kind}" if known.kind else "well again"
    return Notice(f"press-corpus: {run.source} is {state}", "\n".join(lines), good=not known.kind)


def plain(text: str) -> str:
    """*text* on one line, without what acts, and not too long: it may come from a page."""
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    text = " ".join(text.translate(_ACTING).split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def services(urls: str) -> dict[str, str]:
    """Addresses separated by blanks, by the names under which they are spoken of: "slack", and a second "slack 2"."""
    named: dict[str, str] = {}
    met: Counter[str] = Counter()
    for url in urls.split():
        scheme = re.match(r"([a-z][a-z0-9]{1,19})://", url.lower())
        kind = scheme[1] if scheme else "unknown"
        met[kind] += 1
        named[kind if met[kind] == 1 else f"{kind} {met[kind]}"] = url
    return named


def said(failed: Mapping[str, str]) -> str:
    """Services that failed, by the reason: "slack (error 403), mailto, json (no answer)"."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for name, reason in failed.items():
        reasons[reason].append(name)
    return ", ".join(f"{', '.join(names)} ({reason})" for reason, names in reasons.items())


def send(addresses: Mapping[str, str], notice: Notice) -> dict[str, str]:
    """Send to addresses by name; the names where it failed, with the reason, which holds nothing of the address."""
    if find_spec("apprise") is None:
        return dict.fromkeys(addresses, MISSING)
    task = json.dumps({"addresses": dict(addresses), "title": notice.title, "body": notice.body, "good": notice.good})
    try:
        answer = subprocess.run(  # noqa: S603
            SENDING, input=task.encode(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=LIMIT,
            cwd=Path(__file__).parents[2],
        ).stdout  # fmt: skip
    except subprocess.TimeoutExpired as late:
        answer = late.output or b""
    except OSError as error:
        return dict.fromkeys(addresses, f"apprise cannot be started: {error.strerror}")
    results = dict.fromkeys(addresses, "no answer")
    for line in answer.splitlines():
        with suppress(ValueError):  # cut
            name, reason = json.loads(line)
            results[name] = reason
    return {name: reason for name, reason in results.items() if reason}


# In the process that sends ------------------------------------------------------------------------------------------


def main() -> None:
    """Do what `send` asks on standard input, and answer with a line for each service: its name, why it failed."""
    task = json.load(sys.stdin)
    look_into_answers()
    with ThreadPoolExecutor(len(task["addresses"])) as pool:
        posts = {
            pool.submit(post, url, task["title"], task["body"], task["good"]): name
            for name, url in task["addresses"].items()
        }
        for done in as_completed(posts):
            print(json.dumps([posts[done], done.result()]), flush=True)


def post(url: str, title: str, body: str, good: bool) -> str:
    """Send to one address; why it failed, or ""."""
    import apprise

    try:
        asset = apprise.AppriseAsset(app_id="press-corpus", storage_mode="memory")  # nothing in files
        service = apprise.Apprise.instantiate(url, asset=asset)
        if service is None:
            return "no address that apprise can use"
        kind = apprise.NotifyType.SUCCESS if good else apprise.NotifyType.FAILURE
        result = apprise.Apprise(service).notify(body, title, kind, body_format=apprise.NotifyFormat.TEXT)
        if result:
            return ""
        codes = re.findall(r"error=(\d{3,6})\b", " ".join(entry.message for entry in result.logs()))
    except Exception as error:
        return type(error).__name__
    return f"error {codes[-1]}" if codes else "not reached, or refused"


def look_into_answers() -> None:
    """Make the number in a refusal with HTTP 200 the answer's status, so that apprise takes it for what it is."""
    requests: Any = importlib.import_module("requests")
    ask = requests.post

    def asked(url: str, *args: Any, **options: Any) -> Any:
        answer = ask(url, *args, **options)
        if answer.ok and urlsplit(url).hostname in REFUSING_WITH_200:
            with suppress(ValueError):  # no JSON
                words = answer.json()
                answer.status_code = words.get("errcode") or words.get("code") or answer.status_code
        return answer

    requests.post = asked


if __name__ == "__main__":
    main()
