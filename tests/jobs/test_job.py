"""Tests of `scrapy job` as a command: progress, time limit, verdict, logs and notices, for every end of a run."""

from __future__ import annotations

import fcntl
import importlib
import json
import os
import pty
import re
import signal
import socketserver
import sqlite3
import struct
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import pytest

from crawler.corpus.ledger import open_ledger
from crawler.corpus.lock import lock
from crawler.corpus.runs import Run
from tests.robustness.crash_recovery import toy_site
from tests.support.mirror import scrapy
from tests.support.server import Answer, Played, play

OPTIONS = ("-s", "DOWNLOAD_DELAY=0", "-s", "BLOCK_BACKOFF=300", "-s", "RETRY_TIMES=0")
CAPTCHA, BUSY = Answer("<html>验证码</html>"), Answer("busy", 429)
SOURCE = (
    "from tests.support.toy.toy import ToySpider\n\n\n"
    'class {name}(ToySpider):\n    name = "{name}"\n    schedule = "{when}"\n'
)
# Stands in for press-corpus in the process of a run: executes the code in the environment variable STUB.
STUB = 'import json, os, signal, sys, time\nexec(os.environ["STUB"])\n'
REPORT = """
numbers = {"found": 6, "fetched": 4, "wanted": 5, "written": 3, "unchanged": 1, "rejected": 2}
numbers["waits"] = "toy.example 7 s"
os.write(int(os.environ["PROGRESS_FD"]), json.dumps(numbers).encode() + b"\\n")
"""


FORK_OR_INTERPRETER = pytest.mark.parametrize("fresh", [False, True], ids=["fork", "interpreter"])
WORDS = ("6 found", "3 written", "1 unchanged", "2 rejected", "/min", "waits for toy.example 7 s")


@pytest.fixture(scope="session", autouse=True)
def quiet() -> Iterator[None]:
    """Ignore errors in the threads of the server, which occur after a client was killed, even after the test."""
    with patch.object(socketserver.BaseServer, "handle_error"):
        yield


@dataclass(frozen=True)
class Done:
    """The output of a job."""

    code: int
    printed: str
    log: str  # standard error: log and progress

    @property
    def lines(self) -> list[dict[str, str]]:
        """The values of its lines, one line for each run."""
        lines = [line for line in self.printed.splitlines() if line.startswith("job ")]
        pairs = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)')
        return [{name: json.loads(v) if v[0] == '"' else v for name, v in pairs.findall(line)} for line in lines]

    def line_of(self, source: str) -> dict[str, str]:
        return next(line for line in self.lines if line["source"] == source)

    @property
    def line(self) -> dict[str, str]:
        (line,) = self.lines
        return line


@dataclass
class Jobs:
    """A site of six articles, and the jobs that crawl it. *trouble* maps a path to another response."""

    folder: Path
    played: Played | None = None
    trouble: dict[str, Callable[[], Answer | None]] = field(default_factory=dict)

    def __call__(self, path: str, number: int) -> Answer:
        return self.trouble.get(path, lambda: None)() or toy_site(6, 2)(path, number)

    def job(
        self, *words: str, modules: str = "tests.support.toy", stub: str = "", fresh: bool = False,
        first: Callable[[], None] | None = None, **environment: str,
    ) -> Done:  # fmt: skip
        """Run `scrapy job`. Its runs are forks of it; with *fresh* new interpreters; with *stub* the code *stub*."""
        assert self.played
        ours = {"NOTICE_URLS": "", "PYTHONPATH": f"{self.folder}/library", "STUB": stub}
        done = scrapy(
            "job", *words, *OPTIONS, "-s", f"SPIDER_MODULES={modules}", "-s", f"OUTPUT_DIR={self.output}",
            environment=self.played.environment | ours | environment, timeout=100,
            first=partial(prepare, self.folder, bool(stub), fresh, first),
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr)

    @property
    def output(self) -> Path:
        return self.folder / "output"

    @property
    def state(self) -> Path:
        return self.output / ".state"

    def runs(self, source: str = "toy") -> list[Run]:
        """Return the runs of *source* from the ledger."""
        with closing(open_ledger(self.state, os.environ.get("LEDGER_URL", ""))) as ledger:
            return ledger.runs.last(source)

    def logs(self) -> list[str]:
        return sorted(path.name for path in (self.state / "logs").iterdir())

    def articles(self, source: str = "toy") -> list[str]:
        return sorted(path.stem for path in (self.output / source).rglob("*.md"))

    def signal_job(self, number: signal.Signals) -> Answer:
        """Send a signal to the job; respond with "busy"."""
        os.kill(int((self.folder / "pid").read_text()), number)
        return BUSY

    def kill_run(self) -> Answer:
        """Kill the run with SIGKILL; respond with "busy"."""
        holder = re.match(r"process (\d+)", (self.state / "toy.lock").read_text())
        assert holder
        os.kill(int(holder[1]), signal.SIGKILL)
        return BUSY


def prepare(folder: Path, stub: bool, fresh: bool, first: Callable[[], None] | None) -> None:
    """Prepare the process of the job."""
    sys.path.insert(0, str(folder / "library"))
    (folder / "pid").write_text(str(os.getpid()))
    if stub:
        command = [sys.executable, str(folder / "stub.py")]
        patch("crawler.jobs.launch.command_line", lambda *words: [*command, *words]).start()
    if stub or fresh:
        patch("crawler.jobs.launch.has_one_thread", lambda: False).start()
    if first:
        first()


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    sites = tmp_path / "library" / "sites"
    sites.mkdir(parents=True)
    (sites / "__init__.py").touch()
    for name, when in (("evening", "0 19 * * *"), ("morning", "0 7 * * *"), ("seldom", "")):
        (sites / f"{name}.py").write_text(SOURCE.format(name=name, when=when))
    (tmp_path / "stub.py").write_text(STUB)
    jobs = Jobs(tmp_path)
    with play(jobs) as jobs.played:
        yield jobs


# A run --------------------------------------------------------------------------------------------------------------


@FORK_OR_INTERPRETER
def test_a_fine_run_has_a_line_a_log_and_a_ledger_row(jobs: Jobs, fresh: bool) -> None:
    done = jobs.job("toy", fresh=fresh)
    assert (done.code, done.log) == (0, "")
    log = Path(done.line["log"])
    assert {name: value for name, value in done.line.items() if name not in ("seconds", "log")} == {
        "source": "toy", "class": "fine", "exit": "0", "end": "finished", "found": "6", "new": "6", "written": "6",
        "refused": "0", "newest": "2025-03-11",
    }  # fmt: skip
    assert len(jobs.articles()) == 6
    assert "INFO run source=toy end=finished links.new=6" in log.read_text()
    assert jobs.logs() == [log.name]
    (run,) = jobs.runs()
    assert (run.verdict.kind, run.figures["job"], run.figures["asked"]) == ("fine", True, {})


def test_a_failure_has_a_class_a_reason_and_an_exit_code(jobs: Jobs) -> None:
    jobs.trouble["/news"] = lambda: Answer("<html><h1>新闻列表</h1><p>今天没有新闻，明天再来。</p><ul></ul></html>")
    done = jobs.job("toy")
    assert (done.code, done.line["class"], done.line["exit"]) == (1, "changed", "1")
    assert done.line["why"].startswith("no listing page could be read: the listing leads to no article")
    assert jobs.runs()[-1].verdict.alarm
    jobs.trouble["/news"] = lambda: CAPTCHA
    done = jobs.job("toy")
    assert (done.code, done.line["class"], done.line["why"]) == (
        3, "blocked", "no listing page could be read: a captcha",
    )  # fmt: skip


def test_arguments_and_settings_are_passed_on(jobs: Jobs) -> None:
    done = jobs.job("toy", "-a", "limit=2", "-a", "channel=news", "-s", "EXTRA_KEYS=id")
    assert (done.code, done.line["written"]) == (0, "2")
    assert jobs.runs()[-1].figures["asked"] == {"limit": "2", "channel": "news"}
    assert all('\nid: "a00' in path.read_text() for path in (jobs.output / "toy").rglob("*.md"))


def test_several_sources_run_in_sequence_and_the_highest_code_counts(jobs: Jobs) -> None:
    jobs.trouble["/robots.txt"] = lambda: BUSY if len(jobs.articles("evening")) == 6 else None  # for the second
    done = jobs.job("evening", "morning", modules="sites")
    assert [(line["source"], line["class"]) for line in done.lines] == [
        ("evening", "fine"), ("morning", "unreachable"),
    ]  # fmt: skip
    assert done.code == 7
    assert [line.split() for line in done.printed.splitlines()[-3:-1]] == [
        ["source", "result", "new", "changed", "refused", "why"], ["evening", "fine", "6", "0", "0"],
    ]  # fmt: skip
    assert done.printed.splitlines()[-1].startswith(
        "morning  unreachable  0    0        0        no listing page could "
    )
    assert "robots.txt of toy.example could not be fetched: HTTP 429" in done.line_of("morning")["why"]
    assert len(jobs.articles("evening")) == 6


def test_all_runs_the_sources_with_a_schedule(jobs: Jobs) -> None:
    done = jobs.job("--all", modules="sites", stub="sys.exit(len(sys.argv[2]) == 7)")
    assert [line["source"] for line in done.lines] == ["evening", "morning"]


def test_a_locked_source_is_not_run(jobs: Jobs) -> None:
    jobs.state.mkdir(parents=True)
    with lock(jobs.state / "toy.lock", "toy"):
        done = jobs.job("toy")
    assert (done.code, done.line["class"], done.line["exit"]) == (4, "locked", "4")
    assert f"process {os.getpid()} since" in done.line["why"]
    assert jobs.runs() == []


# Runs that do not finish ---------------------------------------------------------------------------------------------


def time_is_up(mark: str) -> None:
    """In the job: set its clock far ahead as soon as the file *mark* exists."""
    ahead = SimpleNamespace(monotonic=lambda: time.monotonic() + 10_000 * Path(mark).exists(), sleep=time.sleep)
    patch("crawler.jobs.process.time", ahead).start()


def test_a_run_stops_at_its_time_limit_and_the_next_continues(jobs: Jobs) -> None:
    mark = jobs.folder / "late"

    def late() -> Answer:
        mark.touch()
        return BUSY

    jobs.trouble["/a/a004.html"] = late
    done = jobs.job("toy", "--time-limit", "9000", first=partial(time_is_up, str(mark)))
    assert (done.code, done.line["class"], done.line["end"]) == (1, "unfinished", "time-limit")
    assert done.line["why"] == "stopped by the time limit"
    written = jobs.articles()
    assert set(written) >= {"a000", "a001", "a002"}
    assert [(run.reason, run.verdict.alarm) for run in jobs.runs()] == [("time limit", False)]
    jobs.trouble.clear()
    assert jobs.job("toy").code == 0
    assert len(jobs.articles()) == 6


def without_grace() -> None:
    """In the job: kill a run directly after SIGTERM."""
    patch("crawler.jobs.process.GRACE_PERIOD", 0.0).start()


def test_a_run_that_ignores_sigterm_is_killed(jobs: Jobs) -> None:
    stub = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(60)"
    began = time.monotonic()
    done = jobs.job("toy", "--time-limit", "0.5", stub=stub, first=without_grace)
    assert (done.code, done.line["class"], done.line["end"]) == (1, "unfinished", "time-limit")
    assert time.monotonic() - began < 30


def test_a_killed_run_is_recorded_and_the_next_is_fine(jobs: Jobs) -> None:
    jobs.trouble["/a/a001.html"] = jobs.kill_run
    done = jobs.job("toy")
    assert (done.code, done.line["class"], done.line["end"]) == (1, "bug", "killed")
    assert done.line["why"] == "its process was killed by signal 9"
    (run,) = jobs.runs()
    assert (run.reason, run.verdict.kind, run.verdict.alarm) == ("killed", "bug", True)
    jobs.trouble.clear()
    assert jobs.job("toy").line["class"] == "fine"
    assert len(jobs.articles()) == 6


@pytest.mark.parametrize(
    ("stub", "kind", "end", "why"),
    [
        ("os.kill(os.getpid(), 9)", "bug", "killed", "its process was killed by signal 9"),
        ("print('first', 'last', sep='\\n')\nsys.exit(1)", "bug", "crashed", "its process ended with 1: last"),
        ("print('no space left')\nsys.exit(5)", "disk", "disk", "its process ended with 5: no space left"),
        ("print('it is locked')\nsys.exit(6)", "ledger", "ledger", "its process ended with 6: it is locked"),
    ],
)
def test_a_run_that_recorded_nothing_is_recorded_by_the_job(
    jobs: Jobs, stub: str, kind: str, end: str, why: str
) -> None:
    done = jobs.job("toy", "-a", "limit=1", stub=stub)
    assert (done.line["class"], done.line["end"], done.line["why"]) == (kind, end, why)
    assert done.code == {"disk": 5, "ledger": 6}.get(kind, 1)
    (run,) = jobs.runs()
    assert (run.reason, run.verdict.kind, run.figures["asked"]) == (end, kind, {"limit": "1"})


def test_an_invalid_setting_is_a_usage_error(jobs: Jobs) -> None:
    done = jobs.job("toy", "-s", "LAYOUT=book")
    assert done.code == 2
    assert "LAYOUT=book is not a layout; allowed are: hugo, gitbook" in done.line["why"]


@FORK_OR_INTERPRETER
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_run_and_the_job(jobs: Jobs, number: signal.Signals, fresh: bool) -> None:
    jobs.trouble["/a/a001.html"] = partial(jobs.signal_job, number)
    began = time.monotonic()
    done = jobs.job("evening", "morning", modules="sites", fresh=fresh)
    assert time.monotonic() - began < 40
    assert (done.code, done.line["source"], done.line["class"]) == (1, "evening", "unfinished")
    assert (done.line["end"], done.line["why"]) == ("shutdown", "stopped by a signal")
    assert "Traceback" not in done.log + Path(done.line["log"]).read_text()
    assert jobs.runs("morning") == []


def test_a_signal_before_the_run_handles_signals_is_not_an_alarm(jobs: Jobs) -> None:
    done = jobs.job("toy", stub="os.kill(os.getppid(), signal.SIGTERM)\ntime.sleep(60)")
    assert (done.code, done.line["class"], done.line["why"]) == (1, "unfinished", "stopped by a signal")
    assert not jobs.runs()[-1].verdict.alarm


# Logs and errors ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keep", [1, 3])
def test_the_last_logs_of_each_source_are_kept(jobs: Jobs, keep: int) -> None:
    old = [f"toy.2025010{day}-000000.log" for day in range(1, 6)]
    others = ["other.20250101-000000.log", "toy-2.20250101-000000.log", "toy.notes.log"]
    (jobs.state / "logs").mkdir(parents=True)
    for name in (*old, *others):
        (jobs.state / "logs" / name).touch()
    done = jobs.job("toy", "-s", f"KEEP_LOGS={keep}", stub="print('output')")
    assert jobs.logs() == sorted([*others, *old[len(old) - keep + 1 :], Path(done.line["log"]).name])
    assert Path(done.line["log"]).read_text() == "output\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "name sources, or use --all"),
        (("--all",), "name sources, or use --all"),  # none of them has a schedule
        (("--all", "toy"), "name sources, or use --all"),
        (("toy", "nosuch"), "unknown source 'nosuch'; `press-corpus list` lists the sources"),
        (("toy", "-a", "limit=x"), "limit"),
        pytest.param(("toy", "-a", "limit"), "Invalid -a value"),
        (("toy", "--time-limit", "soon"), "invalid float value: 'soon'"),
    ],
)
def test_an_invalid_command_line_has_exit_code_2(jobs: Jobs, words: tuple[str, ...], message: str) -> None:
    done = jobs.job(*words, stub="sys.exit(1)")
    assert (done.code, done.lines) == (2, [])
    assert message in done.log + done.printed
    assert not jobs.state.exists()


def test_a_source_that_cannot_be_loaded_is_reported(jobs: Jobs) -> None:
    (jobs.folder / "library" / "sites" / "broken.py").write_text("import nothing_of_that_name\n")
    done = jobs.job("broken", modules="sites", stub="sys.exit(1)")
    assert (done.code, done.lines) == (2, [])
    assert "No module named 'nothing_of_that_name'" in done.log + done.printed
    assert "unknown source 'broken'" in done.log + done.printed


def test_a_source_that_cannot_be_loaded_fails_the_job_after_the_others(jobs: Jobs) -> None:
    (jobs.folder / "library" / "sites" / "broken.py").write_text("import nothing_of_that_name\n")
    done = jobs.job("--all", modules="sites")
    assert [line["source"] for line in done.lines if line["class"] == "fine"] == ["evening", "morning"]
    assert done.code != 0


def test_an_unusable_ledger_has_exit_code_6(jobs: Jobs) -> None:
    done = jobs.job("toy", LEDGER_URL=f"sqlite:///{jobs.folder}/nowhere/ledger.db")
    assert (done.code, done.line["class"], done.line["exit"]) == (6, "ledger", "6")


def test_an_unusable_ledger_has_a_reason(jobs: Jobs) -> None:
    done = jobs.job("toy", LEDGER_URL=f"sqlite:///{jobs.folder}/nowhere/ledger.db")
    assert "unable to open database file" in done.line["why"]


def test_a_ledger_that_is_recreated_during_a_run(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_URL", "")
    for _ in range(3):
        jobs.job("toy")
    path = jobs.state / "ledger.db"
    with closing(sqlite3.connect(path)) as ledger:
        ledger.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = ledger.execute("SELECT rootpage FROM sqlite_master WHERE name = 'folders'").fetchone()[0]
        size = ledger.execute("PRAGMA page_size").fetchone()[0]
    damaged = bytearray(path.read_bytes())
    damaged[(page - 1) * size : page * size] = b"\xff" * size
    path.write_bytes(damaged)
    done = jobs.job("toy")
    assert "set aside as ledger.damaged" in done.log + Path(done.line["log"]).read_text()
    assert (done.code, done.line["class"]) == (0, "fine")
    assert [run.verdict.kind for run in jobs.runs()] == ["fine"]


def test_an_unwritable_corpus_has_exit_code_5(jobs: Jobs) -> None:
    jobs.output.touch()
    done = jobs.job("toy")
    assert done.code == 5
    assert "error: " in done.log
    assert "Traceback" not in done.log


def test_a_disk_error_during_a_run_has_the_class_disk(jobs: Jobs) -> None:
    (jobs.output / "toy").mkdir(parents=True)
    (jobs.output / "toy" / "2025").touch()
    done = jobs.job("toy")
    assert (done.code, done.line["class"], done.line["end"]) == (5, "disk", "disk")
    assert jobs.runs()[-1].verdict.alarm


def test_a_disk_error_has_a_reason(jobs: Jobs) -> None:
    (jobs.output / "toy").mkdir(parents=True)
    (jobs.output / "toy" / "2025").touch()
    assert "/toy/2025" in jobs.job("toy").line["why"]


# Progress -----------------------------------------------------------------------------------------------------------


def often() -> None:
    """In the job: print a progress line at each poll."""
    patch("crawler.jobs.progress_bar.LINE_INTERVAL", 0.0).start()


def test_progress_without_a_terminal_is_lines(jobs: Jobs) -> None:
    done = jobs.job("toy", stub=f"{REPORT}\ntime.sleep(0.7)", first=often)
    lines = [line for line in done.log.splitlines() if re.match(r"toy: \d+ s: ", line)]
    assert any(all(word in line for word in WORDS) for line in lines), lines


def in_a_terminal(name: str, columns: int = 200) -> None:
    """In the job: connect standard error to the terminal *name*."""
    terminal = os.open(name, os.O_RDWR | os.O_NOCTTY)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    os.dup2(terminal, 2)


def shown_in_a_terminal(jobs: Jobs, columns: int) -> list[str]:
    """Return the states of the progress line, one after the other."""
    ours, theirs = pty.openpty()
    shown = bytearray()

    def read() -> None:
        with suppress(OSError):  # raised at the end of the terminal
            while part := os.read(ours, 65536):
                shown.extend(part)

    reading = threading.Thread(target=read)
    reading.start()
    done = jobs.job("toy", stub=f"{REPORT}\ntime.sleep(0.7)", first=partial(in_a_terminal, os.ttyname(theirs), columns))
    os.close(theirs)
    reading.join()
    os.close(ours)
    assert done.line["source"] == "toy"
    return shown.decode().split("\r")


def test_progress_in_a_terminal_is_a_bar(jobs: Jobs) -> None:
    states = [" ".join(state.split()) for state in shown_in_a_terminal(jobs, 200)]
    assert any(re.match(r"toy 4/5 \|█+.*\|", state) for state in states)
    assert any(all(word in state for word in WORDS) for state in states), states
    assert states[-1] == ""  # the bar is removed


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_the_progress_fits_in_a_narrow_terminal(jobs: Jobs, columns: int) -> None:
    states = [state.strip() for state in shown_in_a_terminal(jobs, columns)]
    longest = max(states, key=len)
    assert len(longest) <= columns
    assert longest.startswith("toy 4/5 ")
    assert "waits for toy.example 7 s" in longest
    assert not re.search(r"\d+ [a-z]{1,3}$|,$", longest)  # whole parts
    assert ("3 written, 2 rejected" in longest) == (columns >= 80)


# Notices ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def inbox() -> Iterator[tuple[str, list[str]]]:
    """Returns the URL of a webhook and the titles that it has received."""
    titles: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            titles.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["title"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"json://127.0.0.1:{server.server_port}/", titles
        server.shutdown()
        thread.join()


def test_one_notice_after_a_failure_and_one_after_it_ends(jobs: Jobs, inbox: tuple[str, list[str]]) -> None:
    urls, titles = inbox
    for stub in ("sys.exit(1)", "os.kill(os.getpid(), 9)", "", ""):
        jobs.job("toy", stub=stub, NOTICE_URLS=urls, no_proxy="127.0.0.1")
    assert [run.verdict.kind for run in jobs.runs()] == ["bug", "bug", "fine", "fine"]
    assert titles == ["press-corpus: toy is broken: bug", "press-corpus: toy works again"]


# Processes ----------------------------------------------------------------------------------------------------------


def edit_while_it_runs(jobs: Jobs, name: str, text: str) -> None:
    """Write *text* to the module *name* of the sources while the first source runs."""

    def edit() -> None:
        if not jobs.articles("evening"):
            (jobs.folder / "library" / name).write_text(text)

    jobs.trouble["/news"] = edit


@FORK_OR_INTERPRETER
def test_runs_start_no_interpreter_of_their_own(jobs: Jobs, fresh: bool) -> None:
    journal = jobs.folder / "journal"
    start = f"with open({str(journal)!r}, 'a') as file: file.write('start ')\n"
    (jobs.folder / "library" / "sitecustomize.py").write_text(start)
    done = jobs.job("evening", "morning", modules="sites", fresh=fresh)
    assert [line["class"] for line in done.lines] == ["fine", "fine"]
    assert (journal.read_text() if journal.exists() else "") == ("start start " if fresh else "")


def test_a_source_that_is_edited_during_a_job_is_loaded_again(jobs: Jobs) -> None:
    edited = SOURCE.format(name="morning", when="") + '    default_channels = ("tech",)\n'
    edit_while_it_runs(jobs, "sites/morning.py", edited)
    done = jobs.job("evening", "morning", modules="sites")
    assert done.line_of("evening")["class"] == "fine"
    assert jobs.played
    assert "/tech" in jobs.played.paths
    assert jobs.articles("morning") == []


@pytest.mark.parametrize(
    ("text", "code", "why"),
    [
        ("import sys\nsys.exit(3)\n", 3, "its process ended with 3: no output"),
        ("import os\nos._exit(9)\n", 1, "its process ended with 9: no output"),
        ("import os\nos.kill(os.getpid(), 11)\n", 1, "its process was killed by signal 11"),
        ("def broken(:\n", 2, "its process ended with 2: press-corpus: error: unknown source 'morning'; "),
    ],
    ids=["sys.exit", "os._exit", "crash", "syntax error"],
)
def test_a_source_that_is_broken_during_a_job_fails_only_its_own_run(
    jobs: Jobs, text: str, code: int, why: str
) -> None:
    edit_while_it_runs(jobs, "sites/morning.py", text)
    done = jobs.job("evening", "morning", modules="sites")
    assert done.line_of("evening")["class"] == "fine"
    assert done.code == code
    assert done.line_of("morning")["why"].startswith(why)


def import_helper() -> None:
    """In the job: import a module before the sources, as those of installed packages are."""
    name = "helper"  # of the project in the working folder
    importlib.import_module(name)


def test_after_an_upgrade_runs_are_new_interpreters(jobs: Jobs) -> None:
    (jobs.folder / "library" / "helper.py").write_text('CHANNEL = "news"\n')
    for name in ("evening", "morning"):
        text = SOURCE.format(name=name, when="") + "    default_channels = (CHANNEL,)\n"
        (jobs.folder / "library" / "sites" / f"{name}.py").write_text(f"from helper import CHANNEL\n{text}")
    edit_while_it_runs(jobs, "helper.py", 'CHANNEL = "tech"  # of the next release\n')
    done = jobs.job("evening", "morning", modules="sites", first=import_helper)
    assert done.line_of("evening")["class"] == "fine"
    assert "helper.py has changed: each run is a new interpreter from now on" in done.log
    assert jobs.played
    assert "/tech" in jobs.played.paths


def test_a_run_ends_with_its_job(jobs: Jobs) -> None:
    def kill_job() -> Answer:
        os.kill(int((jobs.folder / "pid").read_text()), signal.SIGKILL)
        return Answer("", stall=5)

    jobs.trouble["/a/a001.html"] = kill_job
    assert jobs.job("toy").code == -signal.SIGKILL
    end = time.monotonic() + 60
    while not jobs.runs() or not jobs.runs()[-1].is_ended:
        assert time.monotonic() < end
        time.sleep(0.1)
    assert jobs.runs()[-1].reason == "shutdown"
    jobs.trouble.clear()
    assert jobs.job("toy").line["class"] == "fine"
    assert len(jobs.articles()) == 6
