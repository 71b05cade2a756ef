from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape, strip_tags

from catalog.models import Book, Contributor, Role
from catalog.search.vocabulary import refresh_vocabulary
from catalog.services import archive_book, credit
from catalog.tests.factories import BookFactory, GenreFactory, OfferFactory, SellerFactory, SeriesFactory

pytestmark = pytest.mark.django_db


def titles(response: Any) -> list[str]:
    return [book.title for book in response.context["page"].items]


# One book


def test_book_page_shows_the_best_offer_and_the_others(client: Client) -> None:
    book = BookFactory()
    OfferFactory(book=book, seller=SellerFactory(name="Dear & Here"), price=Decimal("12.00"), stock_quantity=6)
    OfferFactory(book=book, seller=SellerFactory(name="Cheap, Gone"), price=Decimal("5.00"), stock_quantity=0)
    OfferFactory(book=book, price=Decimal("1.00"), is_active=False)

    response = client.get(book.get_absolute_url())

    assert [offer.price for offer in response.context["offers"]] == [Decimal("12.00"), Decimal("5.00")]
    assert "€12.00" in response.text
    assert escape("Dear & Here") in response.text
    assert "Out of stock" in response.text
    assert "€1.00" not in response.text


@pytest.mark.parametrize(
    ("copies", "words"), [(0, "Out of stock"), (1, "Only one copy left"), (5, "Only 5 copies left"), (6, "In stock")]
)
def test_book_page_says_how_many_are_left_where_they_are_few(client: Client, copies: int, words: str) -> None:
    book = OfferFactory(stock_quantity=copies).book

    assert words in client.get(book.get_absolute_url()).text


def test_book_without_an_offer_says_so(client: Client) -> None:
    assert "Not for sale at the moment" in client.get(BookFactory().get_absolute_url()).text


def test_book_page_says_what_is_known_of_the_book(client: Client) -> None:
    book = BookFactory(
        isbn="9780306406157", first_published_year=-44, language="pt-BR", pages=1234, publisher="Lantern",
        series=SeriesFactory(name="The Coast"), series_number="2", subtitle="A Voyage", description="One.\n\nTwo.",
    )  # fmt: skip
    credit(book, Role.TRANSLATOR, ["Ben Writer"])

    page = client.get(book.get_absolute_url()).text

    for words in [
        "978-0-306-40615-7", "44 BCE", "Portuguese (Brazil)", "1,234 pages", "Lantern", "The Coast", "No. 2",
        "A Voyage", "<p>Two.</p>", "translated by", "Ben Writer", "Paperback",
    ]:  # fmt: skip
        assert words in page


def test_breadcrumbs_follow_the_tree_of_genres(client: Client) -> None:
    fiction = GenreFactory(name="Fiction")
    book = BookFactory(genre=GenreFactory(name="Travel", parent=fiction))

    line = client.get(book.get_absolute_url()).context["line"]

    assert [genre.name for genre in line] == ["Fiction", "Travel"]


def test_book_page_shows_what_else_the_author_wrote(client: Client) -> None:
    book, other, unknown = BookFactory(), BookFactory(popularity=1), BookFactory(popularity=2)
    BookFactory(authors=["Someone Else"])
    archive_book(BookFactory().pk)

    assert client.get(book.get_absolute_url()).context["more"] == [unknown, other]


def volumes(*numbers: str) -> dict[str, Book]:
    series = SeriesFactory()
    return {number: BookFactory(series=series, series_number=number) for number in numbers}


def test_series_stands_in_its_order_with_this_book_marked(client: Client) -> None:
    books = volumes("10", "2", "Prequel", "1.5", "1")
    BookFactory(series=SeriesFactory(), series_number="3")
    archive_book(BookFactory(series=books["1"].series, series_number="4").pk)

    page = client.get(books["2"].get_absolute_url())

    assert page.context["series"] == [books[number] for number in ("1", "1.5", "2", "10", "Prequel")]
    (_before, marked) = page.text.split('<li class="here" aria-current="true">')
    assert marked.index("This book") < marked.index("</li>")


def test_long_series_is_shown_from_the_book_before(client: Client) -> None:
    books = volumes(*map(str, range(1, 31)))

    def shown(number: str) -> list[str]:
        return [book.series_number for book in client.get(books[number].get_absolute_url()).context["series"]]

    assert shown("1") == [*map(str, range(1, 13))]
    assert shown("9") == [*map(str, range(8, 20))]
    assert shown("30") == [*map(str, range(25, 31))]


def test_book_alone_in_its_series_has_no_shelf_of_it(client: Client) -> None:
    (book,) = volumes("1").values()

    assert client.get(book.get_absolute_url()).context["series"] == []


def test_what_stands_with_the_series_does_not_stand_with_the_author_again(client: Client) -> None:
    book, _same_series = volumes("1", "2").values()
    other = BookFactory()

    assert client.get(book.get_absolute_url()).context["more"] == [other]


@pytest.mark.parametrize(
    ("rate", "free_from", "words"),
    [
        ("0", None, "Tax and delivery included"),
        ("3.9", None, "Tax included; delivery €3.90 an order"),
        ("3.9", "30", "Tax included; delivery €3.90 an order, free from €30.00"),
    ],
)
def test_book_page_says_what_delivery_costs(
    client: Client, settings: Any, rate: str, free_from: str | None, words: str
) -> None:
    settings.SHIPPING_RATE, settings.SHIPPING_FREE_FROM = Decimal(rate), free_from and Decimal(free_from)
    book = OfferFactory().book

    assert words in [line.strip() for line in strip_tags(client.get(book.get_absolute_url()).text).splitlines()]


def test_old_address_of_a_book_leads_to_its_own(client: Client) -> None:
    book = BookFactory(title="Ένα")

    response = client.get(reverse("catalog:book", args=[book.pk, "old"]))

    assert response.status_code == 301
    assert response.url == f"/books/{book.pk}/%CE%AD%CE%BD%CE%B1/"  # type: ignore[attr-defined]


def test_title_without_letters_still_has_an_address(client: Client) -> None:
    book = BookFactory(title="???")

    assert book.get_absolute_url() == f"/books/{book.pk}/book/"
    assert client.get(book.get_absolute_url()).status_code == 200


def test_archived_book_is_gone_from_every_page(client: Client) -> None:
    book = BookFactory(genre=GenreFactory())
    author = Contributor.objects.get()
    archive_book(book.pk)

    assert client.get(book.get_absolute_url()).status_code == 404
    for page in ["/books/", book.genre.get_absolute_url(), author.get_absolute_url()]:
        assert titles(client.get(page)) == []


@pytest.mark.parametrize(
    "path",
    [
        "/books/1/x/", f"/books/{10**30}/x/", f"/authors/{10**30}/x/", "/genres/none/", "/sellers/none/",
        f"/covers/{10**30}-0.svg", "/books/?page=0", "/books/?page=x", "/books/?page=2", f"/books/?page={10**30}",
    ],
)  # fmt: skip
def test_what_is_not_there_is_told_on_a_page(client: Client, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 404
    assert "Not on our shelves" in response.text


# Lists


def test_list_is_filtered_by_its_address(client: Client) -> None:
    travel = GenreFactory(name="Travel")
    OfferFactory(book=BookFactory(title="Wind", genre=travel), price=Decimal("9.00"))
    OfferFactory(book=BookFactory(title="Rain", genre=travel), price=Decimal("30.00"))
    BookFactory(title="Snow")

    response = client.get("/books/", {"genre": "travel", "max_price": "20"})

    assert titles(response) == ["Wind"]
    assert response.context["chips"] == [("Travel", "max_price=20"), ("Up to €20.00", "genre=travel")]


def test_search_is_a_choice_among_others(client: Client) -> None:
    BookFactory(title="Sea Wind", genre=GenreFactory(name="Travel"))
    BookFactory(title="Sea Rain")

    response = client.get("/books/", {"q": "sea", "genre": "travel", "literal": "true"})

    assert titles(response) == ["Sea Wind"]
    assert response.context["chips"] == [("“sea”", "genre=travel"), ("Travel", "q=sea&literal=true")]
    assert 'value="sea"' in response.text


def test_best_match_is_an_order_only_of_what_was_searched(client: Client) -> None:
    BookFactory(title="The Sea"), BookFactory(title="Sea")

    by_title, found = client.get("/books/"), client.get("/books/?q=sea")

    assert [value for value, _words, _chosen in by_title.context["sorts"][:2]] == ["", "-title"]
    assert [value for value, _words, _chosen in found.context["sorts"][:2]] == ["", "title"]
    assert (titles(by_title), titles(found)) == (["Sea", "The Sea"], ["Sea", "The Sea"])
    assert titles(client.get("/books/?q=sea&sort=-title")) == ["The Sea", "Sea"]


def test_misspelt_search_says_what_it_shows(client: Client) -> None:
    BookFactory(title="The Hobbit", authors=["J.R.R. Tolkien"])
    refresh_vocabulary()

    meant, literal = client.get("/books/?q=tolkein&page=1"), client.get("/books/?q=tolkein&literal=true")

    assert "Showing results for <strong>tolkien</strong>." in meant.text
    assert 'href="?q=tolkein&amp;literal=true"' in meant.text
    assert (titles(literal), literal.context["meant"]) == ([], "tolkien")
    assert 'href="?q=tolkein"' in literal.text


def test_search_without_a_result_shows_what_else_there_is(client: Client) -> None:
    GenreFactory(name="Travel")
    OfferFactory(book=BookFactory(title="Wind"))
    BookFactory(title="Nobody sells it")

    response = client.get("/books/", {"q": "<zzyzx>", "in_stock": "true"})

    assert "We found nothing for “&lt;zzyzx&gt;”." in response.text
    assert 'href="?q=%3Czzyzx%3E"' in response.text
    assert [book.title for book in response.context["popular"]] == ["Wind"]


def test_too_long_a_search_is_told_and_the_list_shown(client: Client) -> None:
    BookFactory(title="Wind")

    response = client.get("/books/", {"q": "x" * 501})

    assert titles(response) == ["Wind"]
    assert "at most 500 characters" in response.text


def test_every_page_has_the_search_box_and_only_the_list_keeps_its_filters(client: Client) -> None:
    book = BookFactory(genre=GenreFactory(name="Travel"))

    for path in ["/", book.get_absolute_url(), "/genres/travel/", "/nowhere/", "/books/?page=99"]:
        assert 'role="search">' in client.get(path).text
        assert 'form="browse" aria-describedby="fault-q"' not in client.get(path).text
    assert 'form="browse" aria-describedby="fault-q"' in client.get("/books/?genre=travel").text


def test_wrong_filter_is_named_and_the_others_count(client: Client) -> None:
    BookFactory(title="Wind", genre=GenreFactory(name="Travel"))
    BookFactory(title="Snow")

    response = client.get("/books/", {"genre": "travel", "min_price": "cheap", "language": "klingonese!"})

    assert response.status_code == 200
    assert titles(response) == ["Wind"]
    assert response.context["form"].errors.keys() == {"min_price", "language"}
    assert "Enter a number." in response.text


def test_fields_left_empty_leave_the_address(client: Client) -> None:
    response = client.get("/books/", {"genre": "", "author": "ada & co", "min_price": ""})

    assert response.status_code == 302
    assert response.url == "/books/?author=ada+%26+co"  # type: ignore[attr-defined]


def test_list_is_sorted_as_asked(client: Client) -> None:
    for price in ("9.00", "30.00", "12.00"):
        OfferFactory(book=BookFactory(title=price), price=Decimal(price))
    BookFactory(title="none")

    assert titles(client.get("/books/?sort=-price")) == ["30.00", "12.00", "9.00", "none"]


def test_list_comes_in_pages_of_24(client: Client) -> None:
    for number in range(25):
        BookFactory(title=f"Book {number:02}")

    first, second = client.get("/books/"), client.get("/books/?page=2")

    assert len(titles(first)) == 24
    assert titles(second) == ["Book 24"]
    assert "25 books" in first.text


def test_sellers_page_shows_their_own_price_and_stock(client: Client) -> None:
    book, seller = BookFactory(), SellerFactory()
    OfferFactory(book=book, price=Decimal("5.00"))
    OfferFactory(book=book, seller=seller, price=Decimal("8.00"), stock_quantity=0)
    BookFactory()

    response = client.get(seller.get_absolute_url())

    (shown,) = response.context["page"].items
    assert (shown.shown_price, shown.shown_in_stock) == (Decimal("8.00"), False)


def test_genre_page_shows_the_genres_below_and_their_books(client: Client) -> None:
    fiction = GenreFactory(name="Fiction")
    travel = GenreFactory(name="Travel", parent=fiction)
    BookFactory(title="Wind", genre=travel)

    response = client.get(fiction.get_absolute_url())

    assert list(response.context["children"]) == [travel]
    assert titles(response) == ["Wind"]


def test_author_page_shows_each_book_once(client: Client) -> None:
    book = BookFactory(authors=["Ada Reader"])
    credit(book, Role.ILLUSTRATOR, ["Ada Reader"])

    assert titles(client.get(Contributor.objects.get().get_absolute_url())) == [book.title]


# Queries


def fill(count: int) -> None:
    top = GenreFactory()
    for number in range(count):
        book = BookFactory(genre=GenreFactory(parent=top), authors=["Ada Reader", f"Author {number}"])
        OfferFactory(book=book)
        OfferFactory(book=Book.objects.earliest("id"))


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("home", 12),
        ("books", 8),
        ("filtered", 8),
        ("found", 8),
        ("book", 12),
        ("author", 8),
        ("genre", 8),
        ("seller", 8),
    ],
)
def test_queries_stay_few_and_do_not_grow(client: Client, name: str, most: int) -> None:
    fill(2)
    book = Book.objects.earliest("id")
    offer = book.offers.earliest("id")
    path = {
        "home": "/",
        "books": "/books/",
        "filtered": f"/books/?genre={book.genre.slug}&seller={offer.seller.slug}&sort=-price",  # type: ignore[union-attr]
        "found": "/books/?q=book",
        "book": book.get_absolute_url(),
        "author": Contributor.objects.get(name="Ada Reader").get_absolute_url(),
        "genre": book.genre.parent.get_absolute_url(),  # type: ignore[union-attr]
        "seller": offer.seller.get_absolute_url(),
    }[name]

    with CaptureQueriesContext(connection) as few:
        assert client.get(path).status_code == 200
    fill(10)
    with CaptureQueriesContext(connection) as many:
        assert client.get(path).status_code == 200

    assert len(few) <= most
    assert len(many) == len(few)
