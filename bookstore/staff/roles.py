"""
The groups that a shop begins with: buyers, packers, managers.

They come with the migrations. Each permission is given to its group once, and noted in `Role.given`: superusers may
take it away, give more, rename the group or delete it, and the next migration leaves that as it is. What a later
version of the shop adds, such as a new page, is given then, once as well. A group of the same name that was there
before is left alone.

Nobody of them may say who is staff, what a group may do, or look at the machinery: that is for superusers.
"""

from collections.abc import Iterable
from typing import Any

from django.apps import apps as installed
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from bookstore.staff.models import Role

BUYER = """
catalog: view_book add_book change_book view_contribution add_contribution change_contribution delete_contribution
catalog: view_offer add_offer change_offer view_stockmovement view_genre add_genre change_genre view_seller
catalog: view_contributor add_contributor change_contributor view_series add_series change_series
catalog: view_staffpick add_staffpick change_staffpick delete_staffpick
catalog: view_delivery add_delivery change_delivery view_offerrunninglow view_missedsearch view_bulkchange
orders: view_sales
prebooking: view_bookindemand
"""
PACKER = """
orders: view_order change_order view_orderitem view_orderevent
"""
MANAGER = """
accounts: *
auth: view_group
cart: *
catalog: *
core: view_change
mfa: view_authenticator delete_authenticator
orders: *
prebooking: *
web: *
wishlist: *
"""
ROLES = {"buyer": ("Buyer", BUYER), "packer": ("Packer", PACKER), "manager": ("Manager", MANAGER)}


def give_roles(*, apps: Any = installed, **kwargs: Any) -> None:
    """Make the groups, and give each what it was not given before; a shop migrated only in part waits."""
    try:
        apps.get_model("staff", "Role")
    except LookupError:
        return
    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    for key, (name, rights) in ROLES.items():
        _give(key, name, {right: known[right] for right in _spelled_out(rights, known)})


@transaction.atomic
def _give(key: str, name: str, wanted: dict[str, Permission]) -> None:
    role = Role.objects.filter(key=key).first()
    if role is None:
        group, is_new = Group.objects.get_or_create(name=name)
        role = Role(key=key, group=group, given=[] if is_new else sorted(wanted))
    missing = sorted(wanted.keys() - set(role.given))
    if role.group:
        role.group.permissions.add(*(wanted[right] for right in missing))
    role.given = [*role.given, *missing]
    role.save()


def _spelled_out(rights: str, known: Iterable[str]) -> set[str]:
    """Return what the lines say as `app.codename`; `*` is every permission of an app."""
    wanted: set[str] = set()
    for line in rights.strip().splitlines():
        app, _colon, names = line.partition(": ")
        wanted |= {f"{app}.{name}" for name in names.split() if name != "*"} & set(known)
        if names == "*":
            wanted |= {right for right in known if right.startswith(f"{app}.")}
    return wanted
