from decimal import Decimal

import pytest
from django.test import Client

from accounts.tests.factories import StaffFactory, UserFactory
from catalog.tests.factories import BookFactory, OfferFactory
from wishlist import services

pytestmark = pytest.mark.django_db


def test_staff_look_at_wishes_and_change_none():
    offer = OfferFactory(book=BookFactory(title="Middlemarch"), price=Decimal("12.00"))
    wish = services.add_wish(UserFactory(email="ada@example.com"), offer.book_id)
    client = Client()
    client.force_login(StaffFactory())
    assert "Middlemarch" in client.get("/admin/wishlist/wish/?q=ada@example.com").text
    assert "Middlemarch" not in client.get("/admin/wishlist/wish/?q=eve@example.com").text
    page = f"/admin/wishlist/wish/{wish.pk}/change/"
    assert "12.00" in client.get(page).text
    assert client.post(page, {"price": "1.00"}).status_code == 403
