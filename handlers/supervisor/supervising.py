"""Supervision orders."""

from __future__ import annotations

from handlers.staff.command import table

COMMANDS = table()
