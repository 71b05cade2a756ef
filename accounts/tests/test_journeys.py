"""How readers come in, stay and leave, in a real browser."""

import re
from typing import Any

import pytest
from csp.constants import SELF
from playwright.sync_api import Page, expect

from accounts import services
from accounts.models import Address, User
from accounts.tests.factories import PASSWORD
from accounts.tests.pages import path_in_mail
from accounts.tests.providers import Google
from accounts.tests.second_factors import code_of
from bookstore.web.tests.browser import PHONE, Visit, assert_accessible, assert_fits

pytestmark = pytest.mark.browser

EMAIL = "ada@example.com"
NEW = "another-lamp-8-quay"


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def sign_in(page: Page, password: str = PASSWORD) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("E-mail", exact=True).fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(password)
    press(page, "Sign in")


def expect_heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def look_at(page: Page, javascript: bool) -> None:
    if javascript:  # which axe needs itself
        assert_accessible(page)
        assert_fits(page)


@pytest.mark.parametrize("javascript", [True, False])
def test_from_signing_up_to_a_second_factor_and_a_recovery_code(visit: Visit, javascript: bool) -> None:
    page = visit("/books/", javascript=javascript, viewport=PHONE)
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("E-mail", exact=True).fill(EMAIL)
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_label("Password", exact=True).press("Enter")
    expect(page.get_by_label("Password", exact=True)).to_have_accessible_description(re.compile("too short"))
    look_at(page, javascript)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(page, "Show Password")
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "text")
    expect(page.get_by_label("Password", exact=True)).to_have_value(PASSWORD)
    press(page, "Create account")

    expect(page.get_by_text("Welcome! We have sent you a link")).to_be_visible()
    page.get_by_role("link", name="Account").click()
    expect(page.get_by_role("main")).to_contain_text(f"We have sent a link to {EMAIL}.")
    press(page, "Send it again")
    expect(page.get_by_text("The link is on its way.")).to_be_visible()
    page.goto(path_in_mail())
    press(page, "Yes, confirm")
    expect(page.get_by_text(f"{EMAIL} is confirmed.")).to_be_visible()

    page.get_by_role("link", name="Two-step sign-in").click()
    page.get_by_role("link", name="Set it up").click()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(page, "Go on")
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    secret = page.locator("code").inner_text()
    page.get_by_label("Code").fill(code_of(secret))
    press(page, "Switch on")
    recovery_code = page.locator(".codes code").first.inner_text()
    expect(page.get_by_text("Two-step sign-in is on.")).to_be_visible()
    look_at(page, javascript)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert recovery_code in download.value.path().read_text()

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    sign_in(page)
    page.get_by_label("Code").fill(code_of(secret, later=1))  # the shop takes none again
    press(page, "Sign in")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    sign_in(page)
    page.get_by_label("Code").fill("000000")
    press(page, "Sign in")
    expect(page.get_by_text("This code is not right")).to_be_visible()
    look_at(page, javascript)
    page.get_by_label("Code").fill(recovery_code)
    press(page, "Sign in")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_a_forgotten_password_is_chosen_anew_by_the_mails_link(visit: Visit) -> None:
    services.register_user(EMAIL, PASSWORD)
    page = visit("/accounts/login/")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("E-mail", exact=True).fill(EMAIL)
    press(page, "Send the link")
    expect_heading(page, "Look into your mailbox")

    page.goto(path_in_mail())
    page.get_by_label("New password", exact=True).fill(NEW)
    press(page, "Save the password")
    expect_heading(page, "Your password is changed")

    page.get_by_role("main").get_by_role("link", name="Sign in").click()
    expect_heading(page, "Sign in")
    sign_in(page)
    expect(page.get_by_role("alert")).to_have_text("E-mail or password is not right.")
    assert_accessible(page)
    sign_in(page, NEW)
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_an_address_book_is_kept(visit: Visit, javascript: bool) -> None:
    user = services.register_user(EMAIL, PASSWORD, "Ada Reader")
    page = visit("/accounts/", user=user, javascript=javascript)
    page.get_by_role("link", name="Addresses").click()
    for city, country in (("Harbour", "Netherlands"), ("Attic", "Greece")):
        page.get_by_role("link", name="Add an address").click()
        expect(page.get_by_label("Full name")).to_have_value("Ada Reader")
        page.get_by_label("Street and number").fill("Quay 1")
        page.get_by_label("Town or city").fill(city)
        page.get_by_label("Country").select_option(label=country)
        press(page, "Save")
    cards = page.get_by_role("main").locator(".cards > li")
    expect(cards).to_contain_text(["Books go here", "Attic"])

    cards.nth(1).get_by_role("button", name="Send books here").click()
    expect(cards.nth(0)).to_contain_text("Attic")
    cards.nth(1).get_by_role("link", name="Change").click()
    page.get_by_label("Town or city").fill("Hill")
    press(page, "Save")
    expect(cards.nth(1)).to_contain_text("Hill")
    look_at(page, javascript)
    cards.nth(1).get_by_text("Delete", exact=False).first.click()
    cards.nth(1).get_by_role("button", name="Yes, delete").click()

    expect(cards).to_have_count(1)
    assert [(one.city, one.is_default) for one in Address.objects.all()] == [("Attic", True)]


def test_an_account_is_deleted_after_a_proof_and_the_typed_e_mail(visit: Visit) -> None:
    user = services.register_user(EMAIL, PASSWORD)
    page = visit("/accounts/", user=user, viewport=PHONE)
    page.get_by_role("link", name="Your data").click()
    page.get_by_role("link", name="Delete my account").click()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(page, "Go on")

    page.get_by_label("Your e-mail").fill("ada")
    press(page, "Delete my account for good")
    expect(page.get_by_text("Nothing was deleted.")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Your e-mail").fill(EMAIL)
    press(page, "Delete my account for good")

    expect(page.get_by_text("Your account is deleted.")).to_be_visible()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    assert not User.objects.exists()


def test_another_browser_is_signed_out_from_here(visit: Visit) -> None:
    services.register_user(EMAIL, PASSWORD)
    phone, page = visit("/", viewport=PHONE), visit("/")
    for browser in (phone, page):
        sign_in(browser)
        expect(browser.get_by_role("button", name="Sign out")).to_be_visible()
    page.goto("/accounts/sessions/")
    expect(page.locator(".rows > li")).to_have_count(2)
    press(page, "Sign out everywhere else")

    expect(page.get_by_text("You are signed out everywhere else.")).to_be_visible()
    phone.goto("/accounts/")
    expect_heading(phone, "Sign in")
    page.goto("/accounts/")
    expect_heading(page, "Your account")


def test_a_reader_comes_by_google_and_chooses_a_password(visit: Visit, google: Google, settings: Any) -> None:
    google.know("ada", EMAIL, full_name="Ada Reader")
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": policy | {"form-action": [SELF, google.url]}}
    page = visit("/accounts/login/?next=/accounts/")
    # The stand-in's own page asks for pictures and styles from elsewhere.
    page.route(re.compile("^https:|favicon.ico"), lambda route: route.fulfill(content_type="text/css"))
    press(page, "Continue with Google")
    page.get_by_placeholder("sub").fill("ada")
    page.get_by_placeholder("sub").press("Enter")

    expect_heading(page, "Your account")
    expect(page.get_by_role("main")).to_contain_text("Ada Reader")
    page.get_by_role("link", name="Connected accounts").click()
    press(page, "Disconnect Google")
    expect(page.get_by_role("alert")).to_contain_text("Please set a password first")
    assert_accessible(page)

    page.goto("/accounts/password/change/")
    press(page, "Send the link")
    expect(page.get_by_text("A link to choose a password is on its way")).to_be_visible()
    page.goto(path_in_mail())
    page.get_by_label("New password", exact=True).fill(NEW)
    press(page, "Save the password")
    expect_heading(page, "Your password is changed")
    sign_in(page, NEW)
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
