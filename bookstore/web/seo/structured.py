"""
What pages say to programs, in the words of schema.org, as JSON-LD: only what they show to people too.

Source: https://schema.org, and https://developers.google.com/search/docs/appearance/structured-data for what a
search engine makes of it.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from bookstore.web.seo.addresses import LOGO, absolute, picture_of
from bookstore.web.seo.words import shortened
from catalog.models import Book, Contribution, Format, Offer, Role

Node = dict[str, Any]

CONTEXT = "https://schema.org"
LONGEST = 500  # characters of a description, which stands on the page in full

# Source: https://schema.org/BookFormatType
FORMATS = {
    Format.HARDCOVER: "Hardcover",
    Format.PAPERBACK: "Paperback",
    Format.EBOOK: "EBook",
    Format.AUDIOBOOK: "AudiobookFormat",
}
ROLES = {
    Role.AUTHOR: "author",
    Role.ILLUSTRATOR: "illustrator",
    Role.EDITOR: "editor",
    Role.TRANSLATOR: "translator",
    Role.NARRATOR: "contributor",  # readBy is for the type Audiobook only
}

# What would end a script element, or begin a comment in it, as JSON writes it else.
ESCAPES = {ord(char): f"\\u{ord(char):04X}" for char in "<>&\u2028\u2029"}


def script_of(node: Node) -> SafeString:
    """
    Return a node as the text of a script element, which nothing in it can leave.

    The element is data and never run, so the content security policy asks for no nonce.
    Source: HTML, 4.12.1, "prepare the script element", and 4.12.1.3 on what may stand in one.
    """
    text = json.dumps({"@context": CONTEXT, **node}, ensure_ascii=False, separators=(",", ":"))
    return mark_safe(text.translate(ESCAPES))  # noqa: S308 - just made safe


def without_blanks(node: Node) -> Node:
    return {name: value for name, value in node.items() if value not in (None, "", [])}


def shop_node() -> Node:
    """Return the shop and its site, with how it is searched. Source: https://schema.org/SearchAction"""
    home = absolute(reverse("web:home"))
    both = {"name": settings.STORE_NAME, "url": home}
    shop = {"@type": "OnlineStore", "@id": f"{home}#shop", **both, "logo": absolute(static(LOGO))}
    search = {
        "@type": "SearchAction",
        "target": {
            "@type": "EntryPoint",
            "urlTemplate": absolute(reverse("catalog:books")) + "?q={search_term_string}",
        },
        "query-input": "required name=search_term_string",
    }
    site = {"@type": "WebSite", **both, "publisher": {"@id": shop["@id"]}, "potentialAction": search}
    return {"@graph": [shop, site]}


def crumbs_node(line: Iterable[tuple[str, str]], here: str) -> Node:
    """
    Return breadcrumbs: the names and paths above the page, then the page, which needs no address of its own.

    Source: https://developers.google.com/search/docs/appearance/structured-data/breadcrumb
    """
    items = [
        {"@type": "ListItem", "position": position, "name": name, "item": absolute(path)}
        for position, (name, path) in enumerate(line, 1)
    ]
    items.append({"@type": "ListItem", "position": len(items) + 1, "name": here})
    return {"@type": "BreadcrumbList", "itemListElement": items}


def book_node(book: Book, contributions: Iterable[Contribution], offers: Sequence[Offer]) -> Node:
    """
    Return a book with its offers, best first; ratings nobody gave are not made up.

    It is a product as well as a book where someone offers it: search engines show prices of products only, and
    take none without an offer.
    Source: https://developers.google.com/search/docs/appearance/structured-data/product-snippet
    """
    address = absolute(book.get_absolute_url())
    people: dict[str, list[Node]] = {}
    for contribution in contributions:
        people.setdefault(ROLES[Role(contribution.role)], []).append(person_node(contribution))
    written_in = FORMATS.get(Format(book.format))
    return without_blanks(
        {
            "@type": ["Book", "Product"] if offers else "Book",
            "@id": f"{address}#book",
            "url": address,
            "name": book.title,
            "alternativeHeadline": book.subtitle,
            "creditText": book.byline,
            **people,
            "image": picture_of(book),
            "description": shortened(book.description, LONGEST),
            "isbn": book.isbn,
            "gtin13": book.isbn if offers else None,
            "bookFormat": written_in and f"{CONTEXT}/{written_in}",
            "inLanguage": book.language,
            "numberOfPages": book.pages,
            "publisher": book.publisher and {"@type": "Organization", "name": book.publisher},
            "datePublished": book.publish_date and book.publish_date.isoformat(),
            "genre": book.genre and book.genre.name,
            "isPartOf": book.series and {"@type": "BookSeries", "name": book.series.name},
            "position": book.series_number if book.series else None,
            "offers": offers_node(offers, address),
        }
    )


def person_node(contribution: Contribution) -> Node:
    person = contribution.contributor
    return {"@type": "Person", "name": person.name, "url": absolute(person.get_absolute_url())}


def offers_node(offers: Sequence[Offer], address: str) -> Node | None:
    """Return one offer as it is, several as what they have in common and each; prices are of those in stock, if any."""
    if len(offers) < 2:
        return offer_node(offers[0], address) if offers else None
    prices = [offer.price for offer in offers if offer.in_stock] or [offer.price for offer in offers]
    return {
        "@type": "AggregateOffer",
        "lowPrice": str(min(prices)),
        "highPrice": str(max(prices)),
        "priceCurrency": offers[0].currency,
        "availability": availability_of(offers[0]),
        "offerCount": len(offers),
        "offers": [offer_node(offer, address) for offer in offers],
    }


def offer_node(offer: Offer, address: str) -> Node:
    seller = offer.seller
    return {
        "@type": "Offer",
        "url": address,
        "price": str(offer.price),
        "priceCurrency": offer.currency,
        "availability": availability_of(offer),
        "seller": {"@type": "Organization", "name": seller.name, "url": absolute(seller.get_absolute_url())},
    }


def availability_of(offer: Offer) -> str:
    return f"{CONTEXT}/{'InStock' if offer.in_stock else 'OutOfStock'}"
