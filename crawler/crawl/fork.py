"""Run a function in a fork of this process: it starts at once and shares memory, where a new interpreter imports.

A fork of several threads could stop at a lock that another thread held: check `has_one_thread` before.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Protocol


class Process(Protocol):
    """A child process: a `Fork`, or a `subprocess.Popen`."""

    pid: int

    def poll(self) -> int | None:
        """Return the exit code, or the negative number of the signal that ended the process; None until its end."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end. Returns as `poll`. Raises `subprocess.TimeoutExpired` after *timeout* seconds."""

    def terminate(self) -> None:
        """Send SIGTERM."""

    def kill(self) -> None:
        """Send SIGKILL."""


class Fork:
    """A forked process. See `Process`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None

    def poll(self) -> int | None:
        if self._code is None:
            self._reap(os.WNOHANG)
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        end = None if timeout is None else time.monotonic() + timeout
        while self._code is None:
            self._reap(0 if end is None else os.WNOHANG)
            if self._code is None and end is not None:
                if time.monotonic() > end:
                    raise subprocess.TimeoutExpired("fork", timeout or 0)
                time.sleep(0.002)
        return self._code

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self._code is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def _reap(self, options: int) -> None:
        try:
            pid, status = os.waitpid(self.pid, options)
        except ChildProcessError:  # this process ignores SIGCHLD: the code is lost, and 0 as for a Popen
            pid, status = self.pid, 0
        if pid:
            self._code = os.waitstatus_to_exitcode(status)


def has_one_thread() -> bool:
    """Return whether this process has a single thread. False on systems without /proc."""
    try:
        return sum(1 for _ in Path("/proc/self/task").iterdir()) == 1
    except OSError:
        return False


def fork(child: Callable[[], None], keep: Collection[int], ignored: Collection[signal.Signals] = ()) -> Fork:
    """Run *child* in a fork that ends as an interpreter does: with the code of SystemExit, or 1 and a traceback.

    The fork ignores the signals *ignored* and has the default handlers of all others. Of the open files, it has only
    the standard ones and *keep*: a lock would outlast this process otherwise. Raises OSError.
    """
    for stream in (sys.stdout, sys.stderr):  # a fork writes what is left in them a second time
        if stream:
            stream.flush()
    # A signal that arrives before the fork has its own handlers would be lost in those of this process.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    pid = -1
    try:
        pid = os.fork()
        if pid:
            return Fork(pid)
    finally:
        if pid:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    code = 1
    try:
        # Objects of the parent are never collected: that would copy their memory, and close files by their number.
        gc.freeze()
        atexit._clear()
        _reset_signals(ignored)
        _close_descriptors(keep)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        code = _code_of(child)
    finally:
        os._exit(code & 0xFF)


def _reset_signals(ignored: Collection[signal.Signals]) -> None:
    signal.set_wakeup_fd(-1)  # of the event loop of the parent
    for number in signal.valid_signals():
        if number in ignored:
            signal.signal(number, signal.SIG_IGN)
        elif callable(signal.getsignal(number)):
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


def _close_descriptors(keep: Collection[int]) -> None:
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 (the numbers are names)
        if int(name) > 2 and int(name) not in keep:
            with suppress(OSError):  # the descriptor of the listing itself
                os.close(int(name))


def _code_of(child: Callable[[], None]) -> int:
    """Call *child*. Returns the exit code of this process after the steps that an interpreter takes at its end."""
    code: object = 0
    try:
        child()
    except SystemExit as end:
        code = end.code or 0
    except BaseException as error:
        code = 1
        sys.excepthook(type(error), error, error.__traceback__)
        if isinstance(error, KeyboardInterrupt):
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGINT)
    if not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    for thread in threading.enumerate():
        if not thread.daemon and thread is not threading.current_thread():
            thread.join()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # a full disk, or closed
            if stream:
                stream.flush()
    return code
