"""End a run in the last moment, after its last page: killed, with a full disk, without the ledger. It is never fine."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.jobs.test_job import Done, Jobs, inbox, jobs, quiet
from tests.support.mirror import scrapy

__all__ = ["inbox", "jobs", "quiet"]  # fixtures

# Moment -> module, owner in it ("" for the module), name of a function, and when the process of the run kills itself.
MOMENTS: dict[str, tuple[str, str, str, str]] = {
    "the engine has stopped": ("crawler.crawl.spider", "ArticleSpider", "closed", "before"),
    "before the figures": ("crawler.crawl.run_end", "", "ledger_figures", "before"),
    "before the verdict": ("crawler.crawl.run_end", "", "judge", "before"),
    "after the verdict": ("crawler.crawl.run_end", "", "judge", "after"),
    "before the end is recorded": ("crawler.corpus.run_table", "Runs", "finish", "before"),
    "before the end is committed": ("crawler.corpus.run_table", "Runs", "finish", "commit"),
    "after the end is recorded": ("crawler.corpus.run_table", "Runs", "finish", "after"),
    "before the ledger is closed": ("crawler.corpus.corpus", "Corpus", "close", "before"),
    "after the ledger is closed": ("crawler.corpus.corpus", "Corpus", "close", "after"),
    "before the figures are logged": ("crawler.crawl.summary", "RunSummary", "spider_closed", "before"),
    "before the exit code": ("crawler.commands.crawl", "", "exit_code", "before"),
}
RECORDED = list(MOMENTS)[6:]  # the ledger has a fine run then; only the job observes the kill


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def act_at(moment: tuple[str, str, str, str], act: Callable[[], None], only_in_children: bool) -> None:
    """Call *act* at *moment* in this process, or with *only_in_children* in those that it forks."""
    import importlib

    module, owner_name, name, when = moment
    owner: Any = importlib.import_module(module)
    owner = getattr(owner, owner_name) if owner_name else owner
    original, parent = getattr(owner, name), os.getpid()

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if only_in_children and os.getpid() == parent:
            return original(*args, **kwargs)
        if when == "before":
            act()
        elif when == "commit":
            sa.Connection.commit = lambda self: act()  # type: ignore[method-assign]
        result = original(*args, **kwargs)
        if when == "after":
            act()
        return result

    setattr(owner, name, wrapper)


def health(jobs: Jobs, *words: str) -> tuple[int, str]:
    done = scrapy("health", *words, "-s", f"OUTPUT_DIR={jobs.output}")
    return done.returncode, done.stdout


@pytest.mark.parametrize("moments", [list(MOMENTS)[:6], RECORDED])
def test_a_job_whose_process_is_killed_is_not_fine(
    jobs: Jobs, moments: list[str], inbox: tuple[str, list[str]]
) -> None:
    url, titles = inbox
    for moment in moments:
        done = jobs.job(
            "toy", first=partial(act_at, MOMENTS[moment], kill, True), NOTICE_URLS=url, no_proxy="127.0.0.1"
        )
        assert (done.code, done.line["class"], done.line["end"]) == (1, "bug", "killed"), moment
        assert done.line["why"] == "its process was killed by signal 9"
        run = jobs.runs()[-1]
        assert (run.reason, run.verdict.kind, run.verdict.alarm) == ("killed", "bug", True)
        code, text = health(jobs)
        assert (code, "bug" in text, "fine" in text) == (1, True, False)
    assert len(jobs.runs()) == len(moments)
    assert jobs.job("toy", NOTICE_URLS=url, no_proxy="127.0.0.1").line["class"] == "fine"
    assert titles == ["press-corpus: toy is broken: bug", "press-corpus: toy works again"]
    assert health(jobs)[0] == 0


def crawl(jobs: Jobs, first: Callable[[], None] | None = None) -> int:
    assert jobs.played
    options = ("-s", "SPIDER_MODULES=tests.support.toy", "-s", "DOWNLOAD_DELAY=0", "-s", f"OUTPUT_DIR={jobs.output}")
    return scrapy("crawl", "toy", *options, environment=jobs.played.environment, first=first).returncode


@pytest.mark.parametrize("before", [False, True])
def test_a_killed_crawl_is_shown_as_killed_until_the_next_run(jobs: Jobs, before: bool) -> None:
    if before:
        assert crawl(jobs) == 0
    assert crawl(jobs, partial(act_at, MOMENTS["after the verdict"], kill, False)) == -signal.SIGKILL
    code, text = health(jobs)
    assert code == 1
    assert "toy: bug: its process was killed" in text
    assert health(jobs, "--html", f"{jobs.folder}/health.html") == (1, "")
    page = (jobs.folder / "health.html").read_text()
    assert "All sources are fine" not in page
    assert "its process was killed" in page
    assert crawl(jobs) == 0
    assert health(jobs)[0] == 0
    assert [run.verdict.kind for run in jobs.runs()][-2:] == ["bug", "fine"]


# The end cannot be recorded -----------------------------------------------------------------------------------------


def fill_disk() -> None:
    """Let writes beyond the first 20 KiB of a file fail, as on a full disk: those to the ledger, but not to the log."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (20480, 20480))


def make_read_only() -> None:
    """Let writes to an SQLite ledger fail."""
    execute = sa.Connection.execute

    def read_only(self: sa.Connection, *args: Any, **kwargs: Any) -> Any:
        self.exec_driver_sql("PRAGMA query_only = ON")
        return execute(self, *args, **kwargs)

    sa.Connection.execute = read_only  # type: ignore[method-assign]


def end_connections() -> None:
    """End all connections to a PostgreSQL ledger."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(os.environ["LEDGER_URL"], poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
            "AND datname = current_database()"
        )


def raise_an_error() -> None:
    raise ValueError("an error in press-corpus")


def report_a_full_disk() -> None:
    raise OSError(28, "No space left on device")


def assert_not_fine(jobs: Jobs, done: Done, kind: str, code: int, why: str) -> None:
    assert (done.code, done.line["class"], done.line["exit"]) == (code, kind, str(code)), done
    assert why in done.line["why"]
    run = jobs.runs()[-1]
    assert (run.verdict.kind, run.verdict.alarm) == (kind, True)
    assert health(jobs)[0] == 1


FAILURES: list[tuple[str, Callable[[], None], str, int, str]] = [
    ("before the end is recorded", fill_disk, "ledger", 6, "the end of the run could not be recorded: "),
    ("before the end is recorded", make_read_only, "ledger", 6, "readonly database"),
    ("before the figures", raise_an_error, "bug", 1, "the end of the run could not be recorded"),
    ("before the end is recorded", report_a_full_disk, "disk", 5, "No space left on device"),
]


@pytest.mark.parametrize(("moment", "act", "kind", "code", "why"), FAILURES)
def test_a_run_whose_end_cannot_be_recorded_is_not_fine(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch, moment: str, act: Callable[[], None], kind: str, code: int, why: str
) -> None:
    monkeypatch.setenv("LEDGER_URL", "")
    assert crawl(jobs, partial(act_at, MOMENTS[moment], act, False)) == code
    assert health(jobs)[0] == 1
    done = jobs.job("toy", first=partial(act_at, MOMENTS[moment], act, True))
    assert_not_fine(jobs, done, kind, code, why)
    assert len(jobs.runs()) == 2
    assert jobs.job("toy").line["class"] == "fine"


@pytest.mark.xdist_group("postgres")
def test_a_run_whose_server_is_gone_at_the_end_is_not_fine(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch, postgres: str
) -> None:
    monkeypatch.setenv("LEDGER_URL", postgres)
    moment = MOMENTS["before the end is recorded"]
    assert crawl(jobs, partial(act_at, moment, end_connections, False)) == 6
    done = jobs.job("toy", first=partial(act_at, moment, end_connections, True))
    assert_not_fine(jobs, done, "ledger", 6, "the end of the run could not be recorded: ")
    assert jobs.job("toy").line["class"] == "fine"


def break_the_ledger_after_the_run(folder: str) -> None:
    """In the job: make its ledger unusable after the process of the run has ended."""
    import crawler.jobs.job as job

    original = job.Job._record_and_notify

    def broken(self: Any, *args: Any) -> Any:
        self.ledger_url = f"sqlite:///{folder}/nowhere/ledger.db"
        return original(self, *args)

    setattr(job.Job, "_record_and_notify", broken)  # noqa: B010  # mypy compares the signatures of an assignment


def test_a_job_that_cannot_record_the_outcome_is_not_fine(jobs: Jobs, inbox: tuple[str, list[str]]) -> None:
    url, titles = inbox
    first = partial(break_the_ledger_after_the_run, str(jobs.folder))
    done = jobs.job("toy", first=first, NOTICE_URLS=url, no_proxy="127.0.0.1")
    assert (done.code, done.line["class"], done.line["end"]) == (6, "ledger", "ledger")
    assert "the outcome cannot be recorded: " in done.line["why"]
    assert titles == ["press-corpus: toy is broken: ledger"]


def raise_in_judge() -> None:
    """Let each verdict fail."""
    import crawler.health.judgement as judgement

    def broken(*_: object) -> Any:
        raise ZeroDivisionError

    setattr(judgement, "_judge", broken)  # noqa: B010  # mypy compares the signatures of an assignment


def test_a_run_that_cannot_be_judged_is_a_bug(jobs: Jobs) -> None:
    done = jobs.job("toy", first=raise_in_judge)
    assert (done.code, done.line["class"], done.line["end"]) == (1, "bug", "finished")
    assert done.line["why"] == "the run could not be judged: ZeroDivisionError: see the log"
    assert "Traceback" in Path(done.line["log"]).read_text()
    assert health(jobs)[0] == 1


@pytest.mark.parametrize("end", ["os._exit(3)", "os._exit(5)", "os._exit(6)", "os._exit(77)", "os.abort()"])
def test_an_exit_code_that_contradicts_a_fine_run_is_not_fine(jobs: Jobs, end: str) -> None:
    done = jobs.job(
        "toy", first=partial(act_at, MOMENTS["before the exit code"], partial(exec, f"import os\n{end}"), True)
    )
    assert done.code != 0
    assert done.line["class"] != "fine"
    assert not jobs.runs()[-1].verdict.is_fine


def test_a_run_that_did_not_finish_cannot_be_accepted(jobs: Jobs) -> None:
    jobs.job("toy", stub="sys.exit(5)")
    done = scrapy("health", "--accept", "toy", "-s", f"OUTPUT_DIR={jobs.output}")
    assert done.returncode == 2
    assert "the last run of toy did not finish" in done.stderr
    assert health(jobs)[0] == 1
