"""
Takes the pictures of this folder anew, from a shop that is open: `.venv/bin/python docs/screenshots.py`.

The shop is a new one with the demo catalogue, its accounts, and orders for the dashboard:
`make run DATA_DIR=/tmp/shop`, and beside it `DATA_DIR=/tmp/shop .venv/bin/python manage.py make_orders 1500`.
"""

import re
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from shutil import which

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

SHOP = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8000"
READER = ("reader@example.com", "paper-lantern-42")
STAFF = ("staff@example.com", "copper-kettle-42")
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 780}
SIZE = 1000  # pixels, of the longer side
ISBNS = ("0261102214", "9780142437209", "9780142437209")  # the first is in no demo


def sign_in(page: Page, account: tuple[str, str]) -> None:
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill(account[0])
    page.locator("input[name=password]").fill(account[1])
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url("**/")


def goes_to(address: str) -> Callable[[Page], object]:
    return lambda page: page.goto(address)


def finds(page: Page) -> None:
    page.goto("/books/?q=le+guin")
    page.locator("#in_stock-count").filter(has_text="(").wait_for()


def fills_cart(page: Page) -> None:
    sign_in(page, READER)
    page.goto("/books/?in_stock=true&sort=-popularity")
    for number in range(3):
        page.get_by_role("button", name=re.compile("^Add to cart")).nth(number).click()
        page.locator("#cart-way .badge").filter(has_text=re.compile(r"^\d")).wait_for()
    page.goto("/checkout/")


def receives(page: Page) -> None:
    sign_in(page, STAFF)
    page.goto("/admin/receiving/")
    page.locator("input[name=reference]").fill("Delivery note 0815")
    page.locator("input[name=reference]").press("Enter")
    for isbn in ISBNS:
        page.locator("input[name=isbn]").fill(isbn)
        page.locator("input[name=isbn]").press("Enter")
        page.locator("input[name=isbn]").and_(page.locator(":focus")).wait_for()


def reads_dashboard(page: Page) -> None:
    sign_in(page, STAFF)
    page.goto("/admin/")


PICTURES: dict[str, tuple[Callable[[Page], object], dict[str, int], str]] = {
    "home": (goes_to("/"), DESK, "light"),
    "search": (finds, DESK, "light"),
    "book": (goes_to("/books/2/jane-eyre/"), DESK, "dark"),
    "till": (fills_cart, DESK, "light"),
    "dashboard": (reads_dashboard, DESK, "light"),
    "receiving": (receives, DESK, "light"),
    "home-phone": (goes_to("/"), PHONE, "dark"),
    "book-phone": (goes_to("/books/2/jane-eyre/"), PHONE, "light"),
}


def take(browser: Browser, name: str) -> None:
    show, size, scheme = PICTURES[name]
    page = browser.new_page(base_url=SHOP, viewport=size, color_scheme=scheme, locale="en-GB", device_scale_factor=2)
    show(page)
    page.wait_for_load_state("networkidle")
    picture = Image.open(BytesIO(page.screenshot()))
    picture.thumbnail((SIZE, SIZE))
    picture.convert("RGB").save(Path(__file__).with_name(f"{name}.webp"), quality=82, method=6)
    page.context.close()


if __name__ == "__main__":
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=which("chromium"), args=["--no-sandbox"])
        for each in PICTURES:
            take(chromium, each)
