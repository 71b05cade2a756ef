"""What a deployment is told of its payments."""

from typing import Any

import pytest
from django.core import checks


@pytest.mark.parametrize(
    ("is_local", "provider", "has_test_tokens", "said"),
    [
        (True, "orders.payment.mock.MockProvider", True, []),
        (False, "orders.payment.mock.MockProvider", False, ["orders.I001"]),
        (False, "orders.payment.mock.MockProvider", True, ["orders.I001", "orders.W001"]),
        (False, "elsewhere.Provider", False, []),
    ],
)
def test_a_deployment_is_told_that_nobody_pays(
    settings: Any, is_local: bool, provider: str, has_test_tokens: bool, said: list[str]
) -> None:
    settings.IS_LOCAL, settings.PAYMENT_PROVIDER, settings.PAYMENT_TEST_TOKENS = is_local, provider, has_test_tokens
    found = [str(check.id) for check in checks.run_checks(include_deployment_checks=True)]
    assert sorted(name for name in found if name.startswith("orders")) == said
