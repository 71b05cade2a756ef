"""The pages of a book: find one, change it with its offers, archive it."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from bookstore.core.admin import ActForm, ids_in
from bookstore.core.errors import DomainError
from bookstore.core.models import Change, ChangeQuerySet
from catalog import services
from catalog.admin.bulk import BulkAdmin
from catalog.admin.finding import (
    CoverFilter,
    GenreFilter,
    LanguageFilter,
    PriceFilter,
    PublisherFilter,
    SellerFilter,
    ShelfFilter,
    StockFilter,
    books_matching,
)
from catalog.admin.rows import ContributionInline, NewOfferInline, OfferInline
from catalog.admin.shelf import StockListAdmin
from catalog.covers import cover_key
from catalog.isbn import hyphenated, parse_isbn
from catalog.models import Book, BookQuerySet, Offer
from catalog.prices import format_price

MOST_ARCHIVED = 100  # books at once

DETAILS = [
    "title",
    "subtitle",
    "byline",
    ("isbn", "format"),
    ("genre", "language"),
    ("series", "series_number"),
]
EDITION = (
    _("Edition"),
    {"classes": ["tab"], "fields": [("publisher", "pages"), ("publish_date", "first_published_year")]},
)


class BookForm(ActForm):
    isbn = forms.CharField(
        label=_("ISBN"),
        required=False,
        max_length=40,
        widget=UnfoldAdminTextInputWidget,
        help_text=Book._meta.get_field("isbn").help_text,
    )
    places = {"BOOK_ISBN_CONFLICT": "isbn", "genre_id": "genre", "series_id": "series"}
    judged_by_service = frozenset({"isbn"})

    class Meta:
        model = Book
        fields: list[str] = []
        help_texts = {
            "byline": _("The authors as printed on the book; left empty, their names."),
            "cover_image": _("JPEG, PNG or WebP of at most 5 MiB; it is shown in place of the cover address."),
        }

    def clean_isbn(self) -> str:
        try:
            return parse_isbn(self.cleaned_data["isbn"]) if self.cleaned_data["isbn"] else ""
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def clean_cover_image(self) -> Any:
        """Return what the picture is kept under; it is redrawn now, before anything is locked."""
        given = self.cleaned_data["cover_image"]
        if not isinstance(given, UploadedFile):
            return given
        try:
            return services.keep_cover(given)
        except DomainError as error:
            raise forms.ValidationError(list(map(str, error.fields.values()))) from error

    @property
    def details(self) -> dict[str, Any]:
        """What the reader changed, as the service takes it."""
        changes = self.changes
        for name in {"genre", "series"} & changes.keys():
            row = changes.pop(name)
            changes[f"{name}_id"] = row and row.pk
        if changes.get("cover_image") is False:  # what the form says of a picture that is to go
            changes["cover_image"] = ""
        return changes


@admin.register(Book)
class BookAdmin(BulkAdmin, StockListAdmin):
    form = BookForm
    list_display = ["headline", "printed_isbn", "genre", "format", "shown_price", "is_in_stock", "our_stock"]
    list_select_related = ["genre"]
    list_filter = [
        StockFilter,
        GenreFilter,
        SellerFilter,
        PublisherFilter,
        PriceFilter,
        ("format", ChoicesDropdownFilter),
        LanguageFilter,
        CoverFilter,
        ShelfFilter,
    ]
    sortable_by = ["headline", "shown_price"]
    search_fields = ["title"]  # see get_search_results
    search_help_text = _("Title, author, or ISBN in any form")
    actions = ["change_prices_of_selected", "switch_on_selected", "switch_off_selected", "archive_selected"]
    autocomplete_fields = ["genre", "series"]
    readonly_fields = ["cover", "shown_price", "is_in_stock", "popularity", "source", "source_id", "archived_at"]
    readonly_fields += ["created_at", "updated_at"]
    fieldsets = [
        (None, {"fields": [*DETAILS, ("shown_price", "is_in_stock")]}),
        EDITION,
        (
            _("Description and cover"),
            {"classes": ["tab"], "fields": ["description", "cover_image", "cover_image_url", "cover"]},
        ),
        (
            _("Record"),
            {
                "classes": ["tab"],
                "fields": ["popularity", ("source", "source_id"), ("created_at", "updated_at"), "archived_at"],
            },
        ),
    ]
    add_fieldsets = [
        (None, {"fields": DETAILS}),
        EDITION,
        (_("Description and cover"), {"classes": ["tab"], "fields": ["description", "cover_image", "cover_image_url"]}),
    ]

    # Who may, and what is shown

    def has_change_permission(self, request: HttpRequest, obj: Book | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.archived_at)

    def has_delete_permission(self, request: HttpRequest, obj: Book | None = None) -> bool:
        return False

    def get_inlines(self, request: HttpRequest, obj: Book | None) -> list[Any]:
        return [ContributionInline, OfferInline, NewOfferInline] if obj else [ContributionInline, NewOfferInline]

    def trail_of(self, obj: Book) -> ChangeQuerySet:
        return Change.objects.about([obj, *Offer.objects.filter(book=obj.pk)]).newest_first()

    def view_on_site(self, book: Book) -> str | None:
        return None if book.archived_at else book.get_absolute_url()

    def get_search_results(
        self, request: HttpRequest, queryset: BookQuerySet, search_term: str
    ) -> tuple[BookQuerySet, bool]:
        return books_matching(queryset, search_term), False

    @display(description=_("book"), header=True, ordering="sort_title")
    def headline(self, book: Book) -> list[str]:
        return [book.title, book.byline]

    @display(description=_("ISBN"))
    def printed_isbn(self, book: Book) -> str:
        return hyphenated(book.isbn) if book.isbn else ""

    @display(description=_("price"), ordering="price")
    def shown_price(self, book: Book) -> str:
        return "" if book.price is None else format_price(book.price)

    @display(description=_("in stock"), boolean=True)
    def is_in_stock(self, book: Book) -> bool:
        return book.in_stock

    @display(description=_("cover"))
    def cover(self, book: Book) -> str:
        drawn = reverse("catalog:cover", args=[book.pk, cover_key(book.title, book.byline)])
        return format_html('<img src="{}" alt="" width="120" referrerpolicy="no-referrer">', book.cover_url or drawn)

    # Acts

    def save_model(self, request: HttpRequest, obj: Book, form: BookForm, change: bool) -> None:
        with form.acting():
            if change:
                self.change_book(obj, form.details, request.user)
            else:
                self.add_book(obj, form.details, request.user)

    def add_book(self, book: Book, details: dict[str, Any], actor: Any) -> None:
        byline = details.pop("byline", "")
        book.pk = services.create_book(details, authors=[], actor=actor).pk
        if byline:
            services.update_book(book.pk, {"byline": byline}, actor=actor)

    def change_book(self, book: Book, details: dict[str, Any], actor: Any) -> None:
        # The offers below the form are changed in the same transaction, and offers are locked before books.
        list(Offer.objects.filter(book=book.pk).locked())
        if details:
            services.update_book(book.pk, details, actor=actor)

    # Archiving

    def get_urls(self) -> list[Any]:
        archive = path("archive/", self.admin_site.admin_view(self.archive_view), name="catalog_book_archive")
        return [archive, *super().get_urls()]

    @admin.action(description=_("Archive…"), permissions=["change"])
    def archive_selected(self, request: HttpRequest, books: QuerySet[Book]) -> HttpResponseRedirect:
        ids = books.order_by().values_list("pk", flat=True)[:MOST_ARCHIVED]
        return redirect(f"{reverse('admin:catalog_book_archive')}?{urlencode({'id': list(ids)}, doseq=True)}")

    def archive_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        ids = ids_in(request.GET, MOST_ARCHIVED)
        books = list(Book.objects.public().filter(pk__in=ids))
        if request.method != "POST" and books:
            context = {
                "title": _("Archive"),
                "books": books,
                "opts": self.opts,
                **self.admin_site.each_context(request),
            }
            return TemplateResponse(request, "admin/catalog/book/archive.html", context)
        archived = sum(self.archive(request, book) for book in books)
        sentence = ngettext("%(count)s book was archived.", "%(count)s books were archived.", archived)
        self.message_user(request, sentence % {"count": archived}, messages.SUCCESS if archived else messages.WARNING)
        return redirect("admin:catalog_book_changelist")

    def archive(self, request: HttpRequest, book: Book) -> bool:
        try:
            services.archive_book(book.pk, actor=request.user)
        except DomainError as error:
            self.message_user(request, f"{book}: {error.message}", messages.ERROR)
            return False
        return True
