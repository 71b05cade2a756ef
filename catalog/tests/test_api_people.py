import pytest

from accounts.tests.factories import UserFactory
from catalog.models import Genre
from catalog.tests.factories import BookFactory, ContributorFactory, GenreFactory, SellerFactory
from catalog.tests.test_api_books import fields_at_fault, problem

pytestmark = pytest.mark.django_db


def test_genres_are_listed_with_their_parents(api):
    fiction = GenreFactory(name="Fiction")
    crime = GenreFactory(name="Crime", parent=fiction)
    assert api.get("/api/v1/genres").json()["items"] == [
        {"id": crime.pk, "name": "Crime", "slug": "crime", "parent_id": fiction.pk},
        {"id": fiction.pk, "name": "Fiction", "slug": "fiction", "parent_id": None},
    ]
    assert api.get(f"/api/v1/genres/{crime.pk}").json()["parent_id"] == fiction.pk
    assert problem(api.get("/api/v1/genres/999999999")) == (404, "GENRE_NOT_FOUND")


def test_a_genre_is_made_moved_and_deleted(staff):
    top = GenreFactory()
    made = staff.post("/api/v1/genres", {"name": "Essays", "parent_id": top.pk})
    assert (made.status_code, made.json()["parent_id"]) == (201, top.pk)
    path = f"/api/v1/genres/{made.json()['id']}"
    assert staff.patch(path, {"name": "Essay"}).json()["parent_id"] == top.pk
    assert staff.patch(path, {"parent_id": None}).json()["parent_id"] is None
    assert staff.delete(path).status_code == 204
    assert problem(staff.delete(path)) == (404, "GENRE_NOT_FOUND")


def test_a_genres_name_is_unique_whatever_its_case(staff):
    GenreFactory(name="Poetry")
    assert problem(staff.post("/api/v1/genres", {"name": "POETRY"})) == (409, "GENRE_CONFLICT")
    other = GenreFactory()
    assert problem(staff.patch(f"/api/v1/genres/{other.pk}", {"name": "poetry"})) == (409, "GENRE_CONFLICT")


def test_a_genre_cannot_hang_below_itself(staff):
    top = GenreFactory()
    below = GenreFactory(parent=top)
    for genre, parent in ((top, below), (top, top)):
        assert fields_at_fault(staff.patch(f"/api/v1/genres/{genre.pk}", {"parent_id": parent.pk})) == ["parent_id"]
    assert fields_at_fault(staff.post("/api/v1/genres", {"name": "X", "parent_id": 10**9})) == ["parent_id"]


def test_a_genre_in_use_stays(staff):
    top = GenreFactory()
    below = GenreFactory(parent=top)
    BookFactory(genre=below)
    for genre in (top, below):
        assert problem(staff.delete(f"/api/v1/genres/{genre.pk}")) == (409, "GENRE_IN_USE")
    assert Genre.objects.count() == 2


def test_two_names_that_look_alike_in_a_url_get_two_slugs():
    assert [GenreFactory(name=name).slug for name in ("Sci-Fi", "Sci Fi", "!?", "…")] == [
        "sci-fi", "sci-fi-2", "genre", "genre-2",
    ]  # fmt: skip


def test_authors_are_found_by_part_of_their_name(api):
    ContributorFactory(name="Ann Author")
    marquez = ContributorFactory(name="Gabriel García Márquez")
    shown = api.get("/api/v1/authors?name=marquez").json()["items"]
    assert shown == [{"id": marquez.pk, "name": "Gabriel García Márquez", "slug": "gabriel-garcía-márquez"}]
    assert api.get(f"/api/v1/authors/{marquez.pk}").json() == shown[0]
    assert problem(api.get("/api/v1/authors/999999999")) == (404, "AUTHOR_NOT_FOUND")


def test_only_staff_see_who_a_sellers_members_are(api, staff):
    seller, member = SellerFactory(), UserFactory()
    seller.members.add(member)
    assert "members" not in api.get(f"/api/v1/sellers/{seller.pk}").json()
    assert staff.get("/api/v1/sellers").json()["items"][0]["members"] == [member.pk]


def test_a_seller_is_made_and_renamed_and_keeps_its_address(staff):
    member = UserFactory()
    made = staff.post("/api/v1/sellers", {"name": "Harbour Lane", "members": [member.pk]}).json()
    assert (made["slug"], made["members"]) == ("harbour-lane", [member.pk])
    path = f"/api/v1/sellers/{made['id']}"
    renamed = staff.patch(path, {"name": "Quay Street"}).json()
    assert (renamed["name"], renamed["slug"], renamed["members"]) == ("Quay Street", "harbour-lane", [member.pk])
    assert staff.patch(path, {"members": []}).json()["members"] == []
    assert fields_at_fault(staff.patch(path, {"members": [10**9]})) == ["members"]
    assert problem(staff.post("/api/v1/sellers", {"name": "quay street"})) == (409, "SELLER_CONFLICT")
    assert problem(staff.patch("/api/v1/sellers/999999999", {"name": "x"})) == (404, "SELLER_NOT_FOUND")


@pytest.mark.parametrize("name", ["genre", "author", "seller"])
def test_the_number_of_queries_does_not_grow(api, name, django_assert_max_num_queries):
    make = {"genre": GenreFactory, "author": ContributorFactory, "seller": SellerFactory}[name]
    for _ in range(2):
        make.create_batch(10)
        with django_assert_max_num_queries(3):
            assert api.get(f"/api/v1/{name}s").status_code == 200
