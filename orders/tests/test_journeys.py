"""Buying, and what comes after it, in a browser."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.services import add_address
from accounts.tests.factories import PASSWORD, UserFactory
from bookstore.web.tests.browser import DESKTOP, PHONE, Visit, assert_accessible, assert_fits
from catalog import services as catalogue
from catalog.models import Offer
from catalog.tests.factories import BookFactory
from orders.jobs import recover_order
from orders.models import Order, OrderStatus
from orders.services import (
    CheckoutRequest,
    cancel_order,
    check_out,
    deliver_order,
    issue_invoice,
    refund_order,
    reserve,
    ship_order,
)
from orders.tests.factories import ADDRESS, IS_DECLINED, fill, offer_of, paying
from prebooking.models import Prebook, PrebookStatus

pytestmark = [pytest.mark.django_db, pytest.mark.browser]

Test = Callable[..., None]

with_and_without_javascript = pytest.mark.parametrize("javascript", [True, False])


def everywhere(journey: Test) -> Test:
    """Let a journey be made at a desk and on a phone, with JavaScript and without."""
    on_screens = pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desk", "phone"])
    return on_screens(with_and_without_javascript(journey))


@pytest.fixture
def ada(offer: Offer) -> User:
    """Somebody with an address and a book in the cart."""
    user = UserFactory(email="ada@example.com", full_name="Ada Reader", password=PASSWORD)
    add_address(user, **ADDRESS)
    fill(user, offer, quantity=2)
    return user


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name).click()


def heading(page: Page) -> Any:
    return page.get_by_role("heading", level=1)


def look_at(page: Page, javascript: bool = True) -> None:
    if javascript:  # which axe needs itself
        assert_accessible(page)
        assert_fits(page)


def type_address(page: Page) -> None:
    page.get_by_label("Street and number").fill("1 Page Street")
    page.get_by_label("Postal code").fill("10115")
    page.get_by_label("Town or city").fill("Berlin")
    page.get_by_label("Country").select_option("DE")


@everywhere
def test_a_guest_finds_a_book_signs_up_on_the_way_and_buys(
    visit: Visit, offer: Offer, javascript: bool, viewport: Any
) -> None:
    page = visit("/", javascript=javascript, viewport=viewport)
    page.get_by_label("Search books").fill("middlemarch")
    page.get_by_label("Search books").press("Enter")
    press(page, "Add to cart Middlemarch")
    expect(page.get_by_role("link", name="Cart 1 copy")).to_be_visible()
    page.get_by_role("link", name="Cart 1 copy").click()
    page.get_by_role("link", name="To the checkout").click()
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("Name").fill("New Reader")
    page.get_by_label("E-mail").fill("new@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(page, "Create account")

    expect(heading(page)).to_have_text("Checkout")
    look_at(page, javascript)
    type_address(page)
    press(page, "Buy now for €12.50")
    expect(heading(page)).to_have_text("Thank you for your order")
    look_at(page, javascript)
    page.get_by_role("link", name="Account", exact=True).click()
    page.get_by_role("main").get_by_role("link", name="Orders").click()
    expect(page.get_by_role("main")).to_contain_text("Confirmed")
    assert Order.objects.get().user.addresses.get().city == "Berlin"


@everywhere
def test_a_declined_card_comes_back_and_another_pays(visit: Visit, ada: User, javascript: bool, viewport: Any) -> None:
    page = visit("/checkout/", user=ada, javascript=javascript, viewport=viewport)
    page.get_by_label("Another address").check()
    type_address(page)
    page.get_by_label("Full name").fill("A Friend")
    page.get_by_label("Keep this address").uncheck()
    page.get_by_label("Test card that is declined").check()
    press(page, "Buy now for €25.00")

    expect(page.get_by_role("alert")).to_contain_text("The payment was declined. Nothing was charged")
    expect(page.get_by_role("alert")).to_be_focused()
    look_at(page, javascript)
    expect(page.get_by_label("Full name")).to_have_value("A Friend")
    expect(page.get_by_label("Keep this address")).not_to_be_checked()
    press(page, "Buy now for €25.00")
    expect(heading(page)).to_have_text("Thank you for your order")
    expect(page.get_by_role("main")).to_contain_text("A Friend")
    assert ada.addresses.count() == 1


@everywhere
def test_a_price_rises_under_the_reader(visit: Visit, ada: User, offer: Offer, javascript: bool, viewport: Any) -> None:
    page = visit("/checkout/", user=ada, javascript=javascript, viewport=viewport)
    page.get_by_label("Another address").check()
    type_address(page)
    catalogue.change_offer(offer.pk, price=Decimal("13.00"))
    press(page, "Buy now for €25.00")

    expect(page.get_by_role("alert")).to_contain_text("It costs more now than what you have seen.")
    expect(page.get_by_text("Was €12.50, is now €13.00.")).to_be_visible()
    look_at(page, javascript)
    press(page, "Buy now for €26.00")
    tick = page.get_by_label("I agree to the new prices")
    expect(tick).to_have_accessible_description("Please agree to the new prices, or change your cart.")
    expect(tick).to_be_focused()
    tick.check()
    expect(page.get_by_label("Street and number")).to_have_value("1 Page Street")
    press(page, "Buy now for €26.00")
    expect(heading(page)).to_have_text("Thank you for your order")


@everywhere
def test_books_sell_out_under_the_reader_and_the_rest_is_bought(
    visit: Visit, ada: User, offer: Offer, javascript: bool, viewport: Any
) -> None:
    gone = offer_of(book=BookFactory(title="Emma"))
    fill(ada, gone)
    page = visit("/checkout/", user=ada, javascript=javascript, viewport=viewport)
    page.get_by_label("Another address").check()
    page.get_by_label("Street and number").fill("2 Page Street")
    type_address(page)
    catalogue.set_stock(gone.pk, 0)
    catalogue.set_stock(offer.pk, 1)
    press(page, "Buy now for €35.00")

    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("2 lines cannot be bought as they are")
    expect(alert).to_be_focused()
    look_at(page, javascript)
    alert.get_by_role("link", name="Emma").click()
    press(page, "Take out Emma")
    press(page, "Take one copy Middlemarch")
    expect(page.get_by_label("Town or city")).to_have_value("Berlin")
    press(page, "Buy now for €12.50")
    expect(heading(page)).to_have_text("Thank you for your order")


@everywhere
def test_a_reader_prebooks_is_told_returns_and_buys(visit: Visit, ada: User, javascript: bool, viewport: Any) -> None:
    gone = offer_of(0, book=BookFactory(title="Emma"))
    page = visit(gone.book.get_absolute_url(), user=ada, javascript=javascript, viewport=viewport)
    press(page, "Tell me when it is back")
    expect(page.get_by_role("note").filter(has_text="You are 1st of 1")).to_be_visible()
    look_at(page, javascript)
    catalogue.set_stock(gone.pk, 1)

    page.goto("/notifications/")
    page.get_by_role("main").get_by_text("“Emma” is back").click()
    press(page, "Add to cart")
    expect(page.get_by_role("link", name="Cart 3 copies")).to_be_visible()
    page.goto("/checkout/")
    press(page, "Buy now for €35.00")
    expect(heading(page)).to_have_text("Thank you for your order")
    assert Prebook.objects.get().status == PrebookStatus.FULFILLED


@with_and_without_javascript
def test_a_payment_that_is_not_decided_is_looked_for_until_it_is(
    visit: Visit, ada: User, javascript: bool, settings: Any
) -> None:
    settings.PAYMENT_TEST_TOKENS, settings.PAYMENT_TIMEOUT = True, 1
    page = visit("/checkout/", user=ada, javascript=javascript)
    page.get_by_label("while the provider says nothing").check()
    press(page, "Buy now for €25.00")
    expect(heading(page)).to_have_text("We wait for your payment")
    look_at(page, javascript)
    for order_id in Order.objects.undecided(timezone.now() + timedelta(minutes=6)).values_list("pk", flat=True):
        recover_order(order_id=order_id)

    expect(heading(page)).to_have_text("Thank you for your order")
    expect(page.get_by_role("link", name="Cart", exact=True)).to_be_visible()
    if javascript:
        expect(page.locator("#news")).to_have_text("Thank you for your order")


@with_and_without_javascript
def test_a_reader_who_does_not_want_to_wait_asks_the_provider(
    visit: Visit, ada: User, javascript: bool, settings: Any
) -> None:
    settings.PAYMENT_TIMEOUT = 0
    order = reserve(ada, paying()).order
    page = visit(order.get_absolute_url(), user=ada, javascript=javascript)
    press(page, "Ask the provider again")
    expect(heading(page)).to_have_text("The payment failed")
    page.get_by_role("link", name="Try again").click()
    press(page, "Buy now for €25.00")
    expect(heading(page)).to_have_text("Thank you for your order")


@with_and_without_javascript
def test_a_double_click_buys_once(visit: Visit, ada: User, javascript: bool) -> None:
    page = visit("/checkout/", user=ada, javascript=javascript)
    page.get_by_role("button", name="Buy now").dblclick()
    expect(heading(page)).to_have_text("Thank you for your order")
    assert Order.objects.get().status == OrderStatus.CONFIRMED


def test_two_windows_buy_one_cart_once(visit: Visit, ada: User) -> None:
    first, second = (visit("/checkout/", user=ada) for _window in range(2))
    press(first, "Buy now")
    expect(heading(first)).to_have_text("Thank you for your order")
    press(second, "Buy now")
    expect(second.get_by_role("main")).to_contain_text("your cart is empty")
    first.go_back()
    expect(first.get_by_role("main")).to_contain_text("your cart is empty")


@everywhere
def test_everything_is_bought_by_keyboard(
    visit: Visit, ada: User, offer: Offer, javascript: bool, viewport: Any
) -> None:
    page = visit(offer.book.get_absolute_url(), user=ada, javascript=javascript, viewport=viewport)
    tab_to(page, page.get_by_role("button", name="Add to cart"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Cart 3 copies")).to_be_visible()
    for link, title in (("Cart 3 copies", "Your cart"), ("To the checkout", "Checkout")):
        tab_to(page, page.get_by_role("link", name=link))
        page.keyboard.press("Enter")
        expect(heading(page)).to_have_text(title)
    tab_to(page, page.get_by_label("Ada Reader"))
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Another address")).to_be_checked()
    tab_to(page, page.get_by_label("Full name"))
    for words in ("Bo Reader", "1 Page Street", "", "10115", ""):
        page.keyboard.press("ControlOrMeta+A")
        page.keyboard.type(words)
        page.keyboard.press("Tab")
    page.get_by_label("Town or city").press("Enter")
    expect(page.get_by_label("Town or city")).to_be_focused()  # the first that is not right; nothing was bought
    page.keyboard.type("Berlin")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("Germ")
    tab_to(page, page.get_by_label("Test card that pays"))
    tab_to(page, page.get_by_role("button", name="Buy now"))
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("Thank you for your order")
    assert Order.objects.get().shipping_address["country"] == "DE"


def tab_to(page: Page, target: Any) -> None:
    for _step in range(60):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError("The Tab key does not lead there.")


@with_and_without_javascript
def test_an_order_is_cancelled_after_a_second_question(visit: Visit, ada: User, javascript: bool) -> None:
    order = check_out(ada, paying(shipping_address=ADDRESS)).order
    page = visit("/orders/", user=ada, javascript=javascript, viewport=PHONE)
    page.get_by_role("main").locator(".history a").first.click()
    expect(page.get_by_role("button", name="Yes, cancel it")).to_be_hidden()
    page.get_by_text("Cancel the order").click()
    look_at(page, javascript)
    press(page, "Yes, cancel it")
    expect(heading(page)).to_have_text("This order is cancelled")
    press(page, "Buy again")
    expect(page.get_by_text("Everything is in your cart once more.")).to_be_visible()
    order.refresh_from_db()
    assert order.status == OrderStatus.CANCELLED


def test_an_invoice_is_printed_on_paper_without_the_shop_around_it(visit: Visit, ada: User) -> None:
    order = check_out(ada, paying(shipping_address=ADDRESS)).order
    page = visit(order.get_absolute_url(), user=ada)
    page.get_by_role("link", name="Invoice").click()
    expect(heading(page)).to_have_text(f"Invoice {issue_invoice(order).number}")
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("banner")).to_be_hidden()
    expect(page.get_by_role("link", name="Download as PDF")).to_be_hidden()
    expect(page.get_by_text("1 Page Street")).to_be_visible()


# Orders in every status


def failed(user: User) -> Order:
    return check_out(user, CheckoutRequest(means=IS_DECLINED, shipping_address=ADDRESS)).order


def bought(user: User) -> Order:
    return check_out(user, paying(shipping_address=ADDRESS)).order


def shipped(user: User) -> Order:
    return ship_order(bought(user).pk, actor=None, carrier="Carrier " * 10, tracking="0" * 80)


def refunded_in_part(user: User) -> Order:
    order = bought(user)
    refund_order(order.pk, actor=None, lines={order.items.get().pk: 1})
    return order


def refunded(user: User) -> Order:
    return refund_order(bought(user).pk, actor=None).order


STATES: dict[str, Callable[[User], Order]] = {
    "pending": lambda user: reserve(user, paying()).order,
    "confirmed": bought,
    "failed": failed,
    "shipped": shipped,
    "delivered": lambda user: deliver_order(shipped(user).pk, actor=None),
    "cancelled": lambda user: cancel_order(bought(user).pk, actor=user),
    "refunded in part": refunded_in_part,
    "refunded": refunded,
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_an_order_is_accessible_in_every_status(visit: Visit, ada: User, state: str, scheme: str) -> None:
    order = STATES[state](ada)
    page = visit(order.get_absolute_url(), user=ada, scheme=scheme, viewport=PHONE)
    assert_accessible(page)
    assert_fits(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_till_with_all_its_troubles_is_accessible(visit: Visit, ada: User, offer: Offer, scheme: str) -> None:
    offers = [offer, *(offer_of(book=BookFactory(title=f"{'Long ' * 30}{number}")) for number in range(3))]
    fill(ada, *offers[1:], quantity=2)
    catalogue.change_offer(offer.pk, price=Decimal("13.00"))
    catalogue.set_stock(offers[1].pk, 1)
    catalogue.set_stock(offers[2].pk, 0)
    catalogue.change_offer(offers[3].pk, is_active=False)
    page = visit("/checkout/", user=ada, scheme=scheme, viewport=PHONE)
    assert_accessible(page)
    assert_fits(page)


def test_the_till_fits_when_letters_are_twice_as_large(visit: Visit, ada: User) -> None:
    page = visit("/checkout/", user=ada, viewport={"width": 640, "height": 800}, device_scale_factor=2)
    page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
    assert_fits(page)
