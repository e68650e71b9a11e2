"""Forty days of a site, two runs a day on a clock that is handed in; then, each behind the same forty days, what may
befall a site: found in the first or second run, with the right class, and over when it is over. By hand, 3 minutes:

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
from pathlib import Path

from crawler.corpus.ledger import Ledger
from crawler.corpus.runs import Run
from crawler.text.dates import BEIJING
from tests.support.mirror import scrapy
from tests.support.server import Answer, Played, play

MORROW = datetime(2025, 10, 20, tzinfo=BEIJING)  # a Monday: the day behind the forty, on which each fault begins
HOLIDAY = (datetime(2025, 10, 1, tzinfo=BEIJING), datetime(2025, 10, 9, tzinfo=BEIJING))
RUNS_AT = (timedelta(hours=7, minutes=10), timedelta(hours=19, minutes=10))
BROKEN, WELL = 4, 2  # runs with a fault, and behind it
JOB_EVERY = 9  # that manieth run of the forty days is a job's; the others are `scrapy crawl`, which judges as well
OPTIONS = (
    *("-s", "SPIDER_MODULES=tests.support.toy", "-s", "DOWNLOAD_DELAY=0", "-s", "BLOCK_BACKOFF=0.01"),
    *("-s", "BLOCK_BACKOFF_MAX=0.2"),  # twenty times as long, as the settings have it
)
NOBODY = "http://127.0.0.1:9"
SAYINGS = (
    "本季度的产量与销量继续上升",
    "出口也在增长",
    "业内人士看好明年",
    "新的工厂已经开工",
    "价格在月底回落",
    "监管部门要求",
)


# The clock --------------------------------------------------------------------------------------------------------


def shift_clock(seconds: float) -> None:
    """This process, in which nothing of ours is loaded yet, has a clock that is so many seconds ahead."""
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
    """An environment in which every new Python has its clock so many seconds ahead as CLOCK_AHEAD says."""
    lines = ("from __future__ import annotations", inspect.getsource(shift_clock), "import os")
    (folder / "sitecustomize.py").write_text("\n".join((*lines, 'shift_clock(float(os.environ["CLOCK_AHEAD"]))\n')))
    return {"PYTHONPATH": str(folder)}


# The site ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Text:
    """An article of the site."""

    name: str
    when: datetime
    oddity: str = ""

    @property
    def paragraphs(self) -> list[str]:
        chance = random.Random(self.name)
        number = 1 if self.oddity == "short" else chance.randint(6, 20)
        return ["，".join(chance.choices(SAYINGS, k=chance.randint(4, 9))) + "。" for _ in range(number)]


ODDITIES = {  # of how many articles one is so; a page that is cut, or a captcha, is well in the next run
    "cut": 40, "captcha": 80, "deleted": 60, "video": 60, "no h1": 50, "gbk": 50, "short": 40,
}  # fmt: skip


def texts(days: int, seed: int) -> list[Text]:
    """What the site publishes in so many days and some more: less at night, next to nothing at weekends, nothing in
    the holiday, more each week."""
    chance, begin, found = random.Random(seed), MORROW - timedelta(days=days), []
    for day in range(-10, days + (BROKEN + WELL) // 2 + 1):
        morning = begin + timedelta(days=day)
        lively = 9 * (0.1 if morning.weekday() >= 5 else 1.0) * (1 + 0.02 * max(day, 0))
        number = 0 if HOLIDAY[0] <= morning < HOLIDAY[1] else max(0, round(chance.gauss(lively, lively / 3)))
        minutes = sorted(int(chance.triangular(0, 24 * 60 - 1, 15 * 60)) for _ in range(number))
        for turn, minute in enumerate(minutes):
            oddity = next((name for name, often in ODDITIES.items() if chance.random() < 1 / often), "")
            found.append(Text(f"{morning:%m%d}{turn:02}", morning + timedelta(minutes=minute), oddity))
    return found


@dataclass
class Site:
    """Plays the site at the time of `now`."""

    texts: list[Text]
    now: datetime = MORROW
    fault: Callable[[str, Answer], Answer] | None = None

    def __call__(self, path: str, number: int) -> Answer:
        answer = self.well(path)
        return self.fault(path, answer) if self.fault else answer

    def well(self, path: str) -> Answer:
        there = [text for text in self.texts if text.when <= self.now]
        if path.startswith("/news"):
            page = int(path[6:] or 1)
            return listing(list(reversed(there))[(page - 1) * 15 :][:15], page + 1 if page < 3 else 0)
        for text in there:
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
    if is_young and text.oddity == "captcha":
        return CAPTCHA
    if text.oddity == "video":
        return replace(answer, body=answer.body.replace("<article>", "<video></video><article>"))
    return {"deleted": Answer("not found", 404), "gbk": in_gbk(answer)}.get(text.oddity, answer)


def in_gbk(answer: Answer) -> Answer:
    """The page in GBK, which says that it is UTF-8."""
    body = answer.body.encode("gbk")
    head = f"HTTP/1.1 {answer.status} -\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
    return Answer(raw=f"{head}Connection: close\r\n\r\n".encode() + body)


# What may befall it -----------------------------------------------------------------------------------------------

CAPTCHA = Answer("<html><body>请输入验证码</body></html>")


@dataclass(frozen=True)
class Fault:
    """What is found, in which words; the site's answers meanwhile, None: nobody answers."""

    kind: str
    why: str
    answer: Callable[[str, Answer], Answer] | None
    options: tuple[str, ...] = ()  # of the runs that meet it


def of(place: str, change: Callable[[Answer], Answer]) -> Callable[[str, Answer], Answer]:
    """Answers whose path begins so are changed."""
    return lambda path, answer: change(answer) if path.startswith(place) and answer.status == 200 else answer


def renamed(**names: str) -> Callable[[Answer], Answer]:
    """The page with other tags."""

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
    before, _, behind = answer.body.partition("</p>")
    return replace(answer, body=f"{before[: before.find('<p>') + 20]}</p></article>{behind.partition('</article>')[2]}")


def robots(path: str, answer: Answer) -> Answer:
    return Answer("busy", 503) if path == "/robots.txt" else answer


FAULTS: dict[str, Fault] = {
    "a renamed title node": Fault("changed", "title of ", of("/a/", renamed(h1="h2"))),
    "a title that stands nowhere": Fault("changed", "(title)", of("/a/", renamed(h1="h2", title="name"))),
    "a renamed body node": Fault("changed", "'article' found 0 nodes", of("/a/", renamed(article="section"))),
    "an empty listing": Fault("changed", "no article", of("/news", lambda _: Answer("<html><ul></ul></html>"))),
    "a captcha for the articles": Fault("blocked", "captcha", of("/a/", lambda _: CAPTCHA)),
    "a captcha until we give up": Fault(
        "blocked", "even after the longest pause", of("/a/", lambda _: CAPTCHA), ("-s", "DOWNLOAD_DELAY=0.01")
    ),
    "a captcha for the listing": Fault("blocked", "a captcha", of("/news", lambda _: CAPTCHA)),
    "half of the pages cut": Fault("incomplete", "incomplete", half_cut),
    "GBK declared as utf-8": Fault("changed", "come in 'gb18030'", of("/", in_gbk)),
    "robots.txt 503": Fault("unreachable", "robots.txt", robots),
    "the site gone": Fault("unreachable", "no listing page", None),
    "a login elsewhere": Fault("login", "passport.toy.example", login),
    "a login on its own host": Fault("login", "login", own_login),
    "articles of one line": Fault("incomplete", "characters", of("/a/", one_line)),
}


# Runs -------------------------------------------------------------------------------------------------------------


@dataclass
class World:
    """A site, its server, and the corpus that is made of it."""

    site: Site
    played: Played
    output: Path
    clock: dict[str, str]
    wrong: list[str] = field(default_factory=list)

    def run(self, at: datetime, command: str, is_there: bool = True, more: tuple[str, ...] = ()) -> Run:
        """The run at that time, as the ledger has it then."""
        self.site.now = at
        ahead = at.timestamp() - time.time()
        proxy = self.played.environment if is_there else {"http_proxy": NOBODY, "no_proxy": ""}
        environment = {**proxy, **self.clock, "CLOCK_AHEAD": str(ahead), "LEDGER_URL": "", "NOTICE_URLS": ""}
        options = (*OPTIONS, *more, "-s", f"OUTPUT_DIR={self.output}")
        done = scrapy(command, "toy", *options, environment=environment, first=partial(shift_clock, ahead))
        with closing(Ledger(f"sqlite:///{self.output}/.state/ledger.db")) as ledger:
            run = ledger.runs.last("toy", 1)[-1]
        if not 0 <= run.started - at.timestamp() < 60:
            self.wrong.append(f"{at:%m-%d %H:%M}: no run of that time: {done.stdout}{done.stderr}")
        if command == "job" and f" class={run.verdict.kind} " not in done.stdout:
            self.wrong.append(f"{at:%m-%d %H:%M}: the job said {done.stdout!r}, the ledger {run.verdict}")
        return run


@contextmanager
def world(all_texts: list[Text], folder: Path) -> Iterator[World]:
    site = Site(all_texts)
    folder.mkdir(exist_ok=True)
    with play(site) as played:
        yield World(site, played, folder / "output", clock_for_processes(folder))


def moments(first: datetime, number: int) -> list[datetime]:
    """The times of so many runs."""
    return [first + timedelta(days=turn // 2) + RUNS_AT[turn % 2] for turn in range(number)]


def history(all_texts: list[Text], folder: Path, days: int) -> tuple[list[Run], list[str]]:
    """The runs of so many days, with one outage, and what was not as it must be: every alarm."""
    outage = days * 2 // 3
    with world(all_texts, folder) as here:
        runs = []
        for turn, at in enumerate(moments(MORROW - timedelta(days=days), 2 * days)):
            run = here.run(at, "crawl" if turn % JOB_EVERY else "job", is_there=turn != outage)
            runs.append(run)
            wanted = "unreachable" if turn == outage else "fine"
            if (run.verdict.kind, run.verdict.alarm) != (wanted, False):
                here.wrong.append(f"false alarm: {at:%a %m-%d %H:%M}: {run.verdict}")
    return runs, here.wrong


@dataclass(frozen=True)
class Outcome:
    """What the runs with a fault, and those behind it, were judged to be."""

    name: str
    broken: list[Run]
    well: list[Run]
    wrong: list[str]

    @property
    def found(self) -> int:
        """The run in which it was found; 0: in none."""
        kind = FAULTS[self.name].kind
        return next((turn for turn, run in enumerate(self.broken, 1) if run.verdict.kind == kind), 0)

    @property
    def line(self) -> str:
        first = self.broken[self.found - 1].verdict
        told = "".join("!" if run.verdict.alarm else "." for run in self.broken)
        healed = "".join("!" if run.verdict.alarm else "." for run in self.well)
        return f"{self.name:28}{self.found or '-'!s:>3}  {told} {healed}  {first.kind:12}{first.why}"


def befall(
    name: str, all_texts: list[Text], before: Path, folder: Path, broken_runs: int = BROKEN, jobs: int = 2
) -> Outcome:
    """A fault for so many runs, behind the same days as any other; the first of them, and the first well one, as
    *jobs*."""
    fault = FAULTS[name]
    with world(all_texts, folder) as here:
        shutil.copytree(before / "output", here.output)
        times = moments(MORROW, broken_runs + WELL)
        here.site.fault = fault.answer
        broken = [
            here.run(at, "job" if turn < jobs else "crawl", is_there=fault.answer is not None, more=fault.options)
            for turn, at in enumerate(times[:broken_runs])
        ]
        here.site.fault = None
        well = [here.run(at, "job" if turn < jobs - 1 else "crawl") for turn, at in enumerate(times[broken_runs:])]
    verdicts = [run.verdict for run in broken]
    if not any(verdict.kind == fault.kind and fault.why in verdict.why for verdict in verdicts[:2]):
        here.wrong.append(f"not found: {verdicts[:2]}")
    if strange := [verdict for verdict in verdicts if verdict.kind not in (fault.kind, "fine")]:
        here.wrong.append(f"another class: {strange}")
    if not all(verdict.alarm for verdict in verdicts[1:]):
        here.wrong.append(f"no alarm: {verdicts}")
    if not well[-1].verdict.is_fine:
        here.wrong.append(f"not over: {[run.verdict for run in well]}")
    return Outcome(name, broken, well, here.wrong)


# By hand ----------------------------------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fault", default="", help="only those whose name has this word")
    asked = parser.parse_args()
    all_texts, began, wrong = texts(asked.days, asked.seed), time.monotonic(), []
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(2) as pool:
        folder = Path(name)
        runs, false = history(all_texts, folder / "before", asked.days)
        wrong += false
        quiet = sum(not run.count("links.new") for run in runs)
        print(
            f"{asked.days} days, seed {asked.seed}: {len(runs)} runs, {quiet} of them without a new article, "
            f"{sum(run.written for run in runs)} articles, "
            f"{sum(sum(run.group('refused').values()) for run in runs)} refused; "
            f"{len(false)} false alarms; {time.monotonic() - began:.0f} s\n",
            flush=True,
        )
        print(f"{'fault':27}run  told (then well)  class and why")
        names = [name for name in FAULTS if asked.fault in name]
        jobs = [
            pool.submit(befall, name, all_texts, folder / "before", folder / f"fault-{turn}")
            for turn, name in enumerate(names)
        ]
        for job in jobs:
            outcome = job.result()
            print(outcome.line, flush=True)
            wrong += [f"{outcome.name}: {text}" for text in outcome.wrong]
    print("", *wrong, f"{time.monotonic() - began:.0f} s: {'NOT GOOD' if wrong else 'all good'}", sep="\n")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
