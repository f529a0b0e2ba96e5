"""News in words: a line for staff, a line for residents, and the few words of a template."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from bot.changes import Note
from bot.domain.masking import masked
from bot.domain.ticket import Ticket
from bot.domain.work import OrderKind
from bot.message import Brief
from bot.turn import Turn, Voice
from handlers.naming import Speaking, area_name, kind_name, moment, place_name, ticket_title, type_name, unit_name
from handlers.remaining import time_left

OF_AN_END = frozenset(
    {
        *("withdrawn", "merged", "merge_accepted", "closed", "rejected", "decline_accepted", "removed"),
        *("finding", "task.call_back", "task.call_back_late", "call_back_partly", "call_back_no"),
    }
)
"""News about tickets that have ended; all other news end with their ticket."""


WORDS = ("text", "words")
"""Parameters of news for staff that hold what somebody wrote."""


def said(voice: Speaking, params: Mapping[str, str]) -> dict[str, str]:
    """Parameters as their reader reads them.

    ``unit``, ``kind``, ``type`` and ``area`` are codes, ``due``, ``until`` and ``at`` moments in ISO form, ``reason``
    a class of objections; everything else is said as it is. So is a code nobody knows any more: one piece of old news
    must not keep all others from being told.
    """
    return {name: _one(voice, name, value) for name, value in params.items()}


def _one(voice: Speaking, name: str, value: str) -> str:
    if name not in _SAID or not value:
        return value
    try:
        return _SAID[name](voice, value)
    except (KeyError, ValueError):
        return value


def line(turn: Turn, voice: Voice, note: Note, ticket: Ticket | None) -> str:
    """News for staff: number, title, place, time left, what happened. Of the ticket as it is now."""
    fields = said(voice, {**note.params, **{name: masked(note.params[name]) for name in WORDS if name in note.params}})
    if ticket is not None:
        fields = {
            "number": ticket.number,
            "title": ticket_title(voice, ticket),
            "place": place_name(voice, ticket.place) if ticket.place else voice.words("news.no_place"),
            "left": time_left(voice, turn.guide, ticket, turn.now),
            **fields,
        }
    what = note.what
    if what == "arrived" and ticket is not None and ticket.danger:
        what = "arrived_danger"
    other = "news.other" if ticket is not None else "news.other_desk"
    return _worded(voice, f"news.{what}", other, fields)


def told(voice: Voice, what: str, number: str, title: str, params: Mapping[str, str]) -> str:
    """News for a resident. Raises KeyError when there are no words for it."""
    return voice.words(f"told.{what}", number=number, title=title, **said(voice, params))


def told_later(voice: Voice, note: Note, title: str) -> str:
    """News for a resident that lay in their box."""
    fields = {"number": note.ticket, "title": title, **said(voice, note.params)}
    return _worded(voice, f"told.{note.what}", "told.other", fields)


def _worded(voice: Voice, key: str, other: str, fields: Mapping[str, str]) -> str:
    """A text; a general one where it is not there or speaks of what is not known: news that were put into a box before
    the desk was renewed must not keep all others from being told."""
    try:
        return voice.words(key, **fields)
    except KeyError:
        return voice.words(other, **fields)


def work_brief(turn: Turn, ticket: Ticket | None, count: int, text: str, *, urgent: bool) -> Brief:
    """A staff push in the few words of a template, in the desk's own language: templates are made in that."""
    voice = turn.voice(None)
    state = "urgent" if urgent else "work"
    fields = {
        "number": ticket.number if ticket else str(count),
        "title": ticket_title(voice, ticket) if ticket else voice.words("brief.several", count=count),
        "state": voice.words(f"brief.state.{state}"),
        "time": local(turn, turn.now),
        "due": local(turn, ticket.due_at) if ticket and ticket.due_at else "",
        "place": place_name(voice, ticket.place) if ticket and ticket.place else "",
        "unit": unit_name(voice, ticket.unit) if ticket else "",
        "remark": " ".join(text.split()),
    }
    return Brief("work", fields)


def told_brief(turn: Turn, ticket: Ticket, what: str, template: str = "", page: str = "") -> Brief:
    """A resident's push in the few words of a template, in the desk's own language. ``page``: where a tap leads."""
    voice = turn.voice(None)
    name, state = BRIEFS.get(what, (template or "news", template or "news"))
    fields = {
        "number": ticket.number,
        "title": ticket_title(voice, ticket),
        "state": voice.words(f"brief.state.{state}"),
        "time": local(turn, turn.now),
        "due": local(turn, ticket.promised_at) if ticket.promised_at else "",
        "place": place_name(voice, ticket.place) if ticket.place else "",
        "unit": unit_name(voice, ticket.unit),
        "remark": voice.words("brief.open"),
    }
    return Brief(template or name, {**fields, "page": page} if page else fields)


def local(turn: Turn, at: datetime) -> str:
    """A moment in the town's time zone, in ISO form to the minute."""
    return at.astimezone(turn.guide.calendar.zone).isoformat(timespec="minutes")


BRIEFS: Mapping[str, tuple[str, str]] = {
    "answer": ("answer", "answer"),
    "question": ("question", "question"),
    "look_back": ("question", "question"),
    "special_answered": ("answer", "answer"),
    "special_reopened": ("news", "reopened"),
    "question_reminder": ("question", "question"),
    "new_date": ("news", "new_date"),
    "extended": ("news", "new_date"),
    "rejected": ("answer", "rejected"),
    "reopened": ("news", "reopened"),
    "merged": ("news", "merged"),
    "closed": ("news", "closed"),
    "withdrawn": ("news", "withdrawn"),
}
"""what -> name of the template, name of the state."""


def _moment(voice: Speaking, iso: str) -> str:
    return moment(voice, datetime.fromisoformat(iso))


def _matter(voice: Speaking, code: str) -> str:
    """What is to be decided, with what it has behind a slash: the class of an objection, the grade of an order."""
    matter, _, reason = code.partition("/")
    if reason in set(OrderKind):
        return voice.words(f"order_name.{reason}")
    name = voice.words(f"matter.{matter}")
    return voice.words("matter.with_class", matter=name, reason=voice.words(f"objecting.{reason}")) if reason else name


_SAID: Mapping[str, Callable[[Speaking, str], str]] = {
    "unit": unit_name,
    "before": unit_name,
    "kind": kind_name,
    "type": type_name,
    "area": area_name,
    "matter": _matter,
    "class": lambda voice, code: voice.words(f"objecting.{code}"),
    "verdict": lambda voice, code: voice.words(f"review.verdict.{code}"),
    "finding": lambda voice, code: voice.words(f"finding.{code}").partition("|")[0],
    "outcome": lambda voice, code: voice.words(f"outcome.{code}"),
    "due": _moment,
    "until": _moment,
    "at": _moment,
}
