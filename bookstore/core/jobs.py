"""Mails, and the housekeeping of job queue and idempotency keys. Other jobs stand in the `jobs.py` of their app."""

from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job, Status

from bookstore.core import audit, delivery
from bookstore.core.models import IdempotencyKey, RateCount

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
        await app.job_manager.retry_job(job)


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


class GrowingPauses(BaseRetryStrategy):
    """Try again after the pauses between a mail's attempts, which are counted with the mail and end by themselves."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        pause = delivery.PAUSES[min(job.attempts, len(delivery.PAUSES) - 1)]
        return RetryDecision(retry_in={"seconds": int(pause.total_seconds())})


@app.task(queue="mail", retry=GrowingPauses())
def send_mail(mail_id: int) -> None:
    """Send one mail."""
    delivery.deliver(mail_id)


@app.periodic(cron="30 3 * * *")
@app.task(queueing_lock="delete_old_mails")
def delete_old_mails(timestamp: int) -> None:
    """Delete mails that were sent a month ago, or given up three months ago."""
    delivery.delete_old_mails()


@app.periodic(cron="55 * * * *")
@app.task(queueing_lock="delete_rate_counts")
def delete_rate_counts(timestamp: int) -> None:
    """Delete the counts of tries whose window has passed."""
    RateCount.objects.over().delete()


@app.periodic(cron="10 4 * * *")
@app.task(queueing_lock="run_audit")
def run_audit(timestamp: int) -> None:
    """Look whether everything holds that must, and keep what was found for the staff."""
    audit.run_audit()
