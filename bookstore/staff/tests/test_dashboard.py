"""The admin's first page: what it shows to whom, and its buttons."""

import re
from datetime import timedelta
from decimal import Decimal
from secrets import token_hex

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from accounts.tests.factories import StaffFactory, UserFactory
from bookstore.core.jobs import delete_old_jobs
from bookstore.core.models import AuditRun, Mail
from bookstore.staff.dashboard import percentage
from catalog.models import Offer
from catalog.search.missed import note_missed
from catalog.tests.factories import BookFactory
from orders.models import Order
from orders.tests.factories import bought, offer_of
from prebooking.services import create_prebook

pytestmark = pytest.mark.django_db

INDEX = "/admin/"
RETRY_JOBS, RETRY_MAILS = "/admin/failed-jobs/retry/", "/admin/failed-mails/retry/"


@pytest.fixture
def boss(client: Client) -> User:
    user = StaffFactory.create()
    client.force_login(user)
    return user


def staff_with(client: Client, *rights: str) -> User:
    """Sign somebody in who has these permissions and no other."""
    user = StaffFactory.create(is_superuser=False)
    for right in rights:
        app, _dot, name = right.partition(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=name))
    client.force_login(user)
    return user


def text_of(client: Client) -> str:
    """Return the words of the page, without tags and double spaces."""
    page = client.get(INDEX)
    assert page.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", page.text.partition("</head>")[2]).split())


def failed_job() -> int:
    pk = delete_old_jobs.configure(queueing_lock=token_hex(8)).defer(timestamp=7)
    for status in ("doing", "failed"):
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE procrastinate_jobs SET status = %s::procrastinate_job_status WHERE id = %s", [status, pk]
            )
    return pk


def given_up(to: str = "ada@example.com") -> Mail:
    return Mail.objects.create(to=to, kind="x", subject="Your <order>", failed_at=timezone.now(), error="No mailbox")


# What it shows


def test_sales_of_three_periods_stand_beside_those_before(client, boss, monkeypatch):
    now = timezone.now()  # a day that is past, so that the session lasts, and whose yesterday lies in its month
    noon = now.replace(year=now.year - 1, month=10, day=14, hour=12)
    for when, price in [(noon, "10.00"), (noon - timedelta(hours=1), "20.00"), (noon - timedelta(days=1), "24.00")]:
        order = bought(offer_of(3, price, book=BookFactory(title=f"For {price}")))
        Order.objects.filter(pk=order.pk).update(created_at=when)
    monkeypatch.setattr(timezone, "now", lambda: noon)
    words = text_of(client)
    assert "Today Revenue +25.0% Now Yesterday by this time Revenue €30.00 €24.00 Orders 2 1" in words
    assert "Average order €15.00 €24.00 New customers 2 1" in words
    assert "This month Now Last month by this time Revenue €54.00 €0.00 Orders 3 0" in words
    assert "Best sellers of the last 30 days by revenue Book Copies Revenue For 24.00 Ada Reader 1 €24.00" in words
    assert "October 14 €30.00" in words and "October 14 2" in words and "October 12 €0.00" in words


def test_what_runs_out_is_wanted_or_searched_for_in_vain_is_told(client, boss):
    offer = offer_of(1, book=BookFactory(title="Middlemarch"))
    order = bought(offer)
    offer_of(2)
    create_prebook(UserFactory(), order.items.get().book_id)
    note_missed("zebras")
    words = text_of(client)
    assert "Offers sold out: 1 · with 3 copies or fewer left: 1" in words
    assert f"Book Sold Left Middlemarch {offer.seller.name} 1 0" in words
    assert "Prebooks that wait: 1" in words and "Book Waiting Middlemarch Ada Reader 1" in words
    assert "Words Searches zebras 1" in words


def test_what_went_wrong_is_told_with_buttons(client, boss):
    job, mail = failed_job(), given_up()
    now = timezone.now()
    faults = [{"check": "All is <even>", "count": 3, "rows": ["row 1"]}]
    AuditRun.objects.create(started_at=now, finished_at=now - timedelta(days=3), checks=9, fault_count=3, faults=faults)
    words, page = text_of(client), client.get(INDEX).text
    assert "delete_old_jobs timestamp 7 Try again Try all again" in words
    assert "Your &lt;order&gt; ada@example.com: No mailbox Send again Send all again" in words
    assert "Rows at fault: 3" in words and "All is &lt;even&gt;: 3" in words and "Does the worker run?" in words
    assert f'name="id" value="{job}"' in page and f'name="id" value="{mail.pk}"' in page


def test_an_empty_shop_says_that_there_is_nothing(client, boss):
    words = text_of(client)
    assert "Today Now Yesterday by this time Revenue €0.00 €0.00 Orders 0 0" in words
    assert words.count("Nothing was sold yet.") == 2 and words.count("None.") == 2
    assert "In the last 30 days every search found something." in words
    assert "It has not run yet; it does every night." in words


def test_lists_of_all_models_stay_within_reach(client, boss):
    assert 'href="/admin/catalog/genre/"' in client.get(INDEX).text.partition("dashboard-lists")[2]


@pytest.mark.parametrize(("delta", "words"), [("12.5", "+12.5%"), ("-100.0", "−100.0%"), ("0.0", "±0.0%")])
def test_a_change_has_its_sign(delta, words):
    assert percentage(Decimal(delta)) == words


# To whom


PARTS = {
    "orders.view_sales": "This month",
    "catalog.view_offer": "Offers sold out",
    "prebooking.view_bookindemand": "Prebooks that wait",
    "catalog.view_missedsearch": "In the last 30 days every search",
    "procrastinate.view_procrastinatejob": "Failed jobs",
    "core.view_mail": "Mails given up",
    "core.view_auditrun": "It has not run yet",
}


@pytest.mark.parametrize("right", PARTS)
def test_each_part_is_shown_to_those_who_may_see_it_and_to_no_other(client, right):
    staff_with(client, right)
    words = text_of(client)
    assert [part for part in PARTS.values() if part in words] == [PARTS[right]]


def test_who_may_see_nothing_of_it_gets_the_lists(client):
    staff_with(client, "orders.view_order")
    page = client.get(INDEX).text
    assert '<div class="dashboard">' not in page and '<details class="dashboard-lists" open>' in page


def test_who_may_not_see_sales_is_not_told_what_sells(client):
    offer = offer_of(1, book=BookFactory(title="Middlemarch"))
    bought(offer)
    staff_with(client, "catalog.view_offer")
    words = text_of(client)
    assert "Offers sold out: 1" in words and "Middlemarch" not in words


def test_queries_do_not_grow_with_what_is_shown(client, boss):
    amounts = []
    for number in (2, 4):
        for _each in range(number):
            create_prebook(UserFactory(), bought(offer_of(1)).items.get().book_id)
            failed_job()
            given_up()
            note_missed(f"zebras {Order.objects.count()}")
        client.get(INDEX)
        with CaptureQueriesContext(connection) as queries:
            client.get(INDEX)
        amounts.append(len(queries))
    assert amounts[0] == amounts[1] <= 30


# Its buttons


def statuses() -> list[str]:
    return sorted(ProcrastinateJob.objects.filter(args={"timestamp": 7}).values_list("status", flat=True))


def test_one_job_or_all_are_tried_again(client, boss):
    first, _second, _third = failed_job(), failed_job(), failed_job()
    answer = client.post(RETRY_JOBS, {"id": first}, follow=True)
    assert "1 job will be tried again." in answer.text
    assert statuses() == ["failed", "failed", "todo"]
    assert "2 jobs will be tried again." in client.post(RETRY_JOBS, follow=True).text
    assert statuses() == ["todo", "todo", "todo"]


def test_one_mail_or_all_are_sent_again(client, boss):
    first = given_up()
    given_up()
    assert "1 mail will be sent again." in client.post(RETRY_MAILS, {"id": first.pk}, follow=True).text
    assert list(Mail.objects.failed()) == list(Mail.objects.exclude(pk=first.pk))
    assert client.post(RETRY_MAILS).headers["Location"] == INDEX
    assert not Mail.objects.failed().exists()


@pytest.mark.parametrize("pk", ["", "x", "-1", "1.5", "9" * 30, str(10**18), "\x00", "٣"])
def test_what_is_no_failed_job_is_passed_over(client, boss, pk):
    failed_job()
    assert client.post(RETRY_JOBS, {"id": pk}).status_code in {302, 400}
    assert statuses() == ["failed"]


@pytest.mark.parametrize("path", [RETRY_JOBS, RETRY_MAILS])
def test_buttons_are_for_posts_of_those_who_may(client, path):
    failed_job()
    mail = given_up()
    assert client.post(path).headers["Location"].startswith("/admin/login/")
    staff_with(client, "procrastinate.view_procrastinatejob", "core.view_mail")
    assert client.post(path).status_code == 403
    assert "Try again" not in text_of(client) and "Send again" not in text_of(client)
    client.force_login(StaffFactory())
    assert client.get(path).status_code == 405
    assert (statuses(), list(Mail.objects.failed())) == (["failed"], [mail])
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(StaffFactory())
    assert strict.post(path).status_code == 403


def test_stock_is_counted_up_to_a_cap(client, boss, monkeypatch):
    monkeypatch.setattr("bookstore.staff.dashboard.COUNT_CAP", 2)
    for _each in range(3):
        offer_of(2)
    assert Offer.objects.count() == 3
    assert "with 3 copies or fewer left: 2+" in text_of(client)
