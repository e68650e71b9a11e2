"""Run a command of this program in a process of its own, while the event loop continues."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from crawler.crawl.exit_codes import Exit
from crawler.jobs.parent import PARENT
from crawler.jobs.process import GRACE_PERIOD
from crawler.jobs.scheduler import last_line
from crawler.project import child_environment, command_line

logger = logging.getLogger(__name__)

STOP_PERIOD = (
    GRACE_PERIOD + 15
)  # seconds between SIGTERM and SIGKILL: the command itself waits GRACE_PERIOD for a crawl
MAX_FAILURES = 3  # ends of the same command by a kill or a lost ledger, after which it has failed
PAUSE = 10.0  # seconds before a command is started again; short, because the jobs with the same lock wait
LOCKED_PERIOD = 90.0  # seconds to wait for another run: longer than the crawl of a killed worker needs to end


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int  # exit code; if negative, the number of the signal that killed it
    line: str  # ": " and the last line of its output, or ""


async def run_to_end(words: Sequence[str], folder: Path, *, waits: bool) -> Ended:
    """Run `press-corpus WORDS` in *folder*. Start it again if it was killed, or could not use the ledger.

    With *waits*, also if another run has locked the source, for `LOCKED_PERIOD`. Must be called in the main thread:
    the process ends with the thread that has started it. Raises OSError. If it is cancelled, the command is stopped
    first.
    """
    failures, locked_until = 0, 0.0
    while True:
        ended = await _run(words, folder)
        if ended.code < 0 or ended.code == Exit.LEDGER:
            failures += 1
            if failures == MAX_FAILURES:
                return ended
        elif waits and ended.code == Exit.LOCKED:
            now = asyncio.get_running_loop().time()
            locked_until = locked_until or now + LOCKED_PERIOD
            if now > locked_until:
                return ended
        else:
            return ended
        logger.warning("again in %.0f s: %s code=%d%s", PAUSE, " ".join(words[:2]), ended.code, ended.line)
        await asyncio.sleep(PAUSE)


async def _run(words: Sequence[str], folder: Path) -> Ended:
    with tempfile.TemporaryFile() as output:
        process = await asyncio.create_subprocess_exec(
            *command_line(*words), cwd=folder, env=child_environment({PARENT: str(os.getpid())}),
            start_new_session=True, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            await _stop(process)
            raise
        return Ended(code, last_line(output))


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Send SIGTERM to the process alone, which ends the processes that it has started; later SIGKILL to all."""
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_PERIOD)
    except TimeoutError:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
