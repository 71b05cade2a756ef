from rest_framework.routers import SimpleRouter

from prebooking.api.views import DemandViewSet, PrebookViewSet

app_name = "prebooking_api"

router = SimpleRouter(trailing_slash=False)
router.register("prebooks", PrebookViewSet, "prebook")
router.register("admin/prebooks/demand", DemandViewSet, "demand")

urlpatterns = router.urls
