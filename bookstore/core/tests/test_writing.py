import pytest
from django.contrib.auth import get_user_model
from pytest_django import DjangoAssertNumQueries

from bookstore.core.querysets import write_columns

pytestmark = pytest.mark.django_db


def test_named_columns_of_many_rows_are_written_in_one_query(django_assert_num_queries: DjangoAssertNumQueries):
    users = [get_user_model().objects.create_user(f"reader{number}@example.com") for number in range(3)]
    for user in users[:2]:
        user.full_name, user.is_active, user.email = f"Zoë “{user.pk}”, {{\\}}", False, "other@example.com"
    with django_assert_num_queries(1):
        write_columns(users[:2], ["full_name", "is_active", "last_login"])
    rows = get_user_model().objects.order_by("pk").values_list("full_name", "is_active", "email", "last_login")
    assert list(rows) == [
        (f"Zoë “{users[0].pk}”, {{\\}}", False, "reader0@example.com", None),
        (f"Zoë “{users[1].pk}”, {{\\}}", False, "reader1@example.com", None),
        ("", True, "reader2@example.com", None),
    ]


def test_no_rows_are_no_query(django_assert_num_queries: DjangoAssertNumQueries):
    with django_assert_num_queries(0):
        write_columns([], ["full_name"])
