"""What there is to translate: every text that code or templates give to gettext."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from django.apps import apps
from django.conf import settings
from django.utils.translation.template import templatize

# As gettext writes them: which arguments are texts, and which (c) is their context.
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "_lazy": None,
    "_now": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
COMMENTS = ["Translators:"]
LEFT_OUT = {"tests", "migrations", "__pycache__"}


def all_texts() -> Catalog:
    """Return what is to be translated, in the order of the files, each text with the files it stands in."""
    found = Catalog(fuzzy=False)
    for path in sources():
        for _line, text, comments, context in texts_in(path):
            name = path.relative_to(settings.BASE_DIR).as_posix()
            found.add(text, None, [(name, 0)], auto_comments=comments, context=context)
    return found


def sources() -> list[Path]:
    """Return the files of ours that may hold texts for people."""
    ours = [settings.BASE_DIR / "bookstore", settings.BASE_DIR / "templates"]
    ours += [Path(app.path) for app in apps.get_app_configs() if Path(app.path).parent == settings.BASE_DIR]
    files = {path for folder in ours for path in folder.rglob("*") if path.suffix in {".py", ".html", ".txt"}}
    return sorted(path for path in files if not LEFT_OUT.intersection(path.parts))


def texts_in(path: Path) -> Iterator[tuple[int, str | tuple[str, ...], list[str], str | None]]:
    code = path.read_text()
    if path.suffix != ".py":
        # Django turns a template into calls of gettext with noise between them; indented noise is no Python.
        code = re.sub(r"^[ \t]+", "", templatize(code, origin=str(path)), flags=re.MULTILINE)
    yield from extract("python", BytesIO(code.encode()), KEYWORDS, COMMENTS, {"encoding": "utf-8"})
