from django.db import migrations


class Migration(migrations.Migration):
    """
    Find the jobs that hold a lock by the lock.

    Whoever fetches a job asks whether an earlier one with its lock is still to be done. The queue's own index begins
    with the job's id, so all that wait were read for each that was fetched: the more mails, the slower each.
    """

    dependencies = [("core", "0004_audit_runs"), ("procrastinate", "0041_post_retry_failed_job")]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX procrastinate_jobs_by_lock ON procrastinate_jobs (lock) WHERE status IN ('todo', 'doing')",
            "DROP INDEX procrastinate_jobs_by_lock",
        )
    ]
