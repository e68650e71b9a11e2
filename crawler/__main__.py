"""press-corpus: Scrapy's command line with the settings of this crawler, in any folder.

`python -m crawler` is the same command.
"""

from __future__ import annotations

import gc

gc.disable()  # what is imported is not collected: the collector takes a tenth of the start

import configparser
import difflib
import os
import sys
from collections.abc import Mapping
from typing import Any

from dotenv import load_dotenv
from scrapy import cmdline
from scrapy.commands import ScrapyCommand
from scrapy.utils.project import ENVVAR, get_project_settings

from crawler import __version__
from crawler.commands.errors import discard_output, in_words
from crawler.commands.usage import all_commands, get_commands
from crawler.crawl.exit_codes import Exit
from crawler.jobs.parent import end_with_named_parent
from crawler.project import (
    COMMANDS,
    PROGRAM,
    SETTINGS_MODULE,
    Project,
    ProjectError,
    commands_module,
    find_project,
    sections,
)

gc.enable()


class ArgumentParser(cmdline.ScrapyArgumentParser):
    """Scrapy's parser, with the name of this program in the usage line and in errors."""

    def __init__(self, *, usage: str = "", **options: Any) -> None:
        super().__init__(prog=PROGRAM, usage=usage.replace("scrapy", PROGRAM, 1), **options)


def main() -> None:
    """Run the command of `sys.argv`. Ends the process with its exit code."""
    end_with_named_parent()
    try:
        try:
            run()
        finally:
            if sys.stdout:  # None if the descriptor is closed
                sys.stdout.flush()
    except BrokenPipeError:  # as in `press-corpus | head`; `one_line_errors` does the same for a command
        discard_output()
    except OSError as error:
        discard_output()
        print(f"error: {in_words(error)}", file=sys.stderr)
        sys.exit(Exit.DISK)


def run() -> None:
    """See `main`."""
    words = sys.argv[1:]
    if words[:1] == ["--version"]:
        print(f"{PROGRAM} {__version__}")
        return
    try:
        enter(find_project())
        settings = get_project_settings()
        settings.set("COMMANDS_MODULE", commands_module([PROGRAM, *words]), "project")
    except (ProjectError, configparser.Error) as error:  # Scrapy reads other files of this name, too
        sys.exit(_usage_error(str(error).replace("\n", " ")))
    name = next((word for word in words if not word.startswith("-")), None)
    if name is None or words[0] in ("-h", "--help"):
        print("\n".join(overview(all_commands(settings))))
        return
    module = settings["COMMANDS_MODULE"]
    # Scrapy looks for a command in all of its own, and in the metadata of all packages: a fifth of the start.
    found = get_commands(settings, True) if module == COMMANDS else cmdline._get_commands_from_module(module, True)
    if name not in found:
        commands = all_commands(settings)
        near = difflib.get_close_matches(name, commands, 1)
        hint = f"did you mean {near[0]}? " if near else ""
        sys.exit(_usage_error(f"unknown command {name!r}; {hint}`{PROGRAM}` lists the commands"))
    cmdline.ScrapyArgumentParser = ArgumentParser  # type: ignore[misc,assignment]
    cmdline._get_commands_dict = lambda settings, inproject: found
    if editor := os.environ.get("EDITOR"):
        settings.set("EDITOR", editor, "project")
    gc.freeze()
    cmdline.execute([PROGRAM, *words], settings)


def enter(project: Project) -> None:
    """Prepare the environment of this process for *project*: variables of its `.env`, settings module, import path.

    A variable that is already set wins over `.env`. Raises `ProjectError`.
    """
    module = None
    if project.file:
        file = project.folder / ".env"
        try:
            load_dotenv(file, interpolate=False)
        except (OSError, UnicodeError) as error:
            print(f"{PROGRAM}: {file} cannot be read: {error}", file=sys.stderr)
        module = sections(project.file).get("settings", {}).get("default")
        if str(project.folder) not in sys.path:
            sys.path.append(str(project.folder))
    os.environ.setdefault(ENVVAR, module or SETTINGS_MODULE)


def is_own(command: ScrapyCommand) -> bool:
    """Return whether a command belongs to this crawler, not to Scrapy."""
    return type(command).__module__.startswith("crawler.")


def overview(commands: Mapping[str, ScrapyCommand]) -> list[str]:
    """Return the lines of the list of commands."""
    lines = [f"{PROGRAM} {__version__}", "", f"Usage: {PROGRAM} COMMAND [options] [arguments]", ""]
    for title, own in (("Commands:", True), ("Commands of Scrapy:", False)):
        lines.append(title)
        lines += [
            f"  {name:<15} {command.short_desc()}"
            for name, command in sorted(commands.items())
            if is_own(command) == own
        ]
        lines.append("")
    return [*lines, f"`{PROGRAM} COMMAND -h` describes a command, `{PROGRAM} --version` prints the version."]


def _usage_error(message: str) -> int:
    print(f"{PROGRAM}: error: {message}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    from crawler import __main__ as program  # under its own name, by which a fork of this process finds it

    program.main()
