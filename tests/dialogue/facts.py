"""What a script may ask about the store: one short word a fact, read from the same database the desk writes."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.people import Address
from bot.domain.review import FILER, current_round
from bot.domain.ticket import Ticket
from storage.codec import moment, moment_or_none
from storage.sql_store import SqlStore

TOWN = ZoneInfo("Asia/Shanghai")

RECORDS = frozenset({"board", "reckoned", "shared", "weekly"})
"""Tasks that nobody has to do: what the desk keeps for itself."""

_FACT = re.compile(r"(\w+)=(\d{4}-\d\d-\d\d \d\d:\d\d|\S*)")


def wanted(text: str) -> list[tuple[str, str]]:
    """``tickets=1 due=2026-10-13 18:00`` as pairs."""
    assert not _FACT.sub("", text).strip(), f"not a fact: {text}"
    return _FACT.findall(text)


async def of_store(store: SqlStore, resident: Address) -> dict[str, str]:
    """The counts of the whole store, and the facts of the newest ticket."""
    tickets = [report async for report in store.reports.tickets()]
    session = await store.reader.session(resident)
    facts = {
        "tickets": str(len(tickets)),
        "drafts": str(len(session.drafts)) if session else "0",
        "tasks": ",".join(await _column(store, "SELECT kind FROM task WHERE closed_at IS NULL ORDER BY kind", RECORDS)),
    }
    facts["looked"] = ",".join(await _column(store, "SELECT what FROM looked ORDER BY id"))
    if tickets:
        newest = tickets[-1]
        facts |= await of_ticket(store, newest.ticket)
        facts["attachments"] = str(sum(file.state == "stored" for file in newest.attachments))
    return facts


async def of_ticket(store: SqlStore, ticket: Ticket) -> dict[str, str]:
    """The facts of one ticket."""
    work, directory = ticket.work, await store.reader.directory()
    handler = directory.by_id.get(ticket.handler)
    events = await store.reader.events(ticket.number)
    reviews = await store.reader.reviews(ticket.number)
    findings = await store.reader.findings(ticket.number)
    mine = next((r for r in reviews if r.party == FILER and r.round == current_round(ticket)), None)
    return {
        "status": ticket.status,
        "kind": ticket.kind,
        "type": ticket.type,
        "unit": ticket.unit,
        "source": ticket.source,
        "length": str(len(ticket.text)),
        "hidden": _yes(ticket.hidden),
        "walled": _yes(ticket.walled),
        "danger": _yes(ticket.danger),
        "located": _yes(ticket.place and ticket.place.latitude),
        "events": str(len(events)),
        "contact": _yes(events[0].data.get("contact")),
        "handler": handler.name if handler else ticket.handler,
        "due": _moment(ticket.due_at),
        "promised": _moment(ticket.promised_at),
        "promise": _moment(work.promise_at),
        "provisional": _yes(ticket.provisional),
        "paused": _yes(work.paused_at),
        "pauses": str(work.pauses),
        "orders": str(len(work.orders)),
        "proposals": ",".join(sorted(p.matter for p in work.proposals)),
        "assists": ",".join(assist.unit for assist in work.assists),
        "joint": ",".join(work.joint),
        "bounces": str(work.bounces),
        "extended": str(work.extended),
        "tier": work.tier,
        "broken": str(work.broken_promises),
        "outcome": work.last_answer.outcome if work.last_answer else "",
        "flags": ",".join(work.last_answer.flags) if work.last_answer else "",
        "urges": str(work.urges),
        "reopened": str(work.reopened),
        "rounds": str(work.answers),
        "reviews": str(sum(r.round == current_round(ticket) for r in reviews)),
        "verdict": mine.verdict if mine else "",
        "finished": mine.finished if mine else "",
        "rating": str(mine.rating or "") if mine else "",
        "words": mine.words if mine else "",
        "voices": str(len(mine.files)) if mine else "0",
        "said_by": ("staff" if mine.by in directory.by_id else "resident") if mine and mine.by else "",
        "findings": ",".join(each.what for each in findings),
        "excluded": _yes(any(each.excluded for each in findings)),
        "special": _yes(work.special),
        "together": _yes(work.together),
        "links": str(len(await store.reader.links(ticket.number))),
        "reporters": str(len(await store.reader.reporters(ticket.number))),
    }


async def next_push_at(store: SqlStore) -> datetime | None:
    """When the earliest push that waits for its moment may leave."""
    found = await _column(store, "SELECT MIN(not_before) FROM push WHERE state IN ('scheduled', 'resting')")
    return moment_or_none(found[0])


async def kinds_due(store: SqlStore, due: datetime) -> list[str]:
    """The kinds of the timers that are due by then."""
    rows = await store._readers.rows("SELECT kind, due_at FROM timer")
    return [kind for kind, at in rows if moment(at) <= due]


async def _column(store: SqlStore, question: str, without: frozenset[str] = frozenset()) -> list[Any]:
    return [value for (value,) in await store._readers.rows(question) if value not in without]


def _yes(fact: object) -> str:
    return "yes" if fact else "no"


def _moment(at: datetime | None) -> str:
    return f"{at.astimezone(TOWN):%Y-%m-%d %H:%M}" if at else ""
