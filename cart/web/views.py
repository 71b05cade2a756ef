"""The cart's page, and what its forms and the buttons of other pages send."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from bookstore.core.errors import Invalid
from bookstore.core.idempotency import Call, Outcome, fingerprint_of, once
from bookstore.core.middleware import back
from cart import services
from cart.identity import remember, shopper_for_change, shopper_of
from cart.models import CartItem
from cart.reading import cart_of
from cart.receivers import MERGED
from cart.services import Shopper
from cart.web.forms import AddForm, QuantityForm
from catalog.models import Book, Offer

View = Callable[..., HttpResponse]


def remembered(view: View) -> View:
    """Let a guest learn the token under which the view changed something."""

    @wraps(view)
    def remembering(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        remember(request, response)
        return response

    return remembering


@require_safe
@cache_control(private=True, no_store=True)
def cart(request: HttpRequest) -> HttpResponse:
    return show(request, removed=removed_in(request.GET))


def removed_in(params: QueryDict) -> dict[str, Any] | None:
    """Return what was taken out just now, as far as it can be put back."""
    form = AddForm(
        {"book_id": params.get("removed"), "offer_id": params.get("offer"), "quantity": params.get("copies")}
    )
    if not form.is_valid():
        return None
    offer = Offer.objects.standing().shown().select_related("book").filter(pk=form.cleaned_data["offer_id"]).first()
    return offer and {"offer": offer, "copies": form.cleaned_data["quantity"] or 1}


def show(request: HttpRequest, *, removed: dict[str, Any] | None = None) -> HttpResponse:
    """Show the cart: the whole page, or to htmx what stands in it."""
    shown = cart_of(shopper_of(request))
    merged = request.session.get(MERGED, {}) if request.user.is_authenticated else {}
    context = {"cart": shown, "merged": len(merged), "removed": removed, "most": settings.CART_MOST_COPIES}
    if not shown.items:
        context["popular"] = Book.objects.public().in_stock().defer("description").order_by("-popularity", "pk")[:6]
    return render(request, "cart/lines.html" if request.headers.get("HX-Request") else "cart/cart.html", context)


@require_POST
@remembered
def add(request: HttpRequest) -> HttpResponse:
    form = AddForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("This book could not be put into the cart."))
    wanted = {
        "book_id": form.cleaned_data["book_id"],
        "quantity": form.cleaned_data["quantity"] or 1,
        "offer_id": form.cleaned_data["offer_id"],
    }
    with transaction.atomic():
        item_id = add_once(shopper_for_change(request), form.cleaned_data["key"], wanted)
    if request.POST.get("from") == "cart":
        return shown_again(request)
    item = CartItem.objects.with_terms().filter(pk=item_id).first()
    words = _("“%(title)s” is in your cart.") % {"title": item.offer.book.title if item else ""}
    if request.headers.get("HX-Request"):
        return render(request, "cart/added.html", {"words": words})
    messages.success(request, words)
    return back(request)


def add_once(shopper: Shopper, key: str, wanted: dict[str, Any]) -> int:
    """Add what is wanted unless the same form did already; return the line's id."""

    def act() -> Outcome:
        return Outcome(200, json.dumps(services.add_item(shopper, **wanted).pk))

    if not key:
        return json.loads(act().body)
    call = Call(shopper.key, f"page {key}", "POST", "/cart/add/", fingerprint_of(wanted))
    return json.loads(once(call, act).body)


@require_POST
@remembered
def change(request: HttpRequest, pk: int) -> HttpResponse:
    form = QuantityForm(request.POST)
    if not form.is_valid():
        raise Invalid(next(iter(form.errors.values()))[0])
    services.set_quantity(shopper_of(request) or Shopper(), pk, form.cleaned_data["copies"])
    return shown_again(request)


@require_POST
@remembered
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    item = CartItem.objects.with_terms().filter(pk=pk).first()
    services.remove_item(shopper_of(request) or Shopper(), pk)
    params = QueryDict(mutable=True)
    if item:
        params.update({"removed": item.offer.book_id, "offer": item.offer_id, "copies": item.quantity})
    if request.headers.get("HX-Request"):
        return show(request, removed=removed_in(params))
    return redirect(f"{reverse('cart:cart')}?{params.urlencode()}")


@require_POST
def undo_merge(request: HttpRequest) -> HttpResponse:
    copies = request.session.pop(MERGED, {})
    if copies and request.user.is_authenticated:
        services.undo_merge(request.user.pk, {int(offer): number for offer, number in copies.items()})
    return shown_again(request)


def shown_again(request: HttpRequest) -> HttpResponse:
    return show(request) if request.headers.get("HX-Request") else redirect("cart:cart")
