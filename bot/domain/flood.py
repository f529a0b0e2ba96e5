"""Answering less: when somebody, or a program in their name, writes more than anybody reads answers to.

What they write is stored and collected as always; only the desk's automatic answers are held back, and when it is calm
again one answer covers them all. Three things are looked at, each in a bucket or a count of its own:

``rate``     messages: an album of ten photos, or twenty messages in a storm night, never reach it
``hour``     answers in an hour: two programs that talk with each other come to an end
``same``     the same words again and again: a program that repeats itself
``channel``  a channel as a whole is flooded: whoever has used half of their own share is answered later

Once over a limit somebody stays over it until half of what they may do at once is there again: a trickle of answers
would feed a loop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from bot.domain.buckets import Level, Rate, full, risen, taken, until

RATE, HOUR, SAME, CHANNEL = "rate", "hour", "same", "channel"
PERSON = Rate(60, 20 / 60)
"""Messages of a person: nobody types sixty within a few minutes, six albums in one breath are no album."""

ANSWERS = Rate(240, 240 / 3600)
"""Automatic answers to a person: one every fifteen seconds for a whole hour."""

CHANNELS = Rate(3000, 300)
"""Messages of a channel: ten times what a big city's account takes in a storm."""

SAME_WITHIN = 600.0
"""Seconds after which the same words are no repeat any more."""

ALARMS = Rate(5, 1 / 60)
"""What to do in a danger is said whatever else is held back: five times at once, then once a minute."""

AGAIN = 0.5
"""So much of what somebody may do at once must be there again before they are answered."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The limits. ``person``: messages; ``answers``: automatic answers; ``same``: so often the same words are answered;
    ``channel``: messages of a whole channel."""

    person: Rate = PERSON
    answers: Rate = ANSWERS
    same: int = 8
    channel: Rate = CHANNELS


class Seen(NamedTuple):
    """What is known of one person: their buckets, whether they are over a limit, what they said last and how often."""

    messages: Level
    answers: Level
    alarms: Level
    over: str = ""
    said: int = 0
    same: int = 0
    said_at: float = 0.0


def met(figures: Figures, now: float) -> Seen:
    """Somebody nothing is known of."""
    return Seen(full(figures.person, now), full(figures.answers, now), full(ALARMS, now))


def judged(figures: Figures, seen: Seen, said: int, now: float, *, crowded: bool = False) -> Seen:
    """What is known after one more message; ``over`` says why it is not answered at once, "" when it is.

    ``said`` stands for its words, 0 for none. ``crowded``: the whole channel is over its rate.
    """
    messages, wait = taken(figures.person, seen.messages, now)
    answers = risen(figures.answers, seen.answers, now)
    repeats = said != 0 and said == seen.said and now - seen.said_at <= SAME_WITHIN
    same = seen.same + 1 if repeats else 1
    over = seen.over if seen.over in (RATE, HOUR, CHANNEL) else ""
    if over and _calm(figures, risen(figures.person, seen.messages, now), answers, over):
        over = ""
    if wait:
        over = RATE
    elif not over and answers.left < 1:
        over = HOUR
    elif not over and same > figures.same:
        over = SAME
    elif not over and crowded and messages.left < figures.person.burst * AGAIN:
        over = CHANNEL
    return Seen(messages, answers, seen.alarms, over, said, same, now)


def _calm(figures: Figures, messages: Level, answers: Level, over: str) -> bool:
    if over == HOUR:
        return answers.left >= figures.answers.burst * AGAIN
    return messages.left >= figures.person.burst * AGAIN


def answered(figures: Figures, seen: Seen, now: float) -> Seen:
    """What is known after the desk said something."""
    return seen._replace(answers=taken(figures.answers, seen.answers, now)[0])


def alarmed(seen: Seen, now: float) -> tuple[Seen, bool]:
    """What is known after a danger, and whether what to do is said once more."""
    alarms, wait = taken(ALARMS, seen.alarms, now)
    return seen._replace(alarms=alarms), not wait


def calm_in(figures: Figures, seen: Seen, now: float) -> float:
    """Seconds until they would be answered again if they said nothing more; 0.0 for now."""
    match seen.over:
        case "":
            return 0.0
        case "same":
            return max(0.0, seen.said_at + SAME_WITHIN - now)
        case "hour":
            return until(figures.answers, seen.answers, now, figures.answers.burst * AGAIN)
        case _:
            return until(figures.person, seen.messages, now, figures.person.burst * AGAIN)
