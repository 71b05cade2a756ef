from http import HTTPStatus

from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from bookstore.core.api import private
from bookstore.core.idempotency import idempotent
from bookstore.core.openapi import PAGING, listed
from bookstore.core.pagination import Sort, body, paginate
from bookstore.core.permissions import IsStaff
from prebooking import services
from prebooking.api.serializers import (
    DemandSerializer,
    NewPrebookSerializer,
    PrebookSerializer,
    demand_body,
    prebook_body,
)
from prebooking.models import BookInDemand, Prebook


@private
class PrebookViewSet(viewsets.ViewSet):
    permission_classes = [IsAuthenticated]
    lookup_value_regex = r"\d{1,18}"
    refuses = {HTTPStatus.NOT_FOUND}  # by creating, too

    @extend_schema(parameters=PAGING, responses=listed(PrebookSerializer))
    def list(self, request: Request) -> Response:
        """All the caller's prebooks, whatever became of them, newest first."""
        prebooks = Prebook.objects.of(request.user).with_position().select_related("book")
        page = paginate(prebooks, request.query_params, sort=Sort("created_at", descending=True))
        return Response(body(page, [prebook_body(prebook) for prebook in page.items]))

    @extend_schema(request=NewPrebookSerializer, responses={201: PrebookSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Be told when a book comes back of which no seller has a copy."""
        given = NewPrebookSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        prebook = services.create_prebook(request.user, **given.validated_data)
        shown = Prebook.objects.with_position().select_related("book").get(pk=prebook.pk)
        return Response(prebook_body(shown), status=HTTPStatus.CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Wait no longer; the book may be prebooked anew."""
        services.cancel_prebook(request.user, int(pk))
        return Response(status=HTTPStatus.NO_CONTENT)


@private
class DemandViewSet(viewsets.ViewSet):
    permission_classes = [IsStaff]
    rights = {"list": "prebooking.view_bookindemand"}

    @extend_schema(parameters=[each for each in PAGING if each.name != "cursor"], responses=listed(DemandSerializer))
    def list(self, request: Request) -> Response:
        """How much each book is wanted that somebody prebooked, most waited for first."""
        page = paginate(BookInDemand.objects.wanted().defer("description"), request.query_params, sort=None)
        return Response(body(page, [demand_body(book) for book in page.items]))
