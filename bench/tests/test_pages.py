from urllib.parse import urlsplit

import pytest

from bench.pages import weigh
from bench.tour import staff_tour, tour
from catalog.tests.factories import BookFactory, GenreFactory, OfferFactory
from orders.tests.factories import bought


@pytest.mark.django_db(transaction=True)
def test_every_page_is_weighed_as_it_is_sent(live_server):
    OfferFactory(book=BookFactory(genre=GenreFactory()))
    told = tour()
    assert set(told["pages"]) == {"home", "list", "book", "genre", "author", "cart", "till", "order"}
    port = urlsplit(live_server.url).port
    weights = {name: weigh(port, page["path"], told["cookie"]) for name, page in told["pages"].items()}
    assert all(page["queries"] <= 15 for page in told["pages"].values())
    assert min(weights["order"]) > 1_000
    assert weights["till"].css > weights["home"].css


@pytest.mark.django_db
def test_staff_are_shown_their_pages_with_few_queries():
    bought(OfferFactory(book=BookFactory(genre=GenreFactory())))
    told = staff_tour()["pages"]
    lists = {name: page["queries"] for name, page in told.items() if name not in {"dashboard", "one book", "one order"}}
    assert len(lists) == 15
    assert {name: queries for name, queries in lists.items() if queries > 12} == {}


@pytest.mark.django_db
def test_page_that_is_not_there_is_not_weighed(live_server):
    with pytest.raises(SystemExit, match="/nowhere/ answers 404"):
        weigh(urlsplit(live_server.url).port, "/nowhere/", "")
