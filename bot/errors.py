"""Everything that can go wrong, as one tree.

::

    DeskError                     has a locale key and its parameters, so anybody can be told
    ├── Refusal                   a rule of the desk says no; it becomes a reply
    │   ├── NotPossibleNow        the ticket's state forbids the act
    │   └── NotFound              no such thing, or none this person may see (the words are the same)
    ├── BadRequest                what came in over a wire cannot be used
    │   ├── Forged                not proven to come from the platform: one shape for every cause
    │   └── Malformed             proven, yet not readable
    ├── StoreError
    │   ├── Conflict              another turn decided on the same state first: decide again
    │   │   └── AlreadyFired      this very timer was answered before: there is nothing to decide
    │   ├── AlreadyAnswered       this very message was answered before; carries that answer
    │   ├── LeaseLost             another worker does this now
    │   ├── Unstorable            this change-set, and only this one, cannot be written (poison)
    │   └── StoreUnavailable      the database is away, locked or full: nothing was acknowledged
    │       └── MediaUnavailable  only the place of files is: messages are taken all the same
    ├── Lethal                    deciding this took the whole process with it, again and again
    └── ConfigurationError        settings, town file or texts are wrong; says where and why
"""

from __future__ import annotations

from typing import Any


class DeskError(Exception):
    """Base of all errors of the desk; ``key`` names a text in the catalogue."""

    key = "error.unexpected"

    def __init__(self, key: str | None = None, **params: Any) -> None:
        super().__init__(key or self.key, params)
        self.key = key or self.key
        self.params = params

    def __str__(self) -> str:
        details = ", ".join(f"{name}={value}" for name, value in self.params.items())
        return f"{self.key}({details})" if details else self.key


class Refusal(DeskError):
    """A rule of the desk says no. It is answered, never logged as a fault."""


class NotPossibleNow(Refusal):
    """The ticket's state forbids the act. Parameters: ``status``, ``action``, ``possible``."""

    key = "refusal.not_possible_now"


class NotFound(Refusal):
    """No such thing, or none that this person may see: the words are the same."""

    key = "refusal.not_found"


class BadRequest(DeskError):
    """What came in over a wire cannot be used."""

    key = "error.bad_request"


class Forged(BadRequest):
    """The request is not proven to come from the platform. The cause is never told."""

    key = "error.forged"


class Malformed(BadRequest):
    """The request is proven but not readable."""

    key = "error.malformed"


class StoreError(DeskError):
    """Something about keeping things."""

    key = "error.store"


class Conflict(StoreError):
    """Another turn decided on the same state first; this one must decide again on fresh state."""

    key = "error.conflict"


class AlreadyFired(Conflict):
    """This very timer was answered before; there is nothing to decide any more."""


class AlreadyAnswered(StoreError):
    """This very message was answered before.

    ``answer`` is the stored `bot.message.Answer`; it is typed loosely because errors stand below messages.
    """

    key = "error.already_answered"

    def __init__(self, answer: object) -> None:
        super().__init__()
        self.answer = answer


class LeaseLost(StoreError):
    """Another worker does now what was done under this lease; nothing was written."""

    key = "error.lease_lost"


class Unstorable(StoreError):
    """This change-set, and only this one, cannot be written."""

    key = "error.unstorable"


class StoreUnavailable(StoreError):
    """The database is away, locked or full. Nothing was acknowledged."""

    key = "error.store_unavailable"


class Lethal(DeskError):
    """Deciding this took the whole process with it, again and again: it is set aside undecided."""


class MediaUnavailable(StoreUnavailable):
    """The place of files is away or full; what is written in the database is not touched by that."""


class ConfigurationError(DeskError):
    """Settings, town file or texts are wrong. Parameters: ``where`` (key, or file and line), ``why``."""

    key = "error.configuration"

    def __init__(self, where: str, why: str) -> None:
        super().__init__(where=where, why=why)
        self.where = where
        self.why = why

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"
