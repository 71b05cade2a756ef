"""Orders' work that can wait, and what ends orders and refunds whose process died."""

from contextlib import suppress
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from bookstore.core.idempotency import InProgress
from bookstore.core.prepared import prepared
from bookstore.core.queue import FOR_A_DAY
from orders import services
from orders.models import EventKind, Order, OrderEvent, Refund
from orders.payment import NoAnswer


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="sweep_orders", retry=3)
def sweep_orders(timestamp: int = 0) -> None:
    """Have every order ended that has been PENDING for long, and every refund carried out that is still to be."""
    for order_id in Order.objects.undecided().order_by("pk").values_list("pk", flat=True):
        queue_once(recover_order, f"recover-{order_id}", order_id=order_id)
    for refund_id in Refund.objects.overdue().order_by("pk").values_list("pk", flat=True):
        queue_once(carry_out_refund, f"refund-{refund_id}", refund_id=refund_id)


def queue_once(task: Any, lock: str, **arguments: int) -> None:
    """Have a task done by a job of its own, unless one waits already."""
    with suppress(AlreadyEnqueued), transaction.atomic():
        task.configure(queueing_lock=lock).defer(**arguments)


@app.task(retry=3)
def recover_order(order_id: int) -> None:
    """End one order by what the provider says of it; one of which it says nothing is left to the next sweep."""
    with suppress(InProgress, NoAnswer):
        services.recover(Order.objects.get(pk=order_id))


@app.task(retry=FOR_A_DAY)
def tell_shopper(event_id: int) -> None:
    """Tell a shopper what happened to an order; one that was paid gets its invoice first."""
    for event in events_to_tell_of(event_id):
        if event.kind == EventKind.CONFIRMED:
            services.issue_invoice(event.order)
    services.tell_shopper(event_id)


@prepared
def events_to_tell_of(event_id: int) -> QuerySet[OrderEvent]:
    return OrderEvent.objects.filter(pk=event_id).select_related("order").order_by()


@app.task(retry=3)
def carry_out_refund(refund_id: int) -> None:
    """Have the provider give the money of one refund back; where it says nothing, the sweep asks again."""
    with suppress(NoAnswer):
        services.carry_out_refund(refund_id)


@app.periodic(cron="50 2 * * *")
@app.task(queueing_lock="count_bought_together", retry=3)
def count_bought_together(timestamp: int = 0) -> None:
    """Find out which books belong together by what shoppers bought."""
    services.refresh_bought_together()
