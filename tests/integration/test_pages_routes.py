"""Every page there is, and who may open it: one table, read by a person before it was written down here.

A route that is registered and not in the table fails the build, and so does a row without a route. To add a page, add
its line: method and path as ``tests`` print them (patterns left out), then one of

    anyone        opens without signing in
    link          a resident's page: whatever stands in the place of a signed link is not found
    staff C...    the letters of those who may open it (for POST: whose forms are taken), see `WHO`; ``-`` nobody.
                  Everybody else signed in gets 403 or 404; who is not signed in is led to the sign-in.
                  A POST of staff without the form's proof must be refused whoever sends it: that is tried for each.
    ticket CELLS  a page about one ticket: a cell for each of `WHO` with the letters of the tickets they may open:
                  u of their unit, o of another, w walled without a unit, m their own matter as a resident,
                  n a number that is nobody's. What they may not open is all the same 404.

A path with further parameters takes its examples from `GIVEN`, a query from `ASKED`.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from bot.changes import Changes, Reporter
from bot.domain.numbers import make
from bot.domain.ticket import Status, Ticket, Type
from tests.dialogue.stage import Stage, stage
from tests.fakes.changesets import kept
from tests.fakes.clerk import Clerk, clerk

WHO = ("handler", "lead", "supervisor", "marked", "collector", "admin")
LETTERS = dict(zip("hlsmca", WHO, strict=True))
TABLE = """
GET  /static/{version}/{name}               anyone
GET  /public                                anyone
GET  /public/boards/{key}                   anyone
GET  /public/files/{id}/{kind}              link
GET  /find                                  anyone
POST /find                                  anyone
GET  /t/{link}                              link
POST /t/{link}                              link
GET  /t/{link}/slip                         link
GET  /t/{link}/files/{id}/{kind}            link
POST /t/{link}/files/{id}/words             link
GET  /staff/sign-in                         anyone
GET  /staff/enter/{code}                    anyone
POST /staff/enter/{code}                    anyone
GET  /staff/                                staff hlsmca
GET  /staff/account                         staff hlsmca
POST /staff/sign-out                        staff hlsmca
POST /staff/sign-out-everywhere             staff hlsmca
POST /staff/act                             staff hlsmca
GET  /staff/morning                         staff hlsmca
GET  /staff/tickets                         staff hlsmca
GET  /staff/search                          staff lsma
GET  /staff/ideas                           staff hlsmca
GET  /staff/queues                          staff hlsmca
GET  /staff/queues/{name}                   staff sma
GET  /staff/bulk                            staff sm
POST /staff/bulk                            staff sm
GET  /staff/dashboard                       staff lsma
GET  /staff/boards                          staff lsma
GET  /staff/boards/unit                     staff lsma
GET  /staff/boards/tickets                  staff lsma
GET  /staff/boards/publish                  staff -
POST /staff/boards/publish                  staff sma
GET  /staff/export                          staff lsma
POST /staff/export                          staff lsma
GET  /staff/export/{id}                     staff -
GET  /staff/tickets/{number}                ticket u u uo uow - uo
GET  /staff/tickets/{number}/file           ticket u u uo uow - uo
GET  /staff/tickets/{number}/history        ticket - u uo uow - uo
GET  /staff/files/{number}/{id}/box         ticket - - - - - -
POST /staff/files/{number}/{id}/box         ticket - - - - - -
POST /staff/files/{number}/{id}/share       ticket - - - - - -
GET  /staff/files/{number}/{id}/{kind}      ticket - - - - - -
"""
"""Files: tickets here have none, so each is not found; who may have which, test_pages_evidence.py says.
Nothing can be published here: test_pages_dashboard.py says who may. What is below /open311/ checks keys of its own:
test_open311.py."""

KEYED = "/open311/"
GIVEN = {
    "version": "000000000000",
    "name": "pool",
    "key": "2026-W09",
    "link": "1.own.260304-00011.AAAAAAAAAAAA.1772586000.1780362000.AAAAAAAAAAAAAAAAAAAAAA",
    "id": "AAAAAAAAAAAA",
    "kind": "shown",
    "code": "AAAAA-AAAAA",
}
ASKED = {
    "/staff/boards/unit": "?unit=transport",
    "/staff/boards/tickets": "?of=now",
}
"""What an address asks for, where it must ask for something."""

START = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)
DAY = START.date()
NUMBERS = {letter: make(DAY, place) for place, letter in enumerate("uown", 1)}
OWN = {who: make(DAY, place) for place, who in enumerate(WHO, 11)}
_PATTERN = re.compile(r":(?:[^{}]|\{[^{}]*\})*\}")


def rows() -> list[tuple[str, str, str, str]]:
    found = []
    for line in TABLE.strip().splitlines():
        method, path, kind, *cells = line.split()
        found.append((method, path, kind, " ".join(cells)))
    return found


def named(route: web.RouteDef) -> tuple[str, str]:
    return route.method, _PATTERN.sub("}", route.path)


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[tuple[Stage, dict[str, Clerk]]]:
    """Somebody of each role with a browser, a ticket of each sort, and for each of them one they filed themselves."""
    async with stage("web", folder, START, staffed=True) as there:
        await there.open()
        clerks: dict[str, Clerk] = {}
        changes = Changes(at=START)
        try:
            for who in WHO:
                role = "supervisor" if who == "marked" else who
                details = {"name": who, "unit": "transport" if who in ("handler", "lead") else ""}
                details |= {"walled": "1"} if who == "marked" else {}
                phone = there.phones[who] = await there.new_phone("web")
                await there.employ(phone, role, details)
                clerks[who] = clerk(there)
                await clerks[who].sign_in(phone)
                changes.tickets[OWN[who]] = _ticket(OWN[who], "transport")
                changes.reporters.append(Reporter(OWN[who], phone.address, "filer", START))
            changes.tickets |= {
                NUMBERS["u"]: _ticket(NUMBERS["u"], "transport"),
                NUMBERS["o"]: _ticket(NUMBERS["o"], "urban_management"),
                NUMBERS["w"]: _ticket(NUMBERS["w"], "", walled=True),
            }
            changes.events += [event for ticket in changes.tickets.values() for event in kept(ticket).events]
            await there.store.commit(changes)
            yield there, clerks
        finally:
            for each in clerks.values():
                await each.http.close()


def _ticket(number: str, unit: str, *, walled: bool = False) -> Ticket:
    return Ticket(
        number=number,
        code="123456",
        alias="ABCD",
        type=Type.COMPLAINT,
        kind="roads",
        status=Status.IN_PROGRESS if unit else Status.FILED,
        source="web",
        channel="web",
        text="secret words",
        filed_at=START,
        dispatched_at=START if unit else None,
        due_at=START + timedelta(days=7),
        unit=unit,
        walled=walled,
    )


def filled(path: str, **given: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda name: {**GIVEN, **given}[name[1]], path)


async def refused(browser: Clerk, path: str) -> None:
    """A form without its proof is refused."""
    for fields in ({}, {"form": "x", "nonce": "x" * 12}):
        await browser.post(path, {"x": "1", **fields})
        assert browser.status in (400, 403, 404), path


async def test_every_page_is_in_the_table_and_the_table_holds(tmp_path: Path) -> None:
    async with town(tmp_path) as (there, clerks):
        registered = {named(route) for route in there.routes if not route.path.startswith(KEYED)}
        listed = {(method, path) for method, path, _, _ in rows()}
        assert registered == listed
        stranger = clerk(there)
        clerks["stranger"] = stranger
        problems = [problem async for problem in _problems(stranger, clerks)]
        assert not problems, "\n".join(problems)


async def _problems(stranger: Clerk, clerks: dict[str, Clerk]) -> AsyncIterator[str]:
    for method, path, kind, cells in rows():
        whole = filled(path, number=NUMBERS["u"])
        if kind == "anyone":
            await (stranger.get(whole) if method == "GET" else stranger.post(whole, {}))
            if stranger.path == "/staff/sign-in" and whole != "/staff/sign-in":
                yield f"{method} {path}: asks for a sign-in"
            continue
        if kind == "link":
            await (stranger.get(whole) if method == "GET" else stranger.post(whole, {}))
            if stranger.status != 404:
                yield f"{method} {path}: {stranger.status} without a link"
            continue
        await (stranger.get(whole) if method == "GET" else stranger.post(whole, {}))
        if stranger.path != "/staff/sign-in" or "secret words" in stranger.page:
            yield f"{method} {path}: shown to a stranger"
        if kind == "staff":
            async for problem in _of_staff(method, path, whole, cells, clerks):
                yield problem
        else:
            async for problem in _of_a_ticket(method, path, cells.split(), clerks):
                yield problem


async def _of_staff(method: str, path: str, whole: str, letters: str, clerks: dict[str, Clerk]) -> AsyncIterator[str]:
    allowed = {LETTERS[letter] for letter in letters.replace("-", "")}
    for who in WHO:
        browser = clerks[who]
        if method == "POST":
            await refused(browser, whole)
            continue
        await browser.get(f"{whole}{ASKED.get(whole, '')}")
        if (browser.status == 200) != (who in allowed):
            yield f"{method} {path} for {who}: {browser.status}"


async def _of_a_ticket(method: str, path: str, cells: list[str], clerks: dict[str, Clerk]) -> AsyncIterator[str]:
    for who, letters in zip(WHO, cells, strict=True):
        browser, missing = clerks[who], set()
        for letter, number in (*NUMBERS.items(), ("m", OWN[who])):
            whole = filled(path, number=number)
            if method == "POST":
                await refused(browser, whole)
                continue
            await browser.get(whole)
            if (browser.status == 200) != (letter in letters):
                yield f"{method} {path} for {who}, ticket {letter}: {browser.status}"
            if letter not in letters:
                missing.add((browser.status, browser.page))
        if len(missing) > 1:
            yield f"{method} {path} for {who}: what is not theirs does not look like what is not there"


def every_letter() -> Iterator[str]:
    for _, _, kind, cells in rows():
        if kind == "staff":
            yield cells


@pytest.mark.parametrize("cells", sorted(set(every_letter())))
def test_letters_are_known(cells: str) -> None:
    assert set(cells) <= {*LETTERS, "-"}
