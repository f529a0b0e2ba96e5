"""Choosing units: assign, assist, joint session, tier, kind and type."""

from __future__ import annotations

from handlers.staff.command import table

COMMANDS = table()
