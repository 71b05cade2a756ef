from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.tests.api import problem
from accounts.tests.factories import StaffFactory, UserFactory
from catalog import services
from catalog.models import Book, Offer
from catalog.tests.factories import BookFactory, GenreFactory, OfferFactory, SellerFactory, SeriesFactory

pytestmark = pytest.mark.django_db

ISBN = "9780261102217"


def fields_at_fault(response: Any) -> list[str]:
    assert problem(response) == (400, "VALIDATION_ERROR")
    return [error["field"] for error in response.json()["errors"]]


def titles(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [item["title"] for item in response.json()["items"]]


# Reading


def test_a_book_is_shown_as_the_contract_says(api):
    genre = GenreFactory(name="Fantasy")
    book = BookFactory(
        title="The Hobbit", authors=["J. R. R. Tolkien"], isbn=ISBN, genre=genre,
        series=SeriesFactory(name="Middle-earth"),
        series_number="1", publisher="Allen & Unwin", pages=310, publish_date="1937-09-21", first_published_year=1937,
    )  # fmt: skip
    store = services.store_seller()
    offer = OfferFactory(book=book, seller=store, price=Decimal("9.90"), stock_quantity=4)
    shown = api.get(f"/api/v1/books/{book.pk}").json()
    author = book.contributors.get()
    assert shown.pop("created_at").endswith("Z") and shown.pop("updated_at").endswith("Z")
    assert shown == {
        "id": book.pk, "slug": "the-hobbit", "title": "The Hobbit", "subtitle": None, "author": "J. R. R. Tolkien",
        "authors": [{"id": author.pk, "name": "J. R. R. Tolkien", "slug": "j-r-r-tolkien"}],
        "isbn": ISBN, "genre_id": genre.pk, "genre": {"id": genre.pk, "name": "Fantasy", "slug": "fantasy"},
        "series": {"name": "Middle-earth", "number": "1"}, "price": "9.90", "currency": "EUR", "stock_quantity": 4,
        "in_stock": True, "format": "PAPERBACK", "language": "en", "publisher": "Allen & Unwin", "pages": 310,
        "publish_date": "1937-09-21", "first_published_year": 1937, "cover_image_url": None,
        "url": f"/books/{book.pk}/the-hobbit/", "description": "",
        "offers": [{
            "id": offer.pk, "seller": {"id": store.pk, "name": store.name, "slug": store.slug}, "price": "9.90",
            "currency": "EUR", "stock_quantity": 4, "in_stock": True,
        }],
    }  # fmt: skip


def test_price_is_the_best_offers_and_stock_sums_the_active_ones(api):
    book = BookFactory()
    OfferFactory(book=book, price=Decimal("5.00"), stock_quantity=0)
    OfferFactory(book=book, price=Decimal("8.00"), stock_quantity=2)
    OfferFactory(book=book, price=Decimal("7.50"), stock_quantity=3)
    OfferFactory(book=book, price=Decimal("1.00"), stock_quantity=9, is_active=False)
    shown = api.get(f"/api/v1/books/{book.pk}").json()
    assert (shown["price"], shown["stock_quantity"], shown["in_stock"]) == ("7.50", 5, True)
    assert [offer["price"] for offer in shown["offers"]] == ["7.50", "8.00", "5.00"]


@pytest.mark.parametrize("title", ["The Hobbit", "żółw", "吾輩は猫である", "50% & more?", "~", "a/b"])
def test_a_book_names_the_address_of_its_page(api, title):
    book = BookFactory(title=title)
    assert api.get(f"/api/v1/books/{book.pk}").json()["url"] == book.get_absolute_url()


def test_a_list_says_how_many_there_are_and_which_page_it_is(api):
    for title in "cab":
        BookFactory(title=title)
    shown = api.get("/api/v1/books?size=2").json()
    assert [item["title"] for item in shown["items"]] == ["a", "b"]
    assert (shown["total"], shown["page"], shown["size"]) == (3, 1, 2)
    assert titles(api.get("/api/v1/books", {"size": 2, "cursor": shown["next"]})) == ["c"]
    assert titles(api.get("/api/v1/books?size=2&page=9")) == []


def test_a_trailing_slash_makes_no_difference(api):
    book = BookFactory()
    assert api.get("/api/v1/books/").json() == api.get("/api/v1/books").json()
    assert api.get(f"/api/v1/books/{book.pk}/").status_code == 200


def test_a_copy_that_still_holds_is_not_sent_again(api):
    book = BookFactory()
    first = api.get(f"/api/v1/books/{book.pk}")
    assert first["Cache-Control"] == "no-cache"
    again = api.get(f"/api/v1/books/{book.pk}", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    services.update_book(book.pk, {"title": "Another"})
    assert api.get(f"/api/v1/books/{book.pk}", headers={"If-None-Match": first["ETag"]}).status_code == 200


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("genre=fiction", ["Dune", "Emma"]),
        ("genre=science-fiction", ["Dune"]),
        ("author=auste", ["Emma"]),
        ("author=GARCIA", ["Cien años"]),
        ("min_price=10", ["Cien años", "Dune"]),
        ("max_price=9.99", ["Emma"]),
        ("in_stock=true", ["Cien años", "Dune"]),
        ("in_stock=false", ["Emma", "Zettel"]),
        ("format=HARDCOVER", ["Emma"]),
        ("language=es", ["Cien años"]),
        ("language=en", ["Dune", "Emma"]),
        ("published_after=1965-08-01", ["Cien años", "Dune"]),
        ("published_before=1965-08-01", ["Dune", "Emma"]),
        ("genre=fiction&in_stock=true", ["Dune"]),
        ("sort=-title", ["Zettel", "Emma", "Dune", "Cien años"]),
        ("sort=price", ["Emma", "Dune", "Cien años", "Zettel"]),
        ("sort=-price", ["Cien años", "Dune", "Emma", "Zettel"]),
        ("sort=date", ["Emma", "Dune", "Cien años", "Zettel"]),
        ("sort=-date", ["Cien años", "Dune", "Emma", "Zettel"]),
        ("sort=created_at", ["Dune", "Emma", "Cien años", "Zettel"]),
    ],
)
def test_lists_are_filtered_and_sorted(api, query, found):
    fiction = GenreFactory(name="Fiction")
    sf = GenreFactory(name="Science fiction", parent=fiction)
    dune = BookFactory(title="Dune", genre=sf, language="en-US", publish_date="1965-08-01", authors=["Frank Herbert"])
    emma = BookFactory(
        title="Emma", genre=fiction, format="HARDCOVER", publish_date="1815-12-23", authors=["Jane Austen"]
    )
    cien = BookFactory(title="Cien años", language="es", publish_date="1967-05-30", authors=["Gabriel García Márquez"])
    BookFactory(title="Zettel", language="de")
    OfferFactory(book=dune, price=Decimal("10.00"))
    OfferFactory(book=emma, price=Decimal("9.99"), stock_quantity=0)
    OfferFactory(book=cien, price=Decimal("12.00"))
    listed = titles(api.get(f"/api/v1/books?{query}"))
    assert (listed if "sort=" in query else sorted(listed)) == found


def test_with_a_seller_price_stock_and_order_are_that_sellers(api):
    ours, theirs = SellerFactory(), SellerFactory(name="Harbour Lane")
    cheap_here = BookFactory(title="B")
    OfferFactory(book=cheap_here, seller=ours, price=Decimal("1.00"))
    OfferFactory(book=cheap_here, seller=theirs, price=Decimal("20.00"), stock_quantity=0)
    OfferFactory(book=BookFactory(title="A"), seller=theirs, price=Decimal("10.00"), stock_quantity=2)
    OfferFactory(book=BookFactory(title="C"), seller=ours)
    shown = api.get("/api/v1/books?seller=harbour-lane&sort=-price").json()["items"]
    assert [(book["title"], book["price"], book["stock_quantity"], book["in_stock"]) for book in shown] == [
        ("B", "20.00", 0, False),
        ("A", "10.00", 2, True),
    ]


@pytest.mark.parametrize(
    "query",
    [
        "genre=nowhere", "seller=99999", "min_price=cheap", "min_price=-1", "max_price=1e999", "min_price=NaN",
        "max_price=1.999", "in_stock=maybe", "in_stock=1", "format=SCROLL", "language=zzz",
        "published_after=yesterday", "published_before=2020-13-01", "published_after=01/02/2020", "sort=colour",
        "author=" + "x" * 201, "page=0", "page=x", "page=-1", "size=0", "size=101", "size=1.5", "cursor=forged",
        "page=99999999999999999999999", "author=%00", "author=%ff", "language=" + "a" * 50,
    ],
)  # fmt: skip
def test_a_bad_parameter_is_named_and_refused(api, query):
    BookFactory()
    assert problem(api.get(f"/api/v1/books?{query}")) == (400, "VALIDATION_ERROR")


def test_an_empty_parameter_asks_for_nothing(api):
    BookFactory()
    assert len(titles(api.get("/api/v1/books?seller=&language=%20&min_price=&sort=&format="))) == 1


@pytest.mark.parametrize("path", ["books/0", "books/999999999999999999", "books/99999999999999999999999", "books/x"])
def test_an_unknown_book_is_not_found(api, path):
    assert api.get(f"/api/v1/{path}").status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_books(api, django_assert_num_queries):
    for _ in range(2):
        for _ in range(15):
            OfferFactory(book=BookFactory(genre=GenreFactory(), series=SeriesFactory(), authors=["A", "B"]))
        with django_assert_num_queries(3):
            api.get("/api/v1/books?size=100")


# Writing


BOOK = {"title": "Momo", "author": "Michael Ende", "price": "12.50"}


def test_staff_write_a_book(staff):
    genre = GenreFactory()
    response = staff.post(
        "/api/v1/books",
        BOOK | {
            "isbn": "0-261-10221-4", "genre_id": genre.pk, "description": "Time thieves.", "publish_date": "1973-01-01",
            "publisher": "Thienemann", "language": "deu", "format": "HARDCOVER", "pages": 304, "stock_quantity": 7,
            "subtitle": "oder Die seltsame Geschichte", "colour": "red",
            "cover_image_url": "https://example.com/momo.jpg",
        },
    )  # fmt: skip
    assert response.status_code == 201
    shown = response.json()
    assert (shown["isbn"], shown["language"], shown["price"], shown["stock_quantity"]) == (ISBN, "de", "12.50", 7)
    assert staff.get(f"/api/v1/books/{shown['id']}").json() == shown


def test_several_authors_are_parted_by_semicolons(staff):
    shown = staff.post("/api/v1/books", BOOK | {"author": "Terry Pratchett; Neil Gaiman"}).json()
    assert shown["author"] == "Terry Pratchett, Neil Gaiman"
    assert [author["name"] for author in shown["authors"]] == ["Terry Pratchett", "Neil Gaiman"]


def test_putting_back_what_was_read_changes_nothing(staff):
    shown = staff.post("/api/v1/books", BOOK | {"author": "Terry Pratchett; Neil Gaiman"}).json()
    again = staff.put(f"/api/v1/books/{shown['id']}", {key: value for key, value in shown.items()})
    assert again.status_code == 200
    assert again.json() | {"updated_at": None} == shown | {"updated_at": None}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"isbn": "9780261102218"}, "isbn"), ({"isbn": "x"}, "isbn"), ({"price": "0"}, "price"),
        ({"price": -1}, "price"),
        ({"price": "1.999"}, "price"), ({"price": "1e3"}, "price"), ({"price": True}, "price"),
        ({"price": []}, "price"),
        ({"price": None}, "price"), ({"genre_id": 99999}, "genre_id"), ({"genre_id": "1"}, "genre_id"),
        ({"genre_id": 10**30}, "genre_id"), ({"title": ""}, "title"), ({"title": "  "}, "title"),
        ({"title": "x" * 501}, "title"), ({"title": 5}, "title"), ({"title": "a\x00b"}, "title"),
        ({"author": ";"}, "author"),
        ({"author": "x" * 201}, "author"), ({"stock_quantity": -1}, "stock_quantity"),
        ({"stock_quantity": 10**9}, "stock_quantity"), ({"stock_quantity": 1.5}, "stock_quantity"),
        ({"stock_quantity": "3"}, "stock_quantity"), ({"pages": 0}, "pages"), ({"pages": True}, "pages"),
        ({"publish_date": "soon"}, "publish_date"), ({"publish_date": "0001-01-01"}, "publish_date"),
        ({"publish_date": 5}, "publish_date"), ({"format": "SCROLL"}, "format"), ({"language": "zzz"}, "language"),
        ({"cover_image_url": "javascript:alert(1)"}, "cover_image_url"), ({"description": "x" * 20_001}, "description"),
    ],
)  # fmt: skip
def test_a_bad_field_is_named_and_nothing_is_written(staff, change, field):
    assert fields_at_fault(staff.post("/api/v1/books", BOOK | change)) == [field]
    assert not Book.objects.exists()


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'"x"', b"{", b'{"title": NaN}', b'{"price": 1e999}', b'{"title": "\\ud800"}', b"\xff", b"[" * 10**5],
)
def test_a_malformed_body_is_refused(staff, body):
    response = staff.generic("POST", "/api/v1/books", body, content_type="application/json")
    assert problem(response) == (400, "VALIDATION_ERROR")


def test_a_form_is_not_json(staff):
    response = staff.generic("POST", "/api/v1/books", b"title=x", content_type="application/x-www-form-urlencoded")
    assert problem(response) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_an_isbn_belongs_to_one_book(staff):
    staff.post("/api/v1/books", BOOK | {"isbn": ISBN})
    assert problem(staff.post("/api/v1/books", BOOK | {"isbn": "0261102214"})) == (409, "BOOK_ISBN_CONFLICT")
    assert Book.objects.count() == 1


def test_an_archived_book_is_gone_and_its_isbn_free(staff):
    shown = staff.post("/api/v1/books", BOOK | {"isbn": ISBN, "stock_quantity": 3}).json()
    assert staff.delete(f"/api/v1/books/{shown['id']}").status_code == 204
    assert problem(staff.get(f"/api/v1/books/{shown['id']}")) == (404, "BOOK_NOT_FOUND")
    assert problem(staff.delete(f"/api/v1/books/{shown['id']}")) == (404, "BOOK_NOT_FOUND")
    assert titles(staff.get("/api/v1/books")) == []
    assert staff.post("/api/v1/books", BOOK | {"isbn": ISBN}).status_code == 201


def test_a_patch_changes_only_what_it_names(staff):
    shown = staff.post("/api/v1/books", BOOK | {"pages": 304, "stock_quantity": 3}).json()
    changed = staff.patch(f"/api/v1/books/{shown['id']}", {"price": 9, "subtitle": "New"}).json()
    assert (changed["price"], changed["subtitle"], changed["pages"], changed["stock_quantity"]) == (
        "9.00",
        "New",
        304,
        3,
    )


def test_a_put_clears_what_it_leaves_out(staff):
    shown = staff.post("/api/v1/books", BOOK | {"pages": 304, "stock_quantity": 3}).json()
    changed = staff.put(f"/api/v1/books/{shown['id']}", BOOK | {"title": "Momo!"}).json()
    assert (changed["title"], changed["pages"], changed["stock_quantity"]) == ("Momo!", None, 3)


def test_the_stock_is_set_for_the_store_or_the_seller_named(staff):
    book, other = BookFactory(), SellerFactory()
    OfferFactory(book=book, seller=services.store_seller(), stock_quantity=1)
    OfferFactory(book=book, seller=other, stock_quantity=1)
    path = f"/api/v1/books/{book.pk}/stock"
    assert staff.patch(path, {"quantity": 5}).json()["stock_quantity"] == 6
    assert staff.patch(path, {"quantity": 0, "seller_id": other.pk}).json()["stock_quantity"] == 5
    assert problem(staff.patch(path, {"quantity": 1, "seller_id": 10**9})) == (404, "OFFER_NOT_FOUND")
    assert fields_at_fault(staff.patch(path, {"quantity": -1})) == ["quantity"]
    assert problem(staff.patch("/api/v1/books/999999999/stock", {"quantity": 1})) == (404, "BOOK_NOT_FOUND")


def test_one_key_writes_one_book(staff):
    first = staff.post("/api/v1/books", BOOK, headers={"Idempotency-Key": "a"})
    again = staff.post("/api/v1/books", BOOK, headers={"Idempotency-Key": "a"})
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again["Idempotent-Replayed"] == "true"
    assert Book.objects.count() == 1


# Who may


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "books"), ("put", "books/1"), ("patch", "books/1"), ("delete", "books/1"), ("patch", "books/1/stock"),
        ("get", "books/1/offers"), ("post", "books/1/offers"), ("patch", "offers/1"), ("delete", "offers/1"),
        ("post", "genres"), ("patch", "genres/1"), ("delete", "genres/1"), ("post", "sellers"), ("patch", "sellers/1"),
    ],
)  # fmt: skip
def test_only_staff_may_write(api, method, path):
    assert problem(getattr(api, method)(f"/api/v1/{path}", {})) == (401, "AUTH_REQUIRED")
    api.force_login(UserFactory())
    assert problem(getattr(api, method)(f"/api/v1/{path}", {})) == (403, "FORBIDDEN")


def test_a_browsers_session_needs_the_csrf_token_and_its_own_site():
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(StaffFactory())
    post = {"path": "/api/v1/books", "data": BOOK, "content_type": "application/json"}
    assert browser.post(**post).status_code == 403
    browser.get("/")
    token = {"X-CSRFToken": browser.cookies["csrftoken"].value}
    assert browser.post(**post, headers=token | {"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert browser.post(**post, headers=token).status_code == 201


def test_a_sellers_member_edits_only_their_own_offers(api):
    ours, theirs = SellerFactory(), SellerFactory()
    member = UserFactory()
    ours.members.add(member)
    api.force_login(member)
    book = BookFactory()
    foreign = OfferFactory(book=book, seller=theirs)
    made = api.post(f"/api/v1/books/{book.pk}/offers", {"seller_id": ours.pk, "price": "8.00", "stock_quantity": 2})
    assert made.status_code == 201
    offers = api.get(f"/api/v1/books/{book.pk}/offers").json()["items"]
    assert [offer["id"] for offer in offers] == [made.json()["id"]]
    assert problem(api.patch(f"/api/v1/offers/{foreign.pk}", {"price": "1.00"})) == (404, "OFFER_NOT_FOUND")
    assert problem(api.delete(f"/api/v1/offers/{foreign.pk}")) == (404, "OFFER_NOT_FOUND")
    stranger = {"seller_id": theirs.pk, "price": "1.00"}
    assert problem(api.post(f"/api/v1/books/{book.pk}/offers", stranger)) == (404, "SELLER_NOT_FOUND")
    assert Offer.objects.get(pk=foreign.pk).price == Decimal("10.00")


def test_an_offer_is_made_changed_and_withdrawn(staff):
    book, seller = BookFactory(), SellerFactory()
    path = f"/api/v1/books/{book.pk}/offers"
    made = staff.post(path, {"seller_id": seller.pk, "price": "8.00", "stock_quantity": 2}).json()
    assert problem(staff.post(path, {"seller_id": seller.pk, "price": "9.00"})) == (409, "OFFER_CONFLICT")
    changed = staff.patch(f"/api/v1/offers/{made['id']}", {"is_active": False}).json()
    assert (changed["is_active"], changed["price"], changed["in_stock"]) == (False, "8.00", False)
    assert staff.get(f"/api/v1/books/{book.pk}").json()["price"] is None
    assert staff.delete(f"/api/v1/offers/{made['id']}").status_code == 204
    assert problem(staff.patch(f"/api/v1/offers/{made['id']}", {})) == (404, "OFFER_NOT_FOUND")
    assert staff.get(path).json() == {"items": []}
