"""The language that the shop writes to somebody in, when nobody is there to ask."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from bookstore.core.errors import Invalid


def choose_language(user: User, language: str) -> None:
    """Note in which language the user is written to. Raises: Invalid for one that the shop does not speak."""
    check_language(language)
    if user.language != language:
        user.language = language
        user.save(update_fields=["language"])


def check_language(language: str) -> None:
    """Raise Invalid for a language that the shop does not speak."""
    if language not in dict(settings.LANGUAGES):
        raise Invalid(fields={"language": _("The shop does not speak this language.")})
