"""Making many books: in batches that are committed one by one, so that whoever stops it keeps what is there."""

from random import Random

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from bookstore.core.making import CannotMake, Tell, alone, analyze
from catalog import services
from catalog.making.copying import TABLES, write_books
from catalog.making.inventing import ISBN_PREFIX, LAST_PLACE, Inventor, place_of
from catalog.making.words import Names, Words
from catalog.models import Book, Contribution, Genre, Role, Seller
from catalog.search.index import rank_books
from catalog.search.vocabulary import refresh_vocabulary

BATCH_SIZE = 5_000
MOST_BOOKS = LAST_PLACE + 1  # as many as our range of ISBNs has
MOST_KNOWN = 20_000  # books of the shop that words and names are taken from
MORE_SELLERS = ("Second Shelf", "Corner Bookshop")


def make_books(count: int, *, seed: int = 0, tell: Tell = lambda made: None) -> None:
    """
    Add made-up books to the shop, with offers, stock and all; `tell` hears after each batch how many there are.

    The same seed makes the same books after the same books. Locks: one advisory lock, for all the time.
    Raises: CannotMake.
    """
    with alone("books"):  # two at once would give out the same ISBNs
        first = _next_place()
        if not 0 < count <= MOST_BOOKS - first:
            raise CannotMake(f"Between 1 and {MOST_BOOKS - first:,} books can be made in this shop.")
        inventor = _inventor()
        for start in range(first, first + count, BATCH_SIZE):
            end = min(start + BATCH_SIZE, first + count)
            random = Random(f"{seed}:{start}")  # noqa: S311 - nothing here is secret
            with transaction.atomic():
                write_books([inventor.book(place, random) for place in range(start, end)], timezone.now())
            tell(end - first)
        refresh_vocabulary()
        rank_books()
        analyze(TABLES)


def _next_place() -> int:
    last = Book.objects.filter(isbn__startswith=ISBN_PREFIX).aggregate(last=Max("isbn"))["last"]
    return place_of(last) + 1 if last else 0


def _inventor() -> Inventor:
    """Prepare to invent: from the words, names and genres that the shop has; sellers are made until there are three."""
    known = Book.objects.exclude(isbn__startswith=ISBN_PREFIX).order_by("-popularity", "pk")[:MOST_KNOWN]
    authors = Contribution.objects.filter(book__in=known.values("pk"), role=Role.AUTHOR)
    names = authors.order_by("-book__popularity", "pk").values_list("contributor__name", flat=True)
    services.store_seller()
    for name in MORE_SELLERS[: max(0, 3 - Seller.objects.count())]:
        services.create_seller(name)
    return Inventor(
        Words(known.values_list("title", flat=True)),
        Names(list(dict.fromkeys(names))),
        list(Genre.objects.order_by("pk").values_list("pk", flat=True)),
        list(Seller.objects.order_by("-is_store", "pk").values_list("pk", flat=True)),
    )
