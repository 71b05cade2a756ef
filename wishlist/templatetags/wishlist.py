"""The heart that other pages show beside a book."""

from typing import Any

from django import template

from catalog.models import Book
from wishlist.models import Wish

register = template.Library()


@register.inclusion_tag("wishlist/heart.html", takes_context=True)
def heart(context: Any, book: Book, *, has_words: bool = False) -> dict[str, Any]:
    """Show a button that keeps a book on the wishlist, pressed while it is there; with words where there is room."""
    return {
        "book": book,
        "is_wished": book.pk in wished_by(context.get("request")),
        "has_words": has_words,
        "csrf_token": context.get("csrf_token"),
    }


def wished_by(request: Any) -> frozenset[int]:
    """Return the ids of the books that are wished for by who is signed in; asked for once a page, for all its books."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return frozenset()
    if not hasattr(request, "wished_books"):
        request.wished_books = frozenset(Wish.objects.of(user).values_list("book_id", flat=True))
    return request.wished_books
