"""The card: what the desk understood of a draft, and what can be done with it."""

from __future__ import annotations

from bot.conversation.draft import Draft
from bot.domain.town import UNDECIDED
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers.naming import Speaking, area_name, counted, kind_name, place_name, shortened, title, type_name

CARD_TEXT_LENGTH = 160


def slot(draft: Draft) -> str:
    """The slot in which a draft's cards replace each other."""
    return f"card:{draft.id}"


def choice(turn: Turn, draft: Draft, act: str, key: str = "", **params: object) -> Choice:
    """A button of a draft; what it does is in its token."""
    return Choice(f"{draft.id}:{act}", turn.words(key or f"choice.{act}", **params))


def show(turn: Turn, draft: Draft, lead: str = "") -> Reply:
    """The draft's card, below an optional line that says what has just happened.

    The place is asked for on the first card that lacks it, and never again.
    """
    lines = [lead] if lead else []
    if draft.danger:
        lines.append(danger_advice(turn, draft.danger))
    lines.append(turn.words("card.head_for" if draft.source else "card.head"))
    lines.append(
        turn.words("card.text", text=shortened(draft.text, CARD_TEXT_LENGTH)) if draft.said else _wordless(turn)
    )
    lines.append(_place_line(turn, draft))
    lines.append(
        turn.words("card.kind", kind=kind_name(turn, draft.kind or UNDECIDED), type=type_name(turn, draft.type))
    )
    if draft.enclosed:
        lines.append(turn.words("card.enclosed", list=counted(turn, [e.type for e in draft.enclosed])))
    if draft.hidden:
        lines.append(turn.words("card.hidden"))
    lines += _offers(turn, draft)
    others = len(turn.session.drafts) - 1
    if others > 0:
        lines.append(turn.words("card.others", count=others))
    lines.append(turn.words("card.hint" if draft.said or not draft.enclosed else "card.hint_wordless"))
    lines += first_contact(turn)
    return Reply("\n".join(lines), tuple(_choices(turn, draft)), slot(draft))


def first_contact(turn: Turn) -> list[str]:
    """What is stored, and where to read about it: one line, the first time something is stored; nothing later."""
    if turn.session.greeted:
        return []
    turn.remember(greeted=True)
    return [turn.words("privacy.line", url=turn.town.contacts.privacy_url)]


def danger_advice(turn: Speaking, code: str) -> str:
    """What to do at once, with the numbers to call."""
    danger = next((d for d in turn.town.dangers if d.code == code), None)
    if danger is None:
        return turn.words("danger.general", hotline=turn.town.contacts.hotline)
    advice = danger.advice_en if turn.locale == "en" and danger.advice_en else danger.advice
    return turn.words("danger.advice", advice=advice, numbers=turn.words("list.comma").join(danger.numbers))


def _wordless(turn: Turn) -> str:
    return turn.words("card.wordless")


def _place_line(turn: Turn, draft: Draft) -> str:
    if draft.place is not None:
        if not draft.place.area and draft.place.pin is not None:
            return turn.words("card.place_outside", place=draft.place.name)
        return turn.words("card.place", place=place_name(turn, draft.place))
    if draft.area_options:
        return turn.words("card.place_which")
    return turn.words("card.place_asked" if draft.place_asked else "card.place_ask")


def _offers(turn: Turn, draft: Draft) -> list[str]:
    """Cases of others that may be the same, in the words that anybody may read of them."""
    if not draft.offers:
        return []
    lines = [turn.words("same.head")]
    for offer in draft.offers:
        month = offer.at.astimezone(turn.guide.calendar.zone).month
        lines.append(
            turn.words(
                "same.line",
                number=offer.number,
                kind=kind_name(turn, offer.kind),
                place=place_name(turn, offer.place),
                month=turn.words(f"date.month.{month}"),
                state=turn.words(f"status.{offer.state}"),
            )
        )
    return lines


def _choices(turn: Turn, draft: Draft) -> list[Choice]:
    choices = [choice(turn, draft, "confirm")]
    if draft.place is None:
        choices += [
            Choice(f"{draft.id}:area={code}", turn.words("choice.area", area=area_name(turn, code)))
            for code in draft.area_options
        ]
        last = turn.session.last_place
        if last is not None and not draft.area_options and not draft.source:
            choices.append(choice(turn, draft, "last_place", place=shortened(place_name(turn, last), TITLE)))
    if draft.alike:
        choices.append(choice(turn, draft, "add_to", number=draft.alike))
    for offer in draft.offers:
        choices.append(Choice(f"{draft.id}:same={offer.number}", turn.words("choice.same", number=offer.number)))
    if draft.offers:
        choices.append(choice(turn, draft, "none_same"))
    choices += [choice(turn, draft, act) for act in ("add", "change", "cancel")]
    return choices


TITLE = 12


def change_menu(turn: Turn, draft: Draft) -> Reply:
    """Which field to change."""
    acts = ["words", "place", "kind", "type", "hide" if not draft.hidden else "unhide"]
    if draft.enclosed:
        acts.append("detach")
    acts.append("back")
    return turn.say(
        "change.which", *(choice(turn, draft, act) for act in acts), slot=slot(draft), title=title(turn, draft)
    )
