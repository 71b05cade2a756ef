"""What the cases of `partner_cases` are about, made anew for each: sellers, books, callers and carts, all by name."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Model

from accounts.models import User
from accounts.services import create_service_account
from accounts.tests.api import tokens_of
from accounts.tests.factories import StaffFactory, UserFactory
from cart import services
from cart.models import Cart, CartItem
from cart.services import Shopper
from cart.tests.partner_doors import Answer, Door, Who
from catalog.models import Book, Seller
from catalog.tests.factories import BookFactory, OfferFactory, SellerFactory


class Stage:
    """
    `"@name"` stands for a row's id.

    The shopper's carts: `@active` with 2 of `@book`, `@locked` by hand, `@held` by an order, and `@old`, locked by hand
    beside the newer `@newer` at the same seller. Beside them `@others`, the hostile shopper's, and `@guests`.
    """

    def __init__(self) -> None:
        self.rows: dict[str, Model] = {}
        self.shelve()
        self.invite()
        self.fill_carts()

    def shelve(self) -> None:
        seller, elsewhere = SellerFactory(), SellerFactory()
        self.rows |= {"seller": seller, "elsewhere": elsewhere, "third": SellerFactory(), "fourth": SellerFactory()}
        offers = {
            "book": OfferFactory(seller=seller, price=Decimal("10.00"), stock_quantity=50),
            "second": OfferFactory(seller=seller, price=Decimal("4.50"), stock_quantity=50),
            "sold_out": OfferFactory(seller=seller, stock_quantity=0),
            "withdrawn": OfferFactory(seller=seller, is_active=False),
            "anothers": OfferFactory(seller=elsewhere, stock_quantity=9),
        }
        self.offers = offers
        self.rows |= {name: offer.book for name, offer in offers.items()} | {"unoffered": BookFactory()}

    def invite(self) -> None:
        shopper, hostile, staff = UserFactory(), UserFactory(), StaffFactory()
        self.rows |= {"shopper": shopper, "hostile": hostile, "staff": staff, "gone": UserFactory(is_active=False)}
        self.callers = {
            "shopper": Who(tokens_of(shopper).access_token),
            "hostile": Who(tokens_of(hostile).access_token),
            "staff": Who(tokens_of(staff).access_token),
            "service": Who(create_service_account(f"Partner {shopper.pk}", timedelta(days=1))),
            "guest": Who(guest_token=services.new_token()),
            "stranger": Who(guest_token=services.new_token()),
            "forger": Who("eyJhbGciOiJub25lIn0.e30."),
            "tinkerer": Who(guest_token="x" * 40),
        }

    def fill_carts(self) -> None:
        guest = services.add_guest(self.callers["guest"].guest_token)
        assert guest
        shopper, hostile = (Shopper(user_id=self.rows[name].pk) for name in ("shopper", "hostile"))
        for name, owner, seller in [
            ("active", shopper, "seller"),
            ("locked", shopper, "elsewhere"),
            ("held", shopper, "third"),
            ("old", shopper, "fourth"),
            ("others", hostile, "seller"),
            ("guests", Shopper(guest_id=guest.pk), "seller"),
        ]:
            self.rows[name], _is_new = services.upsert_cart(owner, self.rows[seller].pk)
            if seller == "seller":
                services.add_item(owner, self.rows["book"].pk, 2)
        for name, number in (("locked", ""), ("held", "1001"), ("old", "")):
            Cart.objects.filter(pk=self.rows[name].pk).update(status="LOCKED", held_by=number)
        self.rows["newer"], _is_new = services.upsert_cart(shopper, self.rows["fourth"].pk)

    def call(self, door: Door, who: str, name: str, fields: dict[str, Any], key: str | None = None) -> Answer:
        given = {field: self.with_ids(value) for field, value in fields.items()}
        return door.call(self.callers[who], name, given, key)

    def with_ids(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.with_ids(inner) for inner in value]
        return self.rows[value[1:]].pk if isinstance(value, str) and value.startswith("@") else value

    def outcome(self, answer: Answer) -> str:
        """Say what an answer comes to: the refusal, or whose cart, where, how it stands and what is in it."""
        return answer.refusal or " | ".join(map(self.described, answer.carts)) or "none"

    def described(self, cart: dict[str, Any]) -> str:
        lines = [f"{item['quantity']} {self.named(Book, item['product_id'])}" for item in cart["items"]]
        whose = self.named(User, cart["user_id"]) if cart["user_id"] else "guest"
        where = self.named(Seller, cart["company_id"])
        return f"{whose}, {where}, {cart['status']}: {' + '.join(lines) or 'nothing'} = {cart['total_amount']}"

    def named(self, model: type[Model], pk: int) -> str:
        return next((name for name, row in self.rows.items() if isinstance(row, model) and row.pk == pk), str(pk))

    def all_carts(self) -> list[Any]:
        """Return all that a refused call must leave as it was."""
        return [*Cart.objects.order_by("pk").values_list(), *CartItem.objects.order_by("pk").values_list()]
