"""The mails to those who were told that a book is back."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import Channel, Kind
from accounts.services.notices import set_preferences
from accounts.tests.factories import UserFactory
from bookstore.core.models import Mail
from catalog import services as catalogue
from catalog.models import Offer
from catalog.tests.factories import BookFactory, OfferFactory
from prebooking import services
from prebooking.jobs import requeue_prebooks, write_late_mails, write_mails
from prebooking.models import Prebook
from prebooking.services import mails
from prebooking.tests.factories import PrebookFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer() -> Offer:
    return OfferFactory(book=BookFactory(title="Middlemarch"), stock_quantity=0)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mails, "BATCH_SIZE", 2)


def work() -> int:
    """Do the waiting jobs, and those that come of them, as a worker would; return how many there were."""
    done: set[int] = set()
    while job := ProcrastinateJob.objects.filter(task_name="prebooking.jobs.write_mails").exclude(pk__in=done).first():
        done.add(job.pk)
        write_mails(**job.args)
    return len(done)


def come_back(offer: Offer) -> None:
    catalogue.set_stock(offer.pk, 1)


def go(offer: Offer) -> None:
    catalogue.set_stock(offer.pk, 0)
    requeue_prebooks()


def a_day_passes() -> None:
    Prebook.objects.exclude(mailed_at=None).update(mailed_at=F("mailed_at") - timedelta(days=1))


def recipients() -> list[str]:
    return list(Mail.objects.order_by("pk").values_list("to", flat=True))


def test_each_gets_one_mail_with_a_link_and_a_way_out(offer):
    PrebookFactory(book=offer.book, user=UserFactory(email="ada@example.com"))
    come_back(offer)
    assert recipients() == []
    work()
    mail = Mail.objects.get()
    assert (mail.to, mail.subject) == ("ada@example.com", "“Middlemarch” is back")
    assert f"http://localhost:8000{offer.book.get_absolute_url()}" in mail.text
    assert "€10.00" in mail.text
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_mails_go_in_batches_each_its_own_job_and_everyone_gets_one(offer, small_batches):
    prebooks = [PrebookFactory(book=offer.book) for _each in range(5)]
    come_back(offer)
    assert work() == 3
    assert recipients() == [prebook.user.email for prebook in prebooks]
    assert Prebook.objects.filter(is_mail_due=True).count() == 0
    assert work_again(offer) == 5


def work_again(offer: Offer) -> int:
    """Let a job run once more, as one does whose worker was killed; return how many mails there are then."""
    write_mails(book_id=offer.book_id)
    return Mail.objects.count()


def test_a_batch_that_fails_half_way_has_written_nothing_and_is_simply_run_again(offer, small_batches, monkeypatch):
    for _each in range(4):
        PrebookFactory(book=offer.book)
    come_back(offer)
    write_mails(book_id=offer.book_id)
    with monkeypatch.context() as patch:
        patch.setattr(mails, "post_notice_mail", fail_at_second(mails.post_notice_mail))
        with pytest.raises(ConnectionError):
            write_mails(book_id=offer.book_id)
    assert (len(recipients()), Prebook.objects.filter(is_mail_due=True).count()) == (2, 2)
    write_mails(book_id=offer.book_id)
    assert len(set(recipients())) == len(recipients()) == 4


def fail_at_second(post: Any) -> Any:
    calls: list[Any] = []

    def failing(*arguments: Any) -> None:
        calls.append(arguments)
        if len(calls) == 2:
            raise ConnectionError
        post(*arguments)

    return failing


def test_who_does_not_want_mails_gets_none_and_is_not_asked_about_again(offer):
    prebook = PrebookFactory(book=offer.book)
    set_preferences(prebook.user, {(Kind.PREBOOK_BACK, Channel.MAIL): False})
    come_back(offer)
    work()
    prebook.refresh_from_db()
    assert (recipients(), prebook.is_mail_due, prebook.mailed_at) == ([], False, None)


@pytest.mark.parametrize("leave", ["cancel", "fulfil", "locked out"])
def test_who_has_gone_meanwhile_gets_no_mail(offer, leave):
    prebook = PrebookFactory(book=offer.book)
    come_back(offer)
    if leave == "cancel":
        services.cancel_prebook(prebook.user, prebook.pk)
    elif leave == "fulfil":
        services.fulfil(prebook.user_id, [offer.book_id])
    else:
        prebook.user.is_active = False
        prebook.user.save(update_fields=["is_active"])
    work()
    assert recipients() == []


def test_a_book_that_is_gone_before_its_mails_are_written_is_not_praised(offer):
    PrebookFactory(book=offer.book)
    come_back(offer)
    catalogue.set_stock(offer.pk, 0)
    work()
    assert recipients() == []
    requeue_prebooks()
    come_back(offer)
    work()
    assert len(recipients()) == 1


def test_a_book_that_comes_and_goes_costs_one_mail_a_day(offer):
    PrebookFactory(book=offer.book)
    for _each in range(3):
        come_back(offer)
        work()
        go(offer)
    assert len(recipients()) == 1
    a_day_passes()
    come_back(offer)
    work()
    assert len(recipients()) == 2


def test_a_mail_that_was_put_off_comes_a_day_after_the_last_if_the_book_is_still_there(offer):
    PrebookFactory(book=offer.book)
    come_back(offer)
    work()
    go(offer)
    come_back(offer)
    write_late_mails()
    work()
    assert len(recipients()) == 1
    a_day_passes()
    write_late_mails()
    work()
    assert len(recipients()) == 2


def test_two_books_are_two_mails(offer):
    first = PrebookFactory(book=offer.book)
    other = OfferFactory(stock_quantity=0)
    PrebookFactory(book=other.book, user=first.user)
    come_back(offer)
    come_back(other)
    work()
    assert recipients() == [first.user.email] * 2
    assert Prebook.objects.filter(mailed_at__lte=timezone.now(), is_mail_due=False).count() == 2
