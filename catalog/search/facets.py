"""How many books each further choice would leave."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import DecimalField, F, Func, IntegerField, QuerySet, Value

from catalog.filters import BookFilter
from catalog.models import Book, Genre, Seller
from catalog.search.finding import MOST_FOUND, best_known, find

MOST_COUNTED = 5_000  # books that are counted; of more, any so many
CENT = Decimal("0.01")
BOUNDS = (5, 10, 20, 50)  # where a band of prices begins
SCALES = {"JPY": 100, "INR": 100}  # of currencies with far smaller units


class Facet(NamedTuple):
    """What is counted, and the parameters that choose by it and do not count for it."""

    column: str
    parameters: tuple[str, ...]


FACETS = {
    "genre": Facet("genre_id", ("genre",)),
    "format": Facet("format", ("format",)),
    "language": Facet("language", ("language",)),
    "price": Facet("band", ("min_price", "max_price")),
    "in_stock": Facet("shown_in_stock", ("in_stock",)),
}
SELLER = Facet("offer__seller_id", ("seller",))


@dataclass(frozen=True)
class Named:
    """How many books a genre (with those below it) or a seller has."""

    id: int
    name: str
    slug: str
    count: int


@dataclass(frozen=True)
class Counted:
    """How many books have a value, as the filter of that name would find them."""

    value: str
    count: int


@dataclass(frozen=True)
class Band:
    """How many books cost so much, both ends included; None where there is no end."""

    min: Decimal | None
    max: Decimal | None
    count: int = 0


@dataclass(frozen=True)
class Facets:
    """The counts, most books first; `is_capped` where some of them are only of the books that were counted."""

    genres: list[Named]
    sellers: list[Named]
    formats: list[Counted]
    languages: list[Counted]
    price_bands: list[Band]
    in_stock: int
    is_capped: bool


Counts = dict[str, dict[str, int]]


def count_facets(chosen: BookFilter) -> Facets:
    """
    Count what each choice would leave under all the other filters.

    Counted are at most MOST_COUNTED books for each, of a search the best known of those it found. A parameter that is
    wrong counts as not given.
    """
    chosen.form.is_valid()
    given = {name for name, value in chosen.form.cleaned_data.items() if value not in (None, "")}
    alike: dict[tuple[str, ...], dict[str, str]] = defaultdict(dict)
    for name, facet in FACETS.items():
        # Where nothing was chosen by it, all the others are all there are: such facets are counted together.
        left_out = facet.parameters if given.intersection(facet.parameters) else ()
        alike[left_out][name] = facet.column
    alike[SELLER.parameters] = {"seller": SELLER.column}
    counts: Counts = defaultdict(dict)
    is_capped = False
    asked = Asked(chosen) if "q" in given else None
    for left_out, columns in alike.items():
        books = chosen.but_for(*left_out)
        if asked:
            ids = asked.ids_but_for(left_out, books)
            if not ids:
                continue
            is_capped |= len(ids) > MOST_FOUND
            books = books.filter(pk__in=ids[:MOST_FOUND])
        is_capped |= _count(books, columns, counts)
    return _facets(counts, is_capped)


class Asked:
    """What a search means: as it was answered under all filters, else as under none."""

    def __init__(self, chosen: BookFilter):
        self.chosen = chosen
        question, literal = chosen.form.cleaned_data["q"], bool(chosen.form.cleaned_data.get("literal"))
        self.found = find(question, chosen.narrowed, literal=literal)
        if not self.found.ids and chosen.narrows():
            self.found = find(question, literal=literal)

    def ids_but_for(self, left_out: Collection[str], books: QuerySet[Book]) -> list[int]:
        """Return which of these books it means, chosen by all but some parameters; at most MOST_FOUND and one."""
        if not self.found.query:
            return self.found.ids
        if not self.chosen.narrows(left_out):
            return self.ids_of_all
        return best_known(self.found.query, books, most=MOST_FOUND + 1)

    @cached_property
    def ids_of_all(self) -> list[int]:
        return best_known(self.found.query, None, most=MOST_FOUND + 1)


def _count(books: QuerySet[Book], columns: Mapping[str, str], counts: Counts) -> bool:
    """Add how many of the books have each value of the columns; return whether there are more than are counted."""
    band = Func(
        F("shown_price"),
        Value(_bounds(), ArrayField(DecimalField(max_digits=10, decimal_places=2))),
        function="width_bucket",
        output_field=IntegerField(),
    )
    hits = books.annotate(band=band).order_by().values_list(*columns.values())[: MOST_COUNTED + 1]
    sql, params = hits.query.sql_with_params()
    by_value = [
        # What has no value, null or "", is no choice.
        f"SELECT '{name}', {name}::text, count(*) FROM counted WHERE {name}::text <> '' GROUP BY 2"  # noqa: S608
        for name in columns
    ]
    # Nothing in it comes from outside but the parameters.
    statement = f"""
        WITH hits ({", ".join(columns)}) AS MATERIALIZED ({sql}),
        counted AS (SELECT * FROM hits LIMIT {MOST_COUNTED})
        SELECT 'all', '', count(*) FROM hits {" UNION ALL ".join(["", *by_value])}
    """  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        for name, value, count in cursor.fetchall():
            counts[name][value] = count
    return counts.pop("all")[""] > MOST_COUNTED


def price_bands() -> list[tuple[Decimal | None, Decimal | None]]:
    """Return where each band of prices begins and ends, in the store's currency."""
    bounds = _bounds()
    return list(zip([None, *bounds], [*(bound - CENT for bound in bounds), None], strict=True))


def _bounds() -> list[Decimal]:
    return [Decimal(bound * SCALES.get(settings.STORE_CURRENCY, 1)).quantize(CENT) for bound in BOUNDS]


def _facets(counts: Counts, is_capped: bool) -> Facets:
    return Facets(
        genres=_named(Genre.objects.all(), _with_those_above(counts["genre"])),
        sellers=_named(Seller.objects.all(), {int(pk): count for pk, count in counts["seller"].items()}),
        formats=_counted(counts["format"]),
        languages=_counted(_with_variants(counts["language"])),
        price_bands=[Band(*band, count=counts["price"].get(str(n), 0)) for n, band in enumerate(price_bands())],
        in_stock=counts["in_stock"].get("true", 0),
        is_capped=is_capped,
    )


def _named(rows: Iterable[Genre] | Iterable[Seller], counts: Mapping[int, int]) -> list[Named]:
    named = [Named(row.pk, row.name, row.slug, counts[row.pk]) for row in rows if row.pk in counts]
    return sorted(named, key=lambda row: (-row.count, row.name))


def _counted(counts: Mapping[str, int]) -> list[Counted]:
    return sorted((Counted(*one) for one in counts.items()), key=lambda one: (-one.count, one.value))


def _with_those_above(own: Mapping[str, int]) -> Counter[int]:
    """Add each genre's books to the genres above it."""
    parents = dict(Genre.objects.values_list("pk", "parent"))
    counts: Counter[int] = Counter()
    for value, count in own.items():
        genre: int | None = int(value)
        while genre is not None:
            counts[genre] += count
            genre = parents[genre]
    return counts


def _with_variants(own: Mapping[str, int]) -> dict[str, int]:
    """Add to each language its variants: who asks for `en` also gets `en-US`."""
    return {tag: sum(own[one] for one in own if one == tag or one.startswith(f"{tag}-")) for tag in own}
