"""Where jobs are put into the queue: in the transaction of their cause, in the worker too."""

from typing import Any

from procrastinate import App
from procrastinate.connector import BaseAsyncConnector, BaseConnector
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.utils import connector_params
from procrastinate.psycopg_connector import PsycopgConnector


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


def keep_transactions(app: App) -> None:
    """Have the queue's app use these; the settings name this."""
    app.connector = app.job_manager.connector = QueueConnector()
