from django.urls import path

from catalog.web import seen, views

app_name = "catalog"
urlpatterns = [
    path("books/", views.books, name="books"),
    path("books/facets/", views.facets, name="facets"),
    path("books/seen/", seen.seen, name="seen"),
    path("books/<int:pk>/<str:slug>/", views.book, name="book"),
    path("authors/<int:pk>/<str:slug>/", views.author, name="author"),
    path("genres/", views.genres, name="genres"),
    path("genres/<str:slug>/", views.genre, name="genre"),
    path("sellers/<str:slug>/", views.seller, name="seller"),
    path("covers/<int:pk>-<str:version>.svg", views.cover, name="cover"),
]
