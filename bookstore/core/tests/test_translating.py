"""The check of the other languages finds every fault, and one command takes in what is new."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from bookstore.core.translating.catalogues import Translation
from bookstore.core.translating.extracting import texts_in

PLURAL = ("%(copies)s copy", "%(copies)s copies")


@pytest.fixture
def texts() -> Catalog:
    texts = Catalog(fuzzy=False)
    texts.add("Cart")
    texts.add("Hello <b>%(name)s</b>")
    texts.add(PLURAL)
    texts.add("{title} is back")
    return texts


@pytest.fixture
def german(tmp_path: Path, texts: Catalog) -> Translation:
    """A finished translation."""
    german = Translation("de", tmp_path)
    german.bring_up_to_date(texts)
    for empty, full in {
        'msgid "Cart"\nmsgstr ""': 'msgid "Cart"\nmsgstr "Korb"',
        '</b>"\nmsgstr ""': '</b>"\nmsgstr "Hallo <b>%(name)s</b>"',
        'msgstr[0] ""': 'msgstr[0] "%(copies)s Stück"',
        'msgstr[1] ""': 'msgstr[1] "%(copies)s Stücke"',
        'back"\nmsgstr ""': 'back"\nmsgstr "{title} ist da"',
    }.items():
        write(german, empty, full)
    german.bring_up_to_date(texts)
    return german


def write(german: Translation, before: str, after: str) -> None:
    """Change the file as a translator would."""
    text = german.written.read_text()
    assert before in text
    german.written.write_text(text.replace(before, after))


def test_finished_translation_has_no_faults_and_is_not_written_anew(german, texts):
    before = german.written.read_bytes(), german.compiled.read_bytes()

    german.bring_up_to_date(texts)

    assert list(german.faults(texts)) == []
    assert (german.written.read_bytes(), german.compiled.read_bytes()) == before


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('"Korb"', '""', "not translated: 'Cart'"),
        ('msgstr[1] "%(copies)s Stücke"', 'msgstr[1] ""', "not translated: '%(copies)s copy'"),
        ('msgid "Cart"', '#, fuzzy\nmsgid "Cart"', "fuzzy: 'Cart'"),
        ("Hallo <b>%(name)s</b>", "Hallo <b>%(nam)s</b>", "other placeholders or marks in 'Hallo <b>%(nam)s</b>'"),
        ("Hallo <b>%(name)s</b>", "Hallo %(name)s", "other placeholders or marks in 'Hallo %(name)s'"),
        ("{title} ist da", "ist da", "other placeholders or marks in 'ist da'"),
        ("%(copies)s Stücke", "Stücke", "other placeholders or marks in 'Stücke'"),
        ('"Korb"', '"Korb "', "begins or ends otherwise: 'Korb '"),
        ('msgid "Cart"', 'msgid "Basket"', "missing: 'Cart'"),
        ('msgid "Cart"', 'msgid "Basket"', "obsolete: 'Basket'"),
        ('msgid "Cart"\nmsgstr "Korb"', '#~ msgid "Cart"\n#~ msgstr "Korb"', "obsolete: 'Cart'"),
        ('"Korb"', '"Wagen"', "django.mo is not made of django.po as it is"),
    ],
)
def test_each_fault_is_found(german, texts, before, after, fault):
    write(german, before, after)

    assert any(found.startswith(fault) for found in german.faults(texts))


def test_new_texts_come_in_empty_and_old_ones_go(german, texts):
    del texts["Cart"]
    texts.add("Wishlist")

    german.bring_up_to_date(texts)

    assert list(german.faults(texts)) == ["not translated: 'Wishlist'"]
    assert "Korb" not in german.written.read_text()


def test_a_first_part_of_a_plural_may_leave_out_the_number(german, texts):
    texts.add(("One left", "%(copies)s left"))
    german.bring_up_to_date(texts)
    write(german, 'msgstr[0] ""', 'msgstr[0] "Noch eins"')
    write(german, 'msgstr[1] ""', 'msgstr[1] "Noch %(copies)s"')
    german.bring_up_to_date(texts)

    assert list(german.faults(texts)) == []


def test_texts_of_templates_are_found_with_contexts_and_plurals(tmp_path):
    template = tmp_path / "page.html"
    template.write_text(
        '<p>\n    {% translate "Cart" %}</p>\n  {% translate "May" context "month" %} {{ _("Book") }}\n'
        "{% blocktranslate trimmed count n=n %}\n  {{ n }} copy\n"
        "{% plural %}\n  {{ n }} copies\n{% endblocktranslate %}"
    )

    found = {(text, context) for _line, text, _comments, context in texts_in(template)}

    assert found == {("Cart", None), ("May", "month"), ("Book", None), (("%(n)s copy", "%(n)s copies"), None)}
