"""The wishlist's page, the hearts that lead onto it, and the page that others see."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.tests.factories import PASSWORD, UserFactory
from cart.models import CartItem
from catalog import services as catalogue
from catalog.models import Book, Offer
from catalog.tests.factories import BookFactory, OfferFactory
from wishlist import services
from wishlist.models import SharedWishlist, Wish

pytestmark = pytest.mark.django_db

PAGE = "/wishlist/"


@pytest.fixture
def ada(client: Client) -> User:
    user = UserFactory(email="ada@example.com", full_name="Augusta Reader", password=PASSWORD)
    client.force_login(user)
    return user


@pytest.fixture
def offer() -> Offer:
    return OfferFactory(
        book=BookFactory(title="Middlemarch", authors=["George Eliot"]), price=Decimal("12.00"), stock_quantity=9
    )


def press(client: Client, book_id: int, wanted: str = "on", **headers: str) -> Any:
    headers = {"Referer": "http://testserver/books/?q=march", **headers}
    return client.post(f"{PAGE}books/{book_id}/", {"wanted": wanted}, headers=headers)


def titles(response: Any) -> list[str]:
    return [wish.book.title for wish in response.context["page"].items]


# Hearts


def test_a_heart_keeps_a_book_and_lets_it_go_and_the_reader_stays(client, ada, offer):
    for wanted, number in (("on", 1), ("on", 1), ("off", 0), ("off", 0)):
        answer = press(client, offer.book_id, wanted)
        assert (answer.status_code, answer["Location"]) == (302, "http://testserver/books/?q=march")
        assert Wish.objects.count() == number


@pytest.mark.parametrize("moved", ["9" * 5_000, "9" * 18, "-1", "x"])
def test_an_odd_word_of_what_was_moved_says_nothing(client, ada, moved):
    assert client.get(PAGE, {"moved": moved}).status_code == 200


def test_a_heart_says_whether_it_is_pressed_and_what_for(client, ada, offer):
    label = 'aria-label="Wishlist: Middlemarch"'
    assert f'aria-pressed="false" {label}' in client.get("/books/").text
    press(client, offer.book_id)
    for path in ("/books/", offer.book.get_absolute_url()):
        assert f'aria-pressed="true" {label}' in client.get(path).text


def test_htmx_gets_the_heart_alone(client, ada, offer):
    answer = press(client, offer.book_id, **{"HX-Request": "true"})
    assert (answer.status_code, "<html" in answer.text) == (200, False)
    assert 'aria-pressed="true"' in answer.text
    assert "“Middlemarch” is on your wishlist." in answer.text


@pytest.mark.parametrize("wanted", ["", "maybe"])
def test_nonsense_changes_nothing(client, ada, offer, wanted):
    assert press(client, offer.book_id, wanted).status_code == 302
    assert Wish.objects.count() == 0


def test_a_book_that_is_gone_is_refused_where_the_reader_was(client, ada):
    press(client, 10**9)
    assert "There is no such book." in client.get("/").text
    assert client.post(f"{PAGE}books/{'9' * 30}/", {"wanted": "on"}).status_code == 302


def test_a_list_asks_once_for_all_its_hearts_and_not_at_all_for_who_is_signed_out(client):
    books = [OfferFactory().book_id for _each in range(12)]

    def questions() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/books/").text.count('class="heart"') == 12
        return sum("wishlist_wish" in query["sql"] for query in queries)

    assert questions() == 0
    user = UserFactory()
    client.force_login(user)
    for book_id in books[:6]:
        services.add_wish(user, book_id)
    assert questions() == 1


# Signed out


def test_a_heart_leads_through_signing_in_and_back_with_the_wish(client, offer):
    user = UserFactory(email="ada@example.com", password=PASSWORD)
    answer = press(client, offer.book_id)
    sign_in = answer["Location"]
    assert sign_in.startswith("/accounts/login/?next=")
    assert "then the book is on your wishlist." in client.get(sign_in).text
    back = client.post(sign_in, {"login": user.email, "password": PASSWORD})
    assert back["Location"] == "http://testserver/books/?q=march"
    assert "The book is on your wishlist." in client.get("/").text
    assert [wish.book_id for wish in Wish.objects.of(user)] == [offer.book_id]


def test_a_heart_leads_through_signing_up_as_well(client, offer):
    sign_in = press(client, offer.book_id)["Location"]
    form = {"email": "new@example.com", "password1": PASSWORD}
    assert client.post(sign_in.replace("login", "signup"), form)["Location"] == "http://testserver/books/?q=march"
    assert Wish.objects.get().user.email == "new@example.com"


def test_wishes_that_cannot_be_kept_do_not_keep_anybody_out(client, offer):
    user = UserFactory(email="ada@example.com", password=PASSWORD)
    services.add_wish(user, offer.book_id)
    archived = BookFactory()
    for book_id in (archived.pk, offer.book_id):
        press(client, book_id)
    catalogue.archive_book(archived.pk)
    assert client.post("/accounts/login/", {"login": user.email, "password": PASSWORD}).status_code == 302
    assert client.get(PAGE).status_code == 200
    assert Wish.objects.count() == 1


def test_htmx_is_led_to_the_sign_in_page_too(client, offer):
    answer = press(client, offer.book_id, **{"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"][:22]) == (200, "/accounts/login/?next=")


def test_the_way_back_is_the_shops_own(client, offer):
    answer = press(client, offer.book_id, Referer="https://evil.example/books/")
    assert answer["Location"] == "/accounts/login/?next=/"


# The page


def test_the_page_shows_what_became_of_each_book(client, ada):
    names = ("Cheaper", "Dearer", "Sold out", "Archived")
    offers = {name: OfferFactory(book=BookFactory(title=name), price=Decimal("12.00")) for name in names}
    for offer in offers.values():
        services.add_wish(ada, offer.book_id)
    services.add_wish(ada, BookFactory(title="Never offered").pk)
    catalogue.change_offer(offers["Cheaper"].pk, price=Decimal("9.99"))
    catalogue.change_offer(offers["Dearer"].pk, price=Decimal("13.00"))
    catalogue.set_stock(offers["Sold out"].pk, 0)
    catalogue.archive_book(offers["Archived"].book_id)
    page = client.get(PAGE)
    assert titles(page) == ["Never offered", "Archived", "Sold out", "Dearer", "Cheaper"]
    assert page.text.count("Cheaper than when you saved it") == 1
    for words in ("(€12.00)", "€9.99", "€13.00", "Out of stock", "No longer available", "Not for sale at the moment"):
        assert words in page.text
    assert page.text.count("Move to cart") == 2


def test_the_list_is_sorted_by_price_too_and_what_has_none_comes_last(client, ada):
    for title, price in (("B", "2.00"), ("A", "1.00"), ("C", "3.00")):
        services.add_wish(ada, OfferFactory(book=BookFactory(title=title), price=Decimal(price)).book_id)
    services.add_wish(ada, BookFactory(title="None").pk)
    orders = {sort: titles(client.get(PAGE, {"sort": sort})) for sort in ("", "price", "-price", "nonsense")}
    latest = ["None", "C", "A", "B"]
    assert orders == {
        "": latest, "price": ["A", "B", "C", "None"], "-price": ["C", "B", "A", "None"], "nonsense": latest,
    }  # fmt: skip


def test_queries_do_not_grow(client, ada):
    client.get(PAGE)  # notes that the session is used
    amounts = []
    for _each in range(2):
        for _number in range(4):
            services.add_wish(ada, OfferFactory().book_id)
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE)
        amounts.append(len(queries))
    assert amounts[0] == amounts[1]


def test_a_long_list_has_pages_and_none_behind_them(client, ada):
    for _each in range(25):
        services.add_wish(ada, BookFactory().pk)
    assert [len(titles(client.get(PAGE, {"page": page}))) for page in (1, 2)] == [24, 1]
    assert [client.get(PAGE, {"page": page}).status_code for page in ("3", "x", "0")] == [404] * 3


def test_an_empty_list_says_how_it_is_filled(client, ada):
    assert "Nothing is wished for yet." in client.get(PAGE).text


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}books/1/remove/", f"{PAGE}put-back/", f"{PAGE}share/"])
def test_who_is_signed_out_signs_in_first(client, path):
    method = client.get if path == PAGE else client.post
    assert method(path)["Location"].startswith("/accounts/login/?next=")


def test_a_removed_wish_is_put_back_as_it_was(client, ada, offer):
    services.add_wish(ada, offer.book_id)
    Wish.objects.update(told_price=Decimal("11.00"))
    before = Wish.objects.values("added_at", "price", "told_price").get()
    page = client.post(f"{PAGE}books/{offer.book_id}/remove/", follow=True)
    assert "“Middlemarch” is off your wishlist." in page.text
    assert Wish.objects.count() == 0
    catalogue.change_offer(offer.pk, price=Decimal("9.00"))
    for _again in range(2):
        client.post(f"{PAGE}put-back/", {"token": page.context["token"]})
        assert Wish.objects.values("added_at", "price", "told_price").get() == before


def test_anothers_removal_is_not_put_back(client, ada, offer):
    token = services.removal_token(services.add_wish(UserFactory(), offer.book_id))
    for forged in (token, token[:-1] + "!", ""):
        client.post(f"{PAGE}put-back/", {"token": forged})
        assert client.get(PAGE, {"removed": forged}).status_code == 200
    assert Wish.objects.of(ada).count() == 0


# Into the cart


def move(client: Client, book_id: int) -> Any:
    return client.post(f"{PAGE}books/{book_id}/move/", headers={"Referer": f"http://testserver{PAGE}"})


def test_a_wish_is_moved_to_the_cart_once(client, ada, offer):
    services.add_wish(ada, offer.book_id)
    for _again in range(2):
        page = client.get(move(client, offer.book_id)["Location"])
        assert "“Middlemarch” is in your cart." in page.text
    assert [(line.offer_id, line.quantity) for line in CartItem.objects.all()] == [(offer.pk, 1)]
    assert Wish.objects.count() == 0


def test_a_wish_that_the_cart_refuses_stays(client, ada, offer):
    services.add_wish(ada, offer.book_id)
    catalogue.set_stock(offer.pk, 0)
    assert move(client, offer.book_id)["Location"] == f"http://testserver{PAGE}"
    assert "There is no copy left of this book." in client.get(PAGE).text
    assert (Wish.objects.count(), CartItem.objects.count()) == (1, 0)


def test_anothers_wish_is_not_moved(client, ada, offer):
    services.add_wish(UserFactory(), offer.book_id)
    move(client, offer.book_id)
    assert (Wish.objects.count(), CartItem.objects.count()) == (1, 0)


# Sharing


def share(client: Client, **form: str) -> str:
    client.post(f"{PAGE}share/", form)
    return SharedWishlist.objects.get().get_absolute_url()


def test_whoever_has_the_link_sees_the_list_and_no_name(client, ada, offer):
    services.add_wish(ada, offer.book_id)
    archived = OfferFactory(book=BookFactory(title="Archived")).book_id
    services.add_wish(ada, archived)
    catalogue.archive_book(archived)
    answer = Client().get(share(client))
    assert (answer.status_code, answer["X-Robots-Tag"]) == (200, "noindex")
    assert "no-store" in answer["Cache-Control"]
    assert '<h1 dir="auto">A wishlist</h1>' in answer.text
    assert (titles(answer), "Augusta" in answer.text, "ada@" in answer.text) == (["Middlemarch"], False, False)


def test_the_name_is_shown_if_its_owner_wants_and_the_link_stays(client, ada):
    path = share(client)
    assert share(client, shows_name="on") == path
    assert "Wishlist of Augusta Reader" in Client().get(path).text
    assert "http://testserver" + path in client.get(PAGE).text


def test_a_revoked_link_leads_nowhere_and_the_next_is_another(client, ada):
    path = share(client)
    client.post(f"{PAGE}unshare/")
    assert Client().get(path).status_code == 404
    assert share(client) != path
    assert Client().get(path).status_code == 404


def test_the_list_of_who_is_locked_out_is_not_shown(client, ada):
    path = share(client)
    User.objects.update(is_active=False)
    assert Client().get(path).status_code == 404


@pytest.mark.parametrize("token", ["x", "A" * 32, "%00", "é"])
def test_a_guessed_link_leads_nowhere(client, token):
    assert client.get(f"{PAGE}shared/{token}/").status_code in {400, 404}


def test_a_shared_list_asks_as_much_however_long_it_is(client, ada):
    path, amounts = share(client), []
    for _each in range(2):
        for _number in range(4):
            services.add_wish(ada, OfferFactory().book_id)
        with CaptureQueriesContext(connection) as queries:
            Client().get(path)
        amounts.append(len(queries))
    assert amounts[0] == amounts[1]
    assert Book.objects.count() == 8
