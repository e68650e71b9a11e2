"""Start and end a worker process.

A worker is a fork if this process has a single thread; otherwise, and on systems without /proc, a new interpreter.
"""

from __future__ import annotations

import os
import socket
import subprocess

from crawler.crawl import worker
from crawler.crawl.fork import Process, fork, has_one_thread
from crawler.project import child_environment, command_line


def start() -> tuple[Process, socket.socket]:
    """Start a worker. Return its process and this end of its connection. Raises OSError."""
    ours, theirs = socket.socketpair()
    try:
        process = _fork(theirs) if has_one_thread() else _interpreter(theirs)
    except OSError:
        ours.close()
        raise
    finally:
        theirs.close()
    ours.setblocking(False)
    return process, ours


def _fork(connection: socket.socket) -> Process:
    descriptor = connection.fileno()  # not those of other workers, which would keep these alive

    def run() -> None:
        try:
            worker.main(descriptor)
        finally:
            os._exit(1)  # without a traceback: usually, the storing process has ended

    return fork(run, keep=(descriptor,), ignored=worker.IGNORED_SIGNALS)


def _interpreter(connection: socket.socket) -> Process:
    return subprocess.Popen(  # noqa: S603 (our own command line)
        command_line(str(connection.fileno()), module="crawler.crawl.worker"),
        pass_fds=(connection.fileno(),),
        stdin=subprocess.DEVNULL,
        env=child_environment(),
    )
