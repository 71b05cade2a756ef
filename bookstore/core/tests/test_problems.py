import psycopg
import pytest
from django.db import connection
from django.test import Client

pytestmark = [pytest.mark.urls("bookstore.core.tests.doors"), pytest.mark.django_db]


@pytest.fixture
def shop() -> Client:
    return Client(raise_request_exception=False)


def test_domain_error_is_a_problem_with_its_code_and_data(shop: Client) -> None:
    answer = shop.get("/api/v1/fail/conflict", headers={"X-Request-ID": "abc"})
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.status_code == 409
    assert answer.json() == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "None is left.",
        "code": "SOLD_OUT",
        "request_id": "abc",
        "items": [{"book_id": 7}],
    }


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ("invalid", 400, "VALIDATION_ERROR"),
        ("denied", 403, "FORBIDDEN"),
        ("forbidden", 403, "FORBIDDEN"),
        ("nothing", 404, "NOT_FOUND"),
        ("http404", 404, "NOT_FOUND"),
        ("throttled", 429, "RATE_LIMITED"),
        ("bad-token", 401, "AUTH_INVALID_TOKEN"),
        ("busy", 503, "UNAVAILABLE"),
        ("away", 503, "UNAVAILABLE"),
        ("timeout", 503, "UNAVAILABLE"),
        ("bug", 500, "INTERNAL_ERROR"),
    ],
)
def test_each_kind_of_failure_has_its_status_and_code(shop: Client, how: str, status: int, code: str) -> None:
    answer = shop.get(f"/api/v1/fail/{how}")
    assert (answer.status_code, answer.json()["status"], answer.json()["code"]) == (status, status, code)


def test_job_that_cannot_be_written_in_time_is_busy_too(shop: Client) -> None:
    params = {**connection.get_connection_params(), "cursor_factory": psycopg.Cursor}
    with psycopg.connect(**params) as other:
        other.execute("LOCK TABLE procrastinate_jobs IN SHARE MODE")
        answer = shop.get("/api/v1/fail/no-job")
    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("how", ["bug", "http404", "forbidden"])
def test_inner_workings_are_never_shown(shop: Client, settings, how: str, debug: bool) -> None:
    settings.DEBUG = debug
    body = shop.get(f"/api/v1/fail/{how}").content
    assert b"secret" not in body and b"inner" not in body and b"Traceback" not in body


def test_passing_failures_say_when_to_come_back(shop: Client) -> None:
    assert shop.get("/api/v1/fail/throttled").headers["Retry-After"] == "13"
    assert shop.get("/api/v1/fail/busy").headers["Retry-After"] == "2"
    assert shop.get("/api/v1/fail/timeout").headers["Retry-After"] == "2"


def test_faults_name_their_fields_however_deep(shop: Client) -> None:
    body = {"title": "x" * 21, "lines": [{"quantity": 1}, {"quantity": -1}, {}]}
    answer = shop.post("/api/v1/orders", body, content_type="application/json")
    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [
        ("title", "MAX_LENGTH"),
        ("lines.1.quantity", "MIN_VALUE"),
        ("lines.2.quantity", "REQUIRED"),
    ]


def test_fault_of_no_field_is_the_detail(shop: Client) -> None:
    answer = shop.post("/api/v1/orders", {"title": "contradiction"}, content_type="application/json").json()
    assert answer["detail"] == "These do not go together."
    assert "errors" not in answer


@pytest.mark.parametrize("body", ["[]", '"text"', "7", "null"])
def test_body_that_is_no_object_is_refused(shop: Client, body: str) -> None:
    answer = shop.post("/api/v1/orders", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")


def test_who_is_not_signed_in_is_asked_to(shop: Client) -> None:
    answer = shop.get("/api/v1/members")
    assert (answer.status_code, answer.json()["code"]) == (401, "AUTH_REQUIRED")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_wrong_method_says_which_are_right(shop: Client) -> None:
    answer = shop.delete("/api/v1/orders")
    assert (answer.status_code, answer.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert "POST" in answer.headers["Allow"]


def test_wrong_media_type_is_refused(shop: Client) -> None:
    answer = shop.post("/api/v1/orders", "title=x", content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_unacceptable_format_is_refused_in_json(shop: Client) -> None:
    answer = shop.get("/api/v1/public", headers={"Accept": "image/png"})
    assert (answer.status_code, answer.json()["code"]) == (406, "NOT_ACCEPTABLE")


def test_body_that_is_too_large_is_refused(shop: Client, settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = shop.post("/api/v1/orders", {"title": "x" * 100}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (413, "CONTENT_TOO_LARGE")


@pytest.mark.parametrize("path", ["/api/v1/nowhere", "/api/nowhere/", "/api", "/api/v1/fail/a/b"])
def test_unknown_api_address_is_a_problem(shop: Client, path: str) -> None:
    answer = shop.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


def test_unknown_page_is_a_page(shop: Client) -> None:
    answer = shop.get("/nowhere/")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_form_without_csrf_token_is_explained() -> None:
    answer = Client(enforce_csrf_checks=True).post("/pages/")
    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "text/html; charset=utf-8")


def test_error_page_that_fails_itself_is_still_an_answer(shop: Client, settings) -> None:
    settings.TEMPLATES = [settings.TEMPLATES[0] | {"DIRS": [], "APP_DIRS": False}]
    answer = shop.get("/pages/fail/bug/")
    assert answer.status_code == 500
    assert "Internal Server Error" in answer.content.decode()
