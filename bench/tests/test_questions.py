from random import Random

import pytest
from django.test import Client

from bench.questions import addresses, misspelt
from catalog import making
from catalog.tests.factories import GenreFactory

pytestmark = pytest.mark.django_db


def test_every_kind_of_question_has_an_answer():
    GenreFactory()
    making.make_books(100)
    asked = addresses()
    assert {kind: Client().get(paths[0]).status_code for kind, paths in asked.items()} == dict.fromkeys(asked, 200)


def test_misspelt_word_has_two_letters_swapped():
    word = misspelt("tolkien", Random(1))
    assert (sorted(word), word[0], word[-1]) == (sorted("tolkien"), "t", "n")
    assert sum(one != other for one, other in zip(word, "tolkien", strict=True)) == 2
