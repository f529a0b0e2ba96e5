"""The acts on the page of a ticket: no command of the chat is forgotten, and all that is computed has words."""

from __future__ import annotations

import pytest

from bot.domain.colour import Colour
from bot.message import Choice, Reply
from bot.web.replies import Pressable, shown
from handlers.pages import acts, steps
from handlers.staff.cards import DELIVERY
from handlers.staff.commands import COMMANDS
from handlers.staff.offering import OFFERED
from tests.dialogue.stage import texts

ELSEWHERE = {
    "see": "it is the page",
    "approve": "beside what is proposed",
    "refuse": "beside what is proposed",
    "undo": "where the last step was one's own",
    "remind": "the first grade of supervise",
}
"""Commands about a ticket that are no form of their own."""

LINKS = ("repeats", "split_from", "follows", "special", "merged")


def test_every_command_about_a_ticket_can_be_given_on_its_page() -> None:
    chat = {name for name, command in COMMANDS.items() if command.ticket is not None and not command.hidden}
    page = {*OFFERED, *acts.MORE, *ELSEWHERE}
    assert chat - page == set()
    assert page - {"unmask"} <= chat


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_what_is_computed_has_words(locale: str) -> None:
    there = texts().words(locale).texts.keys()
    wanted = {f"button.{name}" for name in OFFERED} | {f"ticket.act.{name}" for name in (*acts.MORE, "undo")}
    wanted |= {f"ticket.hint.{name}" for name in acts.HINTS} | {f"ticket.detail.{name}" for name in steps.DETAILS}
    wanted |= {f"ticket.look.{what}" for what in steps.LOOKS} | {f"ticket.push.{state}" for state in DELIVERY.values()}
    wanted |= {f"ticket.link.{kind}{end}" for kind in LINKS for end in ("", "_back")}
    wanted |= {f"ticket.colour.{colour.name.lower()}" for colour in Colour} | {"ticket.push.on_its_way"}
    assert wanted - there == set()


def test_a_reply_links_the_tickets_it_names_and_presses_the_rest() -> None:
    number, other = "260304-00011", "260304-00026"
    choices = (
        Choice(f"{number}:see", "Look"),
        Choice(f"{other}:see", "Look there"),
        Choice(f"{number}:answer", "Answer"),
        Choice(f"{number}:answer_send=ab", "Send"),
        Choice("staff:todo", "To do"),
    )
    said = shown(Reply(f"{number} goes with {other}.\n13812345678-12345", choices), number, {"answer"})
    assert said.lines[0] == ((number, number), (" goes with ", ""), (other, other), (".", ""))
    assert said.lines[1] == (("13812345678-12345", ""),)
    assert said.buttons == (
        Pressable("Look there", address=f"/staff/tickets/{other}"),
        Pressable("Send", token=f"{number}:answer_send=ab"),
        Pressable("To do", address="/staff/"),
    )
