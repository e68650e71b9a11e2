"""press-corpus corpus mcp."""

from __future__ import annotations

import argparse
import sys
from importlib.metadata import version

from scrapy.exceptions import UsageError

from crawler.commands.corpus_place import CorpusPlace

MISSING = "`corpus mcp` needs a further package: pip install 'press-corpus[mcp]'"
HINT = (
    "A server for programs that use the Model Context Protocol: they start it themselves, and send requests on "
    "standard input. Press Ctrl-C to end it; crawler/data/README.md has the configuration."
)


def mcp(place: CorpusPlace, words: list[str], opts: argparse.Namespace) -> None:
    """Serve the corpus on standard input and output until the client closes them."""
    if words:
        raise UsageError("expected: corpus mcp", print_help=False)
    try:
        from crawler.data.mcp_server import make_server
    except ModuleNotFoundError as error:
        if error.name and error.name.partition(".")[0] == "mcp":
            raise UsageError(MISSING, print_help=False) from None
        raise
    if sys.stdin.isatty():
        print(HINT, file=sys.stderr)
    make_server(place.store, place.open_ledger, version("press-corpus")).run("stdio")
