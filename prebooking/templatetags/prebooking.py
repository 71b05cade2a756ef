"""What other pages show of prebooks."""

from typing import Any

from django import template
from django.contrib.humanize.templatetags.humanize import ordinal

from catalog.models import Book
from prebooking.models import Prebook

register = template.Library()
register.filter("ordinal", ordinal)


@register.inclusion_tag("prebooking/button.html", takes_context=True)
def prebook_button(context: Any, book: Book) -> dict[str, Any]:
    """Offer to tell the reader when a book is back of which there is no copy; or say where they stand in its queue."""
    user = context["user"]
    mine = Prebook.objects.open().filter(book=book).with_position().with_queue_length()
    return {
        "book": book,
        "user": user,
        "prebook": mine.of(user).first() if user.is_authenticated else None,
        "csrf_token": context.get("csrf_token"),
    }


@register.simple_tag
def open_prebooks(book_id: int | str) -> int:
    """Count those who want a book and have not bought it yet."""
    return Prebook.objects.open().filter(book=book_id).count()
