"""The notices' pages, the bell in the header, and mails that are unsubscribed from by one click."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from playwright.sync_api import expect

from accounts import services
from accounts.bell import sign_user
from accounts.models import OPTIONAL, Channel, Kind, Notification, User
from accounts.tests.factories import UserFactory
from accounts.tests.pages import told
from bookstore.web.tests.browser import PHONE, Visit, assert_fits

pytestmark = pytest.mark.django_db

PAGE = "/notifications/"
MAILS_OF_DROPS = (Kind.PRICE_DROP, Channel.MAIL)


@pytest.fixture
def ada(client: Client) -> User:
    user = UserFactory(email="ada@example.com")
    client.force_login(user)
    return user


def tell(user: User, title: str = "Dune is back", url: str = "/books/") -> Notification:
    services.notify(Kind.PREBOOK_BACK, [user.pk], title=title, body="", url=url)
    return Notification.objects.latest("pk")


def refused(user: User) -> list[tuple[Kind, Channel]]:
    return [choice for choice, is_wanted in services.preferences_of(user).items() if not is_wanted]


# Reading


def test_who_goes_where_a_notice_leads_has_read_it(client, ada):
    notice = tell(ada, url="/books/?q=dune")
    assert "Dune is back" in client.get(PAGE).text
    answer = client.get(f"{PAGE}{notice.pk}/")
    assert (answer.status_code, answer["Location"]) == (302, "/books/?q=dune")
    assert services.count_unread(ada.pk) == 0


def test_anothers_notice_leads_nowhere_and_stays_unread(client, ada):
    other = UserFactory()
    notice = tell(other)
    assert client.get(f"{PAGE}{notice.pk}/").status_code == 404
    assert "Dune" not in client.get(PAGE).text
    assert services.count_unread(other.pk) == 1


def test_all_are_read_but_what_came_after_the_page(client, ada):
    tell(ada), tell(ada)
    newest = client.get(PAGE).context["newest"]
    tell(ada, "Just now")
    assert client.post(f"{PAGE}read-all/", {"newest": newest}).headers["Location"] == PAGE
    assert [notice.title for notice in Notification.objects.unread()] == ["Just now"]


@pytest.mark.parametrize("newest", ["", "x", "9" * 40])
def test_an_odd_number_harms_nobody(client, ada, newest):
    assert client.post(f"{PAGE}read-all/", {"newest": newest}).status_code == 302


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}1/", f"{PAGE}preferences/"])
def test_who_is_signed_out_signs_in_first(client, path):
    assert client.get(path).headers["Location"] == f"/accounts/login/?next={path}"


def test_a_long_list_has_pages_and_none_behind_them(client, ada):
    for number in range(21):
        tell(ada, f"No. {number:02}")
    assert "No. 00" not in client.get(PAGE).text
    assert "No. 00" in client.get(f"{PAGE}?page=2").text
    assert [client.get(f"{PAGE}?page={page}").status_code for page in ("3", "x", "0")] == [404] * 3


# The bell


def test_the_header_counts_the_unread_in_one_indexed_query(client, ada):
    for _each in range(3):
        tell(ada)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    with CaptureQueriesContext(connection) as queries:
        page = client.get("/").text
    assert '<span class="badge">3<span class="unseen"> unread' in page
    (asked,) = [query["sql"] for query in queries if "accounts_notification" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {asked}")
        assert "notification_unread" in str(cursor.fetchall())


def test_who_is_signed_out_is_asked_nothing(client):
    with CaptureQueriesContext(connection) as queries:
        page = client.get("/").text
    assert not [query for query in queries if "notification" in query["sql"]]
    assert "Notifications" not in page


def test_a_hundred_and_more_are_not_counted_on(client, ada):
    for _each in range(101):
        tell(ada)
    assert '<span class="badge">99+' in client.get("/").text


def look(client: Client, user: User, etag: str = "") -> Any:
    return client.get(f"{PAGE}unread/", {"of": sign_user(user.pk)}, headers={"If-None-Match": etag} if etag else {})


def test_the_same_number_is_not_sent_again(client, ada):
    tell(ada)
    first = look(client, ada)
    assert (first.status_code, first["Cache-Control"]) == (200, "private, no-cache")
    same = look(client, ada, first["ETag"])
    assert (same.status_code, same.content) == (304, b"")
    tell(ada)
    assert '<span class="badge">2' in look(client, ada, first["ETag"]).text


def test_a_look_is_one_query_and_no_use_of_the_session(client, ada):
    client.get("/")
    with CaptureQueriesContext(connection) as queries:
        answer = look(client, ada)
    assert ([query["sql"].count("accounts_notification") > 0 for query in queries], answer.cookies) == ([True], {})


def test_nobody_learns_a_number_without_a_fresh_signature(client, ada):
    tell(ada)
    forged = [sign_user(ada.pk)[:-1] + "!", str(ada.pk), "", signing.dumps(ada.pk)]
    for signed in forged:
        answer = client.get(f"{PAGE}unread/", {"of": signed})
        assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.browser
def test_an_open_page_shows_a_new_notice_without_reload(visit: Visit) -> None:
    user = UserFactory()
    page = visit("/", user=user, viewport=PHONE)
    page.clock.install()
    page.reload()
    bell = page.get_by_role("link", name="Notifications")
    expect(bell).to_have_accessible_name("Notifications")
    tell(user)
    page.clock.run_for(65_000)
    expect(bell).to_have_accessible_name("Notifications 1 unread")
    assert_fits(page)
    bell.click()
    page.get_by_role("link", name="Dune is back").click()
    page.wait_for_url("**/books/")
    expect(bell).to_have_accessible_name("Notifications")


# Preferences


def test_what_is_not_ticked_is_not_wanted(client, ada):
    assert client.get(f"{PAGE}preferences/").text.count(" checked") == len(OPTIONAL)
    ticked = {"-".join(choice): "on" for choice in OPTIONAL if choice != MAILS_OF_DROPS}
    client.post(f"{PAGE}preferences/", ticked)
    assert refused(ada) == [MAILS_OF_DROPS]
    assert told(client) == ["Your choice is saved."]


# Unsubscribing


def unsubscribe_path(user: User) -> str:
    return f"{PAGE}unsubscribe/{services.unsubscribe_token(Kind.PRICE_DROP, user)}/"


def test_a_mail_program_unsubscribes_by_one_post_without_cookies():
    user = UserFactory()
    program = Client(enforce_csrf_checks=True, headers={"Sec-Fetch-Site": "cross-site"})
    for _again in range(2):
        answer = program.post(unsubscribe_path(user), {"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, answer.cookies) == (200, {})
    assert refused(user) == [MAILS_OF_DROPS]


def test_a_person_is_asked_first(client):
    user = UserFactory()
    assert "Send me no more of them" in client.get(unsubscribe_path(user)).text
    assert refused(user) == []
    assert "We stop writing to you about this" in client.post(unsubscribe_path(user)).text


def bad_tokens(user: User) -> list[str]:
    good = services.unsubscribe_token(Kind.PRICE_DROP, user)
    gone = UserFactory()
    of_the_gone = services.unsubscribe_token(Kind.PRICE_DROP, gone)
    gone.delete()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.time", lambda: (timezone.now() - timedelta(days=366)).timestamp())
        old = services.unsubscribe_token(Kind.PRICE_DROP, user)
    other_kind = signing.dumps([user.pk, "NONSENSE"], salt="accounts.unsubscribe")
    return [
        good[:-1] + "!",
        "x",
        signing.dumps([user.pk, "PRICE_DROP"]),
        sign_user(user.pk),
        of_the_gone,
        old,
        other_kind,
    ]


def test_a_forged_old_or_foreign_token_is_refused_clearly(client):
    user = UserFactory()
    for token in bad_tokens(user):
        for method in (client.get, client.post):
            answer = method(f"{PAGE}unsubscribe/{token}/")
            assert answer.status_code == 400
            assert "This link does not count, or no longer." in answer.text
    assert refused(user) == []
