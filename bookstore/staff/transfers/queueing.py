"""
The jobs of imports and exports, which take as long as their files are.

At most one import and one export are worked on at a time: the worker's other places are for mails and payments.
"""

from django.db.models import QuerySet
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from bookstore.staff.transfers.models import ExportRun, ImportRun

QUEUE = "transfers"
TASKS = {
    ImportRun: ["bookstore.staff.jobs.preview_import", "bookstore.staff.jobs.carry_out_import"],
    ExportRun: ["bookstore.staff.jobs.write_export"],
}


def put_into_queue(task: str, run: ImportRun | ExportRun) -> None:
    """Have a job work on a run, once the current transaction commits and those before it have ended."""
    job = app.configure_task(f"bookstore.staff.jobs.{task}", allow_unknown=False, lock=run._meta.model_name)
    job.defer(run_id=run.pk)


def is_queued(run: ImportRun | ExportRun) -> bool:
    """Tell whether there is a job that is going to end a run."""
    return _jobs_of_its_kind(run).filter(status__in=["todo", "doing"], args__run_id=run.pk).exists()


def is_behind_another(run: ImportRun | ExportRun) -> bool:
    """Tell whether a run waits until another has ended."""
    return _jobs_of_its_kind(run).filter(status="doing").exclude(args__run_id=run.pk).exists()


def _jobs_of_its_kind(run: ImportRun | ExportRun) -> QuerySet[ProcrastinateJob]:
    return ProcrastinateJob.objects.filter(queue_name=QUEUE, task_name__in=TASKS[type(run)])
