"""The files of a language: `django.po`, which people write, and `django.mo`, which the shop reads."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings

# What a translation must hand on as it is: %(name)s, %s, {name}, and marks such as <strong>.
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[a-z%]|\{\w*\}|</?\w+[^>]*>")
LINE = 120

Key = tuple[str | tuple[str, ...], str | None]


@dataclass(frozen=True)
class Translation:
    """One language's files."""

    language: str
    folder: Path

    @property
    def written(self) -> Path:
        return self.folder / "django.po"

    @property
    def compiled(self) -> Path:
        return self.folder / "django.mo"

    def read(self) -> Catalog:
        if not self.written.exists():
            return Catalog(locale=self.language, fuzzy=False)
        with self.written.open("rb") as file:
            return read_po(file, locale=self.language)

    def bring_up_to_date(self, texts: Catalog) -> None:
        """Take in new texts, empty, drop those that are gone, and compile."""
        catalog = self.read()
        catalog.update(texts, no_fuzzy_matching=True, update_creation_date=False)
        # Babel would fold the notes at the file's top into one paragraph.
        top = self.written.read_bytes().partition(b"\n\n")[0] + b"\n\n" if self.written.exists() else b""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.written.open("wb") as file:
            file.write(top)
            write_po(file, catalog, width=LINE, omit_header=bool(top), ignore_obsolete=True, include_lineno=False)
        self.compiled.write_bytes(compile_catalog(self.read()))

    def faults(self, texts: Catalog) -> Iterator[str]:
        """Yield, as sentences, what is wrong with the files when these are the texts of the shop."""
        catalog = self.read()
        asked, answered = by_key(texts), by_key(catalog)
        for key in asked.keys() - answered.keys():
            yield f"missing: {shown(key)}"
        for key in (answered.keys() - asked.keys()) | by_key(catalog.obsolete.values()).keys():
            yield f"obsolete: {shown(key)}"
        for key in asked.keys() & answered.keys():
            yield from (f"{fault}: {shown(key)}" for fault in faults_of(answered[key]))
        if not self.compiled.exists() or self.compiled.read_bytes() != compile_catalog(catalog):
            yield "django.mo is not made of django.po as it is"


def translations() -> list[Translation]:
    """Return the files of every language but the one that the texts are written in."""
    (folder,) = settings.LOCALE_PATHS
    languages = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
    return [Translation(code, Path(folder) / code / "LC_MESSAGES") for code in languages]


def compile_catalog(catalog: Catalog) -> bytes:
    made = BytesIO()
    write_mo(made, catalog)
    return made.getvalue()


def by_key(messages: Iterable[Message]) -> dict[Key, Message]:
    return {(key_of(message.id), message.context): message for message in messages if message.id}


def key_of(text: str | tuple[str, ...] | list[str]) -> str | tuple[str, ...]:
    return text if isinstance(text, str) else tuple(text)


def shown(key: Key) -> str:
    text, context = key
    words = text if isinstance(text, str) else text[0]
    return f"{words!r} ({context})" if context else repr(words)


def faults_of(message: Message) -> Iterator[str]:
    """Yield what is wrong with one translation."""
    asked, answers = forms(message.id), forms(message.string or "")
    if message.fuzzy:
        yield "fuzzy"
    if not all(answers):
        yield "not translated"
        return
    # Of a plural's forms, one may leave out the number: the first, where the text's own first does.
    for number, answer in enumerate(answers):
        allowed = [marks(asked[-1]), *([marks(asked[0])] if number == 0 else [])]
        if marks(answer) not in allowed:
            yield f"other placeholders or marks in {answer!r}"
        if edges(answer) != edges(asked[0]):
            yield f"begins or ends otherwise: {answer!r}"


def forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def marks(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))


def edges(text: str) -> tuple[str, str]:
    """Return the space around a text, by which it joins what stands beside it."""
    bare = text.strip()
    before, _bare, after = text.partition(bare)
    return before, after
