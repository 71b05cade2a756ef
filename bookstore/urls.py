"""Where everything is: service and docs, pages, the API, the admin."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

api = [
    path("", include("cart.api.urls")),
    path("", include("orders.api.urls")),
    path("", include("catalog.api.urls")),
    path("", include("wishlist.api.urls")),
    path("", include("prebooking.api.urls")),
    path("", include("accounts.api.urls")),
]
urlpatterns = [
    path("api/v1/", include(api)),  # first, as each pattern before one that fits costs its time
    path("", include("bookstore.core.urls")),
    path("", include("bookstore.web.urls")),
    path("", include("catalog.web.urls")),
    path("accounts/", include("accounts.web.urls")),
    path("notifications/", include("accounts.web.notification_urls")),
    path("cart/", include("cart.web.urls")),
    path("wishlist/", include("wishlist.web.urls")),
    path("prebooks/", include("prebooking.web.urls")),
    path("", include("orders.web.urls")),
    # The theme's search, which is not shown: it fails on a page that is no number.
    path("admin/search/", RedirectView.as_view(pattern_name="admin:index")),
    # Django's would not end the sessions of the API, nor send a notice.
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    # Short enough to type at the delivery desk.
    path("admin/receiving/", RedirectView.as_view(pattern_name="admin:catalog_delivery_add")),
    path("admin/", include("bookstore.staff.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "bookstore.core.problems.bad_request"
handler403 = "bookstore.core.problems.forbidden"
handler404 = "bookstore.core.problems.not_found"
handler500 = "bookstore.core.problems.server_error"
