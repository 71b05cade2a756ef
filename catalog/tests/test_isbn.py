import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.isbn import hyphenated, parse_isbn


def check_digit_13(twelve: str) -> str:
    return str(-sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(twelve)) % 10)


@pytest.mark.parametrize(
    "raw", ["9780261102217", "978-0-261-10221-7", "0-261-10221-4", "0261102214", " 0 261 10221 4 "]
)
def test_every_form_of_an_isbn_is_the_same_thirteen_digits(raw):
    assert parse_isbn(raw) == "9780261102217"


@pytest.mark.parametrize(
    "raw", ["", "9780261102218", "0261102215", "978026110221", "abc", "9770261102210", "\x00", "٩٧٨٠٢٦١١٠٢٢١٧"]
)
def test_what_is_no_isbn_is_refused(raw):
    with pytest.raises(ValueError, match="is not a valid ISBN"):
        parse_isbn(raw)


@given(st.sampled_from(["978", "979"]), st.integers(0, 999_999_999))
def test_the_right_check_digit_and_no_other_is_taken(prefix, number):
    twelve = f"{prefix}{number:09}"
    right = check_digit_13(twelve)
    assert parse_isbn(twelve + right) == twelve + right
    with pytest.raises(ValueError):
        parse_isbn(twelve + str((int(right) + 1) % 10))


def test_an_isbn_is_printed_with_its_hyphens():
    assert hyphenated("9780261102217") == "978-0-261-10221-7"
