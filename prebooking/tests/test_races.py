"""Prebooks, restocks and purchases at once."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError

from accounts.models import Notification
from accounts.services import close_account
from accounts.tests.factories import UserFactory
from bookstore.core.errors import DomainError
from bookstore.core.models import Mail
from bookstore.core.tests.racing import MEETING_TIME, PATIENCE, failures, locks, race, wait_for_waiting
from catalog import services as catalogue
from catalog.models import Book, Offer
from catalog.tests.factories import BookFactory, OfferFactory
from prebooking import services
from prebooking.audit import nobody_waits_beside_stock
from prebooking.exceptions import PrebookBookInStock, PrebookDuplicate
from prebooking.models import Prebook
from prebooking.services import prebooks
from prebooking.tests.factories import PrebookFactory

pytestmark = pytest.mark.django_db(transaction=True)


def restock(offer: Offer, copies: int = 1) -> None:
    catalogue.set_stock(offer.pk, copies)


def test_sixteen_tries_of_one_shopper_make_one_prebook():
    user, book = UserFactory(), BookFactory()
    outcomes = race(*[partial(services.create_prebook, user, book.pk)] * 16)
    assert failures(outcomes) == [PrebookDuplicate] * 15
    assert Prebook.objects.count() == 1


def a_prebook_meets_a_restock(*, is_locking: bool) -> list[str]:
    """
    Let a restock begin once a shopper has read the book's row; return what the audit says afterwards.

    With the lock the restock has to wait, and a moment passes before the shopper goes on; with only `locked()`
    switched off it is done by then.
    """
    offer, user = OfferFactory(stock_quantity=0), UserFactory()
    has_read, is_restocked = threading.Event(), threading.Event()
    insert = prebooks._insert

    def meet_and_insert(*arguments: Any) -> Prebook:
        has_read.set()
        is_restocked.wait(MEETING_TIME if is_locking else PATIENCE)
        return insert(*arguments)

    def wait_and_restock() -> None:
        has_read.wait(PATIENCE)
        restock(offer)
        is_restocked.set()

    with pytest.MonkeyPatch.context() as patch, locks(are_on=is_locking):
        patch.setattr(prebooks, "_insert", meet_and_insert)
        assert failures(race(partial(services.create_prebook, user, offer.book_id), wait_and_restock)) == []
    return list(nobody_waits_beside_stock())


def test_who_prebooks_during_a_restock_is_told_of_it():
    assert a_prebook_meets_a_restock(is_locking=True) == []
    assert Prebook.objects.get().status == "NOTIFIED"


def test_control_without_the_lock_a_prebook_waits_beside_stock():
    assert len(a_prebook_meets_a_restock(is_locking=False)) == 1


def test_under_a_storm_of_prebooks_and_restocks_nobody_waits_beside_stock():
    offers = [OfferFactory(stock_quantity=0)]
    offers.append(OfferFactory(book=offers[0].book, stock_quantity=0))
    book = offers[0].book
    for _round in range(5):
        acts: list[Callable[[], Any]] = []
        for offer in offers:
            acts += [partial(restock, offer), partial(restock, offer, 0), partial(restock, offer, 2)]
        acts += [partial(services.create_prebook, UserFactory(), book.pk) for _each in range(8)]
        acts += [partial(services.requeue, book.pk)] * 2
        assert set(failures(race(*acts))) <= {PrebookBookInStock}
        assert list(nobody_waits_beside_stock()) == []
    restock(offers[0])
    assert Prebook.objects.waiting().count() == 0


def test_a_return_is_told_once_however_many_sellers_bring_it_at_once():
    book = BookFactory()
    offers = [OfferFactory(book=book, stock_quantity=0) for _each in range(4)]
    prebook = PrebookFactory(book=book)
    assert failures(race(*[partial(restock, offer) for offer in offers])) == []
    assert Notification.objects.filter(user=prebook.user).count() == 1


def a_purchase_meets_a_return_of_two_books(*, is_locking: bool) -> list[type[Exception]]:
    """
    Let two books come back, the later one first, while a shopper buys both; return what failed.

    The second comes back once the purchase waits for a lock of the first.
    """
    books, user, wake = [BookFactory(), BookFactory()], UserFactory(), services.wake
    offers = [OfferFactory(book=book, stock_quantity=0) for book in reversed(books)]
    for book in books:
        services.create_prebook(user, book.pk)
    has_begun = threading.Event()

    def wake_and_wait(book_id: int) -> None:
        wake(book_id)
        if not has_begun.is_set():
            has_begun.set()
            wait_for_waiting()

    def wait_and_buy() -> None:
        has_begun.wait(PATIENCE)
        services.fulfil(user.pk, [book.pk for book in books])

    with pytest.MonkeyPatch.context() as patch, locks(are_on=is_locking):
        patch.setattr(services, "wake", wake_and_wait)
        come_back = partial(catalogue.put_back_stock, {offer.pk: 1 for offer in offers}, order_number="A-1")
        return failures(race(come_back, wait_and_buy))


def test_a_purchase_waits_for_a_return_of_its_books():
    assert a_purchase_meets_a_return_of_two_books(is_locking=True) == []
    assert list(Prebook.objects.values_list("status", flat=True)) == ["FULFILLED"] * 2


def test_control_without_the_lock_a_purchase_and_a_return_deadlock():
    assert a_purchase_meets_a_return_of_two_books(is_locking=False) == [OperationalError]


def test_acts_on_the_same_books_in_opposite_order_do_not_deadlock():
    books = [BookFactory(), BookFactory()]
    offers = [OfferFactory(book=book, stock_quantity=0) for book in reversed(books)]  # woken the other way round
    users = [UserFactory() for _each in range(6)]
    for user in users:
        for book in books:
            services.create_prebook(user, book.pk)
    ids = [book.pk for book in books]
    acts: list[Callable[[], Any]] = [
        partial(catalogue.put_back_stock, {offer.pk: 1 for offer in offers}, order_number="A-1"),
        partial(catalogue.put_back_stock, {offer.pk: 1 for offer in reversed(offers)}, order_number="A-2"),
        *(partial(services.fulfil, user.pk, ids) for user in users[:2]),
        *(partial(services.fulfil, user.pk, ids[::-1]) for user in users[2:4]),
        partial(close_account, users[4]),
        *(partial(services.post_mails, pk) for pk in ids),
        *(partial(services.requeue, pk) for pk in ids),
    ]
    assert failures(race(*acts)) == []
    assert Prebook.objects.filter(status="FULFILLED").count() == 8
    assert list(Prebook.objects.filter(user=users[5]).values_list("status", flat=True)) == ["NOTIFIED"] * 2


def test_two_jobs_write_each_mail_once():
    offer = OfferFactory(stock_quantity=0)
    people = [PrebookFactory(book=offer.book).user.email for _each in range(6)]
    restock(offer)
    assert failures(race(*[partial(services.post_mails, offer.book_id)] * 3)) == []
    assert sorted(Mail.objects.values_list("to", flat=True)) == sorted(people)


def test_cancelling_at_once_with_coming_back_or_twice_happens_once():
    offer = OfferFactory(stock_quantity=0)
    mine = PrebookFactory(book=offer.book)
    cancel = partial(services.cancel_prebook, mine.user, mine.pk)
    outcomes = race(cancel, cancel, partial(restock, offer))
    assert len(failures(outcomes)) == 1
    assert all(issubclass(kind, DomainError) for kind in failures(outcomes))
    assert Prebook.objects.get().status == "CANCELLED"
    assert Book.objects.get().in_stock is True
