from django.urls import path, re_path

from cart.api import partner
from cart.api.views import CartItemsView, CartItemView, CartView

app_name = "cart_api"

ID = r"\d{1,18}"
urlpatterns = [
    path("cart", CartView.as_view(), name="cart"),
    path("cart/items", CartItemsView.as_view(), name="items"),
    re_path(rf"^cart/items/(?P<pk>{ID})$", CartItemView.as_view(), name="item"),
    path("cart/active", partner.ActiveCartView.as_view(), name="active"),
    path("cart/upsert", partner.UpsertView.as_view(), name="upsert"),
    path("cart/add-item", partner.AddItemView.as_view(), name="add-item"),
    re_path(rf"^cart/(?P<cart_id>{ID})$", partner.OneCartView.as_view(), name="one"),
    re_path(rf"^cart/(?P<cart_id>{ID})/item$", partner.LineView.as_view(), name="line"),
    re_path(rf"^cart/(?P<cart_id>{ID})/item/(?P<product_id>{ID})$", partner.RemoveView.as_view(), name="remove"),
    re_path(
        rf"^cart/(?P<cart_id>{ID})/item/(?P<product_id>{ID})/quantity$", partner.QuantityView.as_view(), name="quantity"
    ),
    re_path(rf"^cart/(?P<cart_id>{ID})/status$", partner.StatusView.as_view(), name="status"),
    path("carts/by-user", partner.ByUserView.as_view(), name="by-user"),
    path("carts/by-ids", partner.ByIdsView.as_view(), name="by-ids"),
]
