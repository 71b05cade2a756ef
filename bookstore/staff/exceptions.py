"""What imports and exports refuse."""

from django.utils.translation import gettext_lazy as _

from bookstore.core.errors import Conflict, Invalid


class NotReady(Conflict):
    code = "IMPORT_NOT_READY"
    message = _("This import is not where this page has left it. Look at it again.")


class UploadRefused(Invalid):
    """The file, or the layout, cannot be used; `fields` says which and why."""

    code = "UPLOAD_REFUSED"
