"""Looking: the to-do list, a ticket's card, what happened so far, where pushes about it stand."""

from __future__ import annotations

from handlers.staff.command import table

COMMANDS = table()
