"""What the calls on prebooks take and answer."""

from typing import Any

from rest_framework import serializers

from bookstore.core.fields import CountField, IdField
from prebooking.models import BookInDemand, Prebook, PrebookStatus


class NewPrebookSerializer(serializers.Serializer[Any]):
    book_id = IdField()


class PrebookSerializer(serializers.Serializer[Any]):
    id = IdField()
    book_id = IdField()
    book_title = serializers.CharField()
    book_author = serializers.CharField()
    status = serializers.ChoiceField(choices=PrebookStatus)
    created_at = serializers.DateTimeField()
    notified_at = serializers.DateTimeField(allow_null=True)
    fulfilled_at = serializers.DateTimeField(allow_null=True)
    cancelled_at = serializers.DateTimeField(allow_null=True)
    position = CountField(min_value=1, allow_null=True, help_text="Among those who wait for the book.")


class DemandSerializer(serializers.Serializer[Any]):
    book_id = IdField()
    title = serializers.CharField()
    author = serializers.CharField()
    isbn = serializers.CharField(allow_null=True)
    waiting = CountField()
    notified = CountField(help_text="Told that the book is back, and have not bought it yet.")
    waiting_since = serializers.DateTimeField(allow_null=True)
    copies_for_sale = CountField()
    copies_held = CountField(help_text="Copies in offers that are switched off.")


def prebook_body(prebook: Prebook) -> dict[str, Any]:
    """Return the JSON of a prebook whose book and position are loaded."""
    return {
        "id": prebook.pk,
        "book_id": prebook.book_id,
        "book_title": prebook.book.title,
        "book_author": prebook.book.byline,
        "status": prebook.status,
        "created_at": prebook.created_at,
        "notified_at": prebook.notified_at,
        "fulfilled_at": prebook.fulfilled_at,
        "cancelled_at": prebook.cancelled_at,
        "position": prebook.position,
    }


def demand_body(book: BookInDemand) -> dict[str, Any]:
    return {
        "book_id": book.pk,
        "title": book.title,
        "author": book.byline,
        "isbn": book.isbn or None,
        "waiting": book.waiting,
        "notified": book.notified,
        "waiting_since": book.waiting_since,
        "copies_for_sale": book.copies_for_sale,
        "copies_held": book.copies_held,
    }
