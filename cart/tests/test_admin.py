import pytest
from django.test import Client

from accounts.services import personal_data
from accounts.tests.factories import StaffFactory, UserFactory
from cart import services
from cart.models import Cart
from cart.services import Shopper
from catalog.tests.factories import BookFactory, OfferFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def filled() -> Cart:
    user = UserFactory(email="ada@example.com")
    offer = OfferFactory(book=BookFactory(title="Middlemarch"), stock_quantity=5)
    return services.add_item(Shopper(user_id=user.pk), offer.book_id, 2).cart


def test_staff_find_a_cart_by_its_shopper_and_see_the_lines(filled):
    client = Client()
    client.force_login(StaffFactory())
    assert "ada@example.com" in client.get("/admin/cart/cart/?q=ada@").text
    page = client.get(f"/admin/cart/cart/{filled.pk}/change/")
    assert "Middlemarch" in page.text
    assert client.post(f"/admin/cart/cart/{filled.pk}/change/", {"status": "CANCELLED"}).status_code == 403


def test_a_reader_takes_along_what_is_in_the_carts(filled):
    (cart,) = personal_data(filled.user)["carts"]
    assert (cart["status"], [(line["title"], line["quantity"]) for line in cart["items"]]) == (
        "ACTIVE",
        [("Middlemarch", 2)],
    )
