"""
Who calls what, and what comes of it: data, the same for REST and gRPC.

A case is caller, fields and outcome; `"@name"` is a row of `partner_stage`. A refusal is status and code.
"""

from typing import Any

Case = tuple[str, dict[str, Any], str]

INVALID = "INVALID_ARGUMENT VALIDATION_ERROR"
DENIED = "PERMISSION_DENIED FORBIDDEN"
NO_CART = "NOT_FOUND CART_NOT_FOUND"
NO_LINE = "NOT_FOUND CART_ITEM_NOT_FOUND"
NO_BOOK = "NOT_FOUND BOOK_NOT_FOUND"
NO_OFFER = "NOT_FOUND OFFER_NOT_FOUND"
NO_SELLER = "NOT_FOUND SELLER_NOT_FOUND"
NO_USER = "NOT_FOUND USER_NOT_FOUND"
BAD_TOKEN = "UNAUTHENTICATED AUTH_INVALID_TOKEN"
LOCKED = "FAILED_PRECONDITION CART_LOCKED"
TRANSITION = "FAILED_PRECONDITION CART_STATUS_TRANSITION"
LIMIT = "FAILED_PRECONDITION CART_QUANTITY_LIMIT"
SOLD_OUT = "FAILED_PRECONDITION CART_BOOK_OUT_OF_STOCK"
WITHDRAWN = "FAILED_PRECONDITION CART_OFFER_INACTIVE"
PRICE_CHANGED = "FAILED_PRECONDITION PRICE_CHANGED"

HUGE = 2**63 - 1
NOWHERE = 10**17
THE_CART = "shopper, seller, ACTIVE: 2 book = 20.00"
GUESTS_CART = "guest, seller, ACTIVE: 2 book = 20.00"


def by(callers: str, fields: dict[str, Any], outcome: str) -> list[Case]:
    return [(caller, fields, outcome) for caller in callers.split()]


def bad_ids(field: str, fields: dict[str, Any]) -> list[Case]:
    """An id that can be none."""
    return [("shopper", {**fields, field: number}, INVALID) for number in (0, -1, -HUGE)]


UPSERT_CART = [
    *by("shopper", {"company_id": "@seller"}, THE_CART),
    *by("shopper", {"company_id": "@seller", "user_id": "@shopper"}, THE_CART),
    *by("service staff", {"company_id": "@seller", "user_id": "@shopper"}, THE_CART),
    *by("shopper", {"company_id": "@elsewhere"}, "shopper, elsewhere, ACTIVE: nothing = 0.00"),
    *by("service", {"company_id": "@third", "user_id": "@hostile"}, "hostile, third, ACTIVE: nothing = 0.00"),
    *by("staff", {"company_id": "@third"}, "staff, third, ACTIVE: nothing = 0.00"),
    *by("guest", {"company_id": "@seller"}, GUESTS_CART),
    *by("stranger", {"company_id": "@seller"}, "guest, seller, ACTIVE: nothing = 0.00"),
    *by("hostile guest stranger", {"company_id": "@seller", "user_id": "@shopper"}, DENIED),
    *by("hostile", {"company_id": "@seller", "user_id": NOWHERE}, DENIED),
    *by("service", {"company_id": "@seller", "user_id": NOWHERE}, NO_USER),
    *by("service", {"company_id": "@seller", "user_id": "@gone"}, NO_USER),
    *by("shopper stranger", {"company_id": NOWHERE}, NO_SELLER),
    *by("shopper", {"company_id": HUGE}, NO_SELLER),
    *by("forger tinkerer", {"company_id": "@seller"}, BAD_TOKEN),
    *by("shopper", {}, INVALID),
    *bad_ids("company_id", {}),
    *bad_ids("user_id", {"company_id": "@seller"}),
]

BOOK = {"company_id": "@seller", "product_id": "@book", "quantity": 3}
SECOND = BOOK | {"product_id": "@second"}
ADD = [
    *by("shopper", BOOK, "shopper, seller, ACTIVE: 5 book = 50.00"),
    *by("service staff", BOOK | {"user_id": "@shopper"}, "shopper, seller, ACTIVE: 5 book = 50.00"),
    *by("shopper", SECOND, "shopper, seller, ACTIVE: 2 book + 3 second = 33.50"),
    *by("guest", BOOK, "guest, seller, ACTIVE: 5 book = 50.00"),
    *by("stranger", BOOK, "guest, seller, ACTIVE: 3 book = 30.00"),
    *by("service", BOOK | {"user_id": "@staff"}, "staff, seller, ACTIVE: 3 book = 30.00"),
    *by("shopper", BOOK | {"expected_price": "10.00"}, "shopper, seller, ACTIVE: 5 book = 50.00"),
    *by("shopper", BOOK | {"expected_price": "10"}, "shopper, seller, ACTIVE: 5 book = 50.00"),
    *by("shopper service", BOOK | {"expected_price": "9.99"}, PRICE_CHANGED),
    *by("shopper", BOOK | {"quantity": 19}, LIMIT),
    *by("shopper", BOOK | {"quantity": 2**31 - 1}, LIMIT),
    *by("shopper", BOOK | {"product_id": "@sold_out"}, SOLD_OUT),
    *by("shopper", BOOK | {"product_id": "@withdrawn"}, WITHDRAWN),
    *by("shopper", BOOK | {"product_id": "@anothers"}, NO_OFFER),
    *by("shopper", BOOK | {"product_id": "@unoffered"}, NO_OFFER),
    *by("shopper", BOOK | {"product_id": NOWHERE}, NO_BOOK),
    *by("shopper", BOOK | {"company_id": NOWHERE}, NO_SELLER),
    *by("hostile guest stranger", BOOK | {"user_id": "@shopper"}, DENIED),
    *by("service staff", BOOK | {"user_id": NOWHERE}, NO_USER),
    *by("forger tinkerer", BOOK, BAD_TOKEN),
    *by("shopper", {"company_id": "@seller"}, INVALID),
    *by("shopper", {"company_id": "@seller", "product_id": "@book"}, INVALID),
    *bad_ids("company_id", BOOK),
    *bad_ids("product_id", BOOK),
    *bad_ids("user_id", BOOK),
    *[("shopper", BOOK | {"quantity": quantity}, INVALID) for quantity in (0, -1, 2**31, HUGE, -HUGE)],
    *[
        ("shopper", BOOK | {"expected_price": price}, INVALID)
        for price in ("", "0", "-10.00", "10.001", "ten", "1e1", " 10.00", "NaN", "Infinity", "9" * 30, "10\0", "１０")
    ],
]

LINE = {"cart_id": "@active", "product_id": "@book", "quantity": 7}
SET = [
    *by("shopper service staff", LINE, "shopper, seller, ACTIVE: 7 book = 70.00"),
    *by("shopper", LINE | {"quantity": 20}, "shopper, seller, ACTIVE: 20 book = 200.00"),
    *by("service", LINE | {"product_id": "@second"}, "shopper, seller, ACTIVE: 2 book + 7 second = 51.50"),
    *by("guest service", LINE | {"cart_id": "@guests"}, "guest, seller, ACTIVE: 7 book = 70.00"),
    *by("shopper", LINE | {"expected_price": "10.00"}, "shopper, seller, ACTIVE: 7 book = 70.00"),
    *by("shopper", LINE | {"expected_price": "10.01"}, PRICE_CHANGED),
    *by("shopper", LINE | {"quantity": 21}, LIMIT),
    *by("shopper", LINE | {"product_id": "@sold_out"}, SOLD_OUT),
    *by("shopper", LINE | {"product_id": "@withdrawn"}, WITHDRAWN),
    *by("shopper", LINE | {"product_id": "@anothers"}, NO_OFFER),
    *by("shopper", LINE | {"product_id": NOWHERE}, NO_BOOK),
    *by("hostile guest stranger", LINE, NO_CART),
    *by("shopper hostile stranger", LINE | {"cart_id": "@guests"}, NO_CART),
    *by("shopper service", LINE | {"cart_id": NOWHERE}, NO_CART),
    *by("shopper service staff", LINE | {"cart_id": "@locked"}, LOCKED),
    *by("shopper service staff", LINE | {"cart_id": "@held"}, LOCKED),
    *by("forger", LINE, BAD_TOKEN),
    *by("shopper", {"cart_id": "@active"}, INVALID),
    *bad_ids("product_id", LINE),
    *[("shopper", LINE | {"quantity": quantity}, INVALID) for quantity in (0, -1, 2**31, HUGE)],
]

UPDATE_QTY = [
    *by("shopper service staff", LINE, "shopper, seller, ACTIVE: 7 book = 70.00"),
    *by("guest", LINE | {"cart_id": "@guests"}, "guest, seller, ACTIVE: 7 book = 70.00"),
    *by("shopper", LINE | {"product_id": "@second"}, NO_LINE),
    *by("shopper", LINE | {"product_id": NOWHERE}, NO_LINE),
    *by("shopper", LINE | {"quantity": 21}, LIMIT),
    *by("hostile guest stranger", LINE, NO_CART),
    *by("shopper service", LINE | {"cart_id": NOWHERE}, NO_CART),
    *by("shopper service staff", LINE | {"cart_id": "@locked"}, LOCKED),
    *by("shopper service staff", LINE | {"cart_id": "@held"}, LOCKED),
    *by("forger", LINE, BAD_TOKEN),
    *[("shopper", LINE | {"quantity": quantity}, INVALID) for quantity in (0, -1, 2**31, HUGE)],
]

TO_REMOVE = {"cart_id": "@active", "product_id": "@book"}
REMOVE_ITEM = [
    *by("shopper service staff", TO_REMOVE, "shopper, seller, ACTIVE: nothing = 0.00"),
    *by("guest", TO_REMOVE | {"cart_id": "@guests"}, "guest, seller, ACTIVE: nothing = 0.00"),
    *by("shopper", TO_REMOVE | {"product_id": "@second"}, NO_LINE),
    *by("hostile guest stranger", TO_REMOVE, NO_CART),
    *by("shopper service", TO_REMOVE | {"cart_id": NOWHERE}, NO_CART),
    *by("shopper service staff", TO_REMOVE | {"cart_id": "@locked"}, LOCKED),
    *by("shopper service staff", TO_REMOVE | {"cart_id": "@held"}, LOCKED),
    *by("forger", TO_REMOVE, BAD_TOKEN),
]


STATUSES = ("ACTIVE", "LOCKED", "CHECKED_OUT", "CANCELLED", "ABANDONED")


def to(status: str, cart: str = "@active") -> dict[str, Any]:
    return {"cart_id": cart, "status": status}


CHANGE_STATUS = [
    *by("shopper service staff", to("LOCKED"), "shopper, seller, LOCKED: 2 book = 20.00"),
    *by("shopper service staff", to("CANCELLED"), "shopper, seller, CANCELLED: 2 book = 20.00"),
    *by("shopper service staff", to("ACTIVE", "@locked"), "shopper, elsewhere, ACTIVE: nothing = 0.00"),
    *by("service staff", to("ABANDONED"), "shopper, seller, ABANDONED: 2 book = 20.00"),
    *by("service staff", to("CHECKED_OUT", "@locked"), "shopper, elsewhere, CHECKED_OUT: nothing = 0.00"),
    *by("guest", to("LOCKED", "@guests"), "guest, seller, LOCKED: 2 book = 20.00"),
    *by("shopper", to("ABANDONED"), DENIED),
    *by("shopper", to("CHECKED_OUT"), DENIED),
    *by("shopper", to("CHECKED_OUT", "@locked"), DENIED),
    *by("guest", to("ABANDONED", "@guests"), DENIED),
    *by("shopper service", to("ACTIVE"), TRANSITION),
    *by("service staff", to("CHECKED_OUT"), TRANSITION),
    *by("shopper service", to("LOCKED", "@locked"), TRANSITION),
    *by("shopper service", to("CANCELLED", "@locked"), TRANSITION),
    *by("service", to("ABANDONED", "@locked"), TRANSITION),
    *by("shopper service staff", to("ACTIVE", "@old"), TRANSITION),
    *[case for status in STATUSES for case in by("shopper service staff", to(status, "@held"), LOCKED)],
    *by("hostile guest stranger", to("CANCELLED"), NO_CART),
    *by("hostile", to("CHECKED_OUT", "@held"), NO_CART),
    *by("shopper service", to("LOCKED", NOWHERE), NO_CART),
    *by("forger", to("LOCKED"), BAD_TOKEN),
    *by("shopper", {"cart_id": "@active"}, INVALID),
]

GET_CART = [
    *by("shopper service staff", {"cart_id": "@active"}, THE_CART),
    *by("service", {"cart_id": "@held"}, "shopper, third, LOCKED: nothing = 0.00"),
    *by("guest service staff", {"cart_id": "@guests"}, GUESTS_CART),
    *by("hostile guest stranger", {"cart_id": "@active"}, NO_CART),
    *by("shopper hostile stranger", {"cart_id": "@guests"}, NO_CART),
    *by("shopper service staff", {"cart_id": NOWHERE}, NO_CART),
    *by("forger tinkerer", {"cart_id": "@active"}, BAD_TOKEN),
]

GET_ACTIVE_CART = [
    *by("shopper", {"company_id": "@seller"}, THE_CART),
    *by("service staff", {"company_id": "@seller", "user_id": "@shopper"}, THE_CART),
    *by("guest", {"company_id": "@seller"}, GUESTS_CART),
    *by("shopper", {"company_id": "@fourth"}, "shopper, fourth, ACTIVE: nothing = 0.00"),
    *by("shopper", {"company_id": "@elsewhere"}, NO_CART),
    *by("shopper", {"company_id": NOWHERE}, NO_CART),
    *by("service staff stranger", {"company_id": "@seller"}, NO_CART),
    *by("service", {"company_id": "@seller", "user_id": NOWHERE}, NO_CART),
    *by("hostile guest stranger", {"company_id": "@seller", "user_id": "@shopper"}, DENIED),
    *by("forger tinkerer", {"company_id": "@seller"}, BAD_TOKEN),
    *by("shopper", {}, INVALID),
    *bad_ids("company_id", {}),
    *bad_ids("user_id", {"company_id": "@seller"}),
]

NEWER = "shopper, fourth, ACTIVE: nothing = 0.00"
OLD = "shopper, fourth, LOCKED: nothing = 0.00"
HELD = "shopper, third, LOCKED: nothing = 0.00"
BY_HAND = "shopper, elsewhere, LOCKED: nothing = 0.00"
ALL = " | ".join([NEWER, OLD, HELD, BY_HAND, THE_CART])
LIST_BY_USER = [
    *by("shopper", {}, ALL),
    *by("shopper service staff", {"user_id": "@shopper"}, ALL),
    *by("guest", {}, GUESTS_CART),
    *by("stranger service", {}, "none"),
    *by("service", {"user_id": "@shopper", "company_id": "@seller"}, THE_CART),
    *by("service", {"user_id": "@shopper", "status": "LOCKED"}, f"{OLD} | {HELD} | {BY_HAND}"),
    *by("service", {"user_id": "@shopper", "limit": 2}, f"{NEWER} | {OLD}"),
    *by("service", {"user_id": "@shopper", "limit": 2, "offset": 3}, f"{BY_HAND} | {THE_CART}"),
    *by("shopper", {"offset": 5}, "none"),
    *by("shopper", {"company_id": NOWHERE}, "none"),
    *by("service staff", {"user_id": NOWHERE}, "none"),
    *by("hostile guest stranger", {"user_id": "@shopper"}, DENIED),
    *by("hostile", {"user_id": NOWHERE}, DENIED),
    *by("forger tinkerer", {}, BAD_TOKEN),
    *bad_ids("user_id", {}),
    *bad_ids("company_id", {}),
    *[("shopper", {"limit": limit}, INVALID) for limit in (0, -1, 101, HUGE)],
    *[("shopper", {"offset": offset}, INVALID) for offset in (-1, 2**31, HUGE)],
]

LIST_BY_IDS = [
    *by("shopper", {"ids": ["@active", "@newer", "@active"]}, f"{THE_CART} | {NEWER}"),
    *by("shopper", {"ids": ["@newer", "@others", NOWHERE, "@active", "@guests"]}, f"{NEWER} | {THE_CART}"),
    *by("service staff", {"ids": ["@guests", "@active"]}, f"{GUESTS_CART} | {THE_CART}"),
    *by("guest", {"ids": ["@active", "@guests"]}, GUESTS_CART),
    *by("hostile stranger", {"ids": ["@active", "@guests", HUGE]}, "none"),
    *by("service", {"ids": []}, "none"),
    *by("service", {"ids": [NOWHERE + n for n in range(100)]}, "none"),
    *by("service", {"ids": [NOWHERE + n for n in range(101)]}, INVALID),
    *by("service", {"ids": [-n for n in range(100)]}, INVALID),
    *by("forger tinkerer", {"ids": ["@active"]}, BAD_TOKEN),
]

CASES: dict[str, tuple[str, list[Case]]] = {
    "begin a cart": ("UpsertCart", UPSERT_CART),
    "add copies": ("UpsertItem", ADD),
    "set a line": ("UpsertItem", SET),
    "change a quantity": ("UpdateQty", UPDATE_QTY),
    "remove a line": ("RemoveItem", REMOVE_ITEM),
    "change a status": ("ChangeStatus", CHANGE_STATUS),
    "read a cart": ("GetCart", GET_CART),
    "read the active cart": ("GetActiveCart", GET_ACTIVE_CART),
    "list by user": ("ListByUser", LIST_BY_USER),
    "list by ids": ("ListByIds", LIST_BY_IDS),
}
