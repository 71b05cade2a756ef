"""Pictures of covers: checked, turned upright, and drawn anew in the two sizes that pages show."""

import re
from io import BytesIO
from threading import Lock
from typing import Any

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from catalog.exceptions import FieldsInvalid

SUFFIXES = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
MOST_PIXELS = 40_000_000  # what a telephone takes; drawing one of them takes up to 700 MB
LONGEST_SIDE = 20_000  # pixels
LARGE, SMALL = (640, 960), (320, 480)  # twice the size at which a book's page and lists show them
QUALITY = 82

_drawing = Lock()

# The name of a picture that was kept: of its content, so that it may be kept by browsers forever.
KEPT = re.compile(r"(?P<stem>.+-[0-9a-f]{32})(?P<small>-small)?\.(jpg|png|webp)", re.ASCII)


def small_name(name: str) -> str:
    """Return the name of the small size of a picture that was kept; of any other its own."""
    match = KEPT.fullmatch(name)
    return f"{match['stem']}-small{name[match.end('stem') :]}" if match else name


def draw_sizes(upload: Any) -> tuple[str, bytes, bytes]:
    """
    Return a picture's suffix and its large and small size, without what the camera wrote into it.

    One at a time in a process, for the memory that each takes.
    Raises: FieldsInvalid for what is no JPEG, PNG or WebP picture, is broken, or has too many pixels.
    """
    with _drawing:
        return _draw_sizes(upload)


def _draw_sizes(upload: Any) -> tuple[str, bytes, bytes]:
    try:
        upload.seek(0)
        picture = Image.open(upload, formats=list(SUFFIXES))
    except (OSError, Image.DecompressionBombError, SyntaxError, ValueError) as error:
        raise _refusal() from error
    if picture.width * picture.height > MOST_PIXELS or max(picture.size) > LONGEST_SIDE:
        raise FieldsInvalid(
            fields={"cover_image": _("A picture has at most 40 million pixels, and no side longer than 20,000.")}
        )
    kind = str(picture.format)
    try:
        picture.draft("RGB", (LARGE[0] * 2, LARGE[1] * 2))  # a large JPEG is never unpacked whole
        upright = _upright_on_white(_reduced(picture))
    except (OSError, SyntaxError, ValueError) as error:  # what is broken within shows only now
        raise _refusal() from error
    return SUFFIXES[kind], _encoded(upright, kind, LARGE), _encoded(upright, kind, SMALL)


def _refusal() -> FieldsInvalid:
    return FieldsInvalid(fields={"cover_image": _("This is no JPEG, PNG or WebP picture, or it is broken.")})


def _reduced(picture: Image.Image) -> Image.Image:
    """Return a picture no larger than either way up needs: all that follows would make copies of the whole."""
    if picture.mode not in {"RGB", "RGBA", "L", "LA"} or "transparency" in picture.info:  # no colours to mix
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    picture.thumbnail((2 * LARGE[1], 2 * LARGE[1]), Image.Resampling.LANCZOS)
    return picture


def _upright_on_white(picture: Image.Image) -> Image.Image:
    """Return a picture as it is to be seen: turned as the camera says, and what is clear on white."""
    turned = ImageOps.exif_transpose(picture)
    if not turned.has_transparency_data:
        return turned.convert("RGB")
    clear = turned.convert("RGBA")
    white = Image.new("RGBA", clear.size, "white")
    return Image.alpha_composite(white, clear).convert("RGB")


def _encoded(picture: Image.Image, kind: str, size: tuple[int, int]) -> bytes:
    """Encode a picture anew, no larger than `size`; nothing of the upload but its colours gets into it."""
    fitting = picture.copy()
    fitting.thumbnail(size, Image.Resampling.LANCZOS)
    fitting.info = {}
    drawn = BytesIO()
    fitting.save(drawn, kind, quality=QUALITY, optimize=True)
    return drawn.getvalue()
