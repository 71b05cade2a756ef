"""The caller's wishlist."""

from http import HTTPStatus
from typing import Any

from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.utils import extend_schema
from rest_framework import status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from bookstore.core.idempotency import idempotent
from bookstore.core.openapi import PAGING, listed
from bookstore.core.pagination import Sort, body, paginate
from wishlist import services
from wishlist.api.serializers import WishInputSerializer, WishSerializer, wish_body
from wishlist.models import Wish


@method_decorator(cache_control(private=True, no_store=True), name="dispatch")
class WishViewSet(viewsets.ViewSet):
    """Books that the caller would like to have."""

    refuses = {HTTPStatus.NOT_FOUND}
    lookup_field = "book_id"
    lookup_value_regex = r"\d{1,18}"

    @extend_schema(parameters=PAGING, responses=listed(WishSerializer))
    def list(self, request: Request) -> Response:
        """List wishes, newest first; a book that is no longer in the catalogue stays, out of stock."""
        wishes = Wish.objects.of(request.user).with_terms()
        page = paginate(wishes, request.query_params, sort=Sort("added_at", descending=True))
        return Response(body(page, [wish_body(wish, request) for wish in page.items]))

    @extend_schema(request=WishInputSerializer, responses={201: WishSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Put a book on the wishlist."""
        given = WishInputSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wish: Any = services.add_wish(request.user, **given.validated_data)
        shown = Wish.objects.with_terms().get(pk=wish.pk)
        return Response(wish_body(shown, request), status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, book_id: str) -> Response:
        """Take a book off the wishlist."""
        services.remove_wish(request.user, int(book_id))
        return Response(status=status.HTTP_204_NO_CONTENT)
