"""What templates say of books: covers, prices, stock, and the words around them."""

from decimal import Decimal
from typing import Any

from django import template
from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookstore.core.pagination import Page
from catalog import isbn, language
from catalog.covers import cover_key
from catalog.models import Book
from catalog.prices import format_price
from catalog.web.seen import seen_books

FEW_COPIES = 5

register = template.Library()
register.filter("hyphenated", isbn.hyphenated)
register.filter("language_name", language.language_name)


@register.inclusion_tag("components/cover.html")
def cover(book: Book, *, eager: bool = False, sizes: str = "12rem") -> dict[str, Any]:
    """Show a book's cover; `eager` for those that a page opens with, `sizes` is how wide it may become there."""
    key, loading = cover_key(book.title, book.byline), "eager" if eager else "lazy"
    return {"book": book, "key": key, "loading": loading, "sizes": sizes}


@register.filter
def price(amount: Decimal, currency: str = "") -> str:
    return format_price(amount, currency)


@register.filter
def counted(count: int, is_capped: bool = False) -> str:
    """Write how many there are, in brackets; where not all were counted, that there may be more."""
    return f"({number_format(count, force_grouping=True)}{'+' if is_capped and count else ''})"


@register.filter
def stock_words(copies: int) -> str:
    """Say whether copies are there, and how many where they are few."""
    if copies == 0:
        return _("Out of stock")
    if copies <= FEW_COPIES:
        return ngettext("Only one copy left", "Only %(copies)s copies left", copies) % {"copies": copies}
    return _("In stock")


@register.simple_tag
def delivery_words() -> str:
    """Say what delivery adds to the price."""
    if not settings.SHIPPING_RATE:
        return _("Tax and delivery included")
    if settings.SHIPPING_FREE_FROM is None:
        return _("Tax included; delivery %(rate)s an order") % {"rate": format_price(settings.SHIPPING_RATE)}
    prices = {"rate": format_price(settings.SHIPPING_RATE), "least": format_price(settings.SHIPPING_FREE_FROM)}
    return _("Tax included; delivery %(rate)s an order, free from %(least)s") % prices


@register.simple_tag(takes_context=True)
def recently_viewed(context: Any, most: int) -> list[Book]:
    """Return the books that the reader looked at last."""
    request = context.get("request")
    return seen_books(request)[:most] if request else []


@register.filter
def era_year(year: int) -> str:
    """Name a year; below zero lie those before our era."""
    return str(year) if year > 0 else _("%(year)s BCE") % {"year": -year}


@register.simple_tag
def page_numbers(page: Page) -> list[int | None]:
    """Return the page numbers worth a link: first, last and those around this one; None where some are left out."""
    near = {1, page.last_page, *range(page.page - 1, page.page + 2)}
    shown = sorted(number for number in near if 1 <= number <= page.last_page)
    numbers: list[int | None] = []
    for number in shown:
        if numbers and number - (numbers[-1] or 0) == 2:
            numbers.append(number - 1)
        elif numbers and number - (numbers[-1] or 0) > 2:
            numbers.append(None)
        numbers.append(number)
    return numbers
