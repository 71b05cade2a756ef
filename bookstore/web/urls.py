from django.urls import path

from bookstore.web import views

app_name = "web"
urlpatterns = [
    path("", views.home, name="home"),
    path("robots.txt", views.robots, name="robots"),
    path("media/<path:path>", views.media, name="media"),
]
