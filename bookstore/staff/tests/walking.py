"""Every address of the admin, taken from the URLconf with the ids of what a rival has, so that none is forgotten."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.forms import FileField
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.http import urlencode

from accounts.models import Kind, NotificationPreference, User
from accounts.services import notify
from accounts.tests.api import tokens_of
from accounts.tests.factories import StaffFactory, UserFactory
from accounts.tests.second_factors import add_app
from bookstore.core.models import Mail
from bookstore.web.models import ShopPage
from catalog import services as catalogue
from catalog.models import Offer, StaffPick
from catalog.tests.factories import BookFactory, GenreFactory, OfferFactory, SellerFactory, SeriesFactory
from orders import services as till
from orders.tests.factories import ADDRESS, fill, paying
from prebooking.services import create_prebook
from wishlist.services import add_wish

TITLE, BYLINE, HOUSE, SHOPPER = "Rivaltitle", "Rivalauthor", "Rivalhouse", "shopper@rivalmark.example"
OURS = ("accounts", "auth", "cart", "catalog", "core", "mfa", "orders", "prebooking", "staff", "web", "wishlist")
# What is written whoever looks at whatever: that a session is used, and forms that were sent.
PASSING = {"core.idempotencykey", "core.ratecount"}
# One act of each page that is for several.
ACTS = {
    "orders_order_act": ["ship", "deliver", "cancel", "refund"],
    "orders_ordertopack_act": ["take", "ship"],
    "orders_refund_act": ["retry", "by-hand"],
    "catalog_book_bulk": ["prices", "on", "off"],
    "catalog_delivery_act": ["scan", "undo"],
}
SIGNS_OUT = "logout"


@dataclass
class Rival:
    """A seller with something of everything, and a shopper who bought there."""

    offer: Offer
    shopper: User
    marks: list[str]


def open_rival() -> Rival:
    genre, series = GenreFactory(name="Rivalgenre"), SeriesFactory(name="Rivalseries")
    seller = SellerFactory(name=HOUSE)
    book = BookFactory(title=f"{TITLE} Unheard", authors=[BYLINE], genre=genre, series=series, isbn="9780306406157")
    offer = OfferFactory(book=book, seller=seller, stock_quantity=7)
    gone = OfferFactory(book=BookFactory(title=f"{TITLE} Gone", authors=[BYLINE]), seller=seller, stock_quantity=0)
    shopper = UserFactory(email=SHOPPER)
    fill(shopper, offer, quantity=2)
    order = till.check_out(shopper, paying(shipping_address=ADDRESS)).order
    till.refund_order(order.pk, actor=None, amount=Decimal("1.00"))
    till.issue_invoice(order)
    fill(shopper, offer)
    add_wish(shopper, book.pk)
    create_prebook(shopper, gone.book_id)
    tokens_of(shopper)
    add_app(shopper)
    notify(Kind.ORDER, [shopper.pk], title=f"{TITLE} is on its way", body="", url="/orders/")
    NotificationPreference.objects.create(user=shopper, kind=Kind.PRICE_DROP, channel="MAIL", is_wanted=True)
    StaffPick.objects.create(book=book, note="Rivalnote")
    ShopPage.objects.create(title="Imprint", slug="imprint", text="Ours")
    Mail.objects.create(to=SHOPPER, kind="x", subject=TITLE)
    catalogue.open_delivery(seller.pk, "Rivaldelivery", actor=StaffFactory())
    return Rival(offer, shopper, [TITLE, BYLINE, HOUSE, SHOPPER, order.number, "Rivaldelivery"])


@dataclass
class Page:
    """An address of the admin, and of which row; `name` is that of its pattern."""

    name: str
    path: str
    model: type[Model] | None = None
    pk: Any = 1


def patterns_in(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from patterns_in(pattern, path)
        elif path.startswith("admin/"):
            yield path, pattern


def pages() -> Iterator[Page]:
    """Yield every address of the admin, filled in with the latest row of its model."""
    for path, pattern in patterns_in(get_resolver()):
        name = pattern.name or path
        if name == SIGNS_OUT:
            continue
        if name == "app_list":
            yield from (Page(name, f"/admin/{app}/") for app in OURS)
            continue
        model = model_of(path)
        row = model._base_manager.order_by("-pk").first() if model else User.objects.get(email=SHOPPER)
        pk = row.pk if row else 1
        for act in ACTS.get(name, ["x"]):
            yield Page(name, "/" + filled(path, pk, act), model, pk)


def model_of(path: str) -> type[Model] | None:
    app, _slash, rest = path.removeprefix("admin/").partition("/")
    try:
        return apps.get_model(app, rest.partition("/")[0])
    except LookupError:
        return None


def filled(path: str, pk: Any, act: str) -> str:
    """Fill in a pattern's parts: what is a number or names a row is `pk`, all else is the act."""
    if "(?P<url>" in path:
        return "admin/nothing/here"
    parts = []
    for part in path.split("/"):
        if part.startswith("<"):
            is_row = part.startswith(("<path:", "<int:", "<uuid:", "<id>"))
            parts.append(str(pk) if is_row else act)
        else:
            parts.append(part)
    return "/".join(parts)


def lookups() -> Iterator[Page]:
    """Yield what the admin's fields that look up as one types may ask for."""
    for model in apps.get_models():
        for column in model._meta.get_fields():
            if model._meta.app_label in OURS and column.is_relation and column.concrete:
                asked = {"app_label": model._meta.app_label, "model_name": model._meta.model_name}
                yield Page("autocomplete", f"/admin/autocomplete/?{urlencode({**asked, 'field_name': column.name})}")


def text_of(answer: Any) -> str:
    """Return all that an answer says, its headers too."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode(errors="replace") + str(answer.headers)


def forms_of(page: Page, boss: Client) -> list[dict[str, Any]]:
    """Return what the forms of a page would send: a forged change, a deletion, and acts on rows of a list."""
    forms = [blunt(page)]
    context = boss.get(page.path).context or {}
    if "adminform" in context:
        forms.append(forged(context))
    if page.model and "cl" in context:
        actions = admin.site.get_model_admin(page.model).get_actions(context["request"])
        forms += [{"action": name, "_selected_action": [page.pk], "index": 0} for name in actions]
    return forms


def blunt(page: Page) -> dict[str, Any]:
    """Return what somebody sends who was shown no form."""
    return {"post": "yes", "id": page.pk, "_selected_action": [page.pk], "price": "3", "name": "3", "title": "3"}


def forged(context: Any) -> dict[str, Any]:
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    sent: dict[str, Any] = {}
    for bound in (bound for form in forms for bound in form if not isinstance(bound.field, FileField)):
        value = {"price": "3", "name": "3", "title": "3", "stock_change": "-1"}.get(bound.name, bound.value())
        sent[bound.html_name] = "" if value in (None, False) else value
    return sent


def everything() -> dict[str, str]:
    """Return a fingerprint of each table of the shop."""
    prints = {}
    with connection.cursor() as cursor:
        for model in apps.get_models():
            if model._meta.app_label in OURS and model._meta.label_lower not in PASSING and not model._meta.proxy:
                table = connection.ops.quote_name(model._meta.db_table)
                cursor.execute(f"SELECT md5(string_agg(row::text, '' ORDER BY row::text)) FROM {table} AS row")  # noqa: S608
                prints[model._meta.label_lower] = cursor.fetchone()[0]
    return prints


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    client.get("/admin/")  # the first page of a session notes that it is used
    return client
