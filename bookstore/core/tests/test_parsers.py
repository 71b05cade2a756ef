from typing import Any

import pytest
from django.test import Client

pytestmark = [pytest.mark.urls("bookstore.core.tests.doors"), pytest.mark.django_db]


def send(client: Client, path: str, body: str | bytes) -> Any:
    return client.post(f"/api/v1/{path}", body, content_type="application/json")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"title": "a",}',
        b'{"title": "\xff"}',
        b'{"title": "\xed\xa0\x80"}',
        b'{"n": NaN}',
        b'{"n": -Infinity}',
        b'{"n": 1e999}',
        b'{"n": 1e-999}',
        b'{"n": -1e-999999999}',
        b'{"n": 1e99999999999999999999999}',
        b'{"n": ' + b"9" * 5000 + b"}",
        b'{"title": "\\ud800"}',
        b'{"\\udfff": 1}',
        b"[" * 100 + b"]" * 100,
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
    ids=lambda body: body[:24],
)
def test_what_is_not_json_in_utf8_is_refused(client: Client, body: bytes) -> None:
    answer = send(client, "echo", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
    assert answer.json()["detail"].startswith("The body is")


def test_fractions_keep_every_digit(client: Client) -> None:
    answer = send(client, "echo", '{"a": 0.1000000000000000055511151231257827, "b": 2}')
    assert answer.json() == {"title": "{'a': Decimal('0.1000000000000000055511151231257827'), 'b': 2}"}


def test_zero_is_zero_whatever_its_exponent(client: Client) -> None:
    answer = send(client, "echo", '{"a": 0e-999999999}')
    assert answer.json() == {"title": "{'a': Decimal('0E-999999999')}"}


@pytest.mark.parametrize("body", ["", "  \n"])
def test_empty_body_is_an_empty_object(client: Client, body: str) -> None:
    assert send(client, "echo", body).json() == {"title": "{}"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("book_id", "9" * 4000),
        ("book_id", "9223372036854775808"),
        ("book_id", "0"),
        ("book_id", "true"),
        ("book_id", '"1"'),
        ("book_id", "1.0"),
        ("book_id", "1e3"),
        ("book_id", "null"),
        ("is_gift", "1"),
        ("is_gift", '"true"'),
        ("price", "0"),
        ("price", "-1"),
        ("price", "1.999"),
        ("price", "100000000"),
        ("price", "1e300"),
        ("price", "1e-300"),
        ("price", "9" * 4000),
        ("price", "true"),
        ("price", '"1E+5"'),
        ("price", '"NaN"'),
        ("price", '"Infinity"'),
        ("price", '"1_000"'),
        ("price", '"١٤"'),
        ("price", '" 1"'),
        ("price", '"1.990"'),
        ("price", '""'),
        ("price", "[1]"),
        ("title", "7"),
        ("title", '"   "'),
        ("title", '"a\\u0000b"'),
        ("title", '"123456789012345678901"'),
    ],
)
def test_values_are_taken_strictly(client: Client, field: str, value: str) -> None:
    title = "" if field == "title" else '"title": "Emma", '
    answer = send(client, "orders", f'{{{title}"{field}": {value}}}')
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("written", "shown"),
    [('"14.99"', "14.99"), ("14.9", "14.90"), ("14", "14.00"), ('"0.01"', "0.01"), ("99999999.99", "99999999.99")],
)
def test_money_is_a_string_or_number_and_shown_with_two_places(client: Client, written: str, shown: str) -> None:
    assert send(client, "orders", f'{{"title": "Emma", "price": {written}}}').json()["price"] == shown


def test_text_is_kept_as_sent(client: Client) -> None:
    assert send(client, "orders", '{"title": " Émile \\ud83d\\ude00 "}').json()["title"] == " Émile 😀 "
