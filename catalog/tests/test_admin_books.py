"""What staff do with a book in the admin: whatever the form was refused, nothing of it is saved."""

from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from accounts.tests.factories import StaffFactory
from bookstore.core.models import Change
from catalog import services
from catalog.models import Book, Format, Offer, Role, StockMovement
from catalog.tests.admin_forms import open_form, save_form
from catalog.tests.factories import BookFactory, ContributorFactory, OfferFactory, SellerFactory

pytestmark = pytest.mark.django_db

ADD = "/admin/catalog/book/add/"


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(StaffFactory(email="staff@example.com"))
    return client


def page_of(book: Book) -> str:
    return reverse("admin:catalog_book_change", args=[book.pk])


def row(prefix: str, **values: Any) -> dict[str, Any]:
    """What adding one row below the form sends."""
    return {f"{prefix}-TOTAL_FORMS": 1, **{f"{prefix}-0-{name}": value for name, value in values.items()}}


# Details


def test_details_are_changed_and_the_change_is_logged(staff):
    book = BookFactory(title="Emma")
    form = open_form(staff, page_of(book))
    assert save_form(staff, page_of(book), form, title="Persuasion", isbn="0-306-40615-2", language="EN-gb") == {}
    book.refresh_from_db()
    assert (book.title, book.sort_title, book.isbn, book.language) == (
        "Persuasion", "persuasion", "9780306406157", "en-GB",
    )  # fmt: skip
    entry = Change.objects.get()
    assert (entry.actor.email, entry.values) == (
        "staff@example.com",
        {"title": ["Emma", "Persuasion"], "isbn": ["", "9780306406157"], "language": ["en", "en-GB"]},
    )


def test_only_what_was_changed_in_the_form_is_saved(staff):
    offer = OfferFactory(price=Decimal("10.00"))
    form = open_form(staff, page_of(offer.book))
    services.update_book(offer.book_id, {"publisher": "Lantern"})
    services.change_offer(offer.pk, price=Decimal("12.00"))
    assert save_form(staff, page_of(offer.book), form, title="Emma", offers_0_stock_change="+1") == {}
    book = Book.objects.get()
    assert (book.title, book.publisher, book.price) == ("Emma", "Lantern", Decimal("12.00"))


def test_the_isbn_of_another_book_is_refused_beside_its_field(staff):
    BookFactory(isbn="9780306406157")
    book = BookFactory(title="Emma")
    errors = save_form(staff, page_of(book), open_form(staff, page_of(book)), title="X", isbn="9780306406157")
    assert errors == {"isbn": ["Another book has this ISBN already."]}
    book.refresh_from_db()
    assert (book.title, book.isbn) == ("Emma", "")
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("isbn", "9780306406158"),
        ("language", "klingonese"),
        ("title", "\0"),
        ("genre", "abc"),
        ("genre", "9" * 30),
        ("pages", "0"),
        ("first_published_year", "99999"),
        ("offers_0_price", "0"),
        ("offers_0_price", "NaN"),
        ("offers_0_stock_change", "many"),
        ("offers_0_stock_change", "9" * 5000),
    ],
)
def test_a_bad_value_is_refused_beside_its_field(staff, field, value):
    offer = OfferFactory()
    errors = save_form(staff, page_of(offer.book), open_form(staff, page_of(offer.book)), **{field: value})
    assert list(errors) == [field.replace("offers_0_", "offers-0-")]
    assert Offer.objects.get().price == Decimal("10.00")


def test_a_new_book_is_added_with_its_contributors_and_offers(staff):
    author, seller = ContributorFactory(name="Tove Jansson"), SellerFactory()
    rows = row("contributions", contributor=author.pk, role="A01")
    rows |= row("offers", seller=seller.pk, price="9.50", stock_quantity=4, is_active="on")
    form = open_form(staff, ADD) | rows
    assert save_form(staff, ADD, form, title="The Summer Book", format=Format.PAPERBACK) == {}
    book = Book.objects.get()
    assert (book.byline, book.price, book.in_stock) == (
        "Tove Jansson", Decimal("9.50"), True,
    )  # fmt: skip
    assert StockMovement.objects.get().actor.email == "staff@example.com"


def test_a_new_book_that_is_refused_leaves_nothing_behind(staff):
    BookFactory(isbn="9780306406157")
    form = open_form(staff, ADD)
    errors = save_form(staff, ADD, form, title="Twin", format=Format.OTHER, isbn="9780306406157")
    assert errors == {"isbn": ["Another book has this ISBN already."]}
    assert Book.objects.count() == 1


# Contributors


def test_a_byline_that_only_names_the_authors_follows_them(staff):
    book, second = BookFactory(authors=["Ann"]), ContributorFactory(name="Bea")
    form = open_form(staff, page_of(book))
    form |= {"contributions-TOTAL_FORMS": 2, "contributions-1-contributor": second.pk, "contributions-1-role": "A01"}
    assert save_form(staff, page_of(book), form) == {}
    book.refresh_from_db()
    assert book.byline == "Ann, Bea"


def test_a_byline_of_its_own_stays_until_it_is_emptied(staff):
    book = BookFactory(authors=["Ann", "Bea"])
    services.update_book(book.pk, {"byline": "A. & B."})
    form = open_form(staff, page_of(book))
    assert save_form(staff, page_of(book), {**form, "contributions-0-DELETE": "on"}) == {}
    book.refresh_from_db()
    assert book.byline == "A. & B."
    assert save_form(staff, page_of(book), open_form(staff, page_of(book)), byline="") == {}
    book.refresh_from_db()
    assert book.byline == "Bea"


def test_contributors_stand_in_the_order_they_were_put_in_and_new_ones_last(staff):
    book, third = BookFactory(authors=["Ann", "Bea"]), ContributorFactory(name="Cay")
    form = open_form(staff, page_of(book))
    form |= {"contributions-TOTAL_FORMS": 3, "contributions-2-contributor": third.pk, "contributions-2-role": "B06"}
    form |= {"contributions-0-position": 1, "contributions-1-position": 0, "contributions-2-position": ""}
    assert save_form(staff, page_of(book), form) == {}
    assert [str(one) for one in book.contributions.all()] == ["Bea (author)", "Ann (author)", "Cay (translator)"]


def test_one_contributor_is_named_once_for_one_role(staff):
    book, author = BookFactory(authors=["Ann"]), ContributorFactory(name="Bea")
    form = open_form(staff, page_of(book)) | {"contributions-TOTAL_FORMS": 3}
    form |= {f"contributions-{n}-{name}": value for n in (1, 2) for name, value in
             {"contributor": author.pk, "role": Role.AUTHOR}.items()}  # fmt: skip
    assert list(save_form(staff, page_of(book), form)) == ["contributions", "contributions-2-__all__"]
    assert book.contributions.count() == 1


# Offers and stock


def test_a_sale_since_the_form_was_opened_is_kept(staff):
    offer = OfferFactory(stock_quantity=5)
    form = open_form(staff, page_of(offer.book))
    services.take_stock({offer.pk: 2}, order_number="A-1")
    assert save_form(staff, page_of(offer.book), form, offers_0_stock_change="+3") == {}
    assert Offer.objects.get().stock_quantity == 6
    movement = StockMovement.objects.first()
    assert (movement.delta, movement.reason, movement.actor.email) == (3, "CORRECTED", "staff@example.com")


@pytest.mark.parametrize("typed", ["-1", "\N{MINUS SIGN}1"])
def test_copies_are_taken_away_with_either_minus(staff, typed):
    offer = OfferFactory(stock_quantity=1)
    assert (
        save_form(staff, page_of(offer.book), open_form(staff, page_of(offer.book)), offers_0_stock_change=typed) == {}
    )
    assert Offer.objects.get().stock_quantity == 0
    assert Book.objects.get().in_stock is False


def test_a_difference_below_zero_is_refused_and_nothing_of_the_form_is_saved(staff):
    offer = OfferFactory(book=BookFactory(title="Emma"), stock_quantity=1)
    other = OfferFactory(book=offer.book, stock_quantity=1)
    form = open_form(staff, page_of(offer.book))
    errors = save_form(
        staff, page_of(offer.book), form, title="X", offers_0_stock_change="+4", offers_1_stock_change="-2"
    )
    assert errors == {"offers-1-stock_change": ["There are not that many copies left."]}
    offer.refresh_from_db(), other.refresh_from_db(), offer.book.refresh_from_db()
    assert (offer.stock_quantity, other.stock_quantity, offer.book.title) == (1, 1, "Emma")


def test_price_and_activity_are_changed_and_an_offer_withdrawn(staff):
    kept = OfferFactory(price=Decimal("8.00"))
    gone = OfferFactory(book=kept.book, price=Decimal("7.00"))
    form = open_form(staff, page_of(kept.book))
    assert save_form(staff, page_of(kept.book), form, offers_0_price="9.00", **{"offers-1-is_withdrawn": "on"}) == {}
    gone.refresh_from_db()
    assert (gone.is_active, gone.withdrawn_at is None) == (False, False)
    assert Book.objects.get().price == Decimal("9.00")
    form = open_form(staff, page_of(kept.book))
    del form["offers-0-is_active"]
    assert save_form(staff, page_of(kept.book), form) == {}
    assert Book.objects.get().price is None


def test_a_seller_offers_a_book_once(staff):
    offer = OfferFactory()
    form = open_form(staff, page_of(offer.book)) | row("offers-2", seller=offer.seller_id, price="1", stock_quantity=0)
    assert save_form(staff, page_of(offer.book), form) == {
        "offers-2-0-seller": ["This seller offers this book already."]
    }
    assert Offer.objects.count() == 1


def test_an_offer_that_was_withdrawn_meanwhile_is_said_to_be_gone(staff):
    offer = OfferFactory()
    form = open_form(staff, page_of(offer.book))
    services.withdraw_offer(offer.pk)
    errors = save_form(staff, page_of(offer.book), form, offers_0_stock_change="+1")
    assert errors["offers"] == ["A row was removed by someone else meanwhile. Please load the page again."]
    assert Offer.objects.get().stock_quantity == 3


# Archiving


def test_a_book_is_archived_after_a_question(staff):
    offer = OfferFactory()
    url = f"/admin/catalog/book/archive/?id={offer.book_id}"
    assert staff.get(url).status_code == 200
    assert Book.objects.get().archived_at is None
    staff.post(url)
    book = Book.objects.get()
    assert (book.archived_at is None, book.price, Offer.objects.get().is_active) == (False, None, False)
    entry = Change.objects.about([book]).get()
    assert (entry.actor.email, [*entry.values]) == ("staff@example.com", ["archived_at"])


def test_chosen_books_are_archived_together(staff):
    first, second, third = BookFactory.create_batch(3)
    chosen = {"action": "archive_selected", "_selected_action": [first.pk, second.pk], "index": 0}
    question = staff.post("/admin/catalog/book/", chosen)
    staff.post(question.url)
    assert list(Book.objects.public()) == [third]


def test_an_archived_book_is_shown_only_when_asked_for_and_cannot_be_changed(staff):
    book = BookFactory(title="Emma")
    services.archive_book(book.pk)
    assert staff.get("/admin/catalog/book/").context["cl"].result_count == 0
    assert list(staff.get("/admin/catalog/book/?shelf=archived").context["cl"].result_list) == [book]
    assert not staff.get(page_of(book)).context["has_change_permission"]
    assert staff.post(page_of(book), {"title": "X"}).status_code == 403
    assert staff.get(page_of(book).replace("change", "delete")).status_code == 403


# Cover


def picture(name: str = "window.png", *, form: str = "PNG") -> SimpleUploadedFile:
    drawn = BytesIO()
    Image.new("RGB", (20, 30), "navy").save(drawn, form)
    return SimpleUploadedFile(name, drawn.getvalue())


def test_an_uploaded_cover_is_shown_on_the_page_and_to_clients(staff):
    book = BookFactory()
    form = open_form(staff, page_of(book))
    assert save_form(staff, page_of(book), form, cover_image=picture()) == {}
    shown = staff.get(f"/api/v1/books/{book.pk}").json()["cover_image_url"]
    assert shown.startswith("http://testserver/media/covers/window")
    assert staff.get(shown).headers["Content-Type"] == "image/png"
    assert shown.removeprefix("http://testserver") in staff.get(book.get_absolute_url()).text


def test_an_uploaded_cover_can_be_taken_off(staff):
    book = BookFactory()
    save_form(staff, page_of(book), open_form(staff, page_of(book)), cover_image=picture())
    form = open_form(staff, page_of(book))
    assert save_form(staff, page_of(book), form, **{"cover_image-clear": "on"}) == {}
    assert Book.objects.get().cover_image.name == ""


@pytest.mark.parametrize(
    "upload",
    [
        SimpleUploadedFile("page.png", b"<script>alert(1)</script>"),
        SimpleUploadedFile("drawn.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        picture("moving.gif", form="GIF"),
        SimpleUploadedFile("large.png", picture().read() + b"\0" * 5 * 2**20),
    ],
    ids=lambda upload: upload.name,
)
def test_what_is_no_fit_picture_is_refused(staff, upload):
    book = BookFactory()
    form = open_form(staff, page_of(book))
    assert list(save_form(staff, page_of(book), form, title="Changed", cover_image=upload)) == ["cover_image"]
    assert (Book.objects.get().cover_image.name, Book.objects.get().title) == ("", book.title)
