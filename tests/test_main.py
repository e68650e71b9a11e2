"""`press-corpus`: the list of commands, the version, and the name of the program in errors."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from crawler import __version__
from crawler.project import CODE, child_environment, command_line
from tests.support.mirror import press_corpus


def test_version_and_commands(tmp_path: Path) -> None:
    assert press_corpus(tmp_path, "--version").stdout == f"press-corpus {__version__}\n"
    for words in ((), ("-h",), ("--help",)):
        done = press_corpus(tmp_path, *words)
        assert done.returncode == 0
        own, scrapys = done.stdout.split("Commands of Scrapy:")
        assert "  crawl           Crawl a source into the corpus\n" in own
        assert {"init", "demo", "check-fixtures", "completion"} <= {
            line.split()[0] for line in own.splitlines() if line
        }
        assert "runspider" in scrapys
    assert sorted(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("crwl", "qq"), "unknown command 'crwl'; did you mean crawl? `press-corpus` lists the commands"),
        (("nothing-like-it",), "unknown command 'nothing-like-it'; `press-corpus` lists the commands"),
        (("crawl", "nosuch"), "unknown source 'nosuch'; `press-corpus list` lists the sources"),
        (("newsource", "a", "http://a.example/"), "this folder belongs to no project; `press-corpus init FOLDER`"),
        (("record", "qq", "http://a.example/", "b"), "this folder belongs to no project"),
        (("check-fixtures",), "this folder belongs to no project"),
        (("init", "a", "b"), "expected at most one FOLDER"),
        (("completion", "tcsh"), "expected one of: bash, zsh, fish"),
    ],
)
def test_errors_name_the_program(words: tuple[str, ...], message: str, tmp_path: Path) -> None:
    done = press_corpus(tmp_path, *words)
    assert done.returncode == 2
    assert f"press-corpus: error: {message}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_ends_early_causes_no_traceback(tmp_path: Path) -> None:
    shell = f"{shlex.join(command_line('list', 'epaper'))} | head -1"
    done = subprocess.run(
        ["bash", "-c", shell], cwd=tmp_path, env=child_environment(), capture_output=True, text=True, check=False
    )
    assert (len(done.stdout.splitlines()), done.stderr) == (1, "")


def test_messages_name_the_command_that_every_installation_has() -> None:
    """An installed tool has no command `scrapy`."""
    scrapys = {"fetch", "genspider", "parse", "shell"}  # replaced, but of use only to those who have Scrapy's command
    own = "|".join({path.stem for path in (CODE / "crawler" / "commands").glob("[!_]*.py")} - scrapys)
    found = [
        f"{path}: {match[0]}"
        for path in (CODE / "crawler").rglob("*.py")
        for match in re.finditer(rf"(?<!from )(?<!import )\bscrapy (?:{own})\b(?! import)", path.read_text("utf-8"))
    ]
    assert found == []


def test_usage_names_the_program(tmp_path: Path) -> None:
    assert "  press-corpus crawl [options] <spider>\n" in press_corpus(tmp_path, "crawl", "-h").stdout


@pytest.mark.parametrize(
    ("words", "unused"),
    [
        (("list",), ("sqlalchemy", "crawler.commands.crawl", "crawler.newspapers.pdf", "aiohttp", "tldextract")),
        (("health",), ("crawler.crawl.spider", "crawler.commands.crawl", "crawler.newspapers", "aiohttp")),
        (
            ("crawl", "qq", "-s", f"REPLAY={CODE}/tests/fixtures/qq"),
            ("aiohttp", "tldextract", "requests", "crawler.commands.health", "crawler.newspapers.pdf"),
        ),
    ],
)
def test_a_command_imports_only_what_it_needs(words: tuple[str, ...], unused: tuple[str, ...], tmp_path: Path) -> None:
    environment = child_environment({"PYTHONPROFILEIMPORTTIME": "1"})
    done = subprocess.run(command_line(*words), cwd=tmp_path, env=environment, capture_output=True, text=True)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "crawler.project" in imported
    assert imported & {*unused} == set()
