import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import isbn

from catalog.importing.transforms import TRANSFORMS, PrintedTitle, take_apart
from catalog.isbn import parse_isbn


def transformed(name: str, cell: str) -> str:
    return TRANSFORMS[name](cell, lambda reason: None)


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        ("The Low Road", ("The Low Road", "", "", "")),
        ("The Low Road (Roads, #1)", ("The Low Road", "Roads", "1", "")),
        ("The Low Road (Roads #1)", ("The Low Road", "Roads", "1", "")),
        ("The Low Road  (Roads,# 1)", ("The Low Road", "Roads", "1", "")),
        ("Roads Boxed Set (Roads, #1-3)", ("Roads Boxed Set", "Roads", "1-3", "")),
        ("Byways (Roads, #0.4, 0.5)", ("Byways", "Roads", "0.4, 0.5", "")),
        ("Byways (Roads, #3: Part 2 of 2)", ("Byways", "Roads", "3: Part 2 of 2", "")),
        ("Fords (Roads, #1; Rivers #2)", ("Fords", "Roads", "1", "Rivers #2")),
        ("Fords (Roads #5, Rivers, and Lakes #2; Seas #1)", ("Fords", "Roads", "5", "Rivers, and Lakes #2; Seas #1")),
        ("Vol. 1 (Lanes (2nd ed.), #1)", ("Vol. 1", "Lanes (2nd ed.)", "1", "")),
        ("Atlas (The Book) (Maps, #2)", ("Atlas (The Book)", "Maps", "2", "")),
    ],
)
def test_series_behind_a_title_is_taken_off(cell: str, parts: tuple[str, str, str, str]):
    assert take_apart(cell) == PrintedTitle(*parts)


@pytest.mark.parametrize(
    "cell",
    [
        "Maps (And Other Lies)",
        "Atlas (The Book): A Guide",
        "Tales (Readers, Level 5)",
        "#1 (With a Bullet)",
        "(Roads, #1)",
        "Songs (#1)",
        "Songs (Roads, #one)",
        "Songs (Roads, #1 Rivers #2)",
        "Songs Roads, #1)",
        "Songs (Roads, #1 of a number that is far too long)",
    ],
)
def test_bracket_that_is_no_series_stays_in_the_title(cell: str):
    assert take_apart(cell) == PrintedTitle(cell)


@given(st.text(alphabet=string.ascii_letters + "12 ,;#()&'", max_size=60))
def test_no_letter_is_lost_between_title_series_and_what_is_told(cell: str):
    def letters(text: str) -> str:
        return "".join(char for char in text if char not in " ,;#()")

    assert letters("".join(take_apart(cell))) == letters(cell)


def test_other_series_are_told():
    told: list[str] = []
    assert TRANSFORMS["series_behind_title"]("Fords (Roads, #1; Rivers #2)", told.append) == "Roads"
    assert told == ["A book stands in one series only; left out: “Rivers #2”."]


@given(st.integers(min_value=1, max_value=999_999_999))
def test_isbn_without_its_zeros_is_the_same_isbn(number: int):
    body = f"{number:09}"
    check = sum(position * int(digit) for position, digit in enumerate(body, 1)) % 11
    whole = f"{body}{'X' if check == 10 else check}"
    assert parse_isbn(transformed("isbn10_without_zeros", whole.lstrip("0"))) == isbn.to_isbn13(whole)


@pytest.mark.parametrize("cell", ["", "0", "0000000000"])
def test_no_isbn_stays_none(cell: str):
    assert transformed("isbn10_without_zeros", cell) == ""


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("Ada Reader", "Ada Reader"),
        ("Ada Reader, Ben   Writer", "Ada Reader; Ben Writer"),
        ("Carl Low, Jr., Ada Reader", "Carl Low, Jr.; Ada Reader"),
        ("Carl Low Jr., Ada Reader", "Carl Low Jr.; Ada Reader"),
        ("Dora High, Ph.D.", "Dora High, Ph.D."),
        ("Ed Mid, III, M.D.", "Ed Mid, III, M.D."),
        ("III, Ada Reader,", "III; Ada Reader,"),
        ("Reader,Ada", "Reader,Ada"),
        ("", ""),
    ],
)
def test_names_are_parted_at_commas_but_for_their_endings(cell: str, names: str):
    assert transformed("names_by_comma", cell) == names


@pytest.mark.parametrize(
    ("cell", "year"), [("1997.0", "1997"), ("-720.0", "-720"), ("1997", "1997"), ("1997.5", "1997.5"), ("", "")]
)
def test_year_loses_the_decimals_that_say_nothing(cell: str, year: str):
    assert transformed("whole_year", cell) == year


def test_address_of_a_placeholder_is_dropped():
    assert transformed("unless_placeholder", "https://pictures.example.com/nophoto/111x148.png") == ""
    assert (
        transformed("unless_placeholder", "https://pictures.example.com/1.jpg") == "https://pictures.example.com/1.jpg"
    )
