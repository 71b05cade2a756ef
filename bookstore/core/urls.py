from csp.decorators import csp_update
from django.urls import path

from bookstore.core import docs, health

app_name = "core"

# Both pages write their styles as they run; Redoc searches in a worker that it makes itself.
swagger = csp_update({"style-src": ["'unsafe-inline'"]})(docs.SwaggerView.as_view())
redoc = csp_update({"style-src": ["'unsafe-inline'"], "worker-src": ["blob:"]})(docs.RedocView.as_view())

urlpatterns = [
    path("health", health.health, name="health"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics_page, name="metrics"),
    path("api/schema", docs.SchemaView.as_view(), name="schema"),
    path("api/docs", swagger, name="docs"),
    path("api/redoc", redoc, name="redoc"),
    path("api/redoc.js", docs.redoc_script_view, name="redoc_script"),
]
