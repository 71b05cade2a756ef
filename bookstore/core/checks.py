"""What `manage.py check --deploy` says of the settings, beside Django's own checks."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Info, Tags, register


@register(Tags.security, deploy=True)
def mail_server_is_known(**kwargs: Any) -> list[CheckMessage]:
    """Say that no mail will leave the shop. It opens without, so this is no warning that would stop a deployment."""
    if settings.EMAIL_URL or settings.OUTBOX:
        return []
    return [
        Info(
            "The shop knows no mail server: nobody can confirm an e-mail or choose a new password.",
            hint="Set EMAIL_URL, as in smtp+tls://user:password@host:587.",
            id="bookstore.I001",
        )
    ]
