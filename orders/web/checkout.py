"""The till: one page, which asks again until there is nothing left to ask."""

import re
from contextlib import suppress
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from accounts.exceptions import AddressLimit
from accounts.models import Address
from accounts.services import add_address
from bookstore.core.errors import Conflict, DomainError, NotFound, TooMany
from bookstore.core.idempotency import Call, InProgress, fingerprint_of
from cart.exceptions import CartLocked
from cart.services import Shopper, remove_item, set_quantity
from orders.exceptions import CartChanged, CheckoutRefused, OrderCartEmpty
from orders.limits import check_out_within_limits
from orders.models import Order, OrderStatus
from orders.payment import Means, NoAnswer
from orders.services import CheckoutRequest, recover
from orders.web.forms import KEY, NEW, MendForm, TillForms, snapshot, typed
from orders.web.till import till_of

REFUSALS = (CartChanged, CheckoutRefused, TooMany, OrderCartEmpty, CartLocked)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@cache_control(private=True, no_store=True)
def checkout(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return begin(request)
    if order := order_made_by(request):
        return after(ask_again(order))
    is_mended = mend(request)
    user: Any = request.user
    till, addresses = till_of(user), list(Address.objects.of(user))
    if is_mended:
        return show(request, TillForms(till, addresses, initial=typed(request.POST)))
    asked = TillForms(till, addresses, data=request.POST)
    if not till.items or not asked.is_valid() or "look" in request.POST:
        return show(request, asked)
    return buy(request, asked)


def begin(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    addresses = list(Address.objects.of(user))
    failed = Order.objects.placed_by(user).filter(number=request.GET.get("again", "")).first()
    if failed and failed.status != OrderStatus.PAYMENT_FAILED:
        failed = None
    return show(request, TillForms(till_of(user), addresses, initial=beginning(user, addresses, failed)), failed)


def beginning(user: Any, addresses: list[Address], failed: Order | None) -> dict[str, Any]:
    """Return what the forms begin with: the default address, or that of the order whose payment failed."""
    begun = {"full_name": user.full_name, "keep": True, "card": "tok_ok"}
    if failed and failed.shipping_address:
        kept = next((one for one in addresses if snapshot(one) == failed.shipping_address), None)
        new = {**begun, **failed.shipping_address, "address": NEW, "keep": False}
        return {**begun, "address": kept.pk} if kept else new
    return {**begun, "address": addresses[0].pk if addresses else NEW}


def show(request: HttpRequest, asked: TillForms, failed: Order | None = None) -> HttpResponse:
    asked.focus_first_fault()
    context = {"asked": asked, "form": asked.form, "till": asked.form.till, "failed": failed, "key": uuid4().hex}
    return render(request, "orders/checkout.html", context)


def mend(request: HttpRequest) -> bool:
    """Change the cart as a button beside a line asks, as far as it can be; tell whether one was pressed."""
    if not MendForm.base_fields.keys() & request.POST.keys():
        return False
    wanted = MendForm(request.POST)
    wanted.is_valid()
    user: Any = request.user
    shopper, till = Shopper(user_id=user.pk), till_of(user)
    with suppress(Conflict, NotFound):  # the page shows how things are then
        if item := till.find(wanted.cleaned_data.get("out")):
            remove_item(shopper, item.pk)
            messages.success(request, _("“%(title)s” was taken out.") % {"title": item.offer.book.title})
        elif (item := till.find(wanted.cleaned_data.get("fewer"))) and item.available_quantity:
            set_quantity(shopper, item.pk, min(item.quantity, item.available_quantity))
    return True


def buy(request: HttpRequest, asked: TillForms) -> HttpResponse:
    user: Any = request.user
    given = asked.form.cleaned_data
    wanted = CheckoutRequest(
        accepts_price_changes=given["accepts_price_changes"],
        expected_total=given["total"],
        expected_copies=asked.form.till.copies,
        shipping_address=asked.shipping_address,
        means=Means(given["card"]),
        # A page's key is its own: whatever is typed into it later, what it has bought it does not buy again.
        call=Call(f"user:{user.pk}", stored_key(given["key"]), "POST", request.path, fingerprint_of(None)),
    )
    try:
        purchase = check_out_within_limits(request, wanted)
    except InProgress:
        return after(order_made_by(request))
    except REFUSALS as error:
        return show_again(request, error)
    if asked.is_kept and not purchase.is_repeat:
        try:
            add_address(user, **asked.shipping_address)
        except AddressLimit as error:
            messages.warning(request, str(error.message))
    return after(purchase.order)


def show_again(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Show the till as things are now, with what was typed and why nothing was bought."""
    user: Any = request.user
    asked = TillForms(till_of(user), list(Address.objects.of(user)), data=request.POST)
    asked.is_valid()
    kinds = [problem["code"] for problem in error.data.get("problems", [])]
    for sentence in [CheckoutRefused.messages[kind] for kind in kinds] or [error.message]:
        if sentence not in asked.form.non_field_errors():
            asked.form.add_error(None, sentence)
    return show(request, asked)


def stored_key(key: str) -> str:
    return f"page {key}"


def order_made_by(request: HttpRequest) -> Order | None:
    """Return the order that the page with this key has made already."""
    key = request.POST.get("key", "")
    if not re.fullmatch(KEY, key):
        return None
    return Order.objects.placed_by(request.user).filter(checkout_key=stored_key(key)).first()


def ask_again(order: Order) -> Order:
    """Settle an order whose payment nobody has heard of, as far as the provider knows of it by now."""
    if order.status == OrderStatus.PENDING:
        with suppress(InProgress, NoAnswer):
            return recover(order)
    return order


def after(order: Order) -> HttpResponse:
    """Lead on from an order that was made: to its page, or back to the till where it was not paid."""
    if order.status == OrderStatus.PAYMENT_FAILED:
        return redirect(f"{reverse('orders:checkout')}?again={order.number}")
    return redirect(order)
