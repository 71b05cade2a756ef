"""
A real browser before the live shop: how tests get one, what must be true of every page, what a failure leaves.

Tests ask for `visit`. Whatever they are about, a console error or a breach of the content security policy
on the way fails them.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}
ACCESSIBILITY = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
}
PATIENCE = 30_000  # milliseconds that a page may take to show what is expected, as for a click
FAILED = pytest.StashKey[bool]()

Visit = Callable[..., Page]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if os.environ.get("BROWSER") == "off":
        pytest.skip("BROWSER=off")
    # Playwright's loop runs in this thread, and Django takes that for asynchronous code.
    # It keeps other connections beside a loop than without one; those left behind would hold the test database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    connections.close_all()
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=SWITCHES)
        yield browser
        browser.close()
        connections.close_all()


def find_chromium() -> str:
    named = os.environ.get("CHROMIUM")
    for name in [named] if named else CHROMIUMS:
        if path := shutil.which(name):
            return path
    pytest.fail(
        f"No Chromium found ({named or ', '.join(CHROMIUMS)}): install one (Debian: apt install chromium),"
        " name it by CHROMIUM=/path, or leave these tests out by BROWSER=off.",
        pytrace=False,
    )


@pytest.fixture
def visit(chromium: Browser, live_server: Any, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """
    Open a page of the shop: `visit("/books/", scheme="dark", viewport=PHONE, user=user, javascript=False)`.

    Each call is a reader of its own, with their own cookies, or those of `client`.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def visit(
        path: str,
        *,
        scheme: str = "light",
        user: Any = None,
        client: Client | None = None,
        javascript: bool = True,
        **options: Any,
    ) -> Page:
        context = chromium.new_context(
            **{"viewport": DESKTOP, "locale": "en-GB", **options},
            base_url=live_server.url,
            color_scheme=scheme,
            java_script_enabled=javascript,
        )
        contexts.append(context)
        context.tracing.start(screenshots=True, snapshots=True)
        if user:
            client = Client()
            client.force_login(user)
        if client:
            context.add_cookies(cookies_of(client, live_server.url))
        page = context.new_page()
        page.on("console", lambda message: complaints.extend(complaint_of(message)))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    yield visit
    for context in contexts:
        context.cookies()  # an answer of the browser comes behind all that it has told before
    told = [*complaints]  # what a page says while it is torn down means nothing
    for number, context in enumerate(contexts):
        close(context, keep_in=folder_of(request.node) / str(number) if request.node.stash.get(FAILED, False) else None)
    assert told == []


def complaint_of(message: ConsoleMessage) -> Iterator[str]:
    """Yield what the console says is wrong; that an address answered with an error page is told to the reader too."""
    is_page = message.page is not None and message.location["url"] == message.page.url
    is_answer = is_page and message.text.startswith("Failed to load resource")
    # Playwright's own, tried in a frame that runs no scripts.
    is_ours = message.text.startswith("Blocked script execution in 'about:srcdoc'")
    if message.type == "error" and not (is_answer or is_ours):
        yield f"{message.text} ({message.location['url']})"


def close(context: BrowserContext, keep_in: Path | None) -> None:
    if keep_in:
        for number, page in enumerate(context.pages):
            page.screenshot(path=keep_in / f"{number}.png", full_page=True)
        context.tracing.stop(path=keep_in / "trace.zip")
    context.close()


def folder_of(test: pytest.Item) -> Path:
    return Path(settings.DATA_DIR) / "browser" / re.sub(r"[^\w.-]+", "-", test.nodeid).strip("-")


def cookies_of(client: Client, url: str) -> list[Any]:
    return [{"name": name, "value": cookie.value, "url": url} for name, cookie in client.cookies.items()]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


# What must be true of every page


def assert_accessible(page: Page) -> None:
    """Find nothing by axe, and one heading that says what the page is."""
    page.wait_for_load_state()
    found = Axe().run(page, options=ACCESSIBILITY)
    assert found.violations_count == 0, found.generate_report()
    assert page.locator("h1").count() == 1


def assert_fits(page: Page) -> None:
    """Find nothing that makes the page scroll sideways."""
    page.wait_for_load_state()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests with a browser last: Playwright's loop stays in the thread, and no other may then start."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
