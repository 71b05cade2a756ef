"""What accounts do when somebody signs in or up, on pages or the API."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.models import User
from accounts.services.languages import choose_language
from bookstore.core.languages import asked_for_by, chosen_in


@receiver(user_logged_in)
def bring_language(request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    """
    Let browser and account agree: what was chosen in this browser counts, else what the account remembers.

    Where neither says anything, the account remembers what the browser or program asked for.
    """
    if request is None:
        return
    if chosen := chosen_in(request):
        choose_language(user, chosen)
    elif user.language:
        request.language_to_keep = user.language  # type: ignore[attr-defined]  # for SpeakLanguage
    elif asked := asked_for_by(request):
        choose_language(user, asked)
