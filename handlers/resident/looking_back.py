"""A resident says whether their matter came back, by a tap or a word; then, if they like, what it is like now."""

from __future__ import annotations

from datetime import timedelta

from bot.conversation.draft import Enclosed, Said
from bot.conversation.session import QUESTION_LIFE, LookingBack
from bot.domain import special as rules
from bot.domain.special import Special
from bot.domain.ticket import Action, Ticket
from bot.domain.words import desk_word
from bot.message import AttachmentType, Choice, InboundMessage, MessageKind, Reply
from bot.turn import Turn
from handlers import case, discretion, looking, reviews
from handlers.naming import ticket_title
from handlers.resident import collecting, following

LANGUAGES = ("zh_CN", "en")
"""Words of both are understood whatever somebody reads."""
WORD_LENGTH = 12
ASKED_LIFE = timedelta(days=14)
"""So long a bare word answers the question; a button always does."""


async def heard(turn: Turn, text: str) -> Reply | None:
    """A word that answers the question; None where none waits, or it is another word."""
    waits = turn.session.looking
    if waits is None or waits.step or len(text) > WORD_LENGTH or turn.now - waits.at > ASKED_LIFE:
        return None
    draft = turn.session.draft
    if turn.session.asked or (draft is not None and draft.touched_at > waits.at) or await _newer_question(turn, waits):
        return None
    word = desk_word(text)
    for name in (looking.BACK, looking.FINE):
        known = (each for lang in LANGUAGES for each in turn.words_in(lang)(f"look_back.{name}").split("|"))
        if word in map(desk_word, known):
            return await answered(turn, waits.ticket, name, waits.stage)
    return None


async def pressed(turn: Turn, number: str, value: str) -> Reply:
    """The button."""
    name, _, stage = value.partition("/")
    if name not in (looking.BACK, looking.FINE) or stage not in {str(each) for each in rules.STAGES}:
        return turn.say("press.unknown")
    return await answered(turn, number, name, int(stage))


async def answered(turn: Turn, number: str, name: str, stage: int) -> Reply:
    """It came back, or it did not. Raises NotFound for others' tickets as for none."""
    ticket = await following.own(turn, number)
    special = await turn.read.special(ticket.work.special) if ticket.work.special else None
    if turn.session.looking is not None:
        turn.remember(looking=None)
    if special is None or special.state not in rules.LOOKING_BACK:
        return await _about(turn, ticket, "look_back.over")
    before = await looking.said(turn, ticket, special, stage)
    back = name == looking.BACK
    if before is not None and (before.data.get("came_back") or not back):
        return await _about(turn, ticket, "look_back.already")
    filer = await looking.is_filer(turn, ticket)
    await looking.recorded(turn, ticket, special, stage, str(turn.address), back=back, filer=filer)
    if not back:
        return await _about(turn, ticket, "look_back.thanks")
    turn.remember(looking=LookingBack(number, special.number, stage, turn.now, "words"))
    return await _about(turn, ticket, "look_back.ask_words")


async def words(turn: Turn, message: InboundMessage) -> Reply | None:
    """What it is like now, in words or files; None when that is not waited for."""
    found = await _wanted(turn, message)
    if found is None:
        return None
    waits, ticket, special = found
    enclosed = [collecting.enclose(turn, each, ticket=ticket.number) for each in message.attachments]
    data: dict[str, object] = {"special": special.number, "round": special.round, "stage": waits.stage}
    if message.text:
        data["text"] = message.text[: reviews.WORDS_MAX]
    if enclosed:
        data["enclosed"] = [each.id for each in enclosed]
    after = case.moved(turn, ticket, Action.LOOK_BACK, str(turn.address), data)
    turn.remember(looking=None)
    problem = next((each.problem for each in enclosed if each.problem), "")
    lead = turn.words(f"problem.{problem}", limit=turn.town.limits.file_max_bytes // 2**20) + "\n" if problem else ""
    again = Choice(f"{ticket.number}:not_back={after.seq}", turn.words("choice.not_this"))
    reply = await _about(turn, ticket, "look_back.words_kept")
    return Reply(lead + reply.text, (again,), ticket=ticket.number)


async def not_that(turn: Turn, number: str, value: str) -> Reply:
    """What was taken for words about it was something else: it becomes a draft."""
    ticket = await following.own(turn, number)
    events = await turn.read.events(number)
    said = next((e for e in events if str(e.seq) == value and e.action is Action.LOOK_BACK), None)
    if said is None or said.by != str(turn.address) or any(e.data.get("detached") == said.seq for e in events):
        return turn.say("press.unknown")
    case.moved(turn, ticket, Action.LOOK_BACK, str(turn.address), {"detached": said.seq})
    draft = collecting.open_draft(turn)
    if text := str(said.data.get("text", "")):
        draft = collecting.with_words(turn, draft, Said(f"{number}/{said.seq}", text))
    records = await turn.read.attachments([str(each) for each in said.data.get("enclosed", ())])
    draft = draft.touched(turn.now, enclosed=tuple(Enclosed(r.id, AttachmentType(r.type)) for r in records))
    turn.changes.moved_attachments.extend((record.id, draft.id, "") for record in records)
    collecting.keep(turn, draft)
    return collecting.card_now(turn, draft, turn.words("not_this.done", number=number))


async def _wanted(turn: Turn, message: InboundMessage) -> tuple[LookingBack, Ticket, Special] | None:
    waits, draft = turn.session.looking, turn.session.draft
    if waits is None or waits.step != "words" or turn.now - waits.at > QUESTION_LIFE:
        return None
    if message.kind not in (MessageKind.TEXT, MessageKind.ATTACHMENT) or (
        draft is not None and draft.touched_at > waits.at
    ):
        return None
    ticket = await turn.read.ticket(waits.ticket)
    special = await turn.read.special(waits.special)
    if ticket is None or special is None or not await turn.read.owns(turn.address, ticket.number):
        return None
    return waits, ticket, special


async def _newer_question(turn: Turn, waits: LookingBack) -> bool:
    """Whether an answer to another matter has been put before them since: a bare word is about that."""
    for ticket in await turn.read.tickets_of(turn.address, 5):
        for review in await turn.read.reviews(ticket.number):
            if review.asked_at is not None and review.asked_at > waits.at and not review.said:
                return True
    return False


async def _about(turn: Turn, ticket: Ticket, key: str) -> Reply:
    title = ticket_title(turn, await discretion.shown(turn, ticket))
    return Reply(turn.words(key, number=ticket.number, title=title), ticket=ticket.number)
