"""How the columns of a file become ours: by their names, or by a small file that says so."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from catalog.importing.reader import UnreadableFile
from catalog.importing.rows import COLUMNS
from catalog.importing.transforms import TRANSFORMS, Transform

FOLDER = Path(__file__).parent / "mappings"


# What says which book, and whose offer, a row is about.
KNOWN_BY = frozenset({"isbn", "source", "source_id", "id", "seller"})


class Part(models.TextChoices):
    """What of books a file is to change. Only one of books adds new ones."""

    BOOKS = "BOOKS", _lazy("books")
    OFFERS = "OFFERS", _lazy("offers")
    STOCK = "STOCK", _lazy("stock")


COLUMNS_OF = {
    Part.BOOKS: frozenset(COLUMNS),
    Part.OFFERS: KNOWN_BY | {"price", "stock_quantity"},
    Part.STOCK: KNOWN_BY | {"stock_quantity"},
}


class UnknownMapping(ValueError):
    """There is no mapping of this name, or its file is wrong; says so in a sentence."""


@dataclass(frozen=True)
class Origin:
    """Where one of our columns comes from."""

    column: str
    transform: Transform = field(default=lambda cell, warn: cell)


@dataclass(frozen=True)
class Layout:
    """
    A foreign layout; ours has no origins: there every column is its own.

    `columns` are those of ours that are read, if the file has them.
    """

    origins: Mapping[str, Origin] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    columns: frozenset[str] = frozenset(COLUMNS)

    @property
    def takes_new_books(self) -> bool:
        return "title" in self.columns

    def unknown(self, header: Iterable[str]) -> list[str]:
        """
        Return columns that look misspelt, in our own layout only: a foreign one may have more than we read.

        Raises: UnreadableFile where needed columns are missing.
        """
        found = set(header)
        if self.origins:
            missing = sorted({origin.column for origin in self.origins.values()} - found)
            if missing:
                raise UnreadableFile(_("The file has no column %(names)s.") % {"names": ", ".join(missing)})
            return []
        if not found & {"isbn", "id"} and not {"source", "source_id"} <= found:
            raise UnreadableFile(_("The file needs a column isbn, or source and source_id, to know books by."))
        stating = self.columns - KNOWN_BY
        if not (self.takes_new_books or found & stating):
            names = ", ".join(name for name in COLUMNS if name in stating)
            raise UnreadableFile(_("The file has none of the columns %(names)s.") % {"names": names})
        return [name for name in header if name not in COLUMNS]

    def translate(self, cells: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
        """Return a row's cells under our columns, and what was left out on the way."""
        left_out: list[str] = []
        if not self.origins:
            return {name: cell for name, cell in cells.items() if name in self.columns}, left_out
        ours = {
            name: origin.transform(cells[origin.column].strip(), left_out.append)
            for name, origin in self.origins.items()
            if name in self.columns
        }
        constants = {name: text for name, text in self.constants.items() if name in self.columns}
        return {**constants, **ours}, left_out

    def reading(self, part: Part) -> "Layout":
        """Return this layout, of which only a part is read."""
        return replace(self, columns=COLUMNS_OF[part])


OUR_LAYOUT = Layout()


def layout_names() -> list[str]:
    """Name the layouts that come with the shop."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def find_layout(name: str) -> Layout:
    """Return a layout by its name, or by the path of its file. Raises: UnknownMapping."""
    if name in layout_names():
        path = FOLDER / f"{name}.toml"
    elif name.endswith(".toml"):
        path = Path(name)
    else:
        raise UnknownMapping(
            _("There is no mapping “%(name)s”; there are: %(names)s, or the path of a .toml file of your own.")
            % {"name": name, "names": ", ".join(layout_names())}
        )
    try:
        return _layout(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise UnknownMapping(
            _("The mapping %(path)s cannot be used: %(error)s") % {"path": path.name, "error": error}
        ) from error


def _layout(document: Mapping[str, Any]) -> Layout:
    _check_names("a mapping", document, {"columns", "constants"})
    columns, constants = document.get("columns"), document.get("constants", {})
    if not columns:
        raise ValueError("it names no [columns].")
    _check_names("[columns]", columns, COLUMNS)
    _check_names("[constants]", constants, COLUMNS)
    return Layout(
        {name: _origin(text) for name, text in columns.items()}, {name: str(text) for name, text in constants.items()}
    )


def _origin(text: str | Mapping[str, str]) -> Origin:
    if isinstance(text, str):
        return Origin(text)
    _check_names("a column", text, {"from", "as"})
    _check_names("“as”", {text["as"]}, TRANSFORMS)
    return Origin(text["from"], TRANSFORMS[text["as"]])


def _check_names(place: str, names: Iterable[str], known: Iterable[str]) -> None:
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise ValueError(f"{place} knows no {', '.join(unknown)}; it knows {', '.join(sorted(known))}.")
