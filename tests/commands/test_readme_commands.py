"""Commands that the documents print work as printed, except those in `NOT_RUN`, which states the reason for each."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.mirror import ROOT, press_corpus

DOCUMENTS = [
    path
    for pattern in (
        "README*.md",
        "SECURITY.md",
        ".github/*.md",
        "crawler/README.md",
        "crawler/*/*.md",
        "tests/**/README.md",
    )
    for path in sorted(ROOT.glob(pattern))
    if "fixtures" not in path.parts
]
PROGRAMS = "press-corpus|make|python3?|pipx|uv|pip|docker|bash|hugo|mkdir|tar|scrapy|systemctl"
_COMMAND = re.compile(rf"^ {{4,}}((?:{PROGRAMS}) .*?)(?: +#.*)?$", re.MULTILINE)
NOT_RUN = {
    r"make (?:demo|test|quick|check|bench)\b.*": "installs an environment; .ci/run has demo, check and test",
    r"python3 -m pip wheel .*|(?:pipx|uv tool|pip) install .*": "tests/support/test_wheel.py installs it",
    r"docker .*": "tests/support/test_container.py, with Docker",
    r"mkdir .*|tar .*|.* OUTPUT_DIR=/data/corpus": "a folder of the user; tests/end_to_end/test_backup.py",
    r"press-corpus corpus backup /backups/.*": "a folder of the user; tests/end_to_end/test_backup.py",
    r"press-corpus corpus (?:remove|restore|versions) ARTICLE.*": "a placeholder; tests/end_to_end/test_takedown.py",
    r"press-corpus corpus export .*(?: \| head -1|--since-run 57@.*)": "a pipe; tests/end_to_end/test_export.py",
    r"press-corpus site serve": "runs until Ctrl-C; tests/website/test_site.py",
    r"press-corpus (?:newsource|record) .*|press-corpus crawl chanye": "an invented site; tests/scaffold",
    r"press-corpus check-fixtures chanye": "an invented site; tests/commands/test_init.py",
    r"press-corpus crawl woshipm -s REPLAY=old\.arc,.*": "archives of the user; tests/recordings/test_files.py",
    r"press-corpus check-site .*": "requests a site; tests/crawl/test_visit.py",
    r"press-corpus crawl epaper -a url=.*": "an invented site; tests/spiders/test_unknown_paper.py",
    r"press-corpus backfill .*": "archives of the user; tests/end_to_end/test_backfill.py",
    r"press-corpus crawl woshipm -s (?:RECORD|REPLAY)=.*": "tests/recordings/test_record_replay.py",
    r"press-corpus corpus pictures": "requests every site; tests/end_to_end/test_pictures.py",
    r"press-corpus crawl woshipm -a from=(?:commoncrawl|wayback) .*": "tests/end_to_end/test_public_archives.py",
    r"press-corpus schedule": "runs until Ctrl-C; tests/jobs/test_schedule.py",
    r"press-corpus schedule --systemd ~.*": "the home folder; tests/jobs/test_schedule.py",
    r"press-corpus schedule --kubernetes jobs/": "writes a folder; tests/jobs/test_schedule.py",
    r"press-corpus (?:worker|enqueue) .*": "needs PostgreSQL; tests/cluster/test_workers.py",
    r"press-corpus ledger (?:check|rebuild) \[SOURCE….*": "placeholders; tests/end_to_end/test_object_storage.py",
    r"press-corpus job --all": "requests every site; tests/jobs/test_job.py",
    r"press-corpus notices test": "sends messages; tests/jobs/test_notices.py",
}
RECORDED = re.compile(r"press-corpus (?:crawl|job) (?P<source>[a-z]+)")


def printed() -> Iterator[tuple[str, str]]:
    """Yield each command once, with the name of the first document that prints it."""
    seen = set()
    for path in DOCUMENTS:
        for command in _COMMAND.findall(path.read_text(encoding="utf-8")):
            if command not in seen:
                seen.add(command)
                yield path.relative_to(ROOT).as_posix(), command


def reason(command: str) -> str:
    return next((why for pattern, why in NOT_RUN.items() if re.fullmatch(pattern, command)), "")


RUN = [(name, command) for name, command in printed() if not reason(command)]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("readme") / "project"
    assert press_corpus(folder.parent, "init", "project").returncode == 0
    papers = folder / "papers"
    papers.mkdir()
    (papers / "2025-02-05_A08_a.txt").write_text(
        "渡口的灯又亮了\n\n人们先说起渡口，再说起天气。都会好的，他们说。\n", encoding="utf-8"
    )
    run = press_corpus(folder, "crawl", "qq", "-s", f"REPLAY={ROOT}/tests/fixtures/qq")  # tests run in any order
    assert run.returncode in (0, 1), run.stderr
    return folder


@pytest.mark.slow
@pytest.mark.xdist_group("readme")
@pytest.mark.parametrize(("document", "command"), RUN)
def test_a_printed_command_works(document: str, command: str, project: Path) -> None:
    words = shlex.split(command)[1:]
    if (found := RECORDED.match(command)) and found["source"] != "paper":
        words += ["-s", f"REPLAY={ROOT}/tests/fixtures/{found['source']}"]
    done = press_corpus(project, *words)
    # 1: some of the recorded pages are refused on purpose, and a folder of recordings lacks the other listings.
    assert done.returncode in (0, 1), (document, command, done.stderr)
    assert "Traceback" not in done.stderr


def test_every_reason_is_for_a_printed_command() -> None:
    commands = [command for _, command in printed()]
    unused = [pattern for pattern in NOT_RUN if not any(re.fullmatch(pattern, command) for command in commands)]
    assert unused == []
    paths = [path for why in NOT_RUN.values() for path in re.findall(r"(?:tests|\.ci)/[\w./]*\w", why)]
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert len(RUN) > 20
