"""Every write of the catalogue that has a rule."""

from catalog.services.books import Credit, archive_book, create_book, credit, put_credits, update_book
from catalog.services.bulk import (
    Preview,
    carry_on_bulk_change,
    delete_old_bulk_changes,
    preview_prices,
    start_bulk_change,
)
from catalog.services.contributors import merge_contributors
from catalog.services.covers import keep_cover, sweep_covers
from catalog.services.deliveries import (
    Scan,
    close_delivery,
    drop_kept_aside,
    open_delivery,
    receive_copies,
    receive_kept_aside,
    take_back_copies,
)
from catalog.services.genres import change_genre, create_genre, delete_genre
from catalog.services.offers import (
    OfferTerms,
    change_offer,
    change_prices,
    create_offer,
    put_offers,
    reread_books,
    switch_offers,
    withdraw_offer,
)
from catalog.services.popularity import counts_as_wanted, refresh_popularity
from catalog.services.sellers import change_seller, create_seller, store_seller
from catalog.services.stock import correct_stock, correct_stocks, put_back_stock, receive_stock, set_stock, take_stock

__all__ = [
    "Credit",
    "OfferTerms",
    "Preview",
    "Scan",
    "archive_book",
    "carry_on_bulk_change",
    "change_genre",
    "change_offer",
    "change_prices",
    "change_seller",
    "close_delivery",
    "correct_stock",
    "correct_stocks",
    "counts_as_wanted",
    "create_book",
    "create_genre",
    "create_offer",
    "create_seller",
    "credit",
    "delete_genre",
    "delete_old_bulk_changes",
    "drop_kept_aside",
    "keep_cover",
    "merge_contributors",
    "open_delivery",
    "preview_prices",
    "put_back_stock",
    "put_credits",
    "put_offers",
    "receive_copies",
    "receive_kept_aside",
    "receive_stock",
    "refresh_popularity",
    "reread_books",
    "set_stock",
    "start_bulk_change",
    "store_seller",
    "sweep_covers",
    "switch_offers",
    "take_back_copies",
    "take_stock",
    "update_book",
    "withdraw_offer",
]
