from django.urls import path

from bookstore.web import moving, outbox, views

app_name = "web"
urlpatterns = [
    path("", views.home, name="home"),
    path("robots.txt", views.robots, name="robots"),
    path("media/<path:path>", views.media, name="media"),
    path("wishlist/books/<int:book_id>/move/", moving.move_to_cart, name="move_to_cart"),
    path("outbox/", outbox.outbox, name="outbox"),
    path("outbox/<int:pk>/", outbox.mail, name="mail"),
]
