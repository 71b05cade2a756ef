"""Acts on the tree of genres."""

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from accounts.models import User
from bookstore.core.models import ChangeAct
from bookstore.core.querysets import constraint_of
from bookstore.core.trail import record, remember
from catalog.exceptions import FieldsInvalid, GenreConflict, GenreInUse, GenreNotFound
from catalog.models import Genre, ids_below


@transaction.atomic
def create_genre(name: str, *, parent_id: int | None = None, actor: User | None = None) -> Genre:
    """Add a genre to the tree. Raises: GenreConflict, FieldsInvalid for an unknown parent."""
    genre = Genre(name=name)
    _place(genre, parent_id)
    _save(genre)
    record(genre, actor, act=ChangeAct.ADDED)
    return genre


@transaction.atomic
def change_genre(
    genre_id: int,
    *,
    name: str | None = None,
    parent_id: int | None = None,
    move: bool = False,
    actor: User | None = None,
) -> Genre:
    """
    Rename a genre, or with `move` hang it below another (None: to the top); the slug stays.

    Locks: all genres when moving, so that two moves cannot make a ring.
    Raises: GenreNotFound, GenreConflict, FieldsInvalid.
    """
    genres = (Genre.objects.all() if move else Genre.objects.filter(pk=genre_id)).locked()
    genre = next((genre for genre in genres if genre.pk == genre_id), None)
    if genre is None:
        raise GenreNotFound
    before = remember(genre)
    if name is not None:
        genre.name = name
    if move:
        if parent_id in ids_below(((one.pk, one.parent_id) for one in genres), genre_id):
            raise FieldsInvalid(fields={"parent_id": _("A genre cannot hang below itself.")})
        _place(genre, parent_id)
    _save(genre)
    record(genre, actor, before=before)
    return genre


@transaction.atomic
def delete_genre(genre_id: int, *, actor: User | None = None) -> None:
    """Remove a genre that nothing hangs on. Raises: GenreNotFound, GenreInUse."""
    genre = Genre.objects.filter(pk=genre_id).first()
    if genre is None:
        raise GenreNotFound
    # Asked first, because Django would load every book of it only to refuse.
    if genre.books.exists() or genre.children.exists():
        raise GenreInUse
    record(genre, actor, act=ChangeAct.REMOVED, note=genre.name)
    try:
        with transaction.atomic():
            genre.delete()
    except (ProtectedError, IntegrityError) as error:
        raise GenreInUse from error


def _place(genre: Genre, parent_id: int | None) -> None:
    if parent_id is not None and not Genre.objects.filter(pk=parent_id).exists():
        raise FieldsInvalid(fields={"parent_id": _("There is no such genre.")})
    genre.parent_id = parent_id


def _save(genre: Genre) -> None:
    try:
        with transaction.atomic():
            genre.save()
    except IntegrityError as error:
        if constraint_of(error) == "genre_name_is_unique":
            raise GenreConflict from error
        raise
