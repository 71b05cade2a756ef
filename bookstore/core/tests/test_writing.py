"""Rows written by statements that are made once."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.db import DataError, IntegrityError, connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from bookstore.core.models import Mail
from bookstore.core.writing import insert, write_columns
from catalog.models import Offer
from catalog.tests.factories import OfferFactory

pytestmark = pytest.mark.django_db


def mail(**fields: Any) -> Mail:
    given = {"to": "ada@example.com", "kind": "mail/test", "subject": "100 % “{}” \\", "headers": {"List": ["a", None]}}
    return Mail(**{**given, **fields})


@pytest.mark.parametrize("count", [1, 3])
def test_new_rows_are_written_in_one_query_and_know_their_ids(
    count: int, django_assert_num_queries: DjangoAssertNumQueries
):
    mails = [mail(attempts=number, sent_at=timezone.now() if number else None) for number in range(count)]
    with django_assert_num_queries(1):
        insert(*mails)
    kept = list(Mail.objects.order_by("attempts"))
    assert [each.pk for each in kept] == [each.pk for each in mails]
    columns = [column.attname for column in Mail._meta.concrete_fields]
    assert [[getattr(each, name) for name in columns] for each in kept] == [
        [getattr(each, name) for name in columns] for each in mails
    ]


def test_a_row_that_was_written_is_changed_by_saving_it():
    written = mail()
    insert(written)
    written.subject = "Another"
    written.save()
    assert [each.subject for each in Mail.objects.all()] == ["Another"]


@pytest.mark.parametrize("count", [1, 2])
def test_named_columns_of_rows_are_written_in_one_query(count: int, django_assert_num_queries: DjangoAssertNumQueries):
    users = [get_user_model().objects.create_user(f"reader{number}@example.com") for number in range(count + 1)]
    for user in users[:count]:
        user.full_name, user.is_active, user.email = f"Zoë “{user.pk}”, {{\\}}", False, "other@example.com"
    with django_assert_num_queries(1):
        write_columns(users[:count], ["full_name", "is_active", "last_login"])
    rows = get_user_model().objects.order_by("pk").values_list("full_name", "is_active", "email", "last_login")
    assert list(rows) == [
        *((f"Zoë “{user.pk}”, {{\\}}", False, f"reader{n}@example.com", None) for n, user in enumerate(users[:count])),
        ("", True, f"reader{count}@example.com", None),
    ]


def test_no_rows_are_no_query(django_assert_num_queries: DjangoAssertNumQueries):
    with django_assert_num_queries(0):
        write_columns([], ["full_name"])


@pytest.mark.parametrize("count", [1, 2])
def test_what_is_too_long_is_refused_and_never_cut(count: int):
    users = [get_user_model().objects.create_user(f"{uuid4().hex}@example.com") for _number in range(count)]
    users[0].full_name = "x" * 1000
    with pytest.raises(DataError, match="too long"):
        write_columns(users, ["full_name"])


@pytest.mark.parametrize("count", [1, 2])
def test_a_row_that_breaks_a_rule_is_refused_with_all_beside_it(count: int):
    offers = [OfferFactory.create() for _number in range(count)]
    offers[-1].price = Decimal("-1.00")
    with pytest.raises(IntegrityError):
        write_columns(offers, ["price"])


@pytest.mark.parametrize("count", [1, 2])
def test_what_is_written_again_and_again_is_planned_once(count: int):
    offers = [OfferFactory.create() for _number in range(count)]
    for price in range(1, 9):
        for offer in offers:
            offer.price = Decimal(price)
        write_columns(offers, ["price"])
    assert {offer.price for offer in Offer.objects.all()} == {Decimal(8)}
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT 1 FROM pg_prepared_statements WHERE statement LIKE \'UPDATE "catalog_offer"%SET "price"%\''
        )
        assert len(cursor.fetchall()) == 1
