"""The wishlist in a browser."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from accounts.tests.factories import PASSWORD, UserFactory
from bookstore.web.tests.browser import PHONE, Visit, assert_accessible, assert_fits
from catalog import services as catalogue
from catalog.models import Offer
from catalog.tests.factories import BookFactory, OfferFactory
from wishlist import services
from wishlist.models import Wish

pytestmark = [pytest.mark.django_db, pytest.mark.browser]


@pytest.fixture
def offer() -> Offer:
    OfferFactory(book=BookFactory(title="Emma"))
    return OfferFactory(book=BookFactory(title="Middlemarch"), price=Decimal("12.00"), stock_quantity=9)


@pytest.mark.parametrize("javascript", [True, False])
def test_hearts_of_a_list_are_pressed_and_the_list_stays_as_it_is(visit: Visit, offer: Offer, javascript: bool) -> None:
    page = visit("/books/?sort=-title", user=UserFactory(), javascript=javascript)
    hearts = [page.get_by_role("button", name=f"Wishlist: {title}") for title in ("Middlemarch", "Emma")]
    for heart in hearts:
        heart.click()
        expect(heart).to_have_attribute("aria-pressed", "true")
    hearts[0].click()
    expect(hearts[0]).to_have_attribute("aria-pressed", "false")
    expect(hearts[1]).to_have_attribute("aria-pressed", "true")
    assert page.url.endswith("/books/?sort=-title")
    if javascript:
        expect(hearts[0]).to_be_focused()
        expect(page.locator("#news")).to_have_text("“Middlemarch” is off your wishlist.")


@pytest.mark.parametrize("javascript", [True, False])
def test_the_first_book_of_a_list_goes_into_the_cart_too(visit: Visit, offer: Offer, javascript: bool) -> None:
    page = visit("/books/?sort=title", javascript=javascript)
    page.get_by_role("button", name="Add to cart Emma").click()
    expect(page.get_by_text("“Emma” is in your cart.")).to_be_visible()
    assert page.url.endswith("/books/?sort=title")


@pytest.mark.parametrize("javascript", [True, False])
def test_a_heart_pressed_by_a_stranger_is_pressed_after_signing_in(
    visit: Visit, offer: Offer, javascript: bool
) -> None:
    UserFactory(email="ada@example.com", password=PASSWORD)
    path = offer.book.get_absolute_url()
    page = visit(path, javascript=javascript)
    page.get_by_role("button", name="Wishlist: Middlemarch").click()
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("Password").first.fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).last.click()
    expect(page.get_by_role("button", name="Wishlist: Middlemarch")).to_have_attribute("aria-pressed", "true")
    assert page.url.endswith(path)


@pytest.mark.parametrize("javascript", [True, False])
def test_a_wish_is_removed_put_back_and_moved_to_the_cart(visit: Visit, offer: Offer, javascript: bool) -> None:
    user = UserFactory()
    services.add_wish(user, offer.book_id)
    page = visit("/wishlist/", user=user, javascript=javascript)
    page.get_by_role("button", name="Remove Middlemarch").click()
    expect(page.get_by_text("“Middlemarch” is off your wishlist.").first).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Move to cart Middlemarch").click()
    expect(page.get_by_text("“Middlemarch” is in your cart.").first).to_be_visible()
    expect(page.get_by_role("link", name="Cart 1 copy")).to_be_visible()
    expect(page.get_by_text("Nothing is wished for yet.")).to_be_visible()


def test_the_order_changes_at_once(visit: Visit, offer: Offer) -> None:
    user = UserFactory()
    for book_id in Offer.objects.order_by("price").values_list("book", flat=True):
        services.add_wish(user, book_id)
    page = visit("/wishlist/", user=user)
    expect(page.get_by_role("heading", level=2).first).to_have_text("Middlemarch")
    page.get_by_label("Sort by").select_option("price")
    expect(page.get_by_role("heading", level=2).first).to_have_text("Emma")
    page.wait_for_url("**/wishlist/?sort=price")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_list_full_of_news_is_accessible_and_fits_a_phone(visit: Visit, offer: Offer, scheme: str) -> None:
    user = UserFactory(full_name="Ada Reader")
    gone = OfferFactory(book=BookFactory(title="Long" * 60, authors=["Name " * 40]))
    for each in (offer, gone):
        services.add_wish(user, each.book_id)
    catalogue.archive_book(gone.book_id)
    catalogue.change_offer(offer.pk, price=Decimal("1.00"))
    services.share_wishlist(user, shows_name=True)
    page = visit("/wishlist/", user=user, scheme=scheme, viewport=PHONE)
    expect(page.get_by_text("Cheaper than when you saved it")).to_be_visible()
    page.get_by_role("button", name="Remove Long").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
    assert Wish.objects.count() == 1
