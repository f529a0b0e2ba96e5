"""What is done when a timer of a kind is due. Those that answer the person whose turn it is are the router's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bot.turn import Turn
from handlers.timers import (
    absences,
    answers,
    assists,
    boards,
    bulks,
    daily,
    decisions,
    ladder,
    news,
    orders,
    pauses,
    promises,
    recompute,
    reopenings,
    reviews,
    tasks,
    told,
    undelivered,
    weekly,
)

TIMERS: Mapping[str, Callable[[Turn], Awaitable[None]]] = {
    "rung": ladder.climb,
    "task": tasks.told,
    "fold": news.open_box,
    "news": told.tell_resident,
    "undelivered": undelivered.look,
    "question_delivered": pauses.delivered,
    "pause_reminder": pauses.reminder,
    "pause_ends": pauses.ends,
    "answer_leaves": answers.leave,
    "answer_delivered": reviews.delivered,
    "review_reminder": reviews.reminder,
    "review_ends": reviews.ends,
    "review_unreached": reviews.unreached,
    "reopen": reopenings.reopening,
    "decision": decisions.late,
    "promise": promises.due,
    "assist": assists.late,
    "order": orders.late,
    "bulk": bulks.go_on,
    "daily": daily.daily,
    "daily_list": daily.own_list,
    "weekly": weekly.weekly,
    "weekly_list": weekly.own_list,
    "board": boards.board,
    "board_list": boards.own_list,
    "recompute": recompute.recompute,
    **absences.TIMERS,
}
"""Kind -> use case."""
