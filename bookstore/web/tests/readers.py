"""
Who visits a page, for pages that ask for more than an address: to be signed in, to have proven it again, half way in.

Each is a client, whose cookies a browser may take over.
"""

import time

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.models import Address, Kind, User
from accounts.services import notify, read_notice
from accounts.tests.factories import PASSWORD, UserFactory
from accounts.tests.second_factors import add_app, add_recovery_codes
from catalog.models import Book

GOOGLE = {"provider_id": "google", "name": "Google", "settings": {"server_url": "https://accounts.google.com"}}
PROVIDERS = {
    "openid_connect": {"APPS": [{**GOOGLE, "client_id": "id", "secret": "secret"}]},
    "github": {"APPS": [{"name": "GitHub", "client_id": "id", "secret": "secret"}]},
}
SHOWN_WITH_AN_APP = {
    "mfa_authenticate",
    "mfa_deactivate_totp",
    "mfa_generate_recovery_codes",
    "mfa_index",
    "mfa_reauthenticate",
    "mfa_view_recovery_codes",
}


def make_reader() -> User:
    """Make someone with something of everything that the pages of an account show."""
    user = UserFactory(full_name="Ada Reader", password=PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    for city in ("Harbour", "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"):
        Address.objects.create(
            user=user, full_name="Ada Reader", line1="Quay 1", city=city, country="NL", is_default=city == "Harbour"
        )
    for title in ("“Emma” is back", f"“{'Long' * 60}” costs less"):
        notify(
            Kind.PREBOOK_BACK, [user.pk], title=title, body="There is one copy, for whoever is quick.", url="/books/"
        )
    read_notice(user, user.notifications.latest("pk").pk)
    return user


def client_for(name: str, reader: User, *, is_for_readers: bool) -> Client:
    """Return a client in the state in which this page is shown; the reader's account is changed accordingly."""
    client = Client()
    if name in {"catalog:seen", "web:home"}:
        client.get(Book.objects.earliest("pk").get_absolute_url())
    if name in SHOWN_WITH_AN_APP:
        add_app(reader)
        add_recovery_codes(reader)
    if name == "account_set_password":
        reader.set_unusable_password()
        reader.save()
    if name == "account_reset_password_from_key":
        keep(client, _password_reset_key=default_token_generator.make_token(reader))
    elif name == "mfa_authenticate":
        client.post("/accounts/login/", {"login": reader.email, "password": PASSWORD})
    elif is_for_readers:
        client.force_login(reader)
        prove_again(client, reader)
    return client


def prove_again(client: Client, user: User) -> None:
    """Let the client have given its password a second time just now."""
    proof = {"method": "password", "at": time.time(), "reauthenticated": True}
    keep(client, account_authentication_methods=[proof], account_authentication_methods_user=str(user.pk))


def keep(client: Client, **facts: object) -> None:
    session = client.session
    session.update(facts)
    session.save()
