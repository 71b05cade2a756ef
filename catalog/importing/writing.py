"""
Writing a batch of rows, set-based: a score of queries whatever its size.

In one run a book's details are what its first row says, and a seller's terms what the first row with that
seller says. So a second run, which meets the same rows in the same order, changes nothing.
"""

from collections import ChainMap, Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import Any, Literal, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from bookstore.core.spreadsheets import text_of
from bookstore.core.trail import record_told
from bookstore.core.writing import write_columns
from catalog.importing.recognising import KnownBooks, lock_known, waves
from catalog.importing.rows import PEOPLE, Note, Rejected, Row, is_name, join_people, says
from catalog.models import (
    Book,
    Contribution,
    Contributor,
    Genre,
    MovementReason,
    Offer,
    Role,
    Seller,
    Series,
    store_currency,
)
from catalog.search.index import index_books
from catalog.services import OfferTerms, put_offers
from catalog.services.ledger import Cause
from catalog.services.names import rows_named
from catalog.text import FoldedField

Sellers = tuple[int, ...]
PEOPLE_IN = {role: column for column, role in PEOPLE.items()}


@dataclass(frozen=True)
class Conditions:
    """
    What holds for every row of a run.

    `seller_id` is whose offers they are where a row names no seller; `price` and `stock_quantity` are the first
    terms of a book that the seller has never offered; `reference` and `actor` are what the movements will say.
    """

    seller_id: int
    price: Decimal | None = None
    stock_quantity: int | None = None
    reference: str = ""
    actor: User | None = None
    takes_new_books: bool = True
    is_dry_run: bool = False


class Change(NamedTuple):
    """What one row changes in one column; without a column the book is new."""

    line: int
    key: str
    title: str
    column: str
    before: str
    after: str


@dataclass
class Case:
    """A row, the book that it is about, and what it changes there."""

    row: Row
    book: Book
    seller_id: int
    is_repeat: bool
    outcome: Literal["created", "updated", "unchanged"] = "unchanged"
    values: dict[str, Any] = field(default_factory=dict)
    credits: dict[Role, list[int]] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)
    offer: Offer | None = None
    terms: OfferTerms | None = None


class Batch:
    """
    Rows on their way into the database; the caller holds the transaction.

    `seen` maps each book of the run to the sellers whose terms were told; `created` are the new books' ids, and the
    rows that made them.
    """

    def __init__(self, conditions: Conditions, seen: dict[int, Sellers]):
        self.conditions = conditions
        self.seen: ChainMap[int, Sellers] = ChainMap({}, seen)
        self.created: list[tuple[int, Row]] = []
        self.outcomes: Counter[str] = Counter()
        self.offers_written = 0
        self.notes: list[Note] = []
        self.changes: list[Change] = []  # what a dry run would change
        self._sellers = dict(Seller.objects.values_list("slug", "pk"))
        genres = list(Genre.objects.values_list("pk", "name", "slug"))
        self._genres = {slug: pk for pk, _name, slug in genres} | {name.casefold(): pk for pk, name, _slug in genres}
        self._genre_names = {pk: name for pk, name, _slug in genres}

    def write(self, rows: Sequence[Row], foretold: Sequence[tuple[int, Row]] = ()) -> None:
        """
        Write rows and account for each; put back before what earlier batches of a dry run would have added.

        Locks: the offers that rows state terms of by id, then the rows' books by id.
        """
        parts = waves(rows)
        if foretold or len(parts) > 1:  # no part's offers may come after another part's books
            self._lock_known(rows)
        if foretold:
            self._put_back(foretold)
        for wave in parts:
            self._write_wave(wave)

    def _write_wave(self, rows: Sequence[Row]) -> None:
        known = self._lock_known(rows)
        cases = [case for row in rows if (case := self._case(row, known))]
        self._compare(cases)
        self._create([case for case in cases if case.outcome == "created"])
        self._update([case for case in cases if case.outcome == "updated"])
        self._put_offers(cases)
        index_books([case.book.pk for case in cases if case.outcome != "unchanged"])
        self.outcomes.update(case.outcome for case in cases)
        if self.conditions.is_dry_run:
            self.changes += [change for case in cases for change in self._changes(case)]

    def _lock_known(self, rows: Sequence[Row]) -> KnownBooks:
        return lock_known(rows, {self._seller_of(row) for row in rows if row.states_terms})

    def _seller_of(self, row: Row) -> int:
        return self._sellers.get(row.seller, self.conditions.seller_id)

    def _case(self, row: Row, known: KnownBooks) -> Case | None:
        try:
            if row.seller and row.seller not in self._sellers:
                raise Rejected(_("There is no seller “%(slug)s”.") % {"slug": row.seller[:40]})
            if known.has_isbn_of_another(row):
                self._note("warning", row, _("isbn: another book of this source has it. Left out."))
                row = replace(row, isbn="")
            book = known.book_of(row)
            if book is None and not self.conditions.takes_new_books:
                raise Rejected(_("The shop has no such book."))
            if book is None and "title" not in row.details:
                raise Rejected(_("A new book needs a title."))
        except Rejected as error:
            self._note("rejected", row, str(error))
            self.outcomes["rejected"] += 1
            return None
        if book is None:
            return self._new(row)
        is_repeat = book.pk in self.seen
        self.seen.setdefault(book.pk, ())
        return Case(row, book, self._seller_of(row), is_repeat)

    def _new(self, row: Row, pk: int | None = None) -> Case:
        book = Book(pk=pk, popularity=row.popularity, first_popularity=row.popularity)
        return Case(row, book, self._seller_of(row), is_repeat=False, outcome="created")

    # What rows change of their books

    def _compare(self, cases: list[Case]) -> None:
        standing = dict(Series.objects.filter(pk__in={case.book.series_id for case in cases}).values_list("pk", "name"))
        series = rows_named(Series, {case.row.series for case in cases if not _is_series(case, standing)} - {""})
        credited = _credited([case.book.pk for case in cases if case.book.pk])
        stated = {
            (case.row.line, role): names
            for case in cases
            for role, names in case.row.credits.items()
            if not _are_people(credited[case.book.pk, role], names)
        }
        people = rows_named(Contributor, (name for names in stated.values() for name in names))
        for case in cases:
            for role in case.row.credits:
                wanted = list(dict.fromkeys(people[name] for name in stated.get((case.row.line, role), ())))
                if wanted and wanted != [pk for pk, _name in credited[case.book.pk, role]]:
                    case.credits[role] = wanted
                    case.before[PEOPLE_IN[role]] = join_people(name for _pk, name in credited[case.book.pk, role])
            case.values = self._differing(case, standing, series)
            if case.is_repeat:
                self._leave_out(case)
            elif case.outcome != "created" and (case.values or case.credits):
                case.outcome = "updated"
            for name, value in case.values.items():
                setattr(case.book, name, value)

    def _differing(self, case: Case, standing: Mapping[int, str], series: Mapping[str, int]) -> dict[str, Any]:
        row, book = case.row, case.book
        values = dict(row.details)
        if Role.AUTHOR in case.credits and row.byline:
            values.setdefault("byline", row.byline)
        if row.isbn:
            values["isbn"] = row.isbn
        if row.source and not book.source:
            values["source"], values["source_id"] = row.source
        if row.series:
            values["series_id"] = book.series_id if _is_series(case, standing) else series[row.series]
            is_same = book.series_id == values["series_id"]
            values["series_number"] = row.series_number or (book.series_number if is_same else "")
        if row.genre.casefold() in self._genres:
            values["genre_id"] = self._genres[row.genre.casefold()]
        elif row.genre:
            self._note("warning", row, _("genre: there is no “%(name)s”. Left out.") % {"name": row.genre[:40]})
        values = {name: value for name, value in values.items() if not says(name, getattr(book, name), value)}
        names = {"series_id": standing, "genre_id": self._genre_names}
        for name in values:
            before = getattr(book, name)
            case.before[name] = names[name].get(before, "") if name in names else text_of(before)
        return values

    def _leave_out(self, case: Case) -> None:
        names = sorted(
            {name.removesuffix("_id") for name in (*case.values, *(PEOPLE_IN[role] for role in case.credits))}
        )
        if names:
            reason = _("An earlier row of this book says otherwise. Left out: %(names)s.")
            self._note("warning", case.row, reason % {"names": ", ".join(names)})
        case.values, case.credits, case.before = {}, {}, {}

    # Writing it

    def _create(self, cases: list[Case]) -> None:
        Book.objects.bulk_create(case.book for case in cases)
        self.seen.update((case.book.pk, ()) for case in cases)
        self.created += [(case.book.pk, case.row) for case in cases]
        _credit(cases)

    def _put_back(self, foretold: Iterable[tuple[int, Row]]) -> None:
        """Add books again, under the ids that they had; one that somebody has added meanwhile stays away."""
        cases = [self._new(row, pk) for pk, row in foretold]
        self._compare(cases)
        Book.objects.bulk_create((case.book for case in cases), ignore_conflicts=True)
        _credit(cases)
        self.notes.clear()  # they were told when the books were new

    def _update(self, cases: list[Case]) -> None:
        books = [case.book for case in cases]
        for book in books:
            book.updated_at = timezone.now()
            _refold(book)
        fields = {name for case in cases for name in case.values} | {"sort_title", "updated_at"}
        write_columns(books, sorted(fields))
        _credit(cases)
        told = [(case.book, {name: [old, new] for name, old, new in self._differences(case)}) for case in cases]
        record_told(told, self.conditions.actor, note=self.conditions.reference)

    def _put_offers(self, cases: list[Case]) -> None:
        pairs = {"book__in": {case.book.pk for case in cases}, "seller__in": {case.seller_id for case in cases}}
        offers = {(offer.book_id, offer.seller_id): offer for offer in Offer.objects.filter(**pairs)}
        wanted = []
        for case in cases:
            terms = self._terms(case, offers.get((case.book.pk, case.seller_id)))
            if terms:
                wanted.append(terms)
                case.outcome = "created" if case.outcome == "created" else "updated"
        self.offers_written += len(wanted)
        put_offers(wanted, Cause(MovementReason.COUNTED, self.conditions.actor, reference=self.conditions.reference))

    def _terms(self, case: Case, offer: Offer | None) -> OfferTerms | None:
        """
        Return what the seller's terms become, or None where they stay.

        First terms never touch an offer, not even one that was withdrawn; what the row states does.
        """
        row, price, stock = case.row, case.row.price, case.row.stock_quantity
        told = self.seen[case.book.pk]
        if case.seller_id in told:
            self._note("warning", row, _("An earlier row has this book and this seller. Nothing is added."))
            return None
        if row.states_terms or self.conditions.price is not None:
            self.seen[case.book.pk] = (*told, case.seller_id)
        if offer is None:
            price = self.conditions.price if price is None else price
            stock = self.conditions.stock_quantity if stock is None else stock
        stands = offer is not None and row.states_terms and not offer.withdrawn_at
        if offer and stands and _says(offer, price, stock):
            return None
        if price is not None or stands:
            case.offer, case.terms = offer, OfferTerms(case.book.pk, case.seller_id, price, stock)
            return case.terms
        if row.states_terms:
            self._note("warning", row, _("stock_quantity: copies without a price are not for sale. Left out."))
        return None

    # Telling it

    def _changes(self, case: Case) -> Iterator[Change]:
        told = partial(Change, case.row.line, case.row.key, case.book.title)
        if case.outcome == "created":
            yield told("", "", "")
        else:
            yield from (told(*difference) for difference in self._differences(case))
        if case.terms:
            price, stock = (case.offer.price, case.offer.stock_quantity) if case.offer else (None, None)
            currency = case.offer.currency if case.offer and case.terms.price is not None else None
            yield from (
                told(name, text_of(before), text_of(after))
                for name, before, after in (
                    ("price", price, case.terms.price),
                    ("currency", currency, currency and store_currency()),
                    ("stock_quantity", stock, case.terms.stock_quantity),
                )
                if after is not None and before != after
            )

    def _differences(self, case: Case) -> Iterator[tuple[str, str, str]]:
        """Yield what changes in a book's details as column, before, after."""
        people = {PEOPLE_IN[role]: join_people(case.row.credits[role]) for role in case.credits}
        after = {"series_id": case.row.series, **people}
        if "genre_id" in case.values:
            after["genre_id"] = self._genre_names[case.values["genre_id"]]
        for name, before in case.before.items():
            yield name.removesuffix("_id"), before, after.get(name) or text_of(case.values[name])

    def _note(self, kind: Literal["rejected", "warning"], row: Row, reason: str) -> None:
        self.notes.append(Note(row.line, kind, row.key, reason))


def _credited(book_ids: list[int]) -> dict[tuple[int, str], list[tuple[int, str]]]:
    """Return the ids and names of books' contributors, by book and role."""
    found: dict[tuple[int, str], list[tuple[int, str]]] = defaultdict(list)
    rows = Contribution.objects.filter(book__in=book_ids).order_by("position", "id")
    for book_id, role, pk, name in rows.values_list("book_id", "role", "contributor_id", "contributor__name"):
        found[book_id, role].append((pk, name))
    return found


def _are_people(credited: Sequence[tuple[int, str]], names: Sequence[str]) -> bool:
    """Tell whether these people, in this order, are the ones that a row names."""
    return len(credited) == len(names) and all(
        is_name(stored, name) for (_pk, stored), name in zip(credited, names, strict=True)
    )


def _says(offer: Offer, price: Decimal | None, stock: int | None) -> bool:
    """Tell whether an offer's terms are these already; None is not spoken of, a price is in the shop's currency."""
    is_priced_so = price is None or (price, store_currency()) == (offer.price, offer.currency)
    return is_priced_so and stock in {None, offer.stock_quantity}


def _is_series(case: Case, standing: Mapping[int, str]) -> bool:
    """Tell whether a row names the series in which its book stands."""
    return is_name(standing.get(case.book.series_id or 0, ""), case.row.series)


def _credit(cases: list[Case]) -> None:
    """Make the cases' credits those of their books, role by role."""
    books_by_role = defaultdict(list)
    for case in cases:
        for role in case.credits:
            books_by_role[role].append(case.book.pk)
    for role, book_ids in books_by_role.items():
        Contribution.objects.filter(role=role, book__in=book_ids).delete()
    Contribution.objects.bulk_create(
        Contribution(book=case.book, contributor_id=pk, role=role, position=position)
        for case in cases
        for role, wanted in case.credits.items()
        for position, pk in enumerate(wanted)
    )


def _refold(book: Book) -> None:
    """Bring the folded columns up to date, which `save` and `bulk_create` do and `write_columns` does not."""
    for column in Book._meta.concrete_fields:
        if isinstance(column, FoldedField):
            column.pre_save(book, add=False)
