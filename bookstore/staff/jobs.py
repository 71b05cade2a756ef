"""Imports and exports, which may take their time, and the end of their files."""

from procrastinate.contrib.django import app

from bookstore.staff.transfers import exporting, importing, sweeping
from bookstore.staff.transfers.queueing import QUEUE


@app.task(queue=QUEUE)
def preview_import(run_id: int) -> None:
    """Find out what an import would change."""
    importing.preview(run_id)


@app.task(queue=QUEUE)
def carry_out_import(run_id: int) -> None:
    """Do an import that somebody said yes to."""
    importing.carry_out(run_id)


@app.task(queue=QUEUE)
def write_export(run_id: int) -> None:
    """Write the file of an export."""
    exporting.write(run_id)


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="mark_lost_transfers")
def mark_lost_transfers(timestamp: int = 0) -> None:
    """Tell of imports and exports whose job has failed for good that they did; a killed worker's job is begun anew."""
    importing.mark_lost()
    exporting.mark_lost()


@app.periodic(cron="50 3 * * *")
@app.task(queueing_lock="delete_old_transfers")
def delete_old_transfers(timestamp: int = 0) -> None:
    """Delete the files of imports and exports once nobody will want them any more, and much later their record."""
    sweeping.delete_old_files()
