"""New books as Atom feeds: of the shop, and of a genre with all below it. Source: RFC 4287."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe
from django.views.decorators.vary import vary_on_cookie

from bookstore.web.seo.addresses import absolute
from bookstore.web.seo.words import about_book
from catalog.covers.text import clean
from catalog.models import Book, BookQuerySet, Genre

NEWEST = 50
KEPT = 900  # seconds that a copy is good for without asking again


class NewBooks(Feed):
    """
    The newest books first. Addresses are whole, or Django would complete them by the request's host.

    Texts are cleaned of the control characters that XML cannot hold.
    """

    feed_type = Atom1Feed

    def books(self, genre: Genre | None) -> BookQuerySet:
        return Book.objects.public()

    def title(self, genre: Genre | None) -> str:
        return f"{_('New books')} · {clean(settings.STORE_NAME)}"

    def link(self, genre: Genre | None) -> str:
        return absolute(reverse("catalog:books")) + "?sort=-created_at"

    def feed_url(self, genre: Genre | None) -> str:
        return absolute(reverse("web:new_books"))

    def author_name(self) -> str:
        return clean(settings.STORE_NAME)

    def items(self, genre: Genre | None) -> list[Book]:
        return list(self.books(genre).select_related("genre").order_by("-created_at", "pk")[:NEWEST])

    def item_title(self, book: Any) -> str:
        return clean(book.title)  # plain text in Atom, which Django's own would escape twice

    def item_description(self, book: Any) -> str:
        return escape(clean(about_book(book)))

    def item_link(self, book: Book) -> str:
        return absolute(book.get_absolute_url())

    def item_guid(self, book: Book) -> str:
        """Name a book for good, whatever becomes of its title. Source: RFC 4151"""
        return f"tag:{urlsplit(settings.SITE_URL).hostname},{book.created_at:%Y-%m-%d}:/books/{book.pk}"

    def item_author_name(self, book: Book) -> str | None:
        return clean(book.byline) or None

    def item_categories(self, book: Book) -> list[str]:
        return [clean(book.genre.name)] if book.genre else []

    def item_pubdate(self, book: Book) -> datetime:
        return book.created_at

    def item_updateddate(self, book: Book) -> datetime:
        return book.updated_at


class NewInGenre(NewBooks):
    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Genre:
        return Genre.objects.get(slug=kwargs["slug"])

    def books(self, genre: Any) -> BookQuerySet:
        return super().books(genre).in_genre(genre)

    def title(self, genre: Any) -> str:
        words = _("New in %(genre)s") % {"genre": clean(genre.name)}
        return f"{words} · {clean(settings.STORE_NAME)}"

    def link(self, genre: Any) -> str:
        return absolute(genre.get_absolute_url())

    def feed_url(self, genre: Any) -> str:
        return absolute(reverse("web:new_in_genre", args=[genre.slug]))


def kept(feed: Feed) -> Any:
    """
    Make a view of a feed, whose readers come often: one who has it already is told so.

    It speaks the language of who asks, which may be kept in a cookie.
    """
    return require_safe(conditional_page(vary_on_cookie(cache_control(public=True, max_age=KEPT)(feed))))


new_books = kept(NewBooks())
new_in_genre = kept(NewInGenre())
