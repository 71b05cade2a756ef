"""Where everything is: service and docs, pages, the API, the admin."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", include("bookstore.core.urls")),
    path("", include("bookstore.web.urls")),
    path("", include("catalog.web.urls")),
    path("accounts/", include("accounts.web.urls")),
    path("api/v1/", include("catalog.api.urls")),
    # The theme's search, which is not shown: it fails on a page that is no number.
    path("admin/search/", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
]

handler400 = "bookstore.core.problems.bad_request"
handler403 = "bookstore.core.problems.forbidden"
handler404 = "bookstore.core.problems.not_found"
handler500 = "bookstore.core.problems.server_error"
