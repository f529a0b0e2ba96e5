"""Search, the desk at a glance, and acts on many tickets at once."""

from __future__ import annotations

from handlers.staff.command import table

COMMANDS = table()
