"""What must always hold of prebooks."""

from collections.abc import Iterator

from bookstore.core.audit import check
from prebooking.models import Prebook


@check("Nobody waits for a book that is in stock")
def nobody_waits_beside_stock() -> Iterator[str]:
    prebooks = Prebook.objects.waiting().filter(book__in_stock=True, book__archived_at=None)
    for pk, book_id in prebooks.order_by("pk").values_list("pk", "book_id").iterator():
        yield f"prebook {pk}: waiting, its book {book_id} is in stock"
