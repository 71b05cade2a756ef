"""Acts on contributors."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from accounts.models import User
from bookstore.core.errors import Busy
from bookstore.core.trail import record
from catalog.exceptions import AuthorNotFound
from catalog.models import Book, Contribution, Contributor
from catalog.search.index import index_books


@transaction.atomic
def merge_contributors(kept_id: int, other_ids: Collection[int], *, actor: User | None = None) -> None:
    """
    Make one of several contributors who are the same person; bylines stay as printed.

    Locks: the contributors by id, then their books by id.
    Raises: AuthorNotFound; Busy where one of them was credited anew at the same moment.
    """
    others = set(other_ids) - {kept_id}
    known = {one.pk: one for one in Contributor.objects.filter(pk__in={kept_id, *others}).locked()}
    if len(known) < len(others) + 1:
        raise AuthorNotFound
    theirs = Contribution.objects.filter(contributor__in=others)
    books = list(Book.objects.filter(pk__in=theirs.values("book")).locked().values_list("pk", flat=True))
    already = set(Contribution.objects.filter(contributor=kept_id, book__in=books).values_list("book_id", "role"))
    for contribution in theirs.filter(book__in=books).order_by("position", "pk"):
        place = (contribution.book_id, contribution.role)
        if place in already:
            contribution.delete()
        else:
            already.add(place)
            contribution.contributor_id = kept_id
            contribution.save(update_fields=["contributor"])
    names = ", ".join(known[pk].name for pk in sorted(others))
    record(known[kept_id], actor, note=_("Merged with %(names)s.") % {"names": names})
    try:
        Contributor.objects.filter(pk__in=others).delete()
    except ProtectedError as error:  # by a credit in a book that is not locked here
        raise Busy from error
    index_books(books)
