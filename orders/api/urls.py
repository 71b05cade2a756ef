from django.urls import path, re_path
from rest_framework.routers import SimpleRouter

from orders.api.sales import SalesSummaryView, TopBooksView
from orders.api.staff import StaffOrderViewSet
from orders.api.views import CheckoutView, OrderByKeyView, OrderViewSet

app_name = "orders_api"

router = SimpleRouter(trailing_slash=False)
router.register("orders", OrderViewSet, "order")
router.register("admin/orders", StaffOrderViewSet, "staff-order")

urlpatterns = [
    path("orders/checkout", CheckoutView.as_view(), name="checkout"),
    re_path(r"^orders/by-key/(?P<key>.+)$", OrderByKeyView.as_view(), name="by-key"),
    path("admin/sales/summary", SalesSummaryView.as_view(), name="sales-summary"),
    path("admin/sales/top-books", TopBooksView.as_view(), name="top-books"),
    *router.urls,
]
