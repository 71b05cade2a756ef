"""Two at the delivery desk, or one there and one at the till, in real threads on real connections."""

from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from bookstore.core.tests.racing import failures, meeting_after_reading, race
from catalog import audit, services
from catalog.exceptions import DeliveryChanged, DeliveryClosed, NotEnoughStock, OfferConflict
from catalog.models import Delivery, DeliveryLine, KeptAside, Offer
from catalog.tests.factories import BookFactory, OfferFactory

pytestmark = pytest.mark.django_db(transaction=True)

ISBN = "9780306406157"


def offered(copies: int = 0) -> Offer:
    return OfferFactory(book=BookFactory(isbn=ISBN), stock_quantity=copies)


def opened(offer: Offer, reference: str = "LS 1") -> Delivery:
    return services.open_delivery(offer.seller_id, reference)


def scan(delivery: Delivery, copies: int = 1) -> services.Scan:
    return services.receive_copies(delivery.pk, ISBN, copies)


def faults() -> list[str]:
    return [*audit.stock_is_sum_of_movements(), *audit.delivered_copies_are_movements()]


def two_desks_scan_the_same_book(*, is_locking: bool) -> Offer:
    offer = offered()
    desks = [opened(offer, "LS 1"), opened(offer, "LS 2")]
    with meeting_after_reading(Offer, readers=2, is_locking=is_locking):
        race(*(partial(scan, desk) for desk in desks))
    return Offer.objects.get()


def test_two_deliveries_of_the_same_book_both_count():
    assert two_desks_scan_the_same_book(is_locking=True).stock_quantity == 2
    assert sorted(DeliveryLine.objects.values_list("stock_before", "stock_after")) == [(0, 1), (1, 2)]
    assert faults() == []


def test_control_without_the_lock_one_of_two_deliveries_is_lost():
    assert two_desks_scan_the_same_book(is_locking=False).stock_quantity == 1
    assert faults() != []


def test_two_people_at_one_delivery_add_to_one_line():
    delivery = opened(offered())
    with meeting_after_reading(Delivery, readers=2, is_locking=True):
        assert failures(race(partial(scan, delivery), partial(scan, delivery))) == []
    assert (DeliveryLine.objects.get().copies, faults()) == (2, [])


def test_two_people_at_one_delivery_keep_the_same_book_aside():
    delivery = opened(OfferFactory())
    with meeting_after_reading(Delivery, readers=2, is_locking=True):
        assert failures(race(partial(scan, delivery), partial(scan, delivery))) == []
    assert KeptAside.objects.get().copies == 2


def two_people_close_a_delivery(*, is_locking: bool) -> list[Any]:
    close = partial(services.close_delivery, opened(offered()).pk)
    with meeting_after_reading(Delivery, readers=2, is_locking=is_locking):
        return failures(race(close, close))


def test_a_delivery_is_closed_once():
    assert two_people_close_a_delivery(is_locking=True) == [DeliveryClosed]


def test_control_without_the_lock_a_closed_delivery_is_changed():
    assert two_people_close_a_delivery(is_locking=False) == []


def undo_meets_a_sale(*, is_locking: bool) -> tuple[Offer, list[Any]]:
    offer = offered()
    delivery = opened(offer)
    line = scan(delivery).line
    assert line
    with meeting_after_reading(Offer, readers=2, is_locking=is_locking):
        outcomes = race(
            partial(services.take_back_copies, delivery.pk, line.pk, 1),
            partial(services.take_stock, {offer.pk: 1}, order_number="A-1"),
        )
    return Offer.objects.get(), outcomes


def test_a_copy_is_sold_or_taken_back_but_not_both():
    offer, outcomes = undo_meets_a_sale(is_locking=True)
    assert failures(outcomes) == [NotEnoughStock]
    assert (offer.stock_quantity, faults()) == (0, [])


def test_control_without_the_lock_a_copy_is_sold_and_taken_back():
    offer, outcomes = undo_meets_a_sale(is_locking=False)
    assert failures(outcomes) == []
    assert (offer.stock_quantity, faults()) == (0, [f"offer {offer.pk}: stock 0, movements add up to -1"])


def test_what_many_scan_while_another_closes_is_in_the_delivery_or_refused():
    offer = offered()
    delivery = opened(offer)
    close = partial(services.close_delivery, delivery.pk)
    outcomes = race(*[partial(scan, delivery)] * 4, close, *[partial(scan, delivery)] * 4)
    refused = failures(outcomes)
    assert set(refused) <= {DeliveryClosed}
    assert Offer.objects.get().stock_quantity == 8 - len(refused)
    assert faults() == []


def test_what_was_kept_aside_is_received_once_however_many_try():
    offer = OfferFactory()
    delivery = opened(offer)
    kept = scan(delivery, copies=3).kept_aside
    OfferFactory(book=BookFactory(isbn=ISBN), seller=offer.seller, stock_quantity=0)
    assert kept
    outcomes = race(*[partial(services.receive_kept_aside, delivery.pk, kept.pk)] * 4)
    assert failures(outcomes) == [DeliveryChanged] * 3
    assert (Offer.objects.get(book__isbn=ISBN).stock_quantity, KeptAside.objects.count()) == (3, 0)


def test_two_deliveries_that_name_a_price_at_once_make_one_offer():
    seller = OfferFactory().seller
    BookFactory(isbn=ISBN)
    desks = [services.open_delivery(seller.pk, reference) for reference in ("LS 1", "LS 2")]
    kept = [scan(desk).kept_aside for desk in desks]
    acts = [
        partial(services.receive_kept_aside, desk.pk, one.pk, price=Decimal(9))
        for desk, one in zip(desks, kept, strict=True)
    ]
    lost = failures(race(*acts))
    assert set(lost) <= {OfferConflict}
    assert Offer.objects.get(book__isbn=ISBN).stock_quantity == 2 - len(lost)
    assert (KeptAside.objects.count(), faults()) == (len(lost), [])


def test_a_reference_that_many_open_at_once_is_one_delivery():
    seller = OfferFactory().seller
    outcomes = race(*[partial(services.open_delivery, seller.pk, "LS 1")] * 4)
    assert outcomes == [Delivery.objects.get()] * 4


def test_deliveries_that_scan_the_same_books_in_opposite_order_do_not_deadlock():
    first, second = offered(), None
    second = OfferFactory(book=BookFactory(isbn="9780140328721"), seller=first.seller, stock_quantity=0)
    desks = [opened(first, "LS 1"), opened(first, "LS 2")]

    def scan_all(desk: Delivery, isbns: list[str]) -> None:
        for isbn in isbns * 4:
            services.receive_copies(desk.pk, isbn)

    isbns = [ISBN, "9780140328721"]
    assert failures(race(partial(scan_all, desks[0], isbns), partial(scan_all, desks[1], isbns[::-1]))) == []
    assert list(Offer.objects.order_by("pk").values_list("stock_quantity", flat=True)) == [8, 8]
    assert (second.seller, faults()) == (first.seller, [])
