"""The pages that shoppers and staff see most, and how much they ask of the database; asked by `bench.inside`."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from bench.shelves import books_for_sale, let_in
from cart.services import Shopper, add_item
from catalog.models import Book, Contributor, Genre
from orders.models import Order
from orders.payment import Means
from orders.services import CheckoutRequest, check_out


def tour() -> dict[str, Any]:
    """Let a shopper in with an order and a cart; return their cookie, and each page's path and number of queries."""
    (user,) = let_in(1)
    return seen_by(user, paths(user))


def staff_tour() -> dict[str, Any]:
    """Let somebody of the staff in who may do everything; return the same of the admin's pages."""
    email = "bench-staff@example.com"
    user = User.objects.filter(email=email).first() or User.objects.create_superuser(email)
    return seen_by(user, staff_paths())


def seen_by(user: User, paths: dict[str, str]) -> dict[str, Any]:
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    found = {}
    for name, path in paths.items():
        client.get(path)  # the first page of a session notes that it is used
        with CaptureQueriesContext(connection) as asked:
            status = client.get(path).status_code
        if status != 200:
            raise SystemExit(f"{path} answers {status}.")
        found[name] = {"path": path, "queries": len(asked)}
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    return {"cookie": f"{cookie.key}={cookie.value}", "pages": found}


def paths(user: User) -> dict[str, str]:
    book = Book.objects.get(pk=books_for_sale()[0])
    add_item(Shopper(user_id=user.pk), book.pk)
    order = check_out(user, CheckoutRequest(means=Means("tok_ok"))).order
    add_item(Shopper(user_id=user.pk), book.pk)
    return {
        "home": reverse("web:home"),
        "list": reverse("catalog:books"),
        "book": book.get_absolute_url(),
        "genre": Genre.objects.earliest("pk").get_absolute_url(),
        "author": Contributor.objects.filter(books=book).earliest("pk").get_absolute_url(),
        "cart": reverse("cart:cart"),
        "till": reverse("orders:checkout"),
        "order": order.get_absolute_url(),
    }


def staff_paths() -> dict[str, str]:
    book = Book.objects.get(pk=books_for_sale()[0])
    order = Order.objects.latest("pk")
    lists = {
        "books": "catalog_book",
        "movements": "catalog_stockmovement",
        "offers": "catalog_offer",
        "low stock": "catalog_offerrunninglow",
        "demand": "prebooking_bookindemand",
        "orders": "orders_order",
        "to pack": "orders_ordertopack",
        "refunds": "orders_refund",
        "users": "accounts_user",
        "trail": "core_change",
    }
    pages = {name: reverse(f"admin:{model}_changelist") for name, model in lists.items()}
    genre = Genre.objects.earliest("pk")
    return {
        "dashboard": reverse("admin:index"),
        **pages,
        "books, words": f"{pages['books']}?{urlencode({'q': book.title})}",
        "books, a genre": f"{pages['books']}?genre__id__exact={genre.pk}",
        "orders, number": f"{pages['orders']}?q={order.number}",
        "orders, e-mail": f"{pages['orders']}?{urlencode({'q': order.user.email if order.user else ''})}",
        "users, name": f"{pages['users']}?q=anna",
        "one book": reverse("admin:catalog_book_change", args=[book.pk]),
        "one order": reverse("admin:orders_order_change", args=[order.pk]),
    }
