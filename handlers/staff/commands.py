"""Every command of staff, by name."""

from __future__ import annotations

from collections.abc import Mapping

from handlers.staff import (
    absence,
    answering,
    asking,
    calling_back,
    covering,
    duty,
    filing_for,
    inviting,
    joining,
    looking,
    manual,
    people,
    phoning,
    proposing,
    signing_in,
    taking,
    transcribing,
    undoing,
    unmasking,
)
from handlers.staff.command import Command
from handlers.supervisor import (
    assigning,
    boards,
    bulk,
    classifying,
    deciding,
    finding,
    glance,
    helping,
    holds,
    ideas,
    judging,
    merging,
    queues,
    releasing,
    reopening,
    sampling,
    sharing_photos,
    special_desk,
    supervising,
    talking,
    tracing,
)

_MODULES = (
    *(joining, looking, taking, asking, answering, proposing, filing_for, calling_back, phoning, unmasking, covering),
    *(deciding, assigning, helping, classifying, merging, supervising, tracing, judging, sampling),
    *(queues, reopening, releasing, talking, finding, ideas, special_desk, glance, boards, bulk, sharing_photos, holds),
    *(absence, duty, inviting, people, transcribing, undoing, signing_in, manual),
)

COMMANDS: Mapping[str, Command] = {name: command for module in _MODULES for name, command in module.COMMANDS.items()}
"""In the order in which the help lists them."""
