from rest_framework.routers import SimpleRouter

from wishlist.api.views import WishViewSet

app_name = "wishlist_api"

router = SimpleRouter(trailing_slash=False)
router.register("wishlist", WishViewSet, "wish")

urlpatterns = router.urls
