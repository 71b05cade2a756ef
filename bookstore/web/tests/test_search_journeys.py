"""How readers search, in a real browser."""

import re

import pytest
from playwright.sync_api import Route, expect

from bookstore.web.tests.browser import PHONE, Visit, assert_accessible, assert_fits
from bookstore.web.tests.shop import LONG_TITLE, open_shop
from catalog.search.vocabulary import refresh_vocabulary
from catalog.tests.factories import BookFactory, GenreFactory, OfferFactory

pytestmark = pytest.mark.browser


@pytest.fixture
def visit_shop(visit: Visit) -> Visit:
    open_shop()
    BookFactory(title="The Hobbit", authors=["J.R.R. Tolkien"], popularity=9)
    BookFactory(title="The Silmarillion", authors=["J.R.R. Tolkien"], popularity=5)
    refresh_vocabulary()
    return visit


def test_typing_suggests_and_the_keyboard_chooses(visit_shop: Visit) -> None:
    page = visit_shop("/")
    field = page.get_by_role("combobox", name="Search books")

    field.fill("tolk")
    options = page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    expect(options).to_have_text(["The Hobbit Book", "The Silmarillion Book", "J.R.R. Tolkien Author"])
    expect(page.get_by_role("status").filter(has_text="Suggestions: 3")).to_have_count(1)
    assert_accessible(page)
    field.press("ArrowDown")
    field.press("ArrowDown")
    expect(field).to_have_attribute("aria-activedescendant", options.nth(1).get_attribute("id") or "")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    field.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("The Silmarillion")


def test_enter_searches_for_what_was_typed(visit_shop: Visit) -> None:
    page = visit_shop("/", viewport=PHONE)
    field = page.get_by_role("combobox", name="Search books")

    field.fill("tolk")
    expect(page.get_by_role("option")).to_have_count(3)
    assert_fits(page)
    field.press("ArrowUp")
    field.press("ArrowDown")
    field.press("Enter")

    expect(page.locator("#count")).to_have_text("2 books")
    expect(page).to_have_url("/books/?q=tolk")


def test_escape_closes_the_suggestions_and_then_empties_the_field(visit_shop: Visit) -> None:
    page = visit_shop("/")
    field = page.get_by_role("combobox", name="Search books")

    field.fill("tolk")
    expect(field).to_have_attribute("aria-expanded", "true")
    field.press("Escape")
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(page.get_by_role("listbox")).to_have_count(0)
    expect(field).to_have_value("tolk")
    field.press("Escape")

    expect(field).to_have_value("")


def test_suggestion_is_chosen_by_a_click(visit_shop: Visit) -> None:
    page = visit_shop("/books/")

    with page.expect_response("**/suggest?q=hob"):  # those before it are about what was typed so far
        page.get_by_label("Search books").press_sequentially("hob")
    page.get_by_role("option", name="The Hobbit").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("The Hobbit")


def test_search_on_the_list_keeps_its_filters_and_can_be_removed(visit_shop: Visit) -> None:
    page = visit_shop("/books/?genre=fiction")

    page.get_by_label("Search books").fill("sailing 07")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#count")).to_have_text("1 book")
    expect(page).to_have_url("/books/?q=sailing%2007&genre=fiction")
    expect(page.get_by_label("Sort by").locator("option").first).to_have_text("Best match")
    page.get_by_role("link", name="Remove: “sailing 07”").click()

    expect(page.locator("#count")).to_have_text("33 books")
    expect(page.get_by_label("Search books")).to_have_value("")
    expect(page.get_by_label("Sort by").locator("option").first).to_have_text("Title")
    expect(page.get_by_role("combobox", name="Search books")).to_have_count(1)


def test_counts_that_come_after_their_list_is_gone_are_dropped(visit_shop: Visit) -> None:
    page = visit_shop("/")
    late: list[Route] = []
    page.route("**/books/facets/?*", lambda route: late.append(route), times=1)
    with page.expect_request("**/books/facets/?*"):
        page.goto("/books/")
    page.get_by_role("combobox", name="Search books").fill("tolkien")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#in_stock-count")).to_have_text("(0)")

    with page.expect_event("requestfinished", lambda request: request == late[0].request):
        late[0].continue_()
    expect(page.locator("#in_stock-count")).to_have_text("(0)")


@pytest.mark.parametrize("javascript", [True, False])
def test_misspelt_search_says_what_it_shows_and_leads_back(visit_shop: Visit, javascript: bool) -> None:
    page = visit_shop("/books/?q=tolkein", javascript=javascript)

    expect(page.get_by_text("Showing results for tolkien.", exact=True)).to_be_visible()
    expect(page.locator(".book .title")).to_have_text(["The Hobbit", "The Silmarillion"])
    page.get_by_role("link", name="Search for “tolkein” instead").click()
    expect(page.get_by_text("We found nothing for “tolkein”.")).to_be_visible()
    expect(page).to_have_url(re.compile("literal=true"))
    page.get_by_role("link", name="Did you mean tolkien?").click()

    expect(page.get_by_text("Showing results for tolkien.", exact=True)).to_be_visible()


def test_what_is_shown_for_a_misspelt_word_is_announced(visit_shop: Visit) -> None:
    page = visit_shop("/books/")

    page.get_by_label("Search books").fill("tolkein")
    page.get_by_label("Search books").press("Enter")

    announced = page.get_by_role("status").filter(has_text="2 books. Showing results for tolkien.")
    expect(announced).to_have_count(1)


def test_search_without_a_result_helps_on(visit_shop: Visit) -> None:
    OfferFactory(book__title="Much Read", book__popularity=9)
    page = visit_shop("/books/?q=zzyzx&format=PAPERBACK")

    expect(page.get_by_text("We found nothing for “zzyzx”.")).to_be_visible()
    assert_accessible(page)
    expect(page.get_by_role("link", name="Much Read")).to_be_visible()
    expect(page.locator("#results").get_by_role("link", name="Fiction")).to_be_visible()
    page.get_by_role("link", name="Search all books").click()

    expect(page).to_have_url(re.compile(r"/books/\?q=zzyzx$"))


def test_reader_without_javascript_searches_from_any_page(visit_shop: Visit) -> None:
    page = visit_shop("/", javascript=False, viewport=PHONE)

    page.get_by_label("Search books").fill("hobb")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#count")).to_have_text("1 book")
    page.get_by_label("Search books").fill("true and particular account")
    page.get_by_role("button", name="Search").click()

    expect(page.locator(".book .title")).to_have_text([LONG_TITLE])


def test_counts_come_after_the_page_and_leave_the_choice(visit_shop: Visit) -> None:
    GenreFactory(name="Verse")
    page = visit_shop("/books/?language=en")

    expect(page.locator("#genre option")).to_have_text(
        ["All genres", "Fiction (31)", "\N{EM SPACE}Travel (1)", "Verse (0)"], use_inner_text=False
    )
    expect(page.get_by_label("Language")).to_have_value("en")
    expect(page.locator("#language option")).to_have_text(
        ["All languages", "Arabic (1)", "English (33)", "Japanese (1)"]
    )
    page.get_by_role("link", name="€10.00 to €19.99 (6)").click()

    expect(page.locator("#count")).to_have_text("6 books")
    expect(page.get_by_label("Price from")).to_have_value("10.00")
