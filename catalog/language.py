"""Language tags: what a book says it is written in."""

import functools

import langcodes
from django.utils.translation import get_language
from django.utils.translation import gettext as _

LONGEST_TAG = 35


def parse_language(raw: str) -> str:
    """
    Return the canonical language tag for a tag or an ISO 639 code of two or three letters.

    Raises: ValueError with a sentence for a person.
    Source: BCP 47 (RFC 5646, 4.5); a tag of 35 characters holds any registered one (4.4.1).
    """
    try:
        tag = langcodes.standardize_tag(raw.strip())
    except langcodes.LanguageTagError as error:
        raise ValueError(_("“%(tag)s” is not a language tag, such as en or pt-BR.") % {"tag": raw[:40]}) from error
    if len(tag) > LONGEST_TAG or not langcodes.tag_is_valid(tag):
        raise ValueError(_("“%(tag)s” is not a known language.") % {"tag": raw[:40]})
    return tag


def language_name(tag: str) -> str:
    """Name a language in the reader's own."""
    return _name_in(tag, get_language() or "en")


@functools.lru_cache(maxsize=2000)
def _name_in(tag: str, reader: str) -> str:
    return langcodes.Language.get(tag).display_name(reader)
