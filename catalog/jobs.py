"""The catalogue's work that can wait."""

from procrastinate.contrib.django import app

from bookstore.core.queue import FOR_A_DAY
from catalog.search import missed
from catalog.search.index import index_books, rank_books
from catalog.search.vocabulary import refresh_vocabulary
from catalog.services import carry_on_bulk_change, delete_old_bulk_changes, refresh_popularity, sweep_covers


@app.task(queue="catalogue", retry=FOR_A_DAY)
def index_many(book_ids: list[int]) -> None:
    """Bring the search index up to date for many books."""
    index_books(book_ids)


@app.periodic(cron="25 * * * *")
@app.task(queue="catalogue", queueing_lock="refresh_search_words", retry=3)
def refresh_search_words(timestamp: int = 0) -> None:
    """Learn which words there are to correct a spelling to."""
    refresh_vocabulary()


@app.periodic(cron="35 3 * * *")
@app.task(queue="catalogue", queueing_lock="sweep_missed_searches", retry=3)
def sweep_missed_searches(timestamp: int = 0) -> None:
    """Forget what nobody searches for any more."""
    missed.sweep_missed()


@app.periodic(cron="40 2 * * *")
@app.task(queue="catalogue", queueing_lock="count_popularity", retry=3)
def count_popularity(timestamp: int = 0) -> None:
    """Count how much each book is wanted."""
    refresh_popularity()
    rank_books()


@app.task(queue="catalogue", retry=FOR_A_DAY)
def carry_on_bulk(change_id: int) -> None:
    """Do what is left of a bulk change; what was done before somebody killed this job stays done."""
    carry_on_bulk_change(change_id)


@app.periodic(cron="20 3 * * *")
@app.task(queue="catalogue", queueing_lock="delete_bulk_changes", retry=3)
def delete_bulk_changes(timestamp: int = 0) -> None:
    """Delete bulk changes that are long over."""
    delete_old_bulk_changes()


@app.periodic(cron="35 3 * * *")
@app.task(queue="catalogue", queueing_lock="sweep_pictures", retry=3)
def sweep_pictures(timestamp: int = 0) -> None:
    """Delete the pictures of covers that no book has any more."""
    sweep_covers()
