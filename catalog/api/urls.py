from django.urls import path
from rest_framework.routers import SimpleRouter

from catalog.api.books import BookOfferViewSet, BookViewSet, OfferViewSet
from catalog.api.inventory import LowStockView
from catalog.api.people import AuthorViewSet, GenreViewSet, SellerViewSet
from catalog.api.search import FacetsView, SuggestView

app_name = "catalog_api"

router = SimpleRouter(trailing_slash=False)
router.register("books", BookViewSet, "book")
router.register(r"books/(?P<book_pk>\d{1,18})/offers", BookOfferViewSet, "book-offer")
router.register("offers", OfferViewSet, "offer")
router.register("genres", GenreViewSet, "genre")
router.register("authors", AuthorViewSet, "author")
router.register("sellers", SellerViewSet, "seller")

urlpatterns = [
    path("books/suggest", SuggestView.as_view(), name="suggest"),
    path("books/facets", FacetsView.as_view(), name="facets"),
    path("admin/inventory/low-stock", LowStockView.as_view(), name="low-stock"),
    *router.urls,
]
