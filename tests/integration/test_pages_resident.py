"""A resident's page of a ticket over HTTP: what it shows, each act, and everybody it must not open for."""

from __future__ import annotations

import html
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from msgspec.structs import replace

from bot.changes import Changes, Reporter
from bot.console.premises import link_keys, residents_page
from bot.domain.links import OWN, Keys
from bot.domain.people import Address
from bot.domain.ticket import Action
from tests.dialogue.phones import Phone
from tests.dialogue.stage import HOME, Stage, stage

START = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)
NOT_GOOD = "这个链接不能用了"
ANSWER = "已更换路灯灯头并检查了线路，今晚恢复照明。"
_FORM = re.compile(r"<form[^>]*>.*?</form>", re.S)


def value(form: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', form)
    return html.unescape(found[1]) if found else ""


@dataclass
class Shown:
    """A page as a browser got it."""

    status: int
    text: str
    headers: dict[str, str]
    path: str

    @property
    def forms(self) -> list[str]:
        return _FORM.findall(self.text)

    def form(self, act: str, start: str = "") -> str:
        """The form of an act whose value begins so. Raises when there is none."""
        return next(f for f in self.forms if value(f, "act") == act and value(f, "value").startswith(start))

    def can(self, act: str, start: str = "") -> bool:
        return any(value(f, "act") == act and value(f, "value").startswith(start) for f in self.forms)

    @property
    def words(self) -> str:
        """What can be read, without tags."""
        return html.unescape(re.sub(r"<[^>]+>", " ", self.text))


@dataclass
class Town:
    """A staffed desk, a resident with a ticket, a handler, and a browser that holds no cookie."""

    stage: Stage
    http: aiohttp.ClientSession
    keys: Keys
    number: str = ""
    code: str = ""
    links: dict[str, str] = field(default_factory=dict)

    @property
    def resident(self) -> Phone:
        return self.stage.phones["resident"]

    def link(self, address: Address | None = None, number: str = "") -> str:
        """The path of somebody's page, made now."""
        name = self.keys.signed(OWN, number or self.number, address or self.resident.address, self.stage.clock.now())
        return f"/t/{name}"

    async def get(self, path: str, method: str = "GET", language: str = "zh-CN") -> Shown:
        headers = {"Accept-Language": language, "Accept": "text/html"}
        async with self.http.request(method, self.stage.url + path, headers=headers, allow_redirects=False) as answer:
            return Shown(answer.status, await answer.text(), dict(answer.headers), path)

    async def post(self, path: str, fields: dict[str, str] | aiohttp.FormData) -> Shown:
        """Send a form and follow it back. The first answer's status where it leads nowhere."""
        async with self.http.post(self.stage.url + path, data=fields, allow_redirects=False) as answer:
            shown = Shown(answer.status, await answer.text(), dict(answer.headers), path)
        await self.stage.settle()
        if shown.status == 303:
            return await self.get(shown.headers["Location"].partition("#")[0])
        return shown

    async def press(self, page: Shown, act: str, start: str = "", text: str | None = None) -> Shown:
        form = page.form(act, start)
        fields = {name: value(form, name) for name in ("nonce", "act", "value")}
        return await self.post(page.path.partition("?")[0], {**fields, **({"text": text} if text is not None else {})})

    async def act(self, path: str, act: str, text: str = "", value: str = "", nonce: str = "n" * 16) -> Shown:
        """A form that the page may not have shown."""
        return await self.post(path, {"nonce": nonce, "act": act, "value": value, "text": text})

    async def says(self, who: str, text: str) -> str:
        phone = self.stage.phones[who]
        self.stage.clock.at += timedelta(seconds=1)
        before = len(phone.screen)
        await phone.say(text)
        await self.stage.settle()
        return "\n".join(shown.text for shown in phone.screen[before:])

    async def presses(self, who: str, label: str) -> None:
        phone = self.stage.phones[who]
        found = next((s, *c) for s in reversed(phone.screen) for c in s.choices if c[0].startswith(label))
        await phone.press(*found)
        await self.stage.settle()

    async def files(self, text: str = "人民路的路灯坏了，我的电话13912345678") -> None:
        await self.says("resident", text)
        receipt = await self.says("resident", "确认")
        found = re.search(r"\d{6}-\d{5,}", receipt)
        code = re.search(r"取件码 (\d{6})", receipt)
        assert found, receipt
        assert code, receipt
        self.number, self.code = found[0], code[1]

    async def answers(self, text: str = ANSWER) -> None:
        await self.says("handler", f"答复 {self.number} 已解决 {text}")
        await self.presses("handler", "发出")
        await self.stage.advance(timedelta(minutes=3))

    async def joins(self, who: str, channel: str = "telegram") -> Phone:
        phone = self.stage.phones[who] = await self.stage.new_phone(channel)
        return phone


def stored(folder: Path) -> bytes:
    """Everything in the database, as bytes."""
    return b"".join(path.read_bytes() for path in folder.glob("*.db*"))


@asynccontextmanager
async def town(folder: Path, channel: str = "telegram") -> AsyncIterator[Town]:
    async with stage(channel, folder, START, staffed=True) as there:
        await there.open()
        there.phones["handler"] = await there.new_phone("telegram")
        await there.employ(there.phones["handler"], "handler", {"unit": "transport", "name": "王强"})
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            yield Town(there, http, link_keys(folder))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as there:
        await there.files()
        yield there


# What it shows


async def test_it_shows_what_the_chat_would_say_and_masks_numbers(desk: Town) -> None:
    page = await desk.get(desk.link())
    assert page.status == 200
    for words in (desk.number, "人民路的路灯坏了", "市交通运输局", "3月11日"):
        assert words in page.words
    assert "13912345678" not in page.text
    assert "<progress" in page.text
    assert page.text.count("<h1") == 1
    assert not re.search(r"<script|\sstyle=|\son\w+=", page.text)


async def test_headers_keep_it_to_its_reader(desk: Town) -> None:
    for path in (desk.link(), desk.link() + "/slip", "/t/nothing", "/find"):
        page = await desk.get(path)
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store"
        assert "noindex" in page.headers["X-Robots-Tag"]
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


async def test_looking_changes_nothing(desk: Town) -> None:
    path = desk.link()
    before = await desk.stage.store.reader.events(desk.number)
    session = await desk.stage.store.reader.session(desk.resident.address)
    for method in ("GET", "HEAD", "GET"):
        assert (await desk.get(path, method)).status == 200
        assert (await desk.get(f"{path}?act=withdraw_now&nonce={'n' * 16}", method)).status == 200
    assert await desk.stage.store.reader.events(desk.number) == before
    assert await desk.stage.store.reader.session(desk.resident.address) == session


async def test_the_language_of_the_reader(desk: Town) -> None:
    """The address, then what the desk speaks to them, then the browser."""
    assert "What happened" in (await desk.get(f"{desk.link()}?lang=en")).words
    assert "办理经过" in (await desk.get(desk.link(), language="en")).words
    await desk.says("resident", "english")
    assert "What happened" in (await desk.get(desk.link(), language="zh-CN")).words


# Who it opens for


async def test_one_page_for_every_link_that_is_not_good(desk: Town, tmp_path: Path) -> None:
    good = desk.link()
    stranger = (await desk.joins("stranger")).address
    later = desk.keys.signed(OWN, desk.number, desk.resident.address, START - timedelta(days=91))
    foreign = Keys({"1": bytes(32)}, "1").signed(OWN, desk.number, desk.resident.address, desk.stage.clock.now())
    purpose = desk.keys.signed("other", desk.number, desk.resident.address, desk.stage.clock.now())
    nowhere = desk.link(number="260304-00022")
    bad = [
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        good.replace(desk.number, "260304-00022"),
        desk.link(stranger),
        f"/t/{later}",
        f"/t/{foreign}",
        f"/t/{purpose}",
        nowhere,
        "/t/x",
        "/t/" + "1." * 200,
        "/t/%00%ff",
    ]
    pages = [await desk.get(path) for path in bad]
    assert {page.status for page in pages} == {404}
    assert len({re.sub(r'href="/t/[^"]*"', "", page.text) for page in pages}) == 1
    assert NOT_GOOD in pages[0].text
    assert "查询" in pages[0].words
    posted = [await desk.act(path, "supplement", "x") for path in bad]
    assert {(page.status, NOT_GOOD in page.text) for page in posted} == {(404, True)}
    assert (await desk.get(good)).status == 200


async def test_links_called_back_in_chat(desk: Town) -> None:
    old = desk.link()
    assert "作废" in await desk.says("resident", "作废链接")
    assert (await desk.get(old)).status == 404
    fresh = re.search(r"https://desk.example(/t/\S+)", await desk.says("resident", "查询"))
    assert fresh
    assert (await desk.get(fresh[1])).status == 200


async def test_links_called_back_on_the_page(desk: Town) -> None:
    page = await desk.get(desk.link())
    done = await desk.press(page, "call_back")
    assert done.status == 200
    assert "作废" in done.words
    assert page.path not in done.text
    assert (await desk.get(page.path)).status == 404
    # even in the same second a link that is given out afterwards is good
    fresh = re.search(r"https://desk.example(/t/\S+)", await desk.says("resident", "查询"))
    assert fresh
    assert (await desk.get(fresh[1])).status == 200


async def test_whoever_was_erased_or_left_has_no_page(desk: Town) -> None:
    path = desk.link()
    await desk.says("resident", "删除我的数据")
    await desk.presses("resident", "确认删除")
    assert (await desk.get(path)).status == 404
    await desk.says("resident", f"{desk.number} {desk.code}")  # they follow it again: old links stay dead
    assert (await desk.get(path)).status == 404


async def test_an_unfollower_can_act_and_is_not_taken_for_reachable(desk: Town) -> None:
    path = desk.link()
    await desk.resident.follow(follows=False)
    page = await desk.act(path, "supplement", "还有一盏也坏了")
    assert page.status == 200
    session = await desk.stage.store.reader.session(desk.resident.address)
    assert session is not None
    assert session.reachable is False


async def test_a_claimer_and_a_stranger_see_what_is_theirs(desk: Town) -> None:
    friend = await desk.joins("friend")
    assert (await desk.get(desk.link(friend.address))).status == 404
    await desk.says("friend", f"{desk.number} {desk.code}")
    page = await desk.get(desk.link(friend.address))
    assert page.status == 200
    assert "路灯" in page.words


# What can be done


async def test_words_are_added_once_however_often_they_are_sent(desk: Town) -> None:
    page = await desk.get(desk.link())
    form = page.form("supplement")
    fields = {"nonce": value(form, "nonce"), "act": "supplement", "text": "路口也黑，电话13800001111"}
    first, again = await desk.post(page.path, fields), await desk.post(page.path, fields)
    assert first.text.count("已加到") == again.text.count("已加到") == 1 or first.words == again.words
    events = [e for e in await desk.stage.store.reader.events(desk.number) if e.action == "supplement"]
    assert [e.data["text"] for e in events] == ["路口也黑，电话13800001111"]
    assert "路口也黑" in first.words
    assert "13800001111" not in first.text
    assert desk.resident.screen[-1].text.startswith("已收到")  # the answer stands on the page, not in the chat


@pytest.mark.parametrize("channel", ["web", "wechat", "service"])
async def test_what_is_done_on_a_page_is_sent_to_no_chat(tmp_path: Path, channel: str) -> None:
    async with town(tmp_path, channel) as there:
        await there.files()
        before = len(there.resident.screen)
        session = await there.stage.store.reader.session(there.resident.address)
        done = await there.press(await there.get(there.link()), "supplement", text="路口也黑")
        assert "路口也黑" in done.words
        await there.stage.settle()
        # the web chat always shows the whole talk, wherever its words were said
        assert len(there.resident.screen) == before + (channel == "web")
        after = await there.stage.store.reader.session(there.resident.address)
        assert session is not None
        assert after == replace(session, seq=session.seq + 1)
        talk = await there.stage.store.reader.talk(there.resident.address)
        assert [line.text for line in talk if line.who == "resident"][-1] == "路口也黑"
        assert "路灯" in await there.says("resident", f"查询 {there.number}")


async def test_files_are_streamed_and_too_large_ones_said(desk: Town) -> None:
    page = await desk.get(desk.link())
    form = page.form("supplement")
    cap = desk.stage.guide.town.limits.file_max_bytes
    data = aiohttp.FormData(quote_fields=False, default_to_multipart=True)
    for name in ("nonce", "act"):
        data.add_field(name, value(form, name))
    data.add_field("text", "")
    name = '"><img src=x onerror=alert(1)>.jpg'
    data.add_field("file", io.BytesIO(b"\xff\xd8\xff\xe0" + b"\0" * 64), filename=name.replace('"', "%22"))
    data.add_field("file", io.BytesIO(b"\0" * (cap + 1)), filename="big.mp4")
    done = await desk.post(page.path, data)
    assert done.status == 200, done.words
    assert f"{cap // 2**20}" in done.words
    assert "<img src=x" not in done.text
    files = await desk.stage.store.reader.attachments_of(desk.number)
    assert [bool(file.sha256) for file in files].count(True) == 1


async def test_an_empty_form_says_so(desk: Town) -> None:
    page = await desk.get(desk.link())
    done = await desk.press(page, "supplement", text="  ")
    assert done.status == 200
    assert not [e for e in await desk.stage.store.reader.events(desk.number) if e.action == "supplement"]


async def test_urging_when_it_counts(desk: Town) -> None:
    assert not (await desk.get(desk.link())).can("urge")
    await desk.stage.advance(timedelta(days=5, hours=2))
    page = await desk.get(desk.link())
    done = await desk.press(page, "urge")
    assert "催" in done.words
    assert not done.can("urge")
    assert (await desk.stage.store.reader.ticket(desk.number)).work.urges == 1  # type: ignore[union-attr]  # it is there


async def test_the_question_of_the_handler_is_answered(desk: Town) -> None:
    await desk.says("handler", f"接单 {desk.number}")
    await desk.says("handler", f"询问 {desk.number} 是哪一盏灯？")
    page = await desk.get(desk.link())
    assert "是哪一盏灯" in page.words
    done = await desk.press(page, "supplement", text="路口那一盏")
    ticket = await desk.stage.store.reader.ticket(desk.number)
    assert ticket is not None
    assert ticket.status == "in_progress"
    assert "是哪一盏灯" in done.words  # in what happened
    assert "路口那一盏" in done.words


async def test_a_review_step_by_step(desk: Town) -> None:
    await desk.answers()
    page = await desk.get(desk.link())
    assert ANSWER in page.words
    rated = await desk.press(page, "rate", "yes")
    assert "请打分" in rated.words
    pointed = await desk.press(rated, "points", "4")
    done = await desk.press(await desk.get(desk.link()), "reason", text="师傅很快")
    assert "评价已收好" in done.words
    (review,) = await desk.stage.store.reader.reviews(desk.number)
    assert (review.verdict, review.rating, review.words) == ("yes", 4, "师傅很快")
    assert not pointed.can("points")
    assert not done.can("rate", "yes")
    assert "师傅很快" in done.words
    # the chat was not drawn into it: what is said there next is a new matter
    await desk.says("resident", "人民路垃圾没人清运，堆了三天")
    session = await desk.stage.store.reader.session(desk.resident.address)
    assert session is not None
    assert session.draft is not None


async def test_partly_and_no_bring_it_back(desk: Town) -> None:
    await desk.answers()
    page = await desk.press(await desk.get(desk.link()), "rate", "partly")
    assert (await desk.press(page, "finished", "no")).status == 200
    ticket = await desk.stage.store.reader.ticket(desk.number)
    assert ticket is not None
    assert ticket.status == "reopened"
    late = await desk.act(desk.link(), "rate", value="yes/1", nonce="z" * 16)
    assert late.status == 200
    assert (await desk.stage.store.reader.ticket(desk.number)).status == "reopened"  # type: ignore[union-attr]  # it is there


async def test_content_first_and_then_not(desk: Town) -> None:
    await desk.answers()
    page = await desk.press(await desk.get(desk.link()), "rate", "yes")
    assert (await desk.get(desk.link())).can("rate")  # "not settled after all"
    await desk.press(await desk.get(desk.link()), "rate", "no")
    assert page.status == 200
    assert (await desk.stage.store.reader.ticket(desk.number)).status == "reopened"  # type: ignore[union-attr]  # it is there


async def test_long_after_the_end_nothing_is_asked(desk: Town) -> None:
    await desk.answers()
    await desk.press(await desk.get(desk.link()), "rate", "yes")
    await desk.stage.advance(timedelta(days=31))
    page = await desk.get(desk.link())
    assert not page.can("rate")
    done = await desk.act(desk.link(), "rate", value="no/1")
    assert done.status == 200
    session = await desk.stage.store.reader.session(desk.resident.address)
    assert session is not None
    assert not session.drafts
    assert (await desk.stage.store.reader.ticket(desk.number)).status == "closed"  # type: ignore[union-attr]  # it is there


async def test_taking_it_back_with_a_reason(desk: Town) -> None:
    page = await desk.press(await desk.get(desk.link()), "withdraw", text="已经修好了")
    assert page.can("withdraw_not")
    kept = await desk.press(page, "withdraw_not")
    assert kept.can("withdraw")
    page = await desk.press(kept, "withdraw", text="已经修好了")
    done = await desk.press(page, "withdraw_now")
    ticket = await desk.stage.store.reader.ticket(desk.number)
    assert ticket is not None
    assert ticket.status == "withdrawn"
    assert "已经修好了" in done.words
    assert not any(done.can(act) for act in ("withdraw", "supplement", "urge", "hide"))
    events = await desk.stage.store.reader.events(desk.number)
    assert events[-1].data["text"] == "已经修好了"


async def test_name_notices_and_language(desk: Town) -> None:
    page = await desk.press(await desk.get(desk.link()), "hide")
    assert (await desk.stage.store.reader.ticket(desk.number)).hidden  # type: ignore[union-attr]  # it is there
    page = await desk.press(page, "unhide")
    page = await desk.press(page, "mute")
    session = await desk.stage.store.reader.session(desk.resident.address)
    assert session is not None
    assert session.muted
    page = await desk.press(page, "unmute")
    page = await desk.press(page, "language", "en")
    assert "English from now on" in page.words
    assert "What happened" in page.words
    assert "welcome" in await desk.says("resident", "thanks")


async def test_the_answer_is_in_the_language_that_is_read(desk: Town) -> None:
    done = await desk.get(f"{desk.link()}?lang=en")
    form = done.form("mute")
    path = f"{desk.link()}?lang=en"
    assert f'action="{html.escape(path)}"' in form
    shown = await desk.post(path, {name: value(form, name) for name in ("nonce", "act", "value")})
    assert "You will hear only of" in shown.words
    assert "What happened" in shown.words
    session = await desk.stage.store.reader.session(desk.resident.address)
    assert session is not None
    assert session.locale != "en"


async def test_only_what_is_in_the_table_can_be_done(desk: Town) -> None:
    for act in ("answer", "take", "status", "not_this", "reword", "split", "claim", "find", "staff", "desk"):
        done = await desk.act(desk.link(), act, "x", nonce=f"{act:_<16}")
        assert done.status == 200
    for fields in ({"nonce": "short"}, {"act": "Ur ge"}, {"value": "<b>"}):
        whole = {"nonce": "n" * 16, "act": "urge", "value": "", **fields}
        assert (await desk.post(desk.link(), whole)).status == 400
    events = await desk.stage.store.reader.events(desk.number)
    assert {e.action for e in events} <= {"file", "dispatch"}


async def test_a_staff_member_is_only_a_resident_here(desk: Town) -> None:
    """What is pressed on a page of one's own ticket is never a command of the staff."""
    handler = desk.stage.phones["handler"]
    await desk.says("handler", "我要反映")
    await desk.says("handler", "人民路井盖坏了")
    receipt = await desk.says("handler", "确认")
    found = re.search(r"\d{6}-\d{5,}", receipt)
    assert found
    path = desk.link(handler.address, found[0])
    assert (await desk.get(path)).status == 200
    assert (await desk.act(path, "take")).status == 200
    ticket = await desk.stage.store.reader.ticket(found[0])
    assert ticket is not None
    assert ticket.status == "dispatched"


async def test_forms_of_one_link_are_limited(desk: Town) -> None:
    path = desk.link()
    statuses = [(await desk.act(path, "urge", nonce=f"n{place:015}")).status for place in range(40)]
    assert 429 in statuses
    page = await desk.act(path, "urge", nonce="y" * 16)
    assert "Retry-After" in page.headers
    assert "太快" in page.words or "稍" in page.words
    assert (await desk.get(path)).status == 200
    other = await desk.joins("other")
    await desk.says("other", f"{desk.number} {desk.code}")
    assert (await desk.act(desk.link(other.address), "urge")).status == 200


async def test_what_was_answered_is_told_to_its_own_link_alone(desk: Town) -> None:
    page = await desk.get(desk.link())
    form = page.form("mute")
    nonce = value(form, "nonce")
    done = await desk.press(page, "mute")
    assert "少发" in done.words or "通知" in done.words
    friend = await desk.joins("friend")
    await desk.says("friend", f"{desk.number} {desk.code}")
    other = await desk.get(f"{desk.link(friend.address)}?said={nonce}")
    assert 'id="said"' in done.text
    assert 'id="said"' not in other.text


# Everything that people write

CANARY = '<img src=x onerror="alert(1)">%7B7*7%7D</textarea><script>1</script>'


async def test_nothing_anybody_writes_is_markup(tmp_path: Path) -> None:
    async with town(tmp_path) as there:
        await there.files(f"人民路的路灯坏了 {CANARY}")
        await there.says("handler", f"接单 {there.number}")
        await there.says("handler", f"进展 {there.number} {CANARY}")
        await there.says("handler", f"询问 {there.number} {CANARY}")
        page = await there.press(await there.get(there.link()), "supplement", text=CANARY)
        await there.answers(f"{ANSWER}{CANARY}")
        page = await there.press(await there.get(there.link()), "rate", "partly")
        page = await there.press(page, "finished", "yes")
        page = await there.press(page, "points", "1")
        page = await there.press(await there.get(there.link()), "reason", text=CANARY)
        for each in (page, await there.get(f"{there.link()}?lang=en"), await there.get(there.link() + "/slip")):
            assert "<img src=x" not in each.text
            assert "<script" not in each.text
        assert page.text.count("&lt;img src=x") >= 5
        found = await there.post("/find", {"nonce": "n" * 16, "number": there.number, "code": there.code})
        assert found.status == 200
        assert "<img src=x" not in found.text
        wrong = await there.post("/find", {"nonce": "m" * 16, "number": CANARY, "code": CANARY})
        assert "<img src=x" not in wrong.text
        assert "<img" not in (await there.get("/find?number=%22%3E%3Cimg%20src=x%3E")).text


# Behind the wall, joined, merged


async def test_a_walled_matter_shows_its_filer_no_more_than_the_chat(tmp_path: Path) -> None:
    async with town(tmp_path) as there:
        await there.files("举报人民路工地负责人收受红包")
        ticket = await there.stage.store.reader.ticket(there.number)
        assert ticket is not None
        assert ticket.walled
        page = await there.get(there.link())
        said = await there.says("resident", f"查询 {there.number}")
        assert page.status == 200
        for line in said.splitlines():
            if line.startswith("状态："):
                assert line.removeprefix("状态：") in page.words
        assert (await there.post("/find", {"number": there.number, "code": there.code})).status == 200


async def test_who_joined_sees_no_words_of_the_filer_but_the_answer(desk: Town) -> None:
    joiner = await desk.joins("joiner")
    store, at = desk.stage.store, desk.stage.clock.now()
    await store.commit(Changes(at=at, reporters=[Reporter(desk.number, joiner.address, "joined", at)]))
    await desk.act(desk.link(), "supplement", "三号楼李家门口那一盏")
    path = desk.link(joiner.address)
    page = await desk.get(path)
    assert page.status == 200
    assert "路灯坏了" not in page.words
    assert "李家" not in page.words
    assert not page.can("hide")
    hidden = await desk.act(path, "hide")
    assert hidden.status == 200
    assert (await store.reader.ticket(desk.number)).hidden is False  # type: ignore[union-attr]  # it is there
    await desk.answers()
    page = await desk.press(await desk.get(path), "rate", "yes")
    assert ANSWER in page.words
    assert "路灯坏了" not in page.words
    reviews = await store.reader.reviews(desk.number)
    assert [(r.party, r.verdict) for r in reviews if r.verdict == "yes"] == [(str(joiner.address), "yes")]
    assert (await desk.press(await desk.get(path), "mute")).status == 200


async def test_a_merged_matter_leads_to_where_it_goes_on(desk: Town) -> None:
    store, at, first = desk.stage.store, desk.stage.clock.now(), desk.number
    friend = await desk.joins("friend")
    await desk.says("friend", "人民路的路灯坏了好几盏")
    await desk.says("friend", "确认")
    (other,) = await store.reader.tickets_of(friend.address)
    ticket = await store.reader.ticket(first)
    assert ticket is not None
    merged = ticket.after(Action.MERGE, at, work=replace(ticket.work, merged_into=other.number))
    changes = Changes(at=at, reporters=[Reporter(other.number, desk.resident.address, "joined", at)])
    changes.ticket(merged, merged.event(Action.MERGE, at))
    await store.commit(changes)
    page = await desk.get(desk.link())
    assert other.number in page.words
    assert not any(page.can(act) for act in ("supplement", "urge", "withdraw", "rate"))
    into = re.search(rf'href="{HOME}(/t/[^"]+)"', page.text)
    assert into
    there = await desk.get(html.unescape(into[1]))
    assert there.status == 200
    assert "好几盏" not in there.words


# Looking up without a link


async def test_number_and_code_show_it_and_let_nothing_be_done(desk: Town) -> None:
    page = await desk.post("/find", {"nonce": "n" * 16, "number": f" {desk.number} ", "code": desk.code})
    assert page.status == 200
    assert "人民路的路灯坏了" in page.words
    assert not page.forms
    assert f"/#claim={desk.number}.{desk.code}" in page.text
    assert "13912345678" not in page.text
    assert [r.role for r in await desk.stage.store.reader.reporters(desk.number)] == ["filer"]


async def test_a_wrong_number_and_a_wrong_code_are_told_alike(desk: Town) -> None:
    wrong = f"{(int(desk.code) + 1) % 1_000_000:06}"
    pages = [
        await desk.post("/find", {"nonce": f"n{place:015}", "number": number, "code": code})
        for place, (number, code) in enumerate(
            [(desk.number, wrong), ("260304-00022", desk.code), ("nonsense", desk.code), (desk.number, "")]
        )
    ]
    assert {page.status for page in pages} == {404}
    without = {
        re.sub(r'(name="(?:nonce|number)" value=")[^"]*', r"\1", re.sub(r'id="number" [^>]*', "", p.text))
        for p in pages
    }
    assert len(without) == 1


async def test_tries_are_limited_by_network_and_by_ticket(desk: Town) -> None:
    wrong = f"{(int(desk.code) + 1) % 1_000_000:06}"
    limit = desk.stage.guide.town.limits.code_tries_per_hour

    async def tried(place: int, code: str, network: str) -> int:
        fields = {"nonce": f"{network}{place:016}".replace(".", "_"), "number": desk.number, "code": code}
        headers = {"X-Forwarded-For": network}
        async with desk.http.post(f"{desk.stage.url}/find", data=fields, headers=headers) as answer:
            return answer.status

    assert [await tried(n, wrong, "203.0.113.1") for n in range(limit + 1)] == [404] * limit + [429]
    assert await tried(99, desk.code, "203.0.113.1") == 429  # not even the right one
    assert await tried(0, desk.code, "203.0.113.2") == 200
    assert await desk.stage.store.reader.code_failures(desk.number, START) == limit
    for place in range(20 - limit):
        assert await tried(place, wrong, f"203.0.113.{10 + place // limit}") == 404
    assert await tried(1, desk.code, "203.0.113.2") == 404  # in this hour nobody opens it any more
    friend = await desk.joins("friend")
    assert "编号" in await desk.says("friend", f"{desk.number} {desk.code}")
    assert (await desk.get(desk.link(friend.address))).status == 404


async def test_machines_are_slowed_down_before_the_desk_hears_of_them(desk: Town) -> None:
    statuses: dict[int, int] = {}
    for place in range(60):
        page = await desk.post("/find", {"nonce": f"n{place:015}", "number": f"260304-{place:05}", "code": "1"})
        statuses[page.status] = statuses.get(page.status, 0) + 1
    assert statuses[404] == desk.stage.guide.town.limits.code_tries_per_hour
    assert statuses[429] == 60 - statuses[404]


async def test_a_repeated_form_tells_nothing_new(desk: Town) -> None:
    """Somebody who found their own ticket cannot see another one with the same form."""
    fields = {"nonce": "n" * 16, "number": desk.number, "code": desk.code}
    assert (await desk.post("/find", fields)).status == 200
    assert (await desk.post("/find", {**fields, "code": "000000"})).status in (404, 429)
    assert (await desk.post("/find", fields)).status == 200


async def test_the_code_and_the_network_are_written_down_nowhere(desk: Town, tmp_path: Path) -> None:
    await desk.post("/find", {"nonce": "n" * 16, "number": desk.number, "code": "987654"})
    await desk.stage.settle()
    written = stored(tmp_path)
    assert b"987654" not in written
    assert b"find:" in written
    assert b"find:127.0.0.1" not in written


# Where links are given out


@pytest.mark.parametrize(
    ("home", "given"),
    [
        ("https://desk.example", True),
        ("http://127.0.0.1:8080", True),
        ("http://localhost:8080", True),
        ("http://[::1]:8080", True),
        ("http://desk.example", False),
        ("http://192.168.1.5:8080", False),
        ("http://127.0.0.1.evil.example", False),
    ],
)
def test_links_are_given_out_where_nobody_on_the_way_reads_them(home: str, given: bool) -> None:
    page = residents_page(home, Keys({"1": bytes(32)}, "1"))("260304-00006", Address("web", "a"), START)
    assert page.startswith(f"{home}/t/") if given else page == ""


async def test_the_answer_carries_a_link_that_opens(desk: Town) -> None:
    await desk.answers()
    pushed = next(s.text for s in reversed(desk.resident.screen) if ANSWER in s.text)
    assert pushed.count(HOME) == 1
    found = re.search(rf"{HOME}(/t/\S+)$", pushed)
    assert found
    assert (await desk.get(found[1])).status == 200


@pytest.mark.parametrize("channel", ["service", "wechat"])
async def test_a_long_answer_keeps_its_link_whole_on_wechat(tmp_path: Path, channel: str) -> None:
    async with town(tmp_path, channel) as there:
        await there.files()
        await there.answers("我们检查了全部线路，更换了灯头。" * 30)
        if channel == "wechat":
            await there.says("resident", "查询")
        texts = [s.text for s in there.resident.screen if HOME in s.text]
        assert texts
        assert all(len(text.encode()) <= 2048 for text in texts)
        found = re.search(rf"{HOME}(/t/\S+)", texts[-1])
        assert found
        assert (await there.get(found[1])).status == 200
