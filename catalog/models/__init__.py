"""What the shop sells, who sells it, and every copy that came or went; models of the parts, too."""

from catalog.bulk import BulkChange, BulkPart
from catalog.deliveries.models import Delivery, DeliveryLine, KeptAside
from catalog.models.books import LARGEST_PICTURE, Book, BookQuerySet, Format, Series, not_too_large
from catalog.models.contributors import Contribution, Contributor, Role
from catalog.models.genres import Genre, ids_below
from catalog.models.movements import MovementReason, StockMovement
from catalog.models.offers import Offer, OfferQuerySet, OfferRunningLow, store_currency
from catalog.models.picks import StaffPick
from catalog.models.sellers import Seller, may_change_all_offers
from catalog.search.models import BookSearch, MissedSearch, SearchWord

__all__ = [
    "Book",
    "BookQuerySet",
    "BookSearch",
    "BulkChange",
    "BulkPart",
    "Contribution",
    "Contributor",
    "Delivery",
    "DeliveryLine",
    "Format",
    "Genre",
    "KeptAside",
    "LARGEST_PICTURE",
    "MissedSearch",
    "MovementReason",
    "Offer",
    "OfferQuerySet",
    "OfferRunningLow",
    "Role",
    "SearchWord",
    "Seller",
    "Series",
    "StaffPick",
    "StockMovement",
    "ids_below",
    "may_change_all_offers",
    "not_too_large",
    "store_currency",
]
