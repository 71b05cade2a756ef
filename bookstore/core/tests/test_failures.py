"""Jobs that failed are queued anew by staff, and no others."""

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from bookstore.core.failures import failed_jobs, retry_jobs
from bookstore.core.jobs import delete_old_jobs

pytestmark = pytest.mark.django_db


def job(status: str, queueing_lock: str | None = None) -> int:
    pk = delete_old_jobs.configure(queueing_lock=queueing_lock).defer(timestamp=0)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [pk])
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = %s::procrastinate_job_status WHERE id = %s", [status, pk]
        )
    return pk


def statuses() -> dict[int, str]:
    return dict(ProcrastinateJob.objects.values_list("id", "status"))


def test_failed_jobs_are_queued_anew_and_others_let_be() -> None:
    failed, other = job("failed", "a"), job("failed", "b")
    done, busy = job("succeeded", "c"), job("doing", "d")
    assert retry_jobs([failed, done, busy, 10**9]) == 1
    assert statuses() == {failed: "todo", other: "failed", done: "succeeded", busy: "doing"}
    assert list(failed_jobs().values_list("pk", flat=True)) == [other]
    assert retry_jobs([failed]) == 0


def test_of_jobs_that_do_the_same_one_is_done() -> None:
    failed, fine, also = job("failed", "twins"), job("failed", "alone"), job("failed", "alone")
    twin = job("todo", "twins")
    assert retry_jobs([failed, fine, also]) == 3
    assert statuses() == {twin: "todo", fine: "todo"}
