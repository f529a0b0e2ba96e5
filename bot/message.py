"""All that crosses a channel: what comes in, what is answered, what is pushed later, and how that went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from bot.domain.people import Address
from bot.domain.place import Pin


class MessageKind(StrEnum):
    """What somebody did."""

    TEXT = "text"
    ATTACHMENT = "attachment"  # with or without words
    PLACE = "place"
    PRESS = "press"  # a button, a menu entry
    EDIT = "edit"  # new words for an earlier message
    FOLLOW = "follow"  # subscribed, pressed start, opened the page for the first time
    UNFOLLOW = "unfollow"  # unsubscribed, blocked us
    CONTACT = "contact"  # their own telephone number, proven by the platform
    FORM = "form"  # a whole matter in one go, handed in by a program
    TICKLE = "tickle"  # a presence signal that needs no answer
    UNKNOWN = "unknown"  # something the desk cannot take


class AttachmentType(StrEnum):
    PHOTO = "photo"
    VOICE = "voice"
    VIDEO = "video"
    AUDIO = "audio"
    FILE = "file"


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file somebody sent, not fetched yet.

    ``ref`` is what the channel needs to fetch it, never an address on the net. ``bytes`` and ``seconds`` are what the
    platform claims, if it does. ``fingerprint`` is the platform's own name for the same content. ``problem`` is a
    locale key suffix when it can never be fetched (``too_large``, ``unsupported``, ``expired``). ``sha256`` is set
    when the channel has put the content into the media store already; then there is nothing left to fetch.
    """

    type: AttachmentType
    ref: str
    name: str = ""
    mime: str = ""
    bytes: int | None = None
    seconds: int | None = None
    fingerprint: str = ""
    problem: str = ""
    sha256: str = ""


class Form(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A matter as a program hands it in for somebody: filed as it is, without a card.

    The message holds the words, the files and the pin. ``kind`` and ``area`` are codes of the town, ``address`` is the
    place in words. ``details`` are answers to what the kind asks: what was asked, what was answered. ``contact`` has
    ``name``, ``phone``, ``email``, those that are known. ``link`` is an address somebody gave for a picture: shown,
    never fetched. With ``about`` the message is only added to the ticket of that number, and nothing else here counts.
    """

    kind: str = ""
    area: str = ""
    address: str = ""
    details: tuple[tuple[str, str], ...] = ()
    contact: dict[str, str] = {}
    link: str = ""
    about: str = ""


class InboundMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a person did on a channel, already proven and decoded.

    ``key`` is the same when the platform sends it again, and unique in the channel. ``at`` is the platform's time.
    ``press`` is the token of a `Choice`, or a menu key. ``quote`` is the platform's id of the message of ours that is
    replied to. ``id`` is the platform's name of the message where that is not the key (Telegram's key is the update's
    id); words are remembered by `edit_key`, and ``edits`` is the `edit_key` of the message whose words ``text``
    replaces. ``scene`` is what a scanned code or a start link carried. ``locale`` is "zh_CN", "en" or "" when the
    channel does not know. ``raw`` is what came over the wire. ``unknown`` names a type the desk cannot take.
    ``person`` is set where others listen, in a group: who said it, by the address of their own talk with us.
    ``on_page``: it was done on one of the desk's pages, which shows the answer; nothing is sent for it. ``form`` comes
    with the kind of that name.
    """

    address: Address
    key: str
    kind: MessageKind
    at: datetime
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    pin: Pin | None = None
    press: str = ""
    quote: str = ""
    edits: str = ""
    scene: str = ""
    phone: str = ""
    locale: str = ""
    unknown: str = ""
    raw: bytes = b""
    id: str = ""
    person: Address | None = None
    on_page: bool = False
    form: Form | None = None

    @property
    def edit_key(self) -> str:
        """The name by which a later edit finds the words of this message."""
        return self.id or self.key


class Choice(msgspec.Struct, frozen=True):
    """Something to tap. ``token`` (at most 64 bytes) comes back as `InboundMessage.press`.

    ``word`` is what may be typed instead; "" where only the number or the tap works.
    """

    token: str
    label: str
    word: str = ""


class Picture(msgspec.Struct, frozen=True):
    """A picture the desk shows: its content in the media store by SHA-256, its type, and the same in words."""

    sha256: str
    mime: str
    alt: str


class Reply(msgspec.Struct, frozen=True):
    """What the desk says: words, and what can be tapped.

    Messages with the same ``slot`` are one card: a channel that can edit shows the newest in the place of the last.
    ``ask`` asks the channel for its own picker ("place", "contact"). ``ticket`` is the number it is about: whoever
    quotes it speaks of that ticket. ``picture`` is shown with the words; only what is pushed has one.
    """

    text: str
    choices: tuple[Choice, ...] = ()
    slot: str = ""
    ask: str = ""
    ticket: str = ""
    picture: Picture | None = None

    @property
    def typed(self) -> str:
        """The words, and below them what can be typed instead of tapping, a line each.

        For what nobody has asked for just now: a number would be taken for a line of another list.
        """
        return "\n".join(filter(None, (self.text, *(choice.word for choice in self.choices))))


class Answer(msgspec.Struct, frozen=True):
    """What a message was answered, and when: the same for every copy of that message.

    ``reply`` is None where nothing is said at once.
    """

    reply: Reply | None
    at: datetime


class Lane(StrEnum):
    """Which queue a push stands in; earlier lanes go first."""

    URGENT = "urgent"  # danger
    REPLY = "reply"  # the person has just written
    NOTICE = "notice"  # news about a ticket
    BULK = "bulk"  # digests, boards


class Brief(msgspec.Struct, frozen=True):
    """A push in the few words a platform's template takes when nothing longer may be sent.

    ``name`` is what happened (``answer``, ``question``, ``news``, ``work``, ``overdue``): settings map it to a template
    id and ``fields`` (number, title, state, time, remark) to the template's own; the channel cuts them to its limits.
    The field ``page`` is the address of the reader's page of the ticket, where there is one: a tap may lead there.
    """

    name: str
    fields: dict[str, str]


class Push(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be sent without being asked for. ``key`` is unique for ever: the same push is never stored twice.

    It leaves at ``not_before`` at the earliest and is dropped after ``expires_at``. ``ticket`` is the number it
    is about. ``reserve`` marks a push that may use the credits kept for answers and reviews. ``brief`` is what a
    template may say in its stead. ``then`` is the kind of a timer (subject: the ticket's number, address: the push's)
    that is due in the moment it is delivered, in the same commit.
    """

    key: str
    address: Address
    reply: Reply
    created_at: datetime
    lane: Lane = Lane.NOTICE
    ticket: str = ""
    not_before: datetime | None = None
    expires_at: datetime | None = None
    reserve: bool = False
    brief: Brief | None = None
    then: str = ""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The platform took it. ``message_id`` is the platform's name for it ("" when it gives none); ``reason`` says why
    when it was only taken for sent."""

    message_id: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TryLater:
    """Certainly not sent; try again after so many seconds. ``whole_channel`` halts everybody's pushes."""

    seconds: float
    reason: str
    whole_channel: bool = False


KNOCKED = "template"
"""Why a push is kept of which the person was told in the few words of its brief: they know that there is more."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Not sent whole, and pointless until the person writes again (WeChat's window is shut, the page is closed)."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Certainly not sent and never will be. ``gone``: this person cannot be reached any more."""

    reason: str
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """Certainly not sent: the chat has another id now (a Telegram group that became a supergroup)."""

    address: Address


@dataclass(frozen=True, slots=True)
class Unclear:
    """It may or may not have been sent. Never sent again blindly."""

    reason: str


Delivery = Delivered | TryLater | Kept | Refused | Moved | Unclear
"""How sending a push went; always matched exhaustively."""

JsonObject = dict[str, Any]
