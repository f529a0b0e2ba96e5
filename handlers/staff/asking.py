"""Asking the resident: the clock stands from the delivery of the question."""

from __future__ import annotations

from handlers.staff.command import table

COMMANDS = table()
