"""Fill a shop with made-up books."""

from bookstore.core.making import MakingCommand, Tell
from catalog.making import make_books


class Command(MakingCommand):
    help = "Add made-up books, with authors, offers and stock, to measure and try things in; as many as you like."
    things = "books"

    def make(self, count: int, *, seed: int, tell: Tell) -> None:
        make_books(count, seed=seed, tell=tell)
