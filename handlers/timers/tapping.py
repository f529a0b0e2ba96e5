"""What can be tapped under news: what this person may do now, and the ticket's state allows."""

from __future__ import annotations

from collections.abc import Callable

from bot.changes import Note
from bot.domain.directory import Directory
from bot.domain.people import Staff
from bot.domain.permission import Act, Person, may
from bot.domain.review import FINAL_AT
from bot.domain.ticket import Action, Status, Ticket
from bot.message import Choice
from bot.turn import Turn, Voice
from handlers import reaching
from handlers.resident.talking import handle_of
from handlers.staff.chain import may_decide
from handlers.staff.commands import COMMANDS

_TASK_TAPS = {"talk": ("receive", "receive"), "danger": ("draft", "pool"), "unconfirmed": ("draft", "pool")}
"""Kind of a task -> command of the button, command to type."""

_SPECIAL_TAPS = {
    "special_like": "add",
    "special_back_propose": "reopen",
    "special_to_close": "close",
    "special_opened": "take",
}
"""What news of a special case propose to do with it."""

Possible = Callable[[Turn, Directory, Person, Ticket], bool]
"""Whether a command may be tapped."""


def choices(turn: Turn, directory: Directory, staff: Staff, voice: Voice, ticket: Ticket) -> tuple[Choice, ...]:
    """Take, decide, re-assign, urge, note, see: as far as they go. Each can be typed too, with the ticket's number."""
    person = reaching.person(turn, directory, staff)
    return tuple(
        _choice(voice, ticket.number, command, value)
        for command, value, possible in _TAPS
        if command in COMMANDS and possible(turn, directory, person, ticket)
    )


def of_task(voice: Voice, note: Note) -> tuple[Choice, ...]:
    """What can be tapped under news that are about no ticket: take the talk, see to the draft, or to a special case."""
    if special := _of_special(voice, note):
        return special
    key = note.params.get("task", "")
    command, typed = _TASK_TAPS.get(key.partition(":")[0], ("", ""))
    if command not in COMMANDS:
        return ()
    return (Choice(f"staff:{command}={handle_of(key)}", voice.words(f"choice.{command}"), _first(voice, typed)),)


def _of_special(voice: Voice, note: Note) -> tuple[Choice, ...]:
    """A special case that is proposed, grows, or came back."""
    word, params = _first(voice, "special"), note.params
    if offer := params.get("offer"):
        typed = f"{word} {params.get('numbers', offer)}"
        return (Choice(f"staff:special_from={offer}", voice.words("special.tap.open"), typed),)
    if not (special := params.get("special")):
        return ()
    tap = _SPECIAL_TAPS.get(note.what, "")
    more = f"{tap} {params['one']}" if tap == "add" else tap
    found = [Choice(f"staff:special={special}", voice.words("special.tap.see"), f"{word} {special}")]
    if tap:
        typed = f"{word} {special} {voice.words(f'special.do.{tap}').partition('|')[0]} {params.get('one', '')}".strip()
        found.insert(0, Choice(f"staff:special={special} {more}", voice.words(f"special.tap.{tap}"), typed))
    return tuple(found)


def todo(voice: Voice) -> Choice:
    """The whole list."""
    word = _first(voice, "todo") if "todo" in COMMANDS else ""
    return Choice("staff:todo", voice.words("choice.todo"), word)


def _choice(voice: Voice, number: str, command: str, value: str) -> Choice:
    token = f"{number}:{command}={value}" if value else f"{number}:{command}"
    # A value that needs words of its own cannot be typed in a word.
    word = "" if value else f"{_first(voice, command)} {number}"
    return Choice(token, voice.words(f"tap.{command}"), word)


def _first(voice: Voice, command: str) -> str:
    return voice.words(f"command.{command}").partition("|")[0]


def _take(turn: Turn, directory: Directory, person: Person, ticket: Ticket) -> bool:
    return not ticket.handler and ticket.may(Action.TAKE) and may(person, Act.TAKE, ticket)


def _decide(turn: Turn, directory: Directory, person: Person, ticket: Ticket) -> bool:
    return any(may_decide(turn, person, directory, ticket, proposal) for proposal in ticket.work.proposals)


def _assign(turn: Turn, directory: Directory, person: Person, ticket: Ticket) -> bool:
    return ticket.may(Action.DISPATCH) and may(person, Act.ASSIGN, ticket)


def _urge(turn: Turn, directory: Directory, person: Person, ticket: Ticket) -> bool:
    return bool(ticket.unit) and ticket.may(Action.SUPERVISE) and may(person, Act.SUPERVISE, ticket)


def _note(turn: Turn, directory: Directory, person: Person, ticket: Ticket) -> bool:
    return may(person, Act.NOTE, ticket)


def _see(turn: Turn, directory: Directory, person: Person, ticket: Ticket) -> bool:
    return may(person, Act.SEE, ticket)


def _reopening(turn: Turn, directory: Directory, person: Person, ticket: Ticket) -> bool:
    return ticket.status is Status.REOPENED and may(person, Act.REOPEN, ticket)


def _back(turn: Turn, directory: Directory, person: Person, ticket: Ticket) -> bool:
    return _reopening(turn, directory, person, ticket) and bool(ticket.unit) and ticket.work.reopened < FINAL_AT


def _stands(turn: Turn, directory: Directory, person: Person, ticket: Ticket) -> bool:
    return _reopening(turn, directory, person, ticket) and ticket.work.reopened < FINAL_AT


def _final(turn: Turn, directory: Directory, person: Person, ticket: Ticket) -> bool:
    return _reopening(turn, directory, person, ticket) and ticket.work.reopened >= FINAL_AT


_TAPS: tuple[tuple[str, str, Possible], ...] = (
    ("reopen_back", "", _back),
    ("stands", "", _stands),
    ("close", "", _final),
    ("reopening", "", _reopening),
    ("take", "", _take),
    ("approve", "", _decide),
    ("refuse", "", _decide),
    ("supervise", "remind", _urge),
    ("assign", "", _assign),
    ("note", "", _note),
    ("see", "", _see),
)
"""Command, value, and whether it is possible; in the order shown."""
