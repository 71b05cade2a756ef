import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.text import fold, slug_of, sort_key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Émile ZOLA", "emile zola"),
        ("’Tis", "tis"),
        ("«Война и мир»", "воина и мир»"),
        ("Straße", "strasse"),
        ("...", "..."),
        ("1984", "1984"),
        ("", ""),
    ],
)
def test_titles_are_sorted_without_case_accents_and_leading_marks(text, key):
    assert sort_key(text) == key


@given(st.text())
def test_what_is_folded_stays_folded(text):
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=300))
def test_every_text_has_a_slug_that_fits_a_url(text):
    slug = slug_of(text, fallback="book")
    assert 0 < len(slug) <= 80
    assert not set(slug) & set("/?#% ")


@pytest.mark.parametrize(
    ("text", "slug"),
    [("Don't Look Now!", "dont-look-now"), ("百年の孤独", "百年の孤独"), ("???", "book"), ("Ça ira", "ça-ira")],
)
def test_slugs_keep_their_own_script(text, slug):
    assert slug_of(text, fallback="book") == slug
