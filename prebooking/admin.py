"""How much each book is wanted, and by whom: only to look at, as who waits is the shoppers' own business."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from bookstore.core.admin import ReadOnlyAdmin
from catalog.admin.finding import books_matching
from catalog.models import Book
from prebooking.models import BookInDemand, BookInDemandQuerySet, Prebook, PrebookStatus

MOST_FOUND = 1_000  # books whose prebooks a search shows
TIMES = ["created_at", "notified_at", "fulfilled_at", "cancelled_at"]


@admin.register(Prebook)
class PrebookAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "user", "headline", "status", "notified_at"]
    list_filter = [("status", ChoicesDropdownFilter)]
    list_select_related = ["user", "book"]
    search_fields = ["user__email"]  # see get_search_results
    search_help_text = _("Whole e-mail; or title, author, ISBN in any form")
    ordering = ["-id"]
    sortable_by: list[str] = []
    fields = ["user", "book", "status", *TIMES, "mailed_at", "is_mail_due"]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "book__id__exact" or super().lookup_allowed(lookup, value, request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Prebook], search_term: str
    ) -> tuple[QuerySet[Prebook], bool]:
        term = search_term.strip()
        if "@" in term:
            return queryset.filter(user__email=term.lower()), False
        if not term:
            return queryset, False
        found = books_matching(Book.objects.all(), term).values_list("pk", flat=True)[:MOST_FOUND]
        return queryset.filter(book__in=list(found)), False

    @display(description=_("book"), header=True)
    def headline(self, prebook: Prebook) -> list[Any]:
        return [prebook.book.title, _("archived") if prebook.book.archived_at else ""]


@admin.register(BookInDemand)
class DemandAdmin(ReadOnlyAdmin):
    list_display = ["headline", "who_waits", "who_was_told", "waits_since", "for_sale", "held"]
    search_fields = ["title"]  # see get_search_results
    search_help_text = _("Title, author, or ISBN in any form")
    sortable_by: list[str] = []

    def get_queryset(self, request: HttpRequest) -> BookInDemandQuerySet:
        return BookInDemand.objects.wanted().defer("description")

    def get_ordering(self, request: HttpRequest) -> list[str]:
        return ["-waiting", "-notified", "pk"]

    def get_search_results(
        self, request: HttpRequest, queryset: BookInDemandQuerySet, search_term: str
    ) -> tuple[Any, bool]:
        return books_matching(queryset, search_term), False

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("admin:catalog_book_change", object_id)

    @display(description=_("book"), header=True)
    def headline(self, book: BookInDemand) -> list[str]:
        return [book.title, book.byline]

    @display(description=_("waiting"))
    def who_waits(self, book: BookInDemand) -> str:
        return prebooks_link(book, PrebookStatus.WAITING, book.waiting)

    @display(description=_("told"))
    def who_was_told(self, book: BookInDemand) -> str:
        return prebooks_link(book, PrebookStatus.NOTIFIED, book.notified)

    @display(description=_("waiting since"))
    def waits_since(self, book: BookInDemand) -> Any:
        return book.waiting_since

    @display(description=_("copies for sale"))
    def for_sale(self, book: BookInDemand) -> int:
        return book.copies_for_sale

    @display(description=_("copies switched off"))
    def held(self, book: BookInDemand) -> int:
        return book.copies_held


def prebooks_link(book: BookInDemand, status: PrebookStatus, number: int) -> str:
    prebooks = reverse("admin:prebooking_prebook_changelist")
    return format_html('<a href="{}?book__id__exact={}&amp;status__exact={}">{}</a>', prebooks, book.pk, status, number)
