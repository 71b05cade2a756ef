"""What staff may by the API: what the admin lets them, and no more. Every call that is the staff's is looked at."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.api import ME, problem
from accounts.tests.factories import StaffFactory
from bookstore.core.permissions import IsStaff
from bookstore.staff.tests.walking import everything
from catalog.models import Offer
from catalog.tests.factories import OfferFactory, SellerFactory
from orders.tests.factories import bought, offer_of

pytestmark = pytest.mark.django_db

READS = {"get", "head", "options"}


class StaffCall(NamedTuple):
    method: str
    path: str
    right: str


def patterns_in(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from patterns_in(pattern, path)
        elif path.startswith("api/v1/"):
            yield path, pattern


def path_like(pattern: str) -> str:
    """Fill in a pattern, as `books/(?P<pk>\\d{1,18})/stock` or `books/<int:pk>`, with ids of 1."""
    path = pattern.replace("^", "").replace("$", "").replace("\\.", ".").replace("\\Z", "").replace("/?", "")
    while "(" in path:
        start = path.index("(")
        depth = end = 0
        for end in range(start, len(path)):
            depth += {"(": 1, ")": -1}.get(path[end], 0)
            if depth == 0:
                break
        path = path[:start] + "1" + path[end + 1 :]
    return "/" + "/".join("1" if part.startswith("<") else part for part in path.split("/"))


def staff_calls() -> list[StaffCall]:
    calls = []
    for path, pattern in patterns_in(get_resolver()):
        view: Any = pattern.callback
        kind = getattr(view, "cls", None) or getattr(view, "view_class", None)
        allowed = getattr(view, "initkwargs", {}).get("permission_classes") or getattr(kind, "permission_classes", [])
        actions = getattr(view, "actions", None) or {name: name for name in ("get", "post") if hasattr(kind, name)}
        for method, action in actions.items():
            strict = [each for each in allowed if issubclass(each, IsStaff)]
            if strict and method != "head" and (strict[0] is IsStaff or method not in READS):
                rights = getattr(kind, "rights", {})
                calls.append(StaffCall(method, path_like(path), rights.get(action) or rights.get(method.upper(), "")))
    return calls


CALLS = staff_calls()


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_login(user)
    client.get(ME)
    return client


def one_of(group: str) -> APIClient:
    user = StaffFactory(is_superuser=False)
    user.groups.add(Group.objects.get(name=group))
    return client_of(user)


def test_every_call_of_the_staffs_names_a_permission_that_exists():
    known = {
        f"{permission.content_type.app_label}.{permission.codename}"
        for permission in Permission.objects.select_related("content_type")
    }
    assert [call for call in CALLS if call.right not in known] == []
    assert {"/api/v1/admin/users", "/api/v1/admin/orders", "/api/v1/books/1/stock"} <= {call.path for call in CALLS}


def test_who_is_staff_and_holds_nothing_may_nothing():
    member = StaffFactory(is_superuser=False)
    SellerFactory().members.add(member)
    client, before = client_of(member), everything()
    answers = {call: getattr(client, call.method)(call.path, {}) for call in CALLS}
    assert {call: answer.status_code for call, answer in answers.items() if answer.status_code != 403} == {}
    assert everything() == before


def test_their_role_is_admin_all_the_same():
    assert client_of(StaffFactory(is_superuser=False)).get(ME).json()["role"] == "admin"


@pytest.mark.parametrize("group", ["Buyer", "Packer"])
def test_a_group_may_what_its_permissions_say(group):
    client, rights = one_of(group), set(User.objects.latest("pk").get_all_permissions())
    allowed = {call for call in CALLS if getattr(client, call.method)(call.path, {}).status_code != 403}
    assert allowed == {call for call in CALLS if call.right in rights}


def test_a_packer_changes_no_price_and_gives_no_money_back():
    order, offer, packer = bought(offer_of()), OfferFactory(price=Decimal("9.00")), one_of("Packer")
    for method, path, body in [
        ("patch", f"/api/v1/offers/{offer.pk}", {"price": "0.01"}),
        ("patch", f"/api/v1/books/{offer.book_id}", {"price": "0.01"}),
        ("patch", f"/api/v1/books/{offer.book_id}/stock", {"quantity": 9}),
        ("post", f"/api/v1/books/{offer.book_id}/offers", {"seller_id": 1, "price": "1.00"}),
        ("post", f"/api/v1/admin/orders/{order.pk}/refund", {}),
        ("post", f"/api/v1/admin/orders/{order.pk}/cancel", {}),
    ]:
        assert problem(getattr(packer, method)(path, body)) == (403, "FORBIDDEN"), path
    assert packer.post(f"/api/v1/admin/orders/{order.pk}/ship").json()["status"] == "SHIPPED"
    offer.refresh_from_db()
    assert (offer.price, offer.stock_quantity) == (Decimal("9.00"), 3)


def test_a_member_of_the_staff_changes_their_own_offer_only():
    mine, other, member = OfferFactory(), OfferFactory(), StaffFactory(is_superuser=False)
    mine.seller.members.add(member)
    answers = [client_of(member).patch(f"/api/v1/offers/{offer.pk}", {"price": "1.00"}) for offer in (mine, other)]
    assert [answer.status_code for answer in answers] == [200, 404]
    assert [*Offer.objects.order_by("pk").values_list("price", flat=True)] == [Decimal("1.00"), Decimal("10.00")]


def test_who_may_change_books_but_no_offers_sets_no_price():
    offer, editor = OfferFactory(), StaffFactory(is_superuser=False)
    editor.user_permissions.set(Permission.objects.filter(codename__in=["add_book", "change_book"]))
    client, new = client_of(editor), {"title": "Emma", "author": "Jane Austen", "price": "1.00"}
    assert client.patch(f"/api/v1/books/{offer.book_id}", {"title": "Emma"}).status_code == 200
    assert problem(client.patch(f"/api/v1/books/{offer.book_id}", {"price": "1.00"})) == (403, "FORBIDDEN")
    assert problem(client.post("/api/v1/books", new)) == (403, "FORBIDDEN")


def test_staff_look_into_carts_only_where_they_may():
    assert one_of("Packer").get("/api/v1/carts/by-user", {"user_id": 1}).status_code == 403
    assert one_of("Manager").get("/api/v1/carts/by-user", {"user_id": 1}).status_code == 200
