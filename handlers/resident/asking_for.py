"""The desk words of residents: what each of them does."""

from __future__ import annotations

from bot.conversation.draft import Draft
from bot.message import Reply
from bot.turn import Turn
from handlers.resident import (
    appealing,
    changing,
    collecting,
    desk,
    filing,
    following,
    idea_search,
    own,
    phone,
    talking,
    withdrawing,
)

COURTESIES = frozenset({"thanks", "greeting", "ok"})


async def command(turn: Turn, name: str) -> Reply | None:
    """Do what a desk word stands for."""
    draft = turn.session.draft or (turn.session.drafts[-1] if turn.session.drafts else None)
    match name:
        case "confirm":
            return await _confirm(turn, draft)
        case "cancel":
            if draft is None:
                turn.remember(reporting=False, collecting={})
            return changing.drop(turn, draft) if draft else turn.say("cancel.nothing")
        case "skip":
            return await _skip(turn, draft)
        case "hide" | "unhide" if draft is None:
            return await own.picked(turn, name)
        case "change" | "add" | "hide" | "unhide" | "back":
            return await changing.act(turn, draft, name, "") if draft else turn.say("draft.none")
        case "urge" | "withdraw" | "split" | "correct":
            return await own.picked(turn, name)
        case "withdraw_now" | "withdraw_not":
            return await withdrawing.typed(turn, name)
        case idea_search.IDEAS:
            return await idea_search.search(turn)
        case "phone":
            return phone.ask(turn)
        case "phone_forget":
            return phone.forgotten(turn)
        case "new":
            return desk.new(turn)
        case "status":
            return await following.status(turn)
        case "help":
            return desk.help_(turn)
        case "human":
            return await talking.called(turn)
        case "appeal":
            return await appealing.appeal(turn)
        case "mydata":
            return await desk.my_data(turn)
        case "call_back_links":
            return desk.call_back_links(turn)
        case "erase":
            return desk.erase_ask(turn)
        case "erase_now":
            return desk.erase(turn)
        case "erase_not":
            return turn.say("erase.not")
        case "support":
            return turn.say("same.how")
        case "supplement":
            return turn.say("supplement.how")
        case "chinese" | "english":
            return desk.language(turn, "en" if name == "english" else "zh_CN")
        case "mute" | "unmute":
            return desk.mute(turn, muted=name == "mute")
        case "start":
            return desk.welcome(turn)
        case courtesy if courtesy in COURTESIES:
            return desk.courtesy(turn, courtesy)
        case _:
            return turn.say("press.unknown")


async def _confirm(turn: Turn, draft: Draft | None) -> Reply:
    if draft is None:
        recent = turn.session.recent
        if recent and turn.now - recent[0].at < turn.town.limits.after_filing:
            return turn.say("press.filed_already", number=recent[0].ticket)
        return turn.say("confirm.nothing")
    if turn.session.draft is None:
        # "new" was said and nothing came after it: show which one would be filed before doing it.
        turn.remember(current=draft.id)
        return collecting.card_now(turn, draft)
    return await filing.confirm(turn, draft)


async def _skip(turn: Turn, draft: Draft | None) -> Reply:
    if draft is None:
        return turn.say("skip.nothing")
    return await changing.settle(turn, draft, place_asked=True, area_options=())
