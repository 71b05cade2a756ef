import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from accounts.models import User
from accounts.tests.factories import PASSWORD, StaffFactory, UserFactory

pytestmark = pytest.mark.django_db

USERS = "/admin/accounts/user/"
NEW = {"email": "Ada@Example.com", "full_name": "Ada Reader", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(StaffFactory(email="boss@example.com"))
    return client


@pytest.fixture
def clerk(client: Client) -> Client:
    """One of the staff who looks after shoppers' accounts."""
    user = StaffFactory(is_superuser=False)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts"))
    client.force_login(user)
    return client


def page_of(user: User) -> str:
    return f"{USERS}{user.pk}/change/"


def errors(answer) -> dict[str, list[str]]:
    return {name: list(texts) for name, texts in answer.context["adminform"].form.errors.items()}


def test_staff_sign_in_at_the_admin(client):
    StaffFactory(email="boss@example.com", password=PASSWORD)
    answer = client.post("/admin/login/?next=/admin/", {"username": "BOSS@example.com", "password": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/")


@pytest.mark.parametrize("typed", ["ada@", "reader"])
def test_a_user_is_found_by_email_and_name(staff, typed):
    ada = UserFactory(email="ada@example.com", full_name="Ada Reader")
    assert list(staff.get(f"{USERS}?q={typed}").context["cl"].result_list) == [ada]


def test_a_user_is_added_with_a_password_typed_twice(staff):
    answer = staff.post(f"{USERS}add/", {**NEW, "password2": "another-lamp-8"})
    assert list(errors(answer)) == ["password2"]
    assert staff.post(f"{USERS}add/", NEW).status_code == 302
    ada = User.objects.get(email="ada@example.com")
    assert (ada.check_password(PASSWORD), ada.is_staff, ada.is_active) == (True, False, True)


@pytest.mark.parametrize("password", ["", "short", "password123"])
def test_a_user_is_not_added_with_a_weak_password(staff, password):
    answer = staff.post(f"{USERS}add/", {**NEW, "password1": password, "password2": password})
    assert answer.status_code == 200
    assert not User.objects.filter(email="ada@example.com").exists()


def test_a_taken_email_is_refused_whatever_its_case(staff):
    UserFactory(email="ada@example.com")
    answer = staff.post(f"{USERS}add/", NEW)
    assert errors(answer) == {"email": ["An account with this e-mail exists already."]}


def test_a_user_is_locked_out_rather_than_deleted(staff):
    ada = UserFactory()
    assert staff.post(f"{USERS}{ada.pk}/delete/", {"post": "yes"}).status_code == 403
    assert staff.post(page_of(ada), {"email": ada.email, "full_name": "Ada"}).status_code == 302
    ada.refresh_from_db()
    assert (ada.is_active, ada.full_name) == (False, "Ada")


def test_a_service_account_is_not_made_staff(staff):
    ada = UserFactory()
    answer = staff.post(page_of(ada), {"email": ada.email, "is_active": "on", "is_service": "on", "is_staff": "on"})
    assert errors(answer) == {"is_service": ["A service account cannot be staff."]}


def test_a_superuser_says_who_is_staff_and_in_which_group(staff):
    ada, group = UserFactory(), Group.objects.create(name="Buyers")
    staff.post(page_of(ada), {"email": ada.email, "is_active": "on", "is_staff": "on", "groups": [group.pk]})
    ada.refresh_from_db()
    assert (ada.is_staff, list(ada.groups.all())) == (True, [group])


def test_nobody_else_gives_power_away(clerk):
    ada = UserFactory()
    powers = {"is_staff": "on", "is_superuser": "on", "user_permissions": [Permission.objects.first().pk]}
    assert clerk.post(page_of(ada), {"email": ada.email, "is_active": "on", **powers}).status_code == 302
    ada.refresh_from_db()
    assert (ada.is_staff, ada.is_superuser, ada.user_permissions.count()) == (False, False, 0)


def test_nobody_else_changes_an_account_of_the_staff(clerk):
    boss = StaffFactory()
    assert clerk.get(page_of(boss)).status_code == 200
    assert clerk.post(page_of(boss), {"email": "clerk@example.com"}).status_code == 403
    assert clerk.post(f"{USERS}{boss.pk}/password/", {"password1": PASSWORD, "password2": PASSWORD}).status_code == 403
    boss.refresh_from_db()
    assert (boss.email != "clerk@example.com", boss.check_password(PASSWORD)) == (True, False)


def test_a_password_is_set_anew(clerk):
    ada = UserFactory()
    answer = clerk.post(f"{USERS}{ada.pk}/password/", {"password1": PASSWORD, "password2": PASSWORD})
    ada.refresh_from_db()
    assert (answer.status_code, ada.check_password(PASSWORD)) == (302, True)


def test_a_group_gets_permissions(staff):
    permission = Permission.objects.get(codename="change_book")
    staff.post("/admin/auth/group/add/", {"name": "Buyers", "permissions": [permission.pk]})
    assert list(Group.objects.get().permissions.all()) == [permission]
