"""The till, by its forms."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.models import Address, User
from accounts.services import add_address
from accounts.tests.factories import PASSWORD, UserFactory
from bookstore.core import rate_limits
from bookstore.core.idempotency import Call, fingerprint_of
from cart.models import Cart, CartItem, CartStatus
from cart.services import Shopper, remove_item
from catalog import services as catalogue
from catalog.tests.factories import BookFactory
from orders.models import Order, OrderStatus
from orders.payment import Means, provider
from orders.services import CheckoutRequest, check_out, reserve
from orders.tests.factories import ADDRESS, PAYS, fill, offer_of, paying
from orders.web import checkout

pytestmark = pytest.mark.django_db

TILL = "/checkout/"
NEW = {"address": "new", **ADDRESS}


def hidden(response: Any) -> dict[str, str]:
    """Return what a form of the till carries along unseen."""
    return dict(re.findall(r'type="hidden" name="(key|seen|total)" value="([^"]*)"', response.text))


def buy(client: Client, page: Any = None, **given: Any) -> Any:
    """Press the button of the till as a page shows it, of a new one by default."""
    page = page or client.get(TILL)
    return client.post(TILL, {**hidden(page), **NEW, "card": "tok_ok", **given})


def troubles(response: Any) -> list[str]:
    assert response.status_code == 200
    return [str(sentence) for sentence in response.context["form"].non_field_errors()]


def only_order() -> Order:
    return Order.objects.get()


# The way in


def test_a_guest_signs_up_on_the_way_and_the_cart_comes_along(client, offer):
    client.post("/cart/add/", {"book_id": offer.book_id})
    door = client.get(TILL)
    assert door["Location"] == "/accounts/login/?next=/checkout/"
    assert 'href="/accounts/signup/?next=%2Fcheckout%2F"' in client.get(door["Location"]).text
    sign_up = {"email": "new@example.com", "password1": PASSWORD, "full_name": "New Reader", "next": TILL}
    page = client.post("/accounts/signup/", sign_up, follow=True)
    assert page.request["PATH_INFO"] == TILL
    assert "Middlemarch" in page.text
    assert 'value="New Reader"' in page.text


def test_the_cart_leads_to_the_till_unless_nothing_can_be_bought(client, ada, cart):
    assert 'href="/checkout/"' in client.get("/cart/").text
    check_out(ada, CheckoutRequest(means=PAYS))
    assert 'href="/checkout/"' not in client.get("/cart/").text


def test_an_empty_cart_is_a_friendly_page(client, ada):
    for response in (client.get(TILL), client.post(TILL, {"card": "tok_ok"})):
        assert response.status_code == 200
        assert "your cart is empty" in response.text


def test_another_sites_form_buys_nothing(ada, cart):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ada)
    page = strict.get(TILL)
    assert buy(strict, page).status_code == 403
    assert not Order.objects.exists()


# Buying


def test_a_purchase_leads_to_its_order_and_keeps_what_was_agreed(client, ada, cart, settings):
    settings.TAX_RATE, settings.SHIPPING_RATE = Decimal(7), Decimal("4.95")
    page = client.get(TILL)
    assert "Buy now for €29.95" in page.text
    assert "€1.96" in page.text
    response = buy(client, page)
    order = only_order()
    assert response["Location"] == f"/orders/{order.number}/"
    assert (order.status, order.total_price, order.expected_total) == ("CONFIRMED", Decimal("29.95"), Decimal("29.95"))
    assert order.shipping_address == ADDRESS
    assert "Thank you for your order" in client.get(response["Location"]).text


def test_a_double_click_buys_once(client, ada, cart):
    page = client.get(TILL)
    answers = [buy(client, page)["Location"] for _click in range(2)]
    assert answers == [f"/orders/{only_order().number}/"] * 2


def test_the_old_page_of_a_purchase_leads_to_it_whatever_is_typed_there(client, ada, cart, offer):
    page = client.get(TILL)
    bought = buy(client, page)["Location"]
    fill(ada, offer)
    assert buy(client, page, full_name="Somebody else")["Location"] == bought
    assert buy(client, page, key="x" * 32).status_code == 200
    assert Order.objects.count() == 1


def test_a_click_while_the_first_is_being_paid_waits_at_the_order(client, ada, cart, monkeypatch):
    page = client.get(TILL)
    key = hidden(page)["key"]
    monkeypatch.setattr(type(provider()), "charge", lambda *args: pytest.fail("charged before it was found"))
    order = reserve_like_the_page(ada, key)
    assert buy(client, page)["Location"] == f"/orders/{order.number}/"
    order.refresh_from_db()
    assert order.status == OrderStatus.PENDING


def reserve_like_the_page(user: User, key: str) -> Order:
    call = Call(f"user:{user.pk}", f"page {key}", "POST", TILL, fingerprint_of(None))
    return reserve(user, paying(call=call)).order


def test_a_retry_settles_what_was_left_undecided(client, ada, cart):
    page = client.get(TILL)
    order = reserve_like_the_page(ada, hidden(page)["key"])
    provider().charge(order.number, order.total_price, order.currency, PAYS)
    buy(client, page)
    order.refresh_from_db()
    assert order.status == OrderStatus.CONFIRMED


@pytest.mark.parametrize("card", ["tok_timeout", "tok_slow:3000", "tok_kill_after", "4111111111111111", ""])
def test_only_cards_that_are_offered_are_taken(client, cart, card):
    assert "card" in buy(client, card=card).context["form"].errors
    assert not Order.objects.exists()


def test_who_was_declined_too_often_waits_and_loses_nothing_typed(client, ada, cart, monkeypatch):
    monkeypatch.setitem(rate_limits.RULES, "payment", rate_limits.Rule(timedelta(minutes=15), 1, 1))
    buy(client, card="tok_declined")
    page = buy(client, line1="2 Page Street")
    assert troubles(page) == ["That was too often. Please try again in 15 minutes."]
    assert 'value="2 Page Street"' in page.text
    assert Order.objects.count() == 1


# The address


def test_the_default_address_is_chosen_first_and_snapshotted(client, ada, cart):
    add_address(ada, **{**ADDRESS, "city": "Attic"})
    chosen = add_address(ada, is_default=True, **ADDRESS)
    page = client.get(TILL)
    assert f'value="{chosen.pk}" checked' in page.text
    buy(client, page, address=chosen.pk, city="typed, and not meant")
    assert only_order().shipping_address == ADDRESS


@pytest.mark.parametrize(("keep", "kept"), [({"keep": "on"}, 1), ({}, 0)])
def test_a_new_address_goes_into_the_book_where_that_is_wanted(client, ada, cart, keep, kept):
    buy(client, **keep)
    assert Address.objects.filter(user=ada, city="Berlin").count() == kept


def test_a_full_book_keeps_the_purchase_and_says_so(client, ada, cart, monkeypatch):
    monkeypatch.setattr("accounts.services.addresses.MOST_ADDRESSES", 0)
    order = client.get(buy(client, keep="on")["Location"])
    assert "Your address book is full." in order.text
    assert only_order().status == OrderStatus.CONFIRMED


def test_what_is_missing_is_said_beside_its_field_and_nothing_typed_is_lost(client, cart):
    page = buy(client, city="", country="XX", card="tok_declined")
    assert set(page.context["asked"].new_address.errors) == {"city", "country"}
    assert re.search(r'name="city"[^>]*autofocus[^>]*aria-describedby="id_city_error"', page.text)
    assert 'value="1 Page Street"' in page.text
    assert 'value="tok_declined" checked' in page.text
    assert not Order.objects.exists()


def test_anothers_address_is_not_taken(client, ada, cart):
    add_address(ada, **ADDRESS)
    theirs = add_address(UserFactory(), **ADDRESS)
    page = buy(client, address=theirs.pk)
    assert "no longer in your book" in page.text
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "odd",
    [
        {"key": "\0"}, {"key": ""}, {"total": "NaN"}, {"total": "1e999"}, {"total": ""}, {"seen": "\0"}, {"out": "x"},
        {"address": "\0"}, {"address": "9" * 30}, {"line1": "\0"}, {"city": "x" * 5000}, {"card": "\0"},
    ],
)  # fmt: skip
def test_nonsense_buys_nothing(client, cart, odd):
    assert buy(client, **odd).status_code == 200
    assert not Order.objects.exists()


def test_the_enter_key_looks_and_buys_nothing(client, cart):
    page = buy(client, look="on", line1="2 Page Street")
    assert troubles(page) == []
    assert 'value="2 Page Street"' in page.text
    assert not Order.objects.exists()


# Agreement


def test_a_price_that_rose_before_the_page_asks_for_consent(client, ada, cart, offer):
    catalogue.change_offer(offer.pk, price=Decimal("13.00"))
    page = client.get(TILL)
    assert "Was €12.50, is now €13.00." in page.text
    assert "Buy now for €26.00" in page.text
    assert "accepts_price_changes" in buy(client, page).context["form"].errors
    buy(client, page, accepts_price_changes="on")
    order = only_order()
    assert (order.total_price, order.accepted_price_changes) == (Decimal("26.00"), True)


def test_a_price_that_rises_under_the_reader_is_asked_for_anew(client, ada, cart, offer):
    catalogue.change_offer(offer.pk, price=Decimal("13.00"))
    page = client.get(TILL)
    catalogue.change_offer(offer.pk, price=Decimal("14.00"))
    page = buy(client, page, accepts_price_changes="on", line1="2 Page Street")
    assert troubles(page) == ["It costs more now than what you have seen."]
    assert not re.search(r'name="accepts_price_changes"[^>]*checked', page.text)
    assert 'value="2 Page Street"' in page.text
    assert not Order.objects.exists()
    buy(client, page, accepts_price_changes="on")
    assert only_order().total_price == Decimal("28.00")


def test_a_price_that_rises_at_the_last_moment_is_found_by_the_checkout(client, ada, cart, offer, monkeypatch):
    page = client.get(TILL)
    after_reading(monkeypatch, lambda: catalogue.change_offer(offer.pk, price=Decimal("13.00")))
    page = buy(client, page)
    assert troubles(page) == ["It costs more now than what you have seen."]
    assert "Was €12.50, is now €13.00." in page.text
    assert not Order.objects.exists()


def after_reading(monkeypatch: Any, act: Any) -> None:
    """Let something happen between the page's last look at the cart and the checkout."""
    real = checkout.check_out_within_limits

    def act_first(*args: Any) -> Any:
        act()
        return real(*args)

    monkeypatch.setattr(checkout, "check_out_within_limits", act_first)


def test_a_price_that_falls_applies_by_itself(client, ada, cart, offer):
    page = client.get(TILL)
    catalogue.change_offer(offer.pk, price=Decimal("11.00"))
    buy(client, page)
    assert only_order().total_price == Decimal("22.00")


def test_a_hidden_total_is_only_a_limit(client, ada, cart):
    buy(client, total="9999.00")
    assert only_order().total_price == Decimal("25.00")
    assert troubles(buy(client, total="0.01", key="a" * 32)) != []


def test_what_another_window_put_into_the_cart_is_looked_at_first(client, ada, cart):
    page = client.get(TILL)
    fill(ada, offer_of(price="0.01"))
    page = buy(client, page)
    assert troubles(page) == ["Your cart has changed since this page was made. Please look at it once more."]
    assert not Order.objects.exists()


def test_what_another_window_swaps_while_the_button_is_pressed_is_looked_at_first(client, ada, cart, monkeypatch):
    page, other = client.get(TILL), offer_of(price="12.50")

    def swap() -> None:
        remove_item(Shopper(user_id=ada.pk), CartItem.objects.get().pk)
        fill(ada, other, quantity=2)

    after_reading(monkeypatch, swap)
    page = buy(client, page)
    assert troubles(page) == ["Your cart has changed since this page was made. Please look at it once more."]
    assert not Order.objects.exists()


# What stands in the way


def test_lines_that_cannot_be_bought_are_marked_and_mended_without_losing_what_was_typed(client, ada, offer):
    short, gone = offer_of(book=BookFactory(title="Emma")), offer_of(book=BookFactory(title="Persuasion"))
    fill(ada, offer, short, gone, quantity=3)
    page = client.get(TILL)
    catalogue.set_stock(short.pk, 2)
    catalogue.change_offer(gone.pk, is_active=False)
    page = buy(client, page, line1="2 Page Street")
    assert "There are fewer copies than you want." in troubles(page)
    assert "Only 2 copies are left." in page.text
    assert "No longer offered." in page.text
    assert "Buy now" not in page.text
    page = buy(client, page, fewer=CartItem.objects.get(offer=short).pk, line1="2 Page Street")
    page = buy(client, page, out=CartItem.objects.get(offer=gone).pk, line1="2 Page Street", card="tok_declined")
    assert "“Persuasion” was taken out." in page.text
    assert 'value="2 Page Street"' in page.text
    assert 'value="tok_declined" checked' in page.text
    assert "Buy now for €57.50" in page.text
    assert not Order.objects.exists()


def test_what_is_sold_out_at_the_last_moment_is_found_by_the_checkout(client, ada, cart, offer, monkeypatch):
    page = client.get(TILL)
    after_reading(monkeypatch, lambda: catalogue.set_stock(offer.pk, 0))
    page = buy(client, page)
    assert troubles(page) == ["There are fewer copies than you want."]
    assert "Sold out since you put it in." in page.text


def test_anothers_line_is_not_mended(client, ada, cart):
    other = UserFactory()
    fill(other, offer_of())
    buy(client, out=CartItem.objects.get(cart__user=other).pk)
    buy(client, out=10**18)
    assert CartItem.objects.count() == 2
    assert not Order.objects.exists()


def test_a_declined_payment_comes_back_to_the_till_with_a_new_key(client, ada, cart):
    page = client.get(TILL)
    response = buy(client, page, card="tok_declined")
    order = only_order()
    assert response["Location"] == f"/checkout/?again={order.number}"
    again = client.get(response["Location"])
    assert "The payment was declined. Nothing was charged" in again.text
    assert 'value="1 Page Street"' in again.text
    assert hidden(again)["key"] != hidden(page)["key"]
    assert buy(client, page)["Location"] == response["Location"]
    buy(client, again)
    assert [each.status for each in Order.objects.order_by("pk")] == ["PAYMENT_FAILED", "CONFIRMED"]


def test_after_a_declined_payment_the_address_that_was_kept_is_chosen(client, ada, cart):
    add_address(ada, **{**ADDRESS, "city": "Attic"})
    again = client.get(buy(client, card="tok_declined", keep="on")["Location"])
    assert f'value="{Address.objects.get(city="Berlin").pk}" checked' in again.text


def test_anothers_failed_order_says_nothing(client, ada, cart):
    other = UserFactory()
    fill(other, offer_of())
    theirs = check_out(other, CheckoutRequest(means=Means("tok_declined"), shipping_address=ADDRESS)).order
    page = client.get(TILL, {"again": theirs.number})
    assert "declined." not in page.text
    assert "1 Page Street" not in page.text


def test_a_cart_that_another_checkout_holds_leads_to_its_order(client, ada, cart):
    page = client.get(TILL)
    order = reserve(ada, paying()).order
    for response in (client.get(TILL), buy(client, page)):
        assert f'href="/orders/{order.number}/"' in response.text
        assert "Buy now" not in response.text
    assert f'href="/orders/{order.number}/"' in client.get("/cart/").text
    assert Order.objects.count() == 1


def test_a_cart_that_is_locked_by_hand_says_so(client, ada, cart):
    Cart.objects.update(status=CartStatus.LOCKED)
    assert "Your cart is locked and cannot be bought now." in client.get(TILL).text


def test_a_payment_that_nobody_knows_of_leads_to_its_order(client, ada, cart, settings):
    settings.PAYMENT_TEST_TOKENS, settings.PAYMENT_TIMEOUT = True, 0
    order_page = client.get(buy(client, card="tok_timeout")["Location"])
    assert "We wait for your payment" in order_page.text
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in order_page.text
    order = only_order()
    assert client.post(order.get_absolute_url(), follow=True).context["order"].status == OrderStatus.CONFIRMED
