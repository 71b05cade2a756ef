"""A worker is killed in the middle of an import: another takes it up, and it ends as if nothing had happened."""

import signal
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from bookstore.core.audit import all_checks
from bookstore.core.jobs import retry_stalled_jobs
from bookstore.core.tests.processes import PIPE, Process
from bookstore.core.tests.racing import failures, race
from bookstore.staff.jobs import mark_lost_transfers
from bookstore.staff.models import ImportRun
from bookstore.staff.tests.transferring import brought_in, csv_file, page_of, work
from catalog.models import Book, Offer, StockMovement

pytestmark = pytest.mark.django_db(transaction=True)

ROWS: list[dict[str, Any]] = [
    {"source": "acme", "source_id": number, "title": f"Road {number}", "price": "5", "stock_quantity": "2"}
    for number in range(1, 41)
]

# Does the job in batches of ten, and in each says so and waits when its books are written and its offers are not.
IN_STEPS = """
import sys, django
django.setup()
from pathlib import Path
from django.conf import settings
from django.db import connection
connection.settings_dict["NAME"] = {database!r}
settings.DATA_DIR = Path({data_dir!r})
from bookstore.staff.jobs import carry_out_import
from catalog.importing import running, writing

def put_when_told(*args):
    print("writing", flush=True)
    sys.stdin.readline()
    return put_offers(*args)

put_offers, writing.put_offers, running.BATCH_SIZE = writing.put_offers, put_when_told, 10
carry_out_import.func(run_id={run_id})
"""


def kill_in_the_second_batch(run: ImportRun, data_dir: Path) -> None:
    script = IN_STEPS.format(database=connection.settings_dict["NAME"], data_dir=str(data_dir), run_id=run.pk)
    with Process("-c", script, stderr=PIPE) as worker:
        assert worker.line() == "writing\n", worker.communicate()[1]
        worker.tell("")
        assert worker.line() == "writing\n", worker.communicate()[1]
        worker.kill()
        assert worker.wait() == -signal.SIGKILL


def leave_to_a_worker_that_is_gone(task: str) -> None:
    """Let the waiting job be one that is being done, by a worker whose heart stopped a minute ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH worker AS (
                INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute') RETURNING id
            )
            UPDATE procrastinate_jobs SET status = 'doing', worker_id = worker.id
            FROM worker WHERE task_name LIKE %s
            """,
            [f"%{task}"],
        )


def test_import_of_a_killed_worker_is_taken_up_by_another(staff: Client, data_dir: Path):
    run = brought_in(staff, csv_file(*ROWS))
    staff.post(f"/admin/staff/importrun/{run.pk}/do/confirm/")
    kill_in_the_second_batch(run, data_dir)
    assert Book.objects.count() == 10
    assert "10 rows so far." in page_of(staff, run).text
    leave_to_a_worker_that_is_gone("carry_out_import")
    mark_lost_transfers.func()
    retried = race(lambda: async_to_sync(retry_stalled_jobs.func)(timestamp=0))
    assert failures(retried) == []
    work()
    run.refresh_from_db()
    assert (run.state, run.attempts, run.counts["created"], run.counts["unchanged"]) == ("DONE", 2, 30, 10)
    assert (Book.objects.count(), Offer.objects.count(), StockMovement.objects.count()) == (40, 40, 40)
    assert [fault for check in all_checks().values() for fault in check()] == []
    assert not ProcrastinateJob.objects.filter(queue_name="transfers").exists()
    assert "What the first had written counts as unchanged." in page_of(staff, run).text
