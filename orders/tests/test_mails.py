"""What shoppers are told of their orders, by mail and in the app: once, in the transaction of its cause."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Channel, Kind, Notification
from accounts.services import close_account
from accounts.services.notices import preferences_of, set_preferences
from accounts.tests.factories import UserFactory
from bookstore.core.models import Mail
from bookstore.core.tests.racing import failures, race
from catalog.tests.factories import BookFactory
from orders.jobs import tell_shopper
from orders.models import Order, OrderEvent
from orders.services import CheckoutRequest, cancel_order, check_out, deliver_order, refund_order, ship_order, telling
from orders.tests.factories import ADDRESS, IS_DECLINED, bought, fill, jobs, offer_of, paying, shopper_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(settings: Any) -> Order:
    settings.TAX_RATE, settings.SHIPPING_RATE = Decimal("7"), Decimal("4.95")
    ada = UserFactory(email="ada@example.com", full_name="Ada Reader")
    books = [BookFactory(title="Middlemarch", authors=["George Eliot"]), BookFactory(title="Emma")]
    fill(ada, *(offer_of(5, "12.50", book=book) for book in books), quantity=2)
    return check_out(ada, paying(shipping_address=ADDRESS)).order


def told() -> tuple[Mail, Notification]:
    """Do the jobs that wait, as a worker would, and return what the last has written."""
    for job in jobs("tell_shopper"):
        tell_shopper(**job)
    return Mail.objects.latest("pk"), Notification.objects.latest("pk")


def test_nothing_is_written_before_the_job_and_one_job_is_all_it_costs(order):
    assert (Mail.objects.count(), Notification.objects.count(), len(jobs("tell_shopper"))) == (0, 0, 1)


def test_the_confirmation_has_lines_total_and_address(order):
    mail, notice = told()
    assert (mail.to, mail.subject) == ("ada@example.com", f"Thank you for your order {order.number}")
    for form in (mail.text, mail.html):
        for words in ("2 × Middlemarch", "George Eliot", "2 × Emma", "€25.00", "€4.95", "€54.95", "7 % tax", "€3.59"):
            assert words in form
        for words in ("1 Page Street", "10115 Berlin", "Germany", f"http://localhost:8000/orders/{order.number}/"):
            assert words in form
    assert (notice.title, notice.body) == (mail.subject, "Middlemarch and 1 more title, €54.95")
    assert (notice.user, notice.url, notice.kind) == (order.user, f"/orders/{order.number}/", Kind.ORDER)


def test_the_mail_of_a_shipped_order_says_how_to_follow_it(order):
    ship_order(order.pk, actor=None, carrier="DHL", tracking="JD<0140>")
    mail, notice = told()
    assert mail.subject == f"Your order {order.number} is on its way"
    assert "Tracking number: JD<0140>" in mail.text
    assert "JD&lt;0140&gt;" in mail.html
    assert notice.body == "DHL JD<0140>"


def test_without_tracking_nothing_is_said_of_it(order):
    ship_order(order.pk, actor=None)
    mail, notice = told()
    assert "Tracking" not in mail.text + mail.html
    assert notice.body == "Middlemarch and 1 more title"


def test_a_cancelled_order_says_what_goes_back(order):
    cancel_order(order.pk, actor=order.user)
    mail, notice = told()
    assert mail.subject == f"Your order {order.number} is cancelled"
    assert "€54.95 goes back" in mail.text
    assert notice.body == "€54.95 goes back the way you paid."


@pytest.mark.parametrize(
    ("copies", "amount", "count"), [(1, "€12.50", "1 × Middlemarch"), (2, "€25.00", "2 × Middlemarch")]
)
def test_a_refund_says_how_much_and_for_what(order, copies, amount, count):
    refund_order(order.pk, actor=None, lines={order.items.first().pk: copies}, note="not for shoppers")
    mail, notice = told()
    assert mail.subject == f"{amount} of order {order.number} goes back to you"
    assert count in mail.text
    assert "Emma" not in mail.text
    assert "not for shoppers" not in mail.text + mail.html + notice.body


def test_a_whole_refund_is_told_too(order):
    refund_order(order.pk, actor=None)
    mail, _notice = told()
    assert mail.subject == f"€54.95 of order {order.number} goes back to you"


def test_a_failed_payment_says_that_nothing_was_charged():
    order = check_out(shopper_with(offer_of()), CheckoutRequest(means=IS_DECLINED)).order
    mail, notice = told()
    assert mail.subject == f"The payment of order {order.number} failed"
    assert "Nothing was charged" in mail.text
    assert "http://localhost:8000/cart/" in mail.text
    assert notice.body == "Nothing was charged. Your cart is as it was."


def test_an_arrived_order_is_no_news_to_who_holds_it(order):
    ship_order(order.pk, actor=None)
    before = len(jobs("tell_shopper"))
    deliver_order(order.pk, actor=None)
    assert len(jobs("tell_shopper")) == before


# Once


def test_a_job_that_runs_twice_tells_once(order):
    told()
    told()
    assert (Mail.objects.count(), Notification.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_two_workers_with_one_job_tell_once():
    bought(offer_of())
    (job,) = jobs("tell_shopper")
    assert failures(race(*[partial(tell_shopper, **job)] * 4)) == []
    assert (Mail.objects.count(), Notification.objects.count()) == (1, 1)


def test_a_job_that_fails_is_tried_again_for_more_than_a_day():
    strategy, job, pauses = tell_shopper.retry_strategy, tell_shopper.configure().job, timedelta()
    for number in range(10):
        decision = strategy.get_retry_decision(exception=ConnectionError(), job=job.evolve(attempts=number))
        pauses += decision.retry_at - datetime.now(UTC)
    assert pauses > timedelta(days=1)


def test_a_job_that_fails_half_way_has_told_nothing_and_is_simply_run_again(order, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(telling, "notify", fail)
        with pytest.raises(ConnectionError):
            told()
    assert (Mail.objects.count(), OrderEvent.objects.exclude(told_at=None).count()) == (0, 0)
    told()
    assert (Mail.objects.count(), OrderEvent.objects.exclude(told_at=None).count()) == (1, 1)


def fail(*arguments: Any, **more: Any) -> None:
    raise ConnectionError


def test_what_is_rolled_back_tells_nobody(order):
    before = len(jobs("tell_shopper"))
    with pytest.raises(ConnectionError), transaction.atomic():
        cancel_order(order.pk, actor=None)
        raise ConnectionError
    assert len(jobs("tell_shopper")) == before


# Whom


def test_notices_can_be_switched_off_and_mails_of_what_was_bought_cannot(order):
    assert (Kind.ORDER, Channel.MAIL) not in preferences_of(order.user)
    set_preferences(order.user, {(Kind.ORDER, Channel.IN_APP): False})
    for job in jobs("tell_shopper"):
        tell_shopper(**job)
    assert (Mail.objects.count(), Notification.objects.count()) == (1, 0)
    assert "unsubscribe" not in Mail.objects.get().text


def test_the_page_of_preferences_offers_just_that(order, client: Client):
    client.force_login(order.user)
    page = client.get("/notifications/preferences/").text
    assert "What becomes of your orders" in page
    assert ('name="ORDER-IN_APP"' in page, 'name="ORDER-MAIL"' in page) == (True, False)


def test_who_has_closed_the_account_is_told_nothing(order):
    close_account(order.user)
    before = Mail.objects.count()
    for job in jobs("tell_shopper"):
        tell_shopper(**job)
    assert Mail.objects.count() == before


def test_queries_do_not_grow_with_the_lines():
    amounts = []
    for number in (2, 6):
        bought(*(offer_of() for _each in range(number)))
        *_told, job = jobs("tell_shopper")
        with CaptureQueriesContext(connection) as queries:
            tell_shopper(**job)
        amounts.append(len(queries))
    assert amounts[0] == amounts[1]
