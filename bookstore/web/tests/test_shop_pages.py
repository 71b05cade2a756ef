from threading import Event

import pytest
from django.db import transaction
from django.test import Client

from accounts.tests.factories import StaffFactory
from bookstore.core.models import Change
from bookstore.core.tests.racing import PATIENCE, failures, locks, race, wait_for_waiting
from bookstore.web.models import ShopPage
from catalog.demo import load_catalogue
from catalog.tests.admin_forms import open_form, open_list, save_form

pytestmark = pytest.mark.django_db

FORM = {"title": "Terms", "slug": "terms", "text": "Read *this*.", "position": "1", "is_shown": "on"}
ADMIN = "/admin/web/shoppage/"
NEEDED = ["contact", "shipping", "terms", "privacy", "imprint"]


def page_with(text: str) -> str:
    ShopPage.objects.create(title="Terms", slug="terms", text=text)
    return Client().get("/pages/terms/").text


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(StaffFactory(is_superuser=True))
    return client


def test_text_is_read_as_markdown_below_the_heading_of_the_page() -> None:
    page = page_with("# Prices\n\nThey *hold*.\n\n| a | b |\n| - | - |\n| c | d |\n\n- [books](/books/)")

    for part in ['<h1 dir="auto">Terms</h1>', "<h2>Prices</h2>", "<em>hold</em>", "<td>d</td>"]:
        assert part in page
    assert '<li><a href="/books/">books</a></li>' in page


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("<script>alert(1)</script>", "<script>alert"),
        ("<img src=x onerror=alert(1)>", "<img src=x"),
        ("[x](javascript:alert(1))", 'href="javascript'),
        ("[x](data:text/html,x)", 'href="data:'),
        ("![x](https://elsewhere.example/x.png)", "<img"),
        ('[x](/a "b" onclick=alert(1))', '<a href="/a"'),
    ],
)
def test_text_brings_no_html_scripts_or_pictures_of_its_own(text: str, never: str) -> None:
    assert never not in page_with(text).partition("<article")[2].partition("</article>")[0]


def test_footer_of_every_page_names_the_pages_in_their_order(client: Client) -> None:
    for position, title in enumerate(["Imprint", "Terms & more", "Draft"]):
        ShopPage.objects.create(
            title=title, slug=title[0].lower(), text="x", position=9 - position, is_shown=title != "Draft"
        )

    for path in ("/", "/books/", "/nowhere/", "/pages/i/"):
        footer = client.get(path).text.partition("<footer")[2]
        assert footer.index("Terms &amp; more") < footer.index("Imprint")
        assert "Draft" not in footer
    assert client.get("/pages/d/").status_code == 404


def test_shop_without_pages_names_none(client: Client) -> None:
    assert "Good to know" not in client.get("/").text


@pytest.mark.parametrize("slug", ["x", "%F0%9F%93%9A", "a" * 3000, "..", "%2e%2e%2fetc", "terms%0a", "' OR 1=1 --"])
def test_odd_address_is_a_friendly_page(client: Client, slug: str) -> None:
    ShopPage.objects.create(title="Terms", slug="terms", text="x")
    response = client.get(f"/pages/{slug}/")

    assert response.status_code == 404
    assert "Not on our shelves" in response.text


def test_staff_write_a_page_and_change_it(staff: Client) -> None:
    assert save_form(staff, f"{ADMIN}add/", open_form(staff, f"{ADMIN}add/"), **FORM) == {}
    page = ShopPage.objects.get()
    assert "Read <em>this</em>." in staff.get(page.get_absolute_url()).text

    change = f"{ADMIN}{page.pk}/change/"
    assert save_form(staff, change, open_form(staff, change), text="Changed.") == {}

    assert "Changed." in staff.get(page.get_absolute_url()).text


def test_second_page_at_an_address_is_refused_beside_it(staff: Client) -> None:
    ShopPage.objects.create(title="Terms", slug="terms", text="x")

    errors = save_form(staff, f"{ADMIN}add/", open_form(staff, f"{ADMIN}add/"), **{**FORM, "title": "Other"})

    assert errors == {"slug": ["Another page has this address."]}
    assert ShopPage.objects.get().title == "Terms"


def test_staff_reorder_pages_in_their_list(staff: Client) -> None:
    page = ShopPage.objects.create(title="Terms", slug="terms", text="x")
    rows = {**open_list(staff, ADMIN), "form-0-position": "7"}
    del rows["form-0-is_shown"]
    staff.post(ADMIN, {**rows, "_save": "Save"})

    page.refresh_from_db()
    assert (page.position, page.is_shown) == (7, False)


def test_two_who_change_one_page_keep_the_work_of_each_other(staff: Client) -> None:
    page = ShopPage.objects.create(title="Terms", slug="terms", text="Old.")
    change = f"{ADMIN}{page.pk}/change/"
    mine, theirs = open_form(staff, change), open_form(staff, change)
    assert save_form(staff, change, theirs, text="New.") == {}
    assert save_form(staff, change, mine, title="Terms of sale") == {}

    page.refresh_from_db()
    assert (page.title, page.text) == ("Terms of sale", "New.")
    told = [said.values for said in Change.objects.about([page]).order_by("pk")]
    assert told == [{"text": ["Old.", "New."]}, {"title": ["Terms", "Terms of sale"]}]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("are_on", "text"), [(True, "New."), (False, "Old.")])
def test_page_is_saved_as_it_is_under_its_lock(staff: Client, are_on: bool, text: str) -> None:
    page = ShopPage.objects.create(title="Terms", slug="terms", text="Old.")
    change, is_held = f"{ADMIN}{page.pk}/change/", Event()
    form = open_form(staff, change)

    def write_text() -> None:
        with transaction.atomic():
            ShopPage.objects.filter(pk=page.pk).update(text="New.")
            is_held.set()
            wait_for_waiting()

    def write_title() -> None:
        is_held.wait(PATIENCE)
        assert save_form(staff, change, form, title="Terms of sale") == {}

    with locks(are_on=are_on):
        assert failures(race(write_text, write_title)) == []
    page.refresh_from_db()
    assert (page.title, page.text) == ("Terms of sale", text)


def test_list_takes_nothing_back_that_others_did_since_it_was_opened(staff: Client) -> None:
    page = ShopPage.objects.create(title="Terms", slug="terms", text="x")
    rows = {**open_list(staff, ADMIN), "form-0-position": "7"}
    ShopPage.objects.filter(pk=page.pk).update(is_shown=False)
    staff.post(ADMIN, {**rows, "_save": "Save"})

    page.refresh_from_db()
    assert (page.position, page.is_shown) == (7, False)


def test_demo_has_every_page_a_shop_needs_marked_as_a_sample(client: Client) -> None:
    load_catalogue()

    assert [page.slug for page in ShopPage.objects.shown()] == NEEDED
    for slug in NEEDED:
        assert "<strong>Sample text.</strong>" in client.get(f"/pages/{slug}/").text
