import threading
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.db.models import Sum

from bookstore.core.errors import Busy
from bookstore.core.tests.racing import (
    PATIENCE,
    failures,
    locks,
    meeting,
    meeting_after_reading,
    race,
    wait_for_waiting,
)
from catalog import services
from catalog.exceptions import BookNotFound, FieldsInvalid, NotEnoughStock, OfferConflict
from catalog.models import Book, Contributor, Genre, Offer
from catalog.services import contributors, ledger
from catalog.tests.factories import BookFactory, GenreFactory, OfferFactory, SellerFactory

pytestmark = pytest.mark.django_db(transaction=True)


def sell_one(offer: Offer) -> None:
    services.take_stock({offer.pk: 1}, order_number="A-1")


def sold_copies(offer: Offer) -> int:
    return offer.movements.filter(reason="SOLD").aggregate(sold=-Sum("delta", default=0))["sold"]


def two_buyers_of_the_last_copy(*, is_locking: bool) -> tuple[Offer, list[object]]:
    offer = OfferFactory(stock_quantity=1)
    with meeting_after_reading(Offer, readers=2, is_locking=is_locking):
        return offer, race(partial(sell_one, offer), partial(sell_one, offer))


def test_second_buyer_of_the_last_copy_is_refused():
    offer, outcomes = two_buyers_of_the_last_copy(is_locking=True)
    assert failures(outcomes) == [NotEnoughStock]
    assert sold_copies(offer) == 1


def test_control_without_the_lock_the_last_copy_is_sold_twice():
    offer, outcomes = two_buyers_of_the_last_copy(is_locking=False)
    assert failures(outcomes) == []
    assert sold_copies(offer) == 2


def two_buyers_empty_two_sellers(*, is_locking: bool) -> Book:
    book = BookFactory()
    offers = [OfferFactory(book=book, stock_quantity=1) for _ in range(2)]
    meet, write_columns = meeting(2, is_locking=is_locking), ledger.write_columns

    def meet_and_write(rows: list[Any], fields: list[str]) -> None:
        if "in_stock" in fields:  # of a book; only now both have read what decides, the offers of both
            meet()
        write_columns(rows, fields)

    with pytest.MonkeyPatch.context() as patch, locks(are_on=is_locking):
        patch.setattr(ledger, "write_columns", meet_and_write)
        assert failures(race(*(partial(sell_one, offer) for offer in offers))) == []
    return Book.objects.get(pk=book.pk)


def test_two_buyers_who_empty_two_sellers_leave_the_book_out_of_stock():
    assert two_buyers_empty_two_sellers(is_locking=True).in_stock is False


def test_control_without_the_lock_the_emptied_book_still_looks_in_stock():
    assert two_buyers_empty_two_sellers(is_locking=False).in_stock is True


def a_correction_meets_a_sale(*, is_locking: bool) -> Offer:
    offer = OfferFactory(stock_quantity=10)
    with meeting_after_reading(Offer, readers=2, is_locking=is_locking):
        race(partial(sell_one, offer), partial(services.correct_stock, offer.pk, 5))
    return Offer.objects.get(pk=offer.pk)


def test_a_correction_keeps_a_sale_made_meanwhile():
    assert a_correction_meets_a_sale(is_locking=True).stock_quantity == 14


def test_control_without_the_lock_a_correction_or_the_sale_is_lost():
    assert a_correction_meets_a_sale(is_locking=False).stock_quantity in (9, 15)


def test_sales_of_the_same_books_in_opposite_order_do_not_deadlock():
    first, second = OfferFactory(stock_quantity=50), OfferFactory(stock_quantity=50)
    forwards = partial(services.take_stock, {first.pk: 1, second.pk: 1}, order_number="A-1")
    backwards = partial(services.take_stock, {second.pk: 1, first.pk: 1}, order_number="A-2")
    assert failures(race(*[forwards, backwards] * 8)) == []
    assert list(Offer.objects.values_list("stock_quantity", flat=True)) == [34, 34]


def test_of_many_buyers_as_many_as_there_are_copies_succeed():
    offer = OfferFactory(stock_quantity=5)
    assert failures(race(*[partial(sell_one, offer)] * 12)) == [NotEnoughStock] * 7
    assert Offer.objects.get().stock_quantity == 0
    assert Book.objects.get().in_stock is False


def test_one_seller_offers_a_book_once_however_often_it_tries_at_once():
    book, seller = BookFactory(), SellerFactory()
    offer = partial(services.create_offer, book.pk, seller.pk, price=Decimal("9.00"), stock_quantity=1)
    assert failures(race(*[offer] * 4)) == [OfferConflict] * 3
    assert Offer.objects.count() == 1


def test_an_offer_that_races_with_archiving_never_stays_active():
    for _ in range(10):
        book, seller = BookFactory(), SellerFactory()
        outcomes = race(
            partial(services.archive_book, book.pk),
            partial(services.create_offer, book.pk, seller.pk, price=Decimal("9.00"), stock_quantity=1),
        )
        assert set(failures(outcomes)) <= {BookNotFound, Busy}
        book.refresh_from_db()
        assert not (book.archived_at and book.offers.active().exists())


def two_moves_towards_each_other(*, is_locking: bool) -> list[object]:
    left, right = GenreFactory(), GenreFactory()
    with meeting_after_reading(Genre, readers=2, is_locking=is_locking):
        return race(
            partial(services.change_genre, left.pk, parent_id=right.pk, move=True),
            partial(services.change_genre, right.pk, parent_id=left.pk, move=True),
        )


def test_two_moves_cannot_make_a_ring_of_genres():
    assert failures(two_moves_towards_each_other(is_locking=True)) == [FieldsInvalid]


def test_control_without_the_lock_two_moves_make_a_ring():
    assert failures(two_moves_towards_each_other(is_locking=False)) == []


def test_one_name_credited_by_many_at_once_is_one_contributor():
    books = [BookFactory(authors=["First"]) for _ in range(6)]
    credit = [partial(services.credit, book, "A01", ["Same Name", "Another Name"]) for book in books]
    assert failures(race(*credit)) == []
    assert [book.contributors.count() for book in books] == [2] * 6


def a_merge_meets_an_emptied_book(*, is_locking: bool) -> tuple[Book, list[Any]]:
    book, other, is_emptied = BookFactory(authors=["J. Doe"]), BookFactory(authors=["Jane Doe"]), threading.Event()
    kept, merged = other.contributors.get(), book.contributors.get()

    def empty() -> None:
        with transaction.atomic():
            services.put_credits(book.pk, [])
            is_emptied.set()
            wait_for_waiting()

    def merge() -> None:
        assert is_emptied.wait(PATIENCE)
        services.merge_contributors(kept.pk, [merged.pk])

    with locks(are_on=is_locking):
        return book, race(empty, merge)


def test_a_merge_leaves_out_a_credit_that_somebody_takes_away_meanwhile():
    book, outcomes = a_merge_meets_an_emptied_book(is_locking=True)
    assert outcomes == [None, None]
    assert list(Contributor.objects.values_list("name", flat=True)) == ["Jane Doe"]
    assert not book.contributions.exists()


def test_control_without_the_lock_a_merge_fails_at_a_credit_that_is_gone():
    _book, outcomes = a_merge_meets_an_emptied_book(is_locking=False)
    assert failures(outcomes) == [DatabaseError]


def test_a_merge_gives_way_to_a_new_book_of_one_of_them(monkeypatch: pytest.MonkeyPatch):
    book, other = BookFactory(authors=["J. Doe"]), BookFactory(authors=["Jane Doe"])
    credit = partial(services.create_book, {"title": "New"}, authors=["J. Doe"])
    monkeypatch.setattr(contributors, "record", lambda *_about, **_more: race(credit))
    with pytest.raises(Busy):
        services.merge_contributors(other.contributors.get().pk, [book.contributors.get().pk])
    assert [list(one.contributors.values_list("name", flat=True)) for one in Book.objects.order_by("pk")] == [
        ["J. Doe"], ["Jane Doe"], ["J. Doe"],
    ]  # fmt: skip
