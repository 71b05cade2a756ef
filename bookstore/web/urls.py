from django.urls import path

from bookstore.web import home, moving, outbox, views
from bookstore.web.seo import feeds, sitemaps
from bookstore.web.seo import views as seo

app_name = "web"
urlpatterns = [
    path("", home.home, name="home"),
    path("pages/<str:slug>/", views.page, name="page"),
    path("robots.txt", seo.robots, name="robots"),
    path("favicon.ico", seo.favicon, name="favicon"),
    path("manifest.webmanifest", seo.manifest, name="manifest"),
    # At the root, as a sitemap speaks only of what is below its own folder.
    path("sitemap.xml", sitemaps.sitemap, name="sitemap"),
    path("sitemap-shop.xml", sitemaps.sitemap_alone, name="sitemap_alone"),
    path("sitemap-<str:kind>-<int:number>.xml", sitemaps.sitemap_part, name="sitemap_part"),
    path("books/new.atom", feeds.new_books, name="new_books"),
    path("genres/<str:slug>/new.atom", feeds.new_in_genre, name="new_in_genre"),
    path("media/<path:path>", views.media, name="media"),
    path("wishlist/books/<int:book_id>/move/", moving.move_to_cart, name="move_to_cart"),
    path("outbox/", outbox.outbox, name="outbox"),
    path("outbox/<int:pk>/", outbox.mail, name="mail"),
]
