"""What the shop is asked, by addresses that are drawn from its own books; the same shop is always asked the same."""

from collections.abc import Iterable
from random import Random
from urllib.parse import urlencode

from django.db.models import Max, Min

from bookstore.core.pagination import Position
from bookstore.web.seo.sitemaps import PART
from catalog.filters import SORTS
from catalog.models import Book, Contributor, Genre
from catalog.search.words import words_of

SAMPLE = 100  # addresses of each kind
COMMON = ("the", "of", "love", "night", "and")


def addresses() -> dict[str, list[str]]:
    """Return each kind of question with its addresses."""
    random = Random(1)  # noqa: S311 - nothing here is secret
    books = drawn(random)
    genres = list(Genre.objects.order_by("pk").values_list("slug", flat=True))
    asked = searches(books, random)

    return {
        "list, API": [f"/api/v1/books?{query}" for query in lists(genres)],
        "list by title, API": ["/api/v1/books"],
        "deep by cursor, API": [f"/api/v1/books?{urlencode({'cursor': cursor_at(book)})}" for book in books],
        "detail, API": [f"/api/v1/books/{book.pk}" for book in books],
        **{f"{kind}, API": asking(texts, "/api/v1/books") for kind, texts in asked.items()},
        "facets of all, API": ["/api/v1/books/facets"],
        "facets of a genre, API": [f"/api/v1/books/facets?genre={slug}" for slug in genres],
        "facets of a search, API": asking(asked["search, hit"], "/api/v1/books/facets"),
        "facets of a common word, API": asking(asked["search, common word"], "/api/v1/books/facets"),
        "suggest, API": asking(
            [text[:length] for text in asked["search, hit"] for length in (3, 6)], "/api/v1/books/suggest"
        ),
        "home, page": ["/"],
        "sitemap": [
            "/sitemap.xml",
            "/sitemap-shop.xml",
            *(f"/sitemap-books-{book.pk // PART}.xml" for book in books[:5]),
        ],
        "list, page": [f"/books/?{query}" for query in lists(genres)],
        "genre, page": [f"/genres/{slug}/" for slug in genres],
        "genres, page": ["/genres/"],
        "author, page": [
            author.get_absolute_url()
            for author in Contributor.objects.filter(books__in=books).order_by("pk").distinct()[:SAMPLE]
        ],
        "detail, page": [book.get_absolute_url() for book in books],
        **{f"{kind}, page": asking(texts, "/books/") for kind, texts in asked.items()},
    }


def drawn(random: Random) -> list[Book]:
    """Return some books from all over the shop."""
    ids = Book.objects.aggregate(first=Min("pk"), last=Max("pk"))
    ids_drawn = [random.randint(ids["first"], ids["last"]) for _each in range(SAMPLE * 3)]  # not every id is a book's
    books = list(Book.objects.public().filter(pk__in=ids_drawn).order_by("pk"))
    random.shuffle(books)
    return books[:SAMPLE]


def searches(books: Iterable[Book], random: Random) -> dict[str, list[str]]:
    """Return what people type, by kind."""
    titles = [words for book in books if (words := words_of(book.title))]
    long = [word for words in titles for word in words if len(word) > 5 and word.isascii()]
    return {
        "search, hit": [" ".join(words[-2:]) for words in titles],
        "search, author": [book.byline for book in books if book.byline],
        "search, prefix": [word[:4] for word in long],
        "search, misspelt": [misspelt(word, random) for word in long],
        "search, no hit": [f"qxz{random.randrange(10**6)}vv" for _each in range(SAMPLE)],
        "search, common word": list(COMMON),
        "search, ISBN": [book.isbn for book in books if book.isbn],
    }


def misspelt(word: str, random: Random) -> str:
    """Swap two letters in the middle."""
    at = random.randrange(1, len(word) - 2)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def lists(genres: Iterable[str]) -> list[str]:
    sorts = [
        f"sort={sort}&page={page}" for sort in ("title", "price", "-price", "-date", "-created_at") for page in (1, 3)
    ]
    return [*sorts, *(f"genre={slug}&in_stock=true" for slug in genres), "language=de", "max_price=9.99&sort=-date"]


def cursor_at(book: Book) -> str:
    return Position(book.sort_title, book.pk).as_cursor(SORTS["title"])


def asking(texts: Iterable[str], path: str) -> list[str]:
    return [f"{path}?{urlencode({'q': text})}" for text in texts]
