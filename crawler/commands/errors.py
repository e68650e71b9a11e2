"""What all commands do with errors of the disk, of the ledger, and of their output."""

from __future__ import annotations

import argparse
import functools
import os
import sys
from collections.abc import Callable
from typing import TypeVar

from scrapy.commands import ScrapyCommand

from crawler.corpus.errors import LedgerError, LockedError
from crawler.corpus.object_place import is_url
from crawler.crawl.exit_codes import Exit

C = TypeVar("C", bound=ScrapyCommand)
Run = Callable[[C, list[str], argparse.Namespace], None]


def one_line_errors(run: Run[C]) -> Run[C]:
    """Decorate the `run` of a command: an error of the corpus is one line on standard error, with its exit code.

    Also prepares the settings of a corpus in object storage; a command that cannot use it ends with a UsageError.
    A reader that closes the pipe (`| head`) ends the command without an error. Characters that the encoding of
    standard output lacks are escaped.
    """

    @functools.wraps(run)
    def guarded(self: C, args: list[str], opts: argparse.Namespace) -> None:
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            if self.settings is not None and is_url(str(self.settings["OUTPUT_DIR"])):
                from crawler.commands.object_storage import use_object_storage

                use_object_storage(self.settings, type(self).__module__.rpartition(".")[2], args)
            run(self, args, opts)
            if sys.stdout:  # None if the descriptor is closed
                sys.stdout.flush()
        except BrokenPipeError:
            discard_output()
        except (LockedError, LedgerError, OSError) as error:
            print(f"error: {in_words(error)}", file=sys.stderr)
            self.exitcode = Exit.of_error(error)
            discard_output()  # Python writes the rest of it at its end, and fails again on a full disk

    return guarded


def in_words(error: Exception) -> str:
    """Return the message of *error*, for an OSError "path: reason" without its number."""
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    return f"{error.filename}: {error.strerror}" if error.filename else error.strerror


def discard_output() -> None:
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (AttributeError, OSError, ValueError):  # standard output is closed, or no file
        return
