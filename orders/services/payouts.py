"""Having the provider give money back that was decided to go, and what staff do where it refuses."""

import structlog
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.models import User
from bookstore.core.connections import release_connection
from orders.exceptions import RefundNotFound, RefundStatusTransition
from orders.models import Refund, RefundStatus
from orders.payment import RefundRefused, provider

log = structlog.get_logger(__name__)


def carry_out_refund(refund_id: int) -> None:
    """
    Have the provider give money back, once however often it is asked.

    What it refuses is REFUSED, and waits for staff. Locks: the refund, once the provider has answered.
    Raises: NoAnswer.
    """
    refund = Refund.objects.select_related("order").get(pk=refund_id)
    if refund.status != RefundStatus.PENDING:
        return
    release_connection()
    try:
        reference = provider().refund(refund.key, refund.order.number, refund.amount)
    except RefundRefused:
        _note_refusal(refund_id)
    else:
        _note_done(refund_id, reference)


@transaction.atomic
def _note_refusal(refund_id: int) -> None:
    refund = Refund.objects.locked().get(pk=refund_id)
    if refund.status == RefundStatus.PENDING:
        refund.status = RefundStatus.REFUSED
        refund.save(update_fields=["status"])
        log.error("refund.refused", refund=refund.key, amount=str(refund.amount))


@transaction.atomic
def _note_done(refund_id: int, reference: str) -> None:
    refund = Refund.objects.locked().get(pk=refund_id)
    if refund.status in {RefundStatus.PENDING, RefundStatus.REFUSED}:
        _finish(refund, RefundStatus.DONE, reference)
        log.info("refund.done", refund=refund.key, amount=str(refund.amount))


def _finish(refund: Refund, status: RefundStatus, reference: str) -> None:
    refund.status, refund.reference, refund.done_at = status, reference, timezone.now()
    refund.save(update_fields=["status", "reference", "done_at"])


@transaction.atomic
def retry_refund(refund_id: int, *, actor: User) -> Refund:
    """
    Ask the provider once more for what it has refused. Locks: the refund.

    Raises: RefundNotFound, RefundStatusTransition.
    """
    refund = _refused(refund_id)
    refund.status = RefundStatus.PENDING
    refund.save(update_fields=["status"])
    app.configure_task("orders.jobs.carry_out_refund", allow_unknown=False).defer(refund_id=refund.pk)
    log.info("refund.retried", refund=refund.key, actor_id=actor.pk)
    return refund


@transaction.atomic
def settle_refund_by_hand(refund_id: int, *, actor: User, reference: str = "") -> Refund:
    """
    Note that staff have given back another way what the provider refused; `reference` says how.

    Locks: the refund. Raises: RefundNotFound, RefundStatusTransition.
    """
    refund = _refused(refund_id)
    _finish(refund, RefundStatus.BY_HAND, reference)
    log.info("refund.by_hand", refund=refund.key, amount=str(refund.amount), actor_id=actor.pk)
    return refund


def _refused(refund_id: int) -> Refund:
    refund = Refund.objects.filter(pk=refund_id).locked().first()
    if refund is None:
        raise RefundNotFound
    if refund.status != RefundStatus.REFUSED:
        raise RefundStatusTransition
    return refund
