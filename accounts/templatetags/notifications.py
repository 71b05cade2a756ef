"""The bell in the header, and how long ago something was said."""

from typing import Any

from django import template
from django.contrib.humanize.templatetags.humanize import naturaltime

from accounts import services
from accounts.bell import sign_user
from accounts.models import User

register = template.Library()
register.filter("naturaltime", naturaltime)


@register.inclusion_tag("accounts/notifications_bell.html", takes_context=True)
def bell(context: Any, user: User) -> dict[str, Any]:
    """Show the way to the notices, with the number of the unread; the page asks for a newer one now and then."""
    match = getattr(context.get("request"), "resolver_match", None)
    return {
        "unread": services.count_unread(user.pk),
        "signed": sign_user(user.pk),
        "is_here": bool(match and match.view_name == "notifications:list"),
    }
