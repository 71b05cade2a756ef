import pytest

from bench.waiting import time_return
from bookstore.core.models import Mail
from catalog.tests.factories import OfferFactory
from prebooking.audit import nobody_waits_beside_stock
from prebooking.models import Prebook


@pytest.mark.django_db(transaction=True)
def test_many_wait_are_told_and_wait_again_as_often_as_it_is_measured():
    OfferFactory(stock_quantity=3)
    for _each in range(2):
        told = time_return("30")
        assert (told["waiting"], Prebook.objects.count(), Mail.objects.count()) == (30, 30, 0)
    assert list(nobody_waits_beside_stock()) == []
