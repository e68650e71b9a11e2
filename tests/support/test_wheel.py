"""The wheel: built offline without leftovers, installed in an environment of its own, used in an empty folder."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import FIXTURES
from tests.support.mirror import OWN_VARIABLES, ROOT
from tests.support.toy_site import add_toy

pytestmark = pytest.mark.xdist_group("wheel")  # one worker builds and installs it

# Not a cache of Python or of a tool that another test process may write at the same time.
IGNORED = {"__pycache__", ".git"}


def names(folder: Path) -> set[Path]:
    """Return all paths in *folder*, except those in IGNORED and hidden folders at its top."""
    return {
        path
        for top in folder.iterdir()
        if not top.name.startswith(".")
        for path in (top, *top.rglob("*"))
        if not IGNORED & set(path.parts)
    }


@dataclass(frozen=True)
class Tool:
    """An environment with the wheel. The dependencies are those of this environment."""

    folder: Path

    @property
    def packages(self) -> Path:
        return Path(sysconfig.get_path("purelib", vars={"base": str(self.folder), "platbase": str(self.folder)}))

    def __call__(self, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `press-corpus WORDS` in *folder*."""
        return self.run([str(self.folder / "bin" / "press-corpus"), *words], folder)

    def run(self, command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if name not in {*OWN_VARIABLES, "PYTHONPATH"}}
        environment = {**kept, "HOME": str(folder)}
        return subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
        )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built with the installed hatchling."""
    target = tmp_path_factory.mktemp("wheel")
    before = names(ROOT)
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-index"),
            *("--no-deps", "--no-build-isolation", "--wheel-dir", str(target), str(ROOT)),
        ],
        check=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert names(ROOT) - before == set()
    (found,) = target.iterdir()
    return found


@pytest.fixture(scope="module")
def tool(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tool]:
    folder = tmp_path_factory.mktemp("tool") / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    found = Tool(folder)
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "--quiet"),
            *("--disable-pip-version-check", "--no-index", "--no-deps", str(wheel)),
        ],
        check=True,
    )
    # `.pth` paths are searched after the wheel, which therefore wins over this checkout.
    (found.packages / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    before = names(found.packages)
    yield found
    assert names(found.packages) - before == set()  # no test wrote to the installation


@pytest.fixture
def project(tool: Tool, tmp_path: Path) -> Path:
    """A project of the tool with the user's own source toy, and a recording of its article."""
    folder = tmp_path / "my project"
    assert tool(tmp_path, "init", "my project").returncode == 0
    add_toy(folder)
    return folder


def test_wheel_has_the_package_its_documents_and_the_recorded_pages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        found = set(archive.namelist())
    assert {name.partition("/")[0] for name in found} == {"crawler", f"{'-'.join(wheel.name.split('-')[:2])}.dist-info"}
    packaged = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "crawler").rglob("*") if path.suffix in {".py", ".md"}
    }
    assert packaged <= found
    pages = {path.relative_to(FIXTURES).as_posix() for path in FIXTURES.rglob("page.json")}
    assert {f"crawler/recordings/demo/{name}" for name in pages} <= found
    for readme in ("README.md", "README.zh-CN.md"):
        assert set(re.findall(r"press_corpus-\S+?\.whl", (ROOT / readme).read_text(encoding="utf-8"))) == {wheel.name}


def test_first_article_from_the_bundled_recording(tool: Tool, tmp_path: Path) -> None:
    assert tool(tmp_path, "--version").stdout.startswith("press-corpus 0.")
    done = tool(tmp_path, "demo", "woshipm")
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo"]
    articles = sorted((tmp_path / "demo" / "woshipm").rglob("*.md"))
    assert articles[0].read_text(encoding="utf-8").startswith("---\ntitle: ")


def test_corpus_is_in_the_current_folder(tool: Tool, tmp_path: Path) -> None:
    done = tool(tmp_path, "crawl", "c114", "-s", f"REPLAY={FIXTURES / 'c114'}")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["output"]
    assert list((tmp_path / "output" / "c114").rglob("*.md"))
    assert tool(tmp_path, "health").stdout.splitlines()[1].startswith("c114 ")


def test_own_source_runs_as_a_job_and_from_a_systemd_unit(tool: Tool, project: Path) -> None:
    replay = ("-s", "REPLAY=fixtures/toy")
    job = tool(project, "job", "toy", *replay)
    assert job.stdout.startswith("job source=toy class=fine exit=0 "), job
    assert [path.name for path in (project / "output" / "toy").rglob("*.md")] == ["a1.md"]

    with (project / "scrapy.cfg").open("a") as file:
        file.write("toy = 0 9 * * *\n")
    units = tool(project, "schedule", "--systemd", *replay, "-s", "OUTPUT_DIR=by unit").stdout
    unit = units.partition("# press-corpus-toy.service\n")[2].partition("\n# ")[0]
    entries = dict(line.split("=", 1) for line in unit.splitlines() if "=" in line)
    assert entries["WorkingDirectory"] == str(project)
    started = tool.run(shlex.split(entries["ExecStart"]), Path(entries["WorkingDirectory"]))
    assert started.returncode == 0, started
    assert [path.name for path in (project / "by unit" / "toy").rglob("*.md")] == ["a1.md"]

    cron = next(
        line for line in tool(project, "schedule", "--cron", *replay, "-s", "OUTPUT_DIR=by-cron").stdout.splitlines()
        if " job toy " in line
    )  # fmt: skip
    assert tool.run(["sh", "-c", cron.split(maxsplit=5)[5]], project.parent).returncode == 0
    assert [path.name for path in (project / "by-cron" / "toy").rglob("*.md")] == ["a1.md"]
