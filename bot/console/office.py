"""What the commands about staff work with, whether a desk is running or not."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from bot.catalogue import Catalogue
from bot.changes import Changes
from bot.domain.directory import Directory
from bot.domain.guide import Guide
from bot.domain.people import Invitation, Staff
from bot.domain.words import desk_word
from bot.errors import ConfigurationError, Conflict, StoreUnavailable
from bot.letterbox import Letter, Letterbox
from bot.ports import Clock, Reader
from bot.settings import Settings
from bot.townfile import SAMPLE

PATIENCE = 10.0
"""Seconds to wait for a running desk to take something in."""

_LOOK = 0.05


Unreached = Callable[[Reader], Awaitable[Sequence[Staff]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What the commands about staff work with.

    ``unreached`` asks whom nothing reaches, ``waiting`` which invitations nobody has used yet; ``commit`` makes
    changes true. ``vocabulary`` gives folded words of the catalogue under a prefix with their names, ``say`` a text of
    it in every language. ``town`` is the file or folder the town is read from.
    """

    guide: Guide
    clock: Clock
    read: Reader
    unreached: Unreached
    waiting: Callable[[], Awaitable[Sequence[Invitation]]]
    commit: Callable[[Changes], Awaitable[None]]
    vocabulary: Callable[[str], Mapping[str, str]]
    say: Callable[..., Sequence[str]]
    town: Path


OpenOffice = Callable[[bool], AbstractAsyncContextManager[Office]]
"""Opens it; the argument says whether anything will be changed."""


class Access(Protocol):
    """A way to the database; see `storage.beside`."""

    @property
    def read(self) -> Reader: ...
    @property
    def waiting(self) -> Callable[[], Awaitable[Sequence[Invitation]]]: ...
    @property
    def commit(self) -> Callable[[Changes], Awaitable[None]]: ...


HandIn = Callable[[Path, Changes], Awaitable[None]]
OpenAccess = Callable[[str, Path, Clock, bool, HandIn], AbstractAsyncContextManager[Access]]


@asynccontextmanager
async def opened(
    settings: Settings,
    guide: Guide,
    catalogue: Catalogue,
    clock: Clock,
    access: OpenAccess,
    unreached: Unreached,
    writes: bool,
) -> AsyncIterator[Office]:
    """The office of a desk with these settings. ``writes`` says whether anything will be changed.

    Raises ConfigurationError.
    """
    if writes:
        settings.make_folder()
    url = settings.storage.url.get_secret_value()
    async with access(url, settings.data, clock, writes, partial(hand_in, clock)) as way:
        yield Office(
            guide=guide,
            clock=clock,
            read=way.read,
            unreached=unreached,
            waiting=way.waiting,
            commit=way.commit,
            vocabulary=partial(catalogue.vocabulary, desk_word),
            say=lambda key, **fields: [words(key, **fields) for words in catalogue.languages.values()],
            town=settings.town or SAMPLE,
        )


async def hand_in(clock: Clock, folder: Path, changes: Changes, patience: float = PATIENCE) -> None:
    """Have the desk that runs in a data folder make changes of staff true.

    Raises Conflict, StoreUnavailable or ConfigurationError.
    """
    box = Letterbox(folder)
    now: datetime = clock.now()
    name = await asyncio.to_thread(box.hand_in, Letter.of(changes, now))
    end = clock.monotonic() + patience
    taken = False
    while True:
        answer = await asyncio.to_thread(box.answer, name)
        if answer is not None:
            break
        if clock.monotonic() >= end:
            if taken or await asyncio.to_thread(box.take_back, name):
                why = (
                    "has taken this in but does not answer: look with `staff list` whether it was done" if taken else ""
                )
                raise ConfigurationError(
                    "desk",
                    f"a running desk holds the data folder and {why or 'takes nothing in'};"
                    " stop it and try again, or have it done in the chat by somebody who may",
                )
            taken, end = True, clock.monotonic() + patience
        await asyncio.sleep(_LOOK)
    match answer.outcome:
        case "ok":
            return
        case "conflict":
            raise Conflict
        case "unavailable":
            raise StoreUnavailable(why="the running desk cannot write")
        case other:
            raise ConfigurationError("desk", f"the running desk refused this ({other}); is it of the same version?")


def member(directory: Directory, name: str, unit: str = "") -> Staff:
    """The one member of staff of that id or name (in a unit). Raises ConfigurationError."""
    found = directory.by_id.get(name)
    people = (found,) if found is not None and found.removed_at is None else directory.named(name, unit or None)
    if len(people) == 1:
        return people[0]
    if not people:
        raise ConfigurationError(name, "nobody of that name or id works here")
    ids = ", ".join(f"{staff.id} ({staff.unit or 'desk'})" for staff in people)
    raise ConfigurationError(name, f"several are called that; give the id: {ids}")


def chance() -> str:
    """32 hexadecimal digits nobody can guess."""
    return secrets.token_hex(16)
