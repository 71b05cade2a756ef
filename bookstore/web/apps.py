from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebConfig(AppConfig):
    name = "bookstore.web"
    label = "web"
    verbose_name = _("Shop window")

    def ready(self) -> None:
        from bookstore.web import receivers  # noqa: F401 - they register themselves
