"""A book comes back, by whatever door, and goes again."""

import csv
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from prometheus_client import REGISTRY

from accounts.models import Channel, Kind, Notification
from accounts.services import close_account, personal_data
from accounts.services.notices import set_preferences
from accounts.tests.factories import StaffFactory, UserFactory
from catalog import services as catalogue
from catalog.models import Book, Offer, StockMovement
from catalog.tests.admin_forms import open_form, save_form
from catalog.tests.factories import BookFactory, OfferFactory, SellerFactory
from prebooking import services
from prebooking.audit import nobody_waits_beside_stock
from prebooking.jobs import requeue_prebooks
from prebooking.models import Prebook
from prebooking.services.returns import PAYMENT_PATIENCE
from prebooking.tests.factories import PrebookFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer() -> Offer:
    return OfferFactory(book=BookFactory(title="Middlemarch"), stock_quantity=0)


def statuses() -> list[str]:
    return list(Prebook.objects.order_by("pk").values_list("status", flat=True))


def mail_jobs() -> list[int]:
    jobs = ProcrastinateJob.objects.filter(task_name="prebooking.jobs.write_mails")
    return [job.args["book_id"] for job in jobs.order_by("pk")]


# What happens


def test_everyone_who_waits_is_told_at_once_and_one_job_writes_the_mails(offer):
    prebooks = [PrebookFactory(book=offer.book) for _each in range(3)]
    elsewhere = PrebookFactory()
    catalogue.set_stock(offer.pk, 1)
    assert statuses() == ["NOTIFIED"] * 3 + ["WAITING"]
    assert mail_jobs() == [offer.book_id]
    notices = Notification.objects.order_by("user").values_list("user", "kind", "title", "url")
    assert list(notices) == [
        (prebook.user_id, "PREBOOK_BACK", "“Middlemarch” is back", offer.book.get_absolute_url())
        for prebook in prebooks
    ]
    assert Prebook.objects.get(pk=prebooks[0].pk).notified_at > prebooks[0].created_at
    assert elsewhere.pk not in Prebook.objects.notified().values_list("pk", flat=True)


def test_who_does_not_want_notices_in_the_shop_gets_none(offer):
    prebook = PrebookFactory(book=offer.book)
    set_preferences(prebook.user, {(Kind.PREBOOK_BACK, Channel.IN_APP): False})
    catalogue.set_stock(offer.pk, 1)
    assert (statuses(), Notification.objects.count()) == (["NOTIFIED"], 0)


def test_a_restock_that_is_rolled_back_tells_nobody(offer):
    PrebookFactory(book=offer.book)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        catalogue.set_stock(offer.pk, 1)
        raise ZeroDivisionError
    assert (statuses(), mail_jobs(), Notification.objects.count()) == (["WAITING"], [], 0)


@pytest.mark.django_db(transaction=True)
def test_those_who_are_told_are_counted_once_that_is_true(offer):
    def told() -> float:
        return REGISTRY.get_sample_value("prebook_notified_total") or 0

    before = told()
    for _each in range(2):
        PrebookFactory(book=offer.book)
    with transaction.atomic():
        catalogue.set_stock(offer.pk, 1)
        transaction.set_rollback(True)
    assert told() == before
    with transaction.atomic():
        catalogue.set_stock(offer.pk, 1)
        assert told() == before
    assert told() == before + 2


@pytest.mark.parametrize("counts", [(0,), (5, 10), (5, 3), (5, 5)])
def test_only_coming_back_is_news(offer, counts):
    PrebookFactory(book=offer.book)
    news = 1 if counts[0] else 0
    for count in counts:
        catalogue.set_stock(offer.pk, count)
    assert (Notification.objects.count(), len(mail_jobs())) == (news, news)


def test_copies_at_another_seller_are_no_news_of_a_book_that_is_there(offer):
    PrebookFactory(book=offer.book)
    catalogue.set_stock(offer.pk, 1)
    OfferFactory(book=offer.book, stock_quantity=4)
    assert (Notification.objects.count(), len(mail_jobs())) == (1, 1)


def test_copies_of_an_offer_that_is_switched_off_bring_nothing_back(offer):
    PrebookFactory(book=offer.book)
    catalogue.change_offer(offer.pk, is_active=False)
    catalogue.set_stock(offer.pk, 9)
    assert (statuses(), mail_jobs()) == (["WAITING"], [])


def test_what_is_cancelled_or_bought_is_not_woken(offer):
    cancelled, bought = PrebookFactory(book=offer.book), PrebookFactory(book=offer.book)
    services.cancel_prebook(cancelled.user, cancelled.pk)
    services.fulfil(bought.user_id, [offer.book_id])
    catalogue.set_stock(offer.pk, 1)
    assert (statuses(), mail_jobs()) == (["CANCELLED", "FULFILLED"], [])


def test_an_archived_books_prebooks_stay_are_not_woken_and_can_be_cancelled(offer, reader, user):
    mine = services.create_prebook(user, offer.book_id)
    catalogue.archive_book(offer.book_id)
    catalogue.set_stock(offer.pk, 5)
    (shown,) = reader.get("/api/v1/prebooks").json()["items"]
    assert (shown["status"], shown["book_title"]) == ("WAITING", "Middlemarch")
    assert "No longer in our catalogue" in reader.get("/prebooks/").content.decode()
    assert reader.delete(f"/api/v1/prebooks/{mine.pk}").status_code == 204


def test_a_restock_costs_as_many_queries_however_many_wait(offer):
    amounts = []
    for number in (1, 5):
        for _each in range(number):
            PrebookFactory(book=offer.book)
        with CaptureQueriesContext(connection) as queries:
            catalogue.set_stock(offer.pk, 1)
        amounts.append(len(queries))
        catalogue.set_stock(offer.pk, 0)
        Prebook.objects.all().delete()
    assert amounts[0] == amounts[1]


# By every door

ISBNS = ["9780306406157", "9780261102217", "9780141439518"]


def by_api_stock(offer: Offer, staff: Client) -> None:
    body = {"quantity": 2, "seller_id": offer.seller_id}
    assert staff.patch(f"/api/v1/books/{offer.book_id}/stock", body, "application/json").status_code == 200


def by_api_offer(offer: Offer, staff: Client) -> None:
    assert staff.patch(f"/api/v1/offers/{offer.pk}", {"stock_quantity": 2}, "application/json").status_code == 200


def by_api_new_offer(offer: Offer, staff: Client) -> None:
    body = {"seller_id": SellerFactory().pk, "price": "9.00", "stock_quantity": 2}
    assert staff.post(f"/api/v1/books/{offer.book_id}/offers", body, "application/json").status_code == 201


def by_switching_on(offer: Offer, staff: Client) -> None:
    catalogue.change_offer(offer.pk, is_active=False, stock_quantity=2)
    assert statuses() == ["WAITING"]
    assert staff.patch(f"/api/v1/offers/{offer.pk}", {"is_active": True}, "application/json").status_code == 200


def by_delivery(offer: Offer, staff: Client) -> None:
    catalogue.receive_stock(offer.pk, 2)


def by_a_cancelled_order(offer: Offer, staff: Client) -> None:
    catalogue.put_back_stock({offer.pk: 2}, order_number="A-1")


def by_taking_up_a_withdrawn_offer(offer: Offer, staff: Client) -> None:
    catalogue.withdraw_offer(offer.pk)
    catalogue.create_offer(offer.book_id, offer.seller_id, price=Decimal("9.00"), stock_quantity=2)


def by_admin(offer: Offer, staff: Client) -> None:
    path = f"/admin/catalog/book/{offer.book_id}/change/"
    assert save_form(staff, path, open_form(staff, path), offers_0_stock_change="2") == {}


DOORS = [
    by_api_stock,
    by_api_offer,
    by_api_new_offer,
    by_switching_on,
    by_delivery,
    by_a_cancelled_order,
    by_taking_up_a_withdrawn_offer,
    by_admin,
]


@pytest.mark.parametrize("come_back", DOORS)
def test_stock_wakes_by_every_door(offer: Offer, come_back: Callable[[Offer, Client], None]) -> None:
    staff = Client()
    staff.force_login(StaffFactory())
    PrebookFactory(book=offer.book)
    come_back(offer, staff)
    assert (statuses(), mail_jobs()) == (["NOTIFIED"], [offer.book_id])


def test_stock_wakes_by_an_import_of_many_books(tmp_path: Path):
    seller = SellerFactory(is_store=True)
    books = [BookFactory(title=f"Book {number}", isbn=isbn) for number, isbn in enumerate(ISBNS)]
    for book in books:
        PrebookFactory(book=book)
    file = tmp_path / "books.csv"
    with file.open("w") as out:
        rows = csv.writer(out)
        rows.writerow(["isbn", "title", "seller", "price", "stock_quantity"])
        rows.writerows([book.isbn, book.title, seller.slug, "9.00", number] for number, book in enumerate(books))
    call_command("import_books", file, report=tmp_path / "report.csv", stdout=StringIO())
    assert statuses() == ["WAITING", "NOTIFIED", "NOTIFIED"]
    assert sorted(mail_jobs()) == [book.pk for book in books[1:]]


# Gone again


def sell_out(offer: Offer, *, ago: timedelta = PAYMENT_PATIENCE) -> None:
    """Sell all copies, so long ago that the payment is settled."""
    catalogue.take_stock({offer.pk: Offer.objects.get(pk=offer.pk).stock_quantity}, order_number="A-1")
    StockMovement.objects.filter(reason="SOLD").update(created_at=timezone.now() - ago)


def test_who_was_told_and_did_not_buy_waits_again_in_the_old_place(offer):
    first, buyer, third = (PrebookFactory(book=offer.book) for _each in range(3))
    catalogue.set_stock(offer.pk, 1)
    sell_out(offer)
    services.fulfil(buyer.user_id, [offer.book_id])
    newcomer = PrebookFactory(book=offer.book)
    requeue_prebooks()
    assert statuses() == ["WAITING", "FULFILLED", "WAITING", "WAITING"]
    places = (
        Prebook.objects.waiting().with_position().order_by("position").values_list("pk", "created_at", "notified_at")
    )
    assert list(places) == [(each.pk, each.created_at, None) for each in (first, third, newcomer)]


def test_while_a_copy_is_for_sale_nobody_waits_again(offer):
    PrebookFactory(book=offer.book)
    catalogue.set_stock(offer.pk, 1)
    assert (services.books_sold_out(), services.requeue(offer.book_id)) == ([], 0)
    assert statuses() == ["NOTIFIED"]


def test_copies_sold_just_now_may_come_back_and_are_waited_for(offer):
    PrebookFactory(book=offer.book)
    catalogue.set_stock(offer.pk, 1)
    sell_out(offer, ago=timedelta(minutes=5))
    requeue_prebooks()
    assert statuses() == ["NOTIFIED"]
    sell_out_of_time = timezone.now() - PAYMENT_PATIENCE
    StockMovement.objects.filter(reason="SOLD").update(created_at=sell_out_of_time)
    requeue_prebooks()
    assert statuses() == ["WAITING"]


def test_what_staff_take_away_is_gone_at_once(offer):
    PrebookFactory(book=offer.book)
    catalogue.set_stock(offer.pk, 1)
    catalogue.set_stock(offer.pk, 0)
    requeue_prebooks()
    assert statuses() == ["WAITING"]


def test_who_waits_again_is_told_again(offer):
    prebook = PrebookFactory(book=offer.book)
    for count in (1, 0):
        catalogue.set_stock(offer.pk, count)
    requeue_prebooks()
    catalogue.set_stock(offer.pk, 1)
    assert statuses() == ["NOTIFIED"]
    assert Notification.objects.filter(user=prebook.user).count() == 2


# Buying, leaving, proving


def test_buying_fulfils_what_that_shopper_wanted_and_nothing_else(offer, user):
    told = services.create_prebook(user, offer.book_id)
    catalogue.set_stock(offer.pk, 1)
    waiting, other = PrebookFactory(user=user), PrebookFactory(user=user)
    someone = PrebookFactory(book=waiting.book)
    assert services.fulfil(user.pk, [offer.book_id, waiting.book_id, 10**9]) == 2
    assert services.fulfil(user.pk, [offer.book_id]) == 0
    fulfilled = Prebook.objects.exclude(fulfilled_at=None).filter(status="FULFILLED", is_mail_due=False)
    assert set(fulfilled) == {told, waiting}
    assert set(Prebook.objects.waiting()) == {other, someone}


def test_a_reader_takes_the_prebooks_along_and_leaves_no_trace(offer, user):
    services.create_prebook(user, offer.book_id)
    PrebookFactory(book=offer.book)
    (row,) = personal_data(user)["prebooks"]
    assert (row["title"], row["status"], row["cancelled_at"]) == ("Middlemarch", "WAITING", None)
    close_account(user)
    assert list(Prebook.objects.with_position().values_list("position", flat=True)) == [1]


def test_the_audit_finds_who_waits_beside_stock(offer):
    prebook = PrebookFactory(book=offer.book)
    assert list(nobody_waits_beside_stock()) == []
    Book.objects.filter(pk=offer.book_id).update(in_stock=True)
    assert list(nobody_waits_beside_stock()) == [f"prebook {prebook.pk}: waiting, its book {offer.book_id} is in stock"]


def test_an_account_that_is_locked_out_is_told_nothing(offer):
    PrebookFactory(book=offer.book, user=UserFactory(is_active=False))
    catalogue.set_stock(offer.pk, 1)
    assert (statuses(), Notification.objects.count()) == (["NOTIFIED"], 0)
