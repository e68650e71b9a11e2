"""The project folder: which scrapy.cfg belongs to this crawler, and what it sets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.project import (
    CODE,
    ProjectError,
    check_names,
    child_environment,
    command_line,
    find_project,
    permanent_settings,
)
from tests.support.mirror import press_corpus

OURS = "[settings]\ndefault = crawler.settings\n"


def write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scrapy.cfg").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "text", [OURS, "[press-corpus]\n", "[settings]\ndefault = mine\n[press-corpus]\nLAYOUT = hugo\n"]
)
@pytest.mark.parametrize("below", [".", "a/b"])
def test_project_is_the_closest_folder_with_a_file_of_ours(
    text: str, below: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, OURS)
    project = write(tmp_path / "project", text)
    (project / below).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(project / below)
    found = find_project()
    assert (found.folder, found.file, found.is_checkout) == (project, project / "scrapy.cfg", False)
    assert (found.spiders, found.fixtures) == (project / "spiders", project / "fixtures")


@pytest.mark.parametrize(
    "text", [None, "", "[settings]\ndefault = books.settings\n", "no section\n", "[deploy]\nurl = x%y\n"]
)
def test_folder_without_a_file_of_ours_is_no_project(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if text is not None:
        write(tmp_path, text)
    monkeypatch.chdir(tmp_path)
    found = find_project()
    assert (found.folder, found.file, found.spiders, found.fixtures) == (tmp_path, None, None, None)


def test_a_checkout_has_its_own_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CODE / "tests")
    found = find_project()
    assert found.is_checkout
    assert (found.folder, found.spiders, found.fixtures) == (
        CODE, CODE / "crawler" / "spiders", CODE / "tests" / "fixtures",
    )  # fmt: skip


def test_permanent_settings_keep_case_and_percent_signs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(
        write(
            tmp_path, OURS + "[press-corpus]\nLEDGER_URL = postgresql://me:a%40b@db/x\nEXTRA_KEYS = id,author  # both\n"
        )
    )
    assert permanent_settings(find_project()) == {
        "LEDGER_URL": "postgresql://me:a%40b@db/x",
        "EXTRA_KEYS": "id,author",
    }


def test_unknown_name_has_a_hint() -> None:
    with pytest.raises(ProjectError, match=r"x, \[press-corpus\]: unknown setting LAYOT; did you mean LAYOUT\?"):
        check_names(Path("x"), ["LAYOT"], ["LAYOUT", "BOT_NAME"])


def test_child_imports_this_package_and_no_module_of_the_current_folder(tmp_path: Path) -> None:
    (tmp_path / "random.py").write_text("raise SystemExit('the module of the current folder')")
    (tmp_path / "crawler").mkdir()
    (tmp_path / "crawler" / "__init__.py").touch()
    done = subprocess.run(
        command_line("--version"), cwd=tmp_path, env=child_environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout[:13], done.stderr) == (0, "press-corpus ", "")
    assert command_line("job", "qq") == [sys.executable, "-P", "-m", "crawler", "job", "qq"]
    assert child_environment({"A": "1"})["PYTHONPATH"].split(os.pathsep)[0] == str(CODE)


def settings(folder: Path, *names: str, **environment: str) -> list[str]:
    """Return the values that `press-corpus settings` prints in *folder*."""
    values = []
    for name in names:
        done = press_corpus(folder, "settings", "--get", name, environment=environment)
        assert done.returncode == 0, done.stderr
        values.append(done.stdout.strip())
    return values


def test_the_corpus_is_in_the_current_folder_or_in_output_dir(tmp_path: Path) -> None:
    assert settings(tmp_path, "OUTPUT_DIR", "FIXTURES_DIR") == [str(tmp_path / "output"), ""]
    assert settings(tmp_path, "OUTPUT_DIR", OUTPUT_DIR="/srv/corpus") == ["/srv/corpus"]
    assert settings(tmp_path, "OUTPUT_DIR", OUTPUT_DIR="articles") == [str(tmp_path / "articles")]
    (tmp_path / ".env").write_text("OUTPUT_DIR=/of/another/program\n")
    assert settings(tmp_path, "OUTPUT_DIR") == [str(tmp_path / "output")]


def test_settings_of_a_project_and_its_env_file(tmp_path: Path) -> None:
    below = write(tmp_path, OURS + "[press-corpus]\nLAYOUT = gitbook\nOUTPUT_DIR = articles\n") / "below"
    below.mkdir()
    (tmp_path / ".env").write_text('CRAWLER_CONTACT="me@example.com"\nLEDGER_URL=sqlite:///$HOME/x.db\n')
    assert settings(below, "LAYOUT", "OUTPUT_DIR") == ["gitbook", str(tmp_path / "articles")]
    assert settings(below, "CRAWLER_CONTACT", "LEDGER_URL") == ["me@example.com", "sqlite:///$HOME/x.db"]
    assert settings(tmp_path, "OUTPUT_DIR", OUTPUT_DIR="/srv/corpus") == ["/srv/corpus"]
    assert settings(tmp_path, "CRAWLER_CONTACT", CRAWLER_CONTACT="other") == ["other"]  # before .env


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (OURS + "[press-corpus]\nLAYOT = hugo\n", "unknown setting LAYOT; did you mean LAYOUT?"),
        (OURS + "[press-corpus\nLAYOUT = hugo\n", "scrapy.cfg: "),
        (OURS + "LAYOUT\n", "scrapy.cfg: "),
        ("of another program\n", "no section headers"),
    ],
)
def test_an_invalid_file_is_one_line_and_exit_code_2(text: str, message: str, tmp_path: Path) -> None:
    done = press_corpus(write(tmp_path, text), "list")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("press-corpus: error: ")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
