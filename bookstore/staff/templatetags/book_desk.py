"""What the admin's page of a book shows of the apps above the catalogue."""

from typing import Any

from django import template

from bookstore.staff.books import latest_movements, sales_by_week
from prebooking.models import Prebook
from wishlist.models import Wish

register = template.Library()


@register.inclusion_tag("staff/book_desk.html", takes_context=True)
def book_desk(context: Any, book_id: int | str) -> dict[str, Any]:
    """Show what becomes of a book, as far as the reader may see it."""
    user, pk = context["request"].user, int(book_id)
    shown: dict[str, Any] = {"book_id": pk}
    if user.has_perm("orders.view_order"):
        shown["chart"] = sales_by_week(pk)
    if user.has_perm("catalog.view_stockmovement"):
        shown["movements"] = latest_movements(pk)
    if user.has_perm("prebooking.view_prebook"):
        prebooks = Prebook.objects.filter(book=pk)
        shown["waiting"], shown["notified"] = prebooks.waiting().count(), prebooks.notified().count()
    if user.has_perm("wishlist.view_wish"):
        shown["wishes"] = Wish.objects.filter(book=pk).count()
    return shown
