from urllib.parse import urlsplit

import pytest

from bench.pages import weigh
from bench.tour import tour
from catalog.tests.factories import BookFactory, GenreFactory, OfferFactory


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
def test_page_that_is_not_there_is_not_weighed(live_server):
    with pytest.raises(SystemExit, match="/nowhere/ answers 404"):
        weigh(urlsplit(live_server.url).port, "/nowhere/", "")
