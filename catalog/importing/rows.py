"""What a row says, in normal forms: checked here for shape, in the database's light when it is written."""

import functools
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

from catalog.exceptions import FieldsInvalid
from catalog.isbn import parse_isbn
from catalog.language import parse_language
from catalog.models import Book, Contributor, Role, Series
from catalog.services.ledger import valid_copies, valid_price

PEOPLE = {
    "authors": Role.AUTHOR,
    "translators": Role.TRANSLATOR,
    "illustrators": Role.ILLUSTRATOR,
    "editors": Role.EDITOR,
    "narrators": Role.NARRATOR,
}
PERSON = re.compile(r"(?:\\[;\\]|[^;])+")  # between semicolons that have no backslash in front
ROUNDED = re.compile(r"[0-9][.,][0-9]+E\+?[0-9]+", re.IGNORECASE)
COLUMNS = (
    "isbn", "title", "subtitle", *PEOPLE, "byline", "genre", "series", "series_number", "publisher", "language",
    "format", "pages", "publish_date", "first_published_year", "description", "cover_image_url", "popularity",
    "source", "source_id", "id", "seller", "price", "stock_quantity",
)  # fmt: skip


class Note(NamedTuple):
    """What became of a row that was not simply taken; `key` is what the row is known by."""

    line: int
    kind: Literal["rejected", "warning"]
    key: str
    reason: str


class Rejected(ValueError):
    """A row that cannot be taken; says why in a sentence."""


@dataclass(frozen=True)
class Row:
    """
    What one row states. An empty cell states nothing: its name is not in `details`, its value None or "".

    `details` holds columns of Book by name, `credits` names by role, `source` the source and the id there, `id` the
    shop's own number of a book that has neither ISBN nor source;
    `byline` is what the authors' names make, for where they change and the row states none of its own.
    """

    line: int
    isbn: str
    source: tuple[str, str] | None
    id: int | None
    seller: str
    price: Decimal | None
    stock_quantity: int | None
    genre: str
    series: str
    series_number: str
    popularity: int
    byline: str
    details: Mapping[str, Any] = field(default_factory=dict)
    credits: Mapping[Role, tuple[str, ...]] = field(default_factory=dict)

    @property
    def keys(self) -> list[str | tuple[str, str]]:
        """What the row's book is recognised by."""
        return [key for key in (self.isbn, self.source, self.id and ("", str(self.id))) if key]

    @property
    def key(self) -> str:
        """What the row is known by, for people."""
        return _key(self.isbn, *(self.source or ("", "")), str(self.id or ""))

    @property
    def states_terms(self) -> bool:
        return self.price is not None or self.stock_quantity is not None


def parse_row(line: int, cells: Mapping[str, str]) -> tuple[Row, list[str]]:
    """Return what a row states, and what of it was left out and why. Raises: Rejected."""
    warnings: list[str] = []

    def read(name: str) -> Any:
        return _read(name, cells.get(name, ""), warnings)

    isbn, source, pk = read("isbn") or "", (read("source"), read("source_id")), read("id")
    if not isbn and None in source and pk is None:
        raise Rejected(" ".join([*warnings, _("Without a valid ISBN, or a source with its id, no book is known.")]))
    if (source[0] is None) != (source[1] is None):
        warnings.append(_("A source and the id there go together; left out."))
    names = {role: people for column, role in PEOPLE.items() if (people := read(column))}
    details = {name: value for name in DETAILS if (value := read(name)) is not None}
    row = Row(
        line=line,
        isbn=isbn,
        source=None if None in source else source,
        id=pk,
        seller=read("seller") or "",
        price=read("price"),
        stock_quantity=read("stock_quantity"),
        genre=read("genre") or "",
        series=read("series") or "",
        series_number=read("series_number") or "",
        popularity=read("popularity") or 0,
        byline=_read("byline", ", ".join(names.get(Role.AUTHOR, ())), warnings) or "",
        details=details,
        credits=names,
    )
    if row.series_number and not row.series:
        warnings.append(_("series_number: a number without a series; left out."))
    return row, warnings


def key_of(cells: Mapping[str, str]) -> str:
    """Say what a row is known by, as its cells have it."""
    return _key(*(_line(cells.get(name, ""))[:100] for name in ("isbn", "source", "source_id", "id")))


def _key(isbn: str, source: str, source_id: str, pk: str) -> str:
    return f"id {source}/{source_id}" if source_id else f"ISBN {isbn}" if isbn else f"id {pk}" if pk else ""


def _read(name: str, cell: str, warnings: list[str]) -> Any:
    """Return a cell's value, or None where it is empty or, with a warning, cannot be read."""
    if not (cell := cell.strip()):
        return None
    try:
        return READERS[name](cell)
    except (ValueError, ValidationError, FieldsInvalid) as error:
        sentence = f"{name}: {_sentence_of(error)}"
        if name in VITAL:
            raise Rejected(sentence) from error
        warnings.append(_("%(sentence)s Left out.") % {"sentence": sentence})
        return None


def _sentence_of(error: ValueError | ValidationError | FieldsInvalid) -> str:
    if isinstance(error, FieldsInvalid):
        return " ".join(str(text) for text in error.fields.values())
    return error.messages[0] if isinstance(error, ValidationError) else str(error)


# Normal forms


def _line(cell: str) -> str:
    """Bring text of one line into the form it is stored and compared in."""
    return unicodedata.normalize("NFC", " ".join(cell.split()))


def _text(cell: str) -> str:
    return unicodedata.normalize("NFC", cell.replace("\r\n", "\n").replace("\r", "\n").strip())


def says(name: str, stored: Any, value: Any) -> bool:
    """Tell whether a column holds this value, in whichever form it was stored."""
    normal = _text if name == "description" else _line
    return stored == value or (isinstance(stored, str) and normal(stored) == value)


def is_name(stored: str, name: str) -> bool:
    """Tell whether a stored name is this one, whatever its case."""
    return _line(stored).lower() == name.lower()


def _field(model: type[Model], name: str, normal: Callable[[str], str] = _line) -> Callable[[str], Any]:
    """Read a cell as a model's field does, by the field's own rules."""
    column: Any = model._meta.get_field(name)

    def read(cell: str) -> Any:
        text = normal(cell)
        if column.max_length and len(text) > column.max_length:
            raise ValueError(
                _("%(found)d characters, at most %(most)d fit.") % {"found": len(text), "most": column.max_length}
            )
        return column.clean(text, None)

    return read


_name = _field(Contributor, "name")


def _people(cell: str) -> tuple[str, ...]:
    names = (re.sub(r"\\([;\\])", r"\1", name) for name in PERSON.findall(cell))
    return tuple(dict.fromkeys(_name(name) for name in names if name.strip()))


def join_people(names: Iterable[str]) -> str:
    """Write names as a cell; a semicolon within one gets a backslash in front."""
    return "; ".join(re.sub(r"([;\\])", r"\\\1", name) for name in names)


def read_isbn(cell: str) -> str:
    """Return an ISBN as `parse_isbn` does. Raises: ValueError, also for one whose digits a spreadsheet has rounded."""
    if ROUNDED.fullmatch(cell):
        sentence = _("“%(isbn)s” has lost its digits in a spreadsheet: make that column text, and fill it in again.")
        raise ValueError(sentence % {"isbn": cell[:40]})
    return parse_isbn(cell)


def read_id(cell: str) -> int:
    """Return a book's number in this shop. Raises: ValueError."""
    if not re.fullmatch(r"[0-9]{1,18}", cell):
        raise ValueError(_("“%(cell)s” is not the number of a book.") % {"cell": cell[:40]})
    return int(cell)


def read_price(cell: str) -> Decimal:
    """Return a price in the store's currency. Raises: ValueError, FieldsInvalid."""
    try:
        return valid_price(Decimal(cell))
    except InvalidOperation as error:
        raise ValueError(_("“%(cell)s” is not a price such as 9.99.") % {"cell": cell[:40]}) from error


def read_copies(cell: str) -> int:
    """Return a number of copies. Raises: ValueError, FieldsInvalid."""
    if not re.fullmatch(r"[0-9]{1,10}", cell):
        raise ValueError(_("“%(cell)s” is not a number of copies.") % {"cell": cell[:40]})
    return valid_copies(int(cell))


DETAILS: dict[str, Callable[[str], Any]] = {
    **{
        name: _field(Book, name)
        for name in (
            "title", "subtitle", "byline", "publisher", "pages", "publish_date", "first_published_year",
            "cover_image_url",
        )
    },
    "language": functools.lru_cache(maxsize=1000)(parse_language),
    "format": _field(Book, "format", str.upper),
    "description": _field(Book, "description", _text),
}  # fmt: skip
READERS: dict[str, Callable[[str], Any]] = {
    **DETAILS,
    **dict.fromkeys(PEOPLE, _people),
    **{name: _field(Book, name) for name in ("series_number", "popularity", "source", "source_id")},
    "isbn": read_isbn,
    "id": read_id,
    "genre": _line,
    "series": _field(Series, "name"),
    "seller": _line,
    "price": read_price,
    "stock_quantity": read_copies,
}
# A cell of these that cannot be read makes the whole row unreadable; any other is left out with a warning.
VITAL = {"title", "source", "source_id", "id", "price", "stock_quantity"}
