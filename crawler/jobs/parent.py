"""End a process when the process that started it ends: a run without a watcher must not visit a site."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

# Environment variable with the id of the process that starts a command with which it must end.
PARENT = "PRESS_CORPUS_PARENT"
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with_parent(parent: int) -> None:
    """Ask the kernel to send SIGTERM to this process when *parent*, the id of its parent, ends. Only on Linux.

    The signal follows the thread that started this process: start it in the main thread. It survives `exec`. If
    *parent* has ended already, this process ends at once, as by SIGTERM.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def end_with_named_parent() -> None:
    """Call `end_with_parent` for the process that the variable `PARENT` names, if it is set, and remove it."""
    if parent := os.environ.pop(PARENT, ""):
        end_with_parent(int(parent))
