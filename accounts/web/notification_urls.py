from django.urls import path
from django.views.decorators.cache import never_cache

from accounts.web import notifications as views

app_name = "notifications"
urlpatterns = [
    path("", never_cache(views.notifications), name="list"),
    path("<int:pk>/", never_cache(views.follow), name="follow"),
    path("read-all/", views.read_all, name="read_all"),
    path("preferences/", never_cache(views.preferences), name="preferences"),
    path("unread/", views.unread, name="unread"),
    path("unsubscribe/<str:token>/", never_cache(views.unsubscribe), name="unsubscribe"),
]
