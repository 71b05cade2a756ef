from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from bookstore.web.models import ShopPage


def store(request: HttpRequest) -> dict[str, Any]:
    """What every page may say of the shop."""
    return {
        "STORE_NAME": settings.STORE_NAME,
        "STORE_CURRENCY": settings.STORE_CURRENCY,
        "shop_pages": SimpleLazyObject(lambda: list(ShopPage.objects.shown().defer("text"))),
    }
