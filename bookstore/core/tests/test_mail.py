"""Mails over a real connection to a real mail server on loopback: written with their cause, sent, refused, tidied."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core import checks
from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from prometheus_client import REGISTRY

from accounts.tests.factories import StaffFactory
from bookstore.core import delivery
from bookstore.core.jobs import GrowingPauses, delete_old_mails, send_mail
from bookstore.core.mail import post_mail, send_again
from bookstore.core.models import Mail
from bookstore.core.tests.smtp import MailServer, open_mail_server

pytestmark = pytest.mark.django_db

LINK = "https://shop.example/confirm?a=1&b=2"
MAILS = "/admin/core/mail/"


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    """The mail server that the shop is told to use."""
    with open_mail_server() as server:
        settings.OUTBOX = False
        settings.EMAIL_URL = {"EMAIL_HOST": "127.0.0.1"}
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.SITE_URL = "https://shop.example"
        yield server


def post(to: str = "ada@example.com", **context: Any) -> Mail:
    return post_mail(to, "account/email/email_confirmation", {"activate_url": LINK, **context})


def attempt(mail: Mail) -> Mail:
    """Do the mail's job once, as a worker would; what it raises is for the worker to wait for."""
    try:
        send_mail.func(mail.pk)
    except delivery.Undelivered:
        pass
    mail.refresh_from_db()
    return mail


def jobs() -> list[dict[str, Any]]:
    return list(ProcrastinateJob.objects.filter(task_name=send_mail.name).values_list("args", flat=True))


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body
    return body.get_content()


# Written with its cause


def test_a_mail_is_written_with_the_job_that_sends_it() -> None:
    mail = post()
    assert (mail.to, mail.kind, mail.subject) == (
        "ada@example.com", "account/email/email_confirmation", "Confirm your e-mail",
    )  # fmt: skip
    assert jobs() == [{"mail_id": mail.pk}]


@pytest.mark.django_db(transaction=True)
def test_a_cause_that_is_rolled_back_mails_nobody() -> None:
    before = jobs()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        post()
        raise ZeroDivisionError
    assert (Mail.objects.count(), jobs()) == (0, before)


def test_the_text_says_what_the_html_says(settings: Any) -> None:
    settings.STORE_NAME = "Quire & Sons"
    mail = post()
    assert LINK in mail.text
    assert "https://shop.example/confirm?a=1&amp;b=2" in mail.html
    assert ("Quire & Sons" in mail.text, "Quire &amp; Sons" in mail.html) == (True, True)


def test_a_subject_is_one_printable_line_that_ends() -> None:
    odd = "Ben\r\nBcc: all@example.com\u202e\x1b " + "x" * 400
    mail = post_mail("ada@example.com", "socialaccount/email/account_connected", {"provider": odd})
    assert mail.subject.startswith("Ben Bcc: all@example.com xxx")
    assert (len(mail.subject), mail.subject[-1]) == (200, "…")


# Sent


def test_a_mail_is_sent_as_text_and_html_and_then_forgets_them(server: MailServer) -> None:
    mail = attempt(post())
    (message,) = server.mails
    assert server.envelopes == [("shop@localhost", ["ada@example.com"])]
    assert (message["To"], message["Subject"]) == ("ada@example.com", "Confirm your e-mail")
    assert LINK in part(message, "plain")
    assert "Confirm this e-mail</a>" in part(message, "html")
    assert mail.sent_at
    assert (mail.text, mail.html, mail.attempts, mail.error) == ("", "", 1, "")


def test_a_mail_is_sent_once_however_often_its_job_is_done(server: MailServer) -> None:
    mail = post()
    for _time in range(3):
        attempt(mail)
    assert (len(server.mails), mail.attempts) == (1, 1)


def test_the_twin_of_a_worker_that_died_in_between_is_known_by_its_id(server: MailServer) -> None:
    mail = post()
    written = Mail.objects.filter(pk=mail.pk).values("text", "html", "sent_at")[0]
    attempt(mail)
    Mail.objects.filter(pk=mail.pk).update(**written)
    attempt(mail)
    first, second = server.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Message-ID"].endswith("@shop.example>")
    assert (first["Date"], first["Auto-Submitted"]) == (second["Date"], "auto-generated")


def test_names_of_any_script_and_international_domains_are_safe(server: MailServer, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Büchér 書店 <shop@bücher.example>"
    attempt(post_mail("ada@пример.example", "socialaccount/email/account_connected", {"provider": "谷歌 ✓"}))
    (message,) = server.mails
    assert server.envelopes == [("shop@xn--bcher-kva.example", ["ada@xn--e1afmkfd.example"])]
    assert (message["Subject"], message["To"]) == ("谷歌 ✓ was connected", "ada@xn--e1afmkfd.example")
    assert message["From"].addresses[0].display_name == "Büchér 書店"


@pytest.mark.parametrize("to", ["a@b.example\nBcc: c@d.example", "a@b.example, c@d.example", "jörg@b.example"])
def test_an_address_that_hides_another_is_sent_nothing(server: MailServer, to: str) -> None:
    mail = attempt(post(to))
    assert (server.envelopes, bool(mail.failed_at), mail.attempts) == ([], True, 1)


def test_a_header_that_hides_another_is_not_sent(server: MailServer) -> None:
    mail = post()
    Mail.objects.filter(pk=mail.pk).update(headers={"X-Book": "1\r\nBcc: c@d.example"})
    assert attempt(mail).failed_at
    assert server.envelopes == []


# Refused


@pytest.mark.parametrize(
    ("replies", "said"),
    [
        ({"RCPT": "451 Try later"}, "The mail server said: 451 Try later"),
        ({"DATA": "452 Full"}, "The mail server said: 452 Full"),
        ({"CONNECT": "554 Too many"}, "The mail server said: 554 Too many"),
        ({"EHLO": "421 Going", "HELO": "421 Going"}, "The mail server said: 421 Going"),
    ],
)
def test_a_mail_that_is_refused_for_now_is_tried_again(server: MailServer, replies: dict, said: str) -> None:
    server.replies = replies
    mail = attempt(post())
    assert (mail.attempts, mail.failed_at, mail.error, LINK in mail.text) == (1, None, said, True)
    server.replies = {}
    assert attempt(mail).sent_at
    assert (len(server.mails), mail.attempts, mail.error) == (1, 2, "")


@pytest.mark.parametrize("replies", [{"RCPT": "550 Nobody here"}, {"MAIL": "550 Not you"}, {"DATA": "554 Spam"}])
def test_a_mail_that_is_refused_for_good_is_given_up_at_once(server: MailServer, replies: dict) -> None:
    server.replies = replies
    mail = attempt(post())
    assert mail.failed_at
    assert mail.error == f"The mail server said: {next(iter(replies.values()))}"
    assert (mail.attempts, LINK in mail.text) == (1, True)


def test_a_mail_server_that_is_away_is_waited_for_and_in_the_end_given_up(server: MailServer, settings: Any) -> None:
    mail = post()
    with socket.socket() as nobody:  # who holds the port, so that nobody else does, and listens to none
        nobody.bind(("127.0.0.1", 0))
        settings.EMAIL_PORT = nobody.getsockname()[1]
        for number in range(1, delivery.MOST_ATTEMPTS):
            assert (attempt(mail).attempts, mail.failed_at) == (number, None)
        assert attempt(mail).failed_at
    assert "refused" in mail.error


def test_the_pauses_between_attempts_grow() -> None:
    mail, strategy = post(), GrowingPauses()
    job = send_mail.configure().job.evolve(task_kwargs={"mail_id": mail.pk})
    pauses = []
    for number in range(delivery.MOST_ATTEMPTS - 1):
        now = datetime.now(UTC)
        decision = strategy.get_retry_decision(exception=delivery.Undelivered(), job=job.evolve(attempts=number))
        assert decision.retry_at
        pauses.append(round((decision.retry_at - now) / timedelta(minutes=1)))
    assert pauses == [1, 5, 15, 60, 240, 720, 1440]


def test_without_a_mail_server_a_mail_fails_with_a_sentence(settings: Any) -> None:
    settings.OUTBOX, settings.EMAIL_URL = False, {}
    mail = attempt(post())
    assert mail.failed_at
    assert mail.error == "No mail server is known to the shop: the setting EMAIL_URL is missing."


@pytest.mark.parametrize(("outbox", "said"), [(False, ["bookstore.I001"]), (True, [])])
def test_a_deployment_without_a_mail_server_is_told(settings: Any, outbox: bool, said: list[str]) -> None:
    settings.OUTBOX, settings.EMAIL_URL = outbox, {}
    found = [check.id for check in checks.run_checks(include_deployment_checks=True)]
    assert [name for name in found if str(name).startswith("bookstore")] == said


def test_every_outcome_is_counted(server: MailServer) -> None:
    def counted() -> list[float]:
        return [
            REGISTRY.get_sample_value("mails_total", {"outcome": outcome}) or 0
            for outcome in ("sent", "postponed", "failed")
        ]

    before = counted()
    for replies in ({}, {"RCPT": "451 Later"}, {"RCPT": "550 Never"}):
        server.replies = replies
        attempt(post())
    assert [after - earlier for after, earlier in zip(counted(), before, strict=True)] == [1, 1, 1]


# Sent again, by staff


def given_up(server: MailServer) -> Mail:
    server.replies = {"RCPT": "550 Nobody here"}
    mail = attempt(post())
    server.replies = {}
    ProcrastinateJob.objects.all()._raw_delete(using="default")
    return mail


def test_a_mail_that_was_given_up_is_sent_again_once(server: MailServer) -> None:
    mail = given_up(server)
    assert [send_again([mail.pk]), send_again([mail.pk])] == [1, 0]
    assert jobs() == [{"mail_id": mail.pk}]
    assert attempt(mail).sent_at
    assert (len(server.mails), mail.attempts) == (1, 1)


def test_staff_see_failed_mails_but_no_key_and_send_them_again(server: MailServer, client: Client) -> None:
    mail, _other = given_up(server), attempt(post("ben@example.com"))
    client.force_login(StaffFactory())
    page = client.get(f"{MAILS}?state=failed")
    assert [row.pk for row in page.context["cl"].result_list] == [mail.pk]
    assert "550 Nobody here" in page.text
    assert LINK not in client.get(f"{MAILS}{mail.pk}/change/").text
    answer = client.post(MAILS, {"action": "send_again", "_selected_action": [mail.pk]}, follow=True)
    assert "1 mail will be sent again." in answer.text
    assert attempt(mail).sent_at


def test_staff_who_may_only_look_send_nothing(server: MailServer, client: Client) -> None:
    mail = given_up(server)
    clerk = StaffFactory(is_superuser=False)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_mail"))
    client.force_login(clerk)
    client.post(MAILS, {"action": "send_again", "_selected_action": [mail.pk]})
    mail.refresh_from_db()
    assert (bool(mail.failed_at), jobs()) == (True, [])


@pytest.mark.parametrize("act", ["add/", "1/delete/"])
def test_mails_are_neither_made_nor_deleted_by_hand(client: Client, act: str) -> None:
    client.force_login(StaffFactory())
    assert client.get(f"{MAILS}{act}").status_code in {302, 403}
    assert Mail.objects.count() == 0


# Tidied


@pytest.mark.parametrize(
    ("column", "days", "kept"), [("sent_at", 29, 1), ("sent_at", 31, 0), ("failed_at", 89, 1), ("failed_at", 91, 0)]
)
def test_mails_go_a_month_after_they_were_sent_and_three_after_they_failed(column: str, days: int, kept: int) -> None:
    mail = post()
    Mail.objects.filter(pk=mail.pk).update(**{column: timezone.now() - timedelta(days=days)})
    delete_old_mails.func(timestamp=0)
    assert Mail.objects.count() == kept


def test_a_mail_whose_job_is_gone_is_given_up_and_one_whose_job_waits_is_not() -> None:
    lost = post()
    ProcrastinateJob.objects.all()._raw_delete(using="default")
    waiting = post()
    delete_old_mails.func(timestamp=0)
    assert list(Mail.objects.failed()) == [lost]
    assert Mail.objects.get(pk=waiting.pk).failed_at is None


@pytest.mark.django_db(transaction=True)
def test_no_connection_is_kept_while_the_mail_server_takes_its_time(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, send = [], EmailMultiAlternatives.send

    def look_and_send(message: EmailMultiAlternatives) -> int:
        kept.append(connection.connection)
        return send(message)

    monkeypatch.setattr(EmailMultiAlternatives, "send", look_and_send)
    assert attempt(post()).sent_at
    assert kept == [None]
