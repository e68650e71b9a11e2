"""Start `press-corpus` in a child process: a fork of this process if it has preloaded what the child needs.

A fork starts ten times as fast as a new interpreter. It is used if this process has one thread and the code on disk is
still the one that it has imported; otherwise, and on systems without /proc, the child is a new interpreter.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from crawler.crawl.fork import Process, fork, has_one_thread
from crawler.jobs import preload
from crawler.jobs.parent import PARENT
from crawler.project import PROGRAM, child_environment, command_line


def start(
    words: Sequence[str],
    output: IO[bytes],
    *,
    folder: Path | None = None,
    variables: Mapping[str, str] | None = None,
    kept: Sequence[int] = (),
    is_bound: bool = False,
) -> Process:
    """Start `press-corpus WORDS` in a session of its own, with its standard output and standard error in *output*.

    It runs in *folder* (None: the current one), with *variables* added to the environment, and inherits the descriptors
    *kept*. With *is_bound*, it ends when this process ends. Must be called in the main thread. Raises OSError.
    """
    parent = {PARENT: str(os.getpid())} if is_bound else {}
    environment = child_environment({**(variables or {}), **parent})
    if preload.is_current() and has_one_thread():

        def run() -> None:
            os.setsid()
            _redirect(output.fileno())
            os.environ.clear()
            os.environ.update(environment)
            if folder:
                os.chdir(folder)
            sys.argv = [PROGRAM, *words]
            preload.forget()
            main: Callable[[], None] = importlib.import_module("crawler.__main__").main
            main()

        return fork(run, keep=(output.fileno(), *kept))
    return subprocess.Popen(  # noqa: S603 (our own command line)
        command_line(*words), cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
        env=environment, pass_fds=kept, start_new_session=True,
    )  # fmt: skip


def _redirect(output: int) -> None:
    """Connect standard input to /dev/null, and standard output and standard error to *output*, as new streams."""
    encoding = sys.__stderr__.encoding if sys.__stderr__ else None
    nothing = os.open(os.devnull, os.O_RDONLY)
    for target, source in ((1, output), (2, output), (0, nothing)):
        os.dup2(source, target)
    for descriptor in {output, nothing} - {0, 1, 2}:
        os.close(descriptor)
    sys.stdin = open(0, encoding=encoding, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding=encoding, closefd=False)  # noqa: SIM115
    sys.stderr = open(  # noqa: SIM115
        2, "w", encoding=encoding, errors="backslashreplace", buffering=1, closefd=False
    )
