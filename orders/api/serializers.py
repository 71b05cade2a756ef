"""What the calls on orders take and answer."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from django_countries import countries
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request

from accounts.models import Address
from bookstore.core.fields import MAX_INTEGER, CountField, IdField, IdsField, MoneyField, StrictBooleanField, TextField
from bookstore.core.openapi import Problem
from orders.models import EventKind, Order, OrderEvent, OrderItem, OrderStatus, PaymentStatus, Refund

LONGEST_QUESTION = 200
MOST_AT_ONCE = 100  # orders that one call acts on
MOST_LINES = 5_000  # of one refund


def read(serializer: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    """Return what was sent, in the form that services take it. Raises: ValidationError."""
    given = serializer(data=data)
    given.is_valid(raise_exception=True)
    return given.validated_data


def text(model: Any, name: str, *, is_needed: bool = False) -> TextField:
    """Take what goes into that column."""
    longest = model._meta.get_field(name).max_length
    return TextField(max_length=longest) if is_needed else TextField(max_length=longest, allow_blank=True, default="")


class Total(serializers.DecimalField):
    """A sum of money, shown with two places."""

    def __init__(self) -> None:
        super().__init__(max_digits=14, decimal_places=2)


# What is sent


class ShippingAddressSerializer(serializers.Serializer[Any]):
    full_name = text(Address, "full_name", is_needed=True)
    line1 = text(Address, "line1", is_needed=True)
    line2 = text(Address, "line2")
    postal_code = text(Address, "postal_code")
    city = text(Address, "city", is_needed=True)
    region = text(Address, "region")
    country = TextField(min_length=2, max_length=2, help_text="ISO 3166-1, two letters, such as `DE`.")
    phone = text(Address, "phone")

    def validate_country(self, code: str) -> str:
        if code not in countries.countries:
            raise serializers.ValidationError(_("This is no country's code of two letters, such as DE."))
        return code


class CheckoutSerializer(serializers.Serializer[Any]):
    cart_id = IdField(
        required=False, allow_null=True, default=None, help_text="Without it everything in the active carts is bought."
    )
    accept_price_changes = StrictBooleanField(default=False, help_text="Agrees to prices that have risen.")
    expected_total = MoneyField(
        required=False, allow_null=True, default=None, help_text="Agrees to whatever costs no more than this together."
    )
    shipping_address = ShippingAddressSerializer(required=False, allow_null=True, default=None)
    payment_token = TextField(
        required=False,
        allow_null=True,
        default=None,
        max_length=500,
        help_text="What the payment provider gave the client; never a card's number.",
    )
    force_payment_failure = StrictBooleanField(default=False, help_text="For tests: the payment fails in any case.")


class ShipSerializer(serializers.Serializer[Any]):
    carrier = text(Order, "carrier")
    tracking = text(Order, "tracking")


class RefundedLineSerializer(serializers.Serializer[Any]):
    item_id = IdField()
    quantity = CountField(min_value=1)


class RefundSerializer(serializers.Serializer[Any]):
    """With neither amount nor lines all that is left goes back, shipping too; with lines alone, what they cost."""

    amount = MoneyField(required=False, allow_null=True, default=None)
    lines = RefundedLineSerializer(
        many=True, required=False, allow_null=True, default=None, allow_empty=False, max_length=MOST_LINES
    )
    restock = StrictBooleanField(default=False, help_text="Puts the copies back on sale.")
    note = text(Refund, "note")

    def validate_lines(self, lines: list[dict[str, int]] | None) -> dict[int, int] | None:
        if lines is None:
            return None
        copies = {line["item_id"]: line["quantity"] for line in lines}
        if len(copies) < len(lines):
            raise serializers.ValidationError(_("A line of the order stands there twice."))
        return copies


class ManySerializer(serializers.Serializer[Any]):
    ids = IdsField(allow_empty=False, max_length=MOST_AT_ONCE)


class ShipManySerializer(ManySerializer):
    carrier = text(Order, "carrier")


class FoundBySerializer(serializers.Serializer[Any]):
    """Which orders staff look for; one of the parameters has the name of a word of Python."""

    status = serializers.ChoiceField(choices=OrderStatus.choices, required=False)
    user_id = serializers.IntegerField(min_value=1, max_value=MAX_INTEGER, required=False)
    q = serializers.CharField(
        max_length=LONGEST_QUESTION,
        allow_blank=True,
        default="",
        help_text="Beginning of an order's number, with or without hyphens; part of the shopper's e-mail; beginnings of"
        " words in the shopper's or recipient's name; or a book's ISBN.",
    )

    def get_fields(self) -> dict[str, Any]:
        placed_from = serializers.DateField(source="placed_from", required=False, help_text="UTC, inclusive.")
        placed_to = serializers.DateField(source="placed_to", required=False, help_text="UTC, inclusive.")
        return {**super().get_fields(), "from": placed_from, "to": placed_to}


# What is shown


class OrderSellerSerializer(serializers.Serializer[Any]):
    id = IdField()
    name = serializers.CharField(help_text="As it was then.")
    slug = serializers.CharField()


class OrderBookSerializer(serializers.Serializer[Any]):
    """The book as it is now."""

    id = IdField()
    title = serializers.CharField()
    author = serializers.CharField()
    isbn = serializers.CharField(allow_null=True)
    price = MoneyField(allow_null=True, help_text="Of the best offer; null without offers.")
    cover_image_url = serializers.CharField(allow_null=True)


class OrderItemSerializer(serializers.Serializer[Any]):
    id = IdField()
    book_id = IdField(allow_null=True)
    quantity = CountField(min_value=1)
    unit_price = MoneyField(help_text="As it was bought, like title, author and ISBN.")
    line_total = Total()
    title = serializers.CharField()
    author = serializers.CharField()
    isbn = serializers.CharField(allow_null=True)
    seller = OrderSellerSerializer()
    book = OrderBookSerializer(allow_null=True, help_text="Null where it is no longer in the catalogue.")


class PaymentSerializer(serializers.Serializer[Any]):
    provider = serializers.CharField()
    status = serializers.ChoiceField(choices=PaymentStatus.choices)
    reference = serializers.CharField(allow_null=True, help_text="The provider's name for the charge.")


class ShipmentSerializer(serializers.Serializer[Any]):
    carrier = serializers.CharField(allow_null=True)
    tracking = serializers.CharField(allow_null=True)


class TimelineEntrySerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=OrderStatus.choices)
    at = serializers.DateTimeField()


class OrderSerializer(serializers.Serializer[Any]):
    id = IdField()
    number = serializers.CharField(help_text="What people call the order by.")
    user_id = IdField(allow_null=True, help_text="Null once the account is closed.")
    status = serializers.ChoiceField(choices=OrderStatus.choices)
    created_at = serializers.DateTimeField()
    items = OrderItemSerializer(many=True)  # type: ignore[assignment]  # the contract's name
    items_total = Total()
    shipping_total = Total()
    tax_total = serializers.DecimalField(max_digits=14, decimal_places=2, help_text="Contained in the prices.")
    total_price = serializers.DecimalField(max_digits=14, decimal_places=2, help_text="Items and shipping.")
    refunded_amount = Total()
    currency = serializers.CharField()
    shipping_address = ShippingAddressSerializer(allow_null=True)
    payment = PaymentSerializer()
    shipment = ShipmentSerializer(allow_null=True, help_text="Null until it is shipped.")
    timeline = TimelineEntrySerializer(many=True)


def money(amount: Decimal) -> str:
    return f"{amount:.2f}"


def order_body(order: Order, request: Request) -> dict[str, Any]:
    """Return the JSON of an order whose lines and timeline are loaded."""
    return body_of(order, order.items.all(), order.events.all(), request)


def body_of(order: Order, items: Iterable[OrderItem], events: Iterable[OrderEvent], request: Request) -> dict[str, Any]:
    """Return the JSON of an order, its lines and its timeline."""
    return {
        "id": order.pk,
        "number": order.number,
        "user_id": order.user_id,
        "status": order.status,
        "created_at": order.created_at,
        "items": [item_body(item, request) for item in items],
        "items_total": money(order.items_total),
        "shipping_total": money(order.shipping_total),
        "tax_total": money(order.tax_total),
        "total_price": money(order.total_price),
        "refunded_amount": money(order.refunded_amount),
        "currency": order.currency,
        "shipping_address": order.shipping_address,
        "payment": {
            "provider": order.payment_provider,
            "status": order.payment_status,
            "reference": order.payment_reference or None,
        },
        "shipment": {"carrier": order.carrier or None, "tracking": order.tracking or None}
        if any(event.kind == EventKind.SHIPPED for event in events)
        else None,
        "timeline": [{"status": event.kind, "at": event.at} for event in events if event.kind in OrderStatus],
    }


def item_body(item: OrderItem, request: Request) -> dict[str, Any]:
    book, seller = item.book, item.offer.seller
    cover = request.build_absolute_uri(book.cover_url) if book.cover_image else book.cover_url
    return {
        "id": item.pk,
        "book_id": item.book_id,
        "quantity": item.quantity,
        "unit_price": money(item.unit_price),
        "line_total": money(item.line_total),
        "title": item.title,
        "author": item.byline,
        "isbn": item.isbn or None,
        "seller": {"id": seller.pk, "name": item.seller_name, "slug": seller.slug},
        "book": None
        if book.archived_at
        else {
            "id": book.pk,
            "title": book.title,
            "author": book.byline,
            "isbn": book.isbn or None,
            "price": book.price and money(book.price),
            "cover_image_url": cover or None,
        },
    }


class OutcomeSerializer(serializers.Serializer[Any]):
    """What became of one of several orders: its new status, or why it stayed as it was."""

    id = IdField()
    status = serializers.ChoiceField(choices=OrderStatus.choices, required=False)
    code = serializers.CharField(required=False, help_text="For a program.")
    detail = serializers.CharField(required=False, help_text="A sentence for a person.")


@extend_schema_serializer(many=False)
class OutcomesSerializer(serializers.Serializer[Any]):
    items = OutcomeSerializer(many=True)  # type: ignore[assignment]  # as in every list


# What is refused


@extend_schema_serializer(component_name="PaymentFailedProblem")
class PaymentFailed(Problem):
    order_id = IdField(help_text="The order that came to nothing.")
    number = serializers.CharField()


class ProblemLineSerializer(serializers.Serializer[Any]):
    book_id = IdField()
    offer_id = IdField()
    title = serializers.CharField()
    requested = CountField(required=False)
    available = CountField(required=False)
    old_price = MoneyField(required=False)
    new_price = MoneyField(required=False)


class LinesProblemSerializer(serializers.Serializer[Any]):
    code = serializers.ChoiceField(["ORDER_ITEMS_UNAVAILABLE", "ORDER_INSUFFICIENT_STOCK", "PRICE_CHANGED"])
    items = ProblemLineSerializer(many=True)  # type: ignore[assignment]  # the contract's name


@extend_schema_serializer(component_name="CheckoutProblem")
class CheckoutRefusal(Problem):
    """Lines that cannot be bought as things are now; `code` and `items` repeat the first kind."""

    items = ProblemLineSerializer(many=True, required=False)  # type: ignore[assignment]  # the contract's name
    problems = LinesProblemSerializer(many=True, required=False, help_text="Every kind that applies.")
    total_price = serializers.DecimalField(
        max_digits=14, decimal_places=2, required=False, help_text="What it would cost together now."
    )
