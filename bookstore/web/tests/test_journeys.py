"""What readers do in the shop, in a real browser."""

import pytest
from playwright.sync_api import Route, expect

from bookstore.web.tests.browser import PHONE, Visit
from bookstore.web.tests.moving import COVERS_ARE_THERE, FRAMES, SHIFTS
from bookstore.web.tests.shop import LONG_TITLE, open_shop
from catalog.tests.factories import BookFactory

pytestmark = pytest.mark.browser


@pytest.fixture
def visit_shop(visit: Visit) -> Visit:
    open_shop()
    return visit


def test_reader_finds_a_book_by_filters(visit_shop: Visit) -> None:
    page = visit_shop("/books/")

    page.get_by_label("Genre", exact=True).select_option("travel")
    expect(page.locator("#count")).to_have_text("3 books")
    page.get_by_label("In stock only").check()
    expect(page.locator("#count")).to_have_text("1 book")
    expect(page).to_have_url("/books/?genre=travel&in_stock=true")
    page.get_by_role("link", name=LONG_TITLE).click()

    expect(page.get_by_role("heading", level=1)).to_have_text(LONG_TITLE)
    expect(page.get_by_text("Only 3 copies left")).to_be_visible()


def test_reader_without_javascript_finds_a_book_by_filters(visit_shop: Visit) -> None:
    page = visit_shop("/books/", javascript=False, viewport=PHONE)

    page.get_by_text("Filter", exact=True).first.click()
    page.get_by_label("Genre", exact=True).select_option(label="\N{EM SPACE}Travel")
    page.get_by_label("In stock only").check()
    page.get_by_role("button", name="Show books").click()

    expect(page).to_have_url("/books/?genre=travel&in_stock=true")
    expect(page.locator("#count")).to_have_text("1 book")
    page.get_by_role("link", name=LONG_TITLE).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(LONG_TITLE)


@pytest.mark.parametrize("javascript", [True, False])
def test_reader_pages_through_a_list(visit_shop: Visit, javascript: bool) -> None:
    page = visit_shop("/books/?sort=-title", javascript=javascript)
    first = page.locator(".book .title").first.inner_text()

    page.get_by_role("link", name="Next page").click()
    expect(page.locator("#count")).to_have_text("33 books, page 2 of 2")
    expect(page).to_have_url("/books/?sort=-title&page=2")
    expect(page.locator(".book")).to_have_count(9)
    page.go_back()

    expect(page.locator("#count")).to_have_text("33 books")
    expect(page.locator(".book .title").first).to_have_text(first)


def test_change_of_the_list_is_announced_and_keeps_the_focus(visit_shop: Visit) -> None:
    page = visit_shop("/books/")

    page.get_by_label("Sort by").focus()
    page.get_by_label("Sort by").select_option("-price")
    expect(page.get_by_role("status").filter(has_text="33 books")).to_have_count(1)
    expect(page.get_by_label("Sort by")).to_be_focused()
    page.get_by_role("link", name="Next page").click()

    expect(page.get_by_role("status").filter(has_text="33 books, page 2 of 2")).to_have_count(1)
    expect(page.locator("#count")).to_be_focused()


def test_removing_a_choice_also_clears_its_field(visit_shop: Visit) -> None:
    page = visit_shop("/books/?genre=travel&max_price=20")

    page.get_by_role("link", name="Remove: Travel").click()

    expect(page.get_by_label("Genre", exact=True)).to_have_value("")
    expect(page.get_by_label("Price up to")).to_have_value("20")
    expect(page).to_have_url("/books/?max_price=20")


def test_wrong_value_is_told_at_its_field_until_it_is_mended(visit_shop: Visit) -> None:
    page = visit_shop("/books/?published_after=soon&genre=travel", viewport=PHONE)

    expect(page.get_by_text("Enter a valid date.")).to_be_visible()
    expect(page.locator("#count")).to_have_text("3 books")
    page.get_by_label("Published from").fill("2001-02-03")

    expect(page.locator("#count")).to_have_text("0 books")
    expect(page.get_by_text("Enter a valid date.")).to_have_count(0)


def test_keyboard_reaches_the_content_and_shows_where_it_is(visit_shop: Visit) -> None:
    page = visit_shop("/")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")

    link = page.get_by_role("link", name="Browse the shelves")
    expect(link).to_be_focused()
    expect(link).to_have_css("outline-style", "solid")


def test_covers_do_not_move_the_page(visit_shop: Visit) -> None:
    page, late = visit_shop("about:blank"), list[Route]()
    page.route("**/covers/**", lambda route: late.append(route))
    page.goto("/books/", wait_until="domcontentloaded")
    page.evaluate(FRAMES)  # it is shown without its covers

    page.route("**/covers/**", lambda route: route.continue_())  # from now on, in the place of the other
    for route in late:
        route.continue_()
    page.wait_for_load_state()
    page.wait_for_function(COVERS_ARE_THERE)

    assert late
    assert page.evaluate(SHIFTS) < 0.01


def test_drawn_cover_shows_where_a_picture_does_not_come(visit: Visit) -> None:
    BookFactory(title="Windless", cover_image_url="https://covers.example/windless.jpg")
    page = visit("about:blank")
    page.route("https://covers.example/**", lambda route: route.fulfill(status=204))

    page.goto("/books/")
    drawn, picture = page.locator(".cover img").all()

    expect(drawn).to_have_js_property("naturalWidth", 400)
    expect(picture).to_have_js_property("naturalWidth", 0)
    with_both = page.locator(".cover").screenshot()
    picture.evaluate("picture => picture.remove()")
    assert page.locator(".cover").screenshot() == with_both
