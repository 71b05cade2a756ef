"""The catalogue's work that can wait."""

from procrastinate.contrib.django import app

from catalog.search.index import index_books, rank_books
from catalog.search.vocabulary import refresh_vocabulary
from catalog.services import refresh_popularity


@app.task(queue="catalogue")
def index_many(book_ids: list[int]) -> None:
    """Bring the search index up to date for many books."""
    index_books(book_ids)


@app.periodic(cron="25 * * * *")
@app.task(queue="catalogue", queueing_lock="refresh_search_words", retry=3)
def refresh_search_words(timestamp: int = 0) -> None:
    """Learn which words there are to correct a spelling to."""
    refresh_vocabulary()


@app.periodic(cron="40 2 * * *")
@app.task(queue="catalogue", queueing_lock="count_popularity", retry=3)
def count_popularity(timestamp: int = 0) -> None:
    """Count how much each book is wanted."""
    refresh_popularity()
    rank_books()
