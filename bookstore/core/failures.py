"""Jobs that failed for good, and how staff have them done after all."""

from collections.abc import Iterable

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import UniqueViolation


def failed_jobs() -> QuerySet[ProcrastinateJob]:
    """Return the jobs that nobody will try again by themselves, the latest first."""
    return ProcrastinateJob.objects.filter(status="failed").order_by("-id")


@transaction.atomic
def retry_jobs(job_ids: Iterable[int]) -> int:
    """
    Have failed jobs done after all; return how many those are.

    One whose twin, with the same queueing lock, waits already is deleted: the twin will do its work. Locks: the jobs.
    """
    jobs = list(failed_jobs().filter(pk__in=list(job_ids)).order_by("pk").select_for_update())
    for job in jobs:
        try:
            with transaction.atomic():
                app.job_manager.retry_job_by_id(job.pk, retry_at=timezone.now())
        except UniqueViolation:
            _delete(job)
    return len(jobs)


def _delete(job: ProcrastinateJob) -> None:
    # The model is for reading only, and the queue's own functions delete none that failed before.
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s AND status = 'failed'", [job.pk])
