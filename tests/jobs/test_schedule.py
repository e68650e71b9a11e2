"""Tests of the scheduler on a simulated clock, and of `scrapy schedule` as a user runs it."""

from __future__ import annotations

import functools
import os
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO
from unittest.mock import patch

import pytest
import sqlalchemy as sa
import yaml
from scrapy.spiderloader import get_spider_loader
from scrapy.utils.project import get_project_settings

from crawler.corpus.ledger import Ledger
from crawler.corpus.tables import RUNS
from crawler.crawl.fork import Fork
from crawler.jobs.cron import Cron
from crawler.jobs.kubernetes import cron_jobs
from crawler.jobs.scheduler import CLOCK_CHECK, Scheduler
from crawler.jobs.schedules import Schedule
from tests.jobs import schedule_simulation
from tests.jobs.schedule_simulation import (
    MORNING,
    SOURCES,
    Line,
    captured_lines,
    events_by_due_time,
    scheduling_errors,
)
from tests.robustness.crash_recovery import toy_site
from tests.support.mirror import ROOT, scrapy
from tests.support.server import Answer, play

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def of(name: str, text: str, *hosts: str) -> Schedule:
    return Schedule(name, frozenset(hosts or (f"{name}.example",)), Cron.parse(text))


class FakeProcess(Fork):
    """Stands in for the process of a run: it ends when the simulated time has come."""

    def __init__(self, simulation: Simulation, source: str) -> None:
        super().__init__(0)
        self.simulation, self.source = simulation, source
        minutes, self.code = simulation.runs.get(source, (1.0, 0))
        self.end = simulation.elapsed + minutes * MINUTE
        simulation.processes.append(self)

    def poll(self) -> int | None:
        if self.end > self.simulation.elapsed:
            return None
        if self in self.simulation.processes:
            self.simulation.processes.remove(self)
        return self.code

    def terminate(self) -> None:
        self.code, self.end = -signal.SIGTERM, self.simulation.elapsed


class Simulation:
    """A scheduler with a simulated clock. *runs* maps a source to the minutes that its run takes and its exit code."""

    def __init__(
        self,
        schedules: Sequence[Schedule],
        runs: Mapping[str, tuple[float, int]] | None = None,
        last_runs: Mapping[str, datetime] | None = None,
        max_processes: int = 100,
        start: datetime = MORNING,
    ) -> None:
        self.runs, self.processes = dict(runs or {}), list[FakeProcess]()
        self.elapsed = timedelta()  # real time of the simulation
        self.clock = start  # what the clock showed at the start; a test sets the clock by changing this
        self.schedules = schedules
        self.most_running = 0  # highest number of runs in progress at the same time
        self.scheduler = Scheduler(
            schedules, last_runs or {}, self.start, now=lambda: self.now, max_processes=max_processes,
        )  # fmt: skip

    @property
    def now(self) -> datetime:
        return self.clock + self.elapsed

    def start(self, source: str, _: IO[bytes]) -> FakeProcess:
        if source == "broken":
            raise OSError("no more processes")
        return FakeProcess(self, source)

    def tick(self) -> None:
        self.scheduler.tick()
        self.most_running = max(self.most_running, len(self.scheduler.running))

    def run_until(self, moment: datetime) -> None:
        """Advance the time to *moment*; call `tick` at each due time and at each end of a run."""
        self.tick()
        while self.now < moment:
            ends = [self.clock + process.end for process in self.processes]
            next_event = min([moment, *self.scheduler.next_due.values(), *ends])
            self.elapsed += max(timedelta(), next_event - self.now)
            self.tick()


@pytest.fixture
def lines() -> Iterator[list[Line]]:
    with captured_lines() as captured:
        yield captured


@pytest.fixture
def simulate() -> Iterator[type[Simulation]]:
    """Returns the class `Simulation`; its schedulers start fake processes."""
    simulations: list[Simulation] = []

    class Recorded(Simulation):
        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, **kwargs)  # type: ignore[arg-type]
            simulations.append(self)

    yield Recorded
    for simulation in simulations:
        simulation.scheduler._stop()


def texts(lines: list[Line], *prefixes: str) -> list[str]:
    return [line.text for line in lines if line.text.startswith(prefixes)]


def starts(lines: list[Line], source: str) -> list[str]:
    """Return the due times for which runs of *source* were started."""
    return [match[1] for line in lines if (match := re.match(rf"start source={source} due=\S+T(\d\d:\d\d)", line.text))]


def test_a_day_of_overlapping_crashing_and_hanging_runs(simulate: type[Simulation], lines: list[Line]) -> None:
    runs = {name: (minutes, -9 if end == "crash" else int(end)) for name, (_, _, minutes, end) in SOURCES.items()}
    simulation = simulate(schedule_simulation.schedules(), runs)
    simulation.run_until(MORNING + 24 * HOUR)
    assert scheduling_errors(lines, simulation.schedules, MORNING, simulation.now) == []
    events = events_by_due_time(lines, simulation.schedules)
    whats = Counter((source, what) for (source, _), found in events.items() for what, _ in found)
    assert whats == {
        ("quick", "start"): 96, ("neighbour", "start"): 72, ("other", "start"): 48, ("crashes", "start"): 48,
        ("overlaps", "start"): 24, ("overlaps", "skip"): 24, ("hangs", "start"): 8, ("beside", "start"): 24,
        ("daily", "start"): 2,
    }  # fmt: skip
    assert Counter(re.findall(r"source=(\S+) .* code=(-?\d+)", "\n".join(texts(lines, "end")))) == {
        ("quick", "0"): 96, ("neighbour", "0"): 72, ("other", "1"): 48, ("crashes", "-9"): 48, ("overlaps", "0"): 24,
        ("hangs", "7"): 8, ("beside", "3"): 24, ("daily", "0"): 2,
    }  # fmt: skip


def test_scheduler_skips_a_source_that_is_still_running(simulate: type[Simulation], lines: list[Line]) -> None:
    simulation = simulate([of("slow", "*/10 * * * *")], {"slow": (25, 0)})
    simulation.run_until(MORNING + HOUR)
    started = starts(lines, "slow")
    assert len(started) == 2
    assert len(texts(lines, "skip")) == 4
    assert re.fullmatch(
        r"skip source=slow due=\S+: the run due at \S+ has been running for \d+ s", texts(lines, "skip")[0]
    )


def test_only_sources_that_share_a_host_wait_for_each_other(simulate: type[Simulation], lines: list[Line]) -> None:
    schedules = [of("one", "0 9 * * *", "x", "y"), of("two", "0 9 * * *", "y"), of("three", "0 9 * * *", "z")]
    simulation = simulate(schedules, dict.fromkeys(("one", "two", "three"), (60, 0)))
    simulation.run_until(MORNING + 9.5 * HOUR)
    assert len(texts(lines, "start")) == 2
    assert starts(lines, "three")
    simulation.run_until(MORNING + 12 * HOUR)
    assert len(texts(lines, "start")) == 3
    assert simulation.most_running == 2


def test_scheduler_limits_the_number_of_processes(simulate: type[Simulation], lines: list[Line]) -> None:
    simulation = simulate([of(f"s{number}", "0 9 * * *") for number in range(7)], max_processes=2)
    simulation.run_until(MORNING + 10 * HOUR)
    assert simulation.most_running == 2
    assert len(texts(lines, "end")) == 7


class TestLateRuns:
    def test_runs_missed_before_the_start_are_made_up_for_once(
        self, simulate: type[Simulation], lines: list[Line]
    ) -> None:
        simulation = simulate([of("daily", "0 20 * * *")], last_runs={"daily": MORNING - 75 * HOUR})
        simulation.tick()
        assert len(starts(lines, "daily")) == 1
        assert len(texts(lines, "missed")) == 1
        assert " runs=2 first=2026-11-20T20:" in texts(lines, "missed")[0]
        simulation.run_until(MORNING + 24 * HOUR)
        assert len(starts(lines, "daily")) == 2

    @pytest.mark.parametrize("last", [None, MORNING - 2 * HOUR, MORNING, MORNING + 500 * HOUR])
    def test_nothing_is_made_up_for_if_nothing_was_missed(
        self, simulate: type[Simulation], lines: list[Line], last: datetime | None
    ) -> None:
        simulation = simulate([of("daily", "0 20 * * *")], last_runs={"daily": last} if last else {})
        simulation.tick()
        assert texts(lines, "start", "missed") == []
        simulation.run_until(MORNING + 24 * HOUR)
        assert len(starts(lines, "daily")) == 1

    def test_due_times_before_the_catch_up_limit_are_ignored(
        self, simulate: type[Simulation], lines: list[Line]
    ) -> None:
        last_runs = {"often": datetime.fromisoformat("2010-01-01T00:00+08:00")}
        simulate([of("often", "*/5 * * * *")], last_runs=last_runs).tick()
        assert len(starts(lines, "often")) == 1

    @pytest.mark.parametrize("step", [50 * MINUTE, 9 * HOUR, 400 * HOUR])
    def test_a_step_forward_is_made_up_for_once(
        self, simulate: type[Simulation], lines: list[Line], step: timedelta
    ) -> None:
        schedules = [of("often", "*/15 * * * *"), of("daily", "30 8 * * *")]
        simulation = simulate(schedules)
        simulation.run_until(MORNING + HOUR)
        before = len(lines)
        simulation.clock += step
        simulation.tick()
        assert len(starts(lines[before:], "often")) == 1
        assert len(starts(lines[before:], "daily")) == (step > 8 * HOUR)
        simulation.run_until(simulation.now + 2 * HOUR)
        assert scheduling_errors(lines, schedules, MORNING, simulation.now) == []


class TestClockSetBack:
    schedules = (of("often", "*/15 * * * *"), of("hourly", "0 * * * *"), of("daily", "0 5 * * *"))

    def test_a_small_step_starts_no_run_twice(self, simulate: type[Simulation], lines: list[Line]) -> None:
        simulation = simulate(self.schedules)
        simulation.run_until(MORNING + 6 * HOUR)
        simulation.clock -= 12 * MINUTE
        simulation.run_until(MORNING + 12 * HOUR)
        assert texts(lines, "clock") == []
        assert scheduling_errors(lines, self.schedules, MORNING, simulation.now) == []
        assert len(starts(lines, "often")) == 48
        assert len(starts(lines, "daily")) == 1

    def test_a_step_shorter_than_the_interval_repeats_no_due_time(
        self, simulate: type[Simulation], lines: list[Line]
    ) -> None:
        simulation = simulate([of("hourly", "0 * * * *")])
        simulation.run_until(MORNING + 6 * HOUR + 2 * MINUTE)
        simulation.clock -= 40 * MINUTE
        simulation.run_until(MORNING + 12 * HOUR)
        assert len(starts(lines, "hourly")) == len(set(starts(lines, "hourly"))) == 12

    def test_after_a_large_step_a_source_waits_at_most_two_intervals(
        self, simulate: type[Simulation], lines: list[Line]
    ) -> None:
        simulation = simulate(self.schedules)
        simulation.run_until(MORNING + 6 * HOUR)
        simulation.clock -= 72 * HOUR
        before, back = len(lines), simulation.now
        simulation.run_until(back + 31 * MINUTE)
        assert starts(lines[before:], "often")
        simulation.run_until(back + 2 * HOUR)
        assert starts(lines[before:], "hourly")
        assert starts(lines[before:], "daily") == []  # it ran an hour ago
        simulation.run_until(back + 36 * HOUR)
        assert len(starts(lines[before:], "daily")) == 1
        assert len(texts(lines, "clock")) == 3
        assert scheduling_errors(lines, self.schedules, back + HOUR, simulation.now) == []

    def test_a_clock_set_far_ahead_and_back(self, simulate: type[Simulation], lines: list[Line]) -> None:
        simulation = simulate(self.schedules)
        simulation.run_until(MORNING + 6 * HOUR)
        simulation.clock += 24 * 365 * HOUR
        simulation.tick()
        simulation.clock -= 24 * 365 * HOUR
        before = len(lines)
        simulation.run_until(MORNING + 8 * HOUR)
        assert 7 <= len(starts(lines[before:], "often")) <= 8
        assert starts(lines[before:], "hourly")


def test_a_run_that_cannot_be_started_does_not_end_the_scheduler(simulate: type[Simulation], lines: list[Line]) -> None:
    simulation = simulate([of("broken", "*/30 * * * *"), of("well", "*/30 * * * *")])
    simulation.run_until(MORNING + 2 * HOUR)
    assert len(texts(lines, "end source=broken")) == 4
    assert "could not be started: no more processes" in texts(lines, "end source=broken")[0]
    assert len(texts(lines, "end source=well")) == 4


def test_a_long_run_is_reported_once(simulate: type[Simulation], lines: list[Line]) -> None:
    simulation = simulate([of("hangs", "0 1 * * *")], {"hangs": (600, 1)})
    simulation.run_until(MORNING + 2 * HOUR)
    simulation.scheduler.running["hangs"].started -= 3 * 3600
    simulation.tick()
    simulation.tick()
    assert len(texts(lines, "long source=hangs")) == 1


def test_the_clock_is_checked_every_thirty_seconds(simulate: type[Simulation]) -> None:
    assert simulate([of("yearly", "0 0 1 1 *")]).scheduler.tick() == CLOCK_CHECK == 30


def test_three_hours_in_three_seconds_with_real_processes(tmp_path: Path) -> None:
    _, errors = schedule_simulation.simulate(3, 3, {1: 0.5, 2: -0.2}, tmp_path)
    assert errors == []


# scrapy schedule ------------------------------------------------------------------------------------------------------

# Stands in for press-corpus in the processes of the runs: writes its arguments and signals to a journal, then stops the
# scheduler.
JOB = """
import os, pathlib, signal, sys, time
def write(text):
    with pathlib.Path("journal").open("a") as file:
        file.write(text + "\\n")
write(" ".join(sys.argv[1:]) + " contact=" + os.environ.get("CRAWLER_CONTACT", ""))
write(f"own session={os.getsid(0) == os.getpid()}")
print("last line of output")
stubborn = os.environ.get("STUBBORN")
def stop(*_):
    write("SIGTERM received")
    if stubborn:
        os.kill(os.getppid(), signal.SIGTERM)
    else:
        sys.exit(9)
signal.signal(signal.SIGTERM, stop)
os.kill(os.getppid(), signal.SIGINT)
time.sleep(30)
write("not reached")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Returns a project folder in which only qq and iyiou have a schedule, and `JOB` in job.py."""
    text = "[settings]\ndefault = crawler.settings\n[schedule]\nqq = 0 9 * * *\niyiou = */30 8-20 * * mon-fri\n"
    others = [name for name in get_spider_loader(get_project_settings()).list() if name not in ("qq", "iyiou")]
    (tmp_path / "scrapy.cfg").write_text(text + "".join(f"{name} =\n" for name in others))
    (tmp_path / "job.py").write_text(JOB)
    return tmp_path


def schedule(project: Path, *words: str, stub: bool = True, **environment: str) -> tuple[int, str, str]:
    """Run `scrapy schedule`; return its exit code, its standard output and its log. With *stub*, `JOB` is its runs."""
    output = ("-s", f"OUTPUT_DIR={project / 'output'}")
    known = {"LEDGER_URL": "", "CRAWLER_CONTACT": "https://crawl.example/", **environment}
    done = scrapy(
        "schedule",
        *words,
        *output,
        environment=known,
        timeout=60,
        first=functools.partial(enter, project, stub),
    )
    return done.returncode, done.stdout, done.stderr


def enter(project: Path, stub: bool) -> None:
    """Change to the folder *project*. With *stub*, job.py replaces press-corpus in the processes of the runs."""
    os.chdir(project)
    if stub:
        command = [sys.executable, "job.py"]
        patch("crawler.jobs.launch.command_line", lambda *words: [*command, *words]).start()
        patch("crawler.jobs.launch.has_one_thread", lambda: False).start()


def record_run(project: Path, source: str, hours: float, **more: object) -> None:
    """Add a run of *source* to the ledger, which ended *hours* ago."""
    state = project / "output" / ".state"
    state.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(f"sqlite:///{state / 'ledger.db'}")
    then = int(time.time() - hours * 3600)
    values = {"source": source, "started": then - 60, "ended": then, "reason": "finished", "figures": {}, **more}
    ledger.database.change(sa.insert(RUNS).values(**values))
    ledger.close()


def test_a_late_run_gets_the_settings_and_stops_with_the_scheduler(project: Path) -> None:
    record_run(project, "qq", 30)
    record_run(project, "qq", 1, figures={"asked": {"limit": "5"}})  # ignored: it has arguments
    record_run(project, "qq", 1, ended=None)  # ignored: it was killed
    code, _, log = schedule(project, "-s", "LAYOUT=gitbook")
    assert code == 0, log
    first, *others = (project / "journal").read_text().splitlines()
    assert first == f"job qq -s LAYOUT=gitbook -s OUTPUT_DIR={project / 'output'} contact=https://crawl.example/"
    assert others == ["own session=True", "SIGTERM received"]
    assert re.search(r"INFO next source=qq due=\S+T09:\d\d:\d\d\+08:00 \(missed: it starts now\)\n", log)
    assert re.search(r"(?m)^20[\d-]+ [\d:]+ \+0800 INFO next source=iyiou due=\S+\+08:00$", log)
    assert re.search(r"INFO start source=qq due=\S+T09:\d\d:\d\d\+08:00 late=\d+\n", log)
    assert re.search(r"INFO stop: no more runs are started; still running: qq\n", log)
    assert re.search(r"WARNING end source=qq due=\S+ code=9 seconds=\d+: last line of output\n", log)
    assert "start source=iyiou" not in log


def test_a_second_signal_kills(project: Path) -> None:
    record_run(project, "qq", 30)
    code, _, log = schedule(project, STUBBORN="yes")
    assert code == 0, log
    assert (project / "journal").read_text().endswith("SIGTERM received\n")
    assert "killed: qq" in log
    assert "code=-9" in log


SPIDER = """
from tests.support.toy.toy import ToySpider

class {name}(ToySpider):
    name = "{name}"
    schedule = "0 9 * * *"
    default_channels = ("{channel}",)
"""


def test_a_run_uses_the_source_as_it_is_on_disk_when_the_run_starts(project: Path) -> None:
    (project / "spiders").mkdir()

    def write(channel: str) -> None:
        for name in ("first", "second"):  # of one host: they run one after the other
            (project / "spiders" / f"{name}.py").write_text(SPIDER.format(name=name, channel=channel))

    def site(path: str, number: int) -> Answer:
        if path == "/news":
            write("tech")
        if path == "/tech":
            (scheduler,) = re.findall(r"process (\d+)", (project / "output/.state/.schedule.lock").read_text())
            os.kill(int(scheduler), signal.SIGTERM)
        return toy_site(6, 2)(path, number)

    write("news")
    for name in ("first", "second"):
        record_run(project, name, 30)
    with play(site) as played:
        code, _, log = schedule(project, "-s", "DOWNLOAD_DELAY=0", stub=False, **played.environment)
    assert code == 0, log
    assert re.search(r"INFO end source=(first|second) due=\S+ code=0 seconds=\d+: job .* class=fine .* written=6 ", log)
    assert played.paths.count("/news") == played.paths.count("/tech") == 1


def test_a_second_scheduler_exits_with_4(project: Path) -> None:
    from crawler.corpus.lock import lock

    (project / "output" / ".state").mkdir(parents=True)
    with lock(project / "output" / ".state" / ".schedule.lock", "press-corpus schedule"):
        code, printed, _ = schedule(project)
    assert code == 4
    assert "another run of press-corpus schedule is active: process" in printed


def test_list(project: Path) -> None:
    code, printed, _ = schedule(project, "--list", "2")
    assert code == 0
    rows = {line.split()[0]: line.split(maxsplit=1)[1] for line in printed.splitlines()}
    assert rows["hibor"] == "no schedule"
    assert re.fullmatch(r"(\w{3} \d{4}-\d\d-\d\d 09:0\d ?){2}", rows["qq"].replace("  ", " "))
    assert schedule(project, "--list", "0")[0] == 2


def test_systemd_units(project: Path) -> None:
    code, printed, _ = schedule(project, "--systemd", "-s", "RECORD=100% $x.gz")
    assert code == 0
    words = f'-s "RECORD=100%% $$x.gz" -s OUTPUT_DIR={project / "output"}'
    assert f"ExecStart={sys.executable} -P -m crawler job qq {words}\n" in printed
    assert f"WorkingDirectory={project}\n" in printed
    assert "Environment=CRAWLER_CONTACT=https://crawl.example/\n" in printed
    assert "OnCalendar=*-*-* 9:0:00 Asia/Shanghai\n" in printed
    assert "OnCalendar=Mon..Fri *-*-* 8..20:0,30:00 Asia/Shanghai\n" in printed
    assert printed.count("Persistent=true\nRandomizedDelaySec=300s\n") == 2
    assert "hibor" not in printed


def test_systemd_units_into_a_folder(project: Path) -> None:
    code, printed, _ = schedule(project, "--systemd", str(project / "units"))
    assert code == 0
    names = ("iyiou.service", "iyiou.timer", "qq.service", "qq.timer")
    assert sorted(path.name for path in (project / "units").iterdir()) == [f"press-corpus-{name}" for name in names]
    assert "enable --now press-corpus-iyiou.timer press-corpus-qq.timer" in printed


SECRET = "geheim"
SECRET_URL = f"postgresql+psycopg://me:{SECRET}@db.example/ledger"


@pytest.mark.parametrize("form", [("--systemd",), ("--systemd", "units"), ("--cron",)], ids=" ".join)
def test_secrets_are_in_no_unit_and_no_crontab_but_their_names_on_standard_error(
    project: Path, form: tuple[str, ...]
) -> None:
    proxy = f"http://me:{SECRET}@proxy.example:8080"
    options = ("-s", f"LEDGER_URL={SECRET_URL}", "-s", f"MAIL_PASS={SECRET}", "-s", "LAYOUT=gitbook")
    code, printed, log = schedule(
        project, *form, *options, NOTICE_URLS=f"feishu://{SECRET}", http_proxy=proxy, HTTPS_PROXY=proxy,
        CRAWLER_CONTACT=f"https://me:{SECRET}@crawl.example/",
    )  # fmt: skip
    assert code == 0, log
    files = [path for path in project.rglob("press-corpus-*") if path.is_file()]
    assert len(files) == (4 if "units" in form else 0)
    text = printed + "".join(path.read_text() for path in files)
    assert SECRET not in text + log
    assert "-s LAYOUT=gitbook" in text
    assert "-s LEDGER_URL" not in text
    for name in ("LEDGER_URL", "NOTICE_URLS", "http_proxy", "HTTPS_PROXY", "CRAWLER_CONTACT"):
        assert re.search(rf"^press-corpus: {name} .*: put {name}=… into {project}/\.env", log, re.MULTILINE), name
    assert f"put it into section [press-corpus] of {project}/scrapy.cfg" in log
    assert "MAIL_PASS" in log
    if "--systemd" in form:
        assert f"EnvironmentFile=-{project}/.env\n" in text
        assert (
            "PassEnvironment=http_proxy HTTP_PROXY https_proxy HTTPS_PROXY no_proxy NO_PROXY all_proxy ALL_PROXY"
            in text
        )
    else:
        assert f"# secrets into {project}/.env, one" in text


def test_a_secret_that_the_environment_file_has_needs_no_remark(project: Path) -> None:
    (project / ".env").write_text(f"LEDGER_URL='{SECRET_URL}'\n")
    _, printed, log = schedule(project, "--cron", "-s", f"LEDGER_URL={SECRET_URL}")
    assert SECRET not in printed
    assert "LEDGER_URL" not in log


@pytest.mark.parametrize("form", ["--systemd", "--cron"])
@pytest.mark.parametrize("value", ["a\nExecStart=/bin/x", "a\r* * * * * x", "a\tb", "a\x85b", "a\u2028b", "a\udcffb"])
def test_a_value_with_a_control_character_is_a_usage_error_of_one_line(project: Path, form: str, value: str) -> None:
    code, printed, log = schedule(project, form, "-s", f"RECORD={value}")
    assert code == 2
    assert printed == ""
    *usage, error = log.splitlines()  # after Scrapy's usage line, the error
    assert usage == ["Usage", "=====", "  scrapy schedule [options]"]
    assert "error: -s RECORD contains " in error


def test_a_folder_that_no_unit_can_contain_is_refused_before_a_file_is_written(project: Path) -> None:
    odd = project / "line\nbreak"
    odd.mkdir()
    (project / "scrapy.cfg").rename(odd / "scrapy.cfg")
    code, _, log = schedule(odd, "--systemd", str(project / "units"))
    assert code == 2
    assert "contains a line break (U+000A)" in log
    assert not (project / "units").exists()


def test_a_crontab(project: Path) -> None:
    code, printed, _ = schedule(project, "--cron", "-s", "RECORD=100% it's.gz")
    assert code == 0
    lines = printed.splitlines()
    assert "CRON_TZ=Asia/Shanghai" in lines
    assert "CRAWLER_CONTACT=https://crawl.example/" in lines
    words = f"""-s RECORD=100\\%' it'"'"'s.gz' -s OUTPUT_DIR={project / "output"}"""
    assert lines[-2].startswith(f"0,30 8-20 * * 1-5  cd {project} && {sys.executable} -P -m crawler job iyiou ")
    assert lines[-1] == f"0 9 * * *  cd {project} && {sys.executable} -P -m crawler job qq {words}"


def test_cron_jobs_of_kubernetes(project: Path) -> None:
    code, printed, log = schedule(
        project, "--kubernetes", "-s", "RECORD=100% $x: 'y'", "-s", f"LEDGER_URL={SECRET_URL}"
    )
    assert code == 0
    iyiou, qq = yaml.safe_load_all(printed)
    assert [each["metadata"]["name"] for each in (iyiou, qq)] == ["press-corpus-iyiou", "press-corpus-qq"]
    assert (iyiou["spec"]["schedule"], qq["spec"]["schedule"]) == ("0,30 8-20 * * 1-5", "0 9 * * *")
    assert (qq["kind"], qq["apiVersion"]) == ("CronJob", "batch/v1")
    assert (qq["spec"]["timeZone"], qq["spec"]["concurrencyPolicy"]) == ("Asia/Shanghai", "Forbid")
    pod = qq["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["args"] == ["job", "qq", "-s", "RECORD=100% $x: 'y'", "-s", f"OUTPUT_DIR={project / 'output'}"]
    assert {"name": "CRAWLER_CONTACT", "value": "https://crawl.example/"} in container["env"]
    assert container["envFrom"] == [{"secretRef": {"name": "press-corpus"}}]
    mounted = {mount["name"] for mount in container["volumeMounts"]}
    assert mounted == {volume["name"] for volume in pod["volumes"]}
    assert {"name": "corpus", "persistentVolumeClaim": {"claimName": "press-corpus"}} in pod["volumes"]
    assert SECRET not in printed + log
    assert "LEDGER_URL is not printed, because it may contain a password: put it into the Secret" in log


def test_cron_jobs_into_a_folder(project: Path) -> None:
    code, printed, _ = schedule(project, "--kubernetes", str(project / "jobs"))
    assert code == 0
    files = sorted((project / "jobs").iterdir())
    assert [path.name for path in files] == ["press-corpus-iyiou.yaml", "press-corpus-qq.yaml"]
    assert all(yaml.safe_load(path.read_text())["kind"] == "CronJob" for path in files)
    assert printed.startswith("# ")
    assert "# 2 CronJobs written" in printed


def test_a_source_without_a_name_in_kubernetes_is_named() -> None:
    names = ("the_times", "The.Times", "x" * 50)
    files, remarks = cron_jobs([Schedule(name, frozenset(), Cron.parse("0 9 * * *")) for name in names], (), {})
    assert list(files) == ["press-corpus-the-times.yaml"]
    assert [remark.split()[0] for remark in remarks] == [names[1], names[2]]


def test_the_documented_job_for_archives_is_valid() -> None:
    text = (ROOT / "crawler/jobs/README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(apiVersion.*?)```", text, re.DOTALL)
    job = yaml.safe_load(block)
    assert (job["kind"], job["spec"]["completionMode"]) == ("Job", "Indexed")
    pod = job["spec"]["template"]["spec"]
    assert {mount["name"] for mount in pod["containers"][0]["volumeMounts"]} == {
        each["name"] for each in pod["volumes"]
    }


def test_an_invalid_schedule_in_the_project_file_is_a_usage_error(project: Path) -> None:
    (project / "scrapy.cfg").write_text("[settings]\ndefault = crawler.settings\n[schedule]\nqq = at noon\n")
    code, printed, log = schedule(project)
    assert code == 2
    assert f"{project}/scrapy.cfg, [schedule], qq: 'at noon' has 2 fields; allowed are five fields" in printed + log
