from django.urls import path

from prebooking.web import views

app_name = "prebooking"
urlpatterns = [
    path("", views.prebooks, name="prebooks"),
    path("new/<int:book_id>/", views.new, name="new"),
    path("<int:pk>/cancel/", views.cancel, name="cancel"),
]
