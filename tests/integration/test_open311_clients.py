"""Programs that others wrote, as they really speak: their requests, and how they read the answers.

`georeport` 0.3.1 (it needs an older xmltodict than the desk), `three` 0.8.0 (Python 2), and FixMyStreet's sender. And
the page of our docs, with the real curl.
"""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import xmltodict

from bot import settings
from bot.ports import Wanted
from tests.fakes.photos import PHOTOS
from tests.fakes.programs import APP
from tests.integration.test_open311 import COPY, Town, town

DOCS = Path(__file__).parent.parent.parent / "docs" / "open311.md"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as there:
        yield there


class GeoReport:
    """What georeport asks for and how it takes it apart: by the ending, with the jurisdiction in every call."""

    def __init__(self, desk: Town, output_format: str) -> None:
        self.desk, self.format = desk, output_format

    async def _get(self, path: str, **params: str) -> Any:
        got = await self.desk.get(f"{path}.{self.format}", **params, jurisdiction_id="town.example")
        assert got.status == 200
        return got.json if self.format == "json" else xmltodict.parse(got.text.encode())

    async def service_list(self) -> Any:
        found = await self._get("services")
        return found if self.format == "json" else found["services"]["service"]

    async def service_definition(self, code: str) -> Any:
        found = await self._get(f"services/{code}")
        return found if self.format == "json" else found["service_definition"]

    async def service_requests(self, **params: str) -> Any:
        found = await self._get("requests", **params)
        return found if self.format == "json" else found["service_requests"]["request"]

    async def service_request(self, number: str) -> Any:
        found = await self._get(f"requests/{number}")
        return found[0] if self.format == "json" else found["service_requests"]["request"]


@pytest.mark.parametrize("output_format", ["json", "xml"])
async def test_georeport_reads(desk: Town, output_format: str) -> None:
    numbers = [await desk.files(description=f"灯坏了{place}") for place in range(2)]
    for number in numbers:
        await desk.releases(number)
    client = GeoReport(desk, output_format)
    services = await client.service_list()
    assert {service["service_code"] for service in services} >= {"roads", "environment", "undecided"}
    definition = await client.service_definition("roads")
    attributes = definition["attributes"]
    assert len(attributes if output_format == "json" else attributes["attribute"]) == 3
    found = await client.service_requests(
        service_code="roads", status="open", start_date="2026-03-01T00:00:00Z", end_date="2026-03-09T00:00:00Z"
    )
    assert {each["service_request_id"] for each in found} == set(numbers)
    one = await client.service_request(numbers[0])
    assert (one["description"], one["status"]) == (COPY, "open")


async def test_three_reads_and_posts(desk: Town) -> None:
    """Its addresses end in a slash before the name, its dates are those of days, its photo is a field of a form."""
    form = aiohttp.FormData(
        {
            "jurisdiction_id": "town.example",
            "address_string": "人民路 12号",
            "first_name": "Zach",
            "last_name": "Williams",
            "phone": "555-5555",
            "description": "My issue description.",
            "service_code": "roads",
            "api_key": APP,
        }
    )
    form.add_field("media", PHOTOS["street"], filename="photo.png")
    got = await desk.post("requests.json", form)
    assert got.status == 201, got.text
    number = got.json[0]["service_request_id"]
    await desk.releases(number)
    listed = await desk.get(
        "requests.json",
        jurisdiction_id="town.example",
        page_size="5",
        start_date="2026-03-01T00:00:00Z",
        end_date="2026-03-31T00:00:00Z",
    )
    assert [each["service_request_id"] for each in listed.json] == [number]
    assert (await desk.get(f"tokens/{number}.json")).json[0]["service_request_id"] == number
    assert (await desk.get("discovery.json")).json["endpoints"]


async def test_fixmystreet_posts_in_xml_and_sends_an_update(desk: Town) -> None:
    latitude, longitude = desk.point
    fields = {
        "api_key": APP,
        "jurisdiction_id": "town.example",
        "service_code": "roads",
        "first_name": "测试",
        "last_name": "用户",
        "email": "test@example.org",
        "phone": "",
        "lat": str(latitude),
        "long": str(longitude),
        "description": "title: 灯坏了\n\ndetail: 三天了\n\nSubmitted via FixMyStreet",
        "requested_datetime": "2026-03-04T09:00:00+08:00",
        "attribute[easting]": "530000",
        "attribute[northing]": "180000",
        "attribute[external_id]": "1042",
    }
    got = await desk.post("requests.xml", fields)
    assert got.status == 201, got.text
    number = xmltodict.parse(got.text)["service_requests"]["request"]["service_request_id"]
    assert "easting: 530000" in (await desk.ticket(number)).text
    update = {"api_key": APP, "description": "又灭了", "status": "OPEN", "update_id": "7", "first_name": "测试"}
    sent = await desk.post(f"requests/{number}/updates.xml", update)
    assert sent.status == 201, sent.text
    assert xmltodict.parse(sent.text)["service_request_updates"]["request_update"]["update_id"].startswith(number)
    await desk.releases(number)
    desk.stage.clock.at += timedelta(minutes=1)
    updates = xmltodict.parse((await desk.get(f"requests/{number}/updates.xml")).text)
    for each in updates["service_request_updates"]["request_update"]:
        assert each["status"] in ("open", "closed")
        assert each["updated_datetime"].endswith("Z")


async def test_what_the_page_of_the_docs_says_can_be_typed(desk: Town, tmp_path: Path) -> None:
    page = DOCS.read_text("utf-8")
    (tmp_path / "photo.jpg").write_bytes(PHOTOS["street"])
    commands = re.findall(r"^curl .*$", page, re.M)
    assert len(commands) == 7
    for command in commands:
        here = command.replace("https://desk.example", desk.stage.url).replace("api_key=KEY", f"api_key={APP}")
        words = shlex.split(here)
        process = await asyncio.create_subprocess_exec(
            *words, "-f", cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        told, _ = await process.communicate()
        assert process.returncode == 0, command
        assert told
    assert await desk.stage.store.reader.count(Wanted()) == 2


def test_the_settings_of_the_page_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [toml] = re.findall(r"```toml\n(.*?)```", DOCS.read_text("utf-8"), re.S)
    path = tmp_path / "desk.toml"
    path.write_text(toml, "utf-8")
    found = settings.load(path)
    assert found.open311.keys.keys() == {"cityapp"}
    assert [hook.key for hook in found.webhooks] == ["", "cityapp"]
    assert "another-secret-of-24-characters" in found.secrets()
