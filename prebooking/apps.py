from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PrebookingConfig(AppConfig):
    name = "prebooking"
    verbose_name = _("Prebooking")
