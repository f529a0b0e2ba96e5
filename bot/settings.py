"""What an operator sets, by a TOML file or by environment variables; the environment wins over the file."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from bot.api_settings import Open311Section, WebhookSection
from bot.errors import ConfigurationError
from bot.failpoints import VARIABLES as FAILPOINTS
from bot.retention_settings import RetentionSection
from bot.settings_sections import (
    AuditSection,
    LimitSettings,
    LogSettings,
    MediaSection,
    OutboxSection,
    SpeechSection,
    StorageSettings,
    TelegramSection,
    WebSettings,
    WeChatSection,
)

PREFIX = "MINSHENG_"
NESTED = "__"
CONFIG = f"{PREFIX}CONFIG"
"""Names the file where no --config does."""


class Settings(BaseSettings):
    """Everything an operator may set. ``data``: where all is kept; ``town``: a TOML file or a folder of them; ``demo``:
    whether ``/demo`` is there (left out: with the sample town, on loopback, with no platform configured)."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter=NESTED,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    data: Path = Path("data")
    town: Path | None = None
    demo: bool | None = None
    storage: StorageSettings = StorageSettings()
    media: MediaSection = MediaSection()
    web: WebSettings = WebSettings()
    wechat: WeChatSection = WeChatSection()
    telegram: TelegramSection = TelegramSection()
    speech: SpeechSection = SpeechSection()
    outbox: OutboxSection = OutboxSection()
    audit: AuditSection = AuditSection()
    log: LogSettings = LogSettings()
    limits: LimitSettings = LimitSettings()
    retention: RetentionSection = RetentionSection()
    open311: Open311Section = Open311Section()
    webhooks: tuple[WebhookSection, ...] = ()

    def make_folder(self) -> None:
        """Make the data folder, for us alone. Raises ConfigurationError."""
        try:
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(env_name("data"), f"{self.data} cannot be made: {error.strerror}") from None

    def secrets(self) -> list[str]:
        """Every secret in clear, for the log to hide."""
        return [text for text in _secrets(self) if text]


_WRITTEN: ContextVar[dict[str, Any]] = ContextVar("what a settings file says")


class _Loaded(Settings):
    """The settings while they are loaded: the environment first, then the file."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Where they come from."""
        return init_settings, env_settings, InitSettingsSource(settings_cls, _WRITTEN.get())


def load(config: Path | None = None, data: Path | None = None) -> Settings:
    """The settings of a file, the environment, and what the command line says about the data folder.

    Raises ConfigurationError with the name of the key that is unknown, wrong or missing.
    """
    written = _WRITTEN.set(_read(config) if config is not None else {})
    _check_environment()
    given: dict[str, Any] = {} if data is None else {"data": data}
    try:
        settings = _Loaded(**given)
    except ValidationError as error:
        found = error.errors(include_input=False, include_context=False, include_url=False)[0]
        raise _wrong(found["loc"], found["type"], found["msg"], config) from None
    except SettingsError as error:  # a section given as JSON that is none
        raise ConfigurationError(_section_of(str(error)), "is not readable") from None
    finally:
        _WRITTEN.reset(written)
    for name in ("media", "wechat", "telegram", "speech"):
        section: MediaSection | WeChatSection | TelegramSection | SpeechSection = getattr(settings, name)
        if section.touched and (missing := list(section.missing())):
            also = f" (also missing: {', '.join(env_name(name, key) for key in missing[1:])})" if missing[1:] else ""
            raise ConfigurationError(env_name(name, missing[0]), f"is missing, or leave all of {name} out{also}")
    for place, hook in enumerate(settings.webhooks):
        if hook.key and hook.key not in settings.open311.keys:
            raise ConfigurationError(f"webhooks.{place}.key", f"there is no [open311.keys.{hook.key}]")
    return settings


def env_name(*keys: str) -> str:
    """The environment variable of a key: ``env_name("web", "port")`` is ``MINSHENG_WEB__PORT``."""
    return PREFIX + NESTED.join(keys).upper()


def key_name(where: str) -> str:
    """A key as others name it, as its environment variable: ``wechat.token`` is ``MINSHENG_WECHAT__TOKEN``."""
    section, dot, key = where.partition(".")
    return env_name(section, key) if dot and (section, key) in _names() else where


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(str(path), error.strerror or "cannot be read") from None
    except UnicodeDecodeError:
        raise ConfigurationError(str(path), "is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(str(path), str(error)) from None
    except RecursionError:
        raise ConfigurationError(str(path), "is nested too deep") from None
    except ValueError:  # a number of thousands of digits
        raise ConfigurationError(str(path), "holds a number that is too long") from None


def _check_environment() -> None:
    """Refuse variables with our prefix that mean nothing: a typo must not be silent."""
    for variable in os.environ:
        if not variable.upper().startswith(PREFIX) or variable.upper() in (CONFIG, *FAILPOINTS):
            continue
        keys = variable[len(PREFIX) :].lower().split(NESTED)
        if not _known(keys):
            raise ConfigurationError(variable, f"unknown key{_like(keys)}")


def _known(keys: list[str]) -> bool:
    names = _names()
    return tuple(keys) in names or (len(keys) == 1 and any(keys[0] == name[0] for name in names))


def _names() -> list[tuple[str, ...]]:
    """Every key there is."""
    found: list[tuple[str, ...]] = []
    for name, field in Settings.model_fields.items():
        default = field.default
        inner = type(default).model_fields if isinstance(default, BaseModel) else {}
        found += [(name, key) for key in inner] or [(name,)]
    return found


def _like(keys: list[str]) -> str:
    names = {NESTED.join(name): name for name in _names()}
    near = difflib.get_close_matches(NESTED.join(keys), names, 1, 0.6)
    return f", did you mean {env_name(*names[near[0]])}?" if near else ""


def _wrong(at: tuple[int | str, ...], kind: str, why: str, config: Path | None) -> ConfigurationError:
    keys = [str(part) for part in at]
    variable = env_name(*keys)
    where = variable if variable in map(str.upper, os.environ) or config is None else f"{config}: {'.'.join(keys)}"
    if kind == "extra_forbidden":
        return ConfigurationError(where, f"unknown key{_like(keys)}")
    return ConfigurationError(where, why.removeprefix("Value error, ").lower())


def _section_of(text: str) -> str:
    """pydantic names the field in quotes; what it could not read is not repeated."""
    found = re.search(r'field "(\w+)"', text)
    return env_name(found[1]) if found else PREFIX


def _secrets(model: BaseModel) -> Iterator[str]:
    values: Mapping[str, Any] = model.__dict__
    for value in values.values():
        yield from _secrets_in(value)


def _secrets_in(value: Any) -> Iterator[str]:
    match value:
        case SecretStr():
            yield value.get_secret_value()
        case BaseModel():
            yield from _secrets(value)
        case tuple():
            for each in value:
                yield from _secrets_in(each)
        case _:
            pass
