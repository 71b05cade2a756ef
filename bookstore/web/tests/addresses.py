"""The pages of the shop, taken from the URLconf, so that a new one cannot be forgotten."""

from collections.abc import Iterator
from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import Kind, User
from accounts.services import unsubscribe_token
from accounts.tests.factories import UserFactory
from bookstore.web.tests.shop import Shop
from cart.services import Shopper, add_item
from catalog.models import Book
from prebooking.services import create_prebook
from wishlist.services import share_wishlist

# Addresses among the pages' that answer with something else, or only with a part of a page.
OTHERS = {
    "account_logout", "accounts:default_address", "accounts:delete_address", "accounts:download",
    "accounts:end_session", "accounts:end_sessions", "accounts:language", "cart:add", "cart:change",
    "cart:remove", "cart:undo_merge",
    "catalog:cover", "catalog:facets", "github_callback",
    "mfa_download_recovery_codes", "notifications:follow", "notifications:read_all", "notifications:unread",
    "openid_connect_callback", "orders:again", "orders:cancel", "orders:invoice_pdf", "prebooking:cancel",
    "web:favicon", "web:manifest", "web:media", "web:move_to_cart", "web:new_books", "web:new_in_genre",
    "web:robots", "web:sitemap", "web:sitemap_alone", "web:sitemap_part", "wishlist:heart",
    "wishlist:put_back", "wishlist:remove", "wishlist:share", "wishlist:unshare",
}  # fmt: skip

# Pages that take a form.
FORMS = {
    "account_change_password", "account_confirm_email", "account_email", "account_login", "account_reauthenticate",
    "account_reset_password", "account_reset_password_from_key", "account_set_password", "account_signup",
    "accounts:address", "accounts:close", "accounts:new_address", "accounts:profile", "catalog:seen", "github_login",
    "mfa_activate_totp", "mfa_authenticate", "mfa_deactivate_totp", "mfa_generate_recovery_codes",
    "mfa_reauthenticate", "notifications:preferences", "notifications:unsubscribe", "openid_connect_login",
    "orders:checkout", "orders:order", "prebooking:new", "socialaccount_connections",
}  # fmt: skip


def names_in(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    """Yield the names of all addresses but those of the admin, the service and the APIs."""
    for pattern in resolver.url_patterns:
        if str(pattern.pattern).startswith("admin/"):
            continue
        if isinstance(pattern, URLPattern):
            yield f"{namespace}:{pattern.name}" if namespace else str(pattern.name)
        elif pattern.namespace != "core" and not (pattern.namespace or "").endswith("_api"):
            yield from names_in(pattern, pattern.namespace or namespace)


PAGES = sorted(set(names_in(get_resolver())) - OTHERS)


def arguments_for(name: str, shop: Shop) -> list[Any]:
    """Return an example for a page that needs to be told which; one without an example cannot be reversed."""
    examples = {
        "account_confirm_email": lambda: [key_for_new_email()],
        "account_reset_password_from_key": lambda: [user_pk_to_url_str(shop.reader), "set-password"],
        "accounts:address": lambda: [shop.reader.addresses.latest("pk").pk],
        "catalog:author": lambda: [shop.author.pk, shop.author.slug],
        "catalog:book": lambda: [shop.book.pk, shop.book.slug],
        "catalog:genre": lambda: [shop.genre.slug],
        "catalog:seller": lambda: [shop.seller.slug],
        "notifications:unsubscribe": lambda: [unsubscribe_token(Kind.PRICE_DROP, shop.reader)],
        "orders:checkout": lambda: fill_cart(shop),
        "orders:invoice": lambda: [shop.order.number],
        "orders:order": lambda: [shop.order.number],
        "prebooking:new": lambda: [Book.objects.filter(in_stock=False).latest("pk").pk],
        "prebooking:prebooks": lambda: prebook_some(shop.reader),
        "web:mail": lambda: [shop.mail.pk],
        "web:page": lambda: [shop.page.slug],
        "wishlist:shared": lambda: [share_wishlist(shop.reader, shows_name=True).token],
    }
    return examples.get(name, list)()


def prebook_some(user: User) -> list[Any]:
    for book in Book.objects.filter(in_stock=False):
        create_prebook(user, book.pk)
    return []


def fill_cart(shop: Shop) -> list[Any]:
    add_item(Shopper(user_id=shop.reader.pk), shop.book.pk)
    return []


def key_for_new_email() -> str:
    user = UserFactory()
    return EmailConfirmationHMAC(EmailAddress.objects.create(user=user, email=user.email)).key
