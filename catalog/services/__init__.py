"""Every write of the catalogue that has a rule."""

from catalog.services.books import Credit, archive_book, create_book, credit, put_credits, update_book
from catalog.services.contributors import merge_contributors
from catalog.services.genres import change_genre, create_genre, delete_genre
from catalog.services.offers import (
    OfferTerms,
    change_offer,
    change_prices,
    create_offer,
    put_offers,
    switch_offers,
    withdraw_offer,
)
from catalog.services.popularity import counts_as_wanted, refresh_popularity
from catalog.services.sellers import change_seller, create_seller, store_seller
from catalog.services.stock import correct_stock, put_back_stock, receive_stock, set_stock, take_stock

__all__ = [
    "Credit",
    "OfferTerms",
    "archive_book",
    "change_genre",
    "change_offer",
    "change_prices",
    "change_seller",
    "correct_stock",
    "counts_as_wanted",
    "create_book",
    "create_genre",
    "create_offer",
    "create_seller",
    "credit",
    "delete_genre",
    "merge_contributors",
    "put_back_stock",
    "put_credits",
    "put_offers",
    "receive_stock",
    "refresh_popularity",
    "set_stock",
    "store_seller",
    "switch_offers",
    "take_stock",
    "update_book",
    "withdraw_offer",
]
