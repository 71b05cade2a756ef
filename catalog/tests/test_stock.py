from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.signals import post_save
from django.utils import timezone

from accounts.tests.factories import StaffFactory
from catalog import services
from catalog.exceptions import BookNotFound, FieldsInvalid, NotEnoughStock, OfferConflict, OfferNotFound
from catalog.models import Book, Offer, StockMovement
from catalog.services import OfferTerms
from catalog.services.ledger import Cause
from catalog.tests.factories import BookFactory, OfferFactory, SellerFactory

pytestmark = pytest.mark.django_db


def shown(book: Book) -> tuple[Decimal | None, bool]:
    book.refresh_from_db()
    return book.price, book.in_stock


def movements(offer: Offer) -> list[tuple[int, int, str]]:
    return list(offer.movements.order_by("id").values_list("delta", "stock_after", "reason"))


def test_a_book_without_offers_has_no_price_and_no_stock():
    assert shown(BookFactory()) == (None, False)


def test_the_cheapest_offer_in_stock_is_the_books_price():
    book = BookFactory()
    OfferFactory(book=book, price=Decimal("5.00"), stock_quantity=0)
    OfferFactory(book=book, price=Decimal("9.00"), stock_quantity=1)
    OfferFactory(book=book, price=Decimal("8.00"), stock_quantity=1)
    assert shown(book) == (Decimal("8.00"), True)


def test_when_all_are_sold_out_the_cheapest_active_offer_is_the_price():
    book = BookFactory()
    offer = OfferFactory(book=book, price=Decimal("9.00"), stock_quantity=1)
    OfferFactory(book=book, price=Decimal("7.00"), stock_quantity=0)
    services.take_stock({offer.pk: 1}, order_number="A-1")
    assert shown(book) == (Decimal("7.00"), False)


def test_switching_the_only_offer_off_takes_price_and_stock_from_the_book_and_is_a_movement_of_zero():
    offer = OfferFactory(stock_quantity=3)
    services.switch_offers([offer.pk], is_active=False)
    assert shown(offer.book) == (None, False)
    assert movements(offer) == [(3, 3, "COUNTED"), (0, 3, "SWITCHED_OFF")]


def test_a_count_writes_the_difference():
    offer, staff = OfferFactory(stock_quantity=3), StaffFactory()
    services.set_stock(offer.pk, 10, actor=staff)
    assert movements(offer)[-1] == (7, 10, "COUNTED")
    assert offer.movements.first().actor == staff


def test_a_count_that_confirms_the_stock_writes_nothing():
    offer = OfferFactory(stock_quantity=3)
    services.set_stock(offer.pk, 3)
    assert len(movements(offer)) == 1


@pytest.mark.parametrize("quantity", [-1, 1_000_001])
def test_an_impossible_count_is_refused(quantity):
    offer = OfferFactory(stock_quantity=3)
    with pytest.raises(FieldsInvalid):
        services.set_stock(offer.pk, quantity)
    assert Offer.objects.get().stock_quantity == 3


def test_a_delivery_adds_its_copies_and_keeps_its_reference():
    offer = OfferFactory(stock_quantity=0)
    services.receive_stock(offer.pk, 5, reference="Delivery 7")
    assert shown(offer.book) == (Decimal("10.00"), True)
    assert offer.movements.first().reference == "Delivery 7"


def test_a_sale_is_all_or_nothing_and_names_every_short_offer():
    plenty, one, none = OfferFactory(stock_quantity=9), OfferFactory(stock_quantity=1), OfferFactory(stock_quantity=0)
    with pytest.raises(NotEnoughStock) as refusal:
        services.take_stock({plenty.pk: 2, one.pk: 2, none.pk: 1}, order_number="A-1")
    assert refusal.value.data["items"] == [
        {"offer_id": one.pk, "requested": 2, "available": 1},
        {"offer_id": none.pk, "requested": 1, "available": 0},
    ]
    assert list(Offer.objects.order_by("id").values_list("stock_quantity", flat=True)) == [9, 1, 0]


def test_copies_put_back_are_for_sale_again():
    offer = OfferFactory(stock_quantity=1)
    services.take_stock({offer.pk: 1}, order_number="A-1")
    services.put_back_stock({offer.pk: 1}, order_number="A-1")
    assert shown(offer.book) == (Decimal("10.00"), True)
    assert movements(offer)[1:] == [(-1, 0, "SOLD"), (1, 1, "PUT_BACK")]


def test_an_unknown_offer_is_not_found():
    with pytest.raises(OfferNotFound):
        services.set_stock(12345, 1)


def test_a_second_offer_of_one_seller_is_refused():
    offer = OfferFactory()
    with pytest.raises(OfferConflict):
        services.create_offer(offer.book_id, offer.seller_id, price=Decimal("1.00"))


def test_a_withdrawn_offer_is_gone_and_can_be_made_anew():
    offer = OfferFactory(stock_quantity=3)
    services.withdraw_offer(offer.pk)
    with pytest.raises(OfferNotFound):
        services.change_offer(offer.pk, is_active=True)
    services.create_offer(offer.book_id, offer.seller_id, price=Decimal("4.00"), stock_quantity=1)
    assert shown(offer.book) == (Decimal("4.00"), True)
    assert sum(delta for delta, _after, _reason in movements(offer)) == 1


@pytest.mark.parametrize("price", ["0", "-1", "1.999", "100000000.00", "NaN", "Infinity"])
def test_an_impossible_price_is_refused(price):
    offer = OfferFactory()
    with pytest.raises(FieldsInvalid):
        services.change_offer(offer.pk, price=Decimal(price))
    assert Offer.objects.get().price == Decimal("10.00")


def test_the_database_itself_refuses_a_negative_stock():
    offer = OfferFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        Offer.objects.filter(pk=offer.pk).update(stock_quantity=-1)


def test_whoever_hears_of_a_movement_sees_the_books_new_state():
    heard = []

    def listen(instance: StockMovement, created: bool, **kwargs: object) -> None:
        heard.append((instance.delta, created, Book.objects.get(pk=instance.offer.book_id).in_stock))

    post_save.connect(listen, sender=StockMovement)
    try:
        offer = OfferFactory(stock_quantity=2)
        services.take_stock({offer.pk: 2}, order_number="A-1")
    finally:
        post_save.disconnect(listen, sender=StockMovement)
    assert heard == [(2, True, True), (-2, True, False)]


def test_many_offers_are_put_at_once_and_a_second_time_nothing_changes():
    books, seller = BookFactory.create_batch(3), SellerFactory()
    wanted = [OfferTerms(book.pk, seller.pk, Decimal("5.00"), 2) for book in books]
    assert services.put_offers(wanted, Cause("COUNTED")) == 3
    assert services.put_offers(wanted, Cause("COUNTED")) == 0
    assert [shown(book) for book in books] == [(Decimal("5.00"), True)] * 3
    assert StockMovement.objects.count() == 3


def test_the_number_of_queries_does_not_grow_with_the_offers(django_assert_num_queries):
    for size in (2, 20):
        offers = [OfferFactory(stock_quantity=1) for _ in range(size)]
        with django_assert_num_queries(8):
            services.take_stock({offer.pk: 1 for offer in offers}, order_number="A-1")


def test_an_archived_book_gets_no_active_offer():
    offer = OfferFactory()
    services.archive_book(offer.book_id)
    assert shown(offer.book) == (None, False)
    with pytest.raises(BookNotFound):
        services.switch_offers([offer.pk], is_active=True)


# Books that come back


def turn(offer: Offer, *, hours_later: float, copies: int) -> datetime | None:
    """Let time pass, then count the copies; return since when the book is gone, or back."""
    Book.objects.filter(pk=offer.book_id).update(turned_at=F("turned_at") - timedelta(hours=hours_later))
    services.set_stock(offer.pk, copies)
    return Book.objects.get(pk=offer.book_id).turned_at


def test_first_copies_are_no_return():
    offer = OfferFactory(stock_quantity=0)
    assert turn(offer, hours_later=5, copies=3) is None
    assert not Book.objects.back_in_stock(since=timezone.now() - timedelta(days=9)).exists()


def test_book_that_sold_out_and_came_back_is_known_by_when():
    offer, start = OfferFactory(stock_quantity=1), timezone.now()
    services.take_stock({offer.pk: 1}, order_number="A-1")
    assert not Book.objects.back_in_stock(since=start).exists()

    assert start < turn(offer, hours_later=2, copies=1) < timezone.now()
    assert Book.objects.back_in_stock(since=start).get() == offer.book


def test_copy_that_is_given_back_at_once_is_no_return():
    offer = OfferFactory(stock_quantity=1)
    services.take_stock({offer.pk: 1}, order_number="A-1")
    services.put_back_stock({offer.pk: 1}, order_number="A-1")

    assert Book.objects.get().turned_at is None


def test_book_that_another_seller_still_has_neither_goes_nor_comes_back():
    offer, start = OfferFactory(stock_quantity=1), timezone.now()
    OfferFactory(book=offer.book)
    services.take_stock({offer.pk: 1}, order_number="A-1")

    assert turn(offer, hours_later=2, copies=4) is None
    assert not Book.objects.back_in_stock(since=start).exists()
