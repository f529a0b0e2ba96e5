"""Logs for operators: what happened to which id, never what people wrote, never a secret."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterable, MutableMapping
from types import TracebackType
from typing import Any

import structlog

from bot.redaction import Redactor

CONTENT = frozenset(
    {"text", "raw", "body", "content", "reply", "message", "words", "phone", "session", "turn", "changes"}
)
"""Names of log fields that could hold what somebody wrote: they never pass."""

OMITTED = "[omitted]"


def frames(error: BaseException) -> list[str]:
    """Type and place of every step that led to an error, without its message, which may quote what people wrote."""
    found: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(found) < 60:
        found.append(type(seen).__qualname__)
        found += [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(seen.__traceback__)][-20:]
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return found


class _Clean:
    """The last step before a line is written: contents are left out, secrets hidden, errors told by their places."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def __call__(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        for key in event.keys() & CONTENT:
            event[key] = OMITTED
        error = event.pop("exc_info", None)
        if error:
            event["error"] = frames(_error(error)) if _error(error) is not None else OMITTED
        for key, value in event.items():
            event[key] = self._cleaned(value)
        return event

    def _cleaned(self, value: Any) -> Any:
        match value:
            case str():
                return self._redactor.clean(value)
            case None | bool() | int() | float():
                return value
            case list() | tuple():
                return [self._cleaned(item) for item in value]
            case dict():
                return {key: OMITTED if key in CONTENT else self._cleaned(item) for key, item in value.items()}
            case BaseException():
                return frames(value)
            case _:
                return self._redactor.clean(str(value))


def _error(info: Any) -> Any:
    match info:
        case BaseException():
            return info
        case (_, BaseException() as error, _):
            return error
        case True:
            return sys.exc_info()[1]
        case _:
            return None


def set_up(level: str = "INFO", form: str = "console", secrets: Iterable[str] = ()) -> None:
    """Write logs to standard error, one line each: ``form`` is "console" or "json"; ``secrets`` never appear."""
    first: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, _Clean(Redactor(secrets))]
    if form == "json":
        last.append(structlog.processors.JSONRenderer(ensure_ascii=False))
    else:
        last.append(structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=24))
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=[*first, structlog.stdlib.ExtraAdder()], processors=last)
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.raiseExceptions = False  # a line that cannot be written (a full disk) is lost; else it were told uncleaned
    # These write addresses with tokens, or a line for every step of every dialogue.
    for name in (
        "transitions",
        "telegram",
        "httpx",
        "httpcore",
        "urllib3",
        "wechatpy",
        "aiosqlite",
        "alembic",
        "asyncio",
    ):
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *first, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    sys.excepthook = _last_words


def _last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The program dies of this: tell where, not what it held."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    structlog.get_logger("minsheng").critical("stopped by an unexpected error", exc_info=error)
