"""The intake machine: which states a draft passes on its way to a ticket.

One machine serves everybody: it holds no model, is built once and never changed, and steps throw-away values.
Callbacks are not used; use cases decide, the machine only says whether a step exists and where it leads.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache

from transitions import Machine

from bot.errors import NotPossibleNow

# Its INFO lines cost more than the step itself.
logging.getLogger("transitions").setLevel(logging.WARNING)

OPEN = ["collecting", "placing", "choosing_area", "changing", "choosing_kind", "choosing_type", "rewording", "resuming"]
"""States in which a draft still belongs to its writer."""

ENDED = ["filed", "dropped", "handed_over", "added"]
"""A ticket was made; the writer let it go; staff decide about it; it became part of an older ticket."""

TRANSITIONS: list[dict[str, str | list[str]]] = [
    # trigger        from                                   to
    {"trigger": "tell", "source": OPEN, "dest": "collecting"},
    {"trigger": "ask_place", "source": OPEN, "dest": "placing"},
    {"trigger": "offer_areas", "source": OPEN, "dest": "choosing_area"},
    {"trigger": "change", "source": OPEN, "dest": "changing"},
    {"trigger": "change_kind", "source": OPEN, "dest": "choosing_kind"},
    {"trigger": "change_type", "source": OPEN, "dest": "choosing_type"},
    {"trigger": "change_words", "source": OPEN, "dest": "rewording"},
    {"trigger": "settle", "source": OPEN, "dest": "collecting"},
    {"trigger": "doubt", "source": ["collecting"], "dest": "resuming"},
    {"trigger": "file", "source": OPEN, "dest": "filed"},
    {"trigger": "drop", "source": OPEN, "dest": "dropped"},
    {"trigger": "hand_over", "source": OPEN, "dest": "handed_over"},
    {"trigger": "add_to_ticket", "source": OPEN, "dest": "added"},
]

INTAKE = Machine(
    model=None,
    states=[*OPEN, *ENDED],
    transitions=TRANSITIONS,
    initial="collecting",
    auto_transitions=False,
    send_event=True,
    queued=False,
)


@dataclass(slots=True)
class _Step:
    state: str


@cache
def step(state: str, trigger: str) -> str:
    """The state after a trigger. Raises NotPossibleNow where the machine has no such step.

    The machine never changes and has no callbacks, so each step is asked of it once and then remembered.
    """
    event = INTAKE.events[trigger]
    if state not in event.transitions:
        raise NotPossibleNow(status=state, action=trigger, possible=INTAKE.get_triggers(state))
    walker = _Step(state)
    event.trigger(walker)
    return walker.state
