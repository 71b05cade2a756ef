"""Uploaded covers: what is taken, what is kept of it, how it is served, and when it goes."""

import os
import zlib
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from struct import pack
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from PIL import Image

from bookstore.core.tests.racing import failures, race
from catalog import services
from catalog.exceptions import FieldsInvalid
from catalog.jobs import sweep_pictures
from catalog.models import Book
from catalog.services.covers import keep_cover
from catalog.tests.factories import BookFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def upload(picture: Image.Image, kind: str = "JPEG", name: str = "", **how: object) -> SimpleUploadedFile:
    drawn = BytesIO()
    picture.save(drawn, kind, **how)
    return SimpleUploadedFile(name or f"Ünder the Tree.{kind.lower()}", drawn.getvalue())


def kept(name: str) -> Image.Image:
    with default_storage.open(name) as file:
        picture = Image.open(BytesIO(file.read()))
        picture.load()
        return picture


def files() -> list[str]:
    return sorted(default_storage.listdir("covers")[1]) if default_storage.exists("covers") else []


def age(name: str) -> None:
    """Make a picture two hours old."""
    for file in Path(settings.MEDIA_ROOT, "covers").iterdir():
        if file.name.startswith(Path(name).stem):
            os.utime(file, (0, 0))


# What is kept


@pytest.mark.parametrize(("kind", "suffix"), [("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp")])
def test_a_picture_is_kept_in_two_sizes_under_a_name_of_its_content(kind: str, suffix: str) -> None:
    name = keep_cover(upload(Image.new("RGB", (2000, 3000), "navy"), kind))
    stem, _dot, ending = name.rpartition(".")
    assert (stem[:-32], ending) == ("covers/under-the-tree-", suffix)
    small = f"{stem}-small.{suffix}"
    assert [kept(each).size for each in (name, small)] == [(640, 960), (320, 480)]
    assert keep_cover(upload(Image.new("RGB", (2000, 3000), "navy"), kind)) == name
    assert len(files()) == 2
    assert keep_cover(upload(Image.new("RGB", (2000, 3000), "red"), kind)) != name


def test_a_small_picture_is_not_made_larger() -> None:
    assert kept(keep_cover(upload(Image.new("RGB", (20, 30))))).size == (20, 30)


def test_what_the_camera_wrote_is_gone_and_the_picture_stands_upright() -> None:
    lying = Image.new("RGB", (300, 200), "red")
    lying.paste("blue", (0, 0, 150, 200))
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Secret Camera"  # to be turned by 90 degrees, and its maker
    name = keep_cover(upload(lying, exif=exif.tobytes()))
    picture = kept(name)
    assert (picture.size, dict(picture.getexif())) == ((200, 300), {})
    top, bottom = picture.getpixel((100, 10)), picture.getpixel((100, 290))
    assert (top[2] > 200, bottom[0] > 200) == (True, True)  # type: ignore[index]
    with default_storage.open(name) as file:
        assert b"Secret" not in file.read()


def test_what_is_clear_becomes_white() -> None:
    picture = kept(keep_cover(upload(Image.new("RGBA", (20, 30), (255, 0, 0, 0)), "PNG")))
    assert (picture.mode, picture.getpixel((5, 5))) == ("RGB", (255, 255, 255))


def test_a_file_that_was_written_halfway_is_written_anew() -> None:
    picture = Image.new("RGB", (700, 900), "navy")
    name = keep_cover(upload(picture))
    whole = Path(default_storage.path(name)).read_bytes()
    Path(default_storage.path(name)).write_bytes(whole[:100])
    assert keep_cover(upload(picture)) == name
    assert Path(default_storage.path(name)).read_bytes() == whole


# What is refused


def chunk(kind: bytes, data: bytes) -> bytes:
    return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))


def png_of_a_billion_pixels() -> SimpleUploadedFile:
    head = chunk(b"IHDR", pack(">IIBBBBB", 40_000, 30_000, 8, 2, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(b"\0" * 1_000_000))
    return SimpleUploadedFile("bomb.png", b"\x89PNG\r\n\x1a\n" + head + body + chunk(b"IEND", b""))


def cut_short() -> SimpleUploadedFile:
    whole = upload(Image.effect_noise((400, 600), 50).convert("RGB"))
    return SimpleUploadedFile("cut.jpg", whole.read()[:9_000])


@pytest.mark.parametrize(
    "make",
    [
        lambda: SimpleUploadedFile("page.jpg", b"<script>alert(1)</script>"),
        lambda: SimpleUploadedFile("empty.png", b""),
        lambda: upload(Image.new("RGB", (20, 30)), "GIF", "moving.png"),
        lambda: upload(Image.new("RGB", (20, 30)), "TIFF", "scan.jpg"),
        lambda: upload(Image.new("1", (8_000, 5_001)), "PNG", "large.png"),
        lambda: upload(Image.new("1", (20_001, 1)), "PNG", "long.png"),
        lambda: SimpleUploadedFile("heavy.jpg", upload(Image.new("RGB", (20, 30))).read() + b"\0" * 5 * 2**20),
        png_of_a_billion_pixels,
        cut_short,
    ],
)
def test_what_is_no_fit_picture_is_refused_and_nothing_is_kept(make: Callable[[], SimpleUploadedFile]) -> None:
    with pytest.raises(FieldsInvalid) as refusal:
        keep_cover(make())
    assert list(refusal.value.fields) == ["cover_image"]
    assert files() == []


# How it is served


def book_with(picture: SimpleUploadedFile) -> Book:
    book = BookFactory(cover_image_url="https://covers.example/1.jpg")
    services.update_book(book.pk, {"cover_image": keep_cover(picture)})
    return Book.objects.get(pk=book.pk)


@pytest.mark.parametrize(("kind", "said"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")])
def test_a_picture_is_served_as_what_it_is_and_may_be_kept_forever(client: Client, kind: str, said: str) -> None:
    book = book_with(upload(Image.new("RGB", (700, 900)), kind))
    for address in (book.cover_url, book.small_cover_url):
        answer = client.get(address)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, said)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert {"public", "immutable", "max-age=31536000"} == {*answer.headers["Cache-Control"].split(", ")}


def test_the_upload_stands_before_the_address_on_pages_and_for_clients(client: Client) -> None:
    book = book_with(upload(Image.new("RGB", (700, 900))))
    page = client.get(book.get_absolute_url()).text
    assert f'srcset="{book.small_cover_url} 320w, {book.cover_url} 640w"' in page
    assert "covers.example" not in page
    shown = client.get(f"/api/v1/books/{book.pk}").json()["cover_image_url"]
    assert shown == f"http://testserver{book.cover_url}"


@pytest.mark.parametrize("path", ["covers/", "covers/none.png", "../settings.py", "covers/page.html", ""])
def test_nothing_but_pictures_is_served(client: Client, path: str) -> None:
    default_storage.save("covers/page.html", BytesIO(b"<script>"))
    assert client.get(f"/media/{path}").status_code == 404


# When it goes


def test_a_picture_goes_once_no_book_has_it(client: Client) -> None:
    book = book_with(upload(Image.new("RGB", (20, 30), "red")))
    replaced = book.cover_image.name
    services.update_book(book.pk, {"cover_image": keep_cover(upload(Image.new("RGB", (20, 30), "blue")))})
    book.refresh_from_db()
    age(replaced), age(book.cover_image.name)
    sweep_pictures()
    stem = Path(book.cover_image.name).stem
    assert files() == [f"{stem}-small.jpg", f"{stem}.jpg"]
    assert client.get(book.small_cover_url).status_code == 200
    services.update_book(book.pk, {"cover_image": ""})
    sweep_pictures()
    assert files() == []


def test_what_is_young_is_left_for_a_book_that_is_still_being_saved() -> None:
    keep_cover(upload(Image.new("RGB", (20, 30))))
    sweep_pictures()
    assert len(files()) == 2


@pytest.mark.django_db(transaction=True)
def test_a_picture_that_is_taken_up_again_while_it_is_swept_stays() -> None:
    book, picture = BookFactory(), partial(upload, Image.new("RGB", (20, 30)))
    for _time in range(5):
        name = keep_cover(picture())
        age(name)

        def take_up() -> None:
            with transaction.atomic():
                services.update_book(book.pk, {"cover_image": keep_cover(picture())})

        assert failures(race(take_up, sweep_pictures, sweep_pictures)) == []
        assert len(files()) == 2
        services.update_book(book.pk, {"cover_image": ""})
