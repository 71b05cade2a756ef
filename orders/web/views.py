"""What a shopper has bought, and what can still be done about it."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookstore.core.errors import Invalid
from bookstore.core.pagination import Sort, paginate
from catalog.prices import format_price
from orders import services
from orders.invoicing import content_of
from orders.invoicing.pdf import pdf_of
from orders.models import Order, OrderStatus
from orders.web.checkout import ask_again

PAGE_SIZE = 10

# An order that is not paid yet looks again after so many seconds, for as long as it is not older than this. By then
# the sweep has ended it, or something is wrong that looking does not mend.
LOOKS = [(timedelta(minutes=1), 2), (timedelta(minutes=15), 15)]


@require_safe
@login_required
@cache_control(private=True, no_store=True)
def orders(request: HttpRequest) -> HttpResponse:
    rows = Order.objects.placed_by(request.user).with_lines()
    wanted = {"page": request.GET.get("page", "1"), "size": str(PAGE_SIZE)}
    try:
        page = paginate(rows, wanted, sort=Sort("id", descending=True))
    except Invalid as error:
        raise Http404 from error
    if page.page > page.last_page:
        raise Http404
    return render(request, "orders/orders.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@cache_control(private=True, no_store=True)
def order(request: HttpRequest, number: str) -> HttpResponse:
    """Show an order; what its button sends asks the provider once more for a payment that is not decided."""
    placed = Order.objects.placed_by(request.user).filter(number=number)
    if request.method == "POST":
        return redirect(ask_again(get_object_or_404(placed)))
    shown = get_object_or_404(placed.with_lines().prefetch_related("refunds"))
    return render(request, "orders/order.html", {"order": shown, "next_look": next_look(shown)})


def next_look(order: Order) -> int | None:
    """Return after how many seconds the page looks again, None where there is nothing to wait for."""
    if order.status != OrderStatus.PENDING:
        return None
    age = timezone.now() - order.created_at
    return next((pause for limit, pause in LOOKS if age < limit), None)


@require_POST
@login_required
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    user: Any = request.user
    mine = get_object_or_404(Order.objects.placed_by(user), number=number)
    back = mine.refundable_amount
    cancelled = services.cancel_order(mine.pk, actor=user)
    amount = format_price(back, cancelled.currency)
    messages.success(request, _("The order is cancelled. %(amount)s goes back to you.") % {"amount": amount})
    return redirect(cancelled)


@require_POST
@login_required
def again(request: HttpRequest, number: str) -> HttpResponse:
    user: Any = request.user
    left_out = services.buy_again(user, get_object_or_404(Order.objects.placed_by(user), number=number))
    if left_out:
        titles = ", ".join(f"“{title}”" for title in left_out)
        messages.warning(request, _("These could not be put into the cart: %(titles)s.") % {"titles": titles})
    else:
        messages.success(request, _("Everything is in your cart once more."))
    return redirect("cart:cart")


@require_safe
@login_required
@cache_control(private=True, no_store=True)
def invoice(request: HttpRequest, number: str) -> HttpResponse:
    mine = get_object_or_404(Order.objects.placed_by(request.user), number=number)
    context = {"order": mine, "line": [mine], "invoice": content_of(services.issue_invoice(mine))}
    return render(request, "orders/invoice.html", context)


@require_safe
@login_required
@cache_control(private=True, no_store=True)
def invoice_pdf(request: HttpRequest, number: str) -> HttpResponse:
    mine = get_object_or_404(Order.objects.placed_by(request.user), number=number)
    content = content_of(services.issue_invoice(mine))
    return HttpResponse(
        pdf_of(content),
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="invoice-{content.number}.pdf"'},
    )
