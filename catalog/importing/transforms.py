"""
What a mapping may do to a cell of a foreign layout, by name.

Each takes the cell as it stands there and returns it as our own layout would write it; `warn` is told what is
left out on the way.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from django.utils.translation import gettext as _

Warn = Callable[[str], None]
Transform = Callable[[str, Warn], str]

LONGEST_NUMBER = 20  # characters, as Book.series_number

# What may stand behind a comma and still belongs to the name before it, without dots and case.
NAME_ENDINGS = {"jr", "sr", "ii", "iii", "iv", "phd", "md", "dds", "esq", "inc", "ltd", "llc"}


def isbn10_without_zeros(cell: str, warn: Warn) -> str:
    """Give an ISBN-10 the leading zeros back that a spreadsheet took; a bare 0 stands for none."""
    return cell.zfill(10) if cell.strip("0") else ""


def names_by_comma(cell: str, warn: Warn) -> str:
    """Part names at commas, but for endings such as “Jr.”."""
    names: list[str] = []
    for part in re.split(r",\s", " ".join(cell.split())):
        if names and part.replace(".", "").casefold().strip() in NAME_ENDINGS:
            names[-1] += f", {part.strip()}"
        else:
            names.append(part.strip())
    return "; ".join(name for name in names if name)


def title_before_series(cell: str, warn: Warn) -> str:
    """Return “Title” of “Title (Series, #1)”."""
    return take_apart(cell).title


def series_behind_title(cell: str, warn: Warn) -> str:
    """Return “Series” of “Title (Series, #1)”; of several series the first."""
    printed = take_apart(cell)
    if printed.others:
        warn(_("A book stands in one series only; left out: “%(others)s”.") % {"others": printed.others})
    return printed.series


def number_behind_title(cell: str, warn: Warn) -> str:
    """Return “1” of “Title (Series, #1)”."""
    return take_apart(cell).number


def whole_year(cell: str, warn: Warn) -> str:
    """Return a year without the decimals that a spreadsheet gave it, “-720.0” as “-720”."""
    return re.sub(r"\.0*$", "", cell)


def unless_placeholder(cell: str, warn: Warn) -> str:
    """Drop the address of a picture that says that there is none."""
    return "" if "nophoto" in cell.casefold() else cell


TRANSFORMS: dict[str, Transform] = {
    transform.__name__: transform
    for transform in (
        isbn10_without_zeros,
        names_by_comma,
        title_before_series,
        series_behind_title,
        number_behind_title,
        whole_year,
        unless_placeholder,
    )
}


class PrintedTitle(NamedTuple):
    """A title taken apart; `others` are the series behind the first."""

    title: str
    series: str = ""
    number: str = ""
    others: str = ""


def take_apart(cell: str) -> PrintedTitle:
    """
    Split “Title (Series, #1; Other, #2)”; a bracket without a number is part of the title.

    The number may be a range or a part (“1-3”, “0.5”, “3: Part 2 of 2”).
    """
    whole = " ".join(cell.split())
    start = _start_of_last_bracket(whole)
    title = whole[:start].rstrip()
    series, hash_sign, rest = whole[start + 1 : -1].partition("#")
    number, others = _number_and_others(rest.strip())
    series = series.rstrip(" ,").lstrip()
    is_number = number[:1] in set("0123456789") and "#" not in number and len(number) <= LONGEST_NUMBER
    if not (title and series and is_number):
        return PrintedTitle(whole)
    return PrintedTitle(title, series, number, others)


def _start_of_last_bracket(text: str) -> int:
    """Find the bracket that the one at the end closes; where there is none, the end."""
    depth = 0
    for index in range(len(text) - 1, -1, -1) if text.endswith(")") else ():
        depth += {")": 1, "(": -1}.get(text[index], 0)
        if depth == 0:
            return index
    return len(text)


def _number_and_others(rest: str) -> tuple[str, str]:
    if "#" not in rest:
        return rest, ""
    number, *others = re.split(r"[;,]", rest, maxsplit=1)
    return number.strip(), "".join(others).strip()
