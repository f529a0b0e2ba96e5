"""Open311 GeoReport v2 over HTTP: what programs read and hand in, and what they must not get."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import aiohttp
import pytest

from bot.changes import Changes
from bot.console.premises import link_keys
from bot.domain.links import OWN
from bot.domain.ticket import Action, Ticket, Type
from bot.ports import Wanted
from tests.dialogue.stage import Stage, stage
from tests.fakes.photos import PHOTOS
from tests.fakes.programs import APP, OTHER, READER

START = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)
V2 = "/open311/v2/"
WORDS = "人民路的路灯坏了三天，天黑看不见路"
COPY = "人民路路灯不亮，已派人查看。"
NOTHING: Mapping[str, str] = {}
Z = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass
class Got:
    """An answer."""

    status: int
    text: str
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def xml(self) -> ElementTree.Element:
        return ElementTree.fromstring(self.text.encode())  # noqa: S314 - our own answer


@dataclass
class Town:
    """A staffed desk, and a program that speaks HTTP."""

    stage: Stage
    http: aiohttp.ClientSession

    async def get(self, path: str, *, headers: Any = NOTHING, **query: str) -> Got:
        url = self.stage.url + (path if path.startswith("/") else V2 + path)
        async with self.http.get(url, params=query, headers={"Accept-Language": "en", **headers}) as answer:
            return Got(answer.status, await answer.text(), dict(answer.headers))

    async def post(
        self, path: str, fields: dict[str, str] | aiohttp.FormData | bytes, headers: dict[str, str] | None = None
    ) -> Got:
        given = {"Accept-Language": "en", **(headers or {})}
        async with self.http.post(self.stage.url + V2 + path, data=fields, headers=given) as answer:
            got = Got(answer.status, await answer.text(), dict(answer.headers))
        await self.stage.settle()
        return got

    @property
    def point(self) -> tuple[float, float]:
        """Somewhere in the town."""
        return next(area.centre for area in self.stage.guide.town.areas.values() if area.level == 1 and area.centre)

    def request(self, **fields: str) -> dict[str, str]:
        """What a program posts."""
        latitude, longitude = self.point
        here = {"lat": str(latitude), "long": str(longitude)}
        return {"api_key": APP, "service_code": "roads", "description": WORDS, **here, **fields}

    async def files(self, **fields: str) -> str:
        """The number of a request that was taken."""
        got = await self.post("requests.json", self.request(**fields))
        assert got.status == 201, got.text
        [filed] = got.json
        return str(filed["service_request_id"])

    async def ticket(self, number: str) -> Ticket:
        ticket = await self.stage.store.reader.ticket(number)
        assert ticket is not None
        return ticket

    async def says(self, who: str, text: str) -> str:
        phone = self.stage.phones[who]
        self.stage.clock.at += timedelta(seconds=10)  # a chat is not sent to faster than its platform wants
        before = len(phone.screen)
        await phone.say(text)
        await self.stage.settle()
        return "\n".join(shown.text for shown in phone.screen[before:])

    async def presses(self, who: str, label: str) -> None:
        phone = self.stage.phones[who]
        found = next((s, *c) for s in reversed(phone.screen) for c in s.choices if c[0].startswith(label))
        await phone.press(*found)
        await self.stage.settle()

    async def releases(self, number: str, copy: str = COPY) -> None:
        await self.says("supervisor", f"公开 {number} {copy}")
        await self.presses("supervisor", "公开")
        assert (await self.ticket(number)).work.released == copy

    async def answers(self, number: str) -> None:
        await self.says("handler", f"答复 {number} 已解决 已更换路灯灯头并检查了线路，今晚恢复照明。")
        await self.presses("handler", "发出")
        await self.stage.advance(timedelta(minutes=3))


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[Town]:
    async with stage("telegram", folder, START, staffed=True) as there:
        await there.open()
        for who, details in (("handler", {"unit": "transport"}), ("supervisor", {"name": "督办员", "walled": ""})):
            there.phones[who] = await there.new_phone("telegram")
            await there.employ(there.phones[who], who, details)
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            yield Town(there, http)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as there:
        yield there


def code_in(got: Got) -> str:
    found = re.search(r"Code (\d{6})", got.json[0]["service_notice"])
    assert found
    return found[1]


# Who may do what

NEEDS = """
GET   /open311/discovery{format}                  anybody
GET   /open311/v2/discovery{format}               anybody
GET   /open311/v2/services{format}                anybody
GET   /open311/v2/services/{id}{format}           anybody
GET   /open311/v2/requests{format}                anybody
GET   /open311/v2/requests/{id}{format}           released, or filer
GET   /open311/v2/requests/{id}/updates{format}   released, or filer
GET   /open311/v2/tokens/{id}{format}             released, or filer
POST  /open311/v2/requests{format}                file
POST  /open311/v2/requests/{id}/updates{format}   update, and filer
"""
"""Every address there is, and what opens it."""

PATTERN = re.compile(r":(?:[^{}]|\{[^{}]*\})*\}")


async def test_every_address_is_in_the_table_and_the_table_holds(desk: Town) -> None:
    listed = {tuple(line.split()[:2]) for line in NEEDS.strip().splitlines()}
    routes = {(route.method, PATTERN.sub("}", route.path)) for route in desk.stage.routes}
    ours = {(method, path) for method, path in routes if path.startswith("/open311")}
    assert {(method, path) for method, path in ours if method != "*"} == listed
    filed = await desk.files()
    released = await desk.files(description="另一盏灯坏了")
    await desk.releases(released)
    for method, path in sorted(listed):
        for number in (filed, released):
            whole = path.replace("{id}", "roads" if "services" in path else number).replace("{format}", ".json")
            for key in ("", "wrong", READER, OTHER, APP):
                status = await _status(desk, method, whole, key)
                assert status == _wanted(path, number == released, method, key), (method, whole, key)


async def _status(desk: Town, method: str, path: str, key: str) -> int:
    desk.stage.clock.at += timedelta(minutes=11)  # not the same request again, and no key has run dry
    if method == "GET":
        return (await desk.get(path, api_key=key)).status
    fields = {**desk.request(description=f"又一盏{desk.stage.clock.at}"), "api_key": key}
    return (await desk.post(path.removeprefix(V2), fields)).status


def _wanted(path: str, released: bool, method: str, key: str) -> int:
    if key == "wrong":
        return 403
    if method == "GET":
        return 200 if "{id}" not in path or "services" in path or released or key == APP else 404
    if key in ("", READER):
        return 403
    return 201 if "{id}" not in path or key == APP else 404


# Discovery and services


@pytest.mark.parametrize("path", ["/open311/discovery", "discovery"])
async def test_discovery_leads_to_the_addresses(desk: Town, path: str) -> None:
    got = await desk.get(f"{path}.json")
    assert got.headers["Content-Type"] == "application/json; charset=utf-8"
    [endpoint] = got.json["endpoints"]
    assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"
    assert endpoint["url"].endswith("/open311/v2")
    assert set(endpoint["formats"]) == {"text/xml", "application/json"}
    assert (endpoint["type"], got.json["contact"]) == ("production", "desk@town.example")
    assert Z.fullmatch(endpoint["changeset"])
    assert got.json["key_service"]
    written = await desk.get(f"{path}.xml")
    assert written.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert written.xml.tag == "discovery"
    assert [each.text for each in written.xml.findall("endpoints/endpoint/formats/format")] == endpoint["formats"]


async def test_services_are_the_kinds_of_the_town_without_those_behind_the_wall(desk: Town) -> None:
    services = (await desk.get("services.json", jurisdiction_id="town.example")).json
    by_code = {service["service_code"]: service for service in services}
    assert "conduct" not in by_code
    assert services[-1]["service_code"] == "undecided"
    roads = by_code["roads"]
    assert roads.keys() == {"service_code", "service_name", "description", "metadata", "type", "keywords", "group"}
    assert (roads["service_name"], roads["metadata"], roads["type"]) == ("Roads and traffic", True, "realtime")
    assert roads["group"] == "Infrastructure"
    assert isinstance(roads["keywords"], str)
    assert by_code["undecided"]["metadata"] is False
    written = (await desk.get("services.xml")).xml
    assert (written.tag, {each.tag for each in written}) == ("services", {"service"})
    assert [each.findtext("service_code") for each in written] == [service["service_code"] for service in services]
    assert {each.findtext("metadata") for each in written} == {"true", "false"}
    chinese = await desk.get("services.json", headers={"Accept-Language": "zh-CN"})
    assert "道路交通" in chinese.text


async def test_a_definition_asks_what_the_kind_asks(desk: Town) -> None:
    definition = (await desk.get("services/roads.json")).json
    assert definition["service_code"] == "roads"
    first = definition["attributes"][0]
    assert (first["variable"], first["required"], first["datatype"], first["order"]) == (True, False, "string", 1)
    assert (first["code"], first["description"], first["values"]) == ("detail_1", "which stretch or junction", [])
    written = (await desk.get("services/roads.xml")).xml
    assert written.tag == "service_definition"
    assert [each.findtext("code") for each in written.findall("attributes/attribute")] == [
        each["code"] for each in definition["attributes"]
    ]
    assert written.findtext("attributes/attribute/variable") == "true"


ACCEPTED = [
    ("services", "application/json", "application/json"),
    ("services", "text/xml", "text/xml"),
    ("services", "application/xml;q=0.9, */*", "text/xml"),
    ("services", "*/*", "application/json"),
    ("services.json", "text/xml", "application/json"),
    ("services.xml", "application/json", "text/xml"),
]


async def test_the_ending_wins_over_what_is_accepted(desk: Town) -> None:
    for path, accept, kind in ACCEPTED:
        got = await desk.get(path, headers={"Accept": accept})
        assert (got.status, got.headers["Content-Type"]) == (200, f"{kind}; charset=utf-8"), (path, accept)


# Handing in


async def test_a_request_becomes_a_ticket_with_number_unit_date_and_code(desk: Town) -> None:
    got = await desk.post(
        "requests.json",
        desk.request(first_name="小明", last_name="李", phone="139 1234 5678", email="li@example.org", device_id="d-1"),
    )
    assert got.status == 201
    [filed] = got.json
    assert filed.keys() == {"service_request_id", "service_notice", "account_id"}
    ticket = await desk.ticket(filed["service_request_id"])
    assert (ticket.source, ticket.channel, ticket.kind, ticket.unit) == ("open311", "open311", "roads", "transport")
    assert ticket.text == WORDS
    assert ticket.place is not None
    assert (ticket.place.latitude, ticket.place.longitude) == desk.point
    assert ticket.area
    assert ticket.number in filed["service_notice"]
    assert ticket.code == code_in(got)
    [first, *_] = await desk.stage.store.reader.events(ticket.number)
    assert first.by == "open311:app"
    assert first.data["contact"] == {"name": "小明 李", "phone": "13912345678", "email": "li@example.org"}
    assert "d-1" not in str(first)
    assert "arrived" in str(desk.stage.phones["handler"].screen) or await desk.says("handler", "待办")
    claimed = await desk.says("resident", f"{ticket.number} {ticket.code}")
    assert ticket.number in claimed


async def test_an_answer_in_xml_to_a_post_in_xml(desk: Town) -> None:
    got = await desk.post("requests.xml", desk.request())
    assert got.status == 201
    assert got.xml.tag == "service_requests"
    [request] = got.xml
    assert request.tag == "request"
    assert (await desk.ticket(request.findtext("service_request_id") or "")).text == WORDS


async def test_details_and_the_address_of_a_picture_are_words_of_the_ticket(desk: Town) -> None:
    fields = {"attribute[detail_1]": "桥头", "attribute[WHICH][]": "left & right", "media_url": "http://10.0.0.1/a.jpg"}
    ticket = await desk.ticket(await desk.files(**fields))
    assert "which stretch or junction: 桥头" in ticket.text
    assert "WHICH: left & right" in ticket.text
    assert "not verified" in ticket.text
    assert "http://10.0.0.1/a.jpg" in ticket.text
    assert not await desk.stage.store.pending_media(desk.stage.clock.now(), 10)  # nobody fetches it


async def test_a_place_in_words_or_by_the_towns_own_code_does(desk: Town) -> None:
    nowhere = {"lat": "", "long": ""}
    named = await desk.ticket(await desk.files(**nowhere, address_string="人民路 12号"))
    assert named.area
    assert named.place is not None
    assert named.place.address == "人民路 12号"
    coded = await desk.ticket(await desk.files(**nowhere, address_id=named.area, description="路口积水"))
    assert coded.area == named.area
    unknown = await desk.ticket(await desk.files(**nowhere, address_string="某处", description="坑洼"))
    assert (unknown.area, unknown.place and unknown.place.address) == ("", "某处")


async def test_a_multipart_form_brings_files(desk: Town) -> None:
    form = aiohttp.FormData(desk.request(), quote_fields=False)
    form.add_field("media", PHOTOS["street"], filename="../../etc/light.jpg", content_type="text/html")
    form.add_field("media[]", PHOTOS["corner"], filename="b.jpg", content_type="image/jpeg")
    got = await desk.post("requests.json", form)
    assert got.status == 201, got.text
    files = await desk.stage.store.reader.attachments_of(got.json[0]["service_request_id"])
    assert [(each.type, each.state, each.mime) for each in files] == [("photo", "stored", "image/jpeg")] * 2
    assert {each.name for each in files} == {"light.jpg", "b.jpg"}


async def test_whoever_claims_the_ticket_has_its_files(desk: Town, tmp_path: Path) -> None:
    form = aiohttp.FormData(desk.request())
    form.add_field("media", PHOTOS["street"], filename="a.jpg", content_type="image/jpeg")
    filed = await desk.post("requests.json", form)
    number = filed.json[0]["service_request_id"]
    await desk.says("resident", f"{number} {code_in(filed)}")
    await desk.stage.settle()
    resident = desk.stage.phones["resident"].address
    name = link_keys(tmp_path).signed(OWN, number, resident, desk.stage.clock.now())
    page = await desk.get(f"/t/{name}", headers={"Accept": "text/html"})
    assert page.status == 200
    assert "<img" in page.text


async def test_the_same_request_within_minutes_is_one_ticket(desk: Town) -> None:
    first = await desk.files()
    desk.stage.clock.at += timedelta(minutes=9, seconds=55)  # over the edge of a span of ten minutes
    assert await desk.files() == first
    assert await desk.files(description=WORDS + "。") != first
    assert await desk.files(api_key=OTHER) != first
    desk.stage.clock.at += timedelta(minutes=20)
    assert await desk.files() != first


async def test_danger_is_answered_with_the_numbers_and_handled_at_once(desk: Town) -> None:
    got = await desk.post("requests.json", desk.request(description="小区里煤气味很重", service_code="undecided"))
    assert "119" in got.json[0]["service_notice"]
    ticket = await desk.ticket(got.json[0]["service_request_id"])
    assert (ticket.danger, ticket.clock) == ("gas", "danger")
    far = await desk.post("requests.json", desk.request(description="有人溺水", lat="10.0", long="20.0"))
    assert far.status == 201, "somebody in need is not sent away for the place"
    assert not (await desk.ticket(far.json[0]["service_request_id"])).area


async def test_whoever_left_a_number_is_called_back_and_nobody_else_is(desk: Town) -> None:
    called = await desk.files(phone="13912345678", email="li@example.org")
    silent = await desk.files(description="人民路路面有坑")
    for number in (called, silent):
        await desk.answers(number)
    tasks = await desk.stage.store.reader.tasks(("call_back",))
    assert {task.subject for task in tasks} == {called}
    card = await desk.says("supervisor", f"回访 {called}")
    assert "13912345678" in card
    assert "li@example.org" in card


WRONG: list[tuple[dict[str, str], int, str]] = [
    ({"api_key": ""}, 403, "api_key"),
    ({"api_key": "wrong"}, 403, "api_key"),
    ({"api_key": READER}, 403, "api_key"),
    ({"service_code": "nothing"}, 404, "service"),
    ({"service_code": "conduct"}, 404, "service"),
    ({"service_code": ""}, 400, "service_code"),
    ({"jurisdiction_id": "elsewhere.example"}, 404, "jurisdiction_id"),
    ({"lat": "", "long": ""}, 400, "where"),
    ({"long": ""}, 400, "together"),
    ({"lat": "51.5", "long": "0.1"}, 400, "outside"),
    ({"lat": "nan"}, 400, "number"),
    ({"lat": "inf"}, 400, "number"),
    ({"lat": "91"}, 400, "degrees"),
    ({"lat": "1e5"}, 400, "number"),
    ({"lat": "", "long": "", "address_id": "nothing"}, 400, "address_id"),
    ({"email": "nobody"}, 400, "email"),
    ({"description": "路" * 10_000}, 400, "4000"),
    ({"first_name": "x" * 10_000}, 400, "first_name"),
    ({"address_string": "x" * 10_000}, 400, "address_string"),
    ({"attribute[detail_1]": "x" * 10_000}, 400, "attribute[detail_1]"),
    ({"media_url": "http://x/" + "x" * 10_000}, 400, "media_url"),
    ({"description": "x" * 200_000}, 413, "Too large"),
]


async def test_what_is_wrong_is_said_and_nothing_is_filed(desk: Town) -> None:
    for fields, status, says in WRONG:
        got = await desk.post("requests.json", desk.request(**fields))
        assert (got.status, [error["code"] for error in got.json]) == (status, [status]), fields.keys()
        assert says in got.json[0]["description"]
        written = await desk.post("requests.xml", desk.request(**fields))
        assert (written.status, written.xml.tag) == (status, "errors")
        assert written.xml.findtext("error/code") == str(status)
        assert says in (written.xml.findtext("error/description") or "")
    assert await desk.stage.store.reader.count(Wanted()) == 0


async def test_keys_in_wrong_places_open_nothing(desk: Town) -> None:
    fields = desk.request(api_key="")
    for headers in ({"Cookie": f"api_key={APP}"}, {"X-Api-Key": APP}, {"Authorization": f"Bearer {APP}"}):
        assert (await desk.post("requests.json", fields, headers)).status == 403
    body = json.dumps({**fields, "api_key": APP}).encode()
    assert (await desk.post("requests.json", body, {"Content-Type": "application/json"})).status == 415
    # In the address some clients show it, and the body says the rest.
    assert (await desk.post(f"requests.json?api_key={APP}", {k: v for k, v in fields.items() if v})).status == 201


async def test_no_xml_is_read(desk: Town) -> None:
    bomb = b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><request><description>&x;</description></request>'
    for kind in ("text/xml", "application/xml"):
        got = await desk.post("requests.xml", bomb, {"Content-Type": kind})
        assert (got.status, got.xml.tag) == (415, "errors")
        assert "root:" not in got.text


async def test_files_come_after_a_key_that_may_file(desk: Town) -> None:
    for key in ("", "wrong", READER):
        form = aiohttp.FormData(desk.request(api_key=key))
        form.add_field("media", PHOTOS["street"], filename="a.jpg")
        assert (await desk.post("requests.json", form)).status == 403
    late = aiohttp.FormData()
    late.add_field("media", PHOTOS["street"], filename="a.jpg")
    for name, value in desk.request().items():
        late.add_field(name, value)
    assert (await desk.post("requests.json", late)).status == 403
    many = aiohttp.FormData(desk.request())
    for place in range(10):
        many.add_field("media", PHOTOS["street"], filename=f"{place}.jpg")
    got = await desk.post("requests.json", many)
    assert (got.status, got.json[0]["description"]) == (400, "Too many files: at most 9.")
    huge = aiohttp.FormData(desk.request())
    huge.add_field("media", BytesIO(bytes(21 * 1024 * 1024)), filename="a.bin")
    assert (await desk.post("requests.json", huge)).status == 413
    broken = await desk.post("requests.json", b"--x\r\nnothing", {"Content-Type": "multipart/form-data; boundary=x"})
    assert broken.status in (400, 403)


async def test_strange_words_are_kept_and_written_as_proper_xml(desk: Town) -> None:
    strange = "灯坏了 <script>alert(1)</script> & ]]> \x00\x0b\ufffe '\""
    number = await desk.files(description=strange)
    assert "\x00" not in (await desk.ticket(number)).text
    await desk.releases(number, "灯坏了 <b> & ]]> '\"")
    written = (await desk.get(f"requests/{number}.xml")).xml
    assert written.findtext("request/description") == "灯坏了 <b> & ]]> '\""
    assert (await desk.get(f"requests/{number}.json")).json[0]["description"] == "灯坏了 <b> & ]]> '\""


async def test_the_right_words_of_urls_that_are_not_there(desk: Town) -> None:
    for path in ("nothing", "nothing.xml", "requests/1/nothing.json", "", "requests/2.html"):
        got = await desk.get(path)
        assert got.status == 404, path
        assert ("<errors>" in got.text) == path.endswith(".xml")
    got = await desk.post("services.json", {})
    assert (got.status, got.json[0]["code"]) == (405, 405)


# Reading


async def test_only_what_was_released_is_read(desk: Town) -> None:
    number = await desk.files(phone="13912345678", first_name="李", media_url="http://x.example/a.jpg")
    assert (await desk.get("requests.json")).json == []
    for path in (f"requests/{number}.json", f"requests/{number}/updates.json", f"tokens/{number}.json"):
        hidden, none = await desk.get(path), await desk.get(path.replace(number, "260304-99993"))
        assert (hidden.status, hidden.text) == (404, none.text)
        assert (await desk.get(path, api_key=OTHER)).status == 404
    await desk.releases(number)
    [request] = (await desk.get("requests.json")).json
    assert request.keys() == {
        *("service_request_id", "status", "status_notes", "service_name", "service_code", "description"),
        *("agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime"),
        *("address", "address_id", "zipcode", "lat", "long", "media_url"),
    }
    assert (request["service_request_id"], request["status"], request["description"]) == (number, "open", COPY)
    assert request["address"]
    for name in ("requested_datetime", "updated_datetime", "expected_datetime"):
        assert Z.fullmatch(request[name]), name
    assert abs(request["lat"] - desk.point[0]) < 0.0001
    assert request["agency_responsible"] == "Transport Bureau"
    everything = (await desk.get("requests.json")).text + (await desk.get("requests.xml")).text
    for secret in ("13912345678", "x.example", "三天", (await desk.ticket(number)).code):
        assert secret not in everything
    await desk.says("supervisor", f"公开 {number}")
    await desk.presses("supervisor", "不再公开")
    assert (await desk.get("requests.json")).json == []


async def test_one_request_is_an_array_of_one(desk: Town) -> None:
    number = await desk.files()
    await desk.releases(number)
    for path in (f"requests/{number}", f"requests/{number.replace('-', '')}"):
        assert [each["service_request_id"] for each in (await desk.get(f"{path}.json")).json] == [number]
        written = (await desk.get(f"{path}.xml")).xml
        assert (written.tag, [each.tag for each in written]) == ("service_requests", ["request"])
        assert written.findtext("request/status") == "open"
    [token] = (await desk.get(f"tokens/{number}.json")).json
    assert token == {"service_request_id": number, "token": number}


async def test_the_key_that_filed_reads_how_its_own_stand_and_no_words(desk: Town) -> None:
    number = await desk.files()
    [request] = (await desk.get(f"requests/{number}.json", api_key=APP)).json
    assert (request["status"], request["description"], request["lat"]) == ("open", None, None)
    assert request["address"]
    assert (await desk.get("requests.json", api_key=APP)).json == []  # lists are everybody's
    [mine] = (await desk.get("requests.json", api_key=APP, service_request_id=number)).json
    assert mine == request
    for key in (OTHER, READER):
        assert (await desk.get(f"requests/{number}.json", api_key=key)).status == 404
    assert (await desk.get(f"requests/{number}.json", api_key="wrong")).status == 403
    await desk.says("resident", "人民路路面有大坑")
    await desk.says("resident", "确认")
    theirs = (await desk.stage.store.reader.tickets_of(desk.stage.phones["resident"].address))[0].number
    assert (await desk.get(f"requests/{theirs}.json", api_key=APP)).status == 404


async def test_what_may_not_be_public_any_more_is_not_read(desk: Town) -> None:
    private = await desk.files(service_code="health", description="医院收费看不懂")
    refused = await desk.says("supervisor", f"公开 {private} 医院收费")
    assert not (await desk.ticket(private)).work.released, refused
    ways: tuple[dict[str, Any], ...] = ({"hidden": True}, {"walled": True}, {"kind": "health"}, {"type": Type.REPORT})
    for place, fields in enumerate(ways):
        number = await desk.files(description=f"{WORDS}，第{place}盏")
        await desk.releases(number)
        assert (await desk.get(f"requests/{number}.json")).status == 200
        ticket = (await desk.ticket(number)).after(Action.NOTE, desk.stage.clock.now(), **fields)
        step = ticket.event(Action.NOTE, desk.stage.clock.now())
        await desk.stage.store.commit(Changes(tickets={number: ticket}, events=[step]))
        assert (await desk.get(f"requests/{number}.json")).status == 404
        assert (await desk.get(f"requests/{number}/updates.json")).status == 404
        assert (await desk.get("requests.json")).json == []


async def test_updates_are_steps_in_words_of_the_desk(desk: Town) -> None:
    number = await desk.files()
    got = await desk.post(f"requests/{number}/updates.json", {"api_key": APP, "description": "今天又灭了"})
    assert got.status == 201, got.text
    [added] = got.json
    assert added["update_id"].startswith(number)
    own = (await desk.get(f"requests/{number}/updates.json", api_key=APP)).json
    assert added["update_id"] in {each["update_id"] for each in own}
    events = await desk.stage.store.reader.events(number)
    assert any(event.data.get("text") == "今天又灭了" for event in events)
    await desk.answers(number)
    await desk.releases(number)
    shown = (await desk.get(f"requests/{number}/updates.json")).json
    assert [each["description"] for each in shown][:2] == ["registered", "sent to the unit"]
    assert shown[-1]["description"] == "answered"
    assert added["update_id"] not in {each["update_id"] for each in shown}
    text = json.dumps(shown, ensure_ascii=False)
    assert "今天又灭了" not in text
    assert "更换" not in text
    assert all(Z.fullmatch(each["updated_datetime"]) for each in shown)
    written = (await desk.get(f"requests/{number}/updates.xml")).xml
    assert (written.tag, {each.tag for each in written}) == ("service_request_updates", {"request_update"})


async def test_updates_are_taken_from_the_key_that_filed_alone(desk: Town) -> None:
    number = await desk.files()
    for fields, status in (
        ({"api_key": OTHER, "description": "x"}, 404),
        ({"api_key": READER, "description": "x"}, 403),
        ({"api_key": "", "description": "x"}, 403),
        ({"api_key": APP, "description": ""}, 400),
        ({"api_key": APP, "description": "x" * 5000}, 400),
    ):
        assert (await desk.post(f"requests/{number}/updates.json", fields)).status == status
    missing = await desk.post("requests/260304-99993/updates.json", {"api_key": APP, "description": "x"})
    assert missing.status == 404
    same = {"api_key": APP, "description": "又灭了"}
    once, again = [(await desk.post(f"requests/{number}/updates.json", same)).json for _ in range(2)]
    assert once == again


async def test_an_update_answers_the_handlers_question(desk: Town) -> None:
    filed = await desk.post("requests.json", desk.request())
    number = str(filed.json[0]["service_request_id"])
    await desk.says("handler", f"问 {number} 是哪一盏灯")
    assert (await desk.ticket(number)).status == "dispatched"  # there is nobody to ask
    await desk.says("resident", f"{number} {code_in(filed)}")
    await desk.says("handler", f"问 {number} 是哪一盏灯")
    assert (await desk.ticket(number)).status == "waiting_resident"
    [request] = (await desk.get(f"requests/{number}.json", api_key=APP)).json
    assert (request["status"], request["status_notes"]) == ("open", "being worked on")
    got = await desk.post(f"requests/{number}/updates.json", {"api_key": APP, "description": "桥头第二盏"})
    assert got.status == 201
    assert (await desk.ticket(number)).status == "in_progress"


# Finding


async def test_lists_by_kind_status_date_place_and_page(desk: Town) -> None:
    latitude, longitude = desk.point
    numbers = []
    for place, kind in enumerate(("roads", "environment", "roads", "roads")):
        here = {"lat": f"{latitude + place * 0.004:.5f}", "description": f"第{place}件：灯坏了"}
        numbers.append(await desk.files(service_code=kind, **here))
        await desk.releases(numbers[-1], f"第{place}件")
        desk.stage.clock.at += timedelta(days=1)

    async def found(**query: str) -> list[str]:
        got = await desk.get("requests.json", **query)
        assert got.status == 200, got.text
        return [each["service_request_id"] for each in got.json]

    newest_first = numbers[::-1]
    assert await found() == newest_first
    assert await found(service_code="environment") == [numbers[1]]
    assert await found(service_code="environment,roads") == newest_first
    assert await found(service_code="nothing") == []
    assert await found(service_code="health") == []
    assert await found(status="open") == newest_first
    assert await found(status="open,closed") == newest_first
    assert await found(status="closed") == []
    assert await found(page_size="2") == newest_first[:2]
    assert await found(page_size="2", page="2") == newest_first[2:]
    assert await found(page="999999999", page_size="999999999") == []
    assert await found(start_date="2026-03-05T00:00:00Z") == newest_first[:3]
    assert await found(start_date="2026-03-05T08:00:00+08:00", end_date="2026-03-06") == [numbers[1]]
    assert await found(start_date="2026-03-05T08:00:00 08:00", end_date="2026-03-06") == [numbers[1]]
    assert await found(end_date="2026-03-04T01:00:59Z") == [numbers[0]]
    assert await found(end_date="9999-12-31T23:59:59Z") == newest_first
    assert await found(start_date="0001-01-01") == newest_first
    near = {"lat": str(latitude), "long": str(longitude)}
    assert await found(**near, radius="50") == [numbers[0]]
    assert await found(**near, radius="500") == [numbers[1], numbers[0]]
    assert await found(**near, radius="100000", page_size="1", page="2") == [newest_first[1]]
    assert await found(**near, radius="500", service_code="environment") == [numbers[1]]
    assert await found(updated_after="2026-03-06T00:00:00Z") == newest_first[:2]
    assert await found(updated_before="2026-03-05T00:00:00Z") == [numbers[0]]
    assert await found(service_request_id=f"{numbers[2]},{numbers[0]},nothing,260304-99993") == [numbers[2], numbers[0]]
    assert await found(service_request_id=numbers[2], status="closed", service_code="health") == [numbers[2]]
    desk.stage.clock.at += timedelta(days=90)
    assert await found() == newest_first[:2] or len(await found()) < 4  # the last 90 days
    assert await found(start_date="2026-01-01") == newest_first


async def test_closed_is_what_has_ended(desk: Town) -> None:
    number = await desk.files()
    await desk.releases(number)
    await desk.answers(number)
    assert (await desk.get(f"requests/{number}.json")).json[0]["status"] == "open"
    await desk.stage.advance(timedelta(days=9))
    [request] = (await desk.get("requests.json", status="closed")).json
    assert (request["status"], request["status_notes"]) == ("closed", "closed")
    ticket = await desk.ticket(number)
    assert ticket.closed_at is not None
    assert request["updated_datetime"] == f"{ticket.closed_at:%Y-%m-%dT%H:%M:%SZ}"


SENSELESS: list[tuple[dict[str, str], str]] = [
    ({"page": "-1"}, "page"),
    ({"page": "0"}, "page"),
    ({"page": "x"}, "page"),
    ({"page": "1" * 30}, "page"),
    ({"page_size": "0"}, "page_size"),
    ({"page_size": "１"}, "page_size"),
    ({"start_date": "0000-01-01T00:00:00Z"}, "start_date"),
    ({"end_date": "9999-12-31T23:59:59-23:00"}, "end_date"),
    ({"start_date": "0001-01-01T00:00:00+23:00"}, "start_date"),
    ({"start_date": "yesterday"}, "start_date"),
    ({"start_date": "2026-02-30"}, "start_date"),
    ({"updated_after": "2026-13-01"}, "updated_after"),
    ({"status": "pending"}, "status"),
    ({"lat": "30", "long": "120", "radius": "nan"}, "radius"),
    ({"lat": "30", "long": "120", "radius": "inf"}, "radius"),
    ({"lat": "30", "long": "120", "radius": "-5"}, "radius"),
    ({"lat": "30", "long": "120", "radius": "1e9"}, "radius"),
    ({"lat": "30", "long": "120", "radius": "999999999"}, "radius"),
    ({"radius": "100"}, "lat, long"),
    ({"lat": "30"}, "lat, long"),
    ({"lat": "30", "long": "181"}, "long"),
    ({"service_request_id": ",".join(["1"] * 1000)}, "service_request_id"),
]


async def test_questions_that_cannot_be_understood(desk: Town) -> None:
    for query, says in SENSELESS:
        got = await desk.get("requests.json", **query)
        assert (got.status, got.json[0]["code"]) == (400, 400), query
        assert says in got.json[0]["description"]


GUESSED = ["1", "0", "-1", "260304-00000", "9" * 300, "%00", "%ff%fe", "' OR 1=1 --", "../../etc/passwd", "一二三"]


async def test_guessed_ids_find_nothing(desk: Town) -> None:
    for id_ in GUESSED:
        for path in (f"requests/{id_}", f"requests/{id_}/updates", f"services/{id_}", f"tokens/{id_}"):
            assert (await desk.get(path)).status == 404, path
        assert (await desk.get("requests.json", service_request_id=id_.replace("%", "x"))).json == []


async def test_jurisdiction_is_taken_by_everybody_and_another_is_not_ours(desk: Town) -> None:
    for path in ("services.json", "services/roads.json", "requests.json", "discovery.json"):
        assert (await desk.get(path, jurisdiction_id="town.example")).status == 200
        assert (await desk.get(path, jurisdiction_id="")).status == 200
        assert (await desk.get(path, jurisdiction_id="elsewhere.example")).status == 404


async def test_too_many_requests_of_a_key_wait(desk: Town) -> None:
    statuses = [(await desk.get("services.json", api_key=OTHER)).status for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    got = await desk.post("requests.xml", desk.request(api_key=OTHER))
    assert (got.status, got.xml.findtext("error/code")) == (429, "429")
    assert int(got.headers["Retry-After"]) > 0
    assert (await desk.get("services.json", api_key=APP)).status == 200


async def test_answers_are_safe_to_show_and_open_to_pages_of_others(desk: Town) -> None:
    for path in ("services.json", "requests.xml", "nothing"):
        headers = (await desk.get(path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"
