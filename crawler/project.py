"""The project folder: the folder of scrapy.cfg, with the corpus and the user's own sources and recordings.

A checkout of this repository is a project; `press-corpus init` creates others. In any other folder, the current folder
replaces the project folder, and no source can be added.
"""

from __future__ import annotations

import configparser
import difflib
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PROGRAM = "press-corpus"
SETTINGS_MODULE = "crawler.settings"
CONFIG_FILE = "scrapy.cfg"
SECTION = "press-corpus"  # of scrapy.cfg: permanent settings, NAME = value
COMMANDS = "crawler.commands"  # the package of the commands
CODE = Path(__file__).parents[1]  # the folder of the package: a checkout, or site-packages


class ProjectError(ValueError):
    """An invalid scrapy.cfg. The message names the file and the entry."""


@dataclass(frozen=True, slots=True)
class Project:
    """A project, by its scrapy.cfg; without *file*, *folder* is the current folder."""

    folder: Path
    file: Path | None

    @property
    def is_checkout(self) -> bool:
        """Whether the folder is a checkout of this repository, with its own folders of sources and recordings."""
        return self.file is not None and (self.folder / "crawler" / "settings.py").is_file()

    @property
    def spiders(self) -> Path | None:
        """Folder of the sources that can be added; None without a project."""
        return self.file and (self.folder / "crawler" / "spiders" if self.is_checkout else self.folder / "spiders")

    @property
    def fixtures(self) -> Path | None:
        """Folder of the recorded cases; None without a project."""
        return self.file and (self.folder / "tests" / "fixtures" if self.is_checkout else self.folder / "fixtures")


def find_project() -> Project:
    """Return the project of the current folder or of the closest folder above it. Raises `ProjectError`."""
    current = Path.cwd()
    for folder in (current, *current.parents):
        if (folder / CONFIG_FILE).is_file() and _is_ours(folder / CONFIG_FILE):
            return Project(folder, folder / CONFIG_FILE)
    return Project(current, None)


def _is_ours(file: Path) -> bool:
    """Return whether *file* belongs to this crawler: other Scrapy projects have a scrapy.cfg, too."""
    try:
        found = sections(file)
    except ProjectError:
        return SETTINGS_MODULE in file.read_text(encoding="utf-8", errors="replace")
    return SECTION in found or SETTINGS_MODULE in found.get("settings", {}).values()


def sections(file: Path) -> dict[str, dict[str, str]]:
    """Return the sections of *file* with their entries. Names are case-sensitive. Raises `ProjectError`."""
    # No default section: its keys would be added to each section.
    parser = configparser.ConfigParser(interpolation=None, default_section="", inline_comment_prefixes=("#", ";"))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read(file, encoding="utf-8")
    except (configparser.Error, UnicodeError) as error:
        raise ProjectError(f"{file}: {error}") from None
    return {name: dict(parser[name]) for name in parser.sections()}


def permanent_settings(project: Project) -> dict[str, str]:
    """Return the settings in section [press-corpus] of the project's scrapy.cfg. Raises `ProjectError`."""
    return sections(project.file).get(SECTION, {}) if project.file else {}


def check_names(file: Path | None, names: Collection[str], known: Collection[str]) -> None:
    """Raise `ProjectError` for the first of *names* in section [press-corpus] that is not a *known* setting."""
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name.upper(), known, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ProjectError(f"{file}, [{SECTION}]: unknown setting {name}{hint}")


def commands_module(words: Sequence[str]) -> str:
    """Return the value of COMMANDS_MODULE for the command line *words*: the module of the command that it names.

    Scrapy imports each module of the package to list the commands, and with them most of this crawler: a second.
    Without a command's name, return the package.
    """
    program = Path(words[0] if words else "")
    if program.stem not in (PROGRAM, "scrapy") and program.parent.name != "crawler":  # python -m crawler
        return COMMANDS
    name = next((word for word in words[1:] if not word.startswith("-")), "")
    return f"{COMMANDS}.{name}" if name and (CODE / "crawler" / "commands" / f"{name}.py").is_file() else COMMANDS


def command_line(*words: str, module: str = "crawler") -> list[str]:
    """Return the command line of `press-corpus WORDS` in any folder and environment.

    -P: a module in the current folder, such as random.py, does not replace one of the standard library.
    """
    return [sys.executable, "-P", "-m", module, *words]


def child_environment(added: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a process that `command_line` starts: the current one, and *added*.

    In a checkout, the process imports the package from the same checkout, also if another one is installed.
    """
    environment = {**os.environ, **(added or {})}
    if (CODE / "pyproject.toml").is_file():
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(CODE), environment.get("PYTHONPATH"))))
    return environment
