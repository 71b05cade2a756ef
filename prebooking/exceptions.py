"""What prebooking may refuse, and why."""

from django.utils.translation import gettext_lazy as _

from bookstore.core.errors import Conflict, NotFound


class PrebookNotFound(NotFound):
    code = "PREBOOK_NOT_FOUND"
    message = _("There is no such prebook.")


class PrebookBookInStock(Conflict):
    """Some seller has a copy, so there is nothing to wait for."""

    code = "PREBOOK_BOOK_IN_STOCK"
    message = _("This book is in stock: you can buy it now.")


class PrebookDuplicate(Conflict):
    """The shopper waits for this book already, or was told that it is back."""

    code = "PREBOOK_DUPLICATE"
    message = _("You have prebooked this book already.")


class PrebookAlreadyCancelled(Conflict):
    code = "PREBOOK_ALREADY_CANCELLED"
    message = _("This prebook was cancelled before.")


class PrebookNotCancellable(Conflict):
    """The book was bought."""

    code = "PREBOOK_NOT_CANCELLABLE"
    message = _("You have bought this book, so there is nothing left to cancel.")
