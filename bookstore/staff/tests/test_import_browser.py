"""An import in a real browser, also in one that runs no scripts: the page follows it to its end by itself."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from accounts.models import User
from accounts.tests.factories import StaffFactory
from bookstore.staff.tests.transferring import csv_file, work
from bookstore.web.tests.browser import Visit, assert_fits
from catalog.models import Book
from catalog.tests.files import ISBNS

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def staff_user(transactional_db: None) -> User:
    return StaffFactory()


@pytest.mark.parametrize("javascript", [True, False])
def test_file_is_brought_in(visit: Visit, staff_user: User, data_dir: Path, tmp_path: Path, javascript: bool) -> None:
    file = tmp_path / "books.csv"
    file.write_bytes(csv_file({"isbn": ISBNS[0], "title": "Emma"}, {"isbn": "1", "title": "No"}).read())
    page = visit("/admin/staff/importrun/add/", user=staff_user, javascript=javascript, viewport=PHONE)

    page.locator("[name=file]").set_input_files(file)
    page.get_by_role("button", name="Look at the file").click()
    expect(page.get_by_text("0 rows so far.")).to_be_visible()
    work()
    page.get_by_role("button", name="Import it").click(timeout=30_000)
    expect(page.get_by_text("0 rows so far.")).to_be_visible()
    work()

    expect(page.get_by_role("heading", name="What was changed")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Without a valid ISBN, or a source with its id, no book is known.")).to_be_visible()
    if javascript:
        assert_fits(page)
    assert Book.objects.get().title == "Emma"
