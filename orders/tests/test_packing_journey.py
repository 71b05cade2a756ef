"""A packer's morning in a browser: take three orders, walk, print, send."""

import pytest
from playwright.sync_api import Page, expect

from accounts.tests.factories import StaffFactory
from bookstore.web.tests.browser import DESKTOP, PHONE, Visit, assert_fits
from catalog.tests.factories import BookFactory, GenreFactory
from orders.models import Order, Packing
from orders.services import add_note
from orders.tests.factories import ADDRESS, bought, offer_of

pytestmark = [pytest.mark.django_db, pytest.mark.browser]


def act_on_all(page: Page, action: str) -> None:
    """Tick every order of the queue and press the action."""
    for box in page.locator("input.action-select").all():
        box.check()
    page.locator("select[name=action]").select_option(label=action)
    page.get_by_role("button", name="Run").click()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
def test_three_orders_are_packed_and_sent(visit: Visit, viewport: dict[str, int]) -> None:
    fiction = GenreFactory(name="Fiction")
    emma = offer_of(9, book=BookFactory(title="Emma", authors=["Jane Austen"], genre=fiction))
    adam = offer_of(9, book=BookFactory(title="Adam Bede", authors=["George Eliot"], genre=fiction))
    orders = [bought(*offers, shipping_address=ADDRESS) for offers in ((emma, adam), (emma,), (adam,))]
    add_note(orders[0].pk, actor=StaffFactory(), text="Wrap as a gift")
    page = visit("/admin/orders/ordertopack/", user=StaffFactory(full_name="Pia Packer"), viewport=viewport)

    expect(page.locator(".order-note")).to_contain_text("Wrap as a gift")
    act_on_all(page, "Take and pick…")

    expect(page.get_by_role("heading", level=1)).to_have_text("Pick list")
    rows = page.get_by_role("table", name="Fiction").locator("tbody tr")
    expect(rows.locator("strong:nth-of-type(1)").filter(has_text="2")).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("Adam Bede")
    assert_fits(page)
    with page.expect_popup() as slips:
        page.get_by_role("button", name="Packing slips (PDF)").click()
    slips.value.close()
    page.get_by_role("link", name="Ship…").click()

    for number, order in enumerate(orders):
        page.get_by_label(f"Tracking number of {order.number}").fill(f"JD{number}")
    page.get_by_label("Carrier").fill("DHL")
    page.get_by_role("button", name="Ship").click()

    expect(page.get_by_text("Done for 3.")).to_be_visible()
    assert [order.tracking for order in Order.objects.order_by("pk")] == ["JD0", "JD1", "JD2"]
    assert Packing.objects.filter(printed_at__isnull=False).count() == 3
