"""Gathering: every item a resident sends finds its place in a draft."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from bot.changes import AttachmentRecord, Timer
from bot.conversation.draft import Draft, Enclosed, Said
from bot.conversation.states import step
from bot.domain.place import Pin, Place, true_point
from bot.domain.town import UNDECIDED
from bot.message import Attachment, InboundMessage, MessageKind, Reply
from bot.turn import Turn
from handlers.naming import shortened
from handlers.resident import card, file_flood, likely_same

MEDIA_LIFE = timedelta(hours=70)
"""WeChat forgets a file after three days; we stop trying a little earlier. Other platforms keep them longer."""

READ_WHOLE = 3000
"""Drafts of so many characters are read anew with each message; nobody's matter is longer."""

SHORT_PLACE_TEXT = 30
SHORT_PLACE_EXTRA = 6
"""A text this much longer than the place found in it is nothing but the place ("in", "near", "opposite")."""


def open_draft(turn: Turn) -> Draft:
    """A new draft, with the timer that asks about it when it is left lying.

    Its id begins with the time, so that the timers of new drafts lie side by side in the store however many old ones
    there are; the 64 bits behind it cannot be guessed.
    """
    draft = Draft(id=f"{int(turn.now.timestamp()):08x}{turn.token()}", opened_at=turn.now, touched_at=turn.now)
    if turn.session.collecting:
        contact = dict(turn.session.collecting)
        draft = replace(draft, source=contact.pop("source"), contact=contact)
        turn.remember(collecting={})
    turn.changes.timer(Timer("draft", draft.id, turn.now + turn.town.limits.draft_reminders[0], address=turn.address))
    return draft


def keep(turn: Turn, draft: Draft) -> Draft:
    """Remember a draft as the one that is being talked about."""
    others = tuple(d for d in turn.session.drafts if d.id != draft.id)
    turn.remember(drafts=(*others, draft), current=draft.id)
    return draft


def forget(turn: Turn, draft: Draft) -> None:
    """The draft has ended: nothing more happens with it by itself."""
    rest = tuple(d for d in turn.session.drafts if d.id != draft.id)
    turn.remember(drafts=rest, current=rest[-1].id if rest else "", question=None, reporting=False)
    no_card_later(turn, draft)
    turn.changes.cancel("draft", draft.id)
    if draft.danger:
        turn.changes.cancel("danger_draft", draft.id)


async def add(turn: Turn, draft: Draft | None) -> Reply | None:
    """Put a message into a draft (a new one for None) and say so in the way the channel can."""
    message = turn.message
    assert message is not None  # only messages carry items  # noqa: S101
    opened = draft is None
    draft = draft or open_draft(turn)
    limits = turn.town.limits
    if len(draft.enclosed) + len(message.attachments) > limits.attachments_max:
        return turn.say("intake.too_many", limit=limits.attachments_max)
    if len(draft.text) + len(message.text) > limits.text_max:
        return turn.say("intake.too_long", limit=limits.text_max)
    before = draft.danger
    draft = with_message(turn, draft, message)
    if opened and not draft.source:
        draft = replace(draft, alike=await alike(turn, draft))
    draft = keep(turn, await likely_same.sought(turn, replace(draft, state=step(draft.state, "tell"))))
    return respond(turn, draft, opened=opened, alarmed=bool(draft.danger) and draft.danger != before)


def with_message(turn: Turn, draft: Draft, message: InboundMessage) -> Draft:
    """The draft with a message's words, files and pin in it, understood anew."""
    if message.attachments:
        enclosed = tuple(enclose(turn, a, draft=draft.id) for a in message.attachments)
        draft = draft.touched(turn.now, enclosed=draft.enclosed + enclosed)
    if message.pin is not None:
        found = turn.guide.place_from_pin(message.pin)
        place = found or _outside(turn, message.pin)
        draft = draft.touched(turn.now, place=place, place_chosen=True, area_options=())
    if message.text:
        draft = with_words(turn, draft, Said(message.edit_key, message.text))
    return draft


def _outside(turn: Turn, pin: Pin) -> Place:
    latitude, longitude = true_point(pin)
    name = pin.label or turn.words("place.pin")
    return Place(name=name, address=pin.label, latitude=latitude, longitude=longitude, pin=pin)


def with_words(turn: Turn, draft: Draft, said: Said) -> Draft:
    """The draft with more words, its type, kind, place and danger suggested again from all of them."""
    if draft.place is None and draft.place_asked and not draft.area_options and len(said.text) <= SHORT_PLACE_TEXT:
        matches = turn.guide.read(said.text).places
        if matches and len(said.text) <= max(match.end - match.start for match in matches) + SHORT_PLACE_EXTRA:
            return placed_by_words(turn, draft, said.text)
    return understood(turn, draft.touched(turn.now, said=(*draft.said, said)))


def understood(turn: Turn, draft: Draft) -> Draft:
    """The draft with everything suggested from its words that the person has not chosen."""
    words, whole = to_be_read(draft)
    reading = turn.guide.read(words)
    kinds = tuple(reading.kinds) or (UNDECIDED,)
    if reading.danger is not None and reading.danger.code != draft.danger:
        turn.changes.cancel("danger_draft", draft.id)
        turn.changes.timer(
            Timer("danger_draft", draft.id, turn.now + turn.town.limits.danger_unconfirmed, address=turn.address)
        )
    danger = reading.danger.code if reading.danger else ""
    if danger and reading.danger is not None and reading.danger.kind != UNDECIDED:
        kinds = (reading.danger.kind, *(k for k in kinds if k != reading.danger.kind))
    draft = replace(
        draft,
        type=draft.type if draft.type_chosen else reading.type,
        kind=draft.kind if draft.kind_chosen else kinds[0],
        kind_options=kinds,
        danger=danger or draft.danger,
        urgent=tuple(reading.urgent if whole else dict.fromkeys((*draft.urgent, *reading.urgent))),
    )
    if draft.place_chosen:
        return draft
    finding = turn.guide.place_from_text(reading)
    return replace(draft, place=finding.place or draft.place, area_options=finding.options)


def to_be_read(draft: Draft) -> tuple[str, bool]:
    """The words of a draft from which all that is suggested comes, and whether these are all it has.

    Of very many it is the first and the newest, and what was found in those between is kept; else each message of
    somebody who sends thousands would cost as much as all those before it.
    """
    text = draft.text
    if len(text) <= READ_WHOLE:
        return text, True
    newest = max(READ_WHOLE // 3, len(draft.said[-1].text))
    return f"{text[: READ_WHOLE // 2]}\n{text[-newest:]}", False


def placed_by_words(turn: Turn, draft: Draft, text: str) -> Draft:
    """The draft with a place said in words: a known one, or the words as they are."""
    finding = turn.guide.place_from_text(turn.guide.read(text))
    if finding.options:
        return draft.touched(turn.now, place=None, place_chosen=False, area_options=finding.options, place_asked=True)
    place = finding.place or Place(name=shortened(text, 60), address=text)
    return draft.touched(turn.now, place=replace(place, address=text), place_chosen=True, area_options=())


def enclose(turn: Turn, attachment: Attachment, draft: str = "", ticket: str = "") -> Enclosed:
    """Record an attachment for fetching; what cannot be had is recorded with the reason."""
    id_ = turn.token()
    assert turn.message is not None  # noqa: S101 - attachments come with messages only
    problem = attachment.problem or file_flood.problem(turn)
    state = "failed" if problem else "stored" if attachment.sha256 else "pending"
    turn.changes.attachments.append(
        AttachmentRecord(
            id=id_,
            address=turn.address,
            type=attachment.type,
            ref=attachment.ref,
            state=state,
            created_at=turn.now,
            draft=draft,
            ticket=ticket,
            message=turn.message.key,
            name=attachment.name,
            mime=attachment.mime,
            sha256=attachment.sha256,
            bytes=attachment.bytes,
            seconds=attachment.seconds,
            fingerprint=attachment.fingerprint,
            problem=problem,
            next_try_at=turn.now if state == "pending" else None,
            deadline=turn.now + MEDIA_LIFE,
        )
    )
    return Enclosed(id_, attachment.type, problem)


def respond(turn: Turn, draft: Draft, *, opened: bool, alarmed: bool) -> Reply | None:
    """What is said at once: the card, one line, or nothing because a card follows in a moment."""
    problem = next((e.problem for e in reversed(draft.enclosed) if e.problem), "")
    message = turn.message
    assert message is not None  # noqa: S101 - only messages are responded to
    refused = problem and any(a.problem for a in message.attachments)
    if turn.traits.quiet_window:
        refresh_later(turn, draft)
        if alarmed:
            return Reply(card.danger_advice(turn, draft.danger))
        return turn.say(f"problem.{problem}", limit=_megabytes(turn)) if refused else None
    if refused:
        return card_now(turn, draft, turn.words(f"problem.{problem}", limit=_megabytes(turn)))
    if opened or alarmed or message.text:
        return card_now(turn, draft)
    if turn.traits.late_card:
        refresh_later(turn, draft)
        return None
    if message.kind is MessageKind.PLACE or not draft.enclosed:  # or words that were edited away
        return card_now(turn, draft)
    newest = draft.enclosed[-1].type
    count = sum(e.type is newest for e in draft.enclosed)
    return turn.say(f"received.{newest}", count=count)


def card_now(turn: Turn, draft: Draft, lead: str = "") -> Reply:
    """The card, with the place asked for if it was not before."""
    reply = card.show(turn, draft, lead)
    if draft.place is None and not draft.place_asked:
        keep(turn, replace(draft, place_asked=True))
    return reply


def refresh_later(turn: Turn, draft: Draft) -> None:
    """One card when nothing has come for a quiet window."""
    turn.changes.cancel("card", draft.id)
    turn.changes.timer(Timer("card", draft.id, turn.now + turn.town.limits.quiet_window, address=turn.address))


def no_card_later(turn: Turn, draft: Draft) -> None:
    """The card that a quiet window was to bring is not needed any more."""
    if turn.traits.late_card:
        turn.changes.cancel("card", draft.id)


async def alike(turn: Turn, draft: Draft) -> str:
    """The number of an open ticket of this person about the same kind of thing in the same area, or ""."""
    for filed in turn.session.recent:
        same_area = not draft.place or not filed.area or draft.place.area == filed.area
        if filed.kind and filed.kind == draft.kind and draft.kind != UNDECIDED and same_area:
            ticket = await turn.read.ticket(filed.ticket)
            if ticket is not None and ticket.open:
                return ticket.number
    return ""


def _megabytes(turn: Turn) -> int:
    return turn.town.limits.file_max_bytes // 1024 // 1024
