"""Why: words or files that belong to a review; and a matter that is back long after it ended."""

from __future__ import annotations

from msgspec.structs import replace

from bot.conversation.draft import Draft, Enclosed, Said
from bot.domain.review import FILER
from bot.domain.ticket import Ticket
from bot.message import AttachmentType, Choice, InboundMessage, MessageKind, Reply
from bot.turn import Turn
from handlers import reviews
from handlers.resident import collecting, following
from handlers.resident.own_review import about, changed, joined, mine, stale, waiting


async def reason(turn: Turn, message: InboundMessage) -> Reply | None:
    """Words or a file (a voice, a photo) that say why; None when no review waits for them."""
    waits = waiting(turn)
    if waits is None or message.kind not in (MessageKind.TEXT, MessageKind.ATTACHMENT):
        return None
    ticket = await turn.read.ticket(waits.ticket)
    if ticket is None or await stale(turn, ticket, waits.round) is not None:
        return None
    known = await mine(turn, ticket)
    if known is None or not known.said:
        return None
    enclosed = [collecting.enclose(turn, each, ticket=ticket.number) for each in message.attachments]
    kept = tuple(each.id for each in enclosed if not each.problem)
    data: dict[str, object] = {"reason": True}
    if message.text:
        data["text"] = message.text
    if enclosed:
        data["enclosed"] = [each.id for each in enclosed]
    words = joined(known.words, message.text)
    review = await changed(turn, ticket, words=words, files=(*known.files, *kept))
    after = reviews.kept(turn, ticket, review, **data)
    turn.remember(reviewing=replace(waits, at=turn.now) if waits.step != "words" else None)
    problem = next((each.problem for each in enclosed if each.problem), "")
    lead = turn.words(f"problem.{problem}", limit=turn.town.limits.file_max_bytes // 2**20) + "\n" if problem else ""
    key = {"finished": "review.words_then_finished", "rating": "review.words_then_rating"}.get(
        waits.step, "review.done"
    )
    again = Choice(f"{ticket.number}:not_reason={after.seq}", turn.words("choice.not_this"))
    return Reply(lead + (await about(turn, ticket, key)).text, (again,), ticket=ticket.number)


async def not_reason(turn: Turn, number: str, value: str) -> Reply:
    """What was taken for a reason was something else: it becomes a draft."""
    ticket = await following.own(turn, number)
    events = await turn.read.events(number)
    said = next((e for e in events if str(e.seq) == value and e.data.get("reason")), None)
    if said is None or said.by != str(turn.address) or any(e.data.get("detached") == said.seq for e in events):
        return turn.say("press.unknown")
    known = await mine(turn, ticket)
    if known is None or known.round != said.data.get("round"):
        return turn.say("press.unknown")
    text = str(said.data.get("text", ""))
    ids = [str(each) for each in said.data.get("enclosed", ())]
    words = "\n".join(line for line in known.words.split("\n") if line != text) if text else known.words
    review = await changed(turn, ticket, words=words, files=tuple(f for f in known.files if f not in ids))
    reviews.kept(turn, ticket, review, detached=said.seq)
    turn.remember(reviewing=None)
    draft = collecting.open_draft(turn)
    if text:
        draft = collecting.with_words(turn, draft, Said(f"{number}/{said.seq}", text))
    records = await turn.read.attachments(ids)
    draft = draft.touched(turn.now, enclosed=tuple(Enclosed(r.id, AttachmentType(r.type)) for r in records))
    turn.changes.moved_attachments.extend((record.id, draft.id, "") for record in records)
    collecting.keep(turn, draft)
    return collecting.card_now(turn, draft, turn.words("not_this.done", number=number))


async def anew(turn: Turn, ticket: Ticket, words: str) -> Reply:
    """It ended long ago: a new ticket, linked with the old one, is ready to be confirmed.

    Somebody who joined gets the place and the kind of it, never the words of its filer.
    """
    theirs = (await reviews.parties(turn, ticket)).party.get(turn.address) == FILER
    said = [Said(f"{ticket.number}/text", ticket.text)] if theirs and ticket.text else []
    if words.strip():
        said.append(Said(f"{ticket.number}/again", words.strip()))
    draft: Draft = collecting.open_draft(turn)
    for each in said:
        draft = collecting.with_words(turn, draft, each)
    draft = replace(draft, follows=ticket.number, type=ticket.type, type_chosen=True, hidden=ticket.hidden)
    draft = replace(draft, kind=ticket.kind, kind_chosen=True)
    if ticket.place is not None:
        draft = replace(draft, place=ticket.place, place_chosen=True, area_options=())
    collecting.keep(turn, draft)
    return collecting.card_now(turn, draft, (await about(turn, ticket, "review.anew")).text)
