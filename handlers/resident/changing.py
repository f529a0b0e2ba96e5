"""Changing one field of a draft, dropping it, or telling it apart from another."""

from __future__ import annotations

from msgspec.structs import replace

from bot.changes import Task
from bot.conversation.draft import Draft, Said
from bot.conversation.states import step
from bot.domain.ticket import Type
from bot.domain.town import UNDECIDED
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers.naming import kind_name, place_name, title, type_name
from handlers.resident import card, collecting, filing, following, joining_cases, likely_same

OTHER_KINDS = 3
"""How many kinds are offered beside the one on the card (rule book, "Intake" 5)."""


async def act(turn: Turn, draft: Draft, name: str, value: str) -> Reply | None:
    """What a button of a draft does. A card that was still to come would only push aside what it shows."""
    collecting.no_card_later(turn, draft)
    match name:
        case "confirm":
            return await filing.confirm(turn, draft)
        case "cancel":
            return drop(turn, draft)
        case "add":
            collecting.keep(turn, replace(draft, state=step(draft.state, "tell")))
            return turn.say("add.how")
        case "change":
            collecting.keep(turn, replace(draft, state=step(draft.state, "change")))
            return card.change_menu(turn, draft)
        case "words":
            collecting.keep(turn, replace(draft, state=step(draft.state, "change_words")))
            return turn.say("change.words", card.choice(turn, draft, "back"))
        case "place":
            return ask_place(turn, draft)
        case "kind":
            return await choose_kind(turn, draft, value)
        case "type":
            return await choose_type(turn, draft, value)
        case "area":
            return await choose_area(turn, draft, value)
        case "last_place":
            return await settle(turn, draft, place=turn.session.last_place, place_chosen=True, area_options=())
        case "hide" | "unhide":
            return await settle(turn, draft, hidden=name == "hide")
        case "detach":
            return await detach(turn, draft)
        case "add_to":
            return await following.add_draft(turn, draft)
        case "same":
            return await joining_cases.same(turn, draft, value)
        case "none_same":
            return await settle(turn, draft, offers=())
        case "go_on":
            return await go_on(turn, draft, value)
        case "separate" | "back":
            return await settle(turn, draft)
        case _:
            return turn.say("press.unknown")


async def settle(turn: Turn, draft: Draft, **fields: object) -> Reply:
    """Change fields and show the card again."""
    state = step(draft.state, "settle")
    draft = await likely_same.sought(turn, draft.touched(turn.now, state=state, **fields))
    return collecting.card_now(turn, collecting.keep(turn, draft))


def drop(turn: Turn, draft: Draft) -> Reply:
    """The writer lets the draft go. A dangerous matter is still shown to staff: somebody may be in need."""
    step(draft.state, "drop")
    if draft.danger:
        turn.changes.tasks.append(unconfirmed_task(turn, draft, "danger"))
    if draft.enclosed:
        turn.changes.dropped_attachments.append(draft.id)
    collecting.forget(turn, draft)
    rest = turn.session.draft
    if rest is not None:
        return turn.say("cancel.done_other", title=title(turn, draft), other=title(turn, rest))
    return turn.say("cancel.done", title=title(turn, draft))


def unconfirmed_task(turn: Turn, draft: Draft, kind: str) -> Task:
    """A draft put before staff, with all they need to file or drop it."""
    return Task(
        f"{kind}:{draft.id}",
        kind,
        draft.id,
        turn.now,
        address=turn.address,
        data={
            "text": draft.text,
            "type": draft.type,
            "kind": draft.kind,
            "danger": draft.danger,
            "area": draft.place.area if draft.place else "",
            "place": place_name(turn, draft.place) if draft.place else "",
            "enclosed": [e.id for e in draft.enclosed],
        },
    )


def ask_place(turn: Turn, draft: Draft) -> Reply:
    """Ask where it is; the next words or pin are the place."""
    state = step(draft.state, "ask_place")
    collecting.keep(turn, draft.touched(turn.now, state=state, place_asked=True))
    choices = [card.choice(turn, draft, "back")]
    if turn.session.last_place is not None:
        choices.insert(0, card.choice(turn, draft, "last_place", place=place_name(turn, turn.session.last_place)))
    return turn.say("change.place", *choices, ask="place")


async def answer_in_words(turn: Turn, draft: Draft, text: str) -> Reply | None:
    """The words asked for by `ask_place` or "words"; None when the draft's state asks for no words."""
    match draft.state:
        case "placing":
            draft = collecting.placed_by_words(turn, draft, text)
        case "rewording":
            assert turn.message is not None  # noqa: S101 - words come with messages
            draft = collecting.understood(turn, draft.touched(turn.now, said=(Said(turn.message.edit_key, text),)))
        case _:
            return None
    collecting.no_card_later(turn, draft)
    return await settle(turn, draft)


async def choose_area(turn: Turn, draft: Draft, code: str) -> Reply:
    """One of the areas in which a name was found."""
    if code not in turn.town.areas:
        return turn.say("press.unknown")
    finding = turn.guide.place_from_text(turn.guide.read(draft.text))
    place = turn.guide.place_in(code, finding.name if code in finding.options else "")
    return await settle(turn, draft, place=place, place_chosen=True, area_options=())


async def choose_type(turn: Turn, draft: Draft, code: str) -> Reply:
    """Offer the six types, or take one."""
    if code:
        if code not in list(Type):
            return turn.say("press.unknown")
        return await settle(turn, draft, type=Type(code), type_chosen=True)
    collecting.keep(turn, draft.touched(turn.now, state=step(draft.state, "change_type")))
    choices = [Choice(f"{draft.id}:type={t}", type_name(turn, t)) for t in Type]
    return turn.say("change.type", *choices, card.choice(turn, draft, "back"), slot=card.slot(draft))


async def choose_kind(turn: Turn, draft: Draft, code: str) -> Reply:
    """Offer three more kinds, or all of them, or take one."""
    if code and code != "all":
        if code not in turn.town.kinds and code != UNDECIDED:
            return turn.say("press.unknown")
        return await settle(turn, draft, kind=code, kind_chosen=True)
    collecting.keep(turn, draft.touched(turn.now, state=step(draft.state, "change_kind")))
    if code == "all":
        codes = [k.code for k in turn.town.kinds.values() if not k.retired]
    else:
        codes = [k for k in draft.kind_options if k != draft.kind][:OTHER_KINDS]
    choices = [Choice(f"{draft.id}:kind={k}", kind_name(turn, k)) for k in codes]
    if code != "all":
        choices.append(Choice(f"{draft.id}:kind=all", turn.words("choice.all_kinds")))
    return turn.say("change.kind", *choices, card.choice(turn, draft, "back"), slot=card.slot(draft))


async def detach(turn: Turn, draft: Draft) -> Reply:
    """Leave out the newest attachment."""
    if not draft.enclosed:
        return await settle(turn, draft)
    turn.changes.moved_attachments.append((draft.enclosed[-1].id, "", ""))
    return await settle(turn, draft, enclosed=draft.enclosed[:-1])


def doubt(turn: Turn, old: Draft) -> Reply:
    """After a long silence: is what was just said part of the old draft, or something new?

    It waits in a draft of its own, so nothing is lost whatever the answer.
    """
    message = turn.message
    assert message is not None  # noqa: S101 - only a message raises the doubt
    new = collecting.with_message(turn, collecting.open_draft(turn), message)
    new = collecting.keep(turn, replace(new, state=step(new.state, "doubt")))
    return turn.say(
        "resume.which",
        Choice(f"{new.id}:go_on={old.id}", turn.words("choice.go_on")),
        Choice(f"{new.id}:separate", turn.words("choice.separate")),
        old=title(turn, old),
        new=title(turn, new),
    )


async def go_on(turn: Turn, new: Draft, old_id: str) -> Reply:
    """Put what was just said into the older draft."""
    old = turn.session.find(old_id)
    if old is None or old.id == new.id:
        return await settle(turn, new)
    turn.changes.moved_attachments.extend((e.id, old.id, "") for e in new.enclosed)
    collecting.forget(turn, new)
    merged = old.touched(
        turn.now,
        said=old.said + new.said,
        enclosed=old.enclosed + new.enclosed,
        place=new.place or old.place,
        place_chosen=old.place_chosen or new.place_chosen,
    )
    if merged.said:
        merged = collecting.understood(turn, merged)
    return await settle(turn, merged)
