"""The options of `backfill`, which `enqueue --archive` passes on."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from crawler.crawl.arguments import ArgumentError, parse_arguments

if TYPE_CHECKING:
    from crawler.reading.source import Source

_DAYS = ("since", "until")


def add_archive_options(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--source", nargs="+", action="extend", default=[], metavar="NAME", help="only these sources")
    parser.add_argument("--since", metavar="DAY", help="only articles from this day on, YYYY-MM-DD")
    parser.add_argument("--until", metavar="DAY", help="only articles up to this day, YYYY-MM-DD")


def archive_arguments(opts: argparse.Namespace) -> dict[str, str]:
    """Return the arguments of each run. Raises `ArgumentError`."""
    arguments = {name: value for name in _DAYS if (value := getattr(opts, name)) is not None}
    parse_arguments(arguments, source="backfill", channels=())
    return arguments


def check_sources(sources: Sequence[type[Source]]) -> None:
    """Raise `ArgumentError` if one of the named *sources* cannot have pages in an archive."""
    for source in sources:
        if not source.hosts:
            raise ArgumentError(f"{source.name} has no addresses of its own: no page of an archive belongs to it")


def archive_words(opts: argparse.Namespace) -> list[str]:
    """Return the options as words of a command line. Raises `ArgumentError`."""
    words = [word for name, value in archive_arguments(opts).items() for word in (f"--{name}", value)]
    return [*words, *(["--source", *sorted(set(opts.source))] if opts.source else [])]
