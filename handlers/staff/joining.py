"""Joining and leaving: invitations, several addresses a person, leave, duty, removal."""

from __future__ import annotations

from handlers.staff.command import table

COMMANDS = table()
