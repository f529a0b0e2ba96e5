"""WeChat's error codes, as what to do about a push."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

import structlog

from bot.channels.wechat.api import TOKEN_CODES, Lost, NotSent, Result, Said
from bot.channels.wechat.model import WeChatErrorCode as Code
from bot.channels.wechat.tokens import NoToken
from bot.message import KNOCKED, Delivered, Delivery, Kept, Refused, TryLater, Unclear

log = structlog.get_logger(__name__)

BEIJING = timezone(timedelta(hours=8))
"""WeChat's quotas start again at midnight there; China has no summer time."""

TOO_LONG = int(Code.OUT_OF_CONTENT_SIZE_LIMIT)

_GONE = Refused("gone", gone=True)
_SETUP = TryLater(600, "setup", whole_channel=True)
_BANNED = TryLater(3600, "banned", whole_channel=True)

_TABLE: Mapping[int, Delivery] = {
    0: Delivered(),
    Code.SYSTEM_BUSY: Unclear("busy"),
    # Who it was for.
    Code.INVALID_OPENID: _GONE,
    Code.REQUIRE_SUBSCRIBE: _GONE,
    Code.REQUIRE_UNBLOCK_USER: _GONE,
    Code.USER_BLOCK_MESSAGE: _GONE,
    Code.USER_REFUSE_TO_ACCEPT_THE_MESSAGE: Refused("refused by the person"),
    # The window of the person's last action.
    Code.OUT_OF_RESPONSE_TIME_LIMIT: Kept("window"),
    Code.OUT_OF_RESPONSE_COUNT_LIMIT: Kept("credits"),
    # How much and how fast.
    Code.API_MINUTE_QUOTA_REACH_LIMIT: TryLater(60, "too fast", whole_channel=True),
    Code.CLIENTMSGID_EXIST: Delivered(),
    # What it said.
    TOO_LONG: Refused("too long"),
    Code.INVALID_REQUEST_CHARSET: Refused("charset"),
    # Somebody has to act: nothing is lost meanwhile.
    Code.INVALID_APP_ID: _SETUP,
    Code.INVALID_APP_SECRET: _SETUP,
    Code.MISSING_APP_ID: _SETUP,
    Code.MISSING_APP_SECRET: _SETUP,
    40164: TryLater(600, "ip not allowed", whole_channel=True),
    89503: TryLater(600, "ip to be confirmed", whole_channel=True),
    Code.UNAUTHORIZED_API: Kept("not granted"),
    Code.API_BANNED: _BANNED,
    Code.USER_LIMITED: _BANNED,
}
_ALARMS = {
    40037,
    47003,
    Code.INVALID_REQUEST_CHARSET,
    Code.OUT_OF_API_FREQ_LIMIT,
    Code.UNAUTHORIZED_API,
    40164,
    89503,
} | {code for code, delivery in _TABLE.items() if delivery in (_SETUP, _BANNED)}


def delivery_of(result: Result, now: datetime) -> Delivery:
    """What became of a push. An unknown code is kept for the person's next contact, so nothing is lost by it."""
    match result:
        case NotSent(reason=reason):
            return TryLater(30, reason)
        case Lost(reason=reason):
            return Unclear(reason)
        case NoToken(code=0, reason=reason):
            return TryLater(30, f"no token: {reason}", whole_channel=True)
        case NoToken(code=Code.OUT_OF_API_FREQ_LIMIT):
            # Seen on stable_token long before its daily quota, as a limit of the minute.
            return TryLater(300, "token quota", whole_channel=True)
        case NoToken(code=code) | Said(code=code):
            delivery = of_code(code, now)
            # Without a token nothing was sent, whatever the code says about messages.
            if isinstance(result, NoToken) and not isinstance(delivery, TryLater):
                return TryLater(60, f"no token: {code}", whole_channel=True)
            return delivery


def knocked(result: Result, kept: Kept, now: datetime) -> Delivery:
    """What became of a push whose template was sent: kept, for only its few words were told (`KNOCKED`).

    Where even those were not, it is kept for the reason it was before; only what says that the person is gone, or that
    nothing can be sent at all just now, counts for the push itself. A quota of templates stops no other message.
    """
    if isinstance(result, Lost):
        return Kept("template unclear")
    if isinstance(result, Said) and result.code == Code.OUT_OF_API_FREQ_LIMIT:
        log.error("wechat.alarm", code=result.code)
        return kept
    match delivery_of(result, now):
        case Delivered():
            return Kept(KNOCKED)
        case Refused(gone=True) | TryLater() as delivery:
            return delivery
        case _:
            return kept


def of_code(code: int, now: datetime) -> Delivery:
    """What an error code means for a push; writes an alarm to the log where somebody has to act."""
    if code in _ALARMS or code in TOKEN_CODES:
        log.error("wechat.alarm", code=code)
    if code in TOKEN_CODES:
        return TryLater(60, "token", whole_channel=True)
    if code == Code.OUT_OF_API_FREQ_LIMIT:
        return TryLater(seconds_to_midnight(now), "quota", whole_channel=True)
    return _TABLE.get(code, Kept(f"code {code}"))


def seconds_to_midnight(now: datetime) -> float:
    """Seconds until the next day begins in Beijing."""
    local = now.astimezone(BEIJING)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return (midnight - local).total_seconds()
