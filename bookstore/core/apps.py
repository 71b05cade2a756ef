from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "bookstore.core"
    verbose_name = _("Machinery")
    label = "core"

    def ready(self) -> None:
        from bookstore.core import checks  # noqa: F401 - registers them
