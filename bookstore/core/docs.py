"""Where the OpenAPI document is read: by programs, and by people in Swagger UI and Redoc."""

from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.utils.translation import override
from django.views.decorators.cache import cache_control
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from bookstore.core.api import PublicRead


@cache
def document(urlconf: str) -> dict[str, Any]:
    """Return the OpenAPI document; it is the same for everybody, in English, and costs a second to make."""
    with override(settings.LANGUAGE_CODE):
        return SchemaGenerator(urlconf=urlconf).get_schema(request=None, public=True)


def kept(renderer: Any) -> Any:
    """Return a renderer that writes the document once, as that takes it as long as twenty pages."""

    @cache
    def written(urlconf: str) -> bytes:
        return renderer().render(document(urlconf), renderer_context={})

    class Kept(renderer):
        def render(self, data: Any, media_type: str | None = None, renderer_context: Any = None) -> bytes:
            return written(settings.ROOT_URLCONF)

    return Kept


class SchemaView(PublicRead):
    """The OpenAPI document, as JSON or YAML."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    renderer_classes = [
        kept(OpenApiJsonRenderer2),
        kept(OpenApiJsonRenderer),
        kept(OpenApiYamlRenderer),
        kept(OpenApiYamlRenderer2),
    ]

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        return Response(document(settings.ROOT_URLCONF))


class SwaggerView(SpectacularSwaggerSplitView):
    authentication_classes: list[Any] = []
    url_name = "core:schema"
    template_name = "core/swagger.html"


class RedocView(SpectacularRedocView):
    authentication_classes: list[Any] = []
    url_name = "core:schema"
    template_name = "core/redoc.html"


@cache
def redoc_script() -> bytes:
    """Return Redoc without the picture that it would fetch from its maker's server."""
    path = finders.find("drf_spectacular_sidecar/redoc/bundles/redoc.standalone.js")
    return Path(path or "").read_bytes().replace(b"https://cdn.redoc.ly/redoc/logo-mini.svg", b"data:,")


@cache_control(public=True, max_age=3600)
def redoc_script_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse(redoc_script(), content_type="text/javascript")
