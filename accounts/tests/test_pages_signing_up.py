from functools import partial
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.models import User
from accounts.tests.factories import PASSWORD, UserFactory
from accounts.tests.pages import faults, is_in, told
from bookstore.core.models import Mail
from bookstore.core.rate_limits import RULES
from bookstore.core.tests.racing import race

pytestmark = pytest.mark.django_db

ADA = {"email": "Ada@Example.com", "password1": PASSWORD, "full_name": "Ada Reader"}


def sign_up(client: Client, **typed: str) -> Any:
    return client.post("/accounts/signup/", ADA | typed)


def test_who_signs_up_is_in_at_once_and_led_on(client):
    assert sign_up(client, next="/books/").url == "/books/"
    user = User.objects.get()
    assert (user.email, user.full_name, user.check_password(PASSWORD)) == ("ada@example.com", "Ada Reader", True)
    assert is_in(client)


def test_the_name_may_be_left_out(client):
    assert sign_up(client, full_name="").status_code == 302
    assert User.objects.get().full_name == ""


def test_confirming_is_asked_for_and_not_demanded(client):
    sign_up(client)
    assert told(client) == ["Welcome! We have sent you a link to confirm your e-mail; it can wait."]
    assert list(EmailAddress.objects.values_list("email", "primary", "verified")) == [("ada@example.com", True, False)]
    assert Mail.objects.get().kind == "account/email/email_confirmation_signup"
    assert "Send it again" in client.get("/accounts/").text


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@EXAMPLE.COM"])
def test_a_taken_e_mail_is_refused_beside_its_field(client, email):
    UserFactory(email="ada@example.com")
    assert faults(sign_up(client, email=email)) == {"email": ["An account with this e-mail exists already."]}
    assert (User.objects.count(), Mail.objects.count(), is_in(client)) == (1, 0, False)


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"password1": "short"}, "password1"), ({"password1": "ada@example"}, "password1"),
     ({"password1": "Ada Reader"}, "password1"), ({"password1": ""}, "password1"), ({"email": "ada"}, "email"),
     ({"email": f"{'a' * 250}@example.com"}, "email"), ({"email": "用户@example.com"}, "email"),
     ({"full_name": "x" * 201}, "full_name"), ({"full_name": "nul\x00"}, "full_name")],
)  # fmt: skip
def test_what_cannot_be_is_said_beside_its_field(client, typed, field):
    assert list(faults(sign_up(client, **typed))) == [field]
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_parallel_sign_ups_with_one_e_mail_make_one_account():
    answers = race(*[partial(sign_up, Client(), email=email) for email in ("ada@example.com", "ADA@example.com") * 4])
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [302]
    assert {*map(str, (faults(one) for one in answers if one.status_code == 200))} == {
        "{'email': ['An account with this e-mail exists already.']}"
    }
    assert (User.objects.count(), EmailAddress.objects.count(), Mail.objects.count()) == (1, 1, 1)


def test_signing_up_is_limited_for_an_address(client, settings):
    settings.RATE_LIMITS = True
    for number in range(RULES["register"].per_address):
        assert sign_up(client, email=f"ada{number}@", password1="x").status_code == 200
    assert sign_up(client).status_code == 429
    assert not User.objects.exists()
