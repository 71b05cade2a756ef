from django.urls import path
from django.views.decorators.cache import never_cache

from wishlist.web import views

app_name = "wishlist"
urlpatterns = [
    path("", never_cache(views.wishlist), name="list"),
    path("books/<int:book_id>/", views.heart, name="heart"),
    path("books/<int:book_id>/remove/", views.remove, name="remove"),
    path("put-back/", views.put_back, name="put_back"),
    path("share/", views.share, name="share"),
    path("unshare/", views.unshare, name="unshare"),
    path("shared/<str:token>/", never_cache(views.shared), name="shared"),
]
