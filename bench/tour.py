"""The pages that shoppers see most, and how much they ask of the database; asked by way of `bench.inside`."""

from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from bench.shelves import books_for_sale, let_in
from cart.services import Shopper, add_item
from catalog.models import Book, Contributor, Genre
from orders.payment import Means
from orders.services import CheckoutRequest, check_out


def tour() -> dict[str, Any]:
    """Let a shopper in with an order and a cart; return their cookie, and each page's path and number of queries."""
    (user,) = let_in(1)
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    found = {}
    for name, path in paths(user).items():
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
