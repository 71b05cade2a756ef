"""What must always hold of offers, their stock and their books."""

from collections.abc import Iterator

from django.conf import settings
from django.db import connection
from django.db.models import F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from bookstore.core.audit import check
from catalog.models import Book, Offer, StockMovement


@check("An offer's stock is the sum of its movements")
def stock_is_sum_of_movements() -> Iterator[str]:
    offers = (
        Offer.objects.order_by().values_list("pk", "stock_quantity").annotate(sum=Coalesce(Sum("movements__delta"), 0))
    )
    for pk, stock, total in offers.exclude(sum=F("stock_quantity")).iterator():
        yield f"offer {pk}: stock {stock}, movements add up to {total}"


@check("An offer's last movement left the stock there is")
def last_movement_left_the_stock() -> Iterator[str]:
    last = StockMovement.objects.filter(offer=OuterRef("pk")).order_by("-id").values("stock_after")[:1]
    offers = Offer.objects.order_by().annotate(left=Coalesce(Subquery(last), 0)).exclude(left=F("stock_quantity"))
    for pk, stock, left in offers.values_list("pk", "stock_quantity", "left").iterator():
        yield f"offer {pk}: stock {stock}, its last movement left {left}"


@check("Offers that are sold are in the shop's currency")
def offers_are_in_the_shops_currency() -> Iterator[str]:
    offers = Offer.objects.active().exclude(currency=settings.STORE_CURRENCY).order_by("pk")
    for pk, currency in offers.values_list("pk", "currency").iterator():
        yield f"offer {pk}: priced in {currency}, which is not the shop's {settings.STORE_CURRENCY}; nobody can buy it"


@check("Every book is in the search index")
def every_book_can_be_found() -> Iterator[str]:
    for pk in Book.objects.filter(search=None).values_list("pk", flat=True).iterator():
        yield f"book {pk} has no row in the index"


@check("A book's price and availability are those of its best offer")
def price_is_the_best_offers() -> Iterator[str]:
    rows = Book.objects.at_odds().order_by().values_list("pk", "told", "in_stock", "best", "copies")
    for pk, told, in_stock, best, copies in rows.iterator():
        yield f"book {pk}: price {told}, in stock {in_stock}; its offers say {best}, {copies > 0}"


DELIVERED = """
    SELECT delivery_id, offer_id, coalesce(line.copies, 0), coalesce(moved.copies, 0)
    FROM catalog_deliveryline AS line
    FULL JOIN (
        SELECT delivery_id, offer_id, sum(delta) AS copies
        FROM catalog_stockmovement
        WHERE delivery_id IS NOT NULL
        GROUP BY delivery_id, offer_id
    ) AS moved USING (delivery_id, offer_id)
    WHERE coalesce(line.copies, 0) <> coalesce(moved.copies, 0)
    ORDER BY delivery_id, offer_id
"""


@check("A delivery's lines are the sums of its movements")
def delivered_copies_are_movements() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(DELIVERED)
        for delivery, offer, copies, moved in cursor:
            yield f"delivery {delivery}, offer {offer}: {copies} copies, its movements add up to {moved}"


@check("An archived book has no active offer")
def archived_book_is_not_offered() -> Iterator[str]:
    offers = Offer.objects.active().exclude(book__archived_at=None)
    for pk, book_id in offers.order_by("pk").values_list("pk", "book_id").iterator():
        yield f"offer {pk}: active, its book {book_id} is archived"
