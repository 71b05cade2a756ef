"""What shoppers are told of their orders: by mail in any case, in the app as far as they want it."""

from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Kind
from accounts.services.notices import notify
from bookstore.core.languages import speaking
from bookstore.core.mail import post_mail
from bookstore.core.prepared import prepared
from bookstore.core.writing import write_columns
from catalog.prices import format_price
from orders.models import EventKind, OrderEvent, OrderItem

TEMPLATES = {  # what a shopper is told, and by which mail
    EventKind.CONFIRMED: "mail/order_confirmed",
    EventKind.PAYMENT_FAILED: "mail/order_payment_failed",
    EventKind.SHIPPED: "mail/order_shipped",
    EventKind.CANCELLED: "mail/order_cancelled",
    EventKind.REFUNDED: "mail/order_refunded",
    EventKind.PARTLY_REFUNDED: "mail/order_refunded",
}


@transaction.atomic
def tell_shopper(event_id: int) -> None:
    """
    Write the mail and the notice of something that happened to an order, once however often it is asked for.

    Who has closed the account is told nothing. Locks: the event.
    """
    for event in untold_events(event_id):
        order = event.order
        user = order.user
        assert user is not None  # noqa: S101  asked for below
        items = lines_of(order.pk)
        url = settings.SITE_URL + order.get_absolute_url()
        context = {"order": order, "items": items, "refund": event.refund, "name": user.full_name, "url": url}
        with speaking(user.language):
            mail = post_mail(user.email, TEMPLATES[EventKind(event.kind)], context)
            notify(Kind.ORDER, [user.pk], title=mail.subject, body=_body(event, items), url=order.get_absolute_url())
        event.told_at = timezone.now()
        write_columns([event], ["told_at"])


@prepared
def untold_events(event_id: int) -> QuerySet[OrderEvent]:
    untold = OrderEvent.objects.filter(pk=event_id, kind__in=TEMPLATES, told_at=None, order__user__isnull=False)
    return untold.locked().select_related("order__user", "refund")


@prepared
def lines_of(order_id: int) -> QuerySet[OrderItem]:
    return OrderItem.objects.filter(order=order_id)


def _body(event: OrderEvent, items: Sequence[OrderItem]) -> str:
    order = event.order
    if event.kind == EventKind.CONFIRMED:
        return f"{_contents(items)}, {format_price(order.total_price, order.currency)}"
    if event.kind == EventKind.SHIPPED:
        return " ".join(filter(None, [order.carrier, order.tracking])) or _contents(items)
    if event.refund:
        return _("%(amount)s goes back the way you paid.") % {
            "amount": format_price(event.refund.amount, order.currency)
        }
    return _("Nothing was charged. Your cart is as it was.")


def _contents(items: Sequence[OrderItem]) -> str:
    first, more = items[0].title, len(items) - 1
    if not more:
        return first
    return ngettext("%(title)s and %(more)d more title", "%(title)s and %(more)d more titles", more) % {
        "title": first,
        "more": more,
    }
