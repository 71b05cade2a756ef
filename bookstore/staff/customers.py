"""All that the shop knows of one customer, on one page; each part for those who may see its rows elsewhere, too."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import admin
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, Q, Sum, Window
from django.db.models.functions import JSONObject
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Address, AuthSession, User
from bookstore.core.admin import moment
from cart.models import CartItem, CartStatus
from catalog.models import Book
from catalog.prices import format_price
from orders.models import Order, OrderEvent, PaymentStatus, Refund, address_lines
from prebooking.models import Prebook
from wishlist.models import Wish

LATEST = 20  # rows of a part
ADDRESS = ("full_name", "line1", "line2", "postal_code", "city", "region", "country", "phone")


@dataclass(frozen=True)
class Part:
    """One table of the page; `sums` are pairs of words and what they amount to, `more` leads to all of its rows."""

    title: str
    headers: list[str]
    rows: list[list[Any]]
    sums: list[tuple[str, str]] | None = None
    more: str = ""


@require_safe
def customer(request: HttpRequest, pk: int) -> HttpResponse:
    if not request.user.has_perm("accounts.view_user"):
        raise PermissionDenied
    confirmed = EmailAddress.objects.filter(user=OuterRef("pk"), email=OuterRef("email"), verified=True)
    addresses = Address.objects.of(OuterRef("pk")).values(parts=JSONObject(**{name: name for name in ADDRESS}))
    people = User.objects.annotate(is_confirmed=Exists(confirmed), own_addresses=ArraySubquery(addresses))
    shown = get_object_or_404(people, pk=pk)
    context = {
        **admin.site.each_context(request),
        "title": shown.get_full_name(),
        "customer": shown,
        "addresses": [(address_lines(parts), parts["phone"]) for parts in shown.own_addresses],
        "parts": [part(shown) for right, part in PARTS if request.user.has_perm(right)],
    }
    return TemplateResponse(request, "staff/customer.html", context)


def orders_part(user: User) -> Part:
    """Show the latest orders and what all of them amount to in the shop's currency, in one query."""
    ours = Q(currency=settings.STORE_CURRENCY)
    paid = ours & Q(payment_status=PaymentStatus.SUCCEEDED)
    orders = list(
        Order.objects.placed_by(user)
        .annotate(
            number_of_all=Window(Count("pk")),
            paid_in_all=Window(Sum("total_price", filter=paid)),
            refunded_in_all=Window(Sum("refunded_amount", filter=ours)),
            notes=ArraySubquery(OrderEvent.objects.notes().filter(order=OuterRef("pk")).values("note")),
        )
        .order_by("-pk")[:LATEST]
    )
    rows = [
        [
            link("orders_order", order.pk, order.number),
            moment(order.created_at),
            order.get_status_display(),
            format_price(order.total_price, order.currency),
            format_price(order.refunded_amount, order.currency) if order.refunded_amount else "",
            " · ".join(order.notes),
        ]
        for order in orders
    ]
    headers = [_("Order"), _("Placed"), _("Status"), _("Total"), _("Refunded"), _("Notes")]
    more = f"{reverse('admin:orders_order_changelist')}?{urlencode({'q': user.email})}"
    return Part(_("Orders"), headers, rows, _sums(orders), more if len(orders) == LATEST else "")


def _sums(orders: list[Any]) -> list[tuple[str, str]]:
    if not orders:
        return []
    last = orders[0]
    paid, refunded = last.paid_in_all or 0, last.refunded_in_all or 0
    return [
        (_("Orders"), str(last.number_of_all)),
        (_("Paid"), format_price(paid, settings.STORE_CURRENCY)),
        (_("Refunded"), format_price(refunded, settings.STORE_CURRENCY)),
        (_("Left"), format_price(paid - refunded, settings.STORE_CURRENCY)),
    ]


def refunds_part(user: User) -> Part:
    refunds = Refund.objects.filter(order__user=user).select_related("order").order_by("-created_at", "-pk")[:LATEST]
    rows = [
        [
            link("orders_refund", refund.pk, refund.key),
            moment(refund.created_at),
            refund.get_status_display(),
            format_price(refund.amount, refund.order.currency),
            refund.get_reason_display(),
            refund.note,
        ]
        for refund in refunds
    ]
    return Part(_("Refunds"), [_("Refund"), _("Decided"), _("Status"), _("Amount"), _("Reason"), _("Note")], rows)


def carts_part(user: User) -> Part:
    open_carts = [CartStatus.ACTIVE, CartStatus.LOCKED]
    items = CartItem.objects.filter(cart__user=user, cart__status__in=open_carts).with_terms()
    rows = [
        [item.quantity, book_link(item.offer.book), item.offer.seller.name, format_price(item.price, item.currency)]
        for item in items.defer("offer__book__description")[:LATEST]
    ]
    return Part(_("Cart"), [_("Copies"), _("Book"), _("Seller"), _("Price shown")], rows)


def wishes_part(user: User) -> Part:
    wishes = Wish.objects.of(user).select_related("book").defer("book__description").order_by("-added_at", "pk")
    rows = [
        [book_link(wish.book), moment(wish.added_at), _("in stock") if wish.book.in_stock else _("sold out")]
        for wish in wishes[:LATEST]
    ]
    return Part(_("Wishes"), [_("Book"), _("Added"), _("Now")], rows)


def prebooks_part(user: User) -> Part:
    prebooks = Prebook.objects.of(user).select_related("book").defer("book__description").order_by("-created_at", "pk")
    rows = [
        [book_link(prebook.book), moment(prebook.created_at), prebook.get_status_display()]
        for prebook in prebooks[:LATEST]
    ]
    return Part(_("Prebooks"), [_("Book"), _("Waiting since"), _("Status")], rows)


def sessions_part(user: User) -> Part:
    """Show where the customer is signed in, by browser and by programs, in one query."""
    living = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    browsers = UserSession.objects.filter(user=user, session_key__in=living)
    clients = AuthSession.objects.filter(user=user).live()
    both = browsers.values_list("last_seen_at", "ip", "user_agent").union(
        clients.values_list("used_at", "address", "user_agent"), all=True
    )
    rows = [
        [moment(at), address or "", Truncator(agent).chars(80)]
        for at, address, agent in both.order_by("-last_seen_at")[:LATEST]
    ]
    return Part(_("Signed in"), [_("Last used"), _("Address"), _("Client")], rows)


PARTS: Iterable[tuple[str, Callable[[User], Part]]] = [
    ("orders.view_order", orders_part),
    ("orders.view_refund", refunds_part),
    ("cart.view_cart", carts_part),
    ("wishlist.view_wish", wishes_part),
    ("prebooking.view_prebook", prebooks_part),
    ("accounts.view_authsession", sessions_part),
]


def book_link(book: Book) -> SafeString:
    return link("catalog_book", book.pk, book.title)


def link(model: str, pk: int, words: str) -> SafeString:
    return format_html('<a href="{}" class="plain-link">{}</a>', reverse(f"admin:{model}_change", args=[pk]), words)
