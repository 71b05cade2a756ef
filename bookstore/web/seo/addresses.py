"""Addresses as others link to them."""

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse

from catalog.covers import cover_key
from catalog.models import Book

SHARED = "icons/share.png"  # stands for what has no picture of its own, where pages are shared
LOGO = "icons/icon-512.png"


def absolute(address: str) -> str:
    """Return the whole address of something of the shop; never by the request's host, which may lie."""
    return settings.SITE_URL + address if address.startswith("/") else address


def picture_of(book: Book) -> str:
    """Return the address of the cover that shoppers see: the book's picture, else the one that is drawn."""
    drawn = reverse("catalog:cover", args=[book.pk, cover_key(book.title, book.byline)])
    return absolute(book.cover_url or drawn)


def preview_of(book: Book | None = None) -> str:
    """Return the address of a picture for where pages are shared, which takes no SVG as drawn covers are."""
    return absolute((book and book.cover_url) or static(SHARED))
