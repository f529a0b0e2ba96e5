"""Which use case answers a message or a timer: those who work here first, then as any resident."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.conversation.session import Question
from bot.domain.people import PAGE
from bot.message import InboundMessage, MessageKind, Reply
from bot.turn import Turn
from handlers import holding, webhooks
from handlers.open311 import filing as handed_in
from handlers.resident import desk, hearing, on_page, phone
from handlers.staff import desk as staff_desk
from handlers.staff import joining
from handlers.staff.me import Me, me
from handlers.timers import calm, drafts
from handlers.timers.table import TIMERS

OWN_TIMERS = frozenset(("card", "draft", "danger_draft", "calm"))
"""Timers that answer the person whose turn it is; `TIMERS` has the others."""


@dataclass(frozen=True, slots=True)
class Router:
    """Finds the use case for a message or a timer.

    ``vocabulary`` maps folded desk words to commands, ``commands`` those of staff to theirs; ``hooks`` are the programs
    that are told what happened.
    """

    vocabulary: Mapping[str, str]
    commands: Mapping[str, str]
    hooks: tuple[webhooks.Hook, ...] = ()
    _hearing: hearing.Hearing = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hearing", hearing.Hearing(self.vocabulary, self._tap))

    async def handle(self, turn: Turn) -> Reply | None:
        """Answer a message. Raises Refusal where a rule says no."""
        message = turn.message
        assert message is not None  # noqa: S101 - the dispatcher gives messages here and timers to `fire`
        if message.on_page and message.address.channel != PAGE:
            reply: Reply | None = await on_page.handle(turn, message)  # a resident's page, whoever they are besides
        else:
            reply = await self._answer(turn, message)
            if (hold := await turn.read.hold(turn.address, turn.now)) is not None:
                reply = await holding.instead(turn, hold, message, reply, self.vocabulary)
            reply = remembering_choices(turn, reply)
        await webhooks.told(turn, self.hooks)
        return reply

    def knows(self, kind: str) -> bool:
        """Whether there is a use case for a kind of timer."""
        return kind in OWN_TIMERS or kind in TIMERS

    async def fire(self, turn: Turn) -> Reply | None:
        """Do what a timer was set for."""
        assert turn.timer is not None  # noqa: S101 - see `handle`
        match turn.timer.kind:
            case "card":
                reply = drafts.show_card(turn)
            case "draft":
                reply = drafts.reminder(turn)
            case "danger_draft":
                reply = drafts.danger(turn)
            case "calm":
                reply = calm.answer(turn)
            case kind if kind in TIMERS:
                await TIMERS[kind](turn)
                reply = None
            case unknown:
                raise ValueError(f"no use case for timer {unknown!r}")
        await webhooks.told(turn, self.hooks)
        return remembering_choices(turn, await holding.of_timer(turn, reply))

    async def _answer(self, turn: Turn, message: InboundMessage) -> Reply | None:
        staff = await me(turn)
        if message.person is not None:
            return await self._in_group(turn, staff, message)
        if message.kind is MessageKind.TEXT and (code := joining.asked(message.text, self.commands)) is not None:
            return await joining.join(turn, staff, *code)
        if staff is not None:
            turn.works_here = True
            reply = await staff_desk.handle(turn, staff, message, self.commands)
            if reply is not None:
                return reply
        match message.kind:
            case MessageKind.TEXT:
                return await self._hearing.text(turn, message)
            case MessageKind.ATTACHMENT | MessageKind.PLACE:
                return await hearing.item(turn, message)
            case MessageKind.PRESS:
                return await self._hearing.press(turn, message.press)
            case MessageKind.EDIT:
                return await hearing.edit(turn, message)
            case MessageKind.FOLLOW:
                return desk.welcome(turn)
            case MessageKind.UNFOLLOW:
                desk.goodbye(turn)
                return None
            case MessageKind.CONTACT:
                return phone.proven(turn, message.phone)
            case MessageKind.UNKNOWN:
                return hearing.unknown(turn, message)
            case MessageKind.FORM:
                return await handed_in.handle(turn, message)
            case MessageKind.TICKLE:
                return None

    async def _in_group(self, turn: Turn, staff: Me | None, message: InboundMessage) -> Reply | None:
        """Where others listen, staff may work; nobody reports a matter there, joins, or is told of their own."""
        joins = message.kind is MessageKind.TEXT and joining.asked(message.text, self.commands) is not None
        if staff is not None and not joins:
            turn.works_here = True
            reply = await staff_desk.handle(turn, staff, message, self.commands)
            if reply is not None:
                return reply
        return None if message.kind is MessageKind.TICKLE else turn.say("unknown.group")

    async def _tap(self, turn: Turn, token: str) -> Reply | None:
        """What was picked by its number, as if it had been tapped."""
        staff = await me(turn) if turn.works_here else None
        reply = await staff_desk.press(turn, staff, token) if staff is not None else None
        return reply or await self._hearing.press(turn, token)


def remembering_choices(turn: Turn, reply: Reply | None) -> Reply | None:
    """Whatever can be tapped can be picked by its number, for as long as a question lives."""
    if reply is not None and reply.choices:
        tokens = tuple(choice.token for choice in reply.choices)
        turn.remember(question=Question("choices", turn.session.current, turn.now, tokens))
    return reply
