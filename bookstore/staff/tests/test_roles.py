"""The groups that a shop begins with, and what else staff must not do: make themselves more than they are."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from accounts.tests.factories import PASSWORD, StaffFactory, UserFactory
from bookstore.staff.models import Role
from bookstore.staff.roles import ROLES, give_roles

pytestmark = pytest.mark.django_db


def rights_of(group: str) -> set[str]:
    permissions = Group.objects.get(name=group).permissions.select_related("content_type")
    return {f"{permission.content_type.app_label}.{permission.codename}" for permission in permissions}


def signed_in(group: str) -> Client:
    user, client = StaffFactory(is_superuser=False, email=f"{group.lower()}@example.com"), Client()
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    return client


# The groups


def test_every_permission_that_a_group_is_meant_to_have_is_there():
    for name, rights in ROLES.values():
        lines = [line.partition(": ") for line in rights.strip().splitlines()]
        meant = {f"{app}.{codename}" for app, _colon, names in lines for codename in names.split() if codename != "*"}
        assert meant - rights_of(name) == set()


def test_the_groups_come_with_the_migrations_and_stay_as_staff_left_them():
    packer = Group.objects.get(name="Packer")
    packer.permissions.clear()
    packer.permissions.add(Permission.objects.get(codename="view_book"))
    packer.name = "Packers"
    packer.save()
    Group.objects.get(name="Buyer").delete()
    call_command("migrate", verbosity=0)
    assert rights_of("Packers") == {"catalog.view_book"}
    assert not Group.objects.filter(name__in=["Packer", "Buyer"]).exists()


def test_what_is_new_is_given_once():
    packer = Role.objects.get(key="packer")
    packer.given.remove("orders.change_order")  # as in a shop whose version did not know it yet
    packer.save()
    packer.group.permissions.clear()
    for _time in range(2):
        give_roles()
        assert rights_of("Packer") == {"orders.change_order"}
        packer.refresh_from_db()
    packer.group.permissions.clear()
    give_roles()
    assert rights_of("Packer") == set()


def test_a_group_of_that_name_which_was_there_before_is_left_alone():
    Role.objects.all().delete()
    Group.objects.get(name="Packer").permissions.clear()
    give_roles()
    assert rights_of("Packer") == set()


# Nobody becomes more than they are


@pytest.mark.parametrize("group", ["Buyer", "Packer", "Manager"])
def test_nobody_makes_themselves_more(group):
    client, everything = signed_in(group), Permission.objects.values_list("pk", flat=True)
    me, mine = User.objects.get(email=f"{group.lower()}@example.com"), Group.objects.get(name=group)
    before = rights_of(group)
    powers = {"is_superuser": "on", "is_staff": "on", "is_active": "on", "user_permissions": list(everything)}
    answer = client.post(f"/admin/accounts/user/{me.pk}/change/", {"email": me.email, **powers})
    assert answer.status_code == 403
    body = {"name": group, "permissions": list(everything)}
    assert client.post(f"/admin/auth/group/{mine.pk}/change/", body).status_code == 403
    assert client.post("/admin/auth/group/add/", {**body, "name": "Mine"}).status_code == 403
    me.refresh_from_db()
    assert (me.is_superuser, me.user_permissions.count(), rights_of(group)) == (False, 0, before)


def test_a_manager_makes_no_staff():
    client, ada = signed_in("Manager"), UserFactory()
    powers = {"is_staff": "on", "is_superuser": "on", "groups": [Group.objects.get(name="Manager").pk]}
    answer = client.post(f"/admin/accounts/user/{ada.pk}/change/", {"email": ada.email, "is_active": "on", **powers})
    ada.refresh_from_db()
    assert (answer.status_code, ada.is_staff, ada.is_superuser, ada.groups.count()) == (302, False, False, 0)


@pytest.mark.parametrize("powers", [{"is_staff": True}, {"is_superuser": True}])
def test_a_manager_touches_no_account_of_the_staff(powers):
    client, colleague = signed_in("Manager"), UserFactory(**powers)
    page = f"/admin/accounts/user/{colleague.pk}"
    passwords = {"password1": PASSWORD, "password2": PASSWORD}
    assert client.post(f"{page}/change/", {"email": "mine@example.com"}).status_code == 403
    assert client.post(f"{page}/password/", passwords).status_code == 403
    colleague.refresh_from_db()
    assert (colleague.email == "mine@example.com", colleague.check_password(PASSWORD)) == (False, False)


def test_users_are_found_by_group():
    client, packer = Client(), StaffFactory(is_superuser=False)
    packer.groups.add(Group.objects.get(name="Packer"))
    client.force_login(StaffFactory())
    address = f"/admin/accounts/user/?groups__id__exact={Group.objects.get(name='Packer').pk}"
    assert list(client.get(address).context["cl"].result_list) == [packer]
