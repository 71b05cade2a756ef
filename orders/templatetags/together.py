"""What the orders of others say beside a book."""

from collections.abc import Sequence

from django import template

from catalog.models import Book
from orders.models import BoughtTogether

SHOWN = 6

register = template.Library()


@register.simple_tag
def bought_with(book: Book, shown_already: Sequence[Book] = ()) -> list[Book]:
    """Return what others bought with a book, but for what the page shows already."""
    others = (pair.other for pair in BoughtTogether.objects.beside(book))
    return [other for other in others if other not in shown_already][:SHOWN]
