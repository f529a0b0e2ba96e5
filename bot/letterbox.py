"""What the command line has a running desk do: changes of staff as files in the data folder, taken in by the desk.

One process writes the database, with one connection: on many versions of SQLite two that write and checkpoint at the
same instant can lose what was committed (`storage.opening.wal_reset_risk`). So who is not that process hands in what
should become true and waits for the answer. Whoever may write into the folder may write the database too.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from bot.changes import Changes, Looked, Note, StaffEvent, Timer
from bot.conversation.session import Session
from bot.domain.people import Address, Invitation, Staff

FOLDER = "letters"
_LEFT_SECONDS = 24 * 3600
_LETTER, _TAKEN, _ANSWER, _DRAFT = ".letter", ".taken", ".answer", ".draft"


class Letter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes of staff, that something was read, and that somebody is forgotten; no other changes can be handed in.

    ``session`` is what is remembered of whom is ``erased``.
    """

    at: datetime
    staff: list[tuple[Staff, StaffEvent]] = []
    invitations: list[Invitation] = []
    timers: list[Timer] = []
    notes: list[Note] = []
    looked: list[Looked] = []
    session: Session | None = None
    erased: list[Address] = []

    @classmethod
    def of(cls, changes: Changes, at: datetime) -> Letter:
        """The letter that asks for these changes. Raises ValueError when there are others among them."""
        letter = cls(
            at=at,
            staff=changes.staff,
            invitations=changes.invitations,
            timers=changes.timers,
            notes=changes.notes,
            looked=changes.looked,
            session=changes.session,
            erased=changes.erased,
        )
        if letter.changes() != msgspec.structs.replace(changes, at=at):
            raise ValueError("only changes of staff can be handed in")
        return letter

    def changes(self) -> Changes:
        """The changes it asks for."""
        return Changes(
            at=self.at,
            staff=self.staff,
            invitations=self.invitations,
            timers=self.timers,
            notes=self.notes,
            looked=self.looked,
            session=self.session,
            erased=self.erased,
        )


class Answered(msgspec.Struct, frozen=True):
    """What the desk answered: ``ok``, ``conflict`` (decide again on what is there now), or why not."""

    outcome: str


class Letterbox:
    """The folder. One side hands in and looks for answers, the other takes and answers."""

    def __init__(self, data: Path) -> None:
        self._folder = data / FOLDER

    def hand_in(self, letter: Letter) -> str:
        """Put a letter in; returns its name. Raises OSError."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._sweep(letter.at)
        name = secrets.token_hex(8)
        self._write(name, _LETTER, msgspec.json.encode(letter))
        return name

    def answer(self, name: str) -> Answered | None:
        """The answer to a letter, once; None while there is none. Raises OSError."""
        path = self._path(name, _ANSWER)
        try:
            answered = msgspec.json.decode(path.read_bytes(), type=Answered)
        except FileNotFoundError:
            return None
        path.unlink()
        return answered

    def take_back(self, name: str) -> bool:
        """Have a letter nobody has taken; False when it was taken (an answer will come). Raises OSError."""
        try:
            self._path(name, _LETTER).unlink()
        except FileNotFoundError:
            return False
        return True

    def take(self) -> Iterator[tuple[str, bytes]]:
        """Letters that wait, oldest first, with their names; each only once. Raises OSError."""
        try:
            with os.scandir(self._folder) as entries:
                names = [entry.name for entry in entries if entry.name.endswith(_LETTER)]
        except FileNotFoundError:
            return
        for file in sorted(names, key=self._age):
            name = file.removesuffix(_LETTER)
            taken = self._path(name, _TAKEN)
            try:
                self._path(name, _LETTER).rename(taken)
            except FileNotFoundError:
                continue  # taken back
            yield name, taken.read_bytes()

    def give(self, name: str, outcome: str) -> None:
        """Answer a letter that was taken. Raises OSError."""
        self._write(name, _ANSWER, msgspec.json.encode(Answered(outcome)))
        self._path(name, _TAKEN).unlink(missing_ok=True)

    def _sweep(self, now: datetime) -> None:
        """Throw away what somebody left who was cut off long ago."""
        for path in self._folder.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if now.timestamp() - path.stat().st_mtime > _LEFT_SECONDS:
                    path.unlink()

    def _age(self, file: str) -> int:
        try:
            return (self._folder / file).stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def _path(self, name: str, suffix: str) -> Path:
        return self._folder / f"{name}{suffix}"

    def _write(self, name: str, suffix: str, content: bytes) -> None:
        """Write a whole file or none: what bears its last name is complete and on disk."""
        draft = self._path(name, _DRAFT)
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(file, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        draft.rename(self._path(name, suffix))


def read(content: bytes) -> Letter:
    """A letter as it was written. Raises msgspec.DecodeError (a ValueError) for anything else."""
    return msgspec.json.decode(content, type=Letter)
