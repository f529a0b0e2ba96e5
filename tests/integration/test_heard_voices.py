"""Voices are heard by a service: what it is asked, what people are shown, and what happens when it is away."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.changes import Changes
from bot.domain.evidence import Transcript
from bot.ports.hearing import NotNow, NotThis, Words
from bot.runtime.rendition_maker import RenditionMaker
from bot.runtime.transcriber import TRIES, Transcriber
from bot.speech import SpeechService
from storage.media import MediaFolder
from tests.fakes.recordings import CopiedHere, voice
from tests.fakes.speech_api import FakeSpeech
from tests.integration.test_pages_evidence import CANARY, Town, town

SAID = "朝阳路的井盖不见了，晚上很容易出事"
AMR = voice("amr")


@dataclass
class Heard:
    """A town with a service that hears."""

    town: Town
    speech: FakeSpeech

    async def sends_a_voice(self) -> str:
        """The resident files a voice without words; the ticket's number."""
        await self.town.resident.hand("voice", AMR)
        await self.town.stage.settle()
        receipt = await self.town.says("resident", "确认")
        found = re.search(r"\d{6}-\d{5,}", receipt)
        assert found, receipt
        self.town.number = found[0]
        return found[0]

    def told(self, who: str = "resident") -> str:
        return "\n".join(shown.text for shown in self.town.stage.phones[who].screen)

    async def ticket_text(self) -> str:
        ticket = await self.town.stage.store.reader.ticket(self.town.number)
        assert ticket is not None
        return ticket.text

    async def transcript(self) -> tuple[str, str]:
        (record,) = await self.town.stage.store.reader.attachments_of(self.town.number)
        said = (await self.town.copies(record.id)).transcript
        return ("", "") if said is None else (said.state, said.words)


@pytest.fixture
async def heard(tmp_path: Path) -> AsyncIterator[Heard]:
    async with town(tmp_path) as desk, FakeSpeech() as speech:
        there = desk.stage
        media = MediaFolder(tmp_path / "media")
        service = SpeechService(speech.url, SecretStr(speech.key), "whisper-1", "zh", patience=1.0)

        def committed(changes: Changes) -> None:
            for timer in changes.timers:
                there.firer.expect(timer.due_at)

        there.maker = RenditionMaker(there.store, media, CopiedHere(), words_wanted=True)
        there.jobs.append(Transcriber(there.store, media, service, there.clock.now, committed).once)
        yield Heard(desk, speech)
        await service.close()


# What the service is asked


async def test_the_form_is_the_one_that_such_services_take(heard: Heard) -> None:
    heard.speech.hears(SAID)
    await heard.sends_a_voice()
    (asked,) = heard.speech.asked
    assert asked.fields == {"model": "whisper-1", "language": "zh", "response_format": "json"}
    assert (asked.name, asked.mime) == ("voice.mp3", "audio/mpeg")
    assert asked.authorization == f"Bearer {heard.speech.key}"
    assert asked.content != AMR


async def test_what_is_not_filed_is_not_heard(heard: Heard) -> None:
    heard.speech.hears(SAID)
    await heard.town.resident.hand("voice", AMR)
    await heard.town.stage.settle()
    assert heard.speech.asked == []
    await heard.town.says("resident", "确认")
    assert len(heard.speech.asked) == 1


# What people are shown


async def test_who_spoke_is_shown_the_words_once(heard: Heard) -> None:
    heard.speech.hears(SAID)
    number = await heard.sends_a_voice()
    await heard.town.stage.advance(timedelta(hours=1))
    assert heard.told().count(SAID) == 1
    assert f"更正 {number}" in heard.told()
    assert await heard.transcript() == ("heard", SAID)
    assert await heard.ticket_text() == ""  # a machine's words are a proposal, no more


async def test_who_spoke_corrects_it_by_a_word(heard: Heard) -> None:
    heard.speech.hears("朝阳路的井盖不建了")
    number = await heard.sends_a_voice()
    answer = await heard.town.says("resident", f"更正 {number} {SAID}")
    assert SAID in answer
    assert await heard.transcript() == ("corrected", SAID)
    assert await heard.ticket_text() == SAID


async def test_who_spoke_corrects_it_by_a_tap_and_words(heard: Heard) -> None:
    heard.speech.hears("朝阳路的井盖不建了")
    await heard.sends_a_voice()
    await heard.town.presses("resident", "听得不对")
    assert "请写下您说的内容" in heard.told()
    await heard.town.says("resident", SAID)
    assert await heard.transcript() == ("corrected", SAID)


async def test_who_spoke_corrects_it_on_their_page(heard: Heard) -> None:
    heard.speech.hears(CANARY)
    await heard.sends_a_voice()
    page = (await heard.town.get(heard.town.link(), **{"Accept-Language": "zh-CN"})).text
    assert CANARY not in page
    form = re.search(r'action="([^"]+/words)">\s*<input type="hidden" name="nonce" value="([^"]+)"', page)
    assert form
    fields = {"nonce": form[2], "words": SAID}
    got = await heard.town.post(form[1], fields)
    assert got.status == 303
    assert SAID in html.unescape((await heard.town.get(got.headers["Location"])).text)
    assert await heard.transcript() == ("corrected", SAID)
    again = await heard.town.post(form[1], {**fields, "words": "别的话"})
    assert (again.status, await heard.transcript()) == (303, ("corrected", SAID))
    strangers = form[1].replace(heard.town.link(), "/t/nothing")
    assert (await heard.town.post(strangers, fields)).status == 404


async def test_a_late_answer_does_not_write_over_the_speakers_words(heard: Heard) -> None:
    heard.speech.hears("不对的话")
    number = await heard.sends_a_voice()
    await heard.town.says("resident", f"更正 {number} {SAID}")
    (record,) = await heard.town.stage.store.reader.attachments_of(number)
    late = Transcript(attachment=record.id, state="heard", words="晚到的话", at=heard.town.stage.clock.now())
    await heard.town.stage.store.commit(Changes(transcripts=[late]))
    assert await heard.transcript() == ("corrected", SAID)


async def test_the_words_are_proposed_to_who_types_them(heard: Heard) -> None:
    heard.speech.hears(SAID)
    number = await heard.sends_a_voice()
    asked = await heard.town.says("supervisor", f"听写 {number}")
    assert SAID in asked
    await heard.town.presses("supervisor", "就用这些文字")
    assert await heard.ticket_text() == SAID


async def test_a_danger_that_is_heard_is_told_at_once(heard: Heard) -> None:
    heard.speech.hears("我家楼下煤气泄漏，味道很大")
    number = await heard.sends_a_voice()
    await heard.town.stage.advance(timedelta(minutes=1))
    assert "危险" in heard.told("supervisor")
    assert number in heard.told("supervisor")


async def test_a_voice_beside_words_leaves_the_words_alone(heard: Heard) -> None:
    heard.speech.hears("补充一下，是晚上八点以后")
    await heard.town.files()
    await heard.town.adds("voice", AMR)
    await heard.town.says("resident", f"更正 {heard.town.number} 是晚上九点以后")
    assert await heard.ticket_text() == "人民路的路灯坏了"
    assert await heard.transcript() == ("corrected", "是晚上九点以后")


async def test_nobody_corrects_anothers_words(heard: Heard) -> None:
    heard.speech.hears(SAID)
    number = await heard.sends_a_voice()
    (record,) = await heard.town.stage.store.reader.attachments_of(number)
    stranger = heard.town.stage.phones["neighbour"] = await heard.town.stage.new_phone("telegram")
    before = heard.told()
    await heard.town.says("neighbour", f"更正 {number} 都是假的")
    await stranger.press(stranger.screen[-1], "x", f"{number}:said={record.id}")
    await heard.town.stage.settle()
    assert await heard.transcript() == ("heard", SAID)
    assert heard.told() == before
    assert SAID not in heard.told("neighbour")


# When the service is away


async def test_a_service_that_is_away_is_asked_again_and_keeps_nobody_waiting(heard: Heard) -> None:
    heard.speech.next(500, 429, 503)
    await heard.sends_a_voice()
    heard.speech.hears(SAID)
    assert await heard.transcript() == ("wanted", "")
    for _ in range(4):
        heard.town.stage.clock.at += timedelta(minutes=1)
        await heard.town.stage.settle()
    assert len(heard.speech.asked) == 4
    assert await heard.transcript() == ("heard", SAID)
    assert heard.told().count(SAID) == 1


async def test_after_many_tries_it_is_given_up(heard: Heard) -> None:
    await heard.sends_a_voice()
    for _ in range(TRIES + 5):
        heard.town.stage.clock.at += timedelta(hours=2)
        await heard.town.stage.jobs[0]()
    assert await heard.transcript() == ("failed", "")


async def test_silence_is_no_words(heard: Heard) -> None:
    heard.speech.hears("  ")
    await heard.sends_a_voice()
    assert await heard.transcript() == ("failed", "")
    assert "听到的是" not in heard.told()


@pytest.mark.parametrize(
    ("status", "wanted"),
    [(400, NotThis), (413, NotThis), (415, NotThis), (401, NotNow), (404, NotNow), (302, NotNow), (500, NotNow)],
)
async def test_what_an_answer_means(status: int, wanted: type) -> None:
    async with FakeSpeech() as speech:
        speech.next(status)
        service = SpeechService(speech.url, SecretStr(speech.key), "m", "")
        assert isinstance(await service.hear("audio/mpeg", 3, _pieces(b"abc")), wanted)
        await service.close()


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"text": 3}', b"\xff\xfe", b'{"text": "' + b"a" * (2 << 20) + b'"}']
)
async def test_an_answer_that_is_none_is_no_words(body: bytes) -> None:
    async with FakeSpeech() as speech:
        speech.answers(body)
        service = SpeechService(f"{speech.url}/v1", SecretStr(speech.key), "m", "")
        assert await service.hear("audio/mpeg", 3, _pieces(b"abc")) == NotNow("unreadable")
        speech.answers(b'{"text": " good "}')
        assert await service.hear("audio/mpeg", 3, _pieces(b"abc")) == Words("good")
        await service.close()


async def test_a_service_that_hangs_or_is_not_there_is_away() -> None:
    async with FakeSpeech() as speech:
        speech.hangs(hangs=True)
        service = SpeechService(speech.url, SecretStr(""), "m", "", patience=0.3)
        assert await service.hear("audio/mpeg", 3, _pieces(b"abc")) == NotNow("timeout")
        await service.close()
    assert isinstance(await service.hear("audio/mpeg", 3, _pieces(b"abc")), NotNow)
    await service.close()


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content
