"""What helps to find a book, for clients: suggestions while typing, counts beside filters."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from bookstore.core.api import PublicRead
from bookstore.core.errors import Invalid
from catalog.api.books import FILTERS
from catalog.api.serializers import FacetsSerializer, QuestionSerializer, SuggestionListSerializer
from catalog.filters import BookFilter
from catalog.search.facets import Band, count_facets
from catalog.search.suggesting import suggest


class SuggestView(PublicRead):
    """What somebody who is still typing may want."""

    permission_classes = [AllowAny]

    @extend_schema(parameters=[QuestionSerializer], responses=SuggestionListSerializer)
    def get(self, request: Request) -> Response:
        given = QuestionSerializer(data=request.query_params)
        given.is_valid(raise_exception=True)
        return Response({"items": [asdict(one) for one in suggest(given.validated_data["q"])]})


class FacetsView(PublicRead):
    """How many books each further choice would leave."""

    permission_classes = [AllowAny]

    @extend_schema(
        parameters=[parameter for parameter in FILTERS if parameter.name != "sort"], responses=FacetsSerializer
    )
    def get(self, request: Request) -> Response:
        chosen = BookFilter(request.query_params)
        if chosen.errors:
            raise Invalid(fields={name: texts[0] for name, texts in chosen.errors.items()})
        facets = count_facets(chosen)
        bands = [band_body(band) for band in facets.price_bands]
        return Response(asdict(facets) | {"price_bands": bands})


def band_body(band: Band) -> dict[str, Any]:
    ends = {"min": band.min, "max": band.max}
    return {name: None if end is None else f"{end:.2f}" for name, end in ends.items()} | {"count": band.count}
