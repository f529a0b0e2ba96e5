"""What an error of Telegram means for a push. Imported only when the bot is configured.

The descriptions are those of the Bot API server's source (github.com/tdlib/telegram-bot-api, Client.cpp).
"""

from __future__ import annotations

import structlog
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, TelegramError

from bot.channels.telegram.decode import NAME
from bot.channels.telegram.request import FloodedError, NotSentError
from bot.domain.people import Address
from bot.message import Moved, Refused, TryLater, Unclear

log = structlog.get_logger()

AWAY_SECONDS = 5.0
"""How long nobody is sent to when Telegram cannot be reached."""

BAD_TOKEN_SECONDS = 300.0

_GONE = ("chat not found", "user not found", "peer_id_invalid", "user is deactivated", "user_is_deactivated")
_EDIT_LOST = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "message identifier is not specified",
    "message_edit_time_expired",
    "message_author_required",
    "there is no text in the message to edit",
    "inline keyboard expected",
)


def failed(error: TelegramError, address: Address) -> TryLater | Refused | Moved | Unclear:
    """What an error means for a push to an address."""
    match error:
        case FloodedError():
            return TryLater(error.seconds, "flood")
        case ChatMigrated():
            _, slash, person = address.id.partition("/")
            return Moved(Address(NAME, f"{error.new_chat_id}{slash}{person}"))
        case Forbidden():
            return Refused(_reason(error), gone=True)
        case InvalidToken():
            log.error("telegram.token_refused", hint="take a new token from BotFather and restart")
            return TryLater(BAD_TOKEN_SECONDS, "token", whole_channel=True)
        case BadRequest():
            reason = _reason(error)
            return Refused(reason, gone=any(words in reason for words in _GONE))
        case NotSentError():
            return TryLater(AWAY_SECONDS, _reason(error), whole_channel=True)
        case _:
            return Unclear(_reason(error))


def nothing_new(error: BadRequest) -> bool:
    """Whether an edit failed because the message reads like that already."""
    return "message is not modified" in _reason(error)


def edit_lost(error: BadRequest) -> bool:
    """Whether the message cannot be edited any more, so that a new one must be sent."""
    return any(words in _reason(error) for words in _EDIT_LOST)


def _reason(error: TelegramError) -> str:
    return str(error).lower()[:200]
