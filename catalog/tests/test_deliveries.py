"""What is received at the delivery desk: every scan is a movement, and each can be undone until the delivery closes."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.tests.factories import StaffFactory
from bookstore.core.errors import DomainError
from catalog import audit, services
from catalog.exceptions import (
    BookNotFound,
    DeliveryChanged,
    DeliveryClosed,
    DeliveryNotFound,
    FieldsInvalid,
    NotEnoughStock,
    OfferNotFound,
    SellerNotFound,
)
from catalog.models import Delivery, DeliveryLine, KeptAside, Offer, StockMovement
from catalog.tests.factories import BookFactory, OfferFactory, SellerFactory
from prebooking.models import PrebookStatus
from prebooking.tests.factories import PrebookFactory

pytestmark = pytest.mark.django_db

ISBN = "9780306406157"
OTHER = "9780140328721"


def faults() -> list[str]:
    checks = [audit.stock_is_sum_of_movements, audit.last_movement_left_the_stock, audit.delivered_copies_are_movements]
    return [line for check in checks for line in check()]


def offered(isbn: str = ISBN, copies: int = 3, **fields: Any) -> Offer:
    return OfferFactory(book=BookFactory(title="Emma", isbn=isbn), stock_quantity=copies, **fields)


def open_for(offer: Offer, reference: str = "LS 4711") -> Delivery:
    return services.open_delivery(offer.seller_id, reference, actor=StaffFactory())


def scan(delivery: Delivery, isbn: str = ISBN, copies: int = 1) -> services.Scan:
    return services.receive_copies(delivery.pk, isbn, copies, actor=delivery.opened_by)


def lines(delivery: Delivery) -> list[tuple[int, int, int]]:
    return list(delivery.lines.values_list("copies", "stock_before", "stock_after"))


def stock(offer: Offer) -> int:
    return Offer.objects.get(pk=offer.pk).stock_quantity


def test_each_scan_moves_stock_at_once_and_adds_to_its_line():
    offer = offered(copies=3)
    delivery = open_for(offer)
    scan(delivery)
    scan(delivery, copies=4)
    assert lines(delivery) == [(5, 3, 8)]
    moved = list(delivery.movements.order_by("pk").values_list("delta", "stock_after", "reason", "reference", "actor"))
    actor = delivery.opened_by_id
    assert moved == [(1, 4, "RECEIVED", "LS 4711", actor), (4, 8, "RECEIVED", "LS 4711", actor)]


@pytest.mark.parametrize("written", ["0306406152", "0-306-40615-2", " 978 0306 406157 ", "978-0-306-40615-7"])
def test_an_isbn_counts_in_every_form(written):
    delivery = open_for(offered())
    assert scan(delivery, written).line.copies == 1


def test_an_isbn_10_may_end_in_x():
    delivery = open_for(offered(isbn="9780804429573"))
    assert scan(delivery, "080442957x").line.copies == 1


def test_those_who_wait_are_told_as_the_first_copy_comes_in():
    offer = offered(copies=0)
    prebook = PrebookFactory(book=offer.book)
    scan(open_for(offer))
    prebook.refresh_from_db()
    assert prebook.status == PrebookStatus.NOTIFIED


def test_an_unknown_book_is_kept_aside_and_received_once_it_is_offered():
    seller = SellerFactory()
    delivery = services.open_delivery(seller.pk, "LS 1")
    scan(delivery)
    kept = scan(delivery, copies=2).kept_aside
    assert (kept.copies, lines(delivery), StockMovement.objects.count()) == (3, [], 0)
    with pytest.raises(BookNotFound):
        services.receive_kept_aside(delivery.pk, kept.pk)
    offered(copies=1, seller=seller)
    services.receive_kept_aside(delivery.pk, kept.pk)
    assert (lines(delivery), KeptAside.objects.count()) == ([(3, 1, 4)], 0)


def test_a_price_makes_the_missing_offer_and_receives_what_was_kept_aside():
    delivery = open_for(OfferFactory())
    BookFactory(isbn=ISBN)
    kept = scan(delivery, copies=2).kept_aside
    with pytest.raises(OfferNotFound):
        services.receive_kept_aside(delivery.pk, kept.pk)
    with pytest.raises(FieldsInvalid):
        services.receive_kept_aside(delivery.pk, kept.pk, price=Decimal("0.00"))
    services.receive_kept_aside(delivery.pk, kept.pk, price=Decimal("12.50"))
    offer = Offer.objects.get(book__isbn=ISBN)
    assert (offer.seller, offer.price, offer.stock_quantity) == (delivery.seller, Decimal("12.50"), 2)
    assert lines(delivery) == [(2, 0, 2)]


def test_a_withdrawn_offer_and_an_archived_book_are_kept_aside():
    withdrawn, archived = offered(), offered(isbn=OTHER)
    services.withdraw_offer(withdrawn.pk)
    services.archive_book(archived.book_id)
    assert scan(open_for(withdrawn)).kept_aside.isbn == ISBN
    assert scan(open_for(archived), OTHER).kept_aside.isbn == OTHER
    assert (stock(withdrawn), stock(archived)) == (3, 3)


def test_copies_of_an_offer_that_is_switched_off_are_stock_too():
    offer = offered(copies=0, is_active=False)
    scan(open_for(offer))
    assert stock(offer) == 1


def test_undo_is_a_movement_that_corrects_and_an_empty_line_goes():
    offer = offered(copies=3)
    delivery = open_for(offer)
    line = scan(delivery, copies=5).line
    services.take_back_copies(delivery.pk, line.pk, 1)
    assert lines(delivery) == [(4, 3, 7)]
    services.take_back_copies(delivery.pk, line.pk, 4)
    assert (lines(delivery), stock(offer)) == ([], 3)
    undone = delivery.movements.filter(reason="CORRECTED").order_by("pk")
    assert list(undone.values_list("delta", "reference")) == [(-1, "LS 4711"), (-4, "LS 4711")]


def test_copies_that_were_sold_meanwhile_are_not_taken_back():
    offer = offered(copies=0)
    delivery = open_for(offer)
    line = scan(delivery, copies=3).line
    services.take_stock({offer.pk: 2}, order_number="A-1")
    with pytest.raises(NotEnoughStock, match="^3 copies cannot be taken back: only 1 is left"):
        services.take_back_copies(delivery.pk, line.pk, 3)
    assert (lines(delivery), stock(offer)) == ([(3, 0, 3)], 1)


def test_more_than_a_line_has_is_not_taken_back():
    offer = offered()
    delivery = open_for(offer)
    line = scan(delivery, copies=2).line
    for copies in (3, 0, -1):
        with pytest.raises(DeliveryChanged):
            services.take_back_copies(delivery.pk, line.pk, copies)
    assert (lines(delivery), stock(offer)) == ([(2, 3, 5)], 5)


def test_a_line_of_another_delivery_is_not_taken_back():
    offer = offered()
    line = scan(open_for(offer)).line
    with pytest.raises(DeliveryChanged):
        services.take_back_copies(open_for(offer, "LS 2").pk, line.pk, 1)
    assert DeliveryLine.objects.get().copies == 1


def test_nothing_changes_in_a_closed_delivery():
    offer = offered()
    delivery = open_for(offer)
    line, kept = scan(delivery).line, scan(delivery, OTHER).kept_aside
    services.close_delivery(delivery.pk)
    acts = [
        lambda: scan(delivery),
        lambda: services.take_back_copies(delivery.pk, line.pk, 1),
        lambda: services.receive_kept_aside(delivery.pk, kept.pk),
        lambda: services.drop_kept_aside(delivery.pk, kept.pk),
        lambda: services.close_delivery(delivery.pk),
    ]
    for act in acts:
        with pytest.raises(DeliveryClosed):
            act()
    assert (lines(delivery), stock(offer), KeptAside.objects.count()) == ([(1, 3, 4)], 4, 1)


def test_a_reference_is_open_once_for_a_seller_and_again_after_closing():
    offer = offered()
    first = open_for(offer, " LS  4711 ")
    assert open_for(offer, "LS 4711") == first
    assert open_for(OfferFactory(), "LS 4711") != first
    services.close_delivery(first.pk)
    assert open_for(offer, "LS 4711") != first


def test_what_cannot_be_is_refused():
    delivery = open_for(offered())
    for isbn, copies in [("", 1), ("abc", 1), ("9780306406158", 1), (ISBN, 0), (ISBN, -1), (ISBN, 10_001)]:
        with pytest.raises(FieldsInvalid):
            scan(delivery, isbn, copies)
    for reference in ("", "  ", "x" * 201):
        with pytest.raises(FieldsInvalid):
            services.open_delivery(delivery.seller_id, reference)
    with pytest.raises(SellerNotFound):
        services.open_delivery(0, "LS 1")
    with pytest.raises(DeliveryNotFound):
        services.receive_copies(0, ISBN)
    assert (lines(delivery), Delivery.objects.count()) == ([], 1)


def test_a_line_that_its_movements_do_not_explain_is_found():
    offer = offered()
    delivery = open_for(offer)
    line = scan(delivery, copies=2).line
    assert faults() == []
    DeliveryLine.objects.update(copies=3)
    where = f"delivery {delivery.pk}, offer {offer.pk}"
    assert list(audit.delivered_copies_are_movements()) == [f"{where}: 3 copies, its movements add up to 2"]
    line.delete()
    assert list(audit.delivered_copies_are_movements()) == [f"{where}: 0 copies, its movements add up to 2"]


ACTS = st.one_of(
    st.tuples(st.just("scan"), st.sampled_from([ISBN, OTHER, "9783161484100"]), st.integers(1, 5)),
    st.tuples(st.just("undo"), st.integers(0, 3), st.integers(1, 6)),
    st.tuples(st.just("sell"), st.integers(0, 1), st.integers(1, 4)),
    st.tuples(st.just("name_price"), st.integers(0, 3), st.none()),
)


@given(acts=st.lists(ACTS, min_size=3, max_size=8))
@settings(max_examples=15, deadline=None)
def test_whatever_is_scanned_undone_and_sold_copies_add_up(acts: list[tuple[str, Any, Any]]) -> None:
    with transaction.atomic():
        seller = SellerFactory()
        offers = [offered(copies=2, seller=seller), offered(isbn=OTHER, copies=0, seller=seller)]
        BookFactory(isbn="9783161484100")
        delivery, expected = open_for(offers[0]), 2
        for name, which, copies in acts:
            try:
                expected += done(delivery, offers, name, which, copies)
            except DomainError as refusal:
                assert isinstance(refusal, NotEnoughStock | DeliveryChanged)
            assert sum(Offer.objects.values_list("stock_quantity", flat=True)) == expected
        assert faults() == []
        transaction.set_rollback(True)


def done(delivery: Delivery, offers: list[Offer], name: str, which: Any, copies: Any) -> int:
    """Do one act and return by how much the stock of all should have changed."""
    if name == "scan":
        return copies if scan(delivery, which, copies).line else 0
    if name == "sell":
        services.take_stock({offers[which].pk: copies}, order_number="A-1")
        return -copies
    if name == "undo":
        services.take_back_copies(delivery.pk, at(delivery.lines, which), copies)
        return -copies
    return services.receive_kept_aside(delivery.pk, at(delivery.kept_aside, which), price=Decimal("9.00")).copies


def at(rows: Any, which: int) -> int:
    return next(iter(rows.order_by("pk").values_list("pk", flat=True)[which : which + 1]), 0)
