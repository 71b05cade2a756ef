"""The catalogue in the admin: a door like the others, every act a service."""

from catalog.admin.books import BookAdmin
from catalog.admin.genres import GenreAdmin
from catalog.admin.movements import StockMovementAdmin
from catalog.admin.names import ContributorAdmin, SellerAdmin, SeriesAdmin
from catalog.admin.picks import StaffPickAdmin

__all__ = [
    "BookAdmin",
    "ContributorAdmin",
    "GenreAdmin",
    "SellerAdmin",
    "SeriesAdmin",
    "StaffPickAdmin",
    "StockMovementAdmin",
]
