"""A small shop with something of everything, so that every page has something to show."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.utils import timezone

from accounts.models import User
from bookstore.core.mail import post_mail
from bookstore.core.models import Mail
from bookstore.web.models import ShopPage
from bookstore.web.tests.readers import make_reader
from cart.services import Shopper, add_item
from catalog import services
from catalog.models import Book, Contributor, Genre, Role, Seller, StaffPick
from catalog.tests.factories import BookFactory, GenreFactory, OfferFactory, SellerFactory, SeriesFactory
from orders.models import Order
from orders.services import CheckoutRequest, check_out
from orders.tests.factories import ADDRESS, PAYS
from wishlist.services import add_wish

LONG_TITLE = (
    "A True and Particular Account of the Voyage, of What Was Lost in It, of Whom We Met and Why We Left Them, "
    "Together With a Table of All the Winds and the Names They Go By on the Nearer Coast"
)
TEXT = """\
> A sample.

# What it costs

| Where to | How long |
| --- | --- |
| Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch | 4 days |

1. Order [books](/books/).
2. *Wait*.
"""


@dataclass
class Shop:
    book: Book
    author: Contributor
    genre: Genre
    seller: Seller
    mail: Mail
    page: ShopPage

    @cached_property
    def reader(self) -> User:
        """Somebody with an account, made when first asked for."""
        reader = make_reader()
        for book in (self.book, *Book.objects.exclude(pk=self.book.pk)[:4]):
            add_wish(reader, book.pk)
        services.change_offer(self.book.offers.get(seller=self.seller).pk, price=Decimal("12.00"))
        return reader

    @cached_property
    def order(self) -> Order:
        """What the reader has bought, made when first asked for."""
        add_item(Shopper(user_id=self.reader.pk), self.book.pk)
        wanted = CheckoutRequest(shipping_address=ADDRESS, means=PAYS)
        return check_out(self.reader, wanted).order


def open_shop() -> Shop:
    fiction = GenreFactory(name="Fiction")
    travel = GenreFactory(name="Travel", parent=fiction)
    store, other = SellerFactory(name="Harbour Books", is_store=True), SellerFactory(name="The Attic")
    series = SeriesFactory(name="The Nearer Coast")
    book = BookFactory(
        title=LONG_TITLE, byline="Ada Reader", genre=travel, series=series, series_number="2", isbn="9780306406157",
        pages=312, first_published_year=-44, publisher="Lantern", description="Windy.\n\nVery windy.",
    )  # fmt: skip
    services.credit(book, Role.TRANSLATOR, [f"Translator {number}" for number in range(40)])
    OfferFactory(book=book, seller=store, price=Decimal("14.50"), stock_quantity=3)
    OfferFactory(book=book, seller=other, price=Decimal("9.00"), stock_quantity=0)
    for number in range(30):
        neighbour = BookFactory(title=f"Sailing {number:02}", byline="Ada Reader", genre=fiction)
        if number % 2:
            OfferFactory(book=neighbour, seller=store, price=Decimal(5 + number), stock_quantity=number % 3)
    BookFactory(title="百年の孤独", byline="ガブリエル・ガルシア＝マルケス", language="ja", genre=travel)
    BookFactory(title="ألف ليلة وليلة", byline="نجيب محفوظ", language="ar", genre=travel)
    mail = post_mail("ada@example.com", "account/email/email_confirmation", {"activate_url": "http://localhost/key"})
    page = ShopPage.objects.create(title="Shipping", slug="shipping", text=TEXT)
    StaffPick.objects.create(book=book, note="Windy, and we like wind. " * 10)
    Book.objects.filter(in_stock=True).update(turned_at=timezone.now())
    return Shop(book, Contributor.objects.get(name="Ada Reader"), fiction, store, mail, page)
