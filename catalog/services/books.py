"""Acts on books: write one, change one, archive one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from bookstore.core.errors import Busy
from bookstore.core.models import ChangeAct
from bookstore.core.querysets import constraint_of
from bookstore.core.trail import record, remember
from catalog.exceptions import BookIsbnConflict, BookNotFound, FieldsInvalid
from catalog.isbn import parse_isbn
from catalog.language import parse_language
from catalog.models import Book, Contribution, Contributor, Genre, Offer, Role
from catalog.search.index import index_books
from catalog.services.names import rows_named
from catalog.services.offers import change_offer, create_offer, switch_offers
from catalog.services.sellers import store_seller

NORMAL_FORMS: dict[str, Callable[[str], str]] = {"isbn": parse_isbn, "language": parse_language}


@transaction.atomic
def create_book(
    details: Mapping[str, Any],
    *,
    authors: Sequence[str],
    price: Decimal | None = None,
    stock_quantity: int = 0,
    actor: User | None = None,
) -> Book:
    """
    Write a new book and, with a price, the store's own offer of it.

    `details` holds fields of Book by name; `price` is in the store's currency.
    Locks: the offer, then the book. Raises: FieldsInvalid, BookIsbnConflict.
    """
    book = Book()
    _write(book, details)
    credit(book, Role.AUTHOR, authors)
    if price is not None:
        create_offer(book.pk, store_seller().pk, price=price, stock_quantity=stock_quantity, actor=actor)
    record(book, actor, act=ChangeAct.ADDED)
    return book


@transaction.atomic
def update_book(
    book_id: int,
    details: Mapping[str, Any],
    *,
    authors: Sequence[str] | None = None,
    price: Decimal | None = None,
    stock_quantity: int | None = None,
    actor: User | None = None,
) -> Book:
    """
    Change what is given of a book; price and stock are those of the store's own offer.

    Locks: the store's offer, then the book. Raises: BookNotFound, FieldsInvalid, BookIsbnConflict.
    """
    if not Book.objects.public().filter(pk=book_id).exists():
        raise BookNotFound
    _change_store_offer(book_id, price, stock_quantity, actor)
    book = Book.objects.public().filter(pk=book_id).locked().first()
    if book is None:
        raise BookNotFound
    before = remember(book)
    _write(book, details)
    if authors is not None and ", ".join(authors) != book.byline:
        credit(book, Role.AUTHOR, authors)
    record(book, actor, before=before)
    return book


@transaction.atomic
def archive_book(book_id: int, *, actor: User | None = None) -> None:
    """
    Take a book out of every public door; its offers become inactive, its ISBN free.

    Locks: its offers by id, then the book. Raises: BookNotFound; Busy where an offer came in at the same moment.
    """
    offers = Offer.objects.filter(book=book_id, withdrawn_at=None).values_list("pk", flat=True)
    switch_offers(list(offers), is_active=False, actor=actor)
    book = Book.objects.public().filter(pk=book_id).locked().first()
    if book is None:
        raise BookNotFound
    if book.offers.active().exists():
        raise Busy
    book.archived_at = timezone.now()
    book.save(update_fields=["archived_at", "updated_at"])
    record(book, actor, before={"archived_at": None})


def credit(book: Book, role: Role, names: Sequence[str]) -> None:
    """
    Make these the book's contributors in one role, in this order; authors make its byline too.

    Raises: FieldsInvalid for a name or byline that is too long.
    """
    names = list(dict.fromkeys(name.strip() for name in names if name.strip()))
    byline = _byline_of(names)
    contributors = rows_named(Contributor, names)
    book.contributions.filter(role=role).delete()
    Contribution.objects.bulk_create(
        Contribution(book=book, contributor_id=pk, role=role, position=position)
        for position, pk in enumerate(dict.fromkeys(contributors[name] for name in names))
    )
    if role == Role.AUTHOR:
        book.byline = byline
        book.save(update_fields=["byline", "updated_at"])  # which indexes it, credits and all
    else:
        index_books([book.pk])


class Credit(NamedTuple):
    """Who did what for a book."""

    contributor_id: int
    role: Role


@transaction.atomic
def put_credits(book_id: int, credits: Iterable[Credit], *, actor: User | None = None) -> None:
    """
    Make these all of a book's contributions, in this order; a byline that only names its authors follows.

    Locks: the book. Raises: BookNotFound, FieldsInvalid for a byline that is too long.
    """
    book = Book.objects.public().filter(pk=book_id).locked().first()
    if book is None:
        raise BookNotFound
    follows, before, credited = book.byline in {"", ", ".join(_authors(book))}, remember(book), _credited(book)
    wanted = Contribution.objects.bulk_create(
        [
            Contribution(book=book, contributor_id=one.contributor_id, role=one.role, position=position)
            for position, one in enumerate(dict.fromkeys(credits))
        ],
        update_conflicts=True,
        unique_fields=["book", "contributor", "role"],
        update_fields=["position"],
    )
    book.contributions.exclude(pk__in=[one.pk for one in wanted]).delete()
    if follows:
        book.byline = _byline_of(_authors(book))
        book.save(update_fields=["byline", "updated_at"])  # which indexes it, credits and all
    else:
        index_books([book.pk])
    record(book, actor, before=before, also={"contributions": [credited, _credited(book)]})


def _credited(book: Book) -> list[str]:
    return [str(one) for one in book.contributions.select_related("contributor")]


def _authors(book: Book) -> list[str]:
    return list(book.contributions.filter(role=Role.AUTHOR).values_list("contributor__name", flat=True))


def _byline_of(names: Sequence[str]) -> str:
    if any(len(name) > 200 for name in names) or len(", ".join(names)) > 1000:
        raise FieldsInvalid(fields={"author": _("A name has at most 200 characters, a byline 1,000.")})
    return ", ".join(names)


def _write(book: Book, details: Mapping[str, Any]) -> None:
    """Check and save details; a unique ISBN is the database's word."""
    for name, value in _normal(details).items():
        setattr(book, name, value)
    try:
        book.clean_fields(exclude={"genre", "series", "byline"})
        with transaction.atomic():
            changed = [*details, "sort_title", "updated_at"]
            book.save(update_fields=None if book._state.adding else changed)
    except ValidationError as error:
        raise FieldsInvalid(fields={name: texts[0] for name, texts in error.message_dict.items()}) from error
    except IntegrityError as error:
        if constraint_of(error) == "book_isbn_is_unique":
            raise BookIsbnConflict from error
        raise


def _normal(details: Mapping[str, Any]) -> dict[str, Any]:
    values, wrong = dict(details), {}
    for name, parse in NORMAL_FORMS.items():
        if values.get(name):
            try:
                values[name] = parse(values[name])
            except ValueError as error:
                wrong[name] = str(error)
    if values.get("genre_id") and not Genre.objects.filter(pk=values["genre_id"]).exists():
        wrong["genre_id"] = _("There is no such genre.")
    if wrong:
        raise FieldsInvalid(fields=wrong)
    return values


def _change_store_offer(book_id: int, price: Decimal | None, stock_quantity: int | None, actor: User | None) -> None:
    if price is None and stock_quantity is None:
        return
    seller = store_seller()
    offer = Offer.objects.standing().filter(book=book_id, seller=seller).first()
    if offer:
        change_offer(offer.pk, price=price, stock_quantity=stock_quantity, actor=actor)
    elif price is None:
        raise FieldsInvalid(fields={"price": _("The store does not offer this book yet: a price is needed.")})
    else:
        create_offer(book_id, seller.pk, price=price, stock_quantity=stock_quantity or 0, actor=actor)
