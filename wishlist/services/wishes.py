"""Acts on single wishes."""

from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal

from django.core import signing
from django.db import IntegrityError, transaction

from accounts.models import User
from bookstore.core.querysets import constraint_of
from catalog.exceptions import BookNotFound
from catalog.models import Book
from wishlist.exceptions import WishlistDuplicate, WishNotFound
from wishlist.models import Wish

REMOVAL = "wishlist.removal"
REMOVAL_LASTS = timedelta(days=1)


def add_wish(user: User, book_id: int) -> Wish:
    """
    Put a book on the user's wishlist, and note what it costs now.

    Raises: BookNotFound; WishlistDuplicate, also where a twin of this request was quicker.
    """
    book = Book.objects.public().defer("description").filter(pk=book_id).first()
    if book is None:
        raise BookNotFound
    try:
        with transaction.atomic():
            return Wish.objects.create(user=user, book=book, price=book.price)
    except IntegrityError as error:
        if constraint_of(error) != "wish_once_per_user_and_book":
            raise
        raise WishlistDuplicate from error


@transaction.atomic
def remove_wish(user: User, book_id: int) -> Wish:
    """Take a book off the user's wishlist, and return what stood there. Locks: the wish. Raises: WishNotFound."""
    wish = Wish.objects.of(user).filter(book=book_id).locked().first()
    if wish is None:
        raise WishNotFound
    Wish.objects.filter(pk=wish.pk).delete()
    return wish


def keep_wish(user: User, book_id: int, *, is_wanted: bool) -> None:
    """Have a book on the wishlist, or not, whatever was before. Raises: BookNotFound."""
    if is_wanted:
        with suppress(WishlistDuplicate):
            add_wish(user, book_id)
    else:
        with suppress(WishNotFound):
            remove_wish(user, book_id)


def removal_token(wish: Wish) -> str:
    """Sign what stood on the list, so that the removal can be undone as if nothing had been."""
    prices = [price and str(price) for price in (wish.price, wish.told_price)]
    return signing.dumps([wish.user_id, wish.book_id, wish.added_at.isoformat(), *prices], salt=REMOVAL)


def read_removal(user: User, token: str) -> Wish:
    """
    Return the wish that was removed, not saved, with its book.

    Raises: WishNotFound for a token that is another's, over, or none of ours.
    """
    try:
        user_id, book_id, added_at, *prices = signing.loads(token, salt=REMOVAL, max_age=REMOVAL_LASTS)
    except signing.BadSignature as error:
        raise WishNotFound from error
    book = Book.objects.defer("description").filter(pk=book_id).first()
    if user_id != user.pk or book is None:
        raise WishNotFound
    price, told_price = [price and Decimal(price) for price in prices]
    return Wish(user=user, book=book, added_at=datetime.fromisoformat(added_at), price=price, told_price=told_price)


def put_back_wish(user: User, token: str) -> None:
    """
    Undo a removal: the wish stands where it stood, with the price of then; one that is there again stays.

    Raises: WishNotFound as `read_removal` does.
    """
    Wish.objects.bulk_create([read_removal(user, token)], ignore_conflicts=True)
