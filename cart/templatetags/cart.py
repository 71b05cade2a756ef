"""The buttons by which other pages put books into the cart."""

from typing import Any
from uuid import uuid4

from django import template

from catalog.models import Book, Offer

register = template.Library()


@register.inclusion_tag("cart/add.html", takes_context=True)
def add_to_cart(context: Any, book: Book, offer: Offer | None = None, *, quiet: bool = False) -> dict[str, Any]:
    """Show a button that puts a book into the cart: of `offer`, else of the one its list shows, else of the best."""
    return {
        "book": book,
        "seller": offer and offer.seller,
        "offer_id": offer.pk if offer else getattr(book, "shown_offer", None),
        "quiet": quiet,
        "key": fresh_key(),
        "csrf_token": context.get("csrf_token"),
    }


@register.simple_tag
def fresh_key() -> str:
    """Return a key that makes a form sent twice count once."""
    return uuid4().hex
