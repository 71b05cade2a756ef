"""What staff note on an order: for the staff, and for nobody else."""

import json
from io import BytesIO

import pytest
from django.test import Client
from pypdf import PdfReader

from accounts.models import User
from accounts.services import close_account, personal_data
from accounts.tests.factories import StaffFactory
from bookstore.core.errors import Invalid
from orders.models import Order, OrderEvent
from orders.services import add_note, cancel_order, ship_order
from orders.tests.doors import ORDERS
from orders.tests.doors import signed_in as api_of
from orders.tests.factories import ADDRESS, bought, jobs, offer_of

pytestmark = pytest.mark.django_db

WORDS = "Rang twice, sounded cross"


@pytest.fixture
def order() -> Order:
    return bought(offer_of(), shipping_address=ADDRESS)


@pytest.fixture
def max_() -> User:
    return StaffFactory(full_name="Max Manager")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_staff_write_a_note_and_the_timeline_says_who_and_when(order, max_):
    staff = signed_in(max_)
    page = f"/admin/orders/order/{order.pk}/change/"
    answer = staff.post(f"/admin/orders/order/act/note/?id={order.pk}", {"text": f" {WORDS} "}, follow=True)
    assert answer.redirect_chain[-1][0] == page
    note = order.events.get(kind="NOTED")
    assert (note.note, note.actor) == (WORDS, max_)
    assert WORDS in staff.get(page).text


@pytest.mark.parametrize("text", ["", "  ", "x" * 501])
def test_a_note_that_is_none_is_said_beside_the_field(order, max_, text):
    answer = signed_in(max_).post(f"/admin/orders/order/act/note/?id={order.pk}", {"text": text})
    assert answer.context["form"].errors.keys() == {"text"}
    assert not OrderEvent.objects.notes().exists()


def test_a_note_says_something(order, max_):
    with pytest.raises(Invalid):
        add_note(order.pk, actor=max_, text=" ")


def test_no_shopper_sees_it(order, max_):
    add_note(order.pk, actor=max_, text=WORDS)
    shopper = signed_in(order.user)
    invoice = PdfReader(BytesIO(shopper.get(f"/orders/{order.number}/invoice.pdf").content)).pages[0].extract_text()
    told = [
        shopper.get(f"/orders/{order.number}/").text,
        shopper.get("/orders/").text,
        api_of(order.user).get(f"{ORDERS}/{order.pk}").text,
        json.dumps(personal_data(order.user), default=str),
        invoice,
    ]
    for text in told:
        assert order.number in text
        assert WORDS not in text
        assert "NOTED" not in text
        assert "note of the staff" not in text.lower()
    assert [job["event_id"] for job in jobs("tell_shopper")] == [order.events.get(kind="CONFIRMED").pk]


def test_notes_go_with_the_address_of_who_has_closed_the_account(order, max_):
    done, coming = bought(offer_of()), order
    for each in (done, coming):
        Order.objects.filter(pk=each.pk).update(user=order.user)
        add_note(each.pk, actor=max_, text=WORDS)
    cancel_order(done.pk, actor=None)
    close_account(User.objects.get(pk=order.user_id))
    assert list(OrderEvent.objects.notes().values_list("order", flat=True)) == [coming.pk]
    ship_order(coming.pk, actor=None)
    signed_in(max_).post(f"/admin/orders/order/act/deliver/?id={coming.pk}")
    assert not OrderEvent.objects.notes().exists()
