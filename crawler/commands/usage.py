"""All commands, and correct forms for command lines that have the form of another tool's."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from scrapy import cmdline
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.settings import BaseSettings

from crawler.crawl.arguments import NAMES
from crawler.project import COMMANDS, PROGRAM

get_commands = cmdline._get_commands_dict  # `crawler.__main__` replaces it in Scrapy


def all_commands(settings: BaseSettings) -> dict[str, ScrapyCommand]:
    """Return the commands of this crawler and of Scrapy by name."""
    settings = settings.copy()
    settings.set("COMMANDS_MODULE", COMMANDS, "cmdline")
    return get_commands(settings, True)


def check_words(command: str, words: Sequence[str], own: Collection[str] = ()) -> None:
    """Raise UsageError if *words*, the arguments of a command, contain a spider argument or an unknown option.

    The message states the correct form. Both `limit=5` and `--limit 5` are spider arguments: `-a limit=5`. *own*: the
    names of the arguments that only this source has.
    """
    sources: list[str] = []
    arguments: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, is_assigned, value = word.lstrip("-").partition("=")
        if not (word.startswith("-") or is_assigned):
            sources.append(word)
            continue
        if name not in (*own, *NAMES):
            raise UsageError(
                f"unknown option {word}; `press-corpus {command} --help` lists the options", print_help=False
            )
        if not is_assigned:
            value = rest.pop(0) if rest else "VALUE"
        arguments.append(f"-a {name}={value}")
    if arguments:
        form = " ".join((PROGRAM, command, *(sources or ["SOURCE"]), *arguments))
        raise UsageError(f"spider arguments are written with -a: {form}", print_help=False)


def unknown_source(name: str) -> UsageError:
    """Return the error for the name of a source that does not exist."""
    return UsageError(f"unknown source {name!r}; `press-corpus list` lists the sources", print_help=False)


def check_names(names: Sequence[str], known: Collection[str]) -> None:
    """Raise UsageError if one of *names* is not in *known*, the names of sources and of those in the corpus."""
    for name in names:
        if name not in known:
            raise UsageError(
                f"unknown source {name!r}: the corpus has no article and no run of it; `press-corpus list` lists the "
                "sources",
                print_help=False,
            )
