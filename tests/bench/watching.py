"""Measure the CPU time of a crawl at the moments of its requests.

The server of the pages runs in this process, and reads the CPU time of the crawl before it responds. So the start and
the end of the process are not part of a difference, and no hook in the crawl is necessary.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

from tests.bench.crawls import environment
from tests.bench.measuring import Program
from tests.bench.pages import Kind
from tests.bench.server import Connection

TIME_LIMIT = 600  # seconds for all requests


@dataclass(frozen=True)
class Watched:
    """The path of each request of a program, with the CPU seconds until then; and the output of the program."""

    requests: list[tuple[str, float]]
    output: str


def watch(program: Program, kind: Kind, number: int) -> Watched:
    """Run *program* until its request *number*, at which it is killed.

    It reaches the site by its host name, with this server as its HTTP proxy. Exits with the end of its output if it
    ends earlier.
    """
    return asyncio.run(_watch(program, kind, number))


async def _watch(program: Program, kind: Kind, number: int) -> Watched:
    requests: list[tuple[str, float]] = []
    complete = asyncio.Event()

    def seen(path: str) -> None:
        requests.append((path, cpu_seconds(process.pid)))
        if len(requests) == number:
            complete.set()

    server = await asyncio.get_running_loop().create_server(lambda: Connection(kind, seen), "127.0.0.1", 0)
    site = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    with tempfile.TemporaryFile() as file:
        process = await asyncio.create_subprocess_exec(
            program.python, *program.arguments, cwd=program.folder, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
            env={**os.environ, **program.environment, **environment(site)},
        )  # fmt: skip
        waits = [asyncio.create_task(complete.wait()), asyncio.create_task(process.wait())]
        await asyncio.wait(waits, timeout=TIME_LIMIT, return_when=asyncio.FIRST_COMPLETED)
        waits[0].cancel()
        if process.returncode is None:
            process.kill()
        await waits[1]
        server.close()
        file.seek(0)
        output = file.read().decode(errors="replace")
    if not complete.is_set():
        sys.exit(f"bench: {len(requests)} of {number} requests: {program}\n{output[-3000:]}")
    return Watched(requests[:number], output)


def cpu_seconds(pid: int) -> float:
    """Return the CPU time (user and system) of a process with all its threads."""
    return time.clock_gettime(~pid << 3 | 2)  # the clock of clock_getcpuclockid(3) on Linux
