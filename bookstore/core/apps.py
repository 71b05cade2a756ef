from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "bookstore.core"
    label = "core"

    def ready(self) -> None:
        from bookstore.core import checks  # noqa: F401 - registers them
