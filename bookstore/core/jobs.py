"""Housekeeping of the job queue and of idempotency keys. Other jobs stand in the `jobs.py` of their app."""

from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

from bookstore.core.models import IdempotencyKey

MOST_ATTEMPTS = 10
KEEP_DONE = 7 * 24  # hours
KEEP_FAILED = 90 * 24  # hours


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="retry_stalled_jobs")
async def retry_stalled_jobs(timestamp: int) -> None:
    """
    Queue anew the jobs whose worker was killed; it shows by a heartbeat older than half a minute.

    A job that has been begun again and again is given up: it may be what kills the workers.
    """
    for job in await app.job_manager.get_stalled_jobs():
        if job.attempts >= MOST_ATTEMPTS:
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
            continue
        try:
            await app.job_manager.retry_job(job)
        except UniqueViolation:
            # Its twin, with the same queueing lock, waits already and will do the work.
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)


@app.periodic(cron="15 3 * * *")
@app.task(queueing_lock="delete_old_jobs")
async def delete_old_jobs(timestamp: int) -> None:
    """Delete jobs that were done a week ago, and those that failed three months ago."""
    await app.job_manager.delete_old_jobs(nb_hours=KEEP_DONE)
    await app.job_manager.delete_old_jobs(
        nb_hours=KEEP_FAILED, include_failed=True, include_cancelled=True, include_aborted=True
    )


@app.periodic(cron="45 * * * *")
@app.task(queueing_lock="delete_expired_keys")
def delete_expired_keys(timestamp: int) -> None:
    """Delete the idempotency keys that are no longer honoured."""
    IdempotencyKey.objects.expired().delete()
