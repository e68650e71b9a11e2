"""The scheduler over a played clock, and `scrapy schedule` as a user runs it."""

from __future__ import annotations

import functools
import os
import re
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import pytest
import sqlalchemy as sa
from scrapy.spiderloader import get_spider_loader
from scrapy.utils.project import get_project_settings

from crawler.corpus.ledger import Ledger
from crawler.corpus.tables import RUNS
from crawler.jobs.cron import Cron
from crawler.jobs.scheduler import BEAT, Scheduler
from crawler.jobs.schedules import Schedule
from tests.jobs import schedule_simulation as day_of_schedule
from tests.jobs.schedule_simulation import MORNING, SOURCES, Line, clock_is, faults, listening, told
from tests.support.mirror import scrapy

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def of(name: str, text: str, *hosts: str) -> Schedule:
    return Schedule(name, frozenset(hosts or (f"{name}.example",)), Cron.parse(text))


class Process:
    """A run that is none: it ends when the clock says so."""

    pid = 0

    def __init__(self, world: World, source: str) -> None:
        self.source = source
        minutes, self.code = world.runs.get(source, (1.0, 0))
        self.ends = world.passed + minutes * MINUTE
        self.ended = threading.Event()
        world.processes.append(self)

    def wait(self) -> int:
        assert self.ended.wait(30)
        return self.code

    def terminate(self) -> None:
        self.code = -signal.SIGTERM
        self.ended.set()


class World:
    """A scheduler with the clock in our hands. *runs*: the minutes that a source's run takes, and its exit code."""

    def __init__(
        self,
        schedules: Sequence[Schedule],
        runs: Mapping[str, tuple[float, int]] | None = None,
        last: Mapping[str, datetime] | None = None,
        processes: int = 100,
        begin: datetime = MORNING,
    ) -> None:
        self.runs, self.processes = dict(runs or {}), list[Process]()
        self.passed = timedelta()  # in truth
        self.clock = begin  # what it showed when nothing had passed
        self.schedules = schedules
        self.most = 0  # runs at a time
        self.scheduler = Scheduler(
            schedules, last or {}, lambda source: [source], Path("/"), now=lambda: self.now, processes=processes
        )
        self.scheduler.library.start()

    @property
    def now(self) -> datetime:
        return self.clock + self.passed

    def popen(self, command: list[str], **_: object) -> Process:
        if command == ["broken"]:
            raise OSError("no more processes")
        return Process(self, command[0])

    def settle(self) -> None:
        """Wait until every thread waits: for the clock, for its host, for a place."""
        scheduler, end = self.scheduler, time.monotonic() + 30
        while time.monotonic() < end:
            executors = scheduler.library._executors.values()
            busy = [executor for executor in executors if any(executor._instances.copy().values())]
            wanted = min(len(busy), scheduler.places._initial_value)  # type: ignore[attr-defined]
            running = set(scheduler.running)
            if len(running) == wanted and not any(p.ended.is_set() for p in self.processes if p.source in running):
                break
            time.sleep(0.0002)
        else:
            raise AssertionError("it does not settle")
        self.most = max(self.most, len(running))
        self.processes = [process for process in self.processes if process.source in running]

    def beat(self) -> None:
        for process in self.processes:
            if process.ends <= self.passed:
                process.ended.set()
        self.settle()
        self.scheduler.beats()
        self.settle()

    def until(self, moment: datetime) -> None:
        """Let the time pass."""
        self.beat()
        while self.now < moment:
            due = [job.next_run_time for job in self.scheduler.library.get_jobs()]
            ends = [self.clock + process.ends for process in self.processes]
            self.passed += max(timedelta(), min([moment, *due, *ends]) - self.now)
            self.beat()


@pytest.fixture
def lines() -> Iterator[list[Line]]:
    with listening() as said:
        yield said


@pytest.fixture
def worlds() -> Iterator[type[World]]:
    """Worlds in which APScheduler reads our clock and no process begins."""
    made: list[World] = []

    class Kept(World):
        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, **kwargs)  # type: ignore[arg-type]
            made.append(self)

    def popen(command: list[str], **kwargs: object) -> Process:
        return made[-1].popen(command, **kwargs)

    played = SimpleNamespace(Popen=popen, DEVNULL=None, STDOUT=None)
    with clock_is(lambda: made[-1].now if made else MORNING), patch("crawler.jobs.scheduler.subprocess", played):
        yield Kept
        for world in made:
            world.scheduler._stop()


def texts(lines: list[Line], *beginnings: str) -> list[str]:
    return [line.text for line in lines if line.text.startswith(beginnings)]


def starts(lines: list[Line], source: str) -> list[str]:
    """The times for which runs began."""
    return [match[1] for line in lines if (match := re.match(rf"start source={source} due=\S+T(\d\d:\d\d)", line.text))]


def test_a_day_of_overlapping_crashing_and_hanging_runs(worlds: type[World], lines: list[Line]) -> None:
    runs = {name: (minutes, -9 if end == "crash" else int(end)) for name, (_, _, minutes, end) in SOURCES.items()}
    world = worlds(day_of_schedule.schedules(), runs)
    world.until(MORNING + 24 * HOUR)
    assert faults(lines, world.schedules, MORNING, world.now) == []
    whats = Counter((source, what) for (source, _), said in told(lines, world.schedules).items() for what, _ in said)
    assert whats == {
        ("quick", "start"): 96, ("neighbour", "start"): 72, ("other", "start"): 48, ("crashes", "start"): 48,
        ("overlaps", "start"): 24, ("overlaps", "skip"): 24, ("hangs", "start"): 8, ("beside", "start"): 24,
        ("daily", "start"): 2,
    }  # fmt: skip
    assert Counter(re.findall(r"source=(\S+) .* code=(-?\d+)", "\n".join(texts(lines, "end")))) == {
        ("quick", "0"): 96, ("neighbour", "0"): 72, ("other", "1"): 48, ("crashes", "-9"): 48, ("overlaps", "0"): 24,
        ("hangs", "7"): 8, ("beside", "3"): 24, ("daily", "0"): 2,
    }  # fmt: skip


def test_a_run_that_is_due_while_the_source_still_runs_is_said_not_doubled(
    worlds: type[World], lines: list[Line]
) -> None:
    world = worlds([of("slow", "*/10 * * * *")], {"slow": (25, 0)})
    world.until(MORNING + HOUR)
    begun = starts(lines, "slow")
    assert len(begun) == 2
    assert len(texts(lines, "skip")) == 4
    assert re.fullmatch(r"skip source=slow due=\S+: the run of \S+ is at work for \d+ s", texts(lines, "skip")[0])


def test_sources_of_one_host_wait_for_each_other_and_others_do_not(worlds: type[World], lines: list[Line]) -> None:
    schedules = [of("one", "0 9 * * *", "x", "y"), of("two", "0 9 * * *", "y"), of("three", "0 9 * * *", "z")]
    world = worlds(schedules, dict.fromkeys(("one", "two", "three"), (60, 0)))
    world.until(MORNING + 9.5 * HOUR)
    assert len(texts(lines, "start")) == 2
    assert starts(lines, "three")
    world.until(MORNING + 12 * HOUR)
    assert len(texts(lines, "start")) == 3
    assert world.most == 2


def test_no_more_than_a_few_processes_at_a_time(worlds: type[World], lines: list[Line]) -> None:
    world = worlds([of(f"s{number}", "0 9 * * *") for number in range(7)], processes=2)
    world.until(MORNING + 10 * HOUR)
    assert world.most == 2
    assert len(texts(lines, "end")) == 7


class TestLateRuns:
    def test_what_was_missed_before_the_start_is_caught_up_once(self, worlds: type[World], lines: list[Line]) -> None:
        world = worlds([of("daily", "0 20 * * *")], last={"daily": MORNING - 75 * HOUR})
        world.beat()
        assert len(starts(lines, "daily")) == 1
        assert len(texts(lines, "missed")) == 1
        assert " runs=2 first=2026-11-20T20:" in texts(lines, "missed")[0]
        world.until(MORNING + 24 * HOUR)
        assert len(starts(lines, "daily")) == 2

    @pytest.mark.parametrize("last", [None, MORNING - 2 * HOUR, MORNING, MORNING + 500 * HOUR])
    def test_nothing_is_caught_up_where_nothing_was_missed(
        self, worlds: type[World], lines: list[Line], last: datetime | None
    ) -> None:
        world = worlds([of("daily", "0 20 * * *")], last={"daily": last} if last else {})
        world.beat()
        assert texts(lines, "start", "missed") == []
        world.until(MORNING + 24 * HOUR)
        assert len(starts(lines, "daily")) == 1

    def test_what_is_long_past_costs_no_time(self, worlds: type[World], lines: list[Line]) -> None:
        worlds([of("often", "*/5 * * * *")], last={"often": datetime.fromisoformat("2010-01-01T00:00+08:00")}).beat()
        assert len(starts(lines, "often")) == 1

    @pytest.mark.parametrize("step", [50 * MINUTE, 9 * HOUR, 400 * HOUR])
    def test_a_sleep_of_the_machine_or_a_step_forward_is_caught_up_once(
        self, worlds: type[World], lines: list[Line], step: timedelta
    ) -> None:
        schedules = [of("often", "*/15 * * * *"), of("daily", "30 8 * * *")]
        world = worlds(schedules)
        world.until(MORNING + HOUR)
        before = len(lines)
        world.clock += step
        world.beat()
        assert len(starts(lines[before:], "often")) == 1
        assert len(starts(lines[before:], "daily")) == (step > 8 * HOUR)
        world.until(world.now + 2 * HOUR)
        assert faults(lines, schedules, MORNING, world.now) == []


class TestStepBack:
    schedules = (of("often", "*/15 * * * *"), of("hourly", "0 * * * *"), of("daily", "0 5 * * *"))

    def test_a_small_one_runs_nothing_twice(self, worlds: type[World], lines: list[Line]) -> None:
        world = worlds(self.schedules)
        world.until(MORNING + 6 * HOUR)
        world.clock -= 12 * MINUTE
        world.until(MORNING + 12 * HOUR)
        assert texts(lines, "clock") == []
        assert faults(lines, self.schedules, MORNING, world.now) == []
        assert len(starts(lines, "often")) == 48
        assert len(starts(lines, "daily")) == 1

    def test_one_that_is_shorter_than_the_interval_shows_no_time_twice(
        self, worlds: type[World], lines: list[Line]
    ) -> None:
        world = worlds([of("hourly", "0 * * * *")])
        world.until(MORNING + 6 * HOUR + 2 * MINUTE)
        world.clock -= 40 * MINUTE
        world.until(MORNING + 12 * HOUR)
        assert len(starts(lines, "hourly")) == len(set(starts(lines, "hourly"))) == 12

    def test_after_a_great_one_nothing_waits_longer_than_two_intervals(
        self, worlds: type[World], lines: list[Line]
    ) -> None:
        world = worlds(self.schedules)
        world.until(MORNING + 6 * HOUR)
        world.clock -= 72 * HOUR
        before, back = len(lines), world.now
        world.until(back + 31 * MINUTE)
        assert starts(lines[before:], "often")
        world.until(back + 2 * HOUR)
        assert starts(lines[before:], "hourly")
        assert starts(lines[before:], "daily") == []  # it ran an hour ago
        world.until(back + 36 * HOUR)
        assert len(starts(lines[before:], "daily")) == 1
        assert len(texts(lines, "clock")) == 3
        assert faults(lines, self.schedules, back + HOUR, world.now) == []

    def test_a_clock_that_goes_wrong_and_is_mended(self, worlds: type[World], lines: list[Line]) -> None:
        world = worlds(self.schedules)
        world.until(MORNING + 6 * HOUR)
        world.clock += 24 * 365 * HOUR
        world.beat()
        world.clock -= 24 * 365 * HOUR
        before = len(lines)
        world.until(MORNING + 8 * HOUR)
        assert 7 <= len(starts(lines[before:], "often")) <= 8
        assert starts(lines[before:], "hourly")


def test_a_run_that_cannot_be_started_ends_nothing(worlds: type[World], lines: list[Line]) -> None:
    world = worlds([of("broken", "*/30 * * * *"), of("well", "*/30 * * * *")])
    for hours in (1, 2):
        world.until(MORNING + hours * HOUR)
        time.sleep(0.05)  # it never is at work, which is what `settle` waits for
    assert len(texts(lines, "end source=broken")) == 4
    assert "could not be started: no more processes" in texts(lines, "end source=broken")[0]
    assert len(texts(lines, "end source=well")) == 4


def test_a_run_that_is_longer_than_any_should_be_is_said_once(worlds: type[World], lines: list[Line]) -> None:
    world = worlds([of("hangs", "0 1 * * *")], {"hangs": (600, 1)})
    world.until(MORNING + 2 * HOUR)
    world.scheduler.running["hangs"].began -= 3 * 3600
    world.beat()
    world.beat()
    assert len(texts(lines, "long source=hangs")) == 1


def test_the_clock_is_read_again_every_thirty_seconds(worlds: type[World]) -> None:
    assert worlds([of("yearly", "0 0 1 1 *")]).scheduler.beats() == BEAT == 30


def test_three_hours_in_three_seconds_with_real_processes(tmp_path: Path) -> None:
    _, wrong = day_of_schedule.play(3, 3, {1: 0.5, 2: -0.2}, tmp_path)
    assert wrong == []


# scrapy schedule ------------------------------------------------------------------------------------------------------

# In the place of Scrapy, where the runs begin: tells what it got, then does as the test wants.
JOB = """
import os, pathlib, signal, sys, time
def note(text):
    with pathlib.Path("journal").open("a") as file:
        file.write(text + "\\n")
note(" ".join(sys.argv[1:]) + " contact=" + os.environ.get("CRAWLER_CONTACT", ""))
note(f"own session={os.getsid(0) == os.getpid()}")
print("what it says at last")
stubborn = os.environ.get("STUBBORN")
def stop(*_):
    note("told to stop")
    if stubborn:
        os.kill(os.getppid(), signal.SIGTERM)
    else:
        sys.exit(9)
signal.signal(signal.SIGTERM, stop)
os.kill(os.getppid(), signal.SIGINT)
time.sleep(30)
note("not reached")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project's folder in which only qq and iyiou have a schedule, and whose runs are not Scrapy's."""
    text = "[settings]\ndefault = crawler.settings\n[schedule]\nqq = 0 9 * * *\niyiou = */30 8-20 * * mon-fri\n"
    others = [name for name in get_spider_loader(get_project_settings()).list() if name not in ("qq", "iyiou")]
    (tmp_path / "scrapy.cfg").write_text(text + "".join(f"{name} =\n" for name in others))
    (tmp_path / "scrapy").mkdir()
    (tmp_path / "scrapy" / "__init__.py").touch()
    (tmp_path / "scrapy" / "__main__.py").write_text(JOB)
    return tmp_path


def schedule(project: Path, *words: str, **environment: str) -> tuple[int, str, str]:
    """`scrapy schedule …` -> exit code, what it printed, what it logged."""
    output = ("-s", f"OUTPUT_DIR={project / 'output'}")
    known = {"LEDGER_URL": "", "CRAWLER_CONTACT": "https://crawl.example/", **environment}
    done = scrapy(
        "schedule", *words, *output, environment=known, timeout=60, first=functools.partial(os.chdir, project)
    )
    return done.returncode, done.stdout, done.stderr


def ran(project: Path, source: str, hours: float, **more: object) -> None:
    """Note a run of *source*, so many *hours* ago."""
    state = project / "output" / ".state"
    state.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(f"sqlite:///{state / 'ledger.db'}")
    then = int(time.time() - hours * 3600)
    values = {"source": source, "started": then - 60, "ended": then, "reason": "finished", "figures": {}, **more}
    ledger.database.change(sa.insert(RUNS).values(**values))
    ledger.close()


def test_a_late_run_is_begun_with_the_users_settings_and_stopped_with_the_scheduler(project: Path) -> None:
    ran(project, "qq", 30)
    ran(project, "qq", 1, figures={"asked": {"limit": "5"}})  # not what a schedule would run
    ran(project, "qq", 1, ended=None)  # killed
    code, _, log = schedule(project, "-s", "LAYOUT=gitbook")
    assert code == 0, log
    first, *others = (project / "journal").read_text().splitlines()
    assert first == f"job qq -s LAYOUT=gitbook -s OUTPUT_DIR={project / 'output'} contact=https://crawl.example/"
    assert others == ["own session=True", "told to stop"]
    assert re.search(r"INFO start source=qq due=\S+T09:\d\d:\d\d\+08:00 late=\d+\n", log)
    assert re.search(r"INFO stop: no run begins any more; at work: qq\n", log)
    assert re.search(r"WARNING end source=qq due=\S+ code=9 seconds=\d+: what it says at last\n", log)
    assert "iyiou" not in log


def test_a_second_signal_kills(project: Path) -> None:
    ran(project, "qq", 30)
    code, _, log = schedule(project, STUBBORN="yes")
    assert code == 0, log
    assert (project / "journal").read_text().endswith("told to stop\n")
    assert "killed: qq" in log
    assert "code=-9" in log


def test_a_second_scheduler_says_so_and_leaves(project: Path) -> None:
    from crawler.corpus.lock import lock

    (project / "output" / ".state").mkdir(parents=True)
    with lock(project / "output" / ".state" / ".schedule.lock", "scrapy schedule"):
        code, said, _ = schedule(project)
    assert code == 4
    assert "another run of scrapy schedule is active: process" in said


def test_list(project: Path) -> None:
    code, said, _ = schedule(project, "--list", "2")
    assert code == 0
    rows = {line.split()[0]: line.split(maxsplit=1)[1] for line in said.splitlines()}
    assert rows["hibor"] == "by hand only"
    assert re.fullmatch(r"(\w{3} \d{4}-\d\d-\d\d 09:0\d ?){2}", rows["qq"].replace("  ", " "))
    assert schedule(project, "--list", "0")[0] == 2


def test_systemd_units(project: Path) -> None:
    code, said, _ = schedule(project, "--systemd", "-s", "RECORD=100% $x.gz")
    assert code == 0
    words = f'-s "RECORD=100%% $$x.gz" -s OUTPUT_DIR={project / "output"}'
    assert f"ExecStart={sys.executable} -m scrapy job qq {words}\n" in said
    assert f"WorkingDirectory={project}\n" in said
    assert "Environment=CRAWLER_CONTACT=https://crawl.example/\n" in said
    assert "OnCalendar=*-*-* 9:0:00 Asia/Shanghai\n" in said
    assert "OnCalendar=Mon..Fri *-*-* 8..20:0,30:00 Asia/Shanghai\n" in said
    assert said.count("Persistent=true\nRandomizedDelaySec=300s\n") == 2
    assert "hibor" not in said


def test_systemd_units_into_a_folder_and_no_secrets(project: Path) -> None:
    secret = "postgresql+psycopg://me:secret@db.example/ledger"
    code, said, _ = schedule(project, "--systemd", str(project / "units"), LEDGER_URL=secret)
    assert code == 0
    names = ("iyiou.service", "iyiou.timer", "qq.service", "qq.timer")
    assert sorted(path.name for path in (project / "units").iterdir()) == [f"press-corpus-{name}" for name in names]
    assert "enable --now press-corpus-iyiou.timer press-corpus-qq.timer" in said
    assert "LEDGER_URL is set here, may hold a password, and is not printed" in said
    assert "secret@" not in said + "".join(path.read_text() for path in (project / "units").iterdir())


def test_a_crontab(project: Path) -> None:
    code, said, _ = schedule(project, "--cron", "-s", "RECORD=100% it's.gz")
    assert code == 0
    lines = said.splitlines()
    assert "CRON_TZ=Asia/Shanghai" in lines
    assert "CRAWLER_CONTACT=https://crawl.example/" in lines
    words = f"""-s 'RECORD=100\\% it'"'"'s.gz' -s OUTPUT_DIR={project / "output"}"""
    assert lines[-2].startswith(f"0,30 8-20 * * 1-5  cd {project} && {sys.executable} -m scrapy job iyiou ")
    assert lines[-1] == f"0 9 * * *  cd {project} && {sys.executable} -m scrapy job qq {words}"


def test_what_is_wrong_in_the_project_file_ends_the_command(project: Path) -> None:
    (project / "scrapy.cfg").write_text("[settings]\ndefault = crawler.settings\n[schedule]\nqq = at noon\n")
    code, said, log = schedule(project)
    assert code == 2
    assert f"{project}/scrapy.cfg, [schedule], qq: 'at noon' has 2 fields; allowed are five fields" in said + log


def without_the_library(project: Path) -> None:
    os.chdir(project)
    sys.modules.pop("crawler.jobs.scheduler", None)
    sys.modules["apscheduler.events"] = None  # type: ignore[assignment]


def test_without_the_library_it_says_what_to_install(project: Path) -> None:
    done = scrapy("schedule", first=functools.partial(without_the_library, project), timeout=60)
    assert done.returncode == 2
    assert 'pip install -e ".[schedule]"' in done.stdout + done.stderr
    assert scrapy("schedule", "--cron", first=functools.partial(without_the_library, project)).returncode == 0
