"""The sections of the settings: storage, web, the platforms, the log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import NoDecode

from bot.domain.buckets import Rate
from bot.domain.flood import Figures


def plain(value: Any) -> Any:
    """A value with a secret in clear."""
    return value.get_secret_value() if isinstance(value, SecretStr) else value


class Section(BaseModel):
    """A part of the settings; a key it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @property
    def touched(self) -> bool:
        """Whether anything in it is set."""
        return self != type(self)()

    def plain(self) -> dict[str, Any]:
        """Its values with secrets in clear."""
        return {name: plain(getattr(self, name)) for name in type(self).model_fields}


class StorageSettings(Section):
    """``url`` of the database ("" = SQLite in the data folder); at most ``batch_max`` turns share a commit.

    With several workers: ``listen_url`` is the address at which they hear of each other ("" = ``url``; behind a pooler
    that of the server itself), ``lease_seconds`` after how long others take over what a silent worker had.
    ``drill_url`` is an empty database that restore drills fill and empty again.
    """

    url: SecretStr = SecretStr("")
    batch_max: Annotated[int, Field(ge=1, le=4096)] = 256
    listen_url: SecretStr = SecretStr("")
    drill_url: SecretStr = SecretStr("")
    lease_seconds: Annotated[float, Field(ge=1, le=300)] = 15.0


class MediaSection(Section):
    """Where people's files are: ``url`` "" is the data folder, ``s3://bucket/prefix`` a bucket.

    ``endpoint`` is the server ("" = Amazon's for the ``region``), reached without https only where ``allow_http`` says
    so; ``path_style``: the bucket stands in the path and not in the host's name. Without ``key_id`` and ``secret`` the
    machine's role or its AWS_ variables are used.
    """

    url: str = ""
    allow_http: bool = False
    endpoint: str = ""
    region: str = "us-east-1"
    key_id: SecretStr = SecretStr("")
    secret: SecretStr = SecretStr("")
    path_style: bool = True

    @field_validator("url")
    @classmethod
    def _bucket(cls, text: str) -> str:
        if text and not re.fullmatch(r"s3://[A-Za-z0-9][A-Za-z0-9._-]{1,62}(/[A-Za-z0-9._/-]*)?", text):
            raise ValueError("must be like s3://bucket/prefix, or be left out for the data folder")
        return text.rstrip("/")

    @field_validator("endpoint")
    @classmethod
    def _server(cls, text: str, info: ValidationInfo) -> str:
        if text and not re.fullmatch(r"https?://[^/?#\s@]+", text.rstrip("/")):
            raise ValueError("must be an address such as https://s3.example.org")
        if text.startswith("http://") and not info.data.get("allow_http"):
            raise ValueError("must begin with https://, unless media.allow_http is true")
        return text.rstrip("/")

    def missing(self) -> Iterator[str]:
        """Names of what it cannot work without."""
        if not self.url:
            yield "url"
        given = [bool(secret.get_secret_value()) for secret in (self.key_id, self.secret)]
        if any(given) and not all(given):
            yield "secret" if given[0] else "key_id"


PRIVATE_NETWORKS = (
    *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"),
    *("::1/128", "fc00::/7", "fe80::/10"),
)
"""This machine, and networks that nobody reaches from outside."""


class LimitSettings(Section):
    """How much one person and one channel is answered; whatever is beyond is stored and answered together.

    ``person_at_once`` messages, then ``person_per_minute``; ``answers_per_hour`` to one person; the same words are
    answered ``same_words`` times; ``channel_at_once`` messages of a channel, then ``channel_per_second``.
    """

    person_at_once: Annotated[int, Field(ge=10, le=100_000)] = 60
    person_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 20
    answers_per_hour: Annotated[int, Field(ge=10, le=100_000)] = 240
    same_words: Annotated[int, Field(ge=2, le=10_000)] = 8
    channel_at_once: Annotated[int, Field(ge=10, le=1_000_000)] = 3000
    channel_per_second: Annotated[int, Field(ge=1, le=100_000)] = 300

    @property
    def figures(self) -> Figures:
        """The same for the rule."""
        return Figures(
            person=Rate(self.person_at_once, self.person_per_minute / 60),
            answers=Rate(self.answers_per_hour, self.answers_per_hour / 3600),
            same=self.same_words,
            channel=Rate(self.channel_at_once, self.channel_per_second),
        )


class WebSettings(Section):
    """Where the desk listens, and the address people reach it by ("" = where it listens).

    ``trusted_proxies``: addresses whose word about the visitor's address counts. ``embed_origins``: sites that may show
    the web chat in a frame (https://town.example). ``public_page``: whether everybody may look at ``/public``.
    ``operators``: networks from which ``/readyz`` and ``/metrics`` may be looked at.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    public_url: str = ""
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    embed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    public_page: bool = False
    operators: Annotated[tuple[str, ...], NoDecode] = PRIVATE_NETWORKS

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

    @field_validator("operators")
    @classmethod
    def _networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for each in networks:
            try:
                ip_network(each, strict=False)
            except ValueError:
                raise ValueError("must be networks such as 192.0.2.0/24 or 2001:db8::/32") from None
        return networks

    @field_validator("trusted_proxies", "embed_origins", "operators", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


class OutboxSection(Section):
    """``dry_run``: nothing is sent to any platform or program; what would have been is shown by ``main.py outbox``.
    ``dry_channels``: the same for some of them only (wechat, telegram, webhook)."""

    dry_run: bool = False
    dry_channels: Annotated[tuple[Literal["wechat", "telegram", "webhook"], ...], NoDecode] = ()

    @field_validator("dry_channels", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @property
    def dry(self) -> frozenset[str]:
        """The channels on which nothing is sent. The web chat is the desk's own page and is never among them."""
        return frozenset(("wechat", "telegram", "webhook")) if self.dry_run else frozenset(self.dry_channels)


class TemplateSection(Section):
    """A template message of the account: its id, what each of its fields shows, and where a tap leads."""

    id: str
    fields: dict[str, str]
    url: str = ""


class WeChatSection(Section):
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
            if not plain(getattr(self, name)):
                yield name
        if not (self.allow_plain or self.encoding_aes_key.get_secret_value()):
            yield "encoding_aes_key"


class TelegramSection(Section):
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


class SpeechSection(Section):
    """A service that hears what is said in voices: ``url`` is what stands before ``/v1/audio/transcriptions``.

    Off while nothing is set. ``key`` may stay empty for a server of one's own; ``language`` is a code such as zh, ""
    lets the service find out.
    """

    url: str = ""
    key: SecretStr = SecretStr("")
    model: str = "whisper-1"
    language: str = ""

    @field_validator("url")
    @classmethod
    def _address(cls, text: str) -> str:
        if text and not re.fullmatch(r"https?://[^/?#\s@]+(/[^?#\s]*)?", text):
            raise ValueError("must be an address such as https://speech.example.org")
        return text.rstrip("/")

    def missing(self) -> Iterator[str]:
        """Names of what it cannot work without."""
        for name in ("url", "model"):
            if not getattr(self, name):
                yield name


class AuditSection(Section):
    """``heads``: a folder on another disk where the signed heads of the audit record are kept too; it must be there."""

    heads: Path | None = None


class LogSettings(Section):
    """How much is logged, and as lines for people or as JSON."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    format: Literal["console", "json"] = "console"

    @field_validator("level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value
