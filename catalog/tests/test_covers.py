import re
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from bookstore.web.tests.browser import Visit
from catalog.covers import cover_key, draw_cover
from catalog.covers.designs import DESIGNS, PALETTES, Sheet
from catalog.covers.text import clean, fit, is_right_to_left, measure, shorten_byline, wrap
from catalog.models import Book
from catalog.services import archive_book
from catalog.tests.factories import BookFactory

SVG = "{http://www.w3.org/2000/svg}"
HARD = [
    ("It", "Stephen King"),
    ("The Unbearable Lightness of Being", "Milan Kundera"),
    ("A True and Particular Account of the Voyage: " + "What Was Lost in It, and Whom We Met on the Way, " * 3, "Anon"),
    ("WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW", "M" * 90),
    ("Donaudampfschifffahrtsgesellschaftskapitän", ", ".join(["Maximilian Wandermann"] * 40)),
    ("百年の孤独、あるいは長い長い題名の物語", "ガブリエル・ガルシア＝マルケス"),
    ("ألف ليلة وليلة", "نجيب محفوظ"),
    ("ספר בראשית", "עמוס עוז"),
    ("Преступление и наказание", "Фёдор Достоевский"),
    ("Ἰλιὰς καὶ Ὀδύσσεια", "Ὅμηρος"),
    ("गोदान और अन्य कहानियाँ", "मुंशी प्रेमचंद"),
    ("…", ""),
]


def words_of(cover: str) -> list[str]:
    return ["".join(text.itertext()) for text in ElementTree.fromstring(cover).iter(f"{SVG}text")]  # noqa: S314


def test_cover_is_the_same_for_the_same_words() -> None:
    assert draw_cover("Emma", "Jane Austen") == draw_cover("Emma", "Jane Austen")
    assert draw_cover("Emma", "Jane Austen") != draw_cover("Emma", "J. Austen")
    assert cover_key("Emma", "Jane Austen") != cover_key("Emma", "J. Austen")


@settings(deadline=None)
@given(st.text(max_size=500), st.text(max_size=1000))
def test_any_words_make_well_formed_svg(title: str, byline: str) -> None:
    root = ElementTree.fromstring(draw_cover(title, byline))  # noqa: S314

    assert root.get("viewBox") == "0 0 400 600"


def test_markup_in_a_title_is_only_text() -> None:
    words = words_of(draw_cover('</text><script>alert("x")</script>', "O'Brien & Sons"))

    assert "".join(words).replace(" ", "").startswith('</text><script>alert("x")</script>')
    assert words[-1] == "O'Brien & Sons"


def test_designs_and_palettes_are_all_worn() -> None:
    covers = [draw_cover(f"Book {number}", "") for number in range(300)]

    grounds = {re.search(r'<rect width="400" height="600" fill="(#\w+)"', cover)[1] for cover in covers}  # type: ignore[index]
    assert grounds == {palette.ground for palette in PALETTES}


@pytest.mark.parametrize("palette", PALETTES, ids=lambda palette: palette.ground)
def test_ink_is_readable_on_its_ground(palette: object) -> None:
    ground, ink = luminance(palette.ground), luminance(palette.ink)  # type: ignore[attr-defined]

    assert (max(ground, ink) + 0.05) / (min(ground, ink) + 0.05) >= 7


def luminance(colour: str) -> float:
    """Source: WCAG 2.2, relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@settings(deadline=None)
@given(st.text(max_size=300).map(clean), st.integers(3, 40))
def test_wrapped_words_keep_to_the_width_and_none_is_lost(text: str, width: int) -> None:
    lines = wrap(text, width, may_break_words=True) or []

    assert "".join(lines).replace(" ", "").replace("-", "") == text.replace(" ", "").replace("-", "")
    assert all(measure(line) <= width + measure("-") or len(line) <= 2 for line in lines)


def test_title_that_fits_nowhere_is_cut() -> None:
    block = fit("word " * 400, width=200, height=200, sizes=(40, 20))

    assert block.size == 20
    assert block.height <= 200
    assert block.lines[-1].endswith("word…")


def test_long_byline_names_as_many_as_fit() -> None:
    short = shorten_byline("Ada Reader, Ben Writer", 300, 24)
    long = shorten_byline(", ".join(["Ada Reader"] * 30), 300, 24)

    assert short.lines == ["Ada Reader, Ben Writer"]
    assert long.lines[-1].endswith("et al.")
    assert len(long.lines) == 2


def test_words_from_right_to_left_begin_at_the_right() -> None:
    assert is_right_to_left("«ألف» ليلة")
    assert not is_right_to_left("1984")
    assert 'direction="rtl"' in draw_cover("ספר בראשית", "")


@pytest.mark.browser
def test_no_words_leave_the_cover(visit: Visit) -> None:
    sheets = [Sheet(clean(title), clean(byline), PALETTES[0], 0) for title, byline in HARD]
    page = visit("about:blank")
    page.set_content("".join(sheet.document("".join(design(sheet))) for sheet in sheets for design in DESIGNS))

    outside = page.evaluate(
        """() => [...document.querySelectorAll("text")].filter(text => {
            const box = text.getBBox();
            return text.textContent.length > 1
                && (box.x < 4 || box.x + box.width > 396 || box.y < 0 || box.y + box.height > 600);
        }).map(text => text.textContent)"""
    )

    assert outside == []


def address_of(book: Book) -> str:
    return reverse("catalog:cover", args=[book.pk, cover_key(book.title, book.byline)])


@pytest.mark.django_db
def test_cover_may_be_kept_forever_at_its_address(client: Client) -> None:
    book = BookFactory()

    response = client.get(address_of(book))

    assert response.headers["Content-Type"] == "image/svg+xml"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.text == draw_cover(book.title, book.byline)


@pytest.mark.django_db
def test_cover_of_other_words_is_not_there(client: Client) -> None:
    book = BookFactory(title="Emma")
    Book.objects.update(title="Persuasion")

    response = client.get(address_of(book))

    assert response.status_code == 404
    assert "immutable" not in response.headers["Cache-Control"]


@pytest.mark.django_db
def test_archived_book_keeps_its_cover_for_carts_and_orders(client: Client) -> None:
    book = BookFactory()
    archive_book(book.pk)

    assert client.get(address_of(book)).status_code == 200
