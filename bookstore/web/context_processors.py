from typing import Any

from django.conf import settings
from django.http import HttpRequest


def store(request: HttpRequest) -> dict[str, Any]:
    """What every page may say of the shop."""
    return {"STORE_NAME": settings.STORE_NAME, "STORE_CURRENCY": settings.STORE_CURRENCY}
