"""press-corpus completion SHELL: print a script that completes commands, options and source names in a shell."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.settings import BaseSettings
from scrapy.spiderloader import get_spider_loader

from crawler.commands.errors import one_line_errors
from crawler.commands.usage import all_commands
from crawler.project import PROGRAM

INSTALLATION = {  # shell -> what to do with the script
    "bash": f"echo 'eval \"$({PROGRAM} completion bash)\"' >> ~/.bashrc",
    "zsh": f"mkdir -p ~/.zfunc && {PROGRAM} completion zsh > ~/.zfunc/_{PROGRAM}, with fpath+=~/.zfunc before compinit",
    "fish": f"{PROGRAM} completion fish > ~/.config/fish/completions/{PROGRAM}.fish",
}
# Kinds of arguments: SOURCES are the names of sources, REJECTED the same and two words.
SOURCES, REJECTED, FOLDER = "source", "rejected", "folder"
# Kinds of the arguments of each command: one of the above, or words to choose from. The last kind may be repeated.
ARGUMENTS: Mapping[str, Sequence[str | Sequence[str]]] = {
    "check-fixtures": (SOURCES,),
    "check-site": (SOURCES,),
    "completion": (tuple(INSTALLATION),),
    "corpus": (("remove", "restore", "removed", "versions", "backup", "search", "index"), FOLDER),
    "crawl": (SOURCES,),
    "demo": (SOURCES,),
    "health": (SOURCES,),
    "init": (FOLDER,),
    "job": (SOURCES,),
    "ledger": (("rebuild", "check"), SOURCES),
    "notices": (("test",),),
    "record": (SOURCES,),
    "rejected": (REJECTED,),
}
# The names are in the script, because starting Python takes a second. The sources of a project are files.
FUNCTION = """\
_press_corpus_sources() {{
  printf '%s\\n' {names}
  local folder="$PWD"
  while [ -n "$folder" ]; do
    if [ -f "$folder/scrapy.cfg" ]; then
      command ls "$folder/spiders" 2>/dev/null | command sed -n 's/^\\([a-z].*\\)\\.py$/\\1/p'
      return
    fi
    folder="${{folder%/*}}"
  done
}}
_press_corpus_rejected() {{
  printf '%s\\n' retry fixture
  _press_corpus_sources
}}
"""
BASH = """\
_press_corpus_complete_source() {
  compgen -W "$(_press_corpus_sources)" -- "$1"
}
_press_corpus_complete_rejected() {
  compgen -W "$(_press_corpus_rejected)" -- "$1"
}
"""
ZSH = """\
_press_corpus_complete_source() {
  compadd -- ${(f)"$(_press_corpus_sources)"}
}
_press_corpus_complete_rejected() {
  compadd -- ${(f)"$(_press_corpus_rejected)"}
}
"""
FISH = """\
function _press_corpus_sources
  printf '%s\\n' {names}
  set -l folder $PWD
  while test -n "$folder"
    if test -f "$folder/scrapy.cfg"
      command ls "$folder/spiders" 2>/dev/null | command sed -n 's/^\\([a-z].*\\)\\.py$/\\1/p'
      return
    end
    set folder (string replace -r '/[^/]*$' '' -- $folder)
  end
end
function _press_corpus_rejected
  printf '%s\\n' retry fixture
  _press_corpus_sources
end
"""


class Command(ScrapyCommand):
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] " + "|".join(INSTALLATION)

    def short_desc(self) -> str:
        return "Print a script for the completion of commands, options and sources in a shell"

    def long_desc(self) -> str:
        ways = "; ".join(f"{shell}: {way}" for shell, way in INSTALLATION.items())
        return f"Print the completion script of a shell. To install it: {ways}. Then start a new shell."

    @one_line_errors
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1 or args[0] not in INSTALLATION:
            raise UsageError(f"expected one of: {', '.join(INSTALLATION)}", print_help=False)
        assert self.settings is not None
        print(script(args[0], self.settings))


def script(shell: str, settings: BaseSettings) -> str:
    """Return the completion script for *shell*, a key of INSTALLATION."""
    import shtab

    names = sorted(get_spider_loader(settings).list())
    names = [name for name in names if not _is_project_source(settings, name)]
    function = (FISH if shell == "fish" else FUNCTION).format(names=" ".join(names))
    preamble = function + {"bash": BASH, "zsh": ZSH}.get(shell, "")
    parser = command_parser(all_commands(settings), settings)
    text = str(shtab.complete(parser, shell, preamble=preamble))
    return text.replace('"(*)::', '"*:')  # zsh: shtab 1.13 completes a repeated argument only once


def _is_project_source(settings: BaseSettings, name: str) -> bool:
    """Return whether a source belongs to the project: the script finds it in the folder of the project."""
    return not get_spider_loader(settings).load(name).__module__.startswith("crawler.")


def command_parser(commands: Mapping[str, ScrapyCommand], settings: BaseSettings) -> argparse.ArgumentParser:
    """Return one parser for *commands*, with their options and the kinds of their arguments, for shtab."""
    import shtab

    parser = argparse.ArgumentParser(prog=PROGRAM)
    parser.add_argument("--version", action="version", version="")
    subparsers = parser.add_subparsers()
    for name, command in sorted(commands.items()):
        added = subparsers.add_parser(name, help=command.short_desc(), conflict_handler="resolve")
        command.settings = settings  # type: ignore[assignment]
        command.add_options(added)
        for action in added._actions:
            if action.metavar == "FILE" or action.dest in ("logfile", "pidfile", "output", "overwrite_output"):
                action.complete = shtab.FILE  # type: ignore[attr-defined]
            elif action.metavar == "FOLDER":
                action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
        kinds = ARGUMENTS.get(name, ())
        for kind in kinds:
            options: dict[str, Any] = {"nargs": "*"} if kind is kinds[-1] else {}
            if isinstance(kind, str):
                added.add_argument(kind, **options).complete = _completer(kind)  # type: ignore[attr-defined]
            else:
                added.add_argument("word", choices=kind, **options)
    return parser


def _completer(kind: str) -> Mapping[str, Any]:
    """Return what completes an argument in each shell, in the form of shtab."""
    import shtab

    if kind == FOLDER:
        return shtab.DIRECTORY
    function = f"_press_corpus_{'sources' if kind == SOURCES else kind}"
    return {
        "bash": f"_press_corpus_complete_{kind}",
        "zsh": f"{{_press_corpus_complete_{kind}}}",
        "fish": f"({function})",
    }
