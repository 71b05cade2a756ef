"""Made-up books with all that is known of them and who offers them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from stdnum import ean

from catalog.making.words import Choice, Names, Skew, Words
from catalog.models import Format

ISBN_PREFIX = "97980"  # given to no publisher: no real book will ever have such a number
LAST_PLACE = 10**7 - 1

LANGUAGES = Choice(
    {"en": 820, "de": 40, "fr": 35, "es": 35, "it": 15, "nl": 12, "pt-BR": 12, "pl": 8, "sv": 8, "ja": 5, "": 10}
)
FORMATS = Choice({Format.PAPERBACK: 50, Format.HARDCOVER: 20, Format.EBOOK: 18, Format.AUDIOBOOK: 9, Format.OTHER: 3})
SELLERS = Choice({"": 2, "1": 58, "2": 28, "3": 12})  # how many offer a book: one in fifty is offered by nobody
CENTS = (99, 99, 99, 50, 0, 95)
POPULARITY = Skew(1_000_000, 40)
NEWEST = date(2025, 12, 31)
DAYS = 365 * 60


@dataclass(frozen=True)
class Terms:
    """What one seller asks for a made-up book."""

    seller_id: int
    price: Decimal
    stock_quantity: int


@dataclass(frozen=True)
class MadeBook:
    """A book before it has an id; contributors and series are names."""

    isbn: str
    title: str
    subtitle: str
    authors: tuple[str, ...]
    genre_id: int | None
    series: str
    series_number: str
    publisher: str
    language: str
    format: str
    pages: int | None
    publish_date: date | None
    first_published_year: int | None
    description: str
    popularity: int
    terms: tuple[Terms, ...]

    @property
    def byline(self) -> str:
        return ", ".join(self.authors)

    @property
    def price(self) -> Decimal | None:
        """The price of the best offer: the cheapest in stock, else the cheapest."""
        best = min(self.terms, key=lambda one: (one.stock_quantity == 0, one.price), default=None)
        return best.price if best else None

    @property
    def in_stock(self) -> bool:
        return any(one.stock_quantity for one in self.terms)


@dataclass(frozen=True)
class Inventor:
    """Makes up books of these words, names, genres and sellers."""

    words: Words
    names: Names
    genre_ids: Sequence[int]
    seller_ids: Sequence[int]

    def book(self, place: int, random: Random) -> MadeBook:
        """Return the book at a place in the row of all made-up books, by which it has its ISBN."""
        words = self.words
        is_in_series = random.random() < 0.12
        published = NEWEST - timedelta(days=int(DAYS * random.random() ** 2.5))
        age = int(random.expovariate(1 / 12)) if random.random() < 0.3 else 0
        form = FORMATS.pick(random)
        has_pages = form != Format.AUDIOBOOK and random.random() < 0.95
        return MadeBook(
            isbn=isbn_at(place),
            title=words.title(random),
            subtitle=words.subtitle(random),
            authors=self._authors(random),
            genre_id=self._genre_id(random),
            series=words.series(random) if is_in_series else "",
            series_number=str(1 + int(random.expovariate(0.4))) if is_in_series else "",
            publisher=self.names.publisher(random),
            language=LANGUAGES.pick(random),
            format=form,
            pages=40 + int(random.gammavariate(5, 60)) if has_pages else None,
            publish_date=published if random.random() < 0.95 else None,
            first_published_year=published.year - age,
            description=f"{words.title(random)} and the {words.quality(random).lower()} {words.thing(random).lower()}: "
            f"what happens when {words.thing(random).lower()} meets {words.thing(random).lower()}.",
            popularity=1_000_000 // (1 + POPULARITY.pick(random)) if random.random() < 0.7 else 0,
            terms=self._terms(random),
        )

    def _authors(self, random: Random) -> tuple[str, ...]:
        count = 1 if random.random() < 0.85 else random.choice((2, 2, 3))
        return tuple(dict.fromkeys(self.names.author(random) for _each in range(count)))

    def _genre_id(self, random: Random) -> int | None:
        if not self.genre_ids or random.random() < 0.02:
            return None
        return self.genre_ids[Skew(len(self.genre_ids), 4).pick(random)]

    def _terms(self, random: Random) -> tuple[Terms, ...]:
        usual = 4 + random.gammavariate(3, 4)
        sellers = random.sample(self.seller_ids, min(int(SELLERS.pick(random) or 0), len(self.seller_ids)))
        return tuple(
            Terms(
                seller_id,
                Decimal(int(usual * random.uniform(0.8, 1.1)) * 100 + random.choice(CENTS)).scaleb(-2),
                0 if random.random() < 0.15 else 1 + int(random.expovariate(0.1)),
            )
            for seller_id in sellers
        )


def isbn_at(place: int) -> str:
    """Return the ISBN at a place in our range, from 0 to LAST_PLACE. Source: ISBN Users' Manual, 7th edition, 4.4."""
    digits = f"{ISBN_PREFIX}{place:07}"
    return digits + ean.calc_check_digit(digits)


def place_of(isbn: str) -> int:
    """Return the place of an ISBN in our range."""
    return int(isbn[len(ISBN_PREFIX) : -1])
