"""What accounts may refuse, and why."""

from http import HTTPStatus

from django.utils.translation import gettext_lazy as _

from bookstore.core.errors import Busy, Conflict, DomainError, Invalid, NotFound


class Unauthenticated(DomainError):
    """The caller has not proven who they are."""

    status = HTTPStatus.UNAUTHORIZED
    code = "AUTH_REQUIRED"
    message = _("Please sign in.")


class InvalidCredentials(Unauthenticated):
    """Wrong password, unknown e-mail, deactivated account: nobody learns which."""

    code = "AUTH_INVALID_CREDENTIALS"
    message = _("E-mail or password is not right.")


class WrongCode(Unauthenticated):
    """Neither the code of the moment nor an unused recovery code."""

    code = "AUTH_INVALID_CREDENTIALS"
    message = _("This code is not right, or was used before.")


class SecondFactorRequired(Unauthenticated):
    """The account asks for a code as well; `mfa_token` says for five minutes that the first factor was right."""

    code = "AUTH_MFA_REQUIRED"
    message = _("Please enter the code from your authenticator app.")


class InvalidToken(Unauthenticated):
    """A token that is none of ours, over, or of another kind."""

    code = "AUTH_INVALID_TOKEN"
    message = _("This token is not valid.")


class TokenRevoked(Unauthenticated):
    """A token that was spent, or whose session was ended."""

    code = "AUTH_TOKEN_REVOKED"
    message = _("This session has ended. Please sign in again.")


class OAuthFailed(Unauthenticated):
    """Signing in by a provider came to nothing: refused there, not begun here, or an answer that cannot be right."""

    code = "AUTH_OAUTH_FAILED"
    message = _("Signing in this way did not work. Please try again.")


class NotByItself(OAuthFailed):
    """An account of the staff, whose e-mail was never confirmed, is not given to whom a provider names."""

    message = _("Please sign in by your password and connect this way of signing in on the page of your account.")


class OAuthEmailUnverified(Unauthenticated):
    """The provider has not verified the e-mail, so it may be anybody's."""

    code = "AUTH_OAUTH_EMAIL_UNVERIFIED"
    message = _("Your e-mail is not verified there. Please verify it first, or sign in another way.")


class OAuthNoEmail(Unauthenticated):
    """The provider tells no e-mail."""

    code = "AUTH_OAUTH_NO_EMAIL"
    message = _("We were told no e-mail. Please allow the shop to see it, or sign in another way.")


class ProviderAway(Busy):
    """Google or GitHub does not answer."""

    message = _("The other side does not answer. Please try again in a moment, or sign in another way.")


class EmailTaken(Conflict):
    """There is an account with this e-mail."""

    code = "AUTH_EMAIL_CONFLICT"
    message = _("An account with this e-mail exists already.")


class UserNotFound(NotFound):
    code = "USER_NOT_FOUND"
    message = _("There is no such user.")


class ServiceExists(Conflict):
    """There is a service account of this name, or another account that is in its way."""

    code = "SERVICE_ACCOUNT_CONFLICT"
    message = _("There is a service account of this name already.")


class ServiceNotFound(NotFound):
    code = "SERVICE_ACCOUNT_NOT_FOUND"
    message = _("There is no active service account of this name.")


class AddressNotFound(NotFound):
    code = "ADDRESS_NOT_FOUND"
    message = _("There is no such address.")


class AddressLimit(Conflict):
    code = "ADDRESS_LIMIT"
    message = _("Your address book is full. Please delete an address first.")


class NotificationNotFound(NotFound):
    code = "NOTIFICATION_NOT_FOUND"
    message = _("There is no such notification.")


class UnsubscribeRefused(Invalid):
    """A token that is none of ours, for something else, too old, or of an account that is gone."""

    code = "UNSUBSCRIBE_REFUSED"
    message = _("This link does not count, or no longer. You can choose what we tell you in your account.")
