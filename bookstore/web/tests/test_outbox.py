"""The outbox page: what a shop that sends no mail would have sent, for whoever runs it."""

from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import expect

from bookstore.core.jobs import send_mail
from bookstore.core.mail import post_mail
from bookstore.core.models import Mail
from bookstore.web.tests.browser import Visit

pytestmark = pytest.mark.django_db

OUTBOX = "/outbox/"


def post(link: str = "http://localhost/confirm/key/") -> Mail:
    return post_mail("ada@example.com", "account/email/email_confirmation", {"activate_url": link})


def test_a_mail_is_read_before_and_after_its_job(client: Client) -> None:
    mail = post()
    for _time in range(2):
        assert "Confirm your e-mail" in client.get(OUTBOX).text
        page = client.get(f"{OUTBOX}{mail.pk}/").text
        assert '<a href="http://localhost/confirm/key/" rel="nofollow">' in page
        send_mail.func(mail.pk)
    mail.refresh_from_db()
    assert (bool(mail.sent_at), mail.attempts) == (True, 1)


def test_an_empty_outbox_says_so(client: Client) -> None:
    assert "No mail yet" in client.get(OUTBOX).text


def test_a_mail_that_was_sent_before_is_not_shown_empty(client: Client) -> None:
    mail = post()
    Mail.objects.filter(pk=mail.pk).update(text="", html="")
    assert "No mail yet" in client.get(OUTBOX).text
    assert client.get(f"{OUTBOX}{mail.pk}/").status_code == 404


def test_a_shop_that_sends_its_mail_has_no_outbox(client: Client, settings: Any) -> None:
    mail, settings.OUTBOX = post(), False
    assert [client.get(path).status_code for path in (OUTBOX, f"{OUTBOX}{mail.pk}/")] == [404, 404]


@pytest.mark.parametrize("caller", [{"REMOTE_ADDR": "192.0.2.7"}, {"HTTP_X_FORWARDED_FOR": "192.0.2.7"}])
def test_the_outbox_is_not_there_for_other_machines(caller: dict[str, str]) -> None:
    mail, client = post(), Client(**caller)
    assert [client.get(path).status_code for path in (OUTBOX, f"{OUTBOX}{mail.pk}/")] == [404, 404]


def test_a_mail_is_shown_without_any_power(client: Client) -> None:
    answer = client.get(f"{OUTBOX}{post().pk}/")
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc=' in answer.text
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert "'unsafe-inline'" not in policy["script-src"]
    assert set(policy["style-src"].split()) == {"'self'", "'unsafe-inline'"}


@pytest.mark.browser
def test_the_link_of_a_mail_is_followed_from_its_html(visit: Visit, live_server: Any) -> None:
    page = visit(f"{OUTBOX}{post(f'{live_server.url}/books/').pk}/")
    # By keyboard: what Playwright does inside of the frame would count as a script there.
    page.locator("iframe").focus()
    page.keyboard.press("Tab")
    with page.expect_popup() as opened:
        page.keyboard.press("Enter")
    expect(opened.value).to_have_url(f"{live_server.url}/books/")
