"""Whose data this is, and whether it is only a trial: settled at the start, so that neither happens by accident."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

import structlog

from bot.channels.dry import dry
from bot.errors import ConfigurationError, StoreUnavailable
from bot.ports import Channel
from bot.runtime.metrics import Sample
from bot.settings import Settings, env_name

ADOPT = "--adopt"
BELONGING_SECONDS = 5.0
LIVE = "live"

_SETTING = {"wechat": ("wechat", "app_id"), "telegram": ("telegram", "token"), "outbox": ("outbox", "dry_run")}
_log = structlog.get_logger("minsheng.belonging")


class Foreign(Protocol):
    """Something that the data does not belong to."""

    @property
    def what(self) -> str: ...
    @property
    def known(self) -> str: ...
    @property
    def given(self) -> str: ...


Claim = Callable[[Mapping[str, str], bool], Awaitable[Sequence[Foreign]]]
"""Notes whose the data is; returns what it is not, unless it is adopted."""


def accounts(settings: Settings) -> dict[str, str]:
    """What the settings name that data belongs to: the account, the bot, and whether pushes really leave. No secrets:
    a bot's number stands before the colon of its token."""
    channels = settings.outbox.dry
    found = {"outbox": f"dry {','.join(sorted(channels))}" if channels else LIVE}
    if settings.wechat.app_id:
        found["wechat"] = settings.wechat.app_id
    if token := settings.telegram.token.get_secret_value():
        found["telegram"] = token.partition(":")[0]
    return found


def refused(foreign: Sequence[Foreign]) -> ConfigurationError:
    """The error that says whose the data is."""
    first = foreign[0]
    why = f"the data is of {first.known}, not of {first.given}"
    do = f"use another data folder or database; if it is meant, start once with `serve {ADOPT}`"
    return ConfigurationError(env_name(*_SETTING[first.what]), f"{why}: {do}")


class Belonging:
    """Asks until the database has answered once; ``stop`` is called when the data is somebody else's after all."""

    def __init__(self, claim: Claim, settings: Settings, adopt: bool, stop: Callable[[], None]) -> None:
        self._claim, self._accounts, self._adopt, self._stop = claim, accounts(settings), adopt, stop
        self._settled = False
        self.error: ConfigurationError | None = None

    async def check(self) -> None:
        """Raises ConfigurationError; returns when the database does not answer just now, too."""
        try:
            foreign = await self._claim(self._accounts, self._adopt)
        except StoreUnavailable:
            return
        if foreign:
            raise refused(foreign)
        self._settled = True

    async def once(self) -> int:
        """Ask again if that is still open."""
        if not self._settled and self.error is None:
            try:
                await self.check()
            except ConfigurationError as error:
                self.error = error
                _log.critical("the data is somebody else's", where=error.where, why=error.why)
                self._stop()
        return 0


def samples(settings: Settings) -> list[Sample]:
    """A gauge for each channel on which nothing is sent."""
    text = "1 where pushes are only tried: nothing is sent."
    return [Sample("minsheng_dry_run", text, 1.0, {"channel": name}) for name in sorted(settings.outbox.dry)]


def notices(settings: Settings) -> tuple[str, ...]:
    """What ``/readyz`` says of it."""
    channels = settings.outbox.dry
    return (f"dry run: nothing is sent on {', '.join(sorted(channels))}",) if channels else ()


def sending(channels: Sequence[Channel], settings: Settings) -> list[Channel]:
    """The channels as the outbox knows them: those on which nothing is to be sent only take what they are given."""
    return [dry(channel) if channel.name in settings.outbox.dry else channel for channel in channels]
