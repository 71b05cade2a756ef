"""What pages say to programs is what they show to people, and nothing in it gets out of its place."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookstore.web.models import ShopPage
from bookstore.web.tests.heads import Head, head_of
from bookstore.web.tests.shop import open_shop
from catalog.models import Book, Format, Role
from catalog.prices import format_price
from catalog.services import archive_book, change_offer, credit
from catalog.tests.factories import BookFactory, GenreFactory, OfferFactory, SellerFactory, SeriesFactory

pytestmark = pytest.mark.django_db

SITE = "https://shop.example"
HOSTILE = [
    "</script><script>alert(1)</script>", "</SCRIPT\t>", "<!--<script>", "]]>", '"}</script>', "\\u003C/script>",
    "&lt;", "\u2028\u2029", "\\", "{{ 7|add:7 }}",
]  # fmt: skip


@pytest.fixture(autouse=True)
def site(settings: Any) -> None:
    settings.SITE_URL = SITE


def book_head(client: Client, book: Book) -> Head:
    return head_of(client.get(book.get_absolute_url()))


def test_book_says_what_its_page_shows(client: Client) -> None:
    book = BookFactory(
        title="Wind", subtitle="A Voyage", isbn="9780306406157", language="pt-BR", pages=312, publisher="Lantern",
        publish_date="2020-02-29", genre=GenreFactory(name="Travel"), series=SeriesFactory(name="The Coast"),
        series_number="2", description="Windy.\n\nVery windy.", format=Format.HARDCOVER, authors=["Ada", "Ben"],
    )  # fmt: skip
    credit(book, Role.TRANSLATOR, ["Cem"])

    node = book_head(client, book).node("Book")

    assert (node["@context"], node["@type"]) == ("https://schema.org", "Book")
    assert node["url"] == f"{SITE}/books/{book.pk}/wind/"
    assert [person["name"] for person in node["author"]] == ["Ada", "Ben"]
    assert [person["name"] for person in node["translator"]] == ["Cem"]
    known = {
        "name": "Wind", "alternativeHeadline": "A Voyage", "isbn": "9780306406157", "inLanguage": "pt-BR",
        "numberOfPages": 312, "datePublished": "2020-02-29", "genre": "Travel", "position": "2",
        "bookFormat": "https://schema.org/Hardcover", "description": "Windy. Very windy.", "creditText": "Ada, Ben",
    }  # fmt: skip
    assert {name: node[name] for name in known} == known
    assert (node["publisher"]["name"], node["isPartOf"]["name"]) == ("Lantern", "The Coast")


def test_what_is_not_known_of_a_book_is_not_said(client: Client) -> None:
    node = book_head(client, BookFactory(title="Wind", format=Format.OTHER, language="")).node("Book")

    said = {"@context", "@type", "@id", "url", "name", "creditText", "author", "image"}
    assert node.keys() == said


def test_offers_say_what_the_buy_box_shows(client: Client) -> None:
    book = BookFactory()
    for name, price, copies in [("Dear", "12.00", 6), ("Here", "14.50", 1), ("Gone", "5.00", 0)]:
        OfferFactory(book=book, seller=SellerFactory(name=name), price=Decimal(price), stock_quantity=copies)
    OfferFactory(book=book, price=Decimal("1.00"), is_active=False)

    response = client.get(book.get_absolute_url())

    offers = head_of(response).node("Product")["offers"]
    shown = [(each["seller"]["name"], each["price"], each["availability"]) for each in offers["offers"]]
    there, gone = "https://schema.org/InStock", "https://schema.org/OutOfStock"
    assert shown == [("Dear", "12.00", there), ("Here", "14.50", there), ("Gone", "5.00", gone)]
    assert [format_price(Decimal(price)) in response.text for _name, price, _there in shown] == [True] * 3
    assert (offers["@type"], offers["offerCount"]) == ("AggregateOffer", 3)
    assert (offers["lowPrice"], offers["highPrice"], offers["priceCurrency"]) == ("12.00", "14.50", "EUR")
    assert offers["availability"] == there


def test_one_offer_stands_for_itself(client: Client) -> None:
    offer = OfferFactory(price=Decimal("7.00"), stock_quantity=0)

    node = book_head(client, offer.book).node("Product")

    assert (node["offers"]["@type"], node["offers"]["price"]) == ("Offer", "7.00")
    assert node["offers"]["availability"] == "https://schema.org/OutOfStock"
    assert node["offers"]["seller"]["url"] == f"{SITE}{offer.seller.get_absolute_url()}"


def test_changed_price_is_said_at_once(client: Client) -> None:
    offer = OfferFactory(price=Decimal("7.00"))
    book_head(client, offer.book)

    change_offer(offer.pk, price=Decimal("8.00"))

    assert book_head(client, offer.book).node("Product")["offers"]["price"] == "8.00"


def test_nobody_has_rated_a_book(client: Client) -> None:
    page = client.get(open_shop().book.get_absolute_url()).text

    assert "ating" not in "".join(re.findall(r"ld\+json.*?</script>", page, re.DOTALL))


def test_picture_is_the_cover_on_the_page(client: Client) -> None:
    drawn, pictured = BookFactory(), BookFactory(cover_image_url="https://pictures.example/1.jpg")

    page = client.get(drawn.get_absolute_url())

    cover = head_of(page).node("Book")["image"]
    assert cover.startswith(f"{SITE}/covers/{drawn.pk}-")
    assert f'src="{cover.removeprefix(SITE)}"' in page.text
    assert book_head(client, pictured).node("Book")["image"] == "https://pictures.example/1.jpg"


@pytest.mark.parametrize("title", HOSTILE)
def test_known_tricks_stay_in_their_place(client: Client, title: str) -> None:
    plain = book_head(client, BookFactory(title="Wind"))
    author = f"Ada {title} Reader"

    head = book_head(client, OfferFactory(book=BookFactory(title=title, description=title, authors=[author])).book)

    assert (head.node("Book")["name"], head.node("Book")["author"][0]["name"]) == (title, author)
    assert head.node("BreadcrumbList")["itemListElement"][-1]["name"] == title
    assert head.scripts == plain.scripts


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    title=st.lists(
        st.sampled_from([*HOSTILE, "a", " "])
        | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
        min_size=1,
        max_size=5,
    )
    .map("".join)
    .filter(str.strip)
)
def test_no_title_leaves_its_place(client: Client, title: str) -> None:
    book = BookFactory(title=title, description=title)

    head = book_head(client, book)

    assert (head.node("Book")["name"], len(head.nodes)) == (title, 2)
    assert head.meta["og:title"] == title
    Book.objects.all().delete()


def test_breadcrumbs_are_those_on_the_page(client: Client) -> None:
    fiction = GenreFactory(name="Fiction")
    travel = GenreFactory(name="Travel & Co", parent=fiction)
    book = BookFactory(genre=travel)

    for path in [book.get_absolute_url(), travel.get_absolute_url()]:
        page = client.get(path)
        shown = page.text.partition('class="crumbs"')[2].partition("</nav>")[0]
        items = head_of(page).node("BreadcrumbList")["itemListElement"]

        assert [item["position"] for item in items] == list(range(1, len(items) + 1))
        assert [item["item"].removeprefix(SITE) for item in items[:-1]] == re.findall(r'href="([^"]+)"', shown)
        names = [name.replace("&amp;", "&") for name in re.findall(r">([^<>]+)</(?:a|li)>", shown)]
        assert [item["name"] for item in items] == names


def test_page_of_the_shop_says_its_breadcrumbs(client: Client) -> None:
    page = ShopPage.objects.create(title="Terms & more", slug="terms", text="We.")

    items = head_of(client.get(page.get_absolute_url())).node("BreadcrumbList")["itemListElement"]

    assert [item["name"] for item in items] == ["Start page", "Terms & more"]
    assert items[0]["item"] == f"{SITE}/"


@pytest.mark.parametrize("kind", ["author", "genre", "seller", "book"])
def test_every_page_with_breadcrumbs_says_them(client: Client, kind: str) -> None:
    page = client.get(getattr(open_shop(), kind).get_absolute_url())

    assert 'class="crumbs"' in page.text
    assert len(head_of(page).node("BreadcrumbList")["itemListElement"]) >= 2


def test_home_names_the_shop_and_how_to_search_it(client: Client) -> None:
    book = BookFactory(title="Sea & Wind")

    (graph,) = [node["@graph"] for node in head_of(client.get("/")).nodes]

    shop, site = graph
    assert (shop["@type"], shop["name"], shop["url"]) == ("OnlineStore", "Quire Books", f"{SITE}/")
    template = site["potentialAction"]["target"]["urlTemplate"]
    found = client.get(template.removeprefix(SITE).replace("{search_term_string}", "sea%20%26%20wind"))
    assert found.context["page"].items == [book]


def test_archived_book_says_nothing(client: Client) -> None:
    book = OfferFactory().book
    archive_book(book.pk)

    assert "ld+json" not in client.get(book.get_absolute_url()).text
