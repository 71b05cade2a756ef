"""What the catalogue may refuse, and why."""

from django.utils.translation import gettext_lazy as _

from bookstore.core.errors import Conflict, Invalid, NotFound


class BookNotFound(NotFound):
    code = "BOOK_NOT_FOUND"
    message = _("There is no such book.")


class OfferNotFound(NotFound):
    code = "OFFER_NOT_FOUND"
    message = _("There is no such offer.")


class GenreNotFound(NotFound):
    code = "GENRE_NOT_FOUND"
    message = _("There is no such genre.")


class AuthorNotFound(NotFound):
    code = "AUTHOR_NOT_FOUND"
    message = _("There is no such author.")


class SellerNotFound(NotFound):
    code = "SELLER_NOT_FOUND"
    message = _("There is no such seller.")


class BookIsbnConflict(Conflict):
    code = "BOOK_ISBN_CONFLICT"
    message = _("Another book has this ISBN already.")


class OfferConflict(Conflict):
    code = "OFFER_CONFLICT"
    message = _("This seller offers this book already.")


class GenreConflict(Conflict):
    code = "GENRE_CONFLICT"
    message = _("There is a genre of this name already.")


class GenreInUse(Conflict):
    code = "GENRE_IN_USE"
    message = _("This genre still has books or genres below it.")


class SellerConflict(Conflict):
    code = "SELLER_CONFLICT"
    message = _("There is a seller of this name already.")


class NotEnoughStock(Conflict):
    """Fewer copies than asked for; `items` is [{offer_id, requested, available}]."""

    code = "NOT_ENOUGH_STOCK"
    message = _("There are not that many copies left.")


class DeliveryNotFound(NotFound):
    code = "DELIVERY_NOT_FOUND"
    message = _("There is no such delivery.")


class DeliveryClosed(Conflict):
    code = "DELIVERY_CLOSED"
    message = _("This delivery is closed: nothing in it changes any more.")


class DeliveryChanged(Conflict):
    """What the caller saw of a delivery is no longer so."""

    code = "DELIVERY_CHANGED"
    message = _("Someone has changed this meanwhile. Here is how it is now.")


class FieldsInvalid(Invalid):
    """A value that is wrong in itself; `fields` says which."""
