from urllib.parse import unquote

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission
from django.test import Client

from accounts import services
from accounts.models import AuthSession, User
from accounts.tests.api import ME, client_of
from accounts.tests.factories import PASSWORD, StaffFactory, UserFactory
from accounts.tests.second_factors import add_app
from bookstore.core.models import Change, Mail
from catalog.tests.admin_forms import open_form, save_form

pytestmark = pytest.mark.django_db

USERS = "/admin/accounts/user/"
NEW = {"email": "Ada@Example.com", "full_name": "Ada Reader", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def boss() -> User:
    return StaffFactory(email="boss@example.com")


@pytest.fixture
def staff(client: Client, boss: User) -> Client:
    client.force_login(boss)
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


def change(staff: Client, user: User, **changes) -> dict[str, list[str]]:
    return save_form(staff, page_of(user), open_form(staff, page_of(user)), **changes)


def errors(answer) -> dict[str, list[str]]:
    return {name: list(texts) for name, texts in answer.context["adminform"].form.errors.items()}


def test_staff_sign_in_by_the_door_that_all_use(client):
    StaffFactory(email="boss@example.com", password=PASSWORD)
    door = client.get("/admin/", follow=True).redirect_chain[-1][0]
    assert unquote(door) == "/accounts/login/?next=/admin/"
    answer = client.post(door, {"login": "BOSS@example.com", "password": PASSWORD})
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
    assert change(staff, ada, full_name="Ada", is_active=None) == {}
    ada.refresh_from_db()
    assert (ada.is_active, ada.full_name) == (False, "Ada")


def test_a_service_account_is_not_made_staff(staff):
    press = UserFactory(is_service=True)
    answer = staff.post(page_of(press), {"email": press.email, "is_active": "on", "is_staff": "on"})
    assert errors(answer) == {"is_staff": ["A service account cannot be staff."]}


def test_nobody_is_made_a_service_by_hand(staff):
    ada = UserFactory()
    staff.post(page_of(ada), {"email": ada.email, "is_active": "on", "is_service": "on"})
    ada.refresh_from_db()
    assert ada.is_service is False


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


# Who is let in


def test_a_deactivated_user_is_out_at_once_and_in_again_when_reactivated(clerk):
    ada = UserFactory()
    client = client_of(ada)
    change(clerk, ada, is_active=None)
    assert client.get(ME).status_code == 401
    assert not AuthSession.objects.live().exists()
    change(clerk, ada, is_active="on")
    assert (User.objects.get(pk=ada.pk).is_active, client.get(ME).status_code) == (True, 401)


@pytest.mark.parametrize("power", ["is_staff", "is_superuser"])
def test_staff_are_not_deactivated(staff, power):
    colleague = UserFactory(**{power: True})
    refused = {"is_active": ["An account of the staff cannot be deactivated."]}
    assert change(staff, colleague, is_active=None) == refused
    assert User.objects.get(pk=colleague.pk).is_active


def test_who_ceases_to_be_staff_may_be_deactivated_at_once(staff):
    colleague = StaffFactory()
    assert change(staff, colleague, is_active=None, is_staff=None, is_superuser=None) == {}
    colleague.refresh_from_db()
    assert (colleague.is_active, colleague.is_staff) == (False, False)


def test_a_password_set_anew_ends_all_sessions_and_is_told(clerk):
    ada = UserFactory(email="ada@example.com")
    client = client_of(ada)
    clerk.post(f"{USERS}{ada.pk}/password/", {"password1": PASSWORD, "password2": PASSWORD})
    assert client.get(ME).status_code == 401
    assert (Mail.objects.get().to, Mail.objects.get().kind) == ("ada@example.com", "account/email/password_changed")


def test_a_changed_e_mail_has_to_be_confirmed_anew(clerk):
    ada = UserFactory(email="ada@example.com")
    EmailAddress.objects.create(user=ada, email="ada@example.com", verified=True, primary=True)
    change(clerk, ada, email="Ada@New.example")
    address = EmailAddress.objects.get()
    assert (address.email, address.verified, address.primary) == ("ada@new.example", False, True)


def test_a_saved_user_keeps_a_confirmed_e_mail(clerk):
    ada = UserFactory(email="ada@example.com")
    EmailAddress.objects.create(user=ada, email="ada@example.com", verified=True, primary=True)
    change(clerk, ada, full_name="Ada")
    assert EmailAddress.objects.get().verified


# Several at one account: a form takes nothing back that others did since it was opened


def test_who_was_locked_out_meanwhile_stays_so(staff, boss):
    ada = UserFactory()
    form = open_form(staff, page_of(ada))
    services.deactivate_user(ada.pk, actor=boss)
    assert save_form(staff, page_of(ada), form, full_name="Ada") == {}
    ada.refresh_from_db()
    assert (ada.is_active, ada.full_name) == (False, "Ada")
    assert [said.values.keys() for said in Change.objects.about([ada]).order_by("pk")] == [{"is_active"}, {"full_name"}]


def test_an_e_mail_confirmed_meanwhile_stays_the_accounts(staff):
    ada = UserFactory(email="ada@example.com")
    form = open_form(staff, page_of(ada))
    services.confirm_email(services.ask_for_email(ada, "ada@new.example"))
    UserFactory(email="ada@example.com")  # who lives there now
    assert save_form(staff, page_of(ada), form, full_name="Ada") == {}
    ada.refresh_from_db()
    address = EmailAddress.objects.get(user=ada)
    assert (ada.email, address.email, address.verified) == ("ada@new.example", "ada@new.example", True)


def test_an_e_mail_that_is_to_be_confirmed_outlives_a_change_of_the_name(staff):
    ada = UserFactory(email="ada@example.com")
    asked = services.ask_for_email(ada, "ada@new.example")
    assert change(staff, ada, full_name="Ada") == {}
    services.confirm_email(asked)
    assert User.objects.get(pk=ada.pk).email == "ada@new.example"


def test_a_right_taken_away_meanwhile_does_not_come_back(staff):
    ada, buyers = StaffFactory(is_superuser=False), Group.objects.create(name="Buyers")
    ada.groups.add(buyers)
    form = open_form(staff, page_of(ada))
    User.objects.filter(pk=ada.pk).update(is_staff=False)
    ada.groups.clear()
    assert save_form(staff, page_of(ada), form, full_name="Ada") == {}
    ada.refresh_from_db()
    assert (ada.full_name, ada.is_staff, ada.groups.count()) == ("Ada", False, 0)


def test_who_was_locked_out_meanwhile_is_not_made_staff(staff, boss):
    ada = UserFactory()
    form = open_form(staff, page_of(ada))
    services.deactivate_user(ada.pk, actor=boss)
    refused = {"is_active": ["An account of the staff cannot be deactivated."]}
    assert save_form(staff, page_of(ada), form, is_staff="on") == refused
    assert not User.objects.get(pk=ada.pk).is_staff


SESSIONS = "/admin/accounts/authsession/"


def test_sessions_of_the_api_are_found_and_ended(clerk):
    ada, ben = UserFactory(email="ada@example.com"), UserFactory()
    client, other = client_of(ada), client_of(ben)
    found = clerk.get(f"{SESSIONS}?q=ada@example.com&state=live").context["cl"].result_list
    assert [session.user for session in found] == [ada]
    clerk.post(SESSIONS, {"action": "end_sessions", "_selected_action": [found[0].pk]})
    assert (client.get(ME).status_code, other.get(ME).status_code) == (401, 200)


def test_sessions_are_changed_by_nobody_else(staff, client):
    ada = UserFactory()
    client_of(ada)
    session = AuthSession.objects.get()
    page = f"{SESSIONS}{session.pk}/change/"
    assert staff.get(page).status_code == 200
    assert staff.post(page, {"jti": "x"}).status_code == staff.post(f"{SESSIONS}add/").status_code == 403
    assert staff.post(f"{SESSIONS}{session.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_second_factor_is_taken_off_and_its_secret_never_shown(staff):
    ada = UserFactory()
    secret = add_app(ada)
    factor = Authenticator.objects.get()
    page = staff.get(f"/admin/mfa/authenticator/{factor.pk}/change/")
    assert (page.status_code, secret in page.text) == (200, False)
    staff.post(f"/admin/mfa/authenticator/{factor.pk}/delete/", {"post": "yes"})
    assert not Authenticator.objects.exists()


def test_only_superusers_take_it_off_the_staff(clerk):
    boss = StaffFactory()
    add_app(boss)
    User.objects.get(email__startswith="staff", is_superuser=False).user_permissions.add(
        *Permission.objects.filter(content_type__app_label="mfa")
    )
    page = f"/admin/mfa/authenticator/{Authenticator.objects.get().pk}/delete/"
    assert clerk.post(page, {"post": "yes"}).status_code == 403
    assert Authenticator.objects.exists()


@pytest.mark.parametrize(
    "model",
    ["account/emailaddress", "socialaccount/socialapp", "socialaccount/socialtoken", "usersessions/usersession"],
)
def test_pages_that_would_go_past_the_services_are_not_there(staff, model):
    assert staff.get(f"/admin/{model}/").status_code == 404


def test_a_group_gets_permissions(staff):
    permission = Permission.objects.get(codename="change_book")
    staff.post("/admin/auth/group/add/", {"name": "Buyers", "permissions": [permission.pk]})
    assert list(Group.objects.get(name="Buyers").permissions.all()) == [permission]


def test_a_right_taken_from_a_group_meanwhile_does_not_come_back(staff):
    group = Group.objects.create(name="Buyers")
    group.permissions.add(Permission.objects.get(codename="change_book"))
    page = f"/admin/auth/group/{group.pk}/change/"
    form = open_form(staff, page)
    group.permissions.clear()
    assert save_form(staff, page, form, name="Readers") == {}
    group.refresh_from_db()
    assert (group.name, group.permissions.count()) == ("Readers", 0)
