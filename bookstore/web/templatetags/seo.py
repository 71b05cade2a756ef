"""
How pages are found by search engines and shown where they are shared: the head of those that are meant to be.

A page is kept out of search engines unless its template fills the block `found` with one of these tags. Its
canonical address is made of what it shows, never of what was asked for.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import unescape
from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bookstore.core.pagination import Page
from bookstore.web.seo.addresses import absolute, preview_of
from bookstore.web.seo.structured import book_node, crumbs_node, script_of, shop_node
from bookstore.web.seo.words import about_book, about_list, shortened, title_on
from catalog.models import Book, Contribution, Contributor, Genre, Offer, Seller

Head = dict[str, Any]

register = template.Library()
register.filter("shortened", shortened)


@register.filter
def on_page(title: str, page: Page) -> str:
    """Tell the pages of a list apart by their number."""
    return title_on(title, page.page)


@register.inclusion_tag("seo/found.html")
def found_page(path: str, title: str, description: str) -> Head:
    """Let a page of the shop's own be found; its description may be its whole text, in HTML."""
    return head_of(path, title, shortened(unescape(strip_tags(description))))


@register.inclusion_tag("seo/found.html")
def found_home() -> Head:
    words = _("Novels and notebooks, voyages and verse: new books and old favourites, from our own shelves and from"
              " sellers we know.")  # fmt: skip
    return {**head_of(reverse("web:home"), settings.STORE_NAME, words), "node": script_of(shop_node())}


@register.inclusion_tag("seo/found.html")
def found_book(book: Book, contributions: Iterable[Contribution], offers: Sequence[Offer]) -> Head:
    """Let a book's page be found, with what it shows; offers come best first."""
    return {
        **head_of(book.get_absolute_url(), book.title, about_book(book)),
        "picture": preview_of(book),
        "book": book,
        "node": script_of(book_node(book, contributions, offers)),
    }


@register.inclusion_tag("seo/found.html")
def found_list(page: Page, chosen: Mapping[str, Any], place: Genre | Seller | Contributor | None = None) -> Head:
    """
    Let a list be found: that of a place, or that of all books.

    Each of its pages stands for itself. A filtered or sorted list is a copy of the whole one, or of the page of
    the genre or seller that was chosen alone. What was searched for, and a list of nothing, stays out.
    Source: https://developers.google.com/search/docs/specialty/ecommerce/pagination-and-incremental-page-loading
    and https://developers.google.com/search/docs/crawling-indexing/canonicalization
    """
    if "q" in chosen or not page.items:
        return {}
    choices = {name: value for name, value in chosen.items() if value != place}
    if place is None and list(choices) in (["genre"], ["seller"]):
        (place,) = choices.values()
        choices = {}
    path = place.get_absolute_url() if place else reverse("catalog:books")
    if not choices and page.page > 1:
        path += f"?page={page.page}"
    head = head_of(path, title_on(place.name if place else _("All books"), page.page), about_list(place, page.items))
    return {**head, "genre": place if isinstance(place, Genre) else None}


def head_of(path: str, title: str, description: str) -> Head:
    return {
        "address": absolute(path),
        "title": title,
        "description": description,
        "picture": preview_of(),
        "STORE_NAME": settings.STORE_NAME,
    }


@register.simple_tag
def crumbs_data(
    top: str, top_name: str, here: str, line: Iterable[Any] = (), above: str = "", above_name: str = ""
) -> SafeString:
    """Return breadcrumbs for programs, as they are shown beside it: from the page named `top` down to this one."""
    named = [(top_name, top), (above_name, above)] if above else [(top_name, top)]
    places = [(str(name), reverse(page)) for name, page in named]  # the names may be translated only when shown
    places += [(str(place), place.get_absolute_url()) for place in line or ()]
    return script_of(crumbs_node(places, str(here)))
