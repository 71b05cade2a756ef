"""Taking books, offers, stock and orders out into a file, which a job writes."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django.db import Error as DatabaseError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bookstore.core.languages import speaking
from bookstore.core.spreadsheets import Cell, DoesNotFit, write_table
from bookstore.staff.transfers import files
from bookstore.staff.transfers.models import Content, ExportRun, ExportState
from bookstore.staff.transfers.queueing import is_queued, put_into_queue
from catalog.exporting import BOOK_COLUMNS, OFFER_COLUMNS, STOCK_COLUMNS, book_rows, offer_rows
from catalog.models import Offer
from orders.exporting import COLUMNS as ORDER_COLUMNS
from orders.exporting import order_rows
from orders.models import Order, OrderQuerySet
from orders.services.sales import begin_of


def ask_for(run: ExportRun) -> ExportRun:
    """Have a file written by a job."""
    with transaction.atomic():
        run.save()
        put_into_queue("write_export", run)
    return run


def write(run_id: int) -> None:
    """Write the file of an export, in one look at the database, and note how it ended."""
    run = ExportRun.objects.filter(pk=run_id, state=ExportState.RUNNING).select_related("actor").first()
    if run is None:
        return
    path = files.export_of(run)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A cursor of the server reads them, so that a million rows need no more memory than a thousand.
        with speaking(run.actor.language if run.actor else ""), transaction.atomic():
            run.rows = write_table(path, *table_of(run))
        _end(run, ExportState.DONE)
    except DoesNotFit as error:
        _end(run, ExportState.FAILED, str(error))
    except (DatabaseError, OSError) as error:
        _end(run, ExportState.FAILED, _("It could not be written: %(error)s") % {"error": error})


def table_of(run: ExportRun) -> tuple[Sequence[str], Iterable[Sequence[Cell]]]:
    """Return the columns and rows that were asked for."""
    if run.content == Content.BOOKS:
        return BOOK_COLUMNS, book_rows()
    if run.content == Content.ORDERS:
        return ORDER_COLUMNS, order_rows(_orders(run))
    offers = Offer.objects.standing()
    if run.seller_id:
        offers = offers.filter(seller=run.seller_id)
    columns = OFFER_COLUMNS if run.content == Content.OFFERS else STOCK_COLUMNS
    return columns, offer_rows(offers, columns)


def _orders(run: ExportRun) -> OrderQuerySet:
    orders = Order.objects.all()
    if run.status:
        orders = orders.filter(status=run.status)
    if run.first_day:
        orders = orders.filter(created_at__gte=begin_of(run.first_day))
    if run.last_day and run.last_day < date.max:
        orders = orders.filter(created_at__lt=begin_of(run.last_day + timedelta(days=1)))
    return orders


def mark_lost() -> None:
    """Mark the exports as failed that no job is going to end any more."""
    for run in ExportRun.objects.filter(state=ExportState.RUNNING):
        if not is_queued(run):
            _end(run, ExportState.FAILED, _("The work on it was lost. Please ask for it again."))


def _end(run: ExportRun, state: ExportState, error: str = "") -> None:
    # One that its job has ended meanwhile stays so.
    running = ExportRun.objects.filter(pk=run.pk, state=ExportState.RUNNING)
    running.update(state=state, error=error, ended_at=timezone.now(), rows=run.rows)
