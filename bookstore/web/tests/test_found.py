"""Which pages search engines may keep, under which address, and what is shown where a page is shared."""

from typing import Any
from urllib.robotparser import RobotFileParser

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookstore.web.models import ShopPage
from bookstore.web.tests.addresses import PAGES, arguments_for
from bookstore.web.tests.heads import head_of
from bookstore.web.tests.readers import PROVIDERS, client_for
from bookstore.web.tests.shop import open_shop
from catalog.models import Contributor, Format
from catalog.services import archive_book
from catalog.tests.factories import BookFactory, GenreFactory, OfferFactory

pytestmark = pytest.mark.django_db

SITE = "https://shop.example"
FOUND = {
    "catalog:author", "catalog:book", "catalog:books", "catalog:genre", "catalog:genres", "catalog:seller", "web:home",
    "web:page",
}  # fmt: skip


@pytest.fixture(autouse=True)
def site(settings: Any) -> None:
    settings.SITE_URL = SITE


def canonical(client: Client, path: str) -> str | None:
    head = head_of(client.get(path))
    assert head.is_kept_out == (head.canonical is None)
    return head.canonical and head.canonical.removeprefix(SITE)


# Every page


@pytest.mark.parametrize("name", PAGES)
def test_page_is_kept_out_unless_it_is_meant_to_be_found_and_says_where_it_lies(name: str, settings: Any) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = PROVIDERS
    shop = open_shop()
    path = reverse(name, args=arguments_for(name, shop))
    is_for_readers = Client().get(path).status_code == 302
    client = client_for(name, shop.reader, is_for_readers=is_for_readers)

    page = client.get(path)
    head = head_of(page)

    assert [node.get("@type") for node in head.nodes].count("BreadcrumbList") == (name != "web:home")
    assert page.text.count('class="crumbs"') == (name != "web:home")
    assert head.is_kept_out == (name not in FOUND)
    assert head.canonical == (SITE + path if name in FOUND else None)
    assert head.title.strip()


@pytest.mark.parametrize("name", sorted(FOUND))
def test_found_page_is_described_and_can_be_shared(client: Client, name: str) -> None:
    shop = open_shop()

    head = head_of(client.get(reverse(name, args=arguments_for(name, shop))))

    assert 10 <= len(head.meta["description"]) <= 300
    assert head.meta["og:url"] == head.canonical
    assert head.meta["og:image"].startswith("https://")
    assert {"og:title", "og:description", "og:type", "og:site_name", "twitter:card"} <= head.meta.keys()


def test_page_that_is_not_there_is_kept_out(client: Client) -> None:
    book = BookFactory()
    archive_book(book.pk)

    for path in [book.get_absolute_url(), "/nowhere/"]:
        assert '<meta name="robots" content="noindex">' in client.get(path).text


# Addresses


def test_address_is_the_shops_whatever_the_request_says(client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]

    page = client.get("/", headers={"host": "evil.example"}).text

    assert "evil.example" not in page


@pytest.mark.parametrize(
    "query",
    ["utm_source=x", "page=1", "page=01", "sort=", "sort=zzz", "min_price=cheap", "genre=klingon", "%2e=%2f", "&&"],
)
def test_odd_query_does_not_change_the_address(client: Client, query: str) -> None:
    shop = open_shop()

    for path in ["/", shop.book.get_absolute_url(), shop.genre.get_absolute_url(), shop.author.get_absolute_url()]:
        assert canonical(client, f"{path}?{query}") == path


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    params=st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12).map("x".__add__),
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12),
    )
)
def test_unknown_parameters_do_not_change_the_address(client: Client, params: dict[str, str]) -> None:
    genre = GenreFactory(name="Travel")
    BookFactory(genre=genre)

    head = head_of(client.get(genre.get_absolute_url(), params))

    assert head.canonical == SITE + genre.get_absolute_url()
    genre.books.all().delete()
    genre.delete()


def test_each_page_of_a_list_stands_for_itself(client: Client) -> None:
    genre = GenreFactory(name="Travel")
    for number in range(25):
        BookFactory(title=f"Book {number:02}", genre=genre)

    for path in ["/books/", genre.get_absolute_url(), Contributor.objects.get().get_absolute_url()]:
        first, second = head_of(client.get(path)), head_of(client.get(f"{path}?page=2&ref=x"))
        assert first.canonical == SITE + path
        assert second.canonical == f"{SITE}{path}?page=2"
        assert "Page 2" in second.title
        assert first.meta["description"] != second.meta["description"]
    assert canonical(client, "/books/?genre=travel&page=2") == "/genres/travel/?page=2"


def test_filtered_list_is_a_copy_of_the_whole(client: Client) -> None:
    book = OfferFactory(book=BookFactory(genre=GenreFactory(name="Travel"))).book
    seller = book.offers.get().seller

    for query in ["in_stock=true", "format=PAPERBACK", "sort=-created_at", "genre=travel&in_stock=true"]:
        assert canonical(client, f"/books/?{query}") == "/books/"
    assert canonical(client, "/books/?genre=travel") == "/genres/travel/"
    assert canonical(client, f"/books/?seller={seller.slug}") == seller.get_absolute_url()
    assert canonical(client, "/genres/travel/?in_stock=true&sort=price") == "/genres/travel/"
    assert canonical(client, f"{seller.get_absolute_url()}?sort=-price") == seller.get_absolute_url()


def test_what_was_searched_for_and_an_empty_list_are_kept_out(client: Client) -> None:
    BookFactory(title="Wind", authors=["Ada"])
    empty = GenreFactory(name="Empty")

    for path in ["/books/?q=wind", "/books/?q=none", "/books/?in_stock=true", empty.get_absolute_url()]:
        assert canonical(client, path) is None
    assert canonical(client, "/books/") == "/books/"


# Words


def test_titles_tell_editions_apart(client: Client) -> None:
    paper = BookFactory(title="Emma", authors=["Jane Austen"], format=Format.PAPERBACK)
    sound = BookFactory(title="Emma", authors=["Jane Austen"], format=Format.AUDIOBOOK)

    titles = [head_of(client.get(book.get_absolute_url())).title for book in (paper, sound)]

    assert titles == ["Emma · Jane Austen · Paperback · Quire Books", "Emma · Jane Austen · Audiobook · Quire Books"]


def test_book_is_described_by_its_text_or_by_what_is_known(client: Client) -> None:
    told = BookFactory(description="Windy.\n\n“Very” windy " + "and wet " * 100)
    untold = BookFactory(title="Wind", authors=["Ada"], publisher="Lantern", publish_date="2020-02-29")

    by_text, by_facts = (head_of(client.get(book.get_absolute_url())).meta["description"] for book in (told, untold))

    assert by_text.startswith("Windy. “Very” windy and wet")
    assert len(by_text) == 160
    assert by_facts == "Wind by Ada, Paperback, Lantern, 2020"


def test_page_of_the_shop_is_described_by_its_words_alone(client: Client) -> None:
    page = ShopPage.objects.create(title="Imprint", slug="imprint", text="## Tom & Jerry\n\n*Harbour* <b>1</b>")

    assert head_of(client.get(page.get_absolute_url())).meta["description"] == "Tom & Jerry Harbour <b>1</b>"


def test_shared_book_shows_its_picture_where_it_has_one(client: Client) -> None:
    pictured = BookFactory(cover_image_url="https://pictures.example/1.jpg", isbn="9780306406157")

    drawn, shown = (head_of(client.get(book.get_absolute_url())).meta for book in (BookFactory(), pictured))

    assert drawn["og:image"] == f"{SITE}/static/icons/share.png"  # few take the SVG that drawn covers are
    assert (shown["og:image"], shown["og:type"]) == ("https://pictures.example/1.jpg", "book")
    assert shown["book:isbn"] == "9780306406157"


# Robots and home screens


def test_robots_may_fetch_all_that_is_to_be_found_and_know_the_sitemap(client: Client) -> None:
    shop, robots = open_shop(), RobotFileParser()
    response = client.get("/robots.txt")
    robots.parse(response.text.splitlines())

    for name in FOUND:
        assert robots.can_fetch("anybody", SITE + reverse(name, args=arguments_for(name, shop)))
    for path in ["/accounts/login/?next=/", "/admin/", "/api/v1/books", "/books/facets/?q=x", "/prebooks/new/1/"]:
        assert not robots.can_fetch("anybody", SITE + path)
    assert robots.site_maps() == [f"{SITE}/sitemap.xml"]
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_robots_may_read_that_a_page_is_to_be_kept_out(client: Client) -> None:
    robots = RobotFileParser()
    robots.parse(client.get("/robots.txt").text.splitlines())

    for path in ["/cart/", "/books/?q=wind", "/wishlist/shared/token/"]:
        assert robots.can_fetch("anybody", SITE + path)


def test_manifest_names_the_shop_and_pictures_that_are_there(client: Client) -> None:
    response = client.get(*head_of(client.get("/")).links["manifest"])

    app = response.json()
    assert (app["name"], app["start_url"]) == ("Quire Books", "/")
    assert response.headers["Content-Type"] == "application/manifest+json"
    assert [finders.find(icon["src"].removeprefix("/static/")) is None for icon in app["icons"]] == [False] * 3


def test_browsers_find_the_icon_where_they_look_for_it(client: Client) -> None:
    icon = client.get("/favicon.ico").headers["Location"]
    assert finders.find(icon.removeprefix("/static/"))


@pytest.mark.parametrize(
    "path", ["/sitemap.xml", "/sitemap-shop.xml", "/robots.txt", "/manifest.webmanifest", "/books/new.atom"]
)
def test_what_programs_read_is_only_read(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
    assert client.head(path).status_code == 200
