"""News that mean nothing any more when they are opened: somebody has acted meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.changes import Note
from bot.domain.ticket import Status, Ticket
from bot.domain.work import Matter


def overtaken(note: Note, ticket: Ticket, reader: str) -> bool:
    """Whether what some news ask for has been done since, by whomever. ``reader`` is the id of whoever would read."""
    over = _OVER.get(note.what)
    return over is not None and over(note, ticket, reader)


def _no_longer_new(_note: Note, ticket: Ticket, reader: str) -> bool:
    return ticket.status is not Status.DISPATCHED or ticket.handler not in ("", reader)


def _decided(note: Note, ticket: Ticket, _reader: str) -> bool:
    return ticket.work.proposal(Matter(note.params["matter"].partition("/")[0])) is None


def _taken(_note: Note, ticket: Ticket, _reader: str) -> bool:
    return ticket.work.taken_at is not None


def _answered(_note: Note, ticket: Ticket, _reader: str) -> bool:
    return ticket.work.submitted or ticket.status is Status.ANSWERED


def _has_a_unit(_note: Note, ticket: Ticket, _reader: str) -> bool:
    return bool(ticket.unit)


def _no_longer_waiting(_note: Note, ticket: Ticket, _reader: str) -> bool:
    return ticket.status is not Status.REOPENED


_OVER: Mapping[str, Callable[[Note, Ticket, str], bool]] = {
    "reopen": _no_longer_waiting,
    "reopen_final": _no_longer_waiting,
    "reopen_late": _no_longer_waiting,
    "arrived": _no_longer_new,
    "arrived_danger": _no_longer_new,
    "to_decide": _decided,
    "undecided": _decided,
    "task.pool": _has_a_unit,
    "task.listen": _has_a_unit,
    "task.listen_late": _has_a_unit,
    "rung.pool_half": _has_a_unit,
    "rung.pool_due": _has_a_unit,
    "rung.not_taken": _taken,
    "rung.still_not_taken": _taken,
    "rung.last_quarter": _answered,
    "rung.due": _answered,
    "rung.one_day_late": _answered,
    "rung.order": _answered,
}
"""What -> whether it is over. News that are not here tell what has happened, which stays true."""
