"""What shoppers need who buy: copies on the shelves and an open session; asked by way of `bench.inside`."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import AuthSession, User
from accounts.tokens import make_access_token
from bench.by_hand import buy_by_hand
from cart.services import Shopper, empty_carts
from catalog import services
from catalog.models import Book, Offer

TITLES = 1_000
AMPLE = 500_000  # copies of one title
AN_HOUR = timedelta(hours=1)


def till(shoppers: str) -> dict[str, Any]:
    """Put many copies of many titles on the shelves, let so many shoppers in, and return their tokens and the books."""
    return {"tokens": [token_of(user) for user in let_in(int(shoppers))], "books": stocked_books()}


def hot_title(copies: str) -> dict[str, int]:
    """Put so many copies of one title on the shelves, and return its offer."""
    offer = Offer.objects.active().filter(book=books_for_sale()[0])[0]
    services.set_stock(offer.pk, int(copies))
    return {"book_id": offer.book_id, "offer_id": offer.pk}


def copies_left(offer_id: str) -> int:
    return Offer.objects.get(pk=offer_id).stock_quantity


def jobs_left() -> int:
    """Return how many jobs wait for the worker."""
    return ProcrastinateJob.objects.filter(status="todo").count()


def by_hand(shoppers: str, seconds: str) -> list[float]:
    """Let so many shoppers buy by hand-written SQL, and return the figures. What it leaves to the worker is dropped."""
    users = [user.pk for user in let_in(int(shoppers))]
    last = ProcrastinateJob.objects.order_by("pk").values_list("pk", flat=True).last() or 0
    figures = buy_by_hand(users, stocked_books(), round(float(seconds)))
    with connection.cursor() as cursor:  # the model does not let anybody delete
        cursor.execute("DELETE FROM procrastinate_jobs WHERE id > %s", [last])
    return [*figures]


def stocked_books() -> list[int]:
    """Return books of which no purchase takes the last copy."""
    books = list(books_for_sale()[1 : TITLES + 1])
    for offer in Offer.objects.active().filter(book__in=books, stock_quantity__lt=AMPLE / 2):
        services.set_stock(offer.pk, AMPLE)
    return books


def books_for_sale() -> Any:
    return Book.objects.public().filter(offers__is_active=True).order_by("pk").distinct().values_list("pk", flat=True)


def let_in(shoppers: int) -> list[User]:
    """Return so many accounts with nothing in their carts."""
    emails = [f"buyer{number}@example.com" for number in range(shoppers)]
    known = set(User.objects.filter(email__in=emails).values_list("email", flat=True))
    for email in emails:
        if email not in known:
            User.objects.create_user(email)
    users = list(User.objects.filter(email__in=emails).order_by("pk"))
    for user in users:
        empty_carts(Shopper(user_id=user.pk))
    return users


def token_of(user: User) -> str:
    AuthSession.objects.filter(user=user).delete()
    now = timezone.now()
    return make_access_token(AuthSession.objects.create(user=user, jti=uuid4().hex, expires_at=now + AN_HOUR))
