"""A trial sends nothing and says so everywhere; data of one account is not taken up by another."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.channels.dry import DRY, DryBriefChannel, DryChannel, dry, shown
from bot.clock import FixedClock
from bot.console import trials
from bot.domain.people import Address
from bot.errors import ConfigurationError, StoreUnavailable
from bot.message import Choice, Delivered, Lane, Picture, Push, Reply
from bot.ports import BriefChannel, PushOutcome
from bot.settings import Settings, load
from bot.views.frame import Frame
from bot.web.rendering import Renderer
from storage.store import SqliteStore
from tests.fakes.changesets import NOW, filing, person, push
from tests.fakes.desk_process import WECHAT, run
from tests.fakes.scripted_channel import ScriptedChannel

WHO = person()


def settings(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    for name, value in values.items():
        monkeypatch.setenv(f"MINSHENG_{name}", value)
    return load()


def a_push(channel: str, lane: Lane = Lane.REPLY, picture: Picture | None = None) -> Push:
    reply = Reply("您的诉求已受理", (Choice("a", "查看"), Choice("b", "撤回", "撤回")), picture=picture)
    return Push(key="k", address=Address(channel, "1"), reply=reply, created_at=NOW, lane=lane)


async def test_nothing_is_sent_and_everything_else_is_as_it_was() -> None:
    real = ScriptedChannel()
    trial = dry(real)
    assert await trial.deliver(a_push(real.name), "old") == Delivered("", DRY)
    assert real.delivered == []
    assert (trial.name, trial.traits, trial.pace) == (real.name, real.traits, real.pace)
    assert type(trial) is DryChannel
    assert not isinstance(trial, BriefChannel)
    assert isinstance(DryBriefChannel(real), BriefChannel)
    brief = a_push(real.name)
    assert await DryBriefChannel(real).deliver_brief(brief) == Delivered("", DRY)


def test_what_would_have_been_read_is_shown() -> None:
    assert shown(a_push("wechat")) == "您的诉求已受理\n1 查看\n2 撤回"
    assert shown(a_push("wechat", Lane.NOTICE)) == Reply("您的诉求已受理", a_push("x").reply.choices).typed
    picture = Picture("ab" * 32, "image/png", "排名图")
    assert shown(a_push("telegram", picture=picture)).endswith("[image/png abababababab] 排名图")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, {"outbox": "live"}),
        ({"OUTBOX__DRY_RUN": "true"}, {"outbox": "dry telegram,webhook,wechat"}),
        ({"OUTBOX__DRY_CHANNELS": "telegram, wechat"}, {"outbox": "dry telegram,wechat"}),
        ({"TELEGRAM__TOKEN": "77:secret"}, {"outbox": "live", "telegram": "77"}),
    ],
)
def test_what_the_settings_say_the_data_is_of(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], expected: dict[str, str]
) -> None:
    assert trials.accounts(settings(monkeypatch, **values)) == expected


async def test_data_belongs_to_whom_it_was_first_used_with(tmp_path: Path) -> None:
    store = await SqliteStore.open("", tmp_path, clock=FixedClock(NOW), patience=0)
    real, trial = {"outbox": "live", "wechat": "wx1"}, {"outbox": "live", "wechat": "wx2", "telegram": "5"}
    assert await store.claim_data(real) == ()
    assert await store.claim_data(real) == ()
    (foreign,) = await store.claim_data(trial)
    assert (foreign.what, foreign.known, foreign.given) == ("wechat", "wx1", "wx2")
    (still,) = await store.claim_data({"telegram": "6", "wechat": "wx3"})
    assert still.what == "wechat"  # and nothing of what was refused was noted
    assert await store.claim_data({"telegram": "6"}) == ()
    assert await store.claim_data({**trial, "telegram": "6"}, adopt=True) == ()
    (back,) = await store.claim_data(real)
    assert back.known == "wx2"
    await store.close()


async def test_a_database_that_is_away_at_the_start_is_asked_until_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch, OUTBOX__DRY_CHANNELS="wechat")
    answers: list[tuple[trials.Foreign, ...] | None] = [None, None, (A_FOREIGN,)]
    stopped: list[str] = []

    async def claim(given: object, adopt: bool) -> tuple[trials.Foreign, ...]:
        answer = answers.pop(0)
        if answer is None:
            raise StoreUnavailable(why="away")
        return answer

    belonging = trials.Belonging(claim, found, False, lambda: stopped.append("now"))
    await belonging.check()
    await belonging.once()
    assert (belonging.error, stopped) == (None, [])
    await belonging.once()
    assert isinstance(belonging.error, ConfigurationError)
    assert "serve --adopt" in belonging.error.why
    assert stopped == ["now"]
    await belonging.once()  # nobody is asked any more
    assert answers == []


class AForeign:
    what, known, given = "outbox", "live", "dry wechat"


A_FOREIGN = AForeign()


async def test_a_trial_cannot_become_the_real_thing_unnoticed(tmp_path: Path) -> None:
    store = await SqliteStore.open("", tmp_path, clock=FixedClock(NOW), patience=0)
    await store.claim_data({"outbox": "dry telegram,webhook,wechat", "wechat": WECHAT["MINSHENG_WECHAT__APP_ID"]})
    await store.close()
    real = {**WECHAT, "MINSHENG_WEB__PORT": "0"}
    refused = await asyncio.to_thread(run, "serve", "--data", str(tmp_path), settings=real)
    assert refused.returncode == 2
    assert "MINSHENG_OUTBOX__DRY_RUN" in refused.stderr
    assert "serve --adopt" in refused.stderr


def test_staff_are_shown_that_it_is_a_trial() -> None:
    def words(locale: str) -> Callable[..., str]:
        return lambda key, **params: " ".join([key, *map(str, params.values())])

    page = {"me": Frame("a", "b", "c"), "menu": (), "languages": (), "lang": "en", "t": words("en")}
    for dry_on, expected in (("wechat, telegram", True), ("", False)):
        renderer = Renderer(words, ("en",), dry=dry_on)
        text = renderer.environment.get_template("layout/staff.html").render(**page, locale="en", path="/", title="x")
        assert ("dry.staff wechat, telegram" in text) is expected


async def test_the_outbox_shows_what_waits_and_what_a_trial_would_have_sent(tmp_path: Path) -> None:
    store = await SqliteStore.open("", tmp_path, clock=FixedClock(NOW), patience=0)
    changes = filing(WHO, 1, "260304-00017")
    changes.pushes.append(push("p1", WHO, ticket="260304-00017"))
    changes.pushes.append(push("p2", WHO, ticket="260304-00017"))
    await store.commit(changes)
    (claimed,) = await store.claim_pushes("wechat", NOW, 1)
    trial = await dry(ScriptedChannel()).deliver(claimed.push, "")
    assert isinstance(trial, Delivered)
    await store.settle_pushes([PushOutcome(claimed.id, "sent", NOW, trial.message_id, trial.reason)])
    await store.close()
    waiting = run("outbox", "--json", settings={"MINSHENG_DATA": str(tmp_path)})
    assert [(each["channel"], each["count"]) for each in map(json.loads, waiting.stdout.splitlines())] == [
        ("wechat", 1)
    ]
    would = await asyncio.to_thread(run, "outbox", "--dry", "--json", settings={"MINSHENG_DATA": str(tmp_path)})
    (line,) = map(json.loads, would.stdout.splitlines())
    assert (line["to"], line["ticket"], line["text"]) == (str(WHO), "260304-00017", shown(claimed.push))
