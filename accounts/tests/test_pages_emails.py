import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts import services
from accounts.models import User
from accounts.tests.factories import PASSWORD, UserFactory
from accounts.tests.pages import faults, is_in, path_in_mail, prove, sign_in, told
from bookstore.core.models import Mail
from bookstore.core.rate_limits import RULES

pytestmark = pytest.mark.django_db

PAGE = "/accounts/email/"


@pytest.fixture
def ada(client: Client) -> User:
    """Somebody who has just signed up."""
    user = services.register_user("ada@example.com", PASSWORD)
    sign_in(client)
    return user


def emails() -> set[tuple[str, bool, bool]]:
    return set(EmailAddress.objects.values_list("email", "primary", "verified"))


def test_an_e_mail_is_confirmed_by_the_button_behind_the_mails_link(ada, client):
    link = path_in_mail()
    assert "Yes, confirm" in client.get(link).text
    assert emails() == {("ada@example.com", True, False)}

    assert client.post(link).headers["Location"] == "/accounts/"

    assert emails() == {("ada@example.com", True, True)}
    assert told(client) == ["ada@example.com is confirmed. Thank you."]
    assert "Send it again" not in client.get("/accounts/").text
    assert client.post(link).status_code == 404


def test_a_link_is_good_in_another_browser_and_signs_nobody_in_or_out(ada, client):
    ben = Client()
    ben.force_login(UserFactory(email="ben@example.com"))
    stranger = Client()
    assert stranger.post(path_in_mail()).headers["Location"] == "/accounts/"
    assert not is_in(stranger)
    ben.get(path_in_mail())
    assert is_in(ben)


@pytest.mark.parametrize("key", ["x", "MQ:1xUbwU:forged", "9" * 200])
def test_a_forged_link_confirms_nothing(ada, client, key):
    path = f"/accounts/confirm-email/{key}/"
    assert "This link no longer works" in client.get(path).text
    assert client.post(path).status_code == 404
    assert emails() == {("ada@example.com", True, False)}


def test_the_link_is_sent_again(ada, client):
    client.post(PAGE, {"again": "on", "email": "ada@example.com"})
    assert told(client, PAGE) == ["The link is on its way."]
    assert [mail.to for mail in Mail.objects.all()] == ["ada@example.com"] * 2


def test_nothing_is_sent_to_others_nor_to_the_confirmed(ada, client):
    client.post(path_in_mail())
    for email in ("ben@example.com", "ada@example.com"):
        client.post(PAGE, {"again": "on", "email": email})
    assert Mail.objects.count() == 1


def test_what_is_no_email_is_refused(ada, client):
    assert client.post(PAGE, {"again": "on", "email": "ada@example.com\0"}).status_code == 302
    assert Mail.objects.count() == 1


def test_sending_again_is_limited(ada, client, settings):
    settings.RATE_LIMITS = True
    again = [client.post(PAGE, {"again": "on", "email": ada.email}) for _ in range(RULES["confirmation"].per_account)]
    assert {answer.status_code for answer in again} == {302}
    assert client.post(PAGE, {"again": "on", "email": ada.email}).status_code == 429


# Another e-mail


def test_an_e_mail_is_changed_after_a_proof_and_counts_once_it_is_confirmed(ada, client):
    client.post(path_in_mail())
    asked = client.post(PAGE, {"email": "New@Example.com"})
    assert asked.headers["Location"] == "/accounts/reauthenticate/?next=%2Faccounts%2Femail%2F"
    assert emails() == {("ada@example.com", True, True)}

    assert client.post(asked.headers["Location"], {"password": PASSWORD}).headers["Location"] == PAGE

    assert emails() == {("ada@example.com", True, True), ("new@example.com", False, False)}
    assert sign_in(Client(), "new@example.com").status_code == 200
    client.post(path_in_mail("new@example.com"))
    assert emails() == {("new@example.com", True, True)}
    assert sign_in(Client(), "new@example.com").status_code == 302
    notice = Mail.objects.latest("pk")
    assert (notice.kind, notice.to) == ("account/email/email_changed", "ada@example.com")


def test_a_slip_of_the_pen_while_signing_up_can_be_mended(ada, client):
    prove(client)
    client.post(PAGE, {"email": "adda@example.com"})
    client.post(PAGE, {"email": "right@example.com"})
    assert emails() == {("ada@example.com", True, False), ("right@example.com", False, False)}
    client.post(path_in_mail("right@example.com"))
    assert list(User.objects.values_list("email", flat=True)) == ["right@example.com"]


def test_a_change_is_withdrawn(ada, client):
    prove(client)
    client.post(PAGE, {"email": "new@example.com"})
    link = path_in_mail("new@example.com")
    client.post(PAGE, {"withdraw": "on"})
    assert emails() == {("ada@example.com", True, False)}
    assert client.post(link).status_code == 404


@pytest.mark.parametrize("email", ["ben@example.com", "BEN@example.com", "ada@example.com", "no", "用户@example.com"])
def test_what_cannot_be_the_new_one_is_said_beside_it(ada, client, email):
    UserFactory(email="ben@example.com")
    prove(client)
    assert list(faults(client.post(PAGE, {"email": email}))) == ["email"]
    assert emails() == {("ada@example.com", True, False)}


def test_an_e_mail_that_somebody_took_meanwhile_is_not_confirmed(ada, client):
    prove(client)
    client.post(PAGE, {"email": "new@example.com"})
    link = path_in_mail("new@example.com")
    UserFactory(email="new@example.com")
    client.post(link)
    assert told(client) == ["This e-mail belongs to another account meanwhile."]
    ada.refresh_from_db()
    assert (ada.email, ("ada@example.com", True, False) in emails()) == ("ada@example.com", True)


def test_an_old_link_for_a_password_dies_with_the_old_e_mail(ada, client):
    Client().post("/accounts/password/reset/", {"email": "ada@example.com"})
    link = path_in_mail()
    prove(client)
    client.post(PAGE, {"email": "new@example.com"})
    client.post(path_in_mail("new@example.com"))
    assert "This link no longer works" in Client().get(link).text
