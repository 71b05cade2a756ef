from functools import cache
from typing import Any

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema


@cache
def document() -> dict[str, Any]:
    GENERATOR_STATS.reset()
    return SchemaGenerator(urlconf="bookstore.core.tests.doors").get_schema(request=None, public=True)


def operation(method: str, path: str) -> dict[str, Any]:
    return document()["paths"][f"/api/v1/{path}"][method]


def headers(method: str, path: str) -> set[str]:
    return {item["name"] for item in operation(method, path).get("parameters", []) if item["in"] == "header"}


def test_document_is_valid_and_made_without_a_warning() -> None:
    validate_schema(document())
    assert not GENERATOR_STATS


@pytest.mark.parametrize(
    ("method", "path", "statuses"),
    [
        ("get", "public", "200 304 400 401 406 503"),
        ("get", "members", "200 400 401 403 406 503"),
        ("post", "orders", "201 400 401 403 406 409 413 415 503"),
        ("post", "groups", "201 400 401 403 406 409 413 415 422 503"),
    ],
)
def test_operation_names_every_answer_it_may_give(method: str, path: str, statuses: str) -> None:
    answers = operation(method, path)["responses"]
    assert sorted(answers) == statuses.split()
    assert answers["400"]["content"] == {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
    }


def test_idempotency_key_stands_where_it_is_honoured() -> None:
    assert headers("post", "groups") == {"Idempotency-Key"}
    assert headers("post", "orders") == set()
    assert "Idempotent-Replayed" in operation("post", "groups")["responses"]["201"]["headers"]


def test_etag_stands_where_it_is_sent() -> None:
    assert headers("get", "public") == {"If-None-Match"}
    assert "ETag" in operation("get", "public")["responses"]["200"]["headers"]
    assert headers("get", "members") == set()


def test_list_has_its_envelope() -> None:
    schemas = document()["components"]["schemas"]
    assert operation("get", "orders")["responses"]["200"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/PlacedOrderList"
    }
    assert schemas["PlacedOrderList"]["required"] == ["items", "next", "page", "size", "total"]
    assert [item["name"] for item in operation("get", "orders")["parameters"]] == ["cursor", "page", "size"]


def price_in(content: dict[str, Any]) -> dict[str, Any]:
    name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
    return document()["components"]["schemas"][name]["properties"]["price"]


def test_money_is_taken_as_number_too_and_shown_as_string() -> None:
    order = operation("post", "orders")
    assert [kind["type"] for kind in price_in(order["requestBody"]["content"])["oneOf"]] == ["string", "number"]
    assert price_in(order["responses"]["201"]["content"])["type"] == "string"
