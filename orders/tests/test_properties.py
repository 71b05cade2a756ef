"""
Whatever shoppers, staff and the payment provider do, in any order, copies and money add up.

Hypothesis makes up what happens to a small shop and shortens what fails. After each step the shop and its model must
say the same, and the audit must find nothing. To add an act, write it in `modelled_shop` and name it in a rule.
"""

from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum
from django.test import override_settings
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from cart.models import CartItem
from catalog.models import Offer
from orders.models import MockCharge, MockRefund, Order, Refund
from orders.tests.faults import faults
from orders.tests.modelled_shop import DIES, ModelledShop

pytestmark = pytest.mark.django_db

PAID = ["CONFIRMED", "SHIPPED", "DELIVERED", "CANCELLED", "REFUNDED"]

numbers = st.integers(0, 11)  # which of several: taken modulo how many there are
copies = st.integers(1, 3)
tokens = st.sampled_from(["tok_ok", "tok_ok", "tok_declined", "tok_timeout", DIES])
baskets = st.lists(st.tuples(numbers, copies), max_size=2)
prices = st.decimals(Decimal("0.01"), Decimal("40.00"), places=2)

Act = tuple[Any, ...]


def one_of(**acts: tuple[Any, ...]) -> Any:
    """Draw one of these acts, methods of the shop, with its arguments."""
    return st.one_of(*(st.tuples(st.just(name), *arguments) for name, arguments in acts.items()))


class Shop(ModelledShop, RuleBasedStateMachine):
    def __init__(self) -> None:
        RuleBasedStateMachine.__init__(self)
        self.everything = transaction.atomic()
        # As Django's TestCase does: what happens in here is undone, although services may not know.
        self.everything._from_testcase = True  # type: ignore[attr-defined]
        self.everything.__enter__()
        ModelledShop.__init__(self)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.everything.__exit__(None, None, None)

    # What may happen. The acts of a kind share a rule, so that each kind is as likely.

    @rule(act=one_of(put=(numbers, numbers, copies), change_a_line=(numbers, numbers, copies), empty=(numbers,)))
    def change_a_cart(self, act: Act) -> None:
        self.do(act)

    @rule(act=one_of(buy=(numbers, baskets, tokens, st.booleans())))
    def go_to_the_till(self, act: Act) -> None:
        self.do(act)

    @precondition(lambda self: self.purchase_that_is(0, "PENDING", "PAYMENT_FAILED"))
    @rule(act=one_of(charge_late=(numbers,), sweep=(), retry=(numbers,)))
    def decide_a_payment(self, act: Act) -> None:
        self.do(act)

    @rule(act=one_of(reprice=(numbers, prices)))
    def change_a_price(self, act: Act) -> None:
        self.do(act)

    @rule(
        act=one_of(
            restock=(numbers, st.integers(1, 9)),
            count_anew=(numbers, st.integers(0, 9)),
            switch=(numbers, st.booleans()),
            archive=(),
            prebook=(numbers, numbers),
        )
    )
    def change_an_offer(self, act: Act) -> None:
        self.do(act)

    @precondition(lambda self: self.purchase_that_is(0, *PAID))
    @rule(
        act=one_of(
            ship=(numbers,),
            deliver=(numbers,),
            cancel=(numbers,),
            refund_all=(numbers, st.booleans()),
            refund_some=(numbers, prices),
            refund_copies=(numbers, copies, st.booleans()),
            carry_out_refunds=(),
        )
    )
    def change_an_order(self, act: Act) -> None:
        self.do(act)

    def do(self, act: Act) -> None:
        name, *arguments = act
        getattr(self, name)(*arguments)

    # What must be so after each of them

    @invariant()
    def copies_add_up(self) -> None:
        assert dict(Offer.objects.values_list("pk", "stock_quantity")) == self.stock
        assert all(stock >= 0 for stock in self.stock.values())

    @invariant()
    def carts_hold_what_was_put_in(self) -> None:
        for user in self.users:
            items = CartItem.objects.filter(cart__user=user, cart__status="ACTIVE")
            found = {
                offer: (quantity, price) for offer, quantity, price in items.values_list("offer", "quantity", "price")
            }
            assert found == {offer: (line.quantity, line.price) for offer, line in self.carts[user.pk].items()}

    @invariant()
    def orders_stand_where_they_should(self) -> None:
        found = dict(Order.objects.values_list("number", "status"))
        assert found == {purchase.order.number: purchase.status for purchase in self.purchases}

    @invariant()
    def money_adds_up(self) -> None:
        charged = MockCharge.objects.filter(status="SUCCEEDED").aggregate(sum=Sum("amount", default=Decimal(0)))["sum"]
        assert charged == sum(one.total for one in self.purchases if one.charge == "SUCCEEDED")
        given = MockRefund.objects.aggregate(sum=Sum("amount", default=Decimal(0)))["sum"]
        coming = Refund.objects.pending().aggregate(sum=Sum("amount", default=Decimal(0)))["sum"]
        assert given + coming == sum(one.refunded for one in self.purchases)
        paid = Order.objects.filter(status__in=PAID).aggregate(sum=Sum("total_price", default=Decimal(0)))["sum"]
        assert paid == sum(one.total for one in self.purchases if one.status in PAID)

    @invariant()
    def the_audit_finds_nothing(self) -> None:
        assert faults() == []


def run(examples: int, steps: int) -> None:
    options = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    with override_settings(
        PAYMENT_TEST_TOKENS=True, PAYMENT_TIMEOUT=0, SHIPPING_RATE=Decimal("3.00"), TAX_RATE=Decimal("7.00")
    ):
        run_state_machine_as_test(Shop, settings=options)


def test_copies_and_money_add_up_whatever_happens():
    run(examples=10, steps=30)


@pytest.mark.soak
def test_copies_and_money_add_up_for_long():
    run(examples=300, steps=60)
