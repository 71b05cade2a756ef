"""What the wishlist's calls take and answer."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from bookstore.core.fields import CountField, IdField, MoneyField
from wishlist.models import Wish


class WishInputSerializer(serializers.Serializer[Any]):
    book_id = IdField()


class WishedBookSerializer(serializers.Serializer[Any]):
    id = IdField()
    title = serializers.CharField()
    author = serializers.CharField()
    price = MoneyField(allow_null=True, help_text="Of the best offer; null without offers.")
    stock_quantity = CountField(help_text="Copies for sale, all active offers together.")
    in_stock = serializers.BooleanField()
    cover_image_url = serializers.CharField(allow_null=True)


class WishSerializer(serializers.Serializer[Any]):
    id = IdField()
    book_id = IdField()
    added_at = serializers.DateTimeField()
    book = WishedBookSerializer()


def wish_body(wish: Wish, request: Request) -> dict[str, Any]:
    """Return the JSON of a wish whose terms are loaded."""
    book = wish.book
    cover = request.build_absolute_uri(book.cover_url) if book.cover_image else book.cover_url
    return {
        "id": wish.pk,
        "book_id": book.pk,
        "added_at": wish.added_at,
        "book": {
            "id": book.pk,
            "title": book.title,
            "author": book.byline,
            "price": book.price and f"{book.price:.2f}",
            "stock_quantity": wish.copies,
            "in_stock": book.in_stock,
            "cover_image_url": cover or None,
        },
    }
