"""Who is let in where: every address of the admin is tried by people who may do little, for what they may not."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User
from accounts.tests.factories import StaffFactory
from bookstore.staff.tests.walking import (
    Page,
    Rival,
    blunt,
    everything,
    forms_of,
    lookups,
    open_rival,
    pages,
    signed_in,
    text_of,
)
from catalog.models import Offer, StockMovement
from catalog.tests.admin_forms import open_form, save_form
from catalog.tests.factories import BookFactory, OfferFactory, SellerFactory
from orders.tests.factories import bought

pytestmark = pytest.mark.django_db

OPEN_TO_ALL_STAFF = {"index", "app_list", "jsi18n", "login", "password_change_done"}
REFUSALS = {400, 403, 404, 405}
MOVED = {301, 302}


@pytest.fixture
def rival() -> Rival:
    return open_rival()


def three(model: str) -> set[str]:
    return {f"{model}_changelist", f"{model}_change", f"{model}_history"}


@pytest.fixture
def member() -> User:
    """A member of a small seller, one of the staff by the flag alone. Made first: the walk goes to the latest rows."""
    user = StaffFactory(is_superuser=False)
    seller = SellerFactory(name="Smallhouse")
    seller.members.add(user)
    OfferFactory(book=BookFactory(title="Smalltitle"), seller=seller)
    return user


def one_of(group: str) -> User:
    user = StaffFactory(is_superuser=False)
    user.groups.add(Group.objects.get(name=group))
    return user


class Walk:
    """Somebody's walk through the admin; `leaks` is what was wrong with the answers."""

    def __init__(self, user: User, rival: Rival, may_open: set[str]):
        self.client, self.boss = signed_in(user), signed_in(StaffFactory())
        self.rival, self.may_open = rival, may_open
        self.leaks: list[str] = []

    def try_out(self, page: Page) -> None:
        answer = self.look(page, self.client.get(page.path), page.path)
        if answer.status_code in REFUSALS:
            return self.look(page, self.client.post(f"{page.path}?id={page.pk}", blunt(page)), f"POST {page.path}")
        for query in (f"id={page.pk}", "_popup=1", "_to_field=id&_popup=1", "q=ivaltitl"):
            self.look(page, self.client.get(f"{page.path}?{query}"), f"{page.path}?{query}")
        for form in forms_of(page, self.boss):
            self.look(page, self.client.post(f"{page.path}?id={page.pk}", form), f"POST {page.path} {form}")

    def look(self, page: Page, answer: Any, address: str) -> Any:
        text = text_of(answer)
        self.leaks += [f"{address}: {answer.status_code} says {mark}" for mark in self.rival.marks if mark in text]
        if answer.status_code not in REFUSALS | MOVED and page.name not in self.may_open:
            self.leaks.append(f"{address}: {answer.status_code}")
        return answer


def test_a_hostile_member_sees_and_changes_nothing_of_another_seller(member, rival):
    walk = Walk(member, rival, OPEN_TO_ALL_STAFF | three("catalog_offer") | three("catalog_stockmovement"))
    before = everything()
    for page in pages():
        walk.try_out(page)
    assert walk.leaks == []
    assert everything() == before


def test_a_member_looks_up_nothing_of_another_seller(member, rival):
    client = signed_in(member)
    found = {page.path: text_of(client.get(f"{page.path}&term=ival")) for page in lookups()}
    assert not [path for path, text in found.items() if any(mark in text for mark in rival.marks)]


SHOWN = {
    "catalog_book_changelist", "catalog_book_change", "catalog_offer_changelist", "catalog_offer_change",
    "catalog_stockmovement_changelist", "catalog_seller_change", "catalog_delivery_changelist", "customer",
    "orders_order_changelist", "orders_order_change", "accounts_user_changelist", "cart_cart_changelist",
}  # fmt: skip


def test_the_same_addresses_show_it_to_who_may_see_it(rival):
    """The control: the rival's marks are where the walk looks for them."""
    walk = Walk(StaffFactory(), rival, SHOWN)
    shown = {page.name for page in pages() if page.name in SHOWN and walk.look(page, walk.client.get(page.path), "")}
    assert shown == SHOWN
    assert {leak for leak in walk.leaks if "says" in leak} >= {f": 200 says {mark}" for mark in rival.marks}
    lookup = "/admin/autocomplete/?app_label=catalog&model_name=staffpick&field_name=book&term=ival"
    assert rival.marks[0] in text_of(walk.client.get(lookup))


def test_a_member_finds_their_own_offers_and_movements(member, rival):
    client = signed_in(member)
    offers = client.get("/admin/catalog/offer/").context["cl"].result_list
    assert [offer.book.title for offer in offers] == ["Smalltitle"]
    movements = client.get("/admin/catalog/stockmovement/").context["cl"].result_list
    assert {movement.offer for movement in movements} == {*offers}


@pytest.mark.parametrize("name", ["order_number__startswith", "actor__id__exact", "created_at__gte"])
def test_a_member_narrows_no_list_by_what_is_hidden(member, rival, name):
    assert signed_in(member).get("/admin/catalog/stockmovement/", {name: "1"}).status_code == 400


def test_a_member_changes_price_and_stock_of_their_own_offer_and_withdraws_none(member):
    client, offer = signed_in(member), Offer.objects.get()
    page = f"/admin/catalog/offer/{offer.pk}/change/"
    assert (
        save_form(client, page, {**open_form(client, page), "is_withdrawn": "on"}, price="8.00", stock_change="+2")
        == {}
    )
    offer.refresh_from_db()
    assert (offer.price, offer.stock_quantity, offer.is_active, offer.withdrawn_at) == (Decimal("8.00"), 5, True, None)
    assert StockMovement.objects.latest("pk").actor == member


def test_a_member_does_not_learn_who_bought(member):
    client, order = signed_in(member), bought(Offer.objects.get())
    movement = StockMovement.objects.latest("pk")
    for page in ("", f"{movement.pk}/change/"):
        text = client.get(f"/admin/catalog/stockmovement/{page}").text
        assert (movement.reason, order.user.email in text, movement.order_number in text) == ("SOLD", False, False)


# What the groups may


ASKED_AS_THE_PAGE = ("_history", "_delete")  # by the same permissions


def opened(client: Client, *starts: str) -> set[str]:
    """Return the names of the pages that somebody opens, of those whose names begin so."""
    asked = [
        page for page in pages() if page.name.startswith(starts or "") if not page.name.endswith(ASKED_AS_THE_PAGE)
    ]
    return {page.name for page in asked if client.get(page.path).status_code == 200}


PACKER = OPEN_TO_ALL_STAFF | three("orders_order") | three("orders_ordertopack") | three("staff_exportrun") | {
    "orders_order_invoice", "orders_order_act", "orders_ordertopack_act", "orders_ordertopack_pick",
    "orders_ordertopack_slips", "staff_exportrun_add", "staff_exportrun_file",
}  # fmt: skip


def test_a_packer_opens_orders_and_nothing_else(rival):
    seen = opened(signed_in(one_of("Packer")))
    assert seen - PACKER == set()
    assert seen >= {"orders_order_changelist", "orders_order_change", "orders_ordertopack_changelist"}


KEPT_FROM_BUYERS = ("accounts_", "auth_", "cart_", "core_", "mfa_", "procrastinate_", "web_", "wishlist_")


def test_a_buyer_opens_the_catalogue_and_neither_people_nor_money(rival):
    seen = opened(signed_in(one_of("Buyer")))
    assert not [name for name in seen if name.startswith((*KEPT_FROM_BUYERS, "orders_")) or name == "customer"]
    assert seen >= {"catalog_book_change", "catalog_book_add", "catalog_offer_change", "catalog_delivery_changelist"}


MACHINERY = ("core_mail", "procrastinate_", "auth_group_add")


def test_a_manager_opens_all_but_the_machinery(rival):
    wanted = SHOWN | {"accounts_user_add", "auth_group_changelist", "web_shoppage_add"}
    seen = opened(signed_in(one_of("Manager")), *wanted, *MACHINERY)
    assert not [name for name in seen if name.startswith(MACHINERY)]
    assert seen >= wanted
