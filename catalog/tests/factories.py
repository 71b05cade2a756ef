from decimal import Decimal
from typing import Any

import factory

from catalog import services
from catalog.models import Book, Contributor, Format, Genre, Offer, Role, Seller, Series

# Names made by number have six digits, so that they sort as they were made, however many there were before.


class SellerFactory(factory.django.DjangoModelFactory[Seller]):
    class Meta:
        model = Seller

    name = factory.Sequence(lambda n: f"Seller {n:06}")


class GenreFactory(factory.django.DjangoModelFactory[Genre]):
    class Meta:
        model = Genre

    name = factory.Sequence(lambda n: f"Genre {n:06}")


class SeriesFactory(factory.django.DjangoModelFactory[Series]):
    class Meta:
        model = Series

    name = factory.Sequence(lambda n: f"Series {n:06}")


class ContributorFactory(factory.django.DjangoModelFactory[Contributor]):
    class Meta:
        model = Contributor

    name = factory.Sequence(lambda n: f"Author {n:06}")


class BookFactory(factory.django.DjangoModelFactory[Book]):
    """A book without offers; `authors` are names."""

    class Meta:
        model = Book
        skip_postgeneration_save = True

    title = factory.Sequence(lambda n: f"Book {n:06}")
    format = Format.PAPERBACK
    language = "en"

    @factory.post_generation
    def authors(self: Any, create: bool, names: list[str] | None, **kwargs: Any) -> None:
        services.credit(self, Role.AUTHOR, names or ["Ada Reader"])


class OfferFactory(factory.Factory[Offer]):
    """An offer made through the service, so that its book's price and stock are right."""

    class Meta:
        model = Offer

    book = factory.SubFactory(BookFactory)
    seller = factory.SubFactory(SellerFactory)
    price = Decimal("10.00")
    stock_quantity = 3
    is_active = True

    @classmethod
    def _create(cls, model_class: type[Offer], *args: Any, **kwargs: Any) -> Offer:
        book, seller = kwargs.pop("book"), kwargs.pop("seller")
        offer = services.create_offer(book.pk, seller.pk, **kwargs)
        book.refresh_from_db()
        offer.book, offer.seller = book, seller
        return offer
