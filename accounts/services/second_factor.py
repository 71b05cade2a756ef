"""The code that some accounts ask for beside the password; each is taken once, whichever process it comes to."""

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from django.db import transaction

from accounts.exceptions import WrongCode
from accounts.models import User

LAST_COUNTER = "last_counter"


def has_second_factor(user: User) -> bool:
    """Tell whether signing in to this account takes a code as well."""
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()


@transaction.atomic
def spend_code(user: User, code: str) -> Authenticator:
    """
    Take a code of the user's authenticator app, or a recovery code, and never again.

    Locks: the user's authenticators. Raises: WrongCode.
    """
    mine = Authenticator.objects.select_for_update(no_key=True).filter(user=user).order_by("pk")
    by_type = {authenticator.type: authenticator for authenticator in mine}
    app = by_type.get(Authenticator.Type.TOTP)
    if app is None:
        raise WrongCode
    recovery = by_type.get(Authenticator.Type.RECOVERY_CODES)
    if _spend_of_app(app, code):
        used = app
    elif recovery and recovery.wrap().validate_code(code):
        used = recovery
    else:
        raise WrongCode
    used.record_usage()
    return used


def _spend_of_app(app: Authenticator, code: str) -> bool:
    # Source: RFC 6238, section 5.2: a code that was taken must not be taken again, nor one from before it.
    secret = decrypt(app.data["secret"])
    for counter in yield_hotp_counters_from_time():
        is_it = compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, counter)))
        if is_it and counter > app.data.get(LAST_COUNTER, 0):
            app.data[LAST_COUNTER] = counter
            app.save(update_fields=["data"])
            return True
    return False
