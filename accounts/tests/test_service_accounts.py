"""Partners' programs: made by a command, known by one token, revocable."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import AuthSession, User
from accounts.tests.api import ME, bearer, fields_at_fault, login, problem, refresh
from accounts.tests.factories import PASSWORD, StaffFactory, UserFactory
from accounts.tests.test_api_passwords import ask
from bookstore.core.models import Mail

pytestmark = pytest.mark.django_db

INVALID = (401, "AUTH_INVALID_TOKEN")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run the command; return what it printed on standard output."""
    call_command("create_service_account", *arguments)
    return capsys.readouterr().out.strip()


def test_a_program_gets_an_account_and_its_token(capsys):
    token = run(capsys, "Press and Co")
    shown = bearer(token).get(ME).json()
    assert (shown["role"], shown["full_name"], shown["email"]) == (
        "service", "Press and Co", "press-and-co@services.invalid",
    )  # fmt: skip
    assert not User.objects.get().has_usable_password()
    left = AuthSession.objects.get().expires_at - timezone.now()
    assert timedelta(days=364) < left <= timedelta(days=365)


def test_the_token_is_kept_nowhere(capsys):
    token = run(capsys, "Press")
    session = AuthSession.objects.get()
    assert token not in " ".join(str(value) for value in vars(session).values())


def test_it_works_for_as_long_as_is_said(capsys):
    token = run(capsys, "Press", "--days", "1")
    assert AuthSession.objects.get().expires_at - timezone.now() <= timedelta(days=1)
    AuthSession.objects.update(expires_at=timezone.now())
    assert problem(bearer(token).get(ME)) == INVALID


@pytest.mark.parametrize("name", ["Press", "press", "PRESS "])
def test_a_name_that_there_is_is_refused(capsys, name):
    token = run(capsys, "Press")
    with pytest.raises(CommandError, match="--renew"):
        run(capsys, name)
    assert (User.objects.count(), AuthSession.objects.count()) == (1, 1)
    assert bearer(token).get(ME).status_code == 200


def test_a_renewed_token_makes_the_old_one_void(capsys):
    old = run(capsys, "Press")
    new = run(capsys, "Press", "--renew")
    assert problem(bearer(old).get(ME)) == INVALID
    assert (bearer(new).get(ME).status_code, User.objects.count()) == (200, 1)


def test_a_revoked_token_is_void_until_there_is_another(capsys):
    token = run(capsys, "Press")
    assert run(capsys, "Press", "--revoke") == ""
    assert problem(bearer(token).get(ME)) == INVALID
    assert bearer(run(capsys, "Press", "--renew")).get(ME).status_code == 200


@pytest.mark.parametrize("option", ["--renew", "--revoke"])
def test_there_is_nothing_to_do_for_an_unknown_or_deactivated_one(capsys, option):
    UserFactory(email="press@services.invalid", is_service=True, is_active=False)
    for name in ("Other", "Press"):
        with pytest.raises(CommandError, match="no active service account"):
            run(capsys, name, option)
    assert not AuthSession.objects.exists()


def test_a_person_is_never_made_a_service(capsys):
    person = UserFactory(email="press@services.invalid", password=PASSWORD)
    for options in ([], ["--renew"]):
        with pytest.raises(CommandError):
            run(capsys, "Press", *options)
    assert User.objects.get() == person
    assert not User.objects.get().is_service


@pytest.mark.parametrize("name", ["", " ", "--", "...", "a\nb", "x" * 61, "<script>", "a\0b"])
def test_a_bad_name_is_refused(capsys, name):
    with pytest.raises(CommandError):
        run(capsys, "--", name)
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["Фабрика", "書店", "Żółć 24", "A.B-C_d"])
def test_a_name_may_be_in_any_script(capsys, name):
    assert bearer(run(capsys, name)).get(ME).json()["full_name"] == name


@pytest.mark.parametrize("days", ["0", "-1", "x", "3651", "1.5"])
def test_a_bad_lifetime_is_refused(capsys, days):
    with pytest.raises(CommandError):
        run(capsys, "Press", f"--days={days}")
    assert not User.objects.exists()


def test_a_service_signs_in_by_nothing_else(capsys):
    token = run(capsys, "Press")
    assert problem(refresh(token)) == INVALID
    assert problem(login("press@services.invalid", "")) == (400, "VALIDATION_ERROR")
    assert problem(login("press@services.invalid")) == (401, "AUTH_INVALID_CREDENTIALS")
    body = {"current_password": "x", "new_password": PASSWORD}
    assert fields_at_fault(bearer(token).post("/api/v1/auth/password/change", body)) == ["current_password"]
    ask("press@services.invalid")
    assert [mail.kind for mail in Mail.objects.all()] == ["account/email/unknown_account"]


def test_staff_deactivate_a_service(capsys):
    token = run(capsys, "Press")
    boss = bearer("")
    boss.credentials()
    boss.force_login(StaffFactory())
    boss.patch(f"/api/v1/admin/users/{User.objects.get(is_service=True).pk}/deactivate")
    assert problem(bearer(token).get(ME)) == INVALID
