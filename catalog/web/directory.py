"""The directory: all genres as a tree, with how many books there are in each."""

from dataclasses import dataclass, field

from django.db import connection

from catalog.models import Genre

MOST_COUNTED = 1_000  # books of a genre; what is above is only told to be more

# Each genre's books are counted in the index of the books by genre, and no further than needed.
COUNTS = """
    SELECT genre.id, (
        SELECT count(*) FROM (
            SELECT FROM catalog_book WHERE genre_id = genre.id AND archived_at IS NULL LIMIT %s
        ) AS counted
    ) FROM catalog_genre AS genre
"""


@dataclass
class Place:
    """A genre in the directory; `count` is of its books and of all below it, or of at least so many where capped."""

    genre: Genre
    count: int
    is_capped: bool
    below: list["Place"] = field(default_factory=list)


def directory() -> list[Place]:
    """Return the genres at the top of the tree, each with all below it."""
    counts = count_books()
    top: list[Place] = []
    line: list[Place] = []
    for depth, genre in Genre.objects.in_tree_order():
        count = counts.get(genre.pk, 0)
        place = Place(genre, min(count, MOST_COUNTED), count > MOST_COUNTED)
        del line[depth:]
        for above in line:
            above.count += place.count
            above.is_capped |= place.is_capped
        (line[-1].below if line else top).append(place)
        line.append(place)
    return top


def count_books() -> dict[int, int]:
    """Count the public books right in each genre, to one above MOST_COUNTED."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, [MOST_COUNTED + 1])
        return dict(cursor.fetchall())
