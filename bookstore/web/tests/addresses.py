"""The pages of the shop, taken from the URLconf, so that a new one cannot be forgotten."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from bookstore.web.tests.shop import Shop

# Addresses among the pages' that answer with something else, or only with a part of a page.
OTHERS = {"accounts:logout", "catalog:cover", "catalog:facets", "web:media", "web:robots"}


def names_in(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    """Yield the names of all addresses but those of the admin, the service and the APIs."""
    for pattern in resolver.url_patterns:
        if str(pattern.pattern).startswith("admin/"):
            continue
        if isinstance(pattern, URLPattern):
            yield f"{namespace}:{pattern.name}"
        elif pattern.namespace != "core" and not (pattern.namespace or "").endswith("_api"):
            yield from names_in(pattern, pattern.namespace or namespace)


PAGES = sorted(set(names_in(get_resolver())) - OTHERS)


def arguments_for(name: str, shop: Shop) -> list[Any]:
    """Return an example for a page that needs to be told which; one without an example cannot be reversed."""
    examples = {
        "catalog:author": [shop.author.pk, shop.author.slug],
        "catalog:book": [shop.book.pk, shop.book.slug],
        "catalog:genre": [shop.genre.slug],
        "catalog:seller": [shop.seller.slug],
    }
    return examples.get(name, [])
