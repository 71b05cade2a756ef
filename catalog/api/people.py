"""Genres, authors and sellers, for clients."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from bookstore.core.api import PublicRead
from bookstore.core.idempotency import idempotent
from bookstore.core.openapi import PAGING, listed
from bookstore.core.pagination import Sort, body, paginate
from bookstore.core.permissions import IsStaffOrReadOnly
from catalog import services
from catalog.api.serializers import (
    GenreInputSerializer,
    GenreSerializer,
    NamedSerializer,
    SellerInputSerializer,
    SellerSerializer,
)
from catalog.exceptions import AuthorNotFound, GenreNotFound, SellerNotFound
from catalog.models import Contributor, Genre, Seller
from catalog.text import sort_key

PART_OF_NAME = OpenApiParameter("name", str, description="Part of the name; case and accents do not matter.")


class GenreViewSet(PublicRead, viewsets.ViewSet):
    """The tree of genres, as rows that name their parent."""

    permission_classes = [IsStaffOrReadOnly]
    rights = {
        "create": "catalog.add_genre",
        "partial_update": "catalog.change_genre",
        "destroy": "catalog.delete_genre",
    }
    lookup_value_regex = r"\d{1,18}"

    @extend_schema(parameters=PAGING, responses=listed(GenreSerializer))
    def list(self, request: Request) -> Response:
        page = paginate(Genre.objects.all(), request.query_params, sort=Sort("name"))
        return Response(body(page, [genre_body(genre) for genre in page.items]))

    @extend_schema(responses=GenreSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        genre = Genre.objects.filter(pk=pk).first()
        if genre is None:
            raise GenreNotFound
        return Response(genre_body(genre))

    @extend_schema(request=GenreInputSerializer, responses={201: GenreSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        given = GenreInputSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        genre = services.create_genre(**given.validated_data, actor=request.user)
        return Response(genre_body(genre), status=status.HTTP_201_CREATED)

    @extend_schema(request=GenreInputSerializer(partial=True), responses=GenreSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        given = GenreInputSerializer(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        moves = "parent_id" in given.validated_data
        genre = services.change_genre(int(pk), **given.validated_data, move=moves, actor=request.user)
        return Response(genre_body(genre))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        services.delete_genre(int(pk), actor=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class AuthorViewSet(PublicRead, viewsets.ViewSet):
    """Everyone who contributed to a book."""

    permission_classes = [IsStaffOrReadOnly]
    lookup_value_regex = r"\d{1,18}"

    @extend_schema(parameters=[*PAGING, PART_OF_NAME], responses=listed(NamedSerializer))
    def list(self, request: Request) -> Response:
        authors = Contributor.objects.all()
        if part := request.query_params.get("name"):
            authors = authors.filter(sort_name__contains=sort_key(part))
        page = paginate(authors, request.query_params, sort=Sort("sort_name"))
        return Response(body(page, [named_body(author) for author in page.items]))

    @extend_schema(responses=NamedSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        author = Contributor.objects.filter(pk=pk).first()
        if author is None:
            raise AuthorNotFound
        return Response(named_body(author))


class SellerViewSet(PublicRead, viewsets.ViewSet):
    """Who offers books; staff also see and set who their members are."""

    permission_classes = [IsStaffOrReadOnly]
    rights = {"create": "catalog.add_seller", "partial_update": "catalog.change_seller"}
    lookup_value_regex = r"\d{1,18}"

    @extend_schema(parameters=PAGING, responses=listed(SellerSerializer))
    def list(self, request: Request) -> Response:
        page = paginate(Seller.objects.prefetch_related("members"), request.query_params, sort=Sort("name"))
        return Response(body(page, [seller_body(seller, request) for seller in page.items]))

    @extend_schema(responses=SellerSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        seller = Seller.objects.filter(pk=pk).first()
        if seller is None:
            raise SellerNotFound
        return Response(seller_body(seller, request))

    @extend_schema(request=SellerInputSerializer, responses={201: SellerSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        given = SellerInputSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        seller = services.create_seller(**given.validated_data, actor=request.user)
        return Response(seller_body(seller, request), status=status.HTTP_201_CREATED)

    @extend_schema(request=SellerInputSerializer(partial=True), responses=SellerSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        given = SellerInputSerializer(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        seller = services.change_seller(int(pk), **given.validated_data, actor=request.user)
        return Response(seller_body(seller, request))


def named_body(row: Contributor | Genre | Seller) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name, "slug": row.slug}


def genre_body(genre: Genre) -> dict[str, Any]:
    return named_body(genre) | {"parent_id": genre.parent_id}


def seller_body(seller: Seller, request: Request) -> dict[str, Any]:
    shown = named_body(seller)
    if request.user.is_staff and request.user.has_perm("catalog.view_seller"):
        shown["members"] = sorted(member.pk for member in seller.members.all())
    return shown
