"""Who may open which copy of a file, as one table that was read by a person before it was written down here."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bot.domain.evidence import Asker, Copy, File, Sender, may_open
from bot.domain.people import Role
from bot.domain.permission import Person
from bot.domain.ticket import Ticket
from bot.domain.work import Work
from tests.unit.test_permission import PEOPLE, TICKET

PHOTO = File(type="photo", mime="image/jpeg", sender=Sender.FILER, copied=True)
BOXED = File(type="photo", mime="image/jpeg", sender=Sender.FILER, copied=True, boxed=True)
BROKEN = File(type="photo", mime="image/jpeg", sender=Sender.FILER)
VOICE = File(type="voice", mime="audio/amr", sender=Sender.FILER, copied=True)
FILM = File(type="video", mime="video/mp4", sender=Sender.FILER, copied=True)
SILK = File(type="voice", mime="audio/silk", sender=Sender.FILER)
PAPER = File(type="file", mime="application/pdf", sender=Sender.FILER)
PAGE = File(type="file", mime="text/html", sender=Sender.FILER)

TABLE = """
                        handler  lead  supervisor  collector  admin
photo.shown             yes      yes   yes         -          yes
photo.thumb             yes      yes   yes         -          yes
photo.original          -        yes   yes         -          -
boxed.shown             -        yes   yes         -          -
boxed.thumb             -        yes   yes         -          -
boxed.boxed             yes      yes   yes         -          yes
broken.original         -        yes   yes         -          -
voice.sound             yes      yes   yes         -          yes
voice.original          -        yes   yes         -          -
film.poster             yes      yes   yes         -          yes
film.video              yes      yes   yes         -          yes
silk.original           yes      yes   yes         -          yes
paper.original          yes      yes   yes         -          yes
page.original           -        yes   yes         -          -
hidden_photo.shown      yes      yes   yes         -          yes
hidden_photo.original   -        yes   yes         -          -
hidden_voice.sound      -        -     yes         -          -
hidden_voice.original   -        -     yes         -          -
hidden_film.poster      yes      yes   yes         -          yes
hidden_film.video       -        -     yes         -          -
hidden_silk.original    -        -     yes         -          -
hidden_paper.original   -        yes   yes         -          -
wordless_voice.sound    yes      yes   yes         yes        yes
wordless_photo.shown    yes      yes   yes         -          yes
wordless_voice.original -        yes   yes         -          -
wordless_hidden.sound   -        -     yes         -          -
"""
FILES = {
    "photo": (TICKET, PHOTO),
    "boxed": (TICKET, BOXED),
    "broken": (TICKET, BROKEN),
    "voice": (TICKET, VOICE),
    "film": (TICKET, FILM),
    "silk": (TICKET, SILK),
    "paper": (TICKET, PAPER),
    "page": (TICKET, PAGE),
    **{
        f"hidden_{name}": (replace(TICKET, hidden=True), file)
        for name, file in {"photo": PHOTO, "voice": VOICE, "film": FILM, "silk": SILK, "paper": PAPER}.items()
    },
    "wordless_voice": (replace(TICKET, text=""), VOICE),
    "wordless_photo": (replace(TICKET, text=""), PHOTO),
    "wordless_hidden": (replace(TICKET, text="", hidden=True), VOICE),
}


def rows() -> list[tuple[str, str, bool]]:
    head, *lines = (line.split() for line in TABLE.strip().splitlines())
    return [(what, who, said == "yes") for what, *cells in lines for who, said in zip(head, cells, strict=True)]


@pytest.mark.parametrize(("what", "who", "allowed"), rows())
def test_staff(what: str, who: str, allowed: bool) -> None:
    name, _, kind = what.partition(".")
    ticket, file = FILES[name]
    assert may_open(Asker(person=PEOPLE[who]), ticket, file, Copy(kind)) is allowed


@pytest.mark.parametrize("kind", Copy)
@pytest.mark.parametrize("file", [PHOTO, VOICE, FILM, PAPER, SILK])
def test_nobody_opens_files_of_an_own_case_elsewhere_or_behind_the_wall(file: File, kind: Copy) -> None:
    chosen = replace(TICKET, walled=True)
    elsewhere = replace(TICKET, unit="water")
    about = replace(TICKET, work=Work(about=("me",)))
    for who in ("handler", "lead"):
        person = PEOPLE[who]
        assert not may_open(Asker(person=person, mine=True), TICKET, file, kind)
        for ticket in (chosen, elsewhere, about):
            assert not may_open(Asker(person=person), ticket, file, kind)
    assert not may_open(Asker(person=PEOPLE["supervisor"]), chosen, file, kind)
    assert not may_open(Asker(person=PEOPLE["marked"]), about, file, kind)


def test_behind_the_wall_a_unit_sees_what_its_own_people_sent() -> None:
    chosen = replace(TICKET, walled=True)
    ours = File(type="photo", mime="image/jpeg", sender=Sender.UNIT, copied=True)
    assert may_open(Asker(person=PEOPLE["handler"]), chosen, ours, Copy.SHOWN)
    assert not may_open(Asker(person=PEOPLE["handler"]), chosen, PHOTO, Copy.SHOWN)
    assert may_open(Asker(person=PEOPLE["marked"]), chosen, PHOTO, Copy.ORIGINAL)


RESIDENTS = """
                    filer  joined  nobody
self.photo.shown    yes    yes     -
self.boxed.shown    yes    yes     -
self.voice.sound    yes    yes     -
self.photo.original -      -       -
self.broken.original yes   yes     -
filer.photo.shown   yes    -       -
filer.boxed.shown   -      -       -
filer.boxed.boxed   yes    -       -
filer.voice.sound   yes    -       -
joined.photo.shown  -      -       -
staff.photo.shown   -      -       -
answer.photo.shown  yes    yes     -
answer.boxed.shown  -      -       -
answer.boxed.boxed  yes    yes     -
answer.paper.original yes  yes     -
answer.page.original -     -       -
"""


def residents() -> list[tuple[str, str, bool]]:
    head, *lines = (line.split() for line in RESIDENTS.strip().splitlines())
    return [(what, who, said == "yes") for what, *cells in lines for who, said in zip(head, cells, strict=True)]


@pytest.mark.parametrize(("what", "who", "allowed"), residents())
def test_residents(what: str, who: str, allowed: bool) -> None:
    sender, name, kind = what.split(".")
    ticket, file = FILES[name]
    of_an_answer = sender == "answer"
    file = File(
        type=file.type,
        mime=file.mime,
        sender=Sender.STAFF if of_an_answer else Sender(sender),
        answered=of_an_answer,
        boxed=file.boxed,
        copied=file.copied,
    )
    role = {"filer": "filer", "joined": "joined", "nobody": ""}[who]
    assert may_open(Asker(role=role), ticket, file, Copy(kind)) is allowed


def test_a_handler_hears_the_voice_of_a_colleague_in_a_hidden_persons_case() -> None:
    ours = File(type="voice", mime="audio/amr", sender=Sender.STAFF, copied=True)
    hidden: Ticket = replace(TICKET, hidden=True)
    assert may_open(Asker(person=PEOPLE["handler"]), hidden, ours, Copy.SOUND)
    assert not may_open(Asker(person=Person("x", Role.RESIDENT)), hidden, ours, Copy.SOUND)
