"""
A small shop and, beside it, a model of it: a few dictionaries that know no database.

Each act is done to the shop by its services, and says in the model what it should have done.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any

from accounts.models import User
from accounts.tests.factories import UserFactory
from bookstore.core.errors import DomainError
from bookstore.core.idempotency import Call
from cart.exceptions import CartLocked
from cart.models import CartItem
from cart.services import Shopper, add_item, empty_carts, set_quantity
from catalog.models import Offer
from catalog.services import archive_book, change_prices, receive_stock, set_stock, switch_offers
from catalog.tests.factories import BookFactory, SellerFactory
from orders.exceptions import CheckoutRefused, OrderCartEmpty
from orders.models import Order, OrderItem, OrderStatus, Refund
from orders.payment import Means
from orders.payment.mock import MockProvider
from orders.services import (
    CheckoutRequest,
    cancel_order,
    carry_out_refund,
    check_out,
    deliver_order,
    recover,
    refund_order,
    reserve,
    settle,
    ship_order,
)
from orders.tests.factories import offer_of
from prebooking.services import create_prebook

DIES = ""
REFUNDABLE = {"CONFIRMED", "SHIPPED", "DELIVERED"}


@dataclass
class Line:
    """What a shopper means to buy of one offer, at the price that was shown last."""

    quantity: int
    price: Decimal
    shown: int  # the later of two is the greater


@dataclass
class Purchase:
    """What the model knows of an order."""

    order: Order
    user: User
    wanted: CheckoutRequest
    lines: dict[int, Line]
    paid: dict[int, Decimal]  # price of one
    status: str = "PENDING"
    charge: str = ""  # what the provider knows
    refunded: Decimal = Decimal(0)
    returned: dict[int, int] = field(default_factory=dict)

    @property
    def total(self) -> Decimal:
        return sum((line.quantity * self.paid[offer] for offer, line in self.lines.items()), Decimal("3.00"))

    @property
    def left(self) -> dict[int, int]:
        copies = {offer: line.quantity - self.returned.get(offer, 0) for offer, line in self.lines.items()}
        return {offer: number for offer, number in copies.items() if number}


class ModelledShop:
    """
    Two shoppers with two lines each, three offers of two books at two sellers; shipping is 3.00, tax 7 per cent.
    """

    def __init__(self) -> None:
        sellers, book = [SellerFactory(), SellerFactory()], BookFactory()
        first, second = (offer_of(12, "10.00", book=book, seller=seller) for seller in sellers)
        self.offers = [first, second, offer_of(6, "7.99", seller=sellers[0])]
        self.users = [UserFactory(), UserFactory()]
        self.stock = {offer.pk: offer.stock_quantity for offer in self.offers}
        self.price = {offer.pk: offer.price for offer in self.offers}
        self.is_active = {offer.pk: True for offer in self.offers}
        self.is_archived = False
        self.carts: dict[int, dict[int, Line]] = {user.pk: {} for user in self.users}
        self.purchases: list[Purchase] = []
        self.clock = count()
        for who in range(4):
            self.put(who, who, 1)

    def pick(self, things: list[Any], number: int) -> Any:
        return things[number % len(things)]

    def purchase_that_is(self, number: int, *statuses: str) -> Purchase | None:
        found = [purchase for purchase in self.purchases if purchase.status in statuses]
        return self.pick(found, number) if found else None

    # What shoppers do

    def put(self, who: int, what: int, quantity: int) -> None:
        user, offer = self.pick(self.users, who), self.pick(self.offers, what).pk
        known = self.carts[user.pk].get(offer)
        wanted = quantity + (known.quantity if known else 0)
        try:
            add_item(Shopper(user_id=user.pk), Offer.objects.get(pk=offer).book_id, quantity, offer_id=offer)
        except DomainError:
            assert not self.is_active[offer] or self.stock[offer] == 0 or wanted > 20
        else:
            self.carts[user.pk][offer] = Line(wanted, self.price[offer], next(self.clock))

    def change_a_line(self, who: int, what: int, quantity: int) -> None:
        user = self.pick(self.users, who)
        if offers := sorted(offer for offer in self.carts[user.pk] if self.is_active[offer]):
            offer = self.pick(offers, what)
            item = CartItem.objects.get(cart__user=user, cart__status="ACTIVE", offer=offer)
            set_quantity(Shopper(user_id=user.pk), item.pk, quantity)
            self.carts[user.pk][offer] = Line(quantity, self.price[offer], next(self.clock))

    def empty(self, who: int) -> None:
        user = self.pick(self.users, who)
        empty_carts(Shopper(user_id=user.pk))
        self.carts[user.pk] = {}

    def prebook(self, who: int, what: int) -> None:
        book_id = Offer.objects.get(pk=self.pick(self.offers, what).pk).book_id
        try:
            create_prebook(self.pick(self.users, who), book_id)
        except DomainError:
            pass  # what becomes of prebooks is seen by the audit

    def buy(self, who: int, basket: list[tuple[int, int]], token: str, accepts: bool) -> None:
        """Put a few things into the cart and go to the till; by DIES the process dies before the charge."""
        for what, quantity in basket:
            self.put(who, what, quantity)
        user, number = self.pick(self.users, who), next(self.clock)
        call = Call(f"user:{user.pk}", f"key-{number}", "POST", "/checkout", "same")
        wanted = CheckoutRequest(means=Means(token), accepts_price_changes=accepts, call=call)
        expected, cart = self.refusal(user, accepts), self.carts[user.pk]
        try:
            order = (reserve if token == DIES else check_out)(user, wanted).order
        except (CheckoutRefused, OrderCartEmpty, CartLocked) as error:
            codes = {problem["code"] for problem in error.data.get("problems", [])} or {error.code}
            assert codes == expected
            return
        assert expected == set()
        purchase = Purchase(order, user, wanted, dict(cart), {offer: self.price[offer] for offer in cart})
        self.purchases.append(purchase)
        self.carts[user.pk] = {}
        for offer, line in purchase.lines.items():
            self.stock[offer] -= line.quantity
        purchase.charge = {"tok_declined": "DECLINED", DIES: ""}.get(token, "SUCCEEDED")
        if token in {"tok_ok", "tok_declined"}:
            self.decided(purchase)
        assert order.total_price == purchase.total

    def refusal(self, user: User, accepts: bool) -> set[str]:
        """Say why a checkout must be refused; the empty set if it must not."""
        cart = self.carts[user.pk]
        if not cart:
            is_paying = any(one.status == "PENDING" and one.user == user for one in self.purchases)
            return {"CART_LOCKED" if is_paying else "ORDER_CART_EMPTY"}
        offered = {offer: line for offer, line in cart.items() if self.is_active[offer]}
        codes = {"ORDER_ITEMS_UNAVAILABLE"} if len(offered) < len(cart) else set()
        if any(line.quantity > self.stock[offer] for offer, line in offered.items()):
            codes.add("ORDER_INSUFFICIENT_STOCK")
        if not accepts and any(line.price < self.price[offer] for offer, line in offered.items()):
            codes.add("PRICE_CHANGED")
        return codes

    def decided(self, purchase: Purchase) -> None:
        """Say in the model what follows from the provider's word."""
        if purchase.status != "PENDING":
            return
        if purchase.charge == "SUCCEEDED":
            purchase.status = "CONFIRMED"
            return
        purchase.status, cart = "PAYMENT_FAILED", self.carts[purchase.user.pk]
        for offer, line in purchase.lines.items():
            self.stock[offer] += line.quantity
            newer = cart.get(offer)
            if newer is None:
                cart[offer] = line
                continue
            latest = max(newer, line, key=lambda one: one.shown)
            quantity = max(newer.quantity, min(newer.quantity + line.quantity, 20))
            cart[offer] = Line(quantity, latest.price, latest.shown)

    # What becomes of payments

    def charge_late(self, which: int) -> None:
        """The process that was waiting is answered after all, when the order may long be decided."""
        if purchase := self.purchase_that_is(which, "PENDING", "PAYMENT_FAILED"):
            order = purchase.order
            charge = MockProvider().charge(order.number, order.total_price, order.currency, Means("tok_ok"))
            purchase.charge = purchase.charge or "SUCCEEDED"
            assert charge.status == purchase.charge
            settle(order, charge)
            self.decided(purchase)

    def sweep(self) -> None:
        for purchase in self.purchases:
            if purchase.status == "PENDING":
                recover(Order.objects.get(pk=purchase.order.pk))
                purchase.charge = purchase.charge or "VOIDED"
                self.decided(purchase)

    def retry(self, which: int) -> None:
        purchase = self.purchase_that_is(which, *OrderStatus.values)
        if purchase is None:
            return
        again = check_out(purchase.user, purchase.wanted)
        if purchase.status == "PENDING":
            purchase.charge = purchase.charge or "VOIDED"
            self.decided(purchase)
        assert (again.order.pk, again.is_repeat, again.order.status) == (purchase.order.pk, True, purchase.status)

    # What staff and sellers do

    def reprice(self, what: int, price: Decimal) -> None:
        offer = self.pick(self.offers, what).pk
        change_prices({offer: price})
        self.price[offer] = price

    def restock(self, what: int, quantity: int) -> None:
        offer = self.pick(self.offers, what).pk
        receive_stock(offer, quantity)
        self.stock[offer] += quantity

    def count_anew(self, what: int, quantity: int) -> None:
        offer = self.pick(self.offers, what).pk
        set_stock(offer, quantity)
        self.stock[offer] = quantity

    def switch(self, what: int, is_active: bool) -> None:
        offer = self.pick(self.offers, what).pk
        if not (self.is_archived and offer == self.offers[2].pk):
            switch_offers([offer], is_active=is_active)
            self.is_active[offer] = is_active

    def archive(self) -> None:
        offer = self.offers[2].pk
        if len(self.purchases) < 5 or self.is_archived:
            return
        archive_book(Offer.objects.get(pk=offer).book_id)
        self.is_archived, self.is_active[offer] = True, False

    def ship(self, which: int) -> None:
        if purchase := self.purchase_that_is(which, "CONFIRMED"):
            ship_order(purchase.order.pk, actor=None)
            purchase.status = "SHIPPED"

    def deliver(self, which: int) -> None:
        if purchase := self.purchase_that_is(which, "SHIPPED"):
            deliver_order(purchase.order.pk, actor=None)
            purchase.status = "DELIVERED"

    def cancel(self, which: int) -> None:
        if purchase := self.purchase_that_is(which, "CONFIRMED"):
            cancel_order(purchase.order.pk, actor=purchase.user)
            self.gives_back(purchase, purchase.left, purchase.total - purchase.refunded, restock=True)
            purchase.status = "CANCELLED"

    def refund_all(self, which: int, restock: bool) -> None:
        if purchase := self.purchase_that_is(which, *REFUNDABLE):
            refund_order(purchase.order.pk, actor=None, restock=restock)
            self.gives_back(purchase, purchase.left, purchase.total - purchase.refunded, restock=restock)

    def refund_some(self, which: int, amount: Decimal) -> None:
        if purchase := self.purchase_that_is(which, *REFUNDABLE):
            amount = min(amount, purchase.total - purchase.refunded)
            refund_order(purchase.order.pk, actor=None, amount=amount)
            self.gives_back(purchase, {}, amount, restock=False)

    def refund_copies(self, which: int, quantity: int, restock: bool) -> None:
        purchase = self.purchase_that_is(which, *REFUNDABLE)
        if purchase is None or not purchase.left:
            return
        offer = self.pick(sorted(purchase.left), which)
        back = {offer: min(quantity, purchase.left[offer])}
        lines = {OrderItem.objects.get(order=purchase.order, offer=offer).pk: back[offer]}
        amount = back[offer] * purchase.paid[offer]
        try:
            refund_order(purchase.order.pk, actor=None, lines=lines, restock=restock)
        except DomainError as error:
            assert error.code == "REFUND_TOO_LARGE" and amount > purchase.total - purchase.refunded
        else:
            self.gives_back(purchase, back, amount, restock=restock)

    def gives_back(self, purchase: Purchase, back: dict[int, int], amount: Decimal, *, restock: bool) -> None:
        """Say in the model that money, and copies if they are put back on sale, were given back."""
        purchase.refunded += amount
        if restock:
            for offer, number in back.items():
                self.stock[offer] += number
        is_all = purchase.refunded == purchase.total
        for offer, number in (purchase.left if is_all else back).items():
            purchase.returned[offer] = purchase.returned.get(offer, 0) + number
        if is_all:
            purchase.status = "REFUNDED"

    def carry_out_refunds(self) -> None:
        for refund in Refund.objects.pending():
            carry_out_refund(refund.pk)
