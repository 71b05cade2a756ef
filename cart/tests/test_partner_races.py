"""Both doors at once, on one shopper's carts."""

from functools import partial

import pytest

from bookstore.core.tests.racing import failures, race
from cart.models import Cart, CartItem
from cart.tests.partner_doors import Answer, Door
from cart.tests.partner_stage import Stage

pytestmark = pytest.mark.django_db(transaction=True)

ADD = {"company_id": "@seller", "product_id": "@second", "quantity": 1}


def at_once(
    stage: Stage, doors: dict[str, Door], *acts: tuple[str, str, dict[str, object]], times: int
) -> list[Answer]:
    """Make these calls (who, what, with what) so often through each door, all at once."""
    calls = [partial(stage.call, door, *act) for act in acts for door in doors.values()] * times
    answers = race(*calls)
    assert failures(answers) == []
    return answers


def copies(stage: Stage) -> int:
    return CartItem.objects.get(cart=stage.rows["active"].pk, offer=stage.offers["second"].pk).quantity


def test_twenty_adds_by_both_doors_make_one_line_of_twenty_in_one_cart(doors):
    stage = Stage()
    before = Cart.objects.count()
    answers = at_once(stage, doors, ("shopper", "UpsertItem", ADD), times=10)
    assert {answer.refusal for answer in answers} == {""}
    assert (copies(stage), Cart.objects.count()) == (20, before)


def test_of_thirty_two_adds_by_both_doors_twelve_are_refused(doors):
    stage = Stage()
    for_shopper = ("service", "UpsertItem", ADD | {"user_id": "@shopper"})
    answers = at_once(stage, doors, ("shopper", "UpsertItem", ADD), for_shopper, times=8)
    refusals = [answer.refusal for answer in answers if answer.refusal]
    assert refusals == ["FAILED_PRECONDITION CART_QUANTITY_LIMIT"] * 12
    assert copies(stage) == 20


def test_a_first_cart_is_begun_once(doors):
    stage = Stage()
    answers = at_once(stage, doors, ("hostile", "UpsertCart", {"company_id": "@fourth"}), times=8)
    assert len({cart["id"] for answer in answers for cart in answer.carts}) == 1


def test_of_many_who_lock_a_cart_one_does(doors):
    stage = Stage()
    answers = at_once(stage, doors, ("service", "ChangeStatus", {"cart_id": "@active", "status": "LOCKED"}), times=4)
    refusals = sorted(answer.refusal for answer in answers)
    assert refusals == ["", *["FAILED_PRECONDITION CART_STATUS_TRANSITION"] * 7]


def test_unlocking_beside_a_beginning_leaves_one_active_cart(doors):
    stage = Stage()
    unlock = ("shopper", "ChangeStatus", {"cart_id": "@locked", "status": "ACTIVE"})
    begin = ("shopper", "UpsertCart", {"company_id": "@elsewhere"})
    answers = at_once(stage, doors, unlock, begin, times=3)
    refusals = {answer.refusal for answer in answers}
    assert refusals <= {"", "FAILED_PRECONDITION CART_STATUS_TRANSITION"}
    assert Cart.objects.active().filter(seller=stage.rows["elsewhere"].pk).count() == 1


def test_what_is_locked_meanwhile_does_not_change(doors):
    stage = Stage()
    lock = ("service", "ChangeStatus", {"cart_id": "@active", "status": "LOCKED"})
    fill = ("shopper", "UpsertItem", {"cart_id": "@active", "product_id": "@second", "quantity": 3})
    answers = at_once(stage, doors, fill, lock, times=3)
    refusals = {answer.refusal for answer in answers}
    assert refusals <= {"", "FAILED_PRECONDITION CART_LOCKED", "FAILED_PRECONDITION CART_STATUS_TRANSITION"}
    assert Cart.objects.get(pk=stage.rows["active"].pk).status == "LOCKED"
