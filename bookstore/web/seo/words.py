"""What search engines and previews say of a page, below its title."""

from collections.abc import Sequence
from typing import Any

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from catalog.models import Book, Contributor, Format, Genre, Seller

LONGEST = 160  # characters; more is hardly ever shown
EXAMPLES = 3  # books named for a list


def shortened(text: str, longest: int = LONGEST) -> str:
    """Return the beginning of a text on one line."""
    return Truncator(" ".join(text.split())).chars(longest)


def title_on(title: str, number: int) -> str:
    """Return the title of a page of a list; the first has the list's own."""
    return title if number == 1 else _("%(title)s · Page %(number)s") % {"title": title, "number": number}


def about_book(book: Book) -> str:
    """Describe a book by its own description, else by what is known of it."""
    if book.description.strip():
        return shortened(book.description)
    title, byline = shortened(book.title, 80), shortened(book.byline, 60)
    known = [
        _("%(title)s by %(byline)s") % {"title": title, "byline": byline} if byline else title,
        "" if book.format == Format.OTHER else str(Format(book.format).label),
        shortened(book.publisher, 60),
        str(book.publish_date.year) if book.publish_date else "",
    ]
    return ", ".join(filter(None, known))


def about_list(place: Genre | Seller | Contributor | None, books: Sequence[Any]) -> str:
    """Describe a list by some of its books, as no two lists begin with the same ones."""
    titles = ", ".join(shortened(book.title, 45) for book in books[:EXAMPLES])
    words = {
        Genre: _("%(name)s: books such as %(titles)s."),
        Contributor: _("Books by %(name)s: %(titles)s."),
        Seller: _("Books sold by %(name)s: %(titles)s."),
    }
    if place is None:
        return _("All our books: %(titles)s.") % {"titles": titles}
    return words[type(place)] % {"name": place.name, "titles": titles}
