"""The section of the settings that says how long what is kept."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.settings_sections import Section

Days = Annotated[int, Field(ge=0, le=36_500)]


class RetentionSection(Section):
    """Days for which each class of data is kept, 0 for ever; `bot.retention.CLASSES` says what each is, and why."""

    payloads: Days = 30
    talk: Days = 180
    unfiled: Days = 60
    sessions: Days = 365
    files: Days = 730
    codes: Days = 30
    quarantine: Days = 30
    looks: Days = 1095
    invitations: Days = 90
    receipts: Days = 1095
