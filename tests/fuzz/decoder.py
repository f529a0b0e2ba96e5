"""What is given inputs, and what it may say to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from bot.message import InboundMessage

Decode = Callable[[bytes], object]
Make = Callable[[Random], bytes]


def nothing() -> None:
    """Nothing is left to close."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A decoder that is set up. ``refuses``: the errors by which it says no; every other one is a finding."""

    make: Make
    decode: Decode
    refuses: tuple[type[Exception], ...] = ()
    close: Callable[[], None] = nothing


@dataclass(frozen=True, slots=True)
class Decoder:
    """A decoder by its name; ``share`` of the inputs asked for go to it, where each costs much."""

    name: str
    prepare: Callable[[], Ready]
    share: float = 1.0


def text_of(raw: bytes) -> str:
    """The words of an input: lone surrogates come through, and bytes that are no words become some."""
    try:
        return raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def assert_keepable(message: InboundMessage) -> None:
    """Whatever was decoded can be written down in any database."""
    files = [part for file in message.attachments for part in (file.ref, file.name, file.mime, file.fingerprint)]
    pin = message.pin.label if message.pin is not None else ""
    for words in (
        *(message.address.id, message.key, message.text, message.press, message.quote, message.locale, message.id),
        *(message.edits, message.scene, message.unknown, message.phone, pin, *files),
    ):
        words.encode()
        assert "\0" not in words, "NUL is in what would be kept"
