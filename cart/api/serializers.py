"""What the cart's calls take and answer."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from rest_framework import serializers
from rest_framework.request import Request

from bookstore.core.fields import MAX_COUNT, MAX_INTEGER, CountField, IdField, IdsField, MoneyField
from cart.models import Availability, CartItem, CartStatus, PriceChange
from cart.reading import Part, ShoppersCart


class AddItemSerializer(serializers.Serializer[Any]):
    book_id = IdField()
    quantity = CountField(min_value=1, default=1)
    offer_id = IdField(required=False, allow_null=True, default=None)


class QuantitySerializer(serializers.Serializer[Any]):
    quantity = CountField(min_value=1)


class CartSellerSerializer(serializers.Serializer[Any]):
    id = IdField()
    name = serializers.CharField()
    slug = serializers.CharField()


class CartBookSerializer(serializers.Serializer[Any]):
    id = IdField()
    title = serializers.CharField()
    author = serializers.CharField()
    isbn = serializers.CharField(allow_null=True)
    price = MoneyField(allow_null=True)
    cover_image_url = serializers.CharField(allow_null=True)


class SnapshotSerializer(serializers.Serializer[Any]):
    offer_id = IdField()
    price = MoneyField()
    currency = serializers.CharField()
    captured_at = serializers.DateTimeField()


class ItemSerializer(serializers.Serializer[Any]):
    id = IdField()
    cart_id = IdField()
    book_id = IdField()
    offer_id = IdField()
    quantity = CountField(min_value=1)
    book = CartBookSerializer()
    seller = CartSellerSerializer()
    price_snapshot = SnapshotSerializer()
    current_price = MoneyField()
    price_changed = serializers.BooleanField()
    price_change = serializers.ChoiceField(choices=PriceChange, allow_null=True)
    available_quantity = CountField()
    availability = serializers.ChoiceField(choices=Availability)
    line_total = serializers.DecimalField(max_digits=14, decimal_places=2)


class SellersCartSerializer(serializers.Serializer[Any]):
    id = IdField()
    seller = CartSellerSerializer()
    status = serializers.ChoiceField(choices=CartStatus.choices)
    total_items = CountField()
    total_price = serializers.DecimalField(max_digits=14, decimal_places=2)


class ShoppersCartSerializer(serializers.Serializer[Any]):
    """`total_items` counts copies; totals are at the prices that were shown."""

    items = ItemSerializer(many=True)  # type: ignore[assignment]  # the contract's name
    total_items = CountField()
    total_price = serializers.DecimalField(max_digits=14, decimal_places=2)
    currency = serializers.CharField()
    price_changes = CountField()
    carts = SellersCartSerializer(many=True)


def read(serializer: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    """Return what was sent, in the form that services take it. Raises: ValidationError."""
    given = serializer(data=data)
    given.is_valid(raise_exception=True)
    return given.validated_data


def money(amount: Decimal) -> str:
    return f"{amount:.2f}"


def item_body(item: CartItem, request: Request) -> dict[str, Any]:
    """Return the JSON of a line whose offer, book and seller are loaded."""
    offer, book, seller = item.offer, item.offer.book, item.offer.seller
    cover = request.build_absolute_uri(book.cover_url) if book.cover_image else book.cover_url
    return {
        "id": item.pk,
        "cart_id": item.cart_id,
        "book_id": book.pk,
        "offer_id": offer.pk,
        "quantity": item.quantity,
        "book": {
            "id": book.pk,
            "title": book.title,
            "author": book.byline,
            "isbn": book.isbn or None,
            "price": book.price and money(book.price),
            "cover_image_url": cover or None,
        },
        "seller": {"id": seller.pk, "name": seller.name, "slug": seller.slug},
        "price_snapshot": {
            "offer_id": offer.pk,
            "price": money(item.price),
            "currency": item.currency,
            "captured_at": item.captured_at,
        },
        "current_price": money(item.current_price),
        "price_changed": item.price_change is not None,
        "price_change": item.price_change,
        "available_quantity": item.available_quantity,
        "availability": item.availability,
        "line_total": money(item.line_total),
    }


def shoppers_cart_body(view: ShoppersCart, request: Request) -> dict[str, Any]:
    """Return the JSON of all that somebody means to buy."""
    return {
        "items": [item_body(item, request) for item in view.items],
        "total_items": view.copies,
        "total_price": money(view.total),
        "currency": settings.STORE_CURRENCY,
        "price_changes": view.price_changes,
        "carts": [
            {
                "id": part.cart.pk,
                "seller": {"id": part.seller.pk, "name": part.seller.name, "slug": part.seller.slug},
                "status": part.cart.status,
                "total_items": part.copies,
                "total_price": money(part.total),
            }
            for part in view.parts
        ],
    }


# One seller's cart: a company is a seller, a product a book.


class CompanySerializer(serializers.Serializer[Any]):
    company_id = IdField()


class ActiveQuerySerializer(serializers.Serializer[Any]):
    company_id = serializers.IntegerField(min_value=1, max_value=MAX_INTEGER)
    user_id = serializers.IntegerField(
        min_value=1, max_value=MAX_INTEGER, required=False, default=None, help_text="Staff and service accounts only."
    )


class UpsertSerializer(CompanySerializer):
    user_id = IdField(required=False, allow_null=True, default=None, help_text="Staff and service accounts only.")


class ProductSerializer(serializers.Serializer[Any]):
    product_id = IdField()
    quantity = CountField(min_value=1)


class SetProductSerializer(ProductSerializer):
    price = MoneyField(
        source="expected_price", required=False, allow_null=True, default=None, help_text="Compared, never trusted."
    )


class AddProductSerializer(UpsertSerializer, SetProductSerializer):
    pass


class StatusSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=CartStatus.choices)


class ByIdsSerializer(serializers.Serializer[Any]):
    ids = IdsField(allow_empty=True, max_length=100)


class ByUserQuerySerializer(serializers.Serializer[Any]):
    user_id = serializers.IntegerField(
        min_value=1, max_value=MAX_INTEGER, required=False, default=None, help_text="Staff and service accounts only."
    )
    company_id = serializers.IntegerField(min_value=1, max_value=MAX_INTEGER, required=False)
    status = serializers.ChoiceField(choices=CartStatus.choices, required=False)
    limit = serializers.IntegerField(min_value=1, max_value=100, default=20)
    offset = serializers.IntegerField(min_value=0, max_value=MAX_COUNT, default=0)


class ProductLineSerializer(serializers.Serializer[Any]):
    product_id = IdField()
    name = serializers.CharField()
    price = MoneyField()
    currency = serializers.CharField()
    quantity = CountField(min_value=1)


class CartSerializer(serializers.Serializer[Any]):
    id = IdField()
    company_id = IdField()
    user_id = IdField(allow_null=True)
    status = serializers.ChoiceField(choices=CartStatus.choices)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    items = ProductLineSerializer(many=True)  # type: ignore[assignment]  # the contract's name
    total_amount = serializers.DecimalField(max_digits=14, decimal_places=2)
    currency = serializers.CharField()


def cart_body(part: Part) -> dict[str, Any]:
    """Return the JSON of one seller's cart."""
    cart = part.cart
    return {
        "id": cart.pk,
        "company_id": cart.seller_id,
        "user_id": cart.user_id,
        "status": cart.status,
        "created_at": cart.created_at,
        "updated_at": cart.updated_at,
        "items": [
            {
                "product_id": item.offer.book_id,
                "name": item.offer.book.title,
                "price": money(item.price),
                "currency": item.currency,
                "quantity": item.quantity,
            }
            for item in part.items
        ],
        "total_amount": money(part.total),
        "currency": settings.STORE_CURRENCY,
    }
