"""Where jobs are put into the queue, in the transaction of their cause, and what becomes of those that fail."""

from typing import Any

from procrastinate import App, RetryStrategy
from procrastinate.connector import BaseAsyncConnector, BaseConnector
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from procrastinate.psycopg_connector import PsycopgConnector

# For work that nothing else would repeat: it is tried again after ever longer pauses, whatever is in the way.
FOR_A_DAY = RetryStrategy(max_attempts=10, exponential_wait=3)


class QueueConnector(DjangoConnector):
    """Django's connection to the queue, by which the worker's jobs put others there as well."""

    def get_worker_connector(self) -> BaseAsyncConnector:
        return WorkerConnector(self, kwargs=connector_params(self.alias))


class WorkerConnector(PsycopgConnector):
    """
    The worker's own connections, by which it fetches jobs and notes what became of them.

    What a job itself puts into the queue would go by these too, and begin before the transaction that it belongs to
    has ended, or although that was rolled back.
    """

    def __init__(self, django: DjangoConnector, **pool: Any):
        super().__init__(**pool)
        self._django = django

    def get_sync_connector(self) -> BaseConnector:
        return self._django


class Jobs(JobManager):
    async def retry_job(self, job: Job, *args: Any, **kwargs: Any) -> None:
        """Have a job done again; one whose twin, with the same queueing lock, waits already ends as failed."""
        try:
            await super().retry_job(job, *args, **kwargs)
        except UniqueViolation:
            # The worker would leave it as one that is being done, for ever.
            await self.finish_job(job, Status.FAILED, delete_job=False)


def set_up(app: App) -> None:
    """Have the queue's app use these; the settings name this."""
    app.connector = QueueConnector()
    app.job_manager = Jobs(app.connector)
