"""How the tests speak to the API of orders."""

from typing import Any

from rest_framework.test import APIClient

from accounts.models import User

ORDERS = "/api/v1/orders"
CHECKOUT = f"{ORDERS}/checkout"
STAFF = "/api/v1/admin/orders"
CART = "/api/v1/cart"


def signed_in(user: User) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def pay(client: APIClient, key: str | None = None, **body: Any) -> Any:
    """Check out, by a token that pays unless another is given."""
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post(CHECKOUT, {"payment_token": "tok_ok", **body}, headers=headers)


def codes(answer: Any) -> list[str]:
    """Return every kind of problem that a checkout was refused for; `code` and `items` repeat the first."""
    assert answer.status_code == 409, answer.content
    refusal = answer.json()
    first = refusal["problems"][0]
    assert (refusal["code"], refusal["items"]) == (first["code"], first["items"])
    return [kind["code"] for kind in refusal["problems"]]
