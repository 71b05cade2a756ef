"""The queue's housekeeping: what a killed worker left is done by another, what is long done goes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.utils import timezone
from procrastinate import tasks
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from bookstore.core.jobs import MOST_ATTEMPTS, delete_old_jobs, retry_stalled_jobs
from bookstore.core.tests.working import work_off

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def empty_queue(transactional_db: None) -> Iterator[None]:
    # Django empties its own tables after such a test, not those of the queue.
    change("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")
    yield
    change("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")


def left_by_killed_worker(attempts: int = 0) -> int:
    """Make a job that is being done, by a worker whose heart stopped a minute ago."""
    job = delete_old_jobs.defer(timestamp=0)
    change(
        """
        WITH worker AS (
            INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute') RETURNING id
        )
        UPDATE procrastinate_jobs SET status = 'doing', attempts = %s, worker_id = worker.id
        FROM worker WHERE procrastinate_jobs.id = %s
        """,
        attempts,
        job,
    )
    return job


def change(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def run(task: tasks.Task[..., Any, Any]) -> None:
    """Run a job as its worker would: in a thread of its own, here one without the browser tests' event loop."""

    def work() -> None:
        async_to_sync(task.func)(timestamp=0)
        connection.close()

    with ThreadPoolExecutor(1) as worker:
        worker.submit(work).result()


def statuses() -> dict[int, str]:
    return dict(ProcrastinateJob.objects.values_list("id", "status"))


def test_job_of_a_killed_worker_is_queued_anew() -> None:
    job = left_by_killed_worker()
    run(retry_stalled_jobs)
    assert statuses() == {job: "todo"}


def test_job_of_a_living_worker_is_let_be() -> None:
    job = left_by_killed_worker()
    change("UPDATE procrastinate_workers SET last_heartbeat = now()")
    run(retry_stalled_jobs)
    assert statuses() == {job: "doing"}


def test_job_that_was_begun_too_often_is_given_up() -> None:
    job = left_by_killed_worker(attempts=MOST_ATTEMPTS)
    run(retry_stalled_jobs)
    assert statuses() == {job: "failed"}


def test_job_whose_twin_waits_is_left_to_the_twin() -> None:
    job = left_by_killed_worker()
    twin = delete_old_jobs.defer(timestamp=1)
    run(retry_stalled_jobs)
    assert statuses() == {job: "failed", twin: "todo"}


@pytest.fixture
def failing() -> Iterator[tasks.Task[..., Any, Any]]:
    """Make a task that fails at its first job, before which another of the same is queued."""

    @app.task(name="failing", queue="failing", queueing_lock="failing", retry=1)
    async def fail(has_twin: bool) -> None:
        if has_twin:
            await fail.defer_async(has_twin=False)
            raise ConnectionError("in the way")

    yield fail
    del app.tasks["failing"]


def test_job_that_fails_while_its_twin_waits_is_left_to_the_twin(failing: tasks.Task[..., Any, Any]) -> None:
    failing.defer(has_twin=True)
    work_off("failing")
    jobs = ProcrastinateJob.objects.filter(task_name="failing")
    assert dict(jobs.values_list("args__has_twin", "status")) == {True: "failed", False: "succeeded"}


@pytest.mark.parametrize(("status", "days", "kept"), [("succeeded", 6, 1), ("succeeded", 8, 0), ("failed", 8, 1)])
def test_done_jobs_go_after_a_week_and_failed_ones_stay_longer(status: str, days: int, kept: int) -> None:
    job = delete_old_jobs.defer(timestamp=0)
    change("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", job)
    change("UPDATE procrastinate_jobs SET status = %s WHERE id = %s", status, job)
    change("UPDATE procrastinate_events SET at = %s", timezone.now() - timedelta(days=days))
    run(delete_old_jobs)
    assert len(statuses()) == kept
