from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "bookstore.web"
    label = "web"
