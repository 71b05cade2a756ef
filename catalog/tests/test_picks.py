"""Staff picks in the admin."""

import pytest
from django.test import Client

from accounts.tests.factories import StaffFactory
from catalog.models import StaffPick
from catalog.services import archive_book
from catalog.tests.admin_forms import open_form, open_list, save_form
from catalog.tests.factories import BookFactory

pytestmark = pytest.mark.django_db

PICKS = "/admin/catalog/staffpick/"


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(StaffFactory())
    return client


def pick(staff: Client, book_id: int, note: str = "At night.") -> dict[str, list[str]]:
    return save_form(staff, f"{PICKS}add/", open_form(staff, f"{PICKS}add/"), book=book_id, note=note)


def test_staff_pick_a_book_and_say_why(staff: Client) -> None:
    assert pick(staff, BookFactory(title="Wind").pk) == {}

    page = staff.get("/").text
    assert "At night." in page
    assert "Wind" in page


def test_book_is_picked_once(staff: Client) -> None:
    book = BookFactory()
    pick(staff, book.pk)

    assert pick(staff, book.pk, "Again.") == {"book": ["This book is among the picks already."]}
    assert StaffPick.objects.get().note == "At night."


def test_archived_and_unknown_books_cannot_be_picked(staff: Client) -> None:
    archived = BookFactory()
    archive_book(archived.pk)

    for pk in (archived.pk, 0):
        assert pick(staff, pk).keys() == {"book"}
    assert pick(staff, BookFactory().pk, "x" * 401).keys() == {"note"}
    assert not StaffPick.objects.exists()


def test_books_to_pick_are_looked_up_as_one_types_and_archived_ones_never(staff: Client) -> None:
    book, archived = BookFactory(title="The Wind"), BookFactory(title="Wind, Gone")
    archive_book(archived.pk)
    asked = {"term": "wind", "app_label": "catalog", "model_name": "staffpick", "field_name": "book"}

    assert staff.get("/admin/autocomplete/", asked).json()["results"] == [{"id": str(book.pk), "text": "The Wind"}]
    assert "<option" not in staff.get(f"{PICKS}add/").text.partition('name="book"')[2].partition("</select>")[0]


def test_staff_reorder_and_hide_picks_in_their_list(staff: Client) -> None:
    picked = StaffPick.objects.create(book=BookFactory(), note="At night.")
    row = {**open_list(staff, PICKS), "form-0-position": "7"}
    del row["form-0-is_active"]
    staff.post(PICKS, {**row, "_save": "Save"})

    picked.refresh_from_db()
    assert (picked.position, picked.is_active) == (7, False)


def test_note_outlives_another_who_only_hides_the_pick(staff: Client) -> None:
    picked = StaffPick.objects.create(book=BookFactory(), note="At night.")
    page = f"{PICKS}{picked.pk}/change/"
    form = open_form(staff, page)
    StaffPick.objects.filter(pk=picked.pk).update(note="By day.")
    assert save_form(staff, page, form, is_active=None) == {}

    picked.refresh_from_db()
    assert (picked.note, picked.is_active) == ("By day.", False)
