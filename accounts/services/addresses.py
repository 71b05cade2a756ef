"""A shopper's address book: as long as there are addresses, exactly one of them is the default."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from accounts.exceptions import AddressLimit, AddressNotFound
from accounts.models import Address, User

MOST_ADDRESSES = 50


def add_address(user: User, *, is_default: bool = False, **lines: str) -> Address:
    """
    Write an address into the user's book; the first one is the default in any case.

    Locks: the user. Raises: AddressLimit.
    """
    with _book_of(user) as book:
        if len(book) >= MOST_ADDRESSES:
            raise AddressLimit
        address = Address(user=user, **lines)
        address.save()
        if is_default or not book:
            _make_default(address, book)
    return address


def change_address(user: User, address_id: int, *, is_default: bool = False, **lines: str) -> Address:
    """Write other lines into an address. Locks: the user. Raises: AddressNotFound."""
    with _book_of(user) as book:
        address = _find(book, address_id)
        for name, value in lines.items():
            setattr(address, name, value)
        address.save(update_fields=list(lines))
        if is_default:
            _make_default(address, book)
    return address


def make_default_address(user: User, address_id: int) -> Address:
    """Send books to this address from now on. Locks: the user. Raises: AddressNotFound."""
    with _book_of(user) as book:
        address = _find(book, address_id)
        _make_default(address, book)
    return address


def delete_address(user: User, address_id: int) -> None:
    """
    Take an address out of the book; if it was the default, the newest of the others is that now.

    Locks: the user. Raises: AddressNotFound.
    """
    with _book_of(user) as book:
        address = _find(book, address_id)
        others = [one for one in book if one != address]
        address.delete()
        if address.is_default and others:
            _make_default(others[0], others)


@contextmanager
def _book_of(user: User) -> Iterator[list[Address]]:
    """Lock the user, as an empty book has no row to lock, and read the addresses, the newest first."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).locked().get()
        yield list(Address.objects.filter(user=user).order_by("-pk"))


def _find(book: list[Address], address_id: int) -> Address:
    address = next((one for one in book if one.pk == address_id), None)
    if address is None:
        raise AddressNotFound
    return address


def _make_default(address: Address, book: list[Address]) -> None:
    for one in book:
        if one.is_default and one != address:
            one.is_default = False
            one.save(update_fields=["is_default"])
    address.is_default = True
    address.save(update_fields=["is_default"])
