"""Books and their offers, for clients."""

from datetime import date
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bookstore.core.api import PublicRead
from bookstore.core.errors import Invalid
from bookstore.core.idempotency import idempotent
from bookstore.core.openapi import PAGING
from bookstore.core.pagination import body
from bookstore.core.permissions import IsStaff, IsStaffOrReadOnly
from catalog import services
from catalog.api.permissions import ManagesOffers
from catalog.api.rows import book_bodies, book_in_full, managed_offer_body, matched_body
from catalog.api.serializers import (
    BookDetailSerializer,
    BookInputSerializer,
    BookListSerializer,
    ManagedOfferSerializer,
    OfferInputSerializer,
    OfferListSerializer,
    OfferPatchSerializer,
    StockInputSerializer,
)
from catalog.exceptions import BookNotFound, OfferNotFound, SellerNotFound
from catalog.filters import SORT_CHOICES, BookFilter
from catalog.lists import list_books
from catalog.models import Book, Format, Offer, Seller
from catalog.services.ledger import HIGHEST_PRICE

PRICE_SCHEMA = {"type": "number", "minimum": 0, "maximum": float(HIGHEST_PRICE)}
FILTERS = [
    OpenApiParameter("genre", str, description="Id or slug; the genres below it count too."),
    OpenApiParameter("author", str, description="Part of the byline; case and accents do not matter."),
    OpenApiParameter("seller", str, description="Id or slug; price, stock and order are then this seller's."),
    OpenApiParameter("min_price", PRICE_SCHEMA),
    OpenApiParameter("max_price", PRICE_SCHEMA),
    OpenApiParameter("in_stock", bool),
    OpenApiParameter("format", str, enum=Format.values),
    OpenApiParameter("language", str, description="BCP 47; `en` finds `en-US`."),
    OpenApiParameter("published_after", date, description="Inclusive."),
    OpenApiParameter("published_before", date, description="Inclusive."),
    OpenApiParameter("q", str, description="Words of title, subtitle, series, author, genre or publisher; or an ISBN."),
    OpenApiParameter("literal", bool, description="With `q`: do not correct its spelling."),
    OpenApiParameter(
        "sort",
        str,
        enum=[name for name, _label in SORT_CHOICES],
        description="`relevance` is the default with `q`, else `title`.",
    ),
]


class BookViewSet(PublicRead, viewsets.ViewSet):
    """Everyone reads; staff write."""

    permission_classes = [IsStaffOrReadOnly]
    rights = {
        "create": "catalog.add_book",
        "update": "catalog.change_book",
        "partial_update": "catalog.change_book",
        "destroy": "catalog.change_book",
        "stock": "catalog.change_offer",
    }
    lookup_value_regex = r"\d{1,18}"

    @extend_schema(parameters=[*PAGING, *FILTERS], responses=BookListSerializer)
    def list(self, request: Request) -> Response:
        chosen = BookFilter(request.query_params, only_given=True)
        if chosen.errors:
            raise Invalid(fields={name: texts[0] for name, texts in chosen.errors.items()})
        found = list_books(chosen, request.query_params, ids_only=True)
        items = book_bodies(found.page.items, request, chosen.form.cleaned_data.get("seller"))
        return Response(body(found.page, items) | {"matched": matched_body(found.matched)})

    @extend_schema(responses=BookDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(self.shown(int(pk), request))

    @extend_schema(request=BookInputSerializer, responses={201: BookDetailSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        given = BookInputSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        self.refuse_terms(request, given.validated_data, "catalog.add_offer")
        book = services.create_book(**given.for_service(), actor=request.user)
        return Response(self.shown(book.pk, request), status=status.HTTP_201_CREATED)

    @extend_schema(request=BookInputSerializer, responses=BookDetailSerializer)
    def update(self, request: Request, pk: str, partial: bool = False) -> Response:
        given = BookInputSerializer(data=request.data, partial=partial)
        given.is_valid(raise_exception=True)
        self.refuse_terms(request, given.validated_data, "catalog.change_offer")
        book = services.update_book(int(pk), **given.for_service(), actor=request.user)
        return Response(self.shown(book.pk, request))

    @extend_schema(request=BookInputSerializer(partial=True), responses=BookDetailSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        return self.update(request, pk, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        services.archive_book(int(pk), actor=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=StockInputSerializer, responses=BookDetailSerializer)
    @action(detail=True, methods=["patch"], permission_classes=[IsStaff])
    def stock(self, request: Request, pk: str) -> Response:
        given = StockInputSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        if not Book.objects.public().filter(pk=pk).exists():
            raise BookNotFound
        seller_id = given.validated_data.get("seller_id") or services.store_seller().pk
        offer = Offer.objects.standing().filter(book=pk, seller=seller_id).first()
        if offer is None:
            raise OfferNotFound
        services.set_stock(offer.pk, given.validated_data["quantity"], actor=request.user)
        return Response(self.shown(int(pk), request))

    def refuse_terms(self, request: Request, given: dict[str, Any], right: str) -> None:
        """Refuse price and stock to those who may change books, but no offers."""
        if given.keys() & {"price", "stock_quantity"} and not request.user.has_perm(right):
            self.permission_denied(request)

    def shown(self, pk: int, request: Request) -> dict[str, Any]:
        shown = book_in_full(pk, request)
        if shown is None:
            raise BookNotFound
        return shown


class BookOfferViewSet(viewsets.ViewSet):
    """The offers of one book that the caller manages, inactive ones too."""

    permission_classes = [ManagesOffers]

    @extend_schema(responses=OfferListSerializer)
    def list(self, request: Request, book_pk: str) -> Response:
        if not Book.objects.public().filter(pk=book_pk).exists():
            raise BookNotFound
        offers = Offer.objects.standing().managed_by(request.user).filter(book=book_pk)
        offers = offers.best_first().select_related("seller")
        return Response({"items": [managed_offer_body(offer) for offer in offers]})

    @extend_schema(request=OfferInputSerializer, responses={201: ManagedOfferSerializer})
    @idempotent
    def create(self, request: Request, book_pk: str) -> Response:
        given = OfferInputSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        if not Seller.objects.managed_by(request.user).filter(pk=given.validated_data["seller_id"]).exists():
            raise SellerNotFound
        offer = services.create_offer(int(book_pk), **given.validated_data, actor=request.user)
        return Response(managed_offer_body(offer), status=status.HTTP_201_CREATED)


class OfferViewSet(viewsets.ViewSet):
    """One offer that the caller manages."""

    permission_classes = [ManagesOffers]
    lookup_value_regex = r"\d{1,18}"

    @extend_schema(request=OfferPatchSerializer, responses=ManagedOfferSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        self.refuse_stranger(request, pk)
        given = OfferPatchSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(managed_offer_body(services.change_offer(int(pk), **given.validated_data, actor=request.user)))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        self.refuse_stranger(request, pk)
        services.withdraw_offer(int(pk), actor=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def refuse_stranger(self, request: Request, pk: str) -> None:
        if not Offer.objects.standing().managed_by(request.user).filter(pk=pk).exists():
            raise OfferNotFound
