"""Orders as staff find and handle them in the admin."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.services import close_account
from accounts.tests.factories import StaffFactory, UserFactory
from bookstore.core.tests.racing import race
from catalog.tests.factories import BookFactory
from orders.jobs import carry_out_refund
from orders.models import MockCharge, Order, Refund, RefundStatus
from orders.services import cancel_order, check_out, issue_invoice, refund_order, reserve, ship_order
from orders.tests.factories import ADDRESS, bought, fill, offer_of, paying, shopper_with

pytestmark = pytest.mark.django_db

ORDERS = "/admin/orders/order/"
REFUNDS = "/admin/orders/refund/"
INVOICES = "/admin/orders/invoice/"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    client.get("/admin/")  # the first request of a session notes its use
    return client


@pytest.fixture
def boss() -> User:
    return StaffFactory()


@pytest.fixture
def staff(boss: User) -> Client:
    return signed_in(boss)


@pytest.fixture
def order() -> Order:
    ada = UserFactory(email="ada@example.com")
    fill(ada, offer_of(5, "10.00"), offer_of(5, "20.00"), quantity=2)
    return check_out(ada, paying(shipping_address=ADDRESS)).order


def found(staff: Client, **query: str) -> list[Any]:
    return [order.pk for order in staff.get(ORDERS, query).context["cl"].result_list]


def page(order: Order) -> str:
    return f"{ORDERS}{order.pk}/change/"


def act(staff: Client, key: str, *orders: Any, base: str = ORDERS, **sent: Any) -> Any:
    """Open an act's page, fill its form in and send it; follow where it leads."""
    query = "&".join(f"id={order.pk}" for order in orders)
    address = f"{base}act/{key}/?{query}"
    form = staff.get(address).context["form"]
    filled = {field.html_name: field.value() for field in form if field.value() is not None}
    names = {name.replace("-", "_"): name for name in form.fields}
    return staff.post(address, {**filled, **{names[name]: value for name, value in sent.items()}}, follow=True)


# Finding


def test_orders_are_found_by_number_and_by_mail(staff, order):
    bought(offer_of())
    for typed in (order.number, order.number[:6].lower(), order.number.replace("-", ""), "ada@example.com", " Ada@ex"):
        assert found(staff, q=typed) == [order.pk]
    assert found(staff, q="nobody") == []


def test_orders_are_found_by_the_name_of_shopper_or_recipient_and_by_isbn(staff):
    jose = UserFactory(full_name="José Müller-Lüdenscheidt")
    fill(jose, offer_of(book=BookFactory(isbn="9780141439549")))
    order = check_out(jose, paying(shipping_address={**ADDRESS, "full_name": "Zoë O'Hara"})).order
    bought(offer_of(), shipping_address=ADDRESS)
    for typed in ("jose", "ludensch MÜLLER", "zoe", "O’Hara", "0141439548", "978-0-14-143954-9", "zoe & | ! :*"):
        assert found(staff, q=typed) == [order.pk], typed
    for typed in ("hara zebra", "oseph", "9780141439550", "'", "zoe@"):
        assert found(staff, q=typed) == [], typed


def test_a_search_looks_at_what_is_filtered(staff, order):
    cancelled = bought(offer_of(), shipping_address=ADDRESS)
    cancel_order(cancelled.pk, actor=None)
    assert found(staff, q="reader", status__exact="CANCELLED") == [cancelled.pk]


def test_a_search_reads_no_table_from_end_to_end(staff, order):
    rare = Order.objects.matching("Ada Reader").order_by("-pk")[:50]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "Seq Scan" not in rare.explain()


def test_orders_are_filtered_by_status_and_days(staff, order):
    old = bought(offer_of())
    Order.objects.filter(pk=old.pk).update(created_at=datetime(2025, 5, 3, 23, 59, tzinfo=UTC))
    ship_order(old.pk, actor=None)
    assert found(staff) == [old.pk, order.pk]
    assert found(staff, status__exact="SHIPPED") == [old.pk]
    assert found(staff, created_at_from="2025-05-03", created_at_to="2025-05-03") == [old.pk]
    assert found(staff, created_at_to="2025-05-02") == []
    assert found(staff, created_at_from="2025-05-04") == [order.pk]


@pytest.mark.parametrize(
    "query", ["created_at_from=x", "created_at_to=9999-12-31", "created_at_from=0001-01-01", "q=%00", "status__exact=x"]
)
def test_a_bad_question_is_no_failure(staff, order, query):
    assert staff.get(f"{ORDERS}?{query}", follow=True).status_code in {200, 400}


def test_the_page_of_an_order_says_all_of_it(staff, order, boss):
    ship_order(order.pk, actor=boss, carrier="DHL", tracking="JD0140")
    refund_order(order.pk, actor=boss, amount=Decimal("5.00"), note="Late")
    text = staff.get(page(order)).text
    for words in (order.number, "ada@example.com", "1 Page Street", "DHL", "JD0140", "€60.00", "€55.00", "Late"):
        assert words in text
    assert text.count(boss.email) >= 3


@pytest.mark.parametrize("address", [ORDERS, REFUNDS, INVOICES])
def test_the_number_of_queries_of_a_list_does_not_grow(staff, address):
    amounts = []
    for _each in range(2):
        for _number in range(3):
            order = bought(offer_of())
            issue_invoice(order)
            refund_order(order.pk, actor=UserFactory(), amount=Decimal("1.00"))
        with CaptureQueriesContext(connection) as queries:
            assert staff.get(address).status_code == 200
        amounts.append(len(queries))
    assert amounts[0] == amounts[1]


def test_the_number_of_queries_of_an_order_does_not_grow(staff):
    amounts = []
    for number in (1, 4):
        order = bought(*(offer_of() for _each in range(number)))
        for _each in range(number):
            refund_order(order.pk, actor=UserFactory(), amount=Decimal("0.01"))
        with CaptureQueriesContext(connection) as queries:
            staff.get(page(order))
        amounts.append(len(queries))
    assert amounts[0] == amounts[1]


# Acts


def buttons(staff: Client, order: Order) -> set[str]:
    text = staff.get(page(order)).text
    return {key for key in ("ship", "deliver", "cancel", "refund") if f"{ORDERS}act/{key}/?id={order.pk}" in text}


def test_an_order_offers_what_may_be_done_with_it(staff, order):
    assert buttons(staff, order) == {"ship", "cancel", "refund"}
    act(staff, "ship", order)
    assert buttons(staff, order) == {"deliver", "refund"}
    act(staff, "deliver", order)
    assert buttons(staff, order) == {"refund"}
    act(staff, "refund", order)
    assert buttons(staff, order) == set()
    assert buttons(staff, reserve(shopper_with(offer_of()), paying()).order) == set()


def test_staff_ship_an_order_and_the_timeline_names_them(staff, boss, order):
    response = act(staff, "ship", order, **{"carrier": "DHL", f"tracking_{order.pk}": "JD0140"})
    order.refresh_from_db()
    assert response.redirect_chain[-1][0] == page(order)
    assert (order.status, order.carrier, order.tracking) == ("SHIPPED", "DHL", "JD0140")
    assert order.events.last().actor == boss


def test_many_are_shipped_at_once_each_with_its_tracking_and_who_cannot_is_named(staff, order):
    other, gone = bought(offer_of()), bought(offer_of())
    ship_order(gone.pk, actor=None, carrier="DHL")
    data = {"action": "ship_selected", "_selected_action": [order.pk, other.pk, gone.pk]}
    asked = staff.post(ORDERS, data)
    assert asked.status_code == 302
    sent = {"carrier": "UPS", f"tracking_{order.pk}": "1Z1", f"tracking_{other.pk}": "1Z2"}
    text = act(staff, "ship", order, other, gone, **sent).text
    assert "Done for 2." in text
    assert f"{gone.number}: This cannot be done" in text
    shipped = dict(Order.objects.values_list("pk", "tracking"))
    assert shipped == {order.pk: "1Z1", other.pk: "1Z2", gone.pk: ""}


def test_many_are_delivered_at_once(staff, order):
    orders = [order, bought(offer_of())]
    for each in orders:
        ship_order(each.pk, actor=None)
    assert "Done for 2." in act(staff, "deliver", *orders).text
    assert set(Order.objects.values_list("status", flat=True)) == {"DELIVERED"}


def test_staff_cancel_an_order(staff, boss, order):
    act(staff, "cancel", order)
    order.refresh_from_db()
    assert (order.status, order.refunded_amount, order.refunds.get().actor) == ("CANCELLED", Decimal("60.00"), boss)


def test_staff_refund_copies_and_put_them_back(staff, order):
    line = order.items.first()
    act(staff, "refund", order, **{f"copies_{line.pk}": "1", "restock": "on", "note": "Came back"})
    line.refresh_from_db()
    refund = order.refunds.get()
    assert (refund.amount, refund.note) == (Decimal("10.00"), "Came back")
    assert (line.refunded_quantity, line.restocked_quantity) == (1, 1)


def test_staff_refund_an_amount_or_all(staff, order):
    act(staff, "refund", order, amount="0.01")
    order.refresh_from_db()
    assert (order.status, order.refunded_amount) == ("CONFIRMED", Decimal("0.01"))
    act(staff, "refund", order)
    order.refresh_from_db()
    assert (order.status, order.refunded_amount) == ("REFUNDED", Decimal("60.00"))


def test_many_are_cancelled_at_once(staff, order):
    asked = staff.post(ORDERS, {"action": "cancel_selected", "_selected_action": [order.pk, bought(offer_of()).pk]})
    assert "Done for 2." in staff.post(asked.url, follow=True).text
    assert set(Order.objects.values_list("status", flat=True)) == {"CANCELLED"}


def test_a_refund_says_for_which_copies_it_was(staff, order):
    line = order.items.first()
    act(staff, "refund", order, **{f"copies_{line.pk}": "2"})
    assert f"2 × {line.title}" in staff.get(page(order)).text


@pytest.mark.parametrize("amount", ["60.01", "0", "-1", "1.001", "x", "NaN"])
def test_a_bad_amount_is_said_beside_the_field_and_nothing_is_lost(staff, order, amount):
    response = act(staff, "refund", order, amount=amount, note="typed with care")
    assert response.status_code == 200
    assert response.context["form"].errors
    assert "typed with care" in response.text
    assert Refund.objects.count() == 0


def test_a_second_click_refunds_nothing_more(staff, order):
    address = f"{ORDERS}act/refund/?id={order.pk}"
    for _click in range(2):
        response = staff.post(address, {"amount": "5.00", "seen": "0.00"})
    assert "since this page was opened" in response.text
    assert Refund.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_double_click_refunds_once(boss):
    order = bought(offer_of(5, "10.00"))
    clients = [signed_in(boss) for _each in range(2)]
    address = f"{ORDERS}act/refund/?id={order.pk}"
    race(*(lambda client=client: client.post(address, {"amount": "5.00", "seen": "0.00"}) for client in clients))
    assert Refund.objects.count() == 1


def test_what_was_done_meanwhile_is_said_on_the_page(staff, order):
    address = f"{ORDERS}act/ship/?id={order.pk}"
    ship_order(order.pk, actor=None)
    assert "This cannot be done" in staff.post(address, {"carrier": "DHL"}).text


@pytest.mark.parametrize("path", ["act/ship/", "act/ship/?id=0", "act/ship/?id=x", "act/nothing/?id=1", "0/invoice/"])
def test_a_page_of_nothing_is_not_there(staff, order, path):
    assert staff.get(ORDERS + path).status_code == 404


def test_a_refund_is_of_one_order(staff, order):
    assert staff.get(f"{ORDERS}act/refund/?id={order.pk}&id={bought(offer_of()).pk}").status_code == 404


# Refunds that the provider refuses


@pytest.fixture
def refusal(order: Order) -> Refund:
    MockCharge.objects.update(status="VOIDED")
    refund = refund_order(order.pk, actor=None)
    carry_out_refund(refund.pk)
    return refund


def test_staff_find_refused_refunds_and_give_them_back_by_hand(staff, order, refusal):
    refund_order(bought(offer_of()).pk, actor=None)
    rows = staff.get(REFUNDS, {"status__exact": "REFUSED"}).context["cl"].result_list
    assert list(rows) == [refusal]
    act(staff, "by-hand", refusal, base=REFUNDS, reference="Bank transfer")
    refusal.refresh_from_db()
    assert (refusal.status, refusal.reference) == (RefundStatus.BY_HAND, "Bank transfer")


def test_staff_have_the_provider_asked_again(staff, refusal):
    act(staff, "retry", refusal, base=REFUNDS)
    refusal.refresh_from_db()
    assert refusal.status == RefundStatus.PENDING


def test_refunds_and_invoices_are_found_by_number(staff, order):
    refund = refund_order(order.pk, actor=None)
    invoice = issue_invoice(order)
    other = bought(offer_of())
    issue_invoice(other)
    refund_order(other.pk, actor=None)
    assert list(staff.get(REFUNDS, {"q": order.number.lower()}).context["cl"].result_list) == [refund]
    for typed in (str(invoice.number), order.number):
        assert list(staff.get(INVOICES, {"q": typed}).context["cl"].result_list) == [invoice]


def test_staff_open_the_invoice(staff, order):
    response = staff.get(f"{ORDERS}{order.pk}/invoice/")
    assert (response["Content-Type"], response.content[:5]) == ("application/pdf", b"%PDF-")
    assert staff.get(f"{ORDERS}{reserve(shopper_with(offer_of()), paying()).order.pk}/invoice/").status_code == 409


def test_an_order_whose_shopper_is_gone_opens_too(staff, order):
    close_account(order.user)
    assert staff.get(page(order)).status_code == 200
    assert found(staff) == [order.pk]


# Who may


def employee(*permissions: str) -> Client:
    user = StaffFactory(is_superuser=False)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return signed_in(user)


def test_who_may_only_look_does_nothing(order):
    clerk = employee("view_order")
    assert buttons(clerk, order) == set()
    assert clerk.get(f"{ORDERS}act/ship/?id={order.pk}").status_code == 403
    assert clerk.post(f"{ORDERS}act/cancel/?id={order.pk}").status_code == 403
    assert clerk.get(f"{ORDERS}{order.pk}/invoice/").status_code == 200
    assert Order.objects.get().status == "CONFIRMED"


def test_nobody_changes_or_deletes_an_order_by_hand(staff, order):
    assert staff.post(page(order), {"status": "REFUNDED"}).status_code == 403
    assert staff.post(f"{ORDERS}{order.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Order.objects.get().status == "CONFIRMED"


def test_shoppers_see_nothing_of_it(order):
    assert signed_in(order.user).get(page(order)).status_code == 302
