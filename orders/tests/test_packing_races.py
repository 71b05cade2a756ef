"""Two packers and one order at once: one has it. With a control for each."""

from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError

from accounts.tests.factories import StaffFactory
from bookstore.core.tests.racing import failures, locks, meeting, race
from orders.exceptions import OrderPackedByAnother
from orders.models import Order, Packing
from orders.services import claim_order, note_slips
from orders.tests.factories import bought, offer_of

pytestmark = pytest.mark.django_db(transaction=True)


def two_claim(order: Order, *, is_locking: bool) -> list[Any]:
    """Let two who found that nobody packs an order wait for each other before they note that they do."""
    acts = [partial(claim_order, order.pk, packer=StaffFactory()) for _each in range(2)]
    meet, save = meeting(2, is_locking=is_locking), Packing.save

    def meet_and_save(packing: Packing, **options: Any) -> None:
        meet()
        save(packing, **options)

    with pytest.MonkeyPatch.context() as patch, locks(are_on=is_locking):
        patch.setattr(Packing, "save", meet_and_save)
        return race(*acts)


def test_of_two_packers_one_has_the_order_and_the_other_is_told():
    order = bought(offer_of())
    outcomes = two_claim(order, is_locking=True)
    assert failures(outcomes) == [OrderPackedByAnother]
    (packing,) = [outcome for outcome in outcomes if isinstance(outcome, Packing)]
    assert Packing.objects.get() == packing


def test_control_without_the_lock_only_the_database_stops_the_second():
    assert failures(two_claim(bought(offer_of()), is_locking=False)) == [IntegrityError]


def test_slips_of_one_packer_printed_twice_at_once_are_both_there():
    packer, orders = StaffFactory(), [bought(offer_of()) for _each in range(3)]
    for order in orders:
        claim_order(order.pk, packer=packer)
    ids = [order.pk for order in orders]
    assert race(*[partial(note_slips, way, packer=packer) for way in (ids, ids[::-1])]) == [set(ids)] * 2
