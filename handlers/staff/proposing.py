"""What somebody with more say decides: objection, extension, raise, decline, merge."""

from __future__ import annotations

from handlers.staff.command import table

COMMANDS = table()
