"""Acts on sellers."""

from collections.abc import Iterable

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from bookstore.core.models import ChangeAct
from bookstore.core.querysets import constraint_of
from bookstore.core.trail import record, remember
from catalog.exceptions import FieldsInvalid, SellerConflict, SellerNotFound
from catalog.models import Seller
from catalog.text import slug_of


def store_seller() -> Seller:
    """Return the store's own seller; a shop that has none yet gets one of the store's name."""
    store = Seller.objects.filter(is_store=True).first()
    if store is None:
        ours = Seller(name=settings.STORE_NAME, slug=slug_of(settings.STORE_NAME, fallback="store"))
        Seller.objects.bulk_create([ours], ignore_conflicts=True)
        Seller.objects.filter(name__iexact=settings.STORE_NAME).update(is_store=True)
        store = Seller.objects.get(is_store=True)
    return store


@transaction.atomic
def create_seller(name: str, *, members: Iterable[int] = (), actor: User | None = None) -> Seller:
    """Let someone new offer books. Raises: SellerConflict, FieldsInvalid for an unknown member."""
    seller = Seller(name=name)
    _save(seller)
    _set_members(seller, members)
    record(seller, actor, before={"members": set()}, act=ChangeAct.ADDED)
    return seller


@transaction.atomic
def change_seller(
    seller_id: int, *, name: str | None = None, members: Iterable[int] | None = None, actor: User | None = None
) -> Seller:
    """
    Rename a seller or say who its members are; the slug stays.

    Locks: the seller. Raises: SellerNotFound, SellerConflict, FieldsInvalid for an unknown member.
    """
    seller = Seller.objects.filter(pk=seller_id).locked().first()
    if seller is None:
        raise SellerNotFound
    before = remember(seller)
    if name is not None:
        seller.name = name
        _save(seller)
    if members is not None:
        _set_members(seller, members)
    record(seller, actor, before=before)
    return seller


def _save(seller: Seller) -> None:
    try:
        with transaction.atomic():
            seller.save()
    except IntegrityError as error:
        if constraint_of(error) == "seller_name_is_unique":
            raise SellerConflict from error
        raise


def _set_members(seller: Seller, members: Iterable[int]) -> None:
    wanted = set(members)
    known = User.objects.filter(pk__in=wanted)
    if len(known) < len(wanted):
        raise FieldsInvalid(fields={"members": _("There is no such user.")})
    seller.members.set(known)
