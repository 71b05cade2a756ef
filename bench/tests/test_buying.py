from collections import Counter
from urllib.parse import urlsplit

import pytest

from bench import shelves
from bench.buying import ADD, CHECKOUT, CONFLICT, CREATED, buy_hot_title, buy_variety
from bench.by_hand import buy_by_hand
from bookstore.core.audit import all_checks
from catalog.tests.factories import OfferFactory
from orders.models import Order, OrderStatus

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def port(live_server) -> int:
    return urlsplit(live_server.url).port


def ensure_all_holds():
    assert {name: list(check()) for name, check in all_checks().items()} == dict.fromkeys(all_checks(), [])


def test_shoppers_buy_one_to_three_of_many_titles(port):
    OfferFactory.create_batch(5)
    sales = buy_variety(port, shelves.till("2"), 0.5)
    bought = len(sales.of(CHECKOUT))
    assert (sales.others(CREATED), Order.objects.filter(status=OrderStatus.CONFIRMED).count()) == (Counter(), bought)
    assert bought <= len(sales.of(ADD)) <= 3 * bought
    ensure_all_holds()


def test_every_copy_that_all_want_is_sold_once_and_the_rest_is_refused(port):
    OfferFactory.create_batch(2)
    till, title = shelves.till("3"), shelves.hot_title("5")
    sales = buy_hot_title(port, till["tokens"], title, "tok_ok")
    assert (len(sales.of(CHECKOUT)), shelves.copies_left(str(title["offer_id"]))) == (5, 0)
    assert sales.others(CREATED, CONFLICT) == Counter()
    assert sales.refusals().rate > 0
    ensure_all_holds()


def test_answers_that_should_not_be_are_counted(port):
    OfferFactory.create_batch(2)
    title = shelves.hot_title("5")
    assert set(buy_hot_title(port, ["no token"], title, "tok_ok").others(CREATED, CONFLICT)) == {401}


def test_purchases_by_hand_leave_what_the_shop_would():
    OfferFactory.create_batch(5)
    users = [user.pk for user in shelves.let_in(2)]
    books = shelves.stocked_books()
    assert buy_by_hand(users, books, 1).rate == Order.objects.filter(status=OrderStatus.CONFIRMED).count() > 0
    ensure_all_holds()
