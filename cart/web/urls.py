from django.urls import path

from cart.web import views

app_name = "cart"
urlpatterns = [
    path("", views.cart, name="cart"),
    path("add/", views.add, name="add"),
    path("items/<int:pk>/", views.change, name="change"),
    path("items/<int:pk>/remove/", views.remove, name="remove"),
    path("undo-merge/", views.undo_merge, name="undo_merge"),
]
