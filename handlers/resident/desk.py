"""The desk's own words: welcome, help, a human, what is stored, and the short answers of politeness."""

from __future__ import annotations

from bot.conversation.session import blank
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers import tasks
from handlers.naming import title
from handlers.resident import changing, collecting

DRAFTS = 20
"""So many matters may lie unconfirmed at once; all of them are read at every message."""


def welcome(turn: Turn) -> Reply:
    """The first thing somebody reads who follows the account or opens the chat."""
    turn.remember(greeted=True)
    lines = [turn.words("welcome", town=_town(turn)), turn.words("privacy.line", url=turn.town.contacts.privacy_url)]
    return Reply("\n".join(lines), (Choice("desk:help", turn.words("choice.help")),))


def goodbye(turn: Turn) -> None:
    """Somebody left: drafts close, cases go on. What may be an emergency is put before staff first."""
    for draft in turn.session.drafts:
        if draft.danger:
            tasks.opened(turn, changing.unconfirmed_task(turn, draft, "danger"))
        elif draft.enclosed:
            turn.changes.dropped_attachments.append(draft.id)
        collecting.forget(turn, draft)


def help_(turn: Turn) -> Reply:
    """What can be done now, in this situation."""
    lines = [turn.words("help.head")]
    draft = turn.session.draft
    if draft is not None:
        lines.append(turn.words("help.draft", title=title(turn, draft)))
    lines.append(turn.words("help.words"))
    lines.append(turn.words("help.human", hotline=turn.town.contacts.hotline))
    return Reply(
        "\n".join(lines),
        (
            Choice("desk:new", turn.words("choice.new")),
            Choice("desk:status", turn.words("choice.status")),
            Choice("desk:human", turn.words("choice.human")),
        ),
    )


def new(turn: Turn) -> Reply:
    """Start a second matter; the first one stays as it is."""
    draft = turn.session.draft
    if len(turn.session.drafts) >= DRAFTS:
        return turn.say("new.too_many", limit=DRAFTS)
    turn.remember(current="", question=None, reporting=turn.works_here, collecting={})
    turn.remember(talking_until=None, reviewing=None)
    if draft is not None:
        return turn.say("new.other", Choice(f"{draft.id}:back", turn.words("choice.go_on")), title=title(turn, draft))
    return turn.say("new.ready")


def courtesy(turn: Turn, kind: str) -> Reply:
    """A short answer to thanks, a greeting, an OK or a lone emoji; it opens no draft."""
    draft = turn.session.draft
    if draft is not None:
        return turn.say("courtesy.draft", title=title(turn, draft))
    return turn.say(f"courtesy.{kind}", town=_town(turn))


def language(turn: Turn, locale: str) -> Reply:
    """Speak another language from the next message on."""
    turn.remember(locale=locale)
    return turn.say(f"language.{locale}")


def mute(turn: Turn, *, muted: bool) -> Reply:
    """Few notices: only what is never folded; or all again."""
    turn.remember(muted=muted)
    if muted:
        return turn.say("mute.done", Choice("desk:unmute", turn.words("choice.unmute")))
    return turn.say("mute.over")


def call_back_links(turn: Turn) -> Reply:
    """No page link that was made before now opens any more."""
    turn.remember(links_from=turn.now)
    return turn.say("rpage.called_back")


async def my_data(turn: Turn) -> Reply:
    """Everything that is kept of this person, in plain words."""
    tickets = await turn.read.tickets_of(turn.address, 100)
    session = turn.session
    none = turn.words("list.none")
    return turn.say(
        "mydata",
        Choice("desk:erase", turn.words("choice.erase")),
        channel=turn.words(f"channel.{turn.address.channel}"),
        phone=turn.words("mydata.phone", end=session.phone[-4:]) if session.phone else none,
        drafts=len(session.drafts),
        tickets=turn.words("list.comma").join(t.number for t in tickets) or none,
        url=turn.town.contacts.privacy_url,
    )


def erase_ask(turn: Turn) -> Reply:
    """Say what will go and what will stay, and wait for a yes."""
    return turn.say(
        "erase.ask",
        Choice("desk:erase_now", turn.words("choice.erase_now")),
        Choice("desk:erase_not", turn.words("choice.erase_not")),
    )


def erase(turn: Turn) -> Reply:
    """The person goes; the facts of their tickets stay, without them."""
    for draft in turn.session.drafts:
        turn.changes.dropped_attachments.append(draft.id)
        collecting.forget(turn, draft)
    turn.changes.erased.append(turn.address)
    turn.session = blank(turn.session, turn.now)  # the address may follow the same ticket again: old links stay dead
    return turn.say("erase.done")


def _town(turn: Turn) -> str:
    town = turn.town
    return town.name_en or town.name if turn.session.locale == "en" else town.name
