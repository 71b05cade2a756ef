from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db.models import F, QuerySet
from django.db.models.functions import Length, NullIf
from django.utils import timezone

from bookstore.core import pagination
from bookstore.core.errors import Invalid
from bookstore.core.models import IdempotencyKey
from bookstore.core.pagination import Page, PageTooDeep, Position, Sort, body, paginate

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_groups")]

NAME = Sort("name")


@pytest.fixture
def groups() -> QuerySet[Group]:
    Group.objects.bulk_create(Group(name=name) for name in ("b", "a", "d", "c", "e"))
    return Group.objects.all()


def names(page: Page) -> list[str]:
    return [item.name for item in page.items]


def walked(rows: QuerySet[Any], sort: Sort, size: int = 2) -> Iterator[Any]:
    """Go through a list by cursor, to its end."""
    params = {"size": str(size)}
    while True:
        page = paginate(rows, params, sort=sort)
        yield from page.items
        if page.next is None:
            return
        params["cursor"] = page.next


def test_first_page_counts_all_and_leads_on(groups: QuerySet[Group]) -> None:
    page = paginate(groups, {"size": "2"}, sort=NAME)
    assert (names(page), page.total, page.total_is_capped, page.page, page.size, page.last_page) == (
        ["a", "b"],
        5,
        False,
        1,
        2,
        3,
    )
    assert page.next is not None


def test_last_page_leads_nowhere(groups: QuerySet[Group]) -> None:
    page = paginate(groups, {"size": "2", "page": "3"}, sort=NAME)
    assert (names(page), page.next) == (["e"], None)


def test_exactly_full_last_page_leads_nowhere(groups: QuerySet[Group]) -> None:
    assert paginate(groups, {"size": "5"}, sort=NAME).next is None


def test_page_past_the_end_is_empty(groups: QuerySet[Group]) -> None:
    page = paginate(groups, {"page": "999999999999999999"}, sort=NAME)
    assert (page.items, page.total, page.next) == ([], 5, None)


@pytest.mark.parametrize("name", ["page", "size"])
@pytest.mark.parametrize("value", ["0", "-1", "1.0", "", " 1", "+1", "a", "١", "9" * 5000, "1\0"])
def test_bad_page_or_size_is_refused(groups: QuerySet[Group], name: str, value: str) -> None:
    with pytest.raises(Invalid) as refusal:
        paginate(groups, {name: value}, sort=NAME)
    assert list(refusal.value.fields) == [name]


def test_size_above_100_is_refused(groups: QuerySet[Group]) -> None:
    assert paginate(groups, {"size": "100"}, sort=NAME).size == 100
    with pytest.raises(Invalid):
        paginate(groups, {"size": "101"}, sort=NAME)


def test_count_stops_at_the_cap_and_says_so(groups: QuerySet[Group]) -> None:
    capped = paginate(groups, {}, sort=NAME, cap=4)
    exact = paginate(groups, {}, sort=NAME, cap=5)
    assert (capped.total, body(capped)["total_is_capped"]) == (4, True)
    assert (exact.total, "total_is_capped" in body(exact)) == (5, False)


def test_pages_reach_as_far_as_the_cap(groups: QuerySet[Group]) -> None:
    assert names(paginate(groups, {"size": "3", "page": "2"}, sort=NAME, cap=4)) == ["d", "e"]
    with pytest.raises(PageTooDeep):
        paginate(groups, {"size": "2", "page": "3"}, sort=NAME, cap=4)
    assert paginate(groups, {"size": "5", "page": "2"}, sort=NAME, cap=5).items == []


def test_count_asks_for_no_more_than_the_cap_and_neither_sorts_nor_computes(
    groups: QuerySet[Group], django_assert_num_queries: Any
) -> None:
    rows = groups.annotate(length=Length("name")).order_by("length")
    with django_assert_num_queries(2) as queries:
        paginate(rows, {}, sort=Sort("length"), cap=3)
    count = queries[0]["sql"]
    assert "LIMIT 4" in count and "ORDER BY" not in count and "LENGTH" not in count


def test_only_a_large_number_is_remembered_for_a_moment(
    groups: QuerySet[Group], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert paginate(groups, {}, sort=NAME).total == 5
    monkeypatch.setattr(pagination, "LARGE", 6)
    monkeypatch.setattr(pagination, "MOMENT", 600)
    Group.objects.create(name="f")
    assert paginate(groups, {}, sort=NAME).total == 6
    Group.objects.create(name="g")
    assert paginate(groups, {}, sort=NAME).total == 6
    assert paginate(groups.filter(name__gt="a"), {}, sort=NAME).total == 6
    cache.clear()
    assert paginate(groups, {}, sort=NAME).total == 7
    cache.clear()


def test_cursor_goes_through_all_rows_once(groups: QuerySet[Group]) -> None:
    assert [group.name for group in walked(groups, NAME)] == ["a", "b", "c", "d", "e"]
    assert [group.name for group in walked(groups, Sort("name", descending=True))] == ["e", "d", "c", "b", "a"]


def test_cursor_reads_no_offset_and_ignores_the_page(groups: QuerySet[Group], django_assert_num_queries: Any) -> None:
    cursor = paginate(groups, {"size": "2"}, sort=NAME).next or ""
    with django_assert_num_queries(2) as queries:
        page = paginate(groups, {"size": "2", "cursor": cursor, "page": "4"}, sort=NAME, cap=2)
    assert names(page) == ["c", "d"]
    assert "OFFSET" not in queries[1]["sql"]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("missing", [1, 2])
def test_ties_go_by_ascending_id_and_missing_values_come_last(descending: bool, missing: int) -> None:
    Group.objects.bulk_create(Group(name=name) for name in ("aa", "b", "cc", "d", "ee", "fff"))
    rows = Group.objects.annotate(length=NullIf(Length("name"), missing))
    found = "".join(group.name for group in walked(rows, Sort("length", descending, nullable=True)))
    if missing == 1:
        assert found == ("fffaacceebd" if descending else "aacceefffbd")
    else:
        assert found == ("fffbdaaccee" if descending else "bdfffaaccee")


def test_walk_by_time_loses_no_microsecond() -> None:
    start = timezone.now()
    for number in range(5):
        moment = start + timedelta(microseconds=number // 2)
        IdempotencyKey.objects.create(key=str(number), status=200, created_at=moment)
    rows = IdempotencyKey.objects.all()
    assert [row.key for row in walked(rows, Sort("created_at", descending=True), size=1)] == ["4", "2", "3", "0", "1"]


def test_plain_rows_are_paged_like_instances(groups: QuerySet[Group]) -> None:
    rows = groups.values("id", "name")
    assert [row["name"] for row in walked(rows, NAME)] == ["a", "b", "c", "d", "e"]


def test_sort_by_an_annotation(groups: QuerySet[Group]) -> None:
    rows = groups.annotate(twin=F("name")).values("id", "twin")
    assert [row["twin"] for row in walked(rows, Sort("twin", descending=True))] == ["e", "d", "c", "b", "a"]


@pytest.mark.parametrize("cursor", ["", "x", "W10.abc", "é", "a" * 10_000, "....", "\0"])
def test_forged_cursor_is_refused(groups: QuerySet[Group], cursor: str) -> None:
    with pytest.raises(Invalid) as refusal:
        paginate(groups, {"cursor": cursor}, sort=NAME)
    assert list(refusal.value.fields) == ["cursor"]


def test_cursor_of_another_sort_is_refused(groups: QuerySet[Group]) -> None:
    cursor = Position("a", 1).as_cursor(NAME)
    with pytest.raises(Invalid):
        paginate(groups, {"cursor": cursor}, sort=Sort("name", descending=True))


def test_cursor_needs_no_escaping_in_an_address() -> None:
    assert set(Position("Ünïcode & more? " * 9, 1).as_cursor(NAME)) <= set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
    )


def test_rows_in_an_order_of_their_own_have_no_cursor(groups: QuerySet[Group]) -> None:
    page = paginate(groups.order_by("-name"), {"size": "2"}, sort=None)
    assert (names(page), page.next) == (["e", "d"], None)
    with pytest.raises(Invalid):
        paginate(groups, {"cursor": "x"}, sort=None)
