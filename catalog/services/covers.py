"""Acts on the files of uploaded covers. Two sizes of each are kept; a book names the large one."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from bookstore.core import advisory
from catalog.covers.pictures import KEPT, draw_sizes, small_name
from catalog.exceptions import FieldsInvalid
from catalog.models import LARGEST_PICTURE, Book

FOLDER = "covers"
GRACE = timedelta(hours=1)  # a young file may be that of a book whose transaction is still open


@transaction.atomic
def keep_cover(upload: Any) -> str:
    """
    Keep an uploaded picture as a book's cover may name it, and return that name, which is of its content.

    Locks: advisory, the name. Raises: FieldsInvalid as `draw_sizes`, and for more than 5 MiB.
    """
    if upload.size > LARGEST_PICTURE:
        raise FieldsInvalid(fields={"cover_image": _("A picture has at most 5 MiB.")})
    suffix, large, small = draw_sizes(upload)
    stem = slugify(PurePosixPath(upload.name).stem)[:40].strip("-") or "cover"
    name = f"{FOLDER}/{stem}-{hashlib.sha256(large).hexdigest()[:32]}.{suffix}"
    _lock(name)
    for path, content in ((name, large), (small_name(name), small)):
        _write(path, content)
    return name


def _write(path: str, content: bytes) -> None:
    if default_storage.exists(path):
        if default_storage.size(path) == len(content):
            return
        default_storage.delete(path)  # whoever wrote it was killed halfway
    default_storage.save(path, ContentFile(content))


def sweep_covers() -> int:
    """
    Delete the files of covers that no book names any more; return how many.

    Locks: advisory, each name for itself.
    """
    return sum(_sweep(name) for name in list(_names()))


def _names() -> Iterator[str]:
    """Yield the names of all covers that there are files of, each once."""
    files = default_storage.listdir(FOLDER)[1] if default_storage.exists(FOLDER) else []
    for file in files:
        match = KEPT.fullmatch(file)
        if match is None or not match["small"]:
            yield f"{FOLDER}/{file}"


@transaction.atomic
def _sweep(name: str) -> int:
    _lock(name)
    if not default_storage.exists(name):
        return 0
    is_young = timezone.now() - default_storage.get_modified_time(name) < GRACE
    if is_young or Book.objects.filter(cover_image=name).exists():
        return 0
    files = list(dict.fromkeys((small_name(name), name)))  # the large one last: by it the two are found
    for file in files:
        default_storage.delete(file)
    return len(files)


def _lock(name: str) -> None:
    # Whoever keeps a picture that lies there already, and who sweeps it, wait for one another.
    advisory.lock([f"cover\n{name}"])
