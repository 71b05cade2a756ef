"""People found by their names: by the beginnings of words in any order, whatever their case and accents."""

import re
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector

WORDS = "names"  # PostgreSQL's text search configuration, which leaves out no word and every accent
LETTERS = re.compile(r"[^\W_]+")


def name_vector(name: Any) -> SearchVector:
    """Return the words of a name, as an index holds them."""
    return SearchVector(name, config=WORDS)


def name_query(typed: str) -> SearchQuery | None:
    """Return what asks for names in which every typed word begins one; None where nothing typed is a word."""
    words = LETTERS.findall(typed)
    return SearchQuery(" & ".join(f"'{word}':*" for word in words), config=WORDS, search_type="raw") if words else None
