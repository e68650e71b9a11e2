"""Worker processes that read the pages of archives, while this process decides, stores and keeps the ledger."""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import subprocess
import sys
import traceback
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from crawler.crawl.fork import Process
from crawler.crawl.worker import LENGTH, READY, Answer, Begun, SourceFile, Task
from crawler.crawl.worker_process import start
from crawler.reading.page import Page
from crawler.recordings.protocol import RecordingError

logger = logging.getLogger(__name__)

MAX_DEATHS = 2  # of workers with the same page, after which the page counts as damaged
MAX_FAILED_STARTS = 3  # in a row, after which this process reads the pages
_DEPTH = 3  # tasks that a worker has at a time: it must not wait while this process waits for the disk


class WorkersLostError(Exception):
    """No worker can be started, or they were closed."""


class WorkerError(Exception):
    """An error of a worker, with its traceback, that is not one of the page."""


@dataclass(eq=False)
class _Job:
    task: Task
    url: str
    result: asyncio.Future[Any]
    deaths: int = 0


@dataclass(eq=False)
class _Worker:
    process: Process
    writer: asyncio.StreamWriter
    is_ready: bool = False
    begun: int = -1  # number of the last task that it began
    jobs: deque[_Job] = field(default_factory=deque)  # sent, in the order of their answers

    def send(self, message: object) -> None:
        data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        # A worker may have died, and uvloop raises RuntimeError then. `_serve` notices it, and its jobs are done again.
        with suppress(OSError, RuntimeError):
            self.writer.write(LENGTH.pack(len(data)))
            self.writer.write(data)


class Workers:
    """*number* worker processes, started with the first page. A worker that is killed is replaced.

    Use it in one event loop. The workers end with this process, however it ends.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self._files: list[SourceFile] = []
        self._workers: list[_Worker] = []
        self._serving: set[asyncio.Task[None]] = set()
        self._queue: deque[_Job] = deque()
        self._tasks = self._failed_starts = 0
        self._starting = asyncio.Lock()
        self._is_closed = False

    def add(self, pickled_source: bytes) -> int:
        """Add a source (see `SourceFile`). Return its key."""
        file = SourceFile(len(self._files), pickled_source)
        self._files.append(file)
        for worker in self._workers:
            worker.send(file)
        return file.key

    async def read(self, key: int, page: Page) -> Any:
        """Return the article of *page*, or the request for a further response, or the `PageError` of the page.

        Raises `RecordingError` for a page with which several workers died, `WorkersLostError` if none can be started,
        and `WorkerError` for an error of the worker itself.
        """
        job = _Job(
            Task(self._tasks, key, pickle.dumps(page, pickle.HIGHEST_PROTOCOL)),
            page.url,
            asyncio.get_running_loop().create_future(),
        )
        self._tasks += 1
        self._queue.append(job)
        try:
            await self._start()
            self._send()
            return await job.result
        finally:
            with suppress(ValueError):
                self._queue.remove(job)

    def close(self) -> None:
        """Kill the workers: they keep nothing. A result that is still awaited raises `WorkersLostError`."""
        self._is_closed = True
        for task in self._serving:
            task.cancel()
        for worker in self._workers:
            worker.writer.transport.abort()
            worker.process.kill()
            worker.process.wait()
        for job in (*self._queue, *(job for worker in self._workers for job in worker.jobs)):
            if not job.result.done():
                job.result.set_exception(WorkersLostError())
        self._workers.clear()
        self._queue.clear()

    # Workers ----------------------------------------------------------------------------------------------------------

    async def _start(self) -> None:
        """Start the workers that are missing. Raises `WorkersLostError`."""
        if len(self._workers) == self.number:
            return
        async with self._starting:
            while len(self._workers) < self.number and not self._is_closed:
                if self._failed_starts >= MAX_FAILED_STARTS:
                    raise WorkersLostError
                try:
                    await self._start_one()
                except OSError as error:
                    self._failed_starts += 1
                    logger.warning("a worker process cannot be started: %s", error)

    async def _start_one(self) -> None:
        process, connection = start()
        reader, writer = await asyncio.open_unix_connection(sock=connection)
        worker = _Worker(process, writer)
        worker.send(sys.path)
        for file in self._files:
            worker.send(file)
        self._workers.append(worker)
        task = asyncio.ensure_future(self._serve(worker, reader))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    def _send(self) -> None:
        """Send waiting tasks to the workers that have the fewest."""
        while self._queue and self._workers:
            worker = min(self._workers, key=lambda worker: len(worker.jobs))
            if len(worker.jobs) >= _DEPTH:
                return
            job = self._queue.popleft()
            worker.jobs.append(job)
            worker.send(job.task)

    async def _serve(self, worker: _Worker, reader: asyncio.StreamReader) -> None:
        """Pass on the answers of *worker*, and replace it if it dies."""
        with suppress(EOFError, OSError):  # IncompleteReadError is an EOFError
            while True:
                (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
                self._take(worker, _answer_in(await reader.readexactly(length), worker.begun))
        if not self._is_closed:
            self._bury(worker)
            try:
                await self._start()
            except WorkersLostError as error:
                for job in self._queue:
                    if not job.result.done():
                        job.result.set_exception(error)
            self._send()

    def _take(self, worker: _Worker, answer: Answer | Begun) -> None:
        if isinstance(answer, Begun):
            worker.begun = answer.number
            return
        if answer.number == READY.number:
            worker.is_ready, self._failed_starts = True, 0
            return
        job = worker.jobs.popleft()
        assert job.task.number == answer.number
        for level, name, message in answer.logged or ():
            logging.getLogger(name).log(level, "%s", message)
        if not job.result.done():  # else it was cancelled
            if answer.failure:
                job.result.set_exception(WorkerError(f"{job.url}: {answer.failure}"))
            else:
                job.result.set_result(answer.result)
        self._send()

    def _bury(self, worker: _Worker) -> None:
        """Remove a dead worker. Its tasks are done again; the first of them may be the cause."""
        self._workers.remove(worker)
        worker.writer.transport.abort()
        with suppress(subprocess.TimeoutExpired):  # the connection closes some milliseconds before the process ends
            worker.process.wait(0.5)
        worker.process.kill()
        code = worker.process.wait()
        cause = f"signal {-code}" if code < 0 else f"exit code {code}"
        if not worker.is_ready:
            self._failed_starts += 1
            logger.warning("a worker process ended while it started (%s)", cause)
        elif not worker.jobs or worker.begun != worker.jobs[0].task.number:
            logger.warning("a worker process ended (%s)", cause)
        else:
            first = worker.jobs[0]
            first.deaths += 1
            logger.warning("a worker process ended (%s) with the page %s", cause, first.url)
            if first.deaths >= MAX_DEATHS:
                worker.jobs.popleft()
                if not first.result.done():
                    reason = f"{first.url}: {first.deaths} worker processes ended while they read it ({cause})"
                    first.result.set_exception(RecordingError(reason))
        self._queue.extendleft(job for job in reversed(worker.jobs) if not job.result.done())


def _answer_in(message: bytes, begun: int) -> Answer | Begun:
    """Return the answer of a worker. One that cannot be unpickled is a failure of *begun*, the task it has begun."""
    try:
        answer: Answer | Begun = pickle.loads(message)  # noqa: S301 (of our own process)
    except Exception:  # any: the class of a result decides
        return Answer(begun, failure=traceback.format_exc())
    return answer


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
