from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    name = "bookstore.staff"
    label = "staff"
    verbose_name = _("Staff")

    def ready(self) -> None:
        from bookstore.staff.roles import give_roles

        # Each app's permissions are made after its migrations: those of all are there after the last one's.
        *_others, last = (app for app in apps.get_app_configs() if app.models_module)
        post_migrate.connect(give_roles, sender=last, dispatch_uid="give_roles")
