"""Which language readers are spoken to and written to in: chosen, remembered, or asked for by browser or program."""

from typing import Any

import pytest
from django.test import Client
from django.utils.translation import get_language, gettext_lazy, override

from accounts.models import Kind, Notification, User
from accounts.services import ask_for_password_reset, notify, post_notice_mail
from accounts.tests.factories import PASSWORD, UserFactory
from accounts.tests.pages import EMAIL, sign_in
from bookstore.core.models import Mail
from catalog.tests.factories import BookFactory

pytestmark = pytest.mark.django_db

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}
BACK = gettext_lazy("A book that you prebooked is back")


@pytest.fixture
def ada() -> User:
    return UserFactory(email=EMAIL, password=PASSWORD)


def choose(client: Client, language: str) -> Any:
    return client.post("/accounts/language/", {"language": language}, headers={"Referer": "http://testserver/books/"})


def spoken(client: Client, **headers: str) -> str:
    return client.get("/books/", headers=headers).headers["Content-Language"]


def remembered(user: User) -> str:
    user.refresh_from_db()
    return user.language


def test_shop_speaks_what_the_browser_asks_for_else_english(client):
    assert client.get("/books/", headers=GERMAN).headers["Content-Language"] == "de"
    assert client.get("/books/", headers={"Accept-Language": "fr"}).headers["Content-Language"] == "en"
    assert spoken(client) == "en"


def test_choice_leads_back_and_outweighs_the_browsers(client):
    answer = choose(client, "en")

    assert (answer.status_code, answer.headers["Location"]) == (302, "http://testserver/books/")
    assert client.get("/books/", headers=GERMAN).headers["Content-Language"] == "en"


def test_switch_alone_gives_a_reader_no_cookie_but_the_chosen_language(client):
    page = client.get("/accounts/password/reset/done/")
    assert 'action="/accounts/language/"' in page.text
    assert not client.cookies

    choose(client, "de")
    assert set(client.cookies) == {"language"}


@pytest.mark.parametrize("language", ["fr", "", "../de", "de" * 100])
def test_unknown_language_is_refused_and_nothing_changes(client, ada, language):
    client.force_login(ada)

    assert choose(client, language).status_code == 302

    assert "The shop does not speak this language." in client.get("/").text
    assert ("language" in client.cookies, remembered(ada)) == (False, "")


def test_choice_stays_over_sign_in_and_out(client, ada):
    choose(client, "de")

    sign_in(client)
    assert (spoken(client), remembered(ada)) == ("de", "de")

    client.post("/accounts/logout/")
    assert spoken(client) == "de"


def test_account_brings_its_language_into_another_browser(client, ada):
    client.force_login(ada)
    choose(client, "de")

    other = Client()
    sign_in(other)

    assert spoken(other) == "de"


def test_account_remembers_what_the_browser_asked_for_until_something_is_chosen(client, ada):
    client.post("/accounts/login/", {"login": EMAIL, "password": PASSWORD}, headers=GERMAN)
    assert remembered(ada) == "de"

    choose(client, "en")
    assert remembered(ada) == "en"


def test_programs_are_answered_in_the_language_they_ask_for_whatever_was_chosen(client):
    choose(client, "de")

    english = client.get("/api/v1/books/1")
    german = client.get("/api/v1/books/1", headers=GERMAN)

    assert (english.json()["code"], english.json()["detail"]) == ("BOOK_NOT_FOUND", "There is no such book.")
    assert (german.json()["code"], german.json()["detail"]) == ("BOOK_NOT_FOUND", "Dieses Buch gibt es nicht.")


def test_account_made_by_a_program_remembers_what_that_asked_for(client):
    body = {"email": EMAIL, "password": PASSWORD, "full_name": "Ada"}
    client.post("/api/v1/auth/register", body, content_type="application/json", headers=GERMAN)

    assert User.objects.get(email=EMAIL).language == "de"
    assert Mail.objects.get().subject == "Willkommen: Bitte bestätigen Sie Ihre E-Mail-Adresse"


def test_description_of_the_api_is_the_same_in_all_languages(client):
    english, german = client.get("/api/schema"), client.get("/api/schema", headers=GERMAN)

    assert english.content == german.content
    assert german.headers["Content-Language"] == "en"


def test_pictures_do_not_vary_by_language(client):
    page = client.get(BookFactory().get_absolute_url()).text
    cover = page.split('<span class="cover">')[1].split('src="')[1].split('"')[0]

    answer = client.get(cover, headers=GERMAN)

    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert "Accept-Language" not in answer.headers.get("Vary", "")
    assert "Content-Language" not in answer.headers


def test_a_request_leaves_no_language_behind(client):
    client.get("/books/", headers=GERMAN)

    assert get_language() == "en"


def test_german_reader_is_written_to_in_german_by_a_job_that_has_no_request():
    ada, bob = UserFactory(language="de"), UserFactory()
    for user in (ada, bob):
        post_notice_mail(Kind.PREBOOK_BACK, user, "mail/account_closed", {})

    assert Mail.objects.get(to=ada.email).subject == "Ihr Konto wurde gelöscht"
    assert '<html lang="de"' in Mail.objects.get(to=ada.email).html
    assert "Keine solchen E-Mails mehr" in Mail.objects.get(to=ada.email).text
    assert Mail.objects.get(to=bob.email).subject == "Your account was deleted"


def test_somebody_elses_request_does_not_change_the_readers_language(ada):
    User.objects.update(language="en")

    with override("de"):
        ask_for_password_reset(EMAIL)
        ask_for_password_reset("nobody@example.com")

    assert "new password" in Mail.objects.get(to=EMAIL).text
    assert "neues Passwort" in Mail.objects.get(to="nobody@example.com").text


def test_each_is_told_in_the_app_in_their_language():
    ada, bob, old = UserFactory(language="de"), UserFactory(), UserFactory(language="la")

    with override("de"):
        notify(Kind.PREBOOK_BACK, [ada.pk, bob.pk, old.pk], title=BACK, body="“Emma”", url="/")

    told = dict(Notification.objects.values_list("user", "title"))
    assert told == {ada.pk: "Ein vorgemerktes Buch ist wieder da", bob.pk: str(BACK), old.pk: str(BACK)}
