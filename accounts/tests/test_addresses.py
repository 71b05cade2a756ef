from functools import partial
from typing import Any

import pytest
from django.test import Client

from accounts import services
from accounts.exceptions import AddressLimit, AddressNotFound
from accounts.models import Address, User
from accounts.services import addresses
from accounts.tests.factories import UserFactory
from accounts.tests.pages import faults, queries_of
from bookstore.core.tests.racing import failures, meeting_after_reading, race

pytestmark = pytest.mark.django_db

PAGE = "/accounts/addresses/"
LINES = {"full_name": "Ada Reader", "line1": "Quay 1", "city": "Harbour", "country": "NL"}


def add(user: User, city: str, **more: Any) -> Address:
    return services.add_address(user, **{**LINES, "city": city, **more})


def book_of(user: User) -> list[tuple[str, bool]]:
    return [(address.city, address.is_default) for address in Address.objects.of(user)]


def test_the_first_address_is_the_default_until_another_is_made_it():
    ada = UserFactory()
    add(ada, "A")
    b = add(ada, "B")
    add(ada, "C", is_default=True)
    assert book_of(ada) == [("C", True), ("B", False), ("A", False)]
    services.make_default_address(ada, b.pk)
    assert book_of(ada) == [("B", True), ("C", False), ("A", False)]


def test_a_deleted_default_is_followed_by_the_newest_of_the_others():
    ada = UserFactory()
    a, b, c = (add(ada, city) for city in "ABC")
    services.delete_address(ada, a.pk)
    assert book_of(ada) == [("C", True), ("B", False)]
    services.delete_address(ada, b.pk)
    services.delete_address(ada, c.pk)
    assert book_of(ada) == []


def test_a_book_has_an_end(monkeypatch):
    monkeypatch.setattr(addresses, "MOST_ADDRESSES", 2)
    ada = UserFactory()
    add(ada, "A")
    add(ada, "B")
    with pytest.raises(AddressLimit):
        add(ada, "C")
    assert len(book_of(ada)) == 2


@pytest.mark.parametrize("act", [services.make_default_address, services.delete_address, services.change_address])
def test_what_is_anothers_is_not_found(act):
    address = add(UserFactory(), "A")
    with pytest.raises(AddressNotFound):
        act(UserFactory(), address.pk)
    assert Address.objects.get() == address


def first_addresses_at_once(*, is_locking: bool) -> list[Any]:
    ada = UserFactory()
    with meeting_after_reading(User, readers=2, is_locking=is_locking):
        outcomes = race(partial(add, ada, "A"), partial(add, ada, "B"))
    return [*failures(outcomes), sorted(is_default for _city, is_default in book_of(ada))]


@pytest.mark.django_db(transaction=True)
def test_two_first_addresses_at_once_make_one_default():
    assert first_addresses_at_once(is_locking=True) == [[False, True]]


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_both_would_be_it_and_the_database_refuses_one():
    assert len(first_addresses_at_once(is_locking=False)) == 2


# The pages


@pytest.fixture
def ada(client: Client) -> User:
    user = UserFactory(full_name="Ada Reader")
    client.force_login(user)
    return user


def test_an_address_is_written_changed_and_deleted(ada, client):
    assert client.get(f"{PAGE}new/").context["form"].initial == {"full_name": "Ada Reader"}
    client.post(f"{PAGE}new/", LINES)
    address = Address.objects.get()
    assert (address.user, address.country.name) == (ada, "Netherlands")
    assert book_of(ada) == [("Harbour", True)]

    assert client.post(f"{PAGE}{address.pk}/", LINES | {"city": "Attic"}).headers["Location"] == PAGE
    assert book_of(ada) == [("Attic", True)]

    client.post(f"{PAGE}{address.pk}/delete/")
    assert book_of(ada) == []
    assert "Your address book is empty." in client.get(PAGE).text


def test_another_default_is_chosen_in_the_list_or_in_the_form(ada, client):
    a, b = add(ada, "A"), add(ada, "B")
    client.post(f"{PAGE}{b.pk}/default/")
    assert book_of(ada) == [("B", True), ("A", False)]
    client.post(f"{PAGE}{a.pk}/", LINES | {"city": "A", "is_default": "on"})
    assert book_of(ada) == [("A", True), ("B", False)]


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"full_name": ""}, "full_name"), ({"line1": " "}, "line1"), ({"city": ""}, "city"), ({"country": ""}, "country"),
     ({"country": "XX"}, "country"), ({"phone": "1" * 41}, "phone"), ({"postal_code": "nul\x00"}, "postal_code")],
)  # fmt: skip
def test_what_is_no_address_is_said_beside_its_field(ada, client, typed, field):
    assert list(faults(client.post(f"{PAGE}new/", LINES | typed))) == [field]
    assert book_of(ada) == []


@pytest.mark.parametrize("path", ["", "default/", "delete/"])
def test_anothers_address_is_not_there(ada, client, path):
    address = add(UserFactory(), "A")
    assert client.post(f"{PAGE}{address.pk}/{path}", LINES | {"city": "B"}).status_code in {302, 404}
    assert client.get(f"{PAGE}{address.pk}/").status_code == 404
    address.refresh_from_db()
    assert address.city == "A"


def test_a_long_book_asks_no_more(ada, client):
    add(ada, "A")
    client.get(PAGE)
    few = queries_of(client, PAGE)
    for _address in range(20):
        add(ada, "B")
    assert queries_of(client, PAGE) == few


def test_nobody_has_a_book_without_an_account(client):
    assert client.get(PAGE).headers["Location"] == f"/accounts/login/?next={PAGE}"
