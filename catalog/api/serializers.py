"""What the catalogue's API accepts and shows. Shape only: the rules are in the services."""

from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from bookstore.core.fields import (
    CountField,
    IdField,
    IdsField,
    MoneyField,
    StrictBooleanField,
    StrictIntegerField,
    TextField,
)
from bookstore.core.openapi import listed
from catalog.filters import LONGEST_QUESTION
from catalog.models import Format
from catalog.services.ledger import MOST_COPIES

MOST_MEMBERS = 1_000  # of one seller
OLDEST_BOOK = date(1000, 1, 1)


class StrictDateField(serializers.DateField):
    """A date as `YYYY-MM-DD`, and not so early that no book can be meant."""

    def __init__(self, **kwargs: Any):
        super().__init__(input_formats=["%Y-%m-%d"], **kwargs)

    def to_internal_value(self, data: Any) -> date:
        if not isinstance(data, str):
            self.fail("invalid", format="YYYY-MM-DD")
        day = super().to_internal_value(data)
        if day < OLDEST_BOOK:
            raise serializers.ValidationError(_("That is before the first printed book."), code="min_value")
        return day


class NamedSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    slug = serializers.CharField()


class GenreSerializer(NamedSerializer):
    parent_id = serializers.IntegerField(allow_null=True)


class SellerSerializer(NamedSerializer):
    members = serializers.ListField(child=serializers.IntegerField(), required=False, help_text="For staff only.")


class SeriesSerializer(serializers.Serializer):
    name = serializers.CharField()
    number = serializers.CharField(allow_null=True)


class BookSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    slug = serializers.CharField()
    title = serializers.CharField()
    subtitle = serializers.CharField(allow_null=True)
    author = serializers.CharField(help_text="The byline: the authors as printed.")
    authors = NamedSerializer(many=True)
    isbn = serializers.CharField(allow_null=True, help_text="ISBN-13 without hyphens.")
    genre_id = serializers.IntegerField(allow_null=True)
    genre = NamedSerializer(allow_null=True)
    series = SeriesSerializer(allow_null=True)
    price = MoneyField(allow_null=True, help_text="Of the best offer; null without offers.")
    currency = serializers.CharField(help_text="ISO 4217.")
    stock_quantity = serializers.IntegerField(help_text="Copies for sale, all active offers together.")
    in_stock = serializers.BooleanField()
    format = serializers.ChoiceField(Format.choices)
    language = serializers.CharField(allow_null=True, help_text="BCP 47.")
    publisher = serializers.CharField(allow_null=True)
    pages = serializers.IntegerField(allow_null=True)
    publish_date = serializers.DateField(allow_null=True)
    first_published_year = serializers.IntegerField(allow_null=True, help_text="Below zero before our era.")
    cover_image_url = serializers.CharField(allow_null=True)
    url = serializers.CharField(help_text="Path of the book's page.")


class MatchedSerializer(serializers.Serializer):
    by = serializers.ChoiceField(["isbn", "words", "prefix", "spelling"])
    # `for` is a word of Python's.
    locals()["for"] = serializers.CharField(help_text="The words searched, as they were understood.")


class BookListSerializer(listed(BookSerializer)):  # type: ignore[misc]
    matched = MatchedSerializer(allow_null=True, help_text="How `q` was understood; null without it.")


class QuestionSerializer(serializers.Serializer):
    q = TextField(
        max_length=LONGEST_QUESTION, allow_blank=True, default="", help_text="What was typed; its last word may go on."
    )


class SuggestionSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(["book", "author", "genre"])
    label = serializers.CharField()
    url = serializers.CharField(help_text="Path of its page.")
    id = serializers.IntegerField()


class SuggestionListSerializer(serializers.Serializer):
    items = SuggestionSerializer(many=True, help_text="Up to 8.")


class NamedCountSerializer(NamedSerializer):
    count = serializers.IntegerField()


class ValueCountSerializer(serializers.Serializer):
    value = serializers.CharField()
    count = serializers.IntegerField()


class PriceBandSerializer(serializers.Serializer):
    min = MoneyField(allow_null=True, help_text="For `min_price`; null where there is no lower end.")
    max = MoneyField(allow_null=True, help_text="For `max_price`; null where there is no upper end.")
    count = serializers.IntegerField()


class FacetsSerializer(serializers.Serializer):
    """Each counted under all the other filters, most books first."""

    genres = NamedCountSerializer(many=True, help_text="Each with the genres below it.")
    sellers = NamedCountSerializer(many=True)
    formats = ValueCountSerializer(many=True)
    languages = ValueCountSerializer(many=True, help_text="BCP 47; each with its variants.")
    price_bands = PriceBandSerializer(many=True)
    in_stock = serializers.IntegerField()
    is_capped = serializers.BooleanField(help_text="Whether some were counted over 10,000 books, and there are more.")


class OfferSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    seller = NamedSerializer()
    price = MoneyField()
    currency = serializers.CharField()
    stock_quantity = serializers.IntegerField()
    in_stock = serializers.BooleanField()


class ManagedOfferSerializer(OfferSerializer):
    """An offer as those who manage it see it."""

    book_id = serializers.IntegerField()
    seller_id = serializers.IntegerField()
    is_active = serializers.BooleanField()


class OfferListSerializer(serializers.Serializer):
    items = ManagedOfferSerializer(many=True)


class BookDetailSerializer(BookSerializer):
    description = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    offers = OfferSerializer(many=True, help_text="Cheapest in stock first.")


class BookInputSerializer(serializers.Serializer):
    """A book as staff write it; `price` and `stock_quantity` are the store's own offer."""

    title = TextField(max_length=500)
    author = TextField(max_length=1000, help_text="Several are parted by `;`.")
    price = MoneyField()
    isbn = TextField(max_length=40, required=False, allow_blank=True, allow_null=True)
    genre_id = IdField(required=False, allow_null=True)
    description = TextField(max_length=20_000, required=False, allow_blank=True, allow_null=True)
    cover_image_url = TextField(max_length=1000, required=False, allow_blank=True, allow_null=True)
    publish_date = StrictDateField(required=False, allow_null=True)
    subtitle = TextField(max_length=500, required=False, allow_blank=True, allow_null=True)
    publisher = TextField(max_length=200, required=False, allow_blank=True, allow_null=True)
    language = TextField(max_length=35, required=False, allow_blank=True, allow_null=True, help_text="BCP 47.")
    format = serializers.ChoiceField(Format.choices, required=False)
    pages = StrictIntegerField(min_value=1, max_value=100_000, required=False, allow_null=True)
    stock_quantity = CountField(max_value=MOST_COPIES, required=False)

    DETAILS_WHEN_LEFT_OUT = {
        "isbn": "",
        "genre_id": None,
        "description": "",
        "cover_image_url": "",
        "publish_date": None,
        "subtitle": "",
        "publisher": "",
        "language": "",
        "format": Format.OTHER,
        "pages": None,
    }

    def validate_author(self, author: str) -> str:
        if not self.names(author):
            raise serializers.ValidationError(_("Name at least one author."), code="blank")
        return author

    @staticmethod
    def names(author: str) -> list[str]:
        return [name.strip() for name in author.split(";") if name.strip()]

    def for_service(self) -> dict[str, Any]:
        """Return the arguments for `create_book` and `update_book`; what is left out of a whole book is cleared."""
        values = dict(self.validated_data)
        terms = {name: values.pop(name) for name in ("price", "stock_quantity") if name in values}
        if "author" in values:
            terms["authors"] = self.names(values.pop("author"))
        given = {name: self.DETAILS_WHEN_LEFT_OUT[name] if value is None else value for name, value in values.items()}
        return {"details": given if self.partial else {**self.DETAILS_WHEN_LEFT_OUT, **given}, **terms}


class StockInputSerializer(serializers.Serializer):
    quantity = CountField(max_value=MOST_COPIES)
    seller_id = IdField(required=False, help_text="The store's own seller when left out.")


class OfferInputSerializer(serializers.Serializer):
    seller_id = IdField()
    price = MoneyField()
    stock_quantity = CountField(max_value=MOST_COPIES, default=0)
    is_active = StrictBooleanField(default=True)


class OfferPatchSerializer(serializers.Serializer):
    price = MoneyField(required=False)
    stock_quantity = CountField(max_value=MOST_COPIES, required=False)
    is_active = StrictBooleanField(required=False)


class GenreInputSerializer(serializers.Serializer):
    name = TextField(max_length=200)
    parent_id = IdField(required=False, allow_null=True)


class SellerInputSerializer(serializers.Serializer):
    name = TextField(max_length=200)
    members = IdsField(required=False, max_length=MOST_MEMBERS, help_text="Ids of users.")
