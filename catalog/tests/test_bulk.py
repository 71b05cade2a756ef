"""Changing many offers at once: looked at first, then done, each offer once."""

import re
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.tests.factories import StaffFactory
from bookstore.core.tests.racing import failures, meeting_after_reading, race
from catalog import services
from catalog.bulk import ENDINGS, BulkChange, BulkKind, BulkPart, Rounding, round_price
from catalog.jobs import carry_on_bulk, delete_bulk_changes
from catalog.models import Book, Offer, StockMovement
from catalog.services import bulk
from catalog.tests.factories import BookFactory, GenreFactory, OfferFactory, SellerFactory

BULK = "/admin/catalog/book/bulk/"

prices = st.decimals("0.01", "99999999.99", places=2)


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(StaffFactory(email="staff@example.com"))
    return client


def wanted(**terms: Any) -> BulkChange:
    given = {"kind": BulkKind.PRICE, "key": "key"} | terms
    return BulkChange(**given)


def do(offers: list[Offer], **terms: Any) -> BulkChange:
    return services.start_bulk_change(wanted(**terms), [offer.pk for offer in offers])


def prices_now() -> list[str]:
    return [str(price) for price in Offer.objects.order_by("pk").values_list("price", flat=True)]


# Rounding


@pytest.mark.parametrize(
    ("rounding", "before", "after"),
    [
        ("CENT", "10.005", "10.01"), ("99", "12.34", "11.99"), ("99", "12.49", "12.99"), ("99", "0.10", "0.99"),
        ("95", "12.46", "12.95"), ("50", "12.99", "12.50"), ("50", "13.00", "13.50"), ("WHOLE", "12.50", "13.00"),
        ("WHOLE", "0.20", "1.00"), ("99", "0.004", "0.00"), ("WHOLE", "-3", "-3.00"),
    ],
)  # fmt: skip
def test_a_price_becomes_the_nearest_of_its_ending(rounding: str, before: str, after: str) -> None:
    assert str(round_price(Decimal(before), rounding)) == after


@given(prices, st.sampled_from(list(ENDINGS)))
def test_a_rounded_price_has_its_ending_and_lies_no_further_than_half_a_step_or_the_lowest(
    price: Decimal, rounding: Rounding
) -> None:
    rounded = round_price(price, rounding)
    assert rounded % 1 == ENDINGS[rounding] % 1
    assert abs(rounded - price) <= Decimal("0.5") or rounded == ENDINGS[rounding]
    assert round_price(rounded, rounding) == rounded


@given(prices, prices, st.sampled_from(list(Rounding)))
def test_rounding_leaves_no_dearer_book_cheaper(one: Decimal, other: Decimal, rounding: Rounding) -> None:
    low, high = sorted([one, other])
    assert round_price(low, rounding) <= round_price(high, rounding)


@given(prices, st.decimals("-99.99", "1000", places=2), st.sampled_from(list(Rounding)))
def test_a_percentage_leads_to_a_price_of_two_places_or_to_one_that_is_refused(
    price: Decimal, percent: Decimal, rounding: Rounding
) -> None:
    new = wanted(percent=percent, rounding=rounding).price_from(price)
    assert new == round(new, 2)
    assert new > 0 or price * (100 + percent) / 100 < Decimal("0.005")


# The act


@pytest.mark.django_db
def test_prices_change_with_their_books_and_what_falls_below_a_cent_stays() -> None:
    dear, cheap = OfferFactory(price=Decimal("10.00")), OfferFactory(price=Decimal("1.50"))
    change = do([dear, cheap], amount=Decimal("-2.00"))
    assert prices_now() == ["8.00", "1.50"]
    assert Book.objects.get(pk=dear.book_id).price == Decimal("8.00")
    part = change.parts.get()
    assert (part.changed, [row["reason"] for row in part.refused]) == (1, ["PRICE"])


@pytest.mark.django_db
def test_the_same_form_changes_prices_once() -> None:
    offer = OfferFactory(price=Decimal("10.00"))
    first, second = (do([offer], percent=Decimal(10)) for _time in range(2))
    assert (first, prices_now()) == (second, ["11.00"])


@pytest.mark.django_db
def test_what_was_withdrawn_or_archived_meanwhile_is_left_alone_and_the_rest_done(monkeypatch: Any) -> None:
    monkeypatch.setattr(bulk, "PART_SIZE", 2)
    offers = OfferFactory.create_batch(3, price=Decimal("10.00"))
    change = do(offers, percent=Decimal(10))
    services.withdraw_offer(offers[0].pk)
    services.archive_book(offers[1].book_id)
    bulk.carry_on_bulk_change(change.pk)
    assert prices_now() == ["10.00", "10.00", "11.00"]
    assert [row["reason"] for part in change.parts.all() for row in part.refused] == ["GONE", "GONE"]


@pytest.mark.django_db
def test_switching_tells_why_in_the_movements() -> None:
    on, off = OfferFactory(), OfferFactory(is_active=False)
    clerk = StaffFactory()
    change = do([on, off], kind=BulkKind.OFF, reason="Stock-take", actor=clerk)
    assert change.parts.get().changed == 1
    movement = StockMovement.objects.get(reference="Stock-take")
    assert (movement.offer, movement.reason, movement.actor) == (on, "SWITCHED_OFF", clerk)
    assert not Book.objects.in_stock().exists()


@pytest.mark.django_db
def test_a_large_change_is_a_job_and_what_a_killed_one_did_is_not_done_again(monkeypatch: Any) -> None:
    monkeypatch.setattr(bulk, "PART_SIZE", 1)
    offers = OfferFactory.create_batch(3, price=Decimal("10.00"))
    change = do(offers, percent=Decimal(10))
    assert prices_now() == ["10.00"] * 3
    bulk._do_part(change.parts.first().pk)  # and then it was killed
    services.change_offer(offers[1].pk, price=Decimal("20.00"))
    (job,) = ProcrastinateJob.objects.filter(task_name=carry_on_bulk.name)
    carry_on_bulk(**job.args)
    assert prices_now() == ["11.00", "22.00", "11.00"]
    services.carry_on_bulk_change(change.pk)
    assert prices_now() == ["11.00", "22.00", "11.00"]


@pytest.mark.django_db
def test_bulk_changes_go_after_90_days(monkeypatch: Any) -> None:
    change = do([OfferFactory()], percent=Decimal(10))
    delete_bulk_changes()
    assert BulkChange.objects.exists()
    monkeypatch.setattr(bulk, "DAYS_KEPT", -1)
    delete_bulk_changes()
    assert not BulkPart.objects.filter(change=change.pk).exists()


# Races


def two_bulk_changes_at_once(*, is_locking: bool) -> list[str]:
    offer = OfferFactory(price=Decimal("10.00"))
    with meeting_after_reading(Offer, readers=2, is_locking=is_locking):
        acts = [partial(do, [offer], percent=Decimal(10), key=key) for key in ("one", "two")]
        assert failures(race(*acts)) == []
    return prices_now()


@pytest.mark.django_db(transaction=True)
def test_two_changes_at_once_count_both() -> None:
    assert two_bulk_changes_at_once(is_locking=True) == ["12.10"]


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_one_of_two_changes_is_lost() -> None:
    assert two_bulk_changes_at_once(is_locking=False) == ["11.00"]


@pytest.mark.django_db(transaction=True)
def test_the_same_form_twice_at_once_counts_once() -> None:
    offer = OfferFactory(price=Decimal("10.00"))
    assert failures(race(*[partial(do, [offer], percent=Decimal(10))] * 4)) == []
    assert prices_now() == ["11.00"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_one_change_do_each_part_once(monkeypatch: Any) -> None:
    monkeypatch.setattr(bulk, "PART_SIZE", 1)
    change = do(OfferFactory.create_batch(4, price=Decimal("10.00")), percent=Decimal(10))
    assert failures(race(*[partial(services.carry_on_bulk_change, change.pk)] * 3)) == []
    assert prices_now() == ["11.00"] * 4


# The pages


def hidden(page: str) -> dict[str, str]:
    """Return what the preview's form sends."""
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    return {name: value for name, value in fields if name != "csrfmiddlewaretoken"}


@pytest.mark.django_db
def test_staff_look_at_new_prices_first_and_then_change_all_that_match(staff: Client) -> None:
    crime, own = GenreFactory(), services.store_seller()
    books = [BookFactory(title=f"Crime {number}", genre=crime) for number in range(3)]
    for book, price in zip(books, ("10.00", "12.00", "0.01"), strict=True):
        OfferFactory(book=book, seller=own, price=Decimal(price))
    OfferFactory(seller=own, price=Decimal("5.00"))
    OfferFactory(book=books[0], price=Decimal("9.00"))
    url = f"{BULK}price/?match=genre%3D{crime.pk}"
    preview = staff.post(url, {"seller": own.pk, "percent": "-60", "rounding": "CENT"})
    assert (preview.context["count"], preview.context["outlook"].refused) == (3, 1)
    assert "New prices lie between €4.00 and €4.80." in preview.text
    assert sorted(prices_now()) == ["0.01", "10.00", "12.00", "5.00", "9.00"]
    outcome = staff.post(url, hidden(preview.text), follow=True)
    assert sorted(prices_now()) == ["0.01", "4.00", "4.80", "5.00", "9.00"]
    assert "Crime 2" in outcome.text
    staff.post(url, hidden(preview.text))
    assert sorted(prices_now()) == ["0.01", "4.00", "4.80", "5.00", "9.00"]


@pytest.mark.django_db
def test_what_came_in_since_the_preview_is_shown_before_anything_is_done(staff: Client) -> None:
    offer = OfferFactory(price=Decimal("10.00"))
    preview = staff.post(f"{BULK}price/?match=", {"seller": "", "percent": "10", "rounding": "CENT"})
    OfferFactory(price=Decimal("10.00"))
    again = staff.post(f"{BULK}price/?match=", hidden(preview.text))
    assert "The offers that match have changed since. Please look again." in again.text
    offer.refresh_from_db()
    assert offer.price == Decimal("10.00")
    staff.post(f"{BULK}price/?match=", hidden(again.text))
    assert prices_now() == ["11.00", "11.00"]


@pytest.mark.django_db
def test_ticked_books_are_switched_off_and_on_with_a_reason(staff: Client) -> None:
    first, second, other = OfferFactory.create_batch(3)
    chosen = {"action": "switch_off_selected", "_selected_action": [first.book_id, second.book_id], "index": 0}
    url = staff.post("/admin/catalog/book/", chosen).url
    preview = staff.post(url, {"seller": "", "reason": "Flood"})
    staff.post(url, hidden(preview.text))
    assert list(Offer.objects.active()) == [other]
    assert {movement.reference for movement in StockMovement.objects.filter(delta=0)} == {"Flood"}


@pytest.mark.django_db
def test_all_that_match_are_chosen_across_pages(staff: Client) -> None:
    book = OfferFactory().book
    chosen = {"action": "change_prices_of_selected", "_selected_action": [book.pk], "index": 0, "select_across": "1"}
    assert staff.post("/admin/catalog/book/?publisher=x", chosen).url == f"{BULK}price/?match=publisher%3Dx"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("terms", "sentence"),
    [
        ({}, "Either per cent or an amount, please."),
        ({"percent": "1", "amount": "1"}, "Either per cent or an amount, please."),
        ({"percent": "0"}, "That would change nothing."),
        ({"percent": "-100"}, "Ensure this value is greater than or equal to -99.99."),
        ({"amount": "NaN"}, "Enter a number."),
        ({"amount": "0.001"}, "Ensure that there are no more than 2 decimal places."),
        ({"percent": "1", "rounding": "7"}, "Select a valid choice. 7 is not one of the available choices."),
        ({"percent": "1", "seller": "abc"}, "Select a valid choice."),
    ],
)
def test_bad_terms_are_refused_with_a_reason(staff: Client, terms: dict[str, str], sentence: str) -> None:
    OfferFactory(price=Decimal("10.00"))
    page = staff.post(f"{BULK}price/?match=", {"seller": "", "rounding": "CENT"} | terms)
    assert sentence in page.text
    assert (page.status_code, prices_now(), BulkChange.objects.count()) == (200, ["10.00"], 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("price/?id=abc&id=99999999999999999999", 200), ("price/?match=price__gt%3Dabc", 404), ("nothing/", 404),
        ("price/?match=seller%3Dabc%26cover%3Dx%26price_from%3DNaN", 200), ("on/?match=publisher%3D%2500", 404),
    ],
)  # fmt: skip
def test_a_bad_choice_of_books_is_no_failure(staff: Client, path: str, status: int) -> None:
    assert staff.get(BULK + path).status_code == status


@pytest.mark.django_db
def test_who_may_not_change_offers_changes_none(client: Client) -> None:
    clerk = StaffFactory(is_superuser=False)
    client.force_login(clerk)
    assert client.get(f"{BULK}price/").status_code == 403
    assert client.post(f"{BULK}off/", {"reason": "x"}).status_code == 403


@pytest.mark.django_db
def test_the_queries_of_a_preview_do_not_grow(staff: Client) -> None:
    staff.get(f"{BULK}price/?match=")
    counts = []
    for size in (1, 8):
        for _number in range(size):
            OfferFactory(seller=SellerFactory(), price=Decimal("10.00"))
        with CaptureQueriesContext(connection) as queries:
            staff.post(f"{BULK}price/?match=", {"seller": "", "percent": "1", "rounding": "CENT"})
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12
