"""The list of books, in which the store's own stock is changed by differences, in place."""

from secrets import token_urlsafe
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display
from unfold.views import ChangeList

from bookstore.core.admin import ActAdmin
from bookstore.core.errors import DomainError
from bookstore.core.idempotency import once_per_form
from catalog import services
from catalog.admin.rows import DifferenceField
from catalog.exceptions import NotEnoughStock
from catalog.models import Offer
from catalog.services.ledger import MOST_COPIES

PREFIX = "stock-"  # then the offer's id
BUTTON = "save_stock"


class StockChanges:
    """What was typed into the list: `typed` and `errors` by offer, `deltas` of what can be read."""

    def __init__(self, request: HttpRequest):
        self.typed: dict[int, str] = {}
        self.errors: dict[int, str] = {}
        self.deltas: dict[int, int] = {}
        field = DifferenceField(required=False, min_value=-MOST_COPIES, max_value=MOST_COPIES)
        for name, text in request.POST.items():
            number = name.removeprefix(PREFIX)
            if name == number or not (number.isdecimal() and len(number) < 19) or not text.strip():
                continue
            self.typed[int(number)] = text
            try:
                delta = field.clean(text)
            except forms.ValidationError as error:
                self.errors[int(number)] = error.messages[0]
            else:
                if delta:
                    self.deltas[int(number)] = delta

    def refuse(self, refusal: NotEnoughStock) -> None:
        """Note beside the offers that have too few copies how many they have."""
        for item in refusal.data["items"]:
            self.errors[item["offer_id"]] = _("There are only %(available)d.") % item


class StockList(ChangeList):
    """Books, each with the store's own offer and what was typed beside it."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        offers = Offer.objects.filter(book__in=self.result_list, seller__is_store=True, withdrawn_at=None)
        own = {offer.book_id: offer for offer in offers}
        changes = getattr(request, "stock_changes", None)
        may_change = request.user.has_perm("catalog.change_offer")
        for book in self.result_list:
            offer = own.get(book.pk)
            book.own_stock = {
                "book": book,
                "offer": offer,
                "may_change": may_change and book.archived_at is None,
                "typed": changes.typed.get(offer.pk, "") if changes and offer else "",
                "error": changes.errors.get(offer.pk, "") if changes and offer else "",
            }


class StockListAdmin(ActAdmin):
    """A list of books with a column for the store's own stock, in which it is changed."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return StockList

    @display(description=gettext_lazy("our stock"))
    def our_stock(self, book: Any) -> str:
        return render_to_string("admin/catalog/book/own_stock.html", book.own_stock)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method == "POST" and BUTTON in request.POST:
            if not request.user.has_perm("catalog.change_offer"):
                raise PermissionDenied
            if address := self.change_stock(request):
                return redirect(address)
        context = {"form_key": token_urlsafe(16), "may_change_stock": request.user.has_perm("catalog.change_offer")}
        return super().changelist_view(request, {**(extra_context or {}), **context})

    def change_stock(self, request: HttpRequest) -> str:
        """Change the stock as the list says, all of it or nothing; return where to go on, "" where it was refused."""
        changes = request.stock_changes = StockChanges(request)  # type: ignore[attr-defined]
        if changes.errors:
            self.message_user(request, _("Nothing was changed: see below."), messages.ERROR)
            return ""

        def act() -> str:
            if changes.deltas:
                services.correct_stocks(changes.deltas, actor=request.user)
            return request.get_full_path()

        try:
            address = once_per_form(request, act)
        except DomainError as error:
            if isinstance(error, NotEnoughStock):
                changes.refuse(error)
            sentences = error.fields.values() or [error.message]
            self.message_user(request, " ".join(map(str, sentences)), messages.ERROR)
            return ""
        count = len(changes.deltas)
        sentence = ngettext(
            "The stock of %(count)d book is changed.", "The stock of %(count)d books is changed.", count
        )
        self.message_user(request, sentence % {"count": count}, messages.SUCCESS)
        return address
