"""The catalogue in the admin: a door like the others, every act a service."""

from catalog.admin.books import BookAdmin
from catalog.admin.bulk import BulkChangeAdmin
from catalog.admin.deliveries import DeliveryAdmin
from catalog.admin.genres import GenreAdmin
from catalog.admin.movements import StockMovementAdmin
from catalog.admin.names import ContributorAdmin, SellerAdmin, SeriesAdmin
from catalog.admin.offers import OfferAdmin
from catalog.admin.picks import StaffPickAdmin
from catalog.admin.wanted import LowStockAdmin, MissedSearchAdmin

__all__ = [
    "BookAdmin",
    "BulkChangeAdmin",
    "ContributorAdmin",
    "DeliveryAdmin",
    "GenreAdmin",
    "LowStockAdmin",
    "MissedSearchAdmin",
    "OfferAdmin",
    "SellerAdmin",
    "SeriesAdmin",
    "StaffPickAdmin",
    "StockMovementAdmin",
]
