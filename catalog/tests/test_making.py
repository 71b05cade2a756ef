from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Count
from stdnum import isbn

from bookstore.core.audit import all_checks
from catalog import making
from catalog.making.inventing import isbn_at, place_of
from catalog.models import Book, BookSearch, Contributor, SearchWord, Seller
from catalog.tests.factories import BookFactory, GenreFactory

pytestmark = pytest.mark.django_db


def make(count: int, *options: str) -> str:
    out = StringIO()
    call_command("make_books", str(count), *options, stdout=out, stderr=StringIO())
    return out.getvalue()


def made() -> list[tuple[object, ...]]:
    columns = ("isbn", "title", "byline", "series__name", "publisher", "price", "in_stock", "popularity")
    return list(Book.objects.order_by("isbn").values_list(*columns))


def test_made_shop_passes_the_audit_and_is_as_large_as_asked():
    assert make(300).startswith("Made 300 books in ")
    assert Book.objects.count() == BookSearch.objects.count() == 300
    assert [fault for check in all_checks().values() for fault in check()] == []


def test_isbns_are_valid_and_differ():
    making.make_books(300)
    isbns = list(Book.objects.values_list("isbn", flat=True))
    assert len(set(isbns)) == 300
    assert [number for number in isbns if not isbn.is_valid(number)] == []
    assert (isbn_at(1), place_of(isbn_at(1))) == ("9798000000014", 1)


def test_shop_is_as_uneven_as_a_real_one():
    GenreFactory.create_batch(5)
    making.make_books(300)
    books = Book.objects.annotate(sellers=Count("offers"))
    assert sorted(set(books.values_list("sellers", flat=True))) == [0, 1, 2, 3]
    assert 10 <= books.filter(in_stock=False).exclude(price=None).count() <= 60
    assert 60 <= books.filter(search__vector__matches="'the':A").count() <= 150
    assert books.filter(search__vector__matches="'love':A").count() >= 5
    assert books.filter(language="en").count() >= 200
    assert books.values("genre").distinct().count() >= 5
    assert Contributor.objects.count() >= 100
    assert SearchWord.objects.get(word="love").books >= 5


def test_second_call_adds_other_books():
    making.make_books(300)
    first = made()
    making.make_books(20)
    assert made()[:300] == first
    assert Book.objects.count() == 320
    assert Seller.objects.count() == 3


def test_same_seed_makes_the_same_books_and_another_makes_others():
    shops = []
    for seed in (5, 5, 6):
        with transaction.atomic():
            making.make_books(30, seed=seed)
            shops.append(made())
            transaction.set_rollback(True)
    assert shops[0] == shops[1] != shops[2]


def test_words_and_names_of_the_shop_are_used():
    book = BookFactory(title="Zephyrine", authors=["Ottilie Quist"])
    making.make_books(300)
    assert Book.objects.filter(title__contains="Zephyrine").exclude(pk=book.pk).exists()
    assert Book.objects.filter(byline__contains="Ottilie Quist").exclude(pk=book.pk).exists()


@pytest.mark.parametrize("count", ["0", "-5", "10000001"])
def test_nonsense_number_is_refused(count: str):
    with pytest.raises(CommandError, match=r"Between 1 and 10,000,000 books can be made in this shop\."):
        call_command("make_books", "--", count, stdout=StringIO(), stderr=StringIO())
    assert not Book.objects.exists()


def test_stopped_run_keeps_whole_batches_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch):
    def stop(made: int) -> None:
        if made == 20:
            raise KeyboardInterrupt

    monkeypatch.setattr("catalog.making.running.BATCH_SIZE", 10)
    with pytest.raises(KeyboardInterrupt):
        making.make_books(50, tell=stop)
    assert Book.objects.count() == 20
    making.make_books(30)
    assert Book.objects.count() == 50
    assert [fault for check in all_checks().values() for fault in check()] == []
