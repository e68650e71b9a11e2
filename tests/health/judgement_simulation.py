"""Simulate forty days of a site, with two runs per day on a simulated clock, and then each fault of `FAULTS`.

Each fault starts from the same forty days. It must raise an alarm of the right class in the first or second run, and
the alarm must end after the fault has ended. Takes 3 minutes:

    python -m tests.health.judgement_simulation [--days 40] [--seed 1] [--fault WORD]
"""

from __future__ import annotations

import argparse
import inspect
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path

from crawler.corpus.ledger import Ledger
from crawler.corpus.runs import Run
from crawler.text.dates import BEIJING
from tests.support.mirror import scrapy
from tests.support.server import Answer, Played, play

FAULT_DAY = datetime(2025, 10, 20, tzinfo=BEIJING)  # a Monday: the day after the forty, on which each fault begins
HOLIDAY = (datetime(2025, 10, 1, tzinfo=BEIJING), datetime(2025, 10, 9, tzinfo=BEIJING))
RUNS_AT = (timedelta(hours=7, minutes=10), timedelta(hours=19, minutes=10))
FAULTY_RUNS, FIXED_RUNS = 4, 2  # runs with a fault, and after it
JOB_EVERY = 9  # every ninth run of the forty days is `scrapy job`; the others are `scrapy crawl`, which judges too
OPTIONS = (
    *("-s", "SPIDER_MODULES=tests.support.toy", "-s", "DOWNLOAD_DELAY=0", "-s", "BLOCK_BACKOFF=0.01"),
    *("-s", "BLOCK_BACKOFF_MAX=0.2"),  # 20 times BLOCK_BACKOFF, as in the settings
)
CLOSED_PORT = "http://127.0.0.1:9"
SENTENCES = (
    "本季度的产量与销量继续上升",
    "出口也在增长",
    "业内人士看好明年",
    "新的工厂已经开工",
    "价格在月底回落",
    "监管部门要求",
)


# The clock --------------------------------------------------------------------------------------------------------


def shift_clock(seconds: float) -> None:
    """Set the clock of this process *seconds* ahead. Must be called before any module of the project is imported."""
    import datetime
    import time

    real = time.time
    time.time = lambda: real() + seconds

    class Shifted(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:  # type: ignore[override]
            return cls.fromtimestamp(time.time(), tz)

    datetime.datetime = Shifted  # type: ignore[misc]


def clock_for_processes(folder: Path) -> dict[str, str]:
    """Return environment variables with which each new Python process sets its clock CLOCK_AHEAD seconds ahead."""
    lines = ("from __future__ import annotations", inspect.getsource(shift_clock), "import os")
    (folder / "sitecustomize.py").write_text("\n".join((*lines, 'shift_clock(float(os.environ["CLOCK_AHEAD"]))\n')))
    return {"PYTHONPATH": str(folder)}


# The site ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Text:
    """An article of the site. *oddity* is "" or one of `ODDITIES`."""

    name: str
    when: datetime
    oddity: str = ""

    @property
    def paragraphs(self) -> list[str]:
        chance = random.Random(self.name)
        number = 1 if self.oddity == "short" else chance.randint(6, 20)
        return ["，".join(chance.choices(SENTENCES, k=chance.randint(4, 9))) + "。" for _ in range(number)]


ODDITIES = {  # one of this many articles has it; a truncated page or a captcha is fine in the next run
    "cut": 40, "captcha": 80, "deleted": 60, "video": 60, "no h1": 50, "gbk": 50, "short": 40,
}  # fmt: skip
STUCK = ("always captcha", "always captcha", "always broken")  # oddities of three articles that no run can read
STUCK_EVERY = 12  # days until three other articles have them, about as long as a page is retried


def texts(days: int, seed: int) -> list[Text]:
    """Create the articles of *days* days and of the days before and after.

    The site publishes less at night, nothing at weekends and in the holiday, and more each week. There are always
    articles with the oddities `STUCK`.
    """
    chance, begin, found = random.Random(seed), FAULT_DAY - timedelta(days=days), []
    for day in range(-10, days + (FAULTY_RUNS + FIXED_RUNS) // 2 + 1):
        morning = begin + timedelta(days=day)
        expected = 9 * (1 + 0.02 * max(day, 0))
        is_quiet = morning.weekday() >= 5 or HOLIDAY[0] <= morning < HOLIDAY[1]
        number = 0 if is_quiet else max(0, round(chance.gauss(expected, expected / 3)))
        minutes = sorted(int(chance.triangular(0, 24 * 60 - 1, 15 * 60)) for _ in range(number))
        for turn, minute in enumerate(minutes):
            oddity = next((name for name, rarity in ODDITIES.items() if chance.random() < 1 / rarity), "")
            found.append(Text(f"{morning:%m%d}{turn:02}", morning + timedelta(minutes=minute), oddity))
    for day in range(1, days, STUCK_EVERY):
        later = (index for index, text in enumerate(found) if text.when >= begin + timedelta(days=day))
        for index, oddity in zip(islice(later, 1, None, 2), STUCK, strict=False):
            found[index] = replace(found[index], oddity=oddity)
    return found


@dataclass
class Site:
    """Serves the site as it is at the time `now`, changed by *fault*."""

    texts: list[Text]
    now: datetime = FAULT_DAY
    fault: Callable[[str, Answer], Answer] | None = None

    def __call__(self, path: str, number: int) -> Answer:
        answer = self.without_fault(path)
        return self.fault(path, answer) if self.fault else answer

    def without_fault(self, path: str) -> Answer:
        published = [text for text in self.texts if text.when <= self.now]
        if path.startswith("/news"):
            page = int(path[6:] or 1)
            return listing(list(reversed(published))[(page - 1) * 15 :][:15], page + 1 if page < 3 else 0)
        for text in published:
            if path == f"/a/{text.name}.html":
                return article(text, is_young=self.now - text.when < timedelta(hours=12))
        return Answer("not found", 404)


def listing(shown: list[Text], following: int) -> Answer:
    entries = "".join(
        f'<li><a href="/a/{text.name}.html">第{text.name}号</a> <time>{text.when:%Y-%m-%d}</time></li>'
        for text in shown
    )
    more = f'<a class="next" href="/news-{following}">下一页</a>' if following else ""
    return Answer(f"<html><body><ul>{entries}</ul>{more}</body></html>")


def article(text: Text, is_young: bool) -> Answer:
    title = f"第{text.name}号：{text.paragraphs[0][:12]}"
    paragraphs = "".join(f"<p>{paragraph}</p>" for paragraph in text.paragraphs)
    heading = "" if text.oddity == "no h1" else f"<h1>{title}</h1>"
    answer = Answer(
        f"<html><head><title>{title}_Toy</title></head><body>{heading}<time>{text.when:%Y-%m-%d %H:%M:%S}</time>"
        f"<article>{paragraphs}</article></body></html>"
    )
    if is_young and text.oddity == "cut":
        return replace(answer, cut=True)
    if text.oddity == "always captcha" or (is_young and text.oddity == "captcha"):
        return CAPTCHA
    if text.oddity == "always broken":
        return replace(answer, body=answer.body.replace("article>", "section>"))
    if text.oddity == "video":
        return replace(answer, body=answer.body.replace("<article>", "<video></video><article>"))
    return {"deleted": Answer("not found", 404), "gbk": in_gbk(answer)}.get(text.oddity, answer)


def in_gbk(answer: Answer) -> Answer:
    """Encode the page as GBK, with a header that declares UTF-8."""
    body = answer.body.encode("gbk")
    head = f"HTTP/1.1 {answer.status} -\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
    return Answer(raw=f"{head}Connection: close\r\n\r\n".encode() + body)


# Faults ---------------------------------------------------------------------------------------------------------

CAPTCHA = Answer("<html><body>请输入验证码</body></html>")


@dataclass(frozen=True)
class Fault:
    """A change of the site, with the class and a part of the reason of the expected alarm.

    *answer* changes the responses of the site; None: the site does not respond. *options* are those of the runs.
    """

    kind: str
    why: str
    answer: Callable[[str, Answer], Answer] | None
    options: tuple[str, ...] = ()


def of(prefix: str, change: Callable[[Answer], Answer]) -> Callable[[str, Answer], Answer]:
    """Apply *change* to the responses whose path starts with *prefix*."""
    return lambda path, answer: change(answer) if path.startswith(prefix) and answer.status == 200 else answer


def renamed(**names: str) -> Callable[[Answer], Answer]:
    """Return a function that renames tags of a page."""

    def change(answer: Answer) -> Answer:
        body = answer.body
        for before, after in names.items():
            body = body.replace(f"<{before}>", f"<{after}>").replace(f"</{before}>", f"</{after}>")
        return replace(answer, body=body)

    return change


def half_cut(path: str, answer: Answer) -> Answer:
    return replace(answer, cut=True) if path.startswith("/a/") and int(path[3:9]) % 2 else answer


def login(path: str, answer: Answer) -> Answer:
    target = f"http://passport.toy.example/login?from={path}"
    return Answer(status=302, headers={"Location": target}) if path.startswith("/a/") else answer


def own_login(path: str, answer: Answer) -> Answer:
    if path == "/login":
        return Answer("<html><body><form>登录</form></body></html>")
    return Answer(status=302, headers={"Location": "/login"}) if path.startswith("/a/") else answer


def one_line(answer: Answer) -> Answer:
    before, _, after = answer.body.partition("</p>")
    return replace(answer, body=f"{before[: before.find('<p>') + 20]}</p></article>{after.partition('</article>')[2]}")


def robots(path: str, answer: Answer) -> Answer:
    return Answer("busy", 503) if path == "/robots.txt" else answer


FAULTS: dict[str, Fault] = {
    "a renamed title node": Fault("changed", "title of ", of("/a/", renamed(h1="h2"))),
    "a title without any candidate": Fault("changed", "(title)", of("/a/", renamed(h1="h2", title="name"))),
    "a renamed body node": Fault("changed", "'article' found 0 nodes", of("/a/", renamed(article="section"))),
    "an empty listing": Fault("changed", "no article", of("/news", lambda _: Answer("<html><ul></ul></html>"))),
    "a captcha for the articles": Fault("blocked", "captcha", of("/a/", lambda _: CAPTCHA)),
    "a captcha until the run gives up": Fault(
        "blocked", "even after the longest pause", of("/a/", lambda _: CAPTCHA), ("-s", "DOWNLOAD_DELAY=0.01")
    ),
    "a captcha for the listing": Fault("blocked", "a captcha", of("/news", lambda _: CAPTCHA)),
    "half of the pages truncated": Fault("incomplete", "incomplete", half_cut),
    "GBK declared as utf-8": Fault("changed", "are encoded as 'gb18030'", of("/", in_gbk)),
    "robots.txt 503": Fault("unreachable", "robots.txt", robots),
    "the site is down": Fault("unreachable", "no listing page", None),
    "a login on another host": Fault("login", "passport.toy.example", login),
    "a login on its own host": Fault("login", "login", own_login),
    "articles of one line": Fault("incomplete", "characters", of("/a/", one_line)),
}


# Runs -------------------------------------------------------------------------------------------------------------


@dataclass
class Environment:
    """A site, its server, and the corpus crawled from it. *errors* collects what is not as expected."""

    site: Site
    played: Played
    output: Path
    clock: dict[str, str]
    errors: list[str] = field(default_factory=list)

    def run(self, at: datetime, command: str, is_up: bool = True, more: tuple[str, ...] = ()) -> Run:
        """Run *command* at the time *at*; return the run from the ledger."""
        self.site.now = at
        ahead = at.timestamp() - time.time()
        proxy = self.played.environment if is_up else {"http_proxy": CLOSED_PORT, "no_proxy": ""}
        environment = {**proxy, **self.clock, "CLOCK_AHEAD": str(ahead), "LEDGER_URL": "", "NOTICE_URLS": ""}
        options = (*OPTIONS, *more, "-s", f"OUTPUT_DIR={self.output}")
        done = scrapy(command, "toy", *options, environment=environment, first=partial(shift_clock, ahead))
        with closing(Ledger(f"sqlite:///{self.output}/.state/ledger.db")) as ledger:
            run = ledger.runs.last("toy", 1)[-1]
        if not 0 <= run.started - at.timestamp() < 60:
            self.errors.append(f"{at:%m-%d %H:%M}: no run at that time: {done.stdout}{done.stderr}")
        if command == "job" and f" class={run.verdict.kind} " not in done.stdout:
            self.errors.append(f"{at:%m-%d %H:%M}: the job printed {done.stdout!r}, the ledger has {run.verdict}")
        return run


@contextmanager
def environment(all_texts: list[Text], folder: Path) -> Iterator[Environment]:
    site = Site(all_texts)
    folder.mkdir(exist_ok=True)
    with play(site) as played:
        yield Environment(site, played, folder / "output", clock_for_processes(folder))


def moments(first: datetime, number: int) -> list[datetime]:
    """Return the times of *number* runs."""
    return [first + timedelta(days=turn // 2) + RUNS_AT[turn % 2] for turn in range(number)]


def history(all_texts: list[Text], folder: Path, days: int) -> tuple[list[Run], list[str]]:
    """Run the site for *days* days with one outage. Returns the runs and the errors; each alarm is an error."""
    outage = days * 2 // 3
    with environment(all_texts, folder) as site_environment:
        runs = []
        for turn, at in enumerate(moments(FAULT_DAY - timedelta(days=days), 2 * days)):
            run = site_environment.run(at, "crawl" if turn % JOB_EVERY else "job", is_up=turn != outage)
            runs.append(run)
            expected = "unreachable" if turn == outage else "fine"
            if (run.verdict.kind, run.verdict.alarm) != (expected, False):
                site_environment.errors.append(f"false alarm: {at:%a %m-%d %H:%M}: {run.verdict}")
    return runs, site_environment.errors


@dataclass(frozen=True)
class Outcome:
    """The runs with a fault and the runs after it."""

    name: str
    faulty: list[Run]
    fixed: list[Run]
    errors: list[str]

    @property
    def found(self) -> int:
        """Number of the run in which the fault was found, from 1; 0 if it was not found."""
        kind = FAULTS[self.name].kind
        return next((turn for turn, run in enumerate(self.faulty, 1) if run.verdict.kind == kind), 0)

    @property
    def line(self) -> str:
        first = self.faulty[self.found - 1].verdict
        during = "".join("!" if run.verdict.alarm else "." for run in self.faulty)
        after = "".join("!" if run.verdict.alarm else "." for run in self.fixed)
        return f"{self.name:28}{self.found or '-'!s:>3}  {during} {after}  {first.kind:12}{first.why}"


def run_with_fault(
    name: str, all_texts: list[Text], before: Path, folder: Path, faulty_runs: int = FAULTY_RUNS, jobs: int = 2
) -> Outcome:
    """Run the site with the fault *name* for *faulty_runs* runs, then without it, from a copy of the corpus *before*.

    The first *jobs* faulty runs and the first fixed ones are `scrapy job`, the others `scrapy crawl`.
    """
    fault = FAULTS[name]
    with environment(all_texts, folder) as site_environment:
        shutil.copytree(before / "output", site_environment.output)
        times = moments(FAULT_DAY, faulty_runs + FIXED_RUNS)
        site_environment.site.fault = fault.answer
        faulty = [
            site_environment.run(
                at, "job" if turn < jobs else "crawl", is_up=fault.answer is not None, more=fault.options
            )
            for turn, at in enumerate(times[:faulty_runs])
        ]
        site_environment.site.fault = None
        fixed = [
            site_environment.run(at, "job" if turn < jobs - 1 else "crawl")
            for turn, at in enumerate(times[faulty_runs:])
        ]
    verdicts = [run.verdict for run in faulty]
    if not any(verdict.kind == fault.kind and fault.why in verdict.why for verdict in verdicts[:2]):
        site_environment.errors.append(f"not found: {verdicts[:2]}")
    if unexpected := [verdict for verdict in verdicts if verdict.kind not in (fault.kind, "fine")]:
        site_environment.errors.append(f"another class: {unexpected}")
    if not all(verdict.alarm for verdict in verdicts[1:]):
        site_environment.errors.append(f"no alarm: {verdicts}")
    if not fixed[-1].verdict.is_fine:
        site_environment.errors.append(f"alarm does not end: {[run.verdict for run in fixed]}")
    return Outcome(name, faulty, fixed, site_environment.errors)


# Command line -------------------------------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fault", default="", help="only the faults whose name contains this word")
    options = parser.parse_args()
    all_texts, started, errors = texts(options.days, options.seed), time.monotonic(), []
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(2) as pool:
        folder = Path(name)
        runs, false_alarms = history(all_texts, folder / "before", options.days)
        errors += false_alarms
        without_news = sum(not run.count("links.new") for run in runs)
        print(
            f"{options.days} days, seed {options.seed}: {len(runs)} runs, {without_news} without a new article, "
            f"{sum(run.written for run in runs)} articles, "
            f"{sum(sum(run.group('refused').values()) for run in runs)} refused, "
            f"{sum(sum(run.group('retries').values()) for run in runs)} retries; "
            f"{len(false_alarms)} false alarms; {time.monotonic() - started:.0f} s\n",
            flush=True,
        )
        print(f"{'fault':27}run  alarms (during after)  class and reason")
        names = [name for name in FAULTS if options.fault in name]
        jobs = [
            pool.submit(run_with_fault, name, all_texts, folder / "before", folder / f"fault-{turn}")
            for turn, name in enumerate(names)
        ]
        for job in jobs:
            outcome = job.result()
            print(outcome.line, flush=True)
            errors += [f"{outcome.name}: {text}" for text in outcome.errors]
    print("", *errors, f"{time.monotonic() - started:.0f} s: {len(errors)} errors", sep="\n")
    return bool(errors)


if __name__ == "__main__":
    sys.exit(main())
