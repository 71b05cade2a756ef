from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PrebookingConfig(AppConfig):
    name = "prebooking"
    verbose_name = _("Prebooking")

    def ready(self) -> None:
        from prebooking import receivers  # noqa: F401 - they register themselves
