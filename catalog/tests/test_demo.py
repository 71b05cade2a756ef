import unicodedata
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.management import CommandError, call_command
from django.db.models import Count
from stdnum import isbn

from accounts.models import User
from bookstore.core.audit import all_checks
from catalog import demo
from catalog.models import Book, Contributor, Genre, Offer, Seller
from catalog.tests.factories import BookFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo_shop() -> None:
    demo.load_catalogue()


def is_latin(text: str) -> bool:
    return all(unicodedata.name(char, "").startswith("LATIN") for char in text if char.isalpha())


@pytest.mark.usefixtures("demo_shop")
def test_demo_is_rich_enough_to_try_everything_in():
    books = Book.objects.all()
    assert books.count() >= 300
    assert Contributor.objects.count() >= 150
    assert Genre.objects.exclude(parent=None).count() >= 20
    assert Seller.objects.count() == 3
    assert books.exclude(genre=None).count() == books.count()
    assert books.exclude(description="").count() == books.count()
    assert books.filter(in_stock=False).exclude(price=None).count() >= 20
    assert books.filter(price=None).exists()
    assert books.annotate(sellers=Count("offers")).filter(sellers__gte=2).count() >= 50


@pytest.mark.usefixtures("demo_shop")
def test_isbns_are_valid_and_ids_unique():
    isbns = list(Book.objects.exclude(isbn="").values_list("isbn", flat=True))
    assert len(isbns) >= 150
    assert [number for number in isbns if not isbn.is_valid(number)] == []
    sources = list(Book.objects.values_list("source", "source_id"))
    assert len(set(sources)) == len(sources)


@pytest.mark.usefixtures("demo_shop")
def test_titles_and_names_come_in_many_scripts_and_accents():
    titles = Book.objects.values_list("title", flat=True)
    names = Contributor.objects.values_list("name", flat=True)
    assert sum(not is_latin(title) for title in titles) >= 10
    assert sum(not is_latin(name) for name in names) >= 5
    assert sum(is_latin(name) and not name.isascii() for name in names) >= 20


@pytest.mark.usefixtures("demo_shop")
def test_everything_holds_that_must_and_new_has_an_order():
    assert [fault for check in all_checks().values() for fault in check()] == []
    assert Book.objects.values("created_at").distinct().count() == Book.objects.count()


def test_second_load_changes_nothing(settings):
    settings.IS_LOCAL = True
    call_command("load_demo", stdout=StringIO())
    before = [list(model.objects.order_by("pk").values()) for model in (Book, Offer, User, Genre, Seller)]
    out = StringIO()
    call_command("load_demo", stdout=out)
    assert out.getvalue() == "The shop has books already.\n"
    assert [list(model.objects.order_by("pk").values()) for model in (Book, Offer, User, Genre, Seller)] == before


def test_shop_that_ever_had_a_book_is_left_alone():
    BookFactory()
    assert (demo.load_catalogue(), Book.objects.count(), Genre.objects.count()) == (0, 1, 0)


def test_accounts_can_sign_in_and_have_good_passwords():
    demo.ensure_accounts()
    for account in demo.ACCOUNTS:
        user = User.objects.get(email=account.email)
        validate_password(account.password, user)
        assert user.check_password(account.password)
    assert User.objects.get(is_staff=True, is_superuser=True).email == demo.STAFF.email


def test_each_of_the_staff_is_given_their_work():
    demo.load_catalogue()
    demo.ensure_accounts()
    groups = {user.email: [group.name for group in user.groups.all()] for user in User.objects.filter(is_staff=True)}
    assert groups == {
        "staff@example.com": [], "buyer@example.com": ["Buyer"], "packer@example.com": ["Packer"],
        "seller@example.com": [],
    }  # fmt: skip
    assert [seller.slug for seller in User.objects.get(email="seller@example.com").sellers.all()] == ["harbour-lane"]


def test_account_that_is_there_keeps_its_password():
    User.objects.create_user(demo.STAFF.email, "other-kettle-42")
    demo.ensure_accounts()
    staff = User.objects.get(email=demo.STAFF.email)
    assert (staff.check_password("other-kettle-42"), staff.is_staff) == (True, False)


def test_accounts_are_made_in_a_local_shop_only(settings: Any):
    settings.IS_LOCAL = False
    with pytest.raises(CommandError, match="only a local shop gets its accounts"):
        call_command("load_demo", stdout=StringIO())
    assert not Book.objects.exists()
    call_command("load_demo", "--without-accounts", stdout=StringIO())
    assert (Book.objects.exists(), User.objects.exists()) == (True, False)
