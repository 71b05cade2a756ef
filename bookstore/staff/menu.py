"""The admin's menu."""

from typing import Any

from django.apps import apps
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def admin_page(model: str, title: Any, icon: str) -> dict[str, Any]:
    """Make an entry of the admin's menu, for those whom that model's page lets in."""
    app, _dot, name = model.partition(".")

    def may_see(request: Any) -> bool:
        from django.contrib import admin  # which needs the settings

        return admin.site.get_model_admin(apps.get_model(app, name)).has_view_permission(request)

    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": may_see,
    }


MENU = [
    {
        "title": _("Orders"),
        "items": [
            admin_page("orders.ordertopack", _("To pack"), "package_2"),
            admin_page("orders.order", _("Orders"), "receipt_long"),
            admin_page("orders.refund", _("Refunds"), "currency_exchange"),
            admin_page("orders.invoice", _("Invoices"), "request_quote"),
        ],
    },
    {
        "title": _("Catalogue"),
        "items": [
            admin_page("catalog.book", _("Books"), "menu_book"),
            admin_page("catalog.contributor", _("Contributors"), "person_edit"),
            admin_page("catalog.series", _("Series"), "library_books"),
            admin_page("catalog.genre", _("Genres"), "account_tree"),
        ],
    },
    {
        "title": _("Shop window"),
        "items": [
            admin_page("catalog.staffpick", _("Staff picks"), "favorite"),
            admin_page("web.shoppage", _("Pages of the shop"), "article"),
        ],
    },
    {
        "title": _("Stock"),
        "items": [
            admin_page("catalog.delivery", _("Receiving"), "barcode_scanner"),
            admin_page("catalog.stockmovement", _("Stock movements"), "swap_vert"),
            admin_page("catalog.bulkchange", _("Bulk changes"), "percent"),
            admin_page("catalog.offer", _("Offers"), "sell"),
            admin_page("catalog.seller", _("Sellers"), "storefront"),
            admin_page("catalog.offerrunninglow", _("Low stock"), "production_quantity_limits"),
            admin_page("prebooking.bookindemand", _("Demand"), "trending_up"),
            admin_page("catalog.missedsearch", _("Searches in vain"), "search_off"),
            admin_page("prebooking.prebook", _("Prebooks"), "notifications_active"),
        ],
    },
    {
        "title": _("People"),
        "items": [
            admin_page("accounts.user", _("Users"), "person"),
            admin_page("accounts.authsession", _("Sessions of the API"), "devices"),
            admin_page("mfa.authenticator", _("Second factors"), "phonelink_lock"),
            admin_page("auth.group", _("Groups"), "group"),
            admin_page("core.change", _("Trail"), "history"),
            admin_page("accounts.notification", _("Notifications"), "notifications"),
            admin_page("accounts.notificationpreference", _("What they want to hear"), "tune"),
            admin_page("cart.cart", _("Carts"), "shopping_cart"),
            admin_page("wishlist.wish", _("Wishes"), "favorite"),
        ],
    },
    {
        "title": _("Files"),
        "items": [
            admin_page("staff.importrun", _("Import"), "upload_file"),
            admin_page("staff.exportrun", _("Export"), "download"),
        ],
    },
    {
        "title": _("Machinery"),
        "items": [
            admin_page("core.mail", _("Mails"), "mail"),
            admin_page("procrastinate.procrastinatejob", _("Jobs"), "manufacturing"),
            admin_page("core.auditrun", _("Audits"), "fact_check"),
        ],
    },
]
