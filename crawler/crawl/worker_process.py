"""Start and end a worker process.

A worker is a fork if this process has a single thread: it starts at once and shares memory, where a new interpreter
imports for a second. A fork of several threads could stop at a lock that another thread held: then, and on systems
without /proc, a worker is a new interpreter.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from crawler.crawl import worker
from crawler.project import child_environment, command_line


class Process(Protocol):
    """A running worker."""

    pid: int

    def kill(self) -> None: ...

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code, or the negative number of the signal that ended the process."""


class Fork:
    """A forked worker, with the methods of `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None

    def kill(self) -> None:
        if self._code is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        """See `Process`. Raises `subprocess.TimeoutExpired` after *timeout* seconds."""
        end = None if timeout is None else time.monotonic() + timeout
        while self._code is None:
            pid, status = os.waitpid(self.pid, 0 if end is None else os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
            elif end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired("worker", timeout or 0)
            else:
                time.sleep(0.002)
        return self._code


def start() -> tuple[Process, socket.socket]:
    """Start a worker. Return its process and this end of its connection. Raises OSError."""
    ours, theirs = socket.socketpair()
    try:
        process = _fork(theirs) if _has_one_thread() else _interpreter(theirs)
    except OSError:
        ours.close()
        raise
    finally:
        theirs.close()
    ours.setblocking(False)
    return process, ours


def _has_one_thread() -> bool:
    try:
        return sum(1 for _ in Path("/proc/self/task").iterdir()) == 1
    except OSError:
        return False


def _fork(connection: socket.socket) -> Process:
    if pid := os.fork():
        return Fork(pid)
    try:
        signal.set_wakeup_fd(-1)  # of the event loop of the parent
        descriptor = connection.fileno()
        # Files of the parent: a lock would outlast it, and the connections of other workers would keep these alive.
        os.closerange(3, descriptor)
        os.closerange(descriptor + 1, os.sysconf("SC_OPEN_MAX"))
        worker.main(descriptor)
    finally:
        os._exit(1)


def _interpreter(connection: socket.socket) -> Process:
    return subprocess.Popen(  # noqa: S603 (our own command line)
        command_line(str(connection.fileno()), module="crawler.crawl.worker"),
        pass_fds=(connection.fileno(),),
        stdin=subprocess.DEVNULL,
        env=child_environment(),
    )
