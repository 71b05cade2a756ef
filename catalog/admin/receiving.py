"""What the forms of the delivery desk send: each is an act on an open delivery, and ends in a sentence for the desk."""

from typing import NamedTuple

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from bookstore.core.errors import Denied, DomainError
from bookstore.core.idempotency import once_per_form
from catalog import services
from catalog.exceptions import DeliveryChanged
from catalog.isbn import hyphenated
from catalog.models import Book, Delivery, Offer
from catalog.services.deliveries import MOST_SCANNED, Scan

HIGHEST_ID = 2**63 - 1
LONGEST_TITLE = 60  # characters of it in a sentence that is read from afar
COPIES = gettext_lazy(
    "The number of copies is from 1 to 10,000. If an ISBN landed in that field, please scan it again."
)
PRICE = gettext_lazy("A price is above 0 and has at most two decimal places.")


class News(NamedTuple):
    """What the desk is told: how it went, as a level of Django's messages, and a sentence."""

    level: int
    sentence: str


class DeskForm(forms.Form):
    """What one act needs."""

    def act(self, delivery: Delivery, actor: User) -> News:
        raise NotImplementedError


class ScanForm(DeskForm):
    isbn = forms.CharField(
        max_length=100,
        error_messages={
            "required": gettext_lazy("Please scan or type an ISBN."),
            "max_length": gettext_lazy("That is too long for an ISBN."),
        },
    )
    copies = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_SCANNED,
        error_messages={"invalid": COPIES, "min_value": COPIES, "max_value": COPIES},
    )

    def act(self, delivery: Delivery, actor: User) -> News:
        isbn, copies = self.cleaned_data["isbn"], self.cleaned_data["copies"] or 1
        return news_of(delivery, services.receive_copies(delivery.pk, isbn, copies, actor=actor))


class TakeBackForm(DeskForm):
    line = forms.IntegerField(min_value=1, max_value=HIGHEST_ID)
    copies = forms.IntegerField(min_value=1, max_value=HIGHEST_ID)

    def act(self, delivery: Delivery, actor: User) -> News:
        copies = self.cleaned_data["copies"]
        services.take_back_copies(delivery.pk, self.cleaned_data["line"], copies, actor=actor)
        words = ngettext(
            "Undone: %(copies)d copy was taken back.", "Undone: %(copies)d copies were taken back.", copies
        )
        return News(messages.INFO, words % {"copies": copies})


class KeptAsideForm(DeskForm):
    kept_aside = forms.IntegerField(min_value=1, max_value=HIGHEST_ID)


class ReceiveForm(KeptAsideForm):
    price = forms.DecimalField(
        required=False,
        max_digits=10,
        decimal_places=2,
        localize=True,
        error_messages=dict.fromkeys(["invalid", "max_digits", "max_decimal_places", "max_whole_digits"], PRICE),
    )

    def act(self, delivery: Delivery, actor: User) -> News:
        price = self.cleaned_data["price"]
        if price is not None and not actor.has_perm("catalog.add_offer"):
            raise Denied
        pk = self.cleaned_data["kept_aside"]
        return news_of(delivery, services.receive_kept_aside(delivery.pk, pk, price=price, actor=actor))


class DropForm(KeptAsideForm):
    def act(self, delivery: Delivery, actor: User) -> News:
        services.drop_kept_aside(delivery.pk, self.cleaned_data["kept_aside"])
        return News(messages.INFO, _("Struck off: these copies are not received."))


TYPED = {"isbn", "copies", "price"}  # the fields that people fill in
ACTS: dict[str, type[DeskForm]] = {
    "scan": ScanForm,
    "take-back": TakeBackForm,
    "receive": ReceiveForm,
    "drop": DropForm,
}


def perform(name: str, delivery: Delivery, request: HttpRequest) -> News:
    """Do what a form of the desk asks for, once however often it is sent, and say what came of it."""
    form = ACTS[name](request.POST)
    if not form.is_valid():
        field, sentences = next(iter(form.errors.items()))
        return News(messages.ERROR, sentences[0] if field in TYPED else str(DeliveryChanged.message))
    told: list[News] = []

    def act() -> str:
        told.append(form.act(delivery, request.user))
        return delivery.get_absolute_url()

    try:
        once_per_form(request, act)
    except DomainError as error:
        return News(messages.ERROR, " ".join(map(str, error.fields.values() or [error.message])))
    return told[0] if told else News(messages.INFO, _("This was sent twice. It counts once."))


def news_of(delivery: Delivery, scan: Scan) -> News:
    """Say what became of scanned copies."""
    if scan.line:
        return _received(scan.line.offer, scan.copies)
    isbn = scan.kept_aside.isbn if scan.kept_aside else ""
    book = Book.objects.public().filter(isbn=isbn).first()
    if book is None:
        sentence = _("%(isbn)s is not in the catalogue. Kept aside: %(copies)d.")
    else:
        sentence = _("“%(title)s”: %(seller)s has no offer yet. Kept aside: %(copies)d.")
    values = {"isbn": hyphenated(isbn), "title": short(book), "seller": delivery.seller, "copies": scan.copies}
    return News(messages.WARNING, sentence % values)


def _received(offer: Offer, copies: int) -> News:
    values = {"title": short(offer.book), "copies": copies, "stock": offer.stock_quantity}
    if offer.is_active:
        return News(messages.SUCCESS, _("“%(title)s”: +%(copies)d, now %(stock)d in stock.") % values)
    sentence = _("“%(title)s”: +%(copies)d, now %(stock)d in stock. The offer is inactive: shoppers do not see it.")
    return News(messages.WARNING, sentence % values)


def short(book: Book | None) -> str:
    return Truncator(book.title).chars(LONGEST_TITLE) if book else ""
