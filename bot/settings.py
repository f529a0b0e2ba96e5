"""What an operator sets, by a TOML file or by environment variables; the environment wins over the file."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from bot.errors import ConfigurationError

PREFIX = "MINSHENG_"
NESTED = "__"
CONFIG = f"{PREFIX}CONFIG"
"""Names the file where no --config does."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @property
    def touched(self) -> bool:
        """Whether anything in it is set."""
        return self != type(self)()

    def plain(self) -> dict[str, Any]:
        """Its values with secrets in clear."""
        return {name: _plain(getattr(self, name)) for name in type(self).model_fields}


class StorageSettings(_Section):
    """``url`` of the database ("" = SQLite in the data folder); at most ``batch_max`` turns share a commit."""

    url: SecretStr = SecretStr("")
    batch_max: Annotated[int, Field(ge=1, le=4096)] = 256


class WebSettings(_Section):
    """Where the desk listens, and the address people reach it by ("" = where it listens).

    ``trusted_proxies``: addresses whose word about the visitor's address counts. ``embed_origins``: sites that may show
    the web chat in a frame (https://town.example). ``public_page``: whether everybody may look at ``/public``.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    public_url: str = ""
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    embed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    public_page: bool = False

    @field_validator("public_url")
    @classmethod
    def _address(cls, text: str) -> str:
        if text and not re.fullmatch(r"https?://[^/?#\s@]+(/[^?#\s]*)?", text):
            raise ValueError("must be an address such as https://desk.example.org")
        return text.rstrip("/")

    @field_validator("embed_origins")
    @classmethod
    def _origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?", origin):
                raise ValueError("must be origins such as https://town.example.org, without a path")
        return origins

    @field_validator("trusted_proxies", "embed_origins", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


class TemplateSection(_Section):
    """A template message of the account: its id, what each of its fields shows, and where a tap leads."""

    id: str
    fields: dict[str, str]
    url: str = ""


class WeChatSection(_Section):
    """What the WeChat console shows. Off while nothing is set. ``templates`` are by what they are for."""

    app_id: str = ""
    app_secret: SecretStr = SecretStr("")
    token: SecretStr = SecretStr("")
    encoding_aes_key: SecretStr = SecretStr("")
    previous_encoding_aes_key: SecretStr = SecretStr("")
    api_base: str = "https://api.weixin.qq.com"
    allow_plain: bool = False
    customer_service: bool = False
    templates: dict[str, TemplateSection] = {}

    def missing(self) -> Iterator[str]:
        """Names of what it cannot work without."""
        for name in ("app_id", "app_secret", "token"):
            if not _plain(getattr(self, name)):
                yield name
        if not (self.allow_plain or self.encoding_aes_key.get_secret_value()):
            yield "encoding_aes_key"


class TelegramSection(_Section):
    """What BotFather gave, and how updates come. Off while nothing is set.

    ``mode`` "" means webhook when there is a secret token for it, and polling otherwise.
    """

    token: SecretStr = SecretStr("")
    mode: Literal["webhook", "polling", ""] = ""
    secret_token: SecretStr = SecretStr("")
    api_base: str = "https://api.telegram.org"
    file_base: str = ""

    @property
    def way(self) -> str:
        """How updates come: webhook or polling."""
        return self.mode or ("webhook" if self.secret_token.get_secret_value() else "polling")

    def missing(self) -> Iterator[str]:
        """Names of what it cannot work without."""
        if not self.token.get_secret_value():
            yield "token"
        if self.mode == "webhook" and not self.secret_token.get_secret_value():
            yield "secret_token"


class LogSettings(_Section):
    """How much is logged, and as lines for people or as JSON."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    format: Literal["console", "json"] = "console"

    @field_validator("level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value


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
    web: WebSettings = WebSettings()
    wechat: WeChatSection = WeChatSection()
    telegram: TelegramSection = TelegramSection()
    log: LogSettings = LogSettings()

    def make_folder(self) -> None:
        """Make the data folder, for us alone. Raises ConfigurationError."""
        try:
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(env_name("data"), f"{self.data} cannot be made: {error.strerror}") from None

    def secrets(self) -> list[str]:
        """Every secret in clear, for the log to hide."""
        return [text for text in _secrets(self) if text]


def load(config: Path | None = None, data: Path | None = None) -> Settings:
    """The settings of a file, the environment, and what the command line says about the data folder.

    Raises ConfigurationError with the name of the key that is unknown, wrong or missing.
    """
    written = _read(config) if config is not None else {}

    class Loaded(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, env_settings, InitSettingsSource(settings_cls, written)

    _check_environment()
    given: dict[str, Any] = {} if data is None else {"data": data}
    try:
        settings = Loaded(**given)
    except ValidationError as error:
        found = error.errors(include_input=False, include_context=False, include_url=False)[0]
        raise _wrong(found["loc"], found["type"], found["msg"], config) from None
    except SettingsError as error:  # a section given as JSON that is none
        raise ConfigurationError(_section_of(str(error)), "is not readable") from None
    for name in ("wechat", "telegram"):
        section: WeChatSection | TelegramSection = getattr(settings, name)
        if section.touched and (missing := list(section.missing())):
            also = f" (also missing: {', '.join(env_name(name, key) for key in missing[1:])})" if missing[1:] else ""
            raise ConfigurationError(env_name(name, missing[0]), f"is missing, or leave all of {name} out{also}")
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


def _check_environment() -> None:
    """Refuse variables with our prefix that mean nothing: a typo must not be silent."""
    for variable in os.environ:
        if not variable.upper().startswith(PREFIX) or variable.upper() == CONFIG:
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
        inner = type(default).model_fields if isinstance(default, _Section) else {}
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


def _plain(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _secrets(model: BaseModel) -> Iterator[str]:
    values: Mapping[str, Any] = model.__dict__
    for value in values.values():
        match value:
            case SecretStr():
                yield value.get_secret_value()
            case BaseModel():
                yield from _secrets(value)
            case _:
                pass
