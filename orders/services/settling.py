"""What becomes of an order once the provider has spoken, and how one is ended whose process died before that."""

from datetime import timedelta
from functools import partial

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from bookstore.core.connections import release_connection
from bookstore.core.idempotency import InProgress
from bookstore.core.prepared import prepared
from bookstore.core.writing import write_columns
from cart.services import Shopper, check_out_carts, give_back_carts, lock_shoppers
from catalog.services import put_back_stock
from orders import metrics
from orders.models import EventKind, Order, OrderItem, OrderStatus, PaymentStatus, RefundReason
from orders.payment import Charge, ChargeStatus, provider
from orders.services.refunds import add_refund
from orders.services.timeline import record
from prebooking.services import fulfil

log = structlog.get_logger(__name__)


@transaction.atomic(durable=True)
def settle(order: Order, charge: Charge) -> Order:
    """
    Bring an order to where its charge leads, and return it; done once, a repeat changes nothing.

    Paid: CONFIRMED, its carts CHECKED_OUT, the shopper's prebooks FULFILLED. Not paid: PAYMENT_FAILED, the copies back
    on sale, the carts the shopper's again. Paid although it had failed: the money goes back.
    Locks: the shopper, the order, the carts; the offers by id, their books, their prebooks.
    """
    shopper = Shopper(user_id=order.user_id)
    if order.user_id:
        lock_shoppers(shopper)
    order = one_order(order.pk)[0]
    is_paid = charge.status == ChargeStatus.SUCCEEDED
    if order.status == OrderStatus.PENDING:
        order.payment_reference = charge.reference
        (_confirm if is_paid else _fail)(order, shopper)
    elif order.status == OrderStatus.PAYMENT_FAILED and is_paid:
        _give_late_money_back(order)
    return order


@prepared
def one_order(pk: int) -> QuerySet[Order]:
    return Order.objects.filter(pk=pk).locked()


def _confirm(order: Order, shopper: Shopper) -> None:
    _move(order, OrderStatus.CONFIRMED, PaymentStatus.SUCCEEDED)
    check_out_carts(shopper, order.number)
    if order.user_id:
        fulfil(order.user_id, order.items.values_list("book_id", flat=True))
    record(order, EventKind.CONFIRMED)
    _tell_once_committed(order, "confirmed")


def _fail(order: Order, shopper: Shopper) -> None:
    _move(order, OrderStatus.PAYMENT_FAILED, PaymentStatus.FAILED)
    give_back_carts(shopper, order.number)
    items = OrderItem.objects.filter(order=order)
    put_back_stock(dict(items.values_list("offer_id", "quantity")), order_number=order.number)
    items.update(restocked_quantity=F("quantity"))
    record(order, EventKind.PAYMENT_FAILED)
    _tell_once_committed(order, "payment_failed")


def _move(order: Order, status: OrderStatus, payment: PaymentStatus) -> None:
    order.status, order.payment_status, order.updated_at = status, payment, timezone.now()
    write_columns([order], ["status", "payment_status", "payment_reference", "updated_at"])


def _give_late_money_back(order: Order) -> None:
    if not order.refunds.exists():
        add_refund(order, order.total_price, RefundReason.CHARGED_LATE)
        log.error("order.charged_late", order=order.number, total=str(order.total_price))


def _tell_once_committed(order: Order, outcome: str) -> None:
    transaction.on_commit(partial(_tell, order.number, order.user_id, outcome))


def _tell(number: str, user_id: int | None, outcome: str) -> None:
    metrics.CHECKOUTS.labels(outcome).inc()
    log.info("checkout.settled", order=number, user_id=user_id, outcome=outcome)


def recover(order: Order) -> Order:
    """
    End an order that was left PENDING, by what the provider says of it.

    A charge that has not come yet is voided first, so that a late one cannot land; unless the process that asks for it
    may still be waiting. Locks: none while the provider is asked, then as `settle`.
    Raises: InProgress for such an order, NoAnswer.
    """
    release_connection()
    charge = provider().find(order.number)
    if charge is None:
        if timezone.now() < order.created_at + timedelta(seconds=settings.PAYMENT_TIMEOUT):
            raise InProgress
        charge = provider().void(order.number)
    return settle(order, charge)
