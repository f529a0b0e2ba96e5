"""The pool, unconfirmed drafts, voices to hear, and people who want to talk."""

from __future__ import annotations

from handlers.staff.command import table

COMMANDS = table()
