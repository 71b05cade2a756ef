import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.tests.factories import PASSWORD, StaffFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_an_email_is_kept_in_lower_case_and_taken_whatever_its_case():
    assert UserFactory(email=" Ada@Example.COM ").email == "ada@example.com"
    with pytest.raises(IntegrityError), transaction.atomic():
        UserFactory(email="ADA@example.com")
    assert User.objects.count() == 1


def test_the_database_itself_refuses_an_email_in_upper_case():
    user = UserFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=user.pk).update(email="Ada@example.com")


def test_a_user_without_an_email_is_refused():
    with pytest.raises(ValueError, match="e-mail"):
        User.objects.create_user(" ")


def test_a_reader_signs_in_with_an_email_in_any_case():
    user = UserFactory(email="ada@example.com", password=PASSWORD)
    assert authenticate(username="Ada@Example.com", password=PASSWORD) == user
    assert authenticate(username="ada@example.com", password="wrong") is None


def test_a_locked_out_user_does_not_sign_in():
    UserFactory(email="ada@example.com", password=PASSWORD, is_active=False)
    assert authenticate(username="ada@example.com", password=PASSWORD) is None


def test_passwords_are_kept_by_argon2():
    assert UserFactory(password=PASSWORD).password.startswith("argon2$argon2id$")


def test_a_user_without_a_password_cannot_be_guessed_into():
    assert not UserFactory(password=None).has_usable_password()


def test_a_superuser_is_created_from_the_environment(monkeypatch, capsys):
    monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "Boss@Example.com")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", interactive=False)
    boss = authenticate(username="boss@example.com", password=PASSWORD)
    assert boss is not None
    assert (boss.is_staff, boss.is_superuser, boss.role) == (True, True, "admin")


def test_a_second_superuser_of_that_email_is_refused_in_a_sentence(monkeypatch):
    StaffFactory(email="boss@example.com")
    monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "Boss@Example.com")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    with pytest.raises(CommandError, match="already taken"):
        call_command("createsuperuser", interactive=False)


def test_a_service_is_not_staff():
    with pytest.raises(IntegrityError), transaction.atomic():
        UserFactory(is_service=True, is_staff=True)
    assert UserFactory(is_service=True).role == "service"


def test_people_are_called_by_what_is_known_of_them():
    nameless, ada = UserFactory(email="x@example.com"), UserFactory(full_name="Ada Reader")
    assert (nameless.get_full_name(), nameless.get_short_name()) == ("x@example.com", "x")
    assert (ada.get_full_name(), ada.get_short_name()) == ("Ada Reader", "Ada")
