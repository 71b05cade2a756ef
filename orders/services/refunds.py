"""Money that goes back: a row in the transaction of its cause, and a call to the provider after."""

from decimal import Decimal

import structlog
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.models import User
from bookstore.core.connections import release_connection
from orders.models import Order, Refund, RefundReason, RefundStatus
from orders.payment import provider

log = structlog.get_logger(__name__)


def add_refund(
    order: Order, amount: Decimal, reason: RefundReason, *, actor: User | None = None, note: str = ""
) -> Refund:
    """
    Note that money of a locked order goes back, and have a job see to it.

    `amount`, in the order's currency, must not be above what can still be refunded.
    """
    order.refunded_amount += amount
    order.save(update_fields=["refunded_amount"])
    key = f"{order.number}-R{order.refunds.count() + 1}"
    refund = Refund.objects.create(order=order, key=key, amount=amount, reason=reason, actor=actor, note=note)
    # By name, as the job calls what stands here.
    app.configure_task("orders.jobs.carry_out_refund", allow_unknown=False).defer(refund_id=refund.pk)
    return refund


def carry_out_refund(refund_id: int) -> None:
    """
    Have the provider give money back, once however often it is asked.

    Locks: the refund, once the provider has answered. Raises: NoAnswer, RefundRefused.
    """
    refund = Refund.objects.select_related("order").get(pk=refund_id)
    if refund.status == RefundStatus.DONE:
        return
    release_connection()
    reference = provider().refund(refund.key, refund.order.number, refund.amount)
    with transaction.atomic():
        refund = Refund.objects.locked().get(pk=refund_id)
        if refund.status == RefundStatus.PENDING:
            refund.status, refund.reference, refund.done_at = RefundStatus.DONE, reference, timezone.now()
            refund.save(update_fields=["status", "reference", "done_at"])
            log.info("refund.done", refund=refund.key, amount=str(refund.amount))
