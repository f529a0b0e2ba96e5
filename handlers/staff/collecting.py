"""Filing for somebody else, and the slip they get."""

from __future__ import annotations

from handlers.staff.command import table

COMMANDS = table()
