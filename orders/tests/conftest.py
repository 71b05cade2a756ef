"""Somebody with an account, and a book to buy."""

import pytest
from django.test import Client

from accounts.models import User
from accounts.tests.factories import PASSWORD, UserFactory
from catalog.models import Offer
from catalog.tests.factories import BookFactory
from orders.tests.factories import fill, offer_of


@pytest.fixture
def ada(client: Client) -> User:
    """A shopper, for whom the client is signed in."""
    user = UserFactory(email="ada@example.com", full_name="Ada Reader", password=PASSWORD)
    client.force_login(user)
    return user


@pytest.fixture
def offer() -> Offer:
    return offer_of(5, "12.50", book=BookFactory(title="Middlemarch"))


@pytest.fixture
def cart(ada: User, offer: Offer) -> None:
    """Two copies in the shopper's cart."""
    fill(ada, offer, quantity=2)
