"""What follows when something that is searched for gets another name, whichever door it came through."""

from typing import Any

from django.db.models import Q
from django.db.models.signals import post_save
from django.dispatch import receiver

from catalog.jobs import index_many
from catalog.models import Book, Contributor, Genre, Series
from catalog.search.index import BATCH_SIZE, index_books

INDEXED = {
    *("title", "subtitle", "byline", "publisher", "series", "series_id", "genre", "genre_id"),
    *("popularity", "archived_at"),
}


@receiver(post_save, sender=Book)
def index_book(instance: Book, update_fields: frozenset[str] | None, **kwargs: Any) -> None:
    if update_fields is None or INDEXED & update_fields:
        index_books([instance.pk])


@receiver(post_save, sender=Contributor)
@receiver(post_save, sender=Genre)
@receiver(post_save, sender=Series)
def index_named(sender: Any, instance: Contributor | Genre | Series, created: bool, **kwargs: Any) -> None:
    """Index the books of what was renamed: at once where they are few, by a job where they are many."""
    if created:
        return
    name = "contributors" if sender is Contributor else sender._meta.model_name
    books = list(Book.objects.filter(Q((name, instance.pk))).values_list("pk", flat=True))
    if len(books) <= BATCH_SIZE:
        index_books(books)
    else:
        index_many.defer(book_ids=books)
