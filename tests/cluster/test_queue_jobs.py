"""A job is never lost: not if its worker was declared dead, and not if the database is away while its worker stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from unittest.mock import patch

import pytest
from procrastinate import App
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status

from crawler.cluster.application import create_app
from crawler.cluster.queue_jobs import QUEUES, add_again, add_jobs, source_job
from crawler.cluster.queue_schema import prepare_queue

Test = Callable[[App, Job, int], Awaitable[None]]


def states(url: str, test: Test) -> list[str | None]:
    """Let a worker fetch the job of a source, run *test*, and return the states of all jobs in their order."""

    async def run() -> list[str | None]:
        app = create_app(url)
        async with app.open_async():
            assert [number async for _, number in add_jobs(app, [source_job("toy", "lock")])] == [1]
            worker = await app.job_manager.register_worker()
            job = await app.job_manager.fetch_job(QUEUES, worker)
            assert job
            await test(app, job, worker)
            return [each.status async for each in all_jobs(app)]

    async def all_jobs(app: App) -> AsyncIterator[Job]:
        for each in sorted(await app.job_manager.list_jobs_async(), key=lambda each: each.id or 0):
            yield each

    prepare_queue(url)
    return asyncio.run(run())


async def stop(app: App, job: Job) -> None:
    """Do what a worker that stops does with a job in progress."""
    await add_again(app, job)
    await app.job_manager.finish_job(job, Status.ABORTED, delete_job=False)


def test_a_stopped_worker_adds_its_job_again(postgres: str) -> None:
    async def test(app: App, job: Job, worker: int) -> None:
        await stop(app, job)

    assert states(postgres, test) == ["aborted", "todo"]


def test_a_job_that_was_returned_before_stays_in_the_queue(postgres: str) -> None:
    async def test(app: App, job: Job, worker: int) -> None:
        await app.job_manager.retry_job(job)
        await stop(app, job)

    assert states(postgres, test) == ["todo"]


def test_a_job_that_another_worker_runs_is_not_ended(postgres: str) -> None:
    async def test(app: App, job: Job, worker: int) -> None:
        await app.job_manager.retry_job(job)
        assert await app.job_manager.fetch_job(QUEUES, await app.job_manager.register_worker())
        await app.job_manager.finish_job(job, Status.SUCCEEDED, delete_job=False)
        await stop(app, job)

    assert states(postgres, test) == ["doing"]


def test_a_job_whose_work_cannot_be_added_again_returns_as_that_of_a_dead_worker(postgres: str) -> None:
    async def test(app: App, job: Job, worker: int) -> None:
        with (
            patch.object(app.job_manager, "defer_job_async", side_effect=ConnectorException),
            pytest.raises(ConnectorException),
        ):
            await add_again(app, job)
        await app.job_manager.finish_job(job, Status.ABORTED, delete_job=False)  # the database is back
        assert list(await app.job_manager.get_stalled_jobs()) == []
        await app.job_manager.unregister_worker(worker)
        assert [each.id for each in await app.job_manager.get_stalled_jobs()] == [job.id]

    assert states(postgres, test) == ["doing"]


def test_a_twin_that_waits_does_the_work(postgres: str) -> None:
    async def test(app: App, job: Job, worker: int) -> None:
        assert [number async for _, number in add_jobs(app, [source_job("toy", "lock")])] == [2]
        await stop(app, job)

    assert states(postgres, test) == ["aborted", "todo"]
