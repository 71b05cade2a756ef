"""ISBNs: read in every form people write them, kept as the thirteen digits."""

from django.utils.translation import gettext as _
from stdnum import isbn as numbers
from stdnum.exceptions import ValidationError


def parse_isbn(raw: str) -> str:
    """
    Return the ISBN-13 without hyphens for an ISBN-10 or ISBN-13 in any usual form.

    Raises: ValueError with a sentence for a person.
    Source: ISBN Users' Manual, 7th edition, 4.4 (check digit); ISO 2108.
    """
    try:
        return numbers.to_isbn13(numbers.validate(numbers.compact(raw)))
    except ValidationError as error:
        raise ValueError(_("“%(isbn)s” is not a valid ISBN.") % {"isbn": raw[:40]}) from error


def hyphenated(isbn: str) -> str:
    """Return an ISBN-13 with its hyphens, as it is printed on books."""
    return numbers.format(isbn)
