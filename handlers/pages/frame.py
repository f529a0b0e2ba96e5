"""Who looks at a page of staff, and which pages they may open: the menu is one table, asked of `may`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.domain.permission import Act
from bot.errors import NotFound
from bot.turn import Turn
from bot.views.frame import Frame
from handlers.naming import unit_name
from handlers.staff.commands import COMMANDS
from handlers.staff.me import Me, acting

STAFF = "/staff/"
"""Where all pages of staff are, on this desk."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A page that stands in the menu under ``menu.<name>`` of the catalogue, at a path below `STAFF`, for whoever may
    do one of these acts."""

    name: str
    path: str
    acts: tuple[Act, ...]

    @property
    def address(self) -> str:
        """Where it is, without the host."""
        return f"{STAFF}{self.path}"


QUEUES = (Act.POOL, Act.RELEASE, Act.COLLECT, Act.TALK, Act.DESK, Act.SAMPLE, Act.SPECIALS)
"""Whoever may do one of these has a queue; see `handlers.pages.queues`."""

MENU: tuple[Entry, ...] = (
    Entry("morning", "morning", (Act.TODO,)),
    Entry("tickets", "tickets", (Act.TODO,)),
    Entry("queues", "queues", QUEUES),
    Entry("search", "search", (Act.FIND,)),
    Entry("ideas", "ideas", (Act.IDEAS,)),
    Entry("dashboard", "dashboard", (Act.BOARDS,)),
    Entry("boards", "boards", (Act.BOARDS,)),
    Entry("export", "export", (Act.EXPORT,)),
    Entry("account", "account", (Act.PAGES,)),
)
"""Every page of the menu, in its order; `STAFF` itself leads to the first that somebody may open."""


async def at_page(turn: Turn) -> Me:
    """The member of staff who looks. Raises NotFound for anybody else."""
    found = await acting(turn, turn.address)
    if found is None:
        raise NotFound()
    turn.works_here = True
    return replace(found, commands=COMMANDS)


def opened(me: Me) -> tuple[Entry, ...]:
    """The pages of the menu that somebody may open."""
    return tuple(entry for entry in MENU if any(me.may(act) for act in entry.acts))


def frame(turn: Turn, me: Me, current: str = "") -> Frame:
    """The frame of a page; ``current`` is the name of its entry in the menu."""
    return Frame(
        name=me.staff.name,
        role=turn.words(f"role.{me.staff.role}"),
        unit=unit_name(turn, me.staff.unit) if me.staff.unit else turn.words("people.desk"),
        menu=tuple((entry.address, turn.words(f"menu.{entry.name}"), entry.name == current) for entry in opened(me)),
    )


async def account(turn: Turn) -> Frame:
    """The page of one's own sign-in."""
    return frame(turn, await at_page(turn), "account")


async def first_page(turn: Turn) -> str:
    """Where `STAFF` leads to for whoever looks."""
    return opened(await at_page(turn))[0].address
