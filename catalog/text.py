"""How names and titles become slugs and sorting keys."""

import re
import unicodedata
from functools import lru_cache
from typing import Any

from django.db import models
from django.utils.text import slugify

KEY_LENGTH = 200
BEFORE_THE_FIRST_LETTER = re.compile(r"^[\W_]+")


def fold(text: str) -> str:
    """
    Return `text` without case and accents, for comparing and sorting.

    Source: Unicode, 3.13, D146: taking apart may bring capitals to light, folding them what can be taken apart.
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text.casefold()).casefold())
    return "".join(char for char in plain if not unicodedata.combining(char))


def sort_key(text: str) -> str:
    """Fold `text` and leave out what stands before its first letter or digit: ’Tis is sorted, and found, by T."""
    folded = fold(text)
    return BEFORE_THE_FIRST_LETTER.sub("", folded) or folded


@lru_cache(maxsize=10_000)  # a list asks for fifty
def slug_of(text: str, *, fallback: str) -> str:
    """Return a readable part of a URL in the text's own script, or `fallback` where it has nothing to use."""
    return slugify(text, allow_unicode=True)[:80].strip("-_") or fallback


class FoldedField(models.TextField):
    """The folded beginning of another field, kept for sorting and matching; written whenever the row is."""

    def __init__(self, source: str, **kwargs: Any):
        self.source = source
        super().__init__(**{**kwargs, "editable": False, "default": ""})

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, [self.source, *args], kwargs

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        value = sort_key(getattr(model_instance, self.source))[:KEY_LENGTH]
        setattr(model_instance, self.attname, value)
        return value
