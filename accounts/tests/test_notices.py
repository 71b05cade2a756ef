"""What users are told, as far as they want it, and the API that shows it."""

from datetime import timedelta
from email import message_from_bytes
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import services
from accounts.jobs import delete_old_notices
from accounts.models import Channel, Kind, Notification, User
from accounts.tests.api import call, client_of, fields_at_fault, problem
from accounts.tests.factories import StaffFactory, UserFactory
from bookstore.core.delivery import composed
from bookstore.core.models import Mail

pytestmark = pytest.mark.django_db

NOTICES = "/api/v1/notifications"


@pytest.fixture
def ada() -> User:
    return UserFactory(email="ada@example.com")


def tell(
    *users: User, title: str = "Dune is back", kind: Kind = Kind.PREBOOK_BACK, url: str = "/books/1/dune/"
) -> None:
    services.notify(kind, [user.pk for user in users], title=title, body="Three copies.", url=url)


def told(user: User) -> list[str]:
    return list(Notification.objects.of(user).order_by("pk").values_list("title", flat=True))


def refuse(user: User, kind: Kind, channel: Channel) -> None:
    services.set_preferences(user, {(kind, channel): False})


# Telling


def test_all_are_told_in_one_statement_whatever_their_number():
    users = [UserFactory() for _each in range(5)]
    with CaptureQueriesContext(connection) as queries:
        tell(*users)
    assert len(queries) == 1
    assert [told(user) for user in users] == [["Dune is back"]] * 5


def test_who_refused_this_kind_here_or_is_locked_out_or_gone_is_told_nothing(ada):
    other, locked_out = UserFactory(), UserFactory(is_active=False)
    refuse(ada, Kind.PREBOOK_BACK, Channel.IN_APP)
    refuse(other, Kind.PREBOOK_BACK, Channel.MAIL)
    refuse(other, Kind.PRICE_DROP, Channel.IN_APP)
    services.notify(Kind.PREBOOK_BACK, [ada.pk, other.pk, locked_out.pk, 10**9], title="Back", body="", url="/")
    assert (told(ada), told(other), told(locked_out)) == ([], ["Back"], [])


def test_what_is_rolled_back_tells_nobody(ada):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        tell(ada)
        raise ZeroDivisionError
    assert told(ada) == []


def test_a_title_too_long_is_cut(ada):
    tell(ada, title="x" * 700)
    (title,) = told(ada)
    assert (len(title), title[-2:]) == (600, "x…")


@pytest.mark.parametrize(
    "url", ["", "books/", "//evil.example", "/\\evil.example", "/\t/evil.example", "https://evil.example", "\n/"]
)
def test_a_notice_leads_nowhere_but_to_the_shop(ada, url):
    with pytest.raises(IntegrityError), transaction.atomic():
        tell(ada, url=url)
    assert told(ada) == []


# Mails


def test_a_mail_can_be_refused_by_one_click(ada):
    services.post_notice_mail(Kind.PREBOOK_BACK, ada, "mail/account_closed", {})
    mail = Mail.objects.get()
    link = mail.headers["List-Unsubscribe"].strip("<>")
    assert link.startswith("http://localhost:8000/notifications/unsubscribe/")
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in mail.text
    assert link in mail.html
    sent = message_from_bytes(composed(mail).message().as_bytes())
    assert sent["List-Unsubscribe"].strip() == f"<{link}>"


def test_who_refused_such_mails_gets_none(ada):
    other = UserFactory()
    refuse(ada, Kind.PREBOOK_BACK, Channel.MAIL)
    refuse(other, Kind.PREBOOK_BACK, Channel.IN_APP)
    locked_out = UserFactory(is_active=False)
    assert services.wants_mail(Kind.PREBOOK_BACK, [ada.pk, other.pk, locked_out.pk]) == {other.pk}
    for user in (ada, other, locked_out):
        services.post_notice_mail(Kind.PREBOOK_BACK, user, "mail/account_closed", {})
    assert [mail.to for mail in Mail.objects.all()] == [other.email]


def test_mails_about_the_account_itself_have_no_such_link(ada):
    services.close_account(ada)
    mail = Mail.objects.get()
    assert (mail.headers, "No more such mails" in mail.text) == ({}, False)


# Preferences


def test_all_is_wanted_until_it_is_refused_and_may_be_wanted_again(ada):
    assert set(services.preferences_of(ada).values()) == {True}
    refuse(ada, Kind.PRICE_DROP, Channel.MAIL)
    assert [choice for choice, wanted in services.preferences_of(ada).items() if not wanted] == [
        (Kind.PRICE_DROP, Channel.MAIL)
    ]
    services.set_preferences(ada, {(Kind.PRICE_DROP, Channel.MAIL): True})
    assert set(services.preferences_of(ada).values()) == {True}


# The API


def test_notices_are_shown_as_the_contract_says_newest_first(ada):
    tell(ada, UserFactory())
    tell(ada, title="Emma is back", url="/books/2/emma/")
    answer = client_of(ada).get(NOTICES)
    assert answer["Cache-Control"] == "no-store"
    newest, oldest = answer.json().pop("items")
    assert answer.json()["total"] == 2
    assert (newest["title"], oldest["title"]) == ("Emma is back", "Dune is back")
    assert newest.pop("created_at").endswith("Z")
    assert newest == {
        "id": Notification.objects.of(ada).latest("pk").pk, "kind": "PREBOOK_BACK", "title": "Emma is back",
        "body": "Three copies.", "url": "/books/2/emma/", "read_at": None,
    }  # fmt: skip


def test_pages_go_on_by_cursor(ada):
    for number in range(5):
        tell(ada, title=str(number))
    client, titles, cursor = client_of(ada), [], None
    while True:
        page = client.get(NOTICES, {"size": 2, **({"cursor": cursor} if cursor else {})}).json()
        titles += [notice["title"] for notice in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert titles == ["4", "3", "2", "1", "0"]


def test_a_notice_is_read_once_and_its_time_stays(ada):
    tell(ada)
    client, path = client_of(ada), f"{NOTICES}/{Notification.objects.get().pk}/read"
    first, second = client.post(path), client.post(path)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["read_at"] == second.json()["read_at"] > ""
    assert client.get(NOTICES, {"unread": "true"}).json()["total"] == 0
    assert client.get(NOTICES, {"unread": "false"}).json()["total"] == 1


def test_all_are_read_at_once_and_only_the_callers_own(ada):
    other = UserFactory()
    tell(ada, other), tell(ada)
    client = client_of(ada)
    assert [client.post(f"{NOTICES}/read-all").status_code for _each in range(2)] == [204, 204]
    assert (services.count_unread(ada.pk), services.count_unread(other.pk)) == (0, 1)


def test_anothers_notice_is_not_found_and_stays_unread(ada):
    tell(ada)
    stranger = client_of(UserFactory())
    for pk in (Notification.objects.get().pk, 10**17):
        assert problem(stranger.post(f"{NOTICES}/{pk}/read")) == (404, "NOTIFICATION_NOT_FOUND")
    assert stranger.get(NOTICES).json()["items"] == []
    assert services.count_unread(ada.pk) == 1


@pytest.mark.parametrize("value", ["yes", "1", "True", "null", " true"])
def test_a_bad_filter_is_refused(ada, value):
    assert fields_at_fault(client_of(ada).get(NOTICES, {"unread": value})) == ["unread"]


@pytest.mark.parametrize(("method", "path"), [("get", ""), ("post", "/1/read"), ("post", "/read-all")])
def test_who_is_not_signed_in_is_asked_to(method, path):
    assert problem(call(f"notifications{path}", method=method)) == (401, "AUTH_REQUIRED")


def test_queries_do_not_grow(ada):
    client, amounts = client_of(ada), []
    for _each in range(2):
        for _number in range(3):
            tell(ada)
        with CaptureQueriesContext(connection) as queries:
            client.get(NOTICES)
        amounts.append(len(queries))
    assert amounts[0] == amounts[1] == 3  # who calls, how many there are, which


# Afterwards


def written(user: User, **ages: int) -> None:
    """Write a notice so many days old; `read` says since when it is read."""
    now = timezone.now()
    Notification.objects.create(
        user=user, kind=Kind.PRICE_DROP, title=str(ages), url="/", created_at=now - timedelta(days=ages["written"]),
        read_at=now - timedelta(days=ages["read"]) if "read" in ages else None,
    )  # fmt: skip


def test_what_was_read_long_ago_and_what_nobody_reads_is_deleted(ada):
    kept: list[dict[str, Any]] = [{"written": 364}, {"written": 200, "read": 89}, {"written": 1, "read": 0}]
    for ages in (*kept, {"written": 366}, {"written": 91, "read": 91}, {"written": 400, "read": 1}):
        written(ada, **ages)
    delete_old_notices(0)
    assert told(ada) == [str(ages) for ages in kept]


def test_notices_go_along_and_go_with_the_account(ada):
    tell(ada)
    refuse(ada, Kind.PRICE_DROP, Channel.MAIL)
    data = services.personal_data(ada)
    assert [row["title"] for row in data["notifications"]] == ["Dune is back"]
    assert data["notification_preferences"] == [{"kind": "PRICE_DROP", "channel": "MAIL", "is_wanted": False}]
    services.close_account(ada)
    assert Notification.objects.count() == 0


# Staff


def test_staff_see_what_was_told_and_what_is_not_wanted_and_change_neither(client, ada):
    tell(ada)
    refuse(ada, Kind.PRICE_DROP, Channel.MAIL)
    client.force_login(StaffFactory())
    lists = "/admin/accounts/notification/", "/admin/accounts/notificationpreference/"
    assert [
        ("ada@example.com" in client.get(path, {"q": "ada@example.com"}).text, client.get(f"{path}add/").status_code)
        for path in lists
    ] == [(True, 403)] * 2
    assert "Dune is back" in client.get(lists[0], {"state": "unread"}).text
    page = f"{lists[0]}{Notification.objects.get().pk}/change/"
    assert (client.get(page).status_code, client.post(page, {"title": "x"}).status_code) == (200, 403)
