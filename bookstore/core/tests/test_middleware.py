import gzip
import json
from wsgiref.util import setup_testing_defaults

import pytest
from django.contrib.auth import get_user_model
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from bookstore.core import health
from bookstore.core.logs import cleaned
from bookstore.core.middleware import RequestLog
from bookstore.core.tests.processes import PATIENCE
from bookstore.core.wsgi import always_utf8

pytestmark = [pytest.mark.urls("bookstore.core.tests.doors"), pytest.mark.django_db]


@pytest.fixture
def shop() -> Client:
    return Client(raise_request_exception=False)


def logged(caplog: pytest.LogCaptureFixture) -> list[dict]:
    return [record.msg for record in caplog.records if record.name == "bookstore.access"]


@pytest.mark.parametrize(
    "path", ["/pages/", "/nowhere/", "/api/v1/public", "/api/x", "/pages/fail/bug/", "/health", "/%00"]
)
def test_every_answer_carries_the_request_id_and_security_headers(shop: Client, path: str) -> None:
    answer = shop.get(path, headers={"X-Request-ID": "a.B-9_"})
    assert answer.headers["X-Request-ID"] == "a.B-9_"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"


@pytest.mark.parametrize(("path", "kind"), [("/", "text/html; charset=utf-8"), ("/api/x", "application/problem+json")])
def test_what_nobody_caught_is_still_answered(path: str, kind: str) -> None:
    def fall_over(request: HttpRequest) -> HttpResponse:
        raise RuntimeError("the secret of the bug")

    answer = RequestLog(fall_over)(RequestFactory().get(path, headers={"X-Request-ID": "abc"}))
    assert (answer.status_code, answer.headers["Content-Type"], answer.headers["X-Request-ID"]) == (500, kind, "abc")
    assert b"secret" not in answer.content


@pytest.mark.urls("bookstore.urls")
def test_only_the_admin_may_evaluate_scripts(shop: Client) -> None:
    assert "'unsafe-eval'" in shop.get("/admin/login/").headers["Content-Security-Policy"]
    for path in ("/", "/api/docs", "/api/v1/books", "/nowhere/"):
        policy = shop.get(path).headers["Content-Security-Policy"]
        assert "'unsafe-eval'" not in policy and "script-src 'self'" in policy


@pytest.mark.urls("bookstore.urls")
def test_pages_alone_are_compressed_for_browsers_that_ask(shop: Client) -> None:
    page = shop.get("/", headers={"Accept-Encoding": "gzip"})
    assert "<h1" in gzip.decompress(page.content).decode()
    assert "Accept-Encoding" in page.headers["Vary"]
    for path, wanted in [("/", "br"), ("/api/v1/books", "gzip"), ("/robots.txt", "gzip")]:
        assert "Content-Encoding" not in shop.get(path, headers={"Accept-Encoding": wanted}).headers


@pytest.mark.parametrize("sent", ["", "a b", "x" * 129, "é", "a\tb", "<script>"])
def test_a_request_id_that_is_not_sane_is_replaced(shop: Client, sent: str) -> None:
    given = shop.get("/pages/", headers={"X-Request-ID": sent}).headers["X-Request-ID"]
    assert given != sent and len(given) == 32


def test_the_log_has_one_line_a_request_and_no_secrets(shop: Client, caplog: pytest.LogCaptureFixture) -> None:
    user = get_user_model().objects.create_user(email="ann@example.com")
    shop.force_login(user)
    with caplog.at_level("INFO", "bookstore.access"):
        shop.get("/api/v1/members?token=hush", headers={"X-Request-ID": "abc"})
        shop.get("/reset/MQ/hush/")
    first, second = logged(caplog)
    assert {**first, "milliseconds": 0, "timestamp": ""} == {
        "event": "request",
        "request_id": "abc",
        "level": "info",
        "logger": "bookstore.access",
        "timestamp": "",
        "method": "GET",
        "path": "/api/v1/members",
        "status": 200,
        "milliseconds": 0,
        "user_id": user.pk,
    }
    assert second["path"] == "/reset/[removed]/[removed]/"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password", "hush"),
        ("refresh_token", "hush"),
        ("headers", {"Cookie": "hush"}),
        ("event", "Authorization: Bearer hush"),
        ("event", "GET /x?page=1&token=hush&size=2"),
        ("event", "Starting job send_mail[7](reset_token='hush')"),
        ("exception", "ValueError: eyJhbGciOi.eyJzdWIhush.hush_-"),
        ("event", "sessionid=hush; path=/"),
        ("event", "Cookie: theme=dark; other=hush"),
    ],
)
def test_secrets_do_not_get_into_the_log(name: str, value: object) -> None:
    assert "hush" not in json.dumps(cleaned(name, value))


@pytest.mark.parametrize("path", ["/api/v1/public/", "/health/", "/healthz/", "/api/docs/"])
def test_trailing_slash_is_optional_for_programs(shop: Client, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PATIENCE", PATIENCE)
    assert shop.get(path).status_code == 200


def test_page_without_its_slash_is_redirected(shop: Client) -> None:
    assert shop.get("/pages").headers["Location"] == "/pages/"


@pytest.mark.parametrize("address", ["/pages/%00", "/pages/?q=%00", "/pages/?q=%ff", "/pages/?%ed%a0%80=1"])
def test_unreadable_address_is_refused_with_a_page(shop: Client, address: str) -> None:
    answer = shop.get(address)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "text/html; charset=utf-8")


@pytest.mark.parametrize("text", ["żółw", "100%25ff", "吾輩は猫である", "%F0%9F%98%80"])
def test_any_other_text_is_readable(shop: Client, text: str) -> None:
    assert shop.get(f"/reset/{text}/a/?q={text}").status_code == 200


def test_broken_utf8_in_a_path_is_found_nowhere(shop: Client) -> None:
    assert shop.get("/pages/%ff/").status_code == 404


def test_unreadable_api_address_is_a_problem(shop: Client) -> None:
    answer = shop.get("/api/v1/public?q=%00")
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")


def test_cookie_with_nul_is_refused(shop: Client) -> None:
    shop.cookies["sessionid"] = "abcdefgh\0"
    assert shop.get("/api/v1/members").status_code == 400


@pytest.mark.parametrize("charset", ["hex", "utf-16", "idna"])
def test_claimed_charset_changes_nothing(charset: str) -> None:
    environ = {"PATH_INFO": "/pages/", "QUERY_STRING": "q=%C3%A9", "CONTENT_TYPE": f"text/plain; charset={charset}"}
    setup_testing_defaults(environ)
    answers: list[str] = []
    always_utf8(WSGIHandler())(environ, lambda status, headers: answers.append(status))
    assert answers == ["200 OK"]


def test_refused_form_comes_back_as_a_message_where_the_reader_was(shop: Client) -> None:
    answer = shop.post("/pages/fail/conflict/", headers={"Referer": "http://testserver/pages/?q=1"}, follow=True)
    assert answer.redirect_chain == [("http://testserver/pages/?q=1", 302)]
    assert answer.content == b"None is left."


@pytest.mark.parametrize("referer", ["", "https://evil.example/pages/", "//evil.example/", "javascript:alert(1)"])
def test_refused_form_from_elsewhere_leads_home(shop: Client, referer: str) -> None:
    answer = shop.post("/pages/fail/invalid/", headers={"Referer": referer}, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert answer.content == b"Too low."


def test_htmx_is_told_to_go_to_the_page(shop: Client) -> None:
    headers = {"Referer": "http://testserver/pages/", "HX-Request": "true"}
    answer = shop.post("/pages/fail/conflict/", headers=headers)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, "http://testserver/pages/")


@pytest.mark.parametrize(("how", "status"), [("conflict", 409), ("invalid", 400), ("denied", 403), ("nothing", 404)])
def test_refused_page_is_an_error_page_with_its_status(shop: Client, how: str, status: int) -> None:
    answer = shop.get(f"/pages/fail/{how}/")
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html; charset=utf-8")


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("how", ["busy", "away", "timeout"])
def test_busy_database_is_a_page_that_says_when_to_come_back(shop: Client, how: str, method: str) -> None:
    answer = getattr(shop, method)(f"/pages/fail/{how}/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
