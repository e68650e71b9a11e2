"""`press-corpus completion`: the scripts complete commands, options and sources in a shell."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.mirror import press_corpus

COMPLETE = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
$(complete -p press-corpus | sed 's/.* -F \\([^ ]*\\).*/\\1/')
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a source, and the completion script of bash."""
    folder = tmp_path_factory.mktemp("project")
    assert press_corpus(folder, "init").returncode == 0
    (folder / "spiders" / "mysource.py").touch()
    script = press_corpus(folder, "completion", "bash")
    assert (script.returncode, script.stderr) == (0, "")
    (folder / "script.bash").write_text(script.stdout)
    return folder


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("cra", {"crawl"}),
        ("che", {"check", "check-fixtures", "check-site"}),
        ("--v", {"--version"}),
        ("crawl wo", {"woshipm"}),
        ("crawl epaper-rmr", {"epaper-rmrb", "epaper-rmrbhwb"}),
        ("crawl my", {"mysource"}),
        ("crawl --log", {"--logfile", "--loglevel"}),
        ("crawl -s LAYOUT=hugo hi", {"hibor"}),
        ("job qq hi", {"hibor"}),
        ("job --t", {"--time-limit"}),
        ("ledger re", {"rebuild"}),
        ("ledger check hi", {"hibor"}),
        ("rejected re", {"retry"}),
        ("rejected retry my", {"mysource"}),
        ("completion z", {"zsh"}),
        ("init fix", {"fixtures"}),
    ],
)
@pytest.mark.parametrize("below", [".", "fixtures"])
def test_bash(words: str, expected: set[str], below: str, project: Path) -> None:
    if (words, below) == ("init fix", "fixtures"):
        expected = {""}
    command = ["bash", "-c", COMPLETE, "bash", str(project / "script.bash"), "press-corpus", *words.split(" ")]
    done = subprocess.run(command, cwd=project / below, capture_output=True, text=True, check=True)
    assert set(done.stdout.removesuffix("\n").split("\n")) == expected


def test_bash_completes_in_a_folder_without_a_project(project: Path, tmp_path: Path) -> None:
    command = ["bash", "-c", COMPLETE, "bash", str(project / "script.bash"), "press-corpus", "crawl", "m"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout == "\n"


@pytest.mark.parametrize(
    ("shell", "parts"),
    [
        (
            "zsh",
            ("#compdef press-corpus", '"*:source:{_press_corpus_complete_source}"', "check-fixtures:", "--time-limit"),
        ),
        ("fish", ("complete -c press-corpus", "(_press_corpus_sources)", "-a check-fixtures", "-l time-limit")),
    ],
)
def test_other_shells(shell: str, parts: tuple[str, ...], project: Path) -> None:
    done = press_corpus(project, "completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    assert [part for part in parts if part not in done.stdout] == []
    assert " qq " in done.stdout
    assert "mysource" not in done.stdout  # found in the folder of the project when the script runs
