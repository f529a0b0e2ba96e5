"""Lists of tickets on pages: filters against a plain count, colours, pages, search, ideas, and acts on many."""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from msgspec.structs import replace

from bot.changes import Changes
from bot.domain import numbers
from bot.domain.colour import Colour
from bot.domain.permission import Act, may
from bot.domain.ticket import ENDS, Action, Status, Ticket, Type
from bot.domain.work import Assist, Matter, Proposal, Work
from handlers.pages import tinted
from tests.dialogue.stage import Stage, stage
from tests.fakes.clerk import Clerk, clerk, forms_of

START = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)
NOW = datetime(2026, 3, 20, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MANY = 420
UNITS = ("transport", "urban-management", "xingfu-committee", "")
PEOPLE: Mapping[str, tuple[str, dict[str, str]]] = {
    "boss": ("supervisor", {"name": "孙敏", "walled": ""}),
    "plain": ("supervisor", {"name": "周平"}),
    "lead": ("lead", {"unit": "transport", "name": "赵刚"}),
    "handler": ("handler", {"unit": "transport", "name": "王强"}),
}


@dataclass
class Archive:
    """A desk with many tickets of every sort, and browsers of those who work there."""

    stage: Stage
    tickets: list[Ticket]
    clerks: dict[str, Clerk] = field(default_factory=dict)

    async def of(self, who: str) -> Clerk:
        if who not in self.clerks:
            self.clerks[who] = clerk(self.stage)
            await self.clerks[who].sign_in(self.stage.phones[who])
        return self.clerks[who]

    async def reach(self, who: str) -> list[Ticket]:
        """What somebody may see, as the policy says."""
        directory = await self.stage.store.reader.directory()
        staff = directory.at(self.stage.phones[who].address)
        assert staff is not None
        person = self.stage.guide.person(staff)
        return [ticket for ticket in self.tickets if may(person, Act.SEE, ticket)]

    async def id_of(self, who: str) -> str:
        staff = (await self.stage.store.reader.directory()).at(self.stage.phones[who].address)
        assert staff is not None
        return staff.id


def made(
    chance: random.Random, number: str, place: int, handler: str, guide_kinds: list[str], areas: list[str]
) -> Ticket:
    """A ticket of a random sort."""
    status = chance.choice([*Status, Status.DISPATCHED, Status.IN_PROGRESS, Status.FILED])
    unit = "" if status is Status.FILED else chance.choice(UNITS[:3])
    filed = NOW - timedelta(days=chance.randint(0, 40), minutes=place)
    dated = bool(unit) and chance.random() < 0.9
    due = NOW + chance.randint(-300, 300) * HOUR if dated else None
    work = Work(
        care=chance.random() < 0.1,
        urges=chance.choice((0, 0, 0, 1, 2)),
        reporters=chance.choice((1, 1, 1, 3)),
        reopened=chance.choice((0, 0, 0, 1)) if status is not Status.REOPENED else 1,
        proposals=(Proposal(matter=Matter.EXTENSION, by="x", at=NOW, days=2),) if chance.random() < 0.1 else (),
        assists=(Assist(unit="transport", since=NOW, due_at=NOW),) if chance.random() < 0.1 and unit else (),
        paused_at=NOW - 200 * HOUR if status is Status.WAITING_RESIDENT else None,
        kept_from=("transport",) if chance.random() < 0.05 else (),
    )
    return Ticket(
        number=number,
        code="123456",
        alias="居民甲",
        type=chance.choice(list(Type)),
        kind=chance.choice(guide_kinds),
        status=status,
        source="telegram",
        channel="telegram",
        text=f"{chance.choice(('路灯', '井盖', '噪音'))}的事 {place}",
        filed_at=filed,
        area=chance.choice(areas),
        unit=unit,
        handler=handler if unit == "transport" and chance.random() < 0.5 else "",
        walled=chance.random() < 0.08,
        danger="gas" if chance.random() < 0.05 else "",
        dispatched_at=due - 100 * HOUR if due else None,
        due_at=due,
        promised_at=due,
        closed_at=NOW if status in ENDS else None,
        work=work,
        seq=2,
    )


@asynccontextmanager
async def archive(folder: Path, count: int = MANY) -> AsyncIterator[Archive]:
    async with stage("telegram", folder, START, staffed=True) as there:
        for who, (role, details) in PEOPLE.items():
            there.phones[who] = await there.new_phone("telegram")
            await there.employ(there.phones[who], role, details)
        there.clock.at = NOW
        staff = (await there.store.reader.directory()).at(there.phones["handler"].address)
        assert staff is not None
        chance = random.Random(7)
        kinds, areas = sorted(there.guide.town.kinds)[:5], ["", *sorted(there.guide.town.areas)[:6]]
        drawn = numbers.series(NOW.date())
        tickets = []
        for place in range(count):
            ticket = made(chance, next(drawn), place, staff.id, kinds, areas)
            day = ticket.filed_at.date()
            ticket = replace(ticket, number=numbers.make(day, place + 1))
            tickets.append(ticket)
        for begin in range(0, count, 60):
            changes = Changes(at=NOW)
            for ticket in tickets[begin : begin + 60]:
                changes.ticket(ticket, ticket.event(Action.FILE, ticket.filed_at))
            await there.store.commit(changes)
        while await there.store.index_words():
            pass
        found = Archive(there, tickets)
        try:
            yield found
        finally:
            for each in found.clerks.values():
                await each.http.close()


def shown(page: str) -> list[str]:
    """The numbers of a page's table, in order."""
    return re.findall(r'<td role="cell" class="number">(?:<a [^>]*>)?([0-9]{6}-[0-9]+)', page)


async def walked(browser: Clerk, path: str) -> list[str]:
    """The numbers of all pages of a list."""
    await browser.get(path)
    found = shown(browser.page)
    for _ in range(60):
        after = re.search(r'<a class="button second" href="([^"]+)">下一页</a>', browser.page)
        if after is None:
            return found
        await browser.get(after[1].replace("&amp;", "&"))
        assert browser.status == 200
        found += shown(browser.page)
    raise AssertionError("the pages do not come to an end")


def within(there: Archive, area: str, ticket: Ticket) -> bool:
    above = there.stage.guide.gazetteer.above
    return area in above.get(ticket.area, (ticket.area,))


Filter = Callable[[Archive, Ticket], bool]
OWED = frozenset(Status) - ENDS - {Status.ANSWERED}
FILTERS: Mapping[str, tuple[dict[str, str], Filter]] = {
    "all": ({}, lambda there, t: True),
    "status": ({"status": "in_progress"}, lambda there, t: t.status is Status.IN_PROGRESS),
    "answered": ({"status": "answered"}, lambda there, t: t.status is Status.ANSWERED),
    "unit": ({"unit": "transport"}, lambda there, t: t.unit == "transport"),
    "late": ({"late": "1"}, lambda there, t: t.due_at is not None and t.due_at < NOW),
    "danger": ({"danger": "1"}, lambda there, t: bool(t.danger)),
    "deciding": ({"deciding": "1"}, lambda there, t: bool(t.work.proposals)),
    "type": ({"type": "complaint"}, lambda there, t: t.type is Type.COMPLAINT),
    "nobody": ({"handler": "nobody"}, lambda there, t: not t.handler),
    "two": (
        {"unit": "transport", "late": "1"},
        lambda there, t: t.unit == "transport" and bool(t.due_at and t.due_at < NOW),
    ),
    "days": (
        {"since": "2026-03-01", "until": "2026-03-10"},
        lambda there, t: datetime(2026, 2, 28, 16, tzinfo=UTC) <= t.filed_at < datetime(2026, 3, 10, 16, tzinfo=UTC),
    ),
}


async def test_each_filter_shows_what_a_plain_count_finds_and_every_page_once(tmp_path: Path) -> None:
    async with archive(tmp_path) as there:
        for who in ("boss", "plain", "lead"):
            browser, reach = await there.of(who), await there.reach(who)
            units = there.stage.guide.below("transport") | {"transport"}
            for name, (query, fits) in FILTERS.items():
                if who == "lead" and name == "unit":
                    continue
                statuses = {Status.ANSWERED} if name == "answered" else OWED
                wanted = {t.number for t in reach if t.status in statuses and fits(there, t)}
                if who == "lead":  # the list of all is of the units; what they assist with has a filter of its own
                    wanted = {t.number for t in reach if t.number in wanted and t.unit in units}
                found = await walked(browser, f"/staff/tickets?{urlencode({'view': 'all', **query})}")
                assert len(found) == len(set(found)), (who, name)
                assert set(found) == wanted, (who, name)
            area = sorted(there.stage.guide.town.areas)[0]
            found = await walked(browser, f"/staff/tickets?view=all&area={area}")
            wanted = {t.number for t in reach if t.status in OWED and within(there, area, t)}
            assert set(found) <= wanted
            if who != "lead":
                assert set(found) == wanted


async def test_a_list_is_in_the_order_of_its_dates(tmp_path: Path) -> None:
    async with archive(tmp_path) as there:
        boss = await there.of("boss")
        by_number = {t.number: t for t in there.tickets}
        found = [by_number[n] for n in await walked(boss, "/staff/tickets?view=all")]
        dates = [t.due_at or NOW + timedelta(days=10_000) for t in found]
        assert dates == sorted(dates)
        assert len(found) > 100


@pytest.mark.parametrize("looked_at", [tinted.LOOKED_AT, 100])
async def test_each_colour_finds_its_tickets_and_no_others(
    tmp_path: Path, looked_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tinted, "LOOKED_AT", looked_at)
    monkeypatch.setattr(tinted, "AT_ONCE", 40)
    async with archive(tmp_path) as there:
        guide, boss = there.stage.guide, await there.of("boss")
        reach = [t for t in await there.reach("boss") if t.status in OWED]
        for colour in Colour:
            wanted = {t.number for t in reach if guide.colour(t, NOW) is colour}
            found = await walked(boss, f"/staff/tickets?view=all&colour={colour.name.lower()}")
            assert len(found) == len(set(found))
            assert set(found) == wanted, colour
            assert wanted


async def test_own_to_do_is_that_of_the_chat_and_can_be_filtered(tmp_path: Path) -> None:
    async with archive(tmp_path) as there:
        handler, me = await there.of("handler"), await there.id_of("handler")
        found = await walked(handler, "/staff/tickets")
        phone = there.stage.phones["handler"]
        await phone.say("待办")
        await there.stage.settle()
        said = re.search(r"共(\d+)件|(\d+)件", phone.screen[-1].text)
        assert said is not None
        assert int(said[1] or said[2]) == len(found)
        mine = {t.number for t in there.tickets if t.handler == me and t.status in OWED}
        assert set(await walked(handler, "/staff/tickets?handler=me")) <= mine
        for name in ("red", "green"):
            await handler.get(f"/staff/tickets?colour={name}")
            assert handler.status == 200
        await handler.get("/staff/tickets?view=all")  # not theirs: they get their own
        assert set(shown(handler.page)) <= set(found)
        assert "部件" not in handler.page
        assert "/staff/bulk" not in handler.page


async def test_ended_tickets_are_listed_of_a_month_at_most(tmp_path: Path) -> None:
    async with archive(tmp_path) as there:
        boss = await there.of("boss")
        found = await walked(boss, "/staff/tickets?view=all&status=closed")
        wanted = {
            t.number for t in there.tickets if t.status is Status.CLOSED and t.filed_at >= NOW - timedelta(days=31)
        }
        assert set(found) == wanted
        assert "31" in boss.page
        older = await walked(boss, "/staff/tickets?view=all&status=closed&until=2026-02-20")
        assert set(older) == {
            t.number
            for t in there.tickets
            if t.status is Status.CLOSED and t.filed_at < datetime(2026, 2, 20, 16, tzinfo=UTC)
        }


async def test_words_are_found_marked_and_older_ones_follow(tmp_path: Path) -> None:
    async with archive(tmp_path) as there:
        boss, plain = await there.of("boss"), await there.of("plain")
        reach = {t.number for t in await there.reach("boss") if "路灯" in t.text}
        found: list[str] = []
        await boss.get("/staff/search?q=路灯")
        for _ in range(40):
            found += shown(boss.page)
            assert "<mark>路灯</mark>" in boss.page
            older = re.search(r'<a class="button second" href="(/staff/search[^"]*)">', boss.page)
            if older is None:
                break
            await boss.get(older[1].replace("&amp;", "&"))
        assert len(found) == len(set(found))
        assert set(found) == reach
        assert found == sorted(found, reverse=True)
        walled = [t for t in there.tickets if t.walled and "路灯" in t.text]
        assert walled
        await plain.get("/staff/search?q=路灯")
        assert not {t.number for t in walled} & set(shown(plain.page))
        await plain.get(f"/staff/search?q={walled[0].number}")
        assert shown(plain.page) == []
        await boss.get(f"/staff/search?q={walled[0].number}")
        assert shown(boss.page) == [walled[0].number]
        listed = await walked(boss, "/staff/tickets?view=all&text=路灯")
        assert set(listed) == {t.number for t in there.tickets if "路灯" in t.text and t.status in OWED}


async def test_what_is_asked_for_oddly_is_no_error(tmp_path: Path) -> None:
    odd = [
        "?start=-1",
        "?start=99999999999",
        "?start=0.9999999",
        "?colour=pink&start=9.9",
        "?unit=nowhere",
        "?area=%00",
    ]
    odd += [
        "?since=2026-99-99",
        "?until=0001-01-01",
        "?since=9999-12-31&status=closed",
        "?handler=x",
        "?text=" + "x" * 500,
    ]
    odd += [
        "?status=filed&status=closed",
        "?view=%F0%9F%98%80",
        "?kind=" + "a" * 5000,
        "?start=٣",
        "?colour=red&start=²",
    ]
    async with archive(tmp_path, 30) as there:
        boss = await there.of("boss")
        for query in odd:
            await boss.get(f"/staff/tickets{query}&view=all")
            assert boss.status == 200, query
        for path in (
            "search?q=%00",
            "search?q=路灯&before=zzz",
            "ideas?q=%00",
            "queues/pool?start=999",
            "queues/pool?start=x",
        ):
            await boss.get(f"/staff/{path}")
            assert boss.status == 200, path


def ticked(browser: Clerk, tickets: list[str], **fields: str) -> tuple[str, list[tuple[str, str]]]:
    """The form of a list with these tickets ticked."""
    form = next(f for f in forms_of(browser.page) if f.action == "/staff/bulk")
    given = {**form.fields, **fields}
    given.pop("n", None)
    return form.action, [*given.items(), *(("n", number) for number in tickets)]


async def sent(browser: Clerk, action: str, fields: list[tuple[str, str]]) -> None:
    async with browser.http.post(browser.stage.url + action, data=fields) as response:
        browser.page, browser.status = await response.text(), response.status
    await browser.stage.settle()


async def test_an_act_on_many_shows_first_what_it_would_do_and_then_does_just_that(tmp_path: Path) -> None:
    async with archive(tmp_path, 120) as there:
        boss, reader = await there.of("boss"), there.stage.store.reader
        able = [
            t for t in there.tickets if t.unit == "transport" and t.status in (Status.DISPATCHED, Status.IN_PROGRESS)
        ]
        able = [t for t in able if not t.walled][:4]
        ended = [t for t in there.tickets if t.status is Status.CLOSED and not t.walled][:1]
        there_already = [t for t in there.tickets if t.unit == "urban-management" and t.status is Status.DISPATCHED][:1]
        chosen = [t.number for t in (*able, *ended, *there_already)]
        assert len(chosen) == 6
        await boss.get("/staff/tickets?view=all")
        await sent(boss, *ticked(boss, chosen, act="assign", unit="urban-management", words="请接手"))
        assert boss.status == 200
        parts = boss.page.split('id="h-left"')
        assert all(t.number in parts[0] for t in able)
        assert all(t.number in parts[1] for t in (*ended, *there_already))
        assert "已经在该单位" in parts[1]
        promised = re.findall(r"市城市管理局，时限([^<]+)<", parts[0])
        before = [len(await reader.events(number)) for number in chosen]
        await boss.get("/staff/bulk")  # looked at again: still nothing is done
        assert [len(await reader.events(number)) for number in chosen] == before
        do = next(f for f in forms_of(boss.page) if "bulk_do" in f.fields.get("press", ""))
        await boss.post(do.action, do.fields)
        assert "已办4件" in boss.page
        for old in able:
            new = await reader.ticket(old.number)
            assert new is not None
            assert new.unit == "urban-management"
        assert len(promised) >= len(able)
        for old in (*ended, *there_already):
            assert await reader.ticket(old.number) == old
        seqs = [len(await reader.events(number)) for number in chosen]
        await boss.post(do.action, do.fields)  # sent again by the browser
        assert "已办4件" in boss.page
        await boss.post(do.action, {**do.fields, "nonce": "another-nonce-12"})
        assert "失效" in boss.page
        assert [len(await reader.events(number)) for number in chosen] == seqs


async def test_reminders_to_many_go_on_a_few_at_a_time(tmp_path: Path) -> None:
    async with archive(tmp_path, 200) as there:
        boss, reader = await there.of("boss"), there.stage.store.reader
        able = [t.number for t in there.tickets if t.unit and t.status in (Status.DISPATCHED, Status.IN_PROGRESS)]
        assert len(able) > 30
        await boss.get("/staff/tickets?view=all")
        await sent(boss, *ticked(boss, able, act="remind", unit="", words="请今天办结"))
        do = next(f for f in forms_of(boss.page) if "bulk_do" in f.fields.get("press", ""))
        await boss.post(do.action, do.fields)
        await there.stage.advance(timedelta(minutes=1))
        assert all([(await reader.ticket(n)).work.orders for n in able])  # type: ignore[union-attr]  # they exist
        told = await reader.push_state(f"bulk:{do.fields['press'].partition('=')[2]}:end")
        assert told is not None
        assert told.address == there.stage.phones["boss"].address  # nothing is pushed to a page


async def test_nothing_is_done_to_many_by_who_may_not_or_with_what_is_not_theirs(tmp_path: Path) -> None:
    async with archive(tmp_path, 60) as there:
        plain, lead, reader = await there.of("plain"), await there.of("lead"), there.stage.store.reader
        walled = [t.number for t in there.tickets if t.walled and t.status in OWED][:2]
        assert walled
        await plain.get("/staff/tickets?view=all")
        await sent(plain, *ticked(plain, walled, act="remind", words="快"))
        assert not set(walled) & set(shown(plain.page))
        assert not any("bulk_do" in f.fields.get("press", "") for f in forms_of(plain.page))
        await plain.get("/staff/tickets?view=all")
        await sent(plain, *ticked(plain, [], act="remind"))
        assert plain.status == 200
        for fields in ({"act": "burn"}, {"act": "assign", "unit": "nowhere"}, {"act": "assign", "unit": ""}):
            await plain.get("/staff/tickets?view=all")
            await sent(plain, *ticked(plain, [there.tickets[0].number], **fields))
            assert not any("bulk_do" in f.fields.get("press", "") for f in forms_of(plain.page))
        for numbers_ in (["x"], ["260304-00011 remind"], ["260304-00011"] * 201):
            await plain.get("/staff/tickets?view=all")
            await sent(plain, *ticked(plain, numbers_, act="remind"))
            assert plain.status == 400
        await lead.get("/staff/tickets?view=all")
        assert "/staff/bulk" not in lead.page
        await lead.get("/staff/bulk")
        assert lead.status == 404
        unchanged = [await reader.ticket(t.number) == t for t in there.tickets]
        assert all(unchanged)


async def test_counts_of_the_morning_are_those_of_their_lists(tmp_path: Path) -> None:
    async with archive(tmp_path, 300) as there:
        for who in ("boss", "lead", "handler"):
            browser = await there.of(who)
            await browser.get("/staff/morning")
            page = browser.page
            found = re.findall(r'<a href="(/staff/tickets[^"]*)"><b class="\w*">(\d+)</b>', page)
            assert len(found) > 3, who
            reach = {t.number for t in await there.reach(who)}
            for address, count in found:
                listed = await walked(browser, address.replace("&amp;", "&"))
                assert set(listed) <= reach
                hidden = int(count) - len(listed)  # what is kept from somebody is counted by nobody
                assert hidden == 0, (who, address, count, len(listed))
