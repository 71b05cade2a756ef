"""Prebooks of an archived book are passed on, and meet what happens to its successor."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, transaction

from accounts.models import Notification, User
from accounts.services import close_account
from bookstore.core.tests.racing import MEETING_TIME, PATIENCE, failures, locks, race
from catalog import services as catalogue
from catalog.models import Book, Offer
from catalog.tests.factories import BookFactory, OfferFactory
from prebooking import services
from prebooking.audit import nobody_waits_beside_stock
from prebooking.exceptions import PrebookDuplicate
from prebooking.models import Prebook
from prebooking.services import successors
from prebooking.tests.factories import PrebookFactory

pytestmark = pytest.mark.django_db(transaction=True)

ISBN = "9780141439518"


def archived_and_successor(*, readers: int = 1) -> tuple[int, Offer, list[User]]:
    """Return an archived book that readers wait for, the sold-out offer of its successor, and the readers."""
    offer, book = OfferFactory(stock_quantity=0), BookFactory(isbn=ISBN)
    users = [PrebookFactory(book=book).user for _each in range(readers)]
    catalogue.archive_book(book.pk)
    catalogue.update_book(offer.book_id, {"isbn": ISBN})  # an older book: the higher id is the archived one's
    return book.pk, offer, users


def meet_passing_on(after: str, archived_id: int, book_id: int, act: Callable[[], Any], *, is_locking: bool) -> Any:
    """
    Let an act begin once a step of passing on has been done; return what failed, of passing on and of the act.

    With the lock the act has to wait, and a moment passes; with only `locked()` switched off it is done by then.
    """
    has_begun, is_done, step = threading.Event(), threading.Event(), getattr(successors, after)

    def step_and_meet(*arguments: Any) -> Any:
        result = step(*arguments)
        has_begun.set()
        is_done.wait(MEETING_TIME if is_locking else PATIENCE)
        return result

    def wait_and_act() -> None:
        has_begun.wait(PATIENCE)
        try:
            act()
        finally:
            is_done.set()

    with pytest.MonkeyPatch.context() as patch, locks(are_on=is_locking):
        patch.setattr(successors, after, step_and_meet)
        return failures(race(partial(services.pass_on, archived_id, book_id), wait_and_act))


def a_restock_meets_passing_on(*, is_locking: bool) -> list[str]:
    archived_id, offer, _users = archived_and_successor()
    restock = partial(catalogue.set_stock, offer.pk, 1)
    assert meet_passing_on("wake", archived_id, offer.book_id, restock, is_locking=is_locking) == []
    return list(nobody_waits_beside_stock())


def test_who_is_passed_on_during_a_restock_is_told_of_it():
    assert a_restock_meets_passing_on(is_locking=True) == []
    assert (Prebook.objects.get().status, Notification.objects.count()) == ("NOTIFIED", 1)


def test_control_without_the_lock_who_is_passed_on_waits_beside_stock():
    assert len(a_restock_meets_passing_on(is_locking=False)) == 1


def a_prebook_meets_passing_on(*, is_locking: bool) -> Any:
    archived_id, offer, (user,) = archived_and_successor()
    prebook = partial(services.create_prebook, user, offer.book_id)
    return meet_passing_on("_keep_one", archived_id, offer.book_id, prebook, is_locking=is_locking)


def test_who_prebooks_the_successor_meanwhile_has_one_prebook():
    assert a_prebook_meets_passing_on(is_locking=True) == [PrebookDuplicate]
    assert Prebook.objects.count() == 1


def test_control_without_the_lock_a_second_prebook_is_in_the_way():
    assert a_prebook_meets_passing_on(is_locking=False) == [IntegrityError]


def test_who_holds_prebooks_holds_the_successor_too():
    archived_id, offer, (user,) = archived_and_successor()
    other = BookFactory()

    def take(book_id: int) -> int:
        with transaction.atomic():
            return Book.objects.filter(pk=book_id).locked(nowait=True).get().pk

    with transaction.atomic():
        services.lock_books_of(Prebook.objects.open().of(user))
        outcomes = race(*(partial(take, pk) for pk in (archived_id, offer.book_id, other.pk)))
    assert (failures(outcomes), outcomes[2]) == ([OperationalError] * 2, other.pk)


def test_each_is_told_once_however_many_workers_pass_on_and_whatever_happens_meanwhile():
    archived_id, offer, users = archived_and_successor(readers=6)
    for user in users[:2]:
        services.create_prebook(user, offer.book_id)
    cancelled = Prebook.objects.get(user=users[5])
    acts: list[Callable[[], Any]] = [
        *[partial(services.pass_on, archived_id, offer.book_id)] * 3,
        *[partial(catalogue.receive_stock, offer.pk, 1)] * 2,
        *(partial(job, pk) for pk in (archived_id, offer.book_id) for job in (services.post_mails, services.requeue)),
        partial(services.fulfil, users[3].pk, [offer.book_id]),
        partial(close_account, users[4]),
        partial(services.cancel_prebook, users[5], cancelled.pk),
    ]
    assert failures(race(*acts)) == []
    assert list(nobody_waits_beside_stock()) == []
    told = Prebook.objects.notified().filter(book=offer.book_id).order_by("user")
    assert list(told.values_list("user", flat=True)) == [user.pk for user in users[:3]]
    assert [Notification.objects.filter(user=user).count() for user in users[:3]] == [1, 1, 1]
    ends = [Prebook.objects.get(user=user).status for user in (users[3], users[5])]
    assert ends == ["FULFILLED", "CANCELLED"]
