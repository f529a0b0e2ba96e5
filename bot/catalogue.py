"""Every word a person reads, in every language the desk speaks.

Texts live in ``locales/<language>/*.po`` under keys such as ``receipt.filed``; translators' tools know the format.
Parameters are named fields: ``{number}``. What must be the same in all languages (keys, fields) is checked when the
catalogue is loaded, so a missing text stops the start and never surprises a resident. A text that counts may have a
plural, as gettext writes it; which of the two is meant the field ``count`` says.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

from bot.errors import ConfigurationError

DEFAULT_LOCALE = "zh_CN"
WORDS_PREFIX = "word."
COMMANDS_PREFIX = "command."
"""Words of residents and of staff: "word.confirm", "command.take"."""


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one language. ``words(key, **params)`` renders one; an unknown key raises KeyError.

    ``single`` are the forms for a ``count`` of one, where they differ.
    """

    locale: str
    texts: Mapping[str, str]
    single: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, key: str, **params: Any) -> str:
        text = self.texts[key]
        if params.get("count") == 1:
            text = self.single.get(key, text)
        return text.format(**params) if params else text


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All languages. Unknown ones fall back to the default."""

    languages: Mapping[str, Words]

    def words(self, locale: str) -> Words:
        """The texts of a language, or of the default one."""
        return self.languages.get(locale) or self.languages[DEFAULT_LOCALE]

    def vocabulary(self, fold: Callable[[str], str], prefix: str = WORDS_PREFIX) -> dict[str, str]:
        """Desk words of all languages, folded, each with its command: ``{"确认": "confirm", ...}``.

        Raises ConfigurationError when one word stands for two commands.
        """
        found: dict[str, str] = {}
        for words in self.languages.values():
            for key, text in words.texts.items():
                if not key.startswith(prefix):
                    continue
                command = key.removeprefix(prefix)
                for word in map(fold, text.split("|")):
                    if found.setdefault(word, command) != command:
                        raise ConfigurationError(f"{words.locale}: {key}", f"{word!r} also means {found[word]!r}")
        return found

    @classmethod
    def load(cls, folder: Path) -> Catalogue:
        """Read ``folder/*/*.po``. Raises ConfigurationError for missing keys or fields."""
        languages: dict[str, dict[str, str]] = {}
        single: dict[str, dict[str, str]] = {}
        for path in sorted(folder.glob("*/*.po")):
            texts = languages.setdefault(path.parent.name, {})
            read, ones = _read(path)
            single.setdefault(path.parent.name, {}).update(ones)
            for key, text in read.items():
                if key in texts:
                    raise ConfigurationError(str(path), f"{key} is in another file of this language too")
                texts[key] = text
        if DEFAULT_LOCALE not in languages:
            raise ConfigurationError(str(folder), f"no texts for {DEFAULT_LOCALE}")
        complete = languages[DEFAULT_LOCALE]
        for locale, texts in languages.items():
            for key in complete.keys() | texts.keys():
                here, there = texts.get(key), complete.get(key)
                if here is None or there is None:
                    raise ConfigurationError(f"{folder}/{locale}", f"{key} is not in every language")
                if fields(here) != fields(there):
                    raise ConfigurationError(f"{folder}/{locale}", f"{key} has other fields than {DEFAULT_LOCALE}")
        return cls({locale: Words(locale, texts, single[locale]) for locale, texts in languages.items()})


def fields(text: str) -> frozenset[str]:
    """The names of the parameters that a text takes. Raises ValueError when its braces do not match."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)


def _read(path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """The texts of a file, and of those with a plural the forms for one."""
    with path.open("rb") as file:
        catalogue = read_po(file, abort_invalid=True)
    texts: dict[str, str] = {}
    single: dict[str, str] = {}
    for message in catalogue:
        if not message.id:
            continue
        key = message.id if isinstance(message.id, str) else message.id[0]
        forms = [message.string] if isinstance(message.string, str) else list(message.string or ())
        if len(forms) > 1:
            single[key] = forms[0]
        texts[key] = forms[-1]
        for text in forms:
            _check(path, key, text, forms[-1])
    return texts, single


def _check(path: Path, key: str, text: str, plural: str) -> None:
    if not text:
        raise ConfigurationError(str(path), f"{key} has no text")
    try:
        missing = fields(plural) ^ fields(text)
    except ValueError as error:
        raise ConfigurationError(str(path), f"{key}: {error}") from None
    if missing - {"count"}:
        raise ConfigurationError(str(path), f"{key}: one and many have other fields")
