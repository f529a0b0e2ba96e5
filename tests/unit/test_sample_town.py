"""The town a desk without settings serves: complete, consistent, and good at reading what people write."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable

import pytest

from bot.domain.guide import Guide
from bot.domain.place import Pin, inside
from bot.domain.ticket import Type
from bot.domain.town import UNDECIDED, Area, Clock, Danger, Kind, Unit
from bot.simplified import learn_traditional
from bot.townfile import SAMPLE, load_town

learn_traditional()
TOWN = load_town(SAMPLE)
GUIDE = Guide.of(TOWN)


def test_its_size_is_what_the_rule_book_asks() -> None:
    assert sum(area.level == 2 for area in TOWN.areas.values()) >= 6
    assert sum(area.level == 1 and len(area.outline) >= 3 for area in TOWN.areas.values()) >= 30
    assert sum(len(a.roads) + len(a.estates) + len(a.landmarks) for a in TOWN.areas.values()) >= 200
    assert sum(unit.level == 3 for unit in TOWN.units.values()) >= 12
    assert len(TOWN.kinds) == 17
    assert {len([k for k in TOWN.kinds.values() if k.group == group]) for group in TOWN.groups} == {4}


def test_everything_has_an_english_name() -> None:
    tables: tuple[Iterable[Area | Kind | Unit | Danger], ...] = (
        TOWN.areas.values(),
        TOWN.kinds.values(),
        TOWN.units.values(),
        TOWN.dangers,
    )
    assert [entry.code for table in tables for entry in table if not entry.name_en] == []
    assert all(len(kind.details) == len(kind.details_en) for kind in TOWN.kinds.values())


def test_every_area_has_its_unit() -> None:
    for area in TOWN.areas.values():
        unit = TOWN.units[GUIDE.dispatcher.serving_unit(area.level, area.code)]
        assert (unit.area, unit.level) == (area.code, area.level)


def test_every_matter_whose_place_is_known_finds_a_unit() -> None:
    for kind, area in itertools.product(TOWN.kinds, TOWN.areas):
        route = GUIDE.route(kind, area)
        assert route.pooled == (kind == UNDECIDED)
        assert route.pooled or TOWN.units[route.unit].level > 1 or not TOWN.kinds[kind].forbids_level_1


def test_outlines_do_not_overlap_and_lie_in_their_street() -> None:
    chance = random.Random(1)
    communities = [area for area in TOWN.areas.values() if area.level == 1]
    latitudes, longitudes = zip(*(point for area in communities for point in area.outline), strict=True)
    inner = 0
    for _ in range(2000):
        point = (
            chance.uniform(min(latitudes), max(latitudes)),
            chance.uniform(min(longitudes), max(longitudes)),
        )
        holders = [area for area in communities if inside(point, area.outline)]
        assert len(holders) <= 1
        for area in holders:
            assert inside(point, TOWN.areas[area.parent].outline)
            assert GUIDE.gazetteer.area_at(point) == area.code
        inner += len(holders)
    assert inner > 1800  # they cover nearly all of their box


def test_every_centre_lies_in_its_own_area() -> None:
    for area in TOWN.areas.values():
        if area.level == 1 and area.centre:
            place = GUIDE.place_from_pin(Pin(*area.centre))
            assert place is not None
            assert place.area == area.code


def test_every_name_is_found_as_it_is_written() -> None:
    doubled = set()
    for area in TOWN.areas.values():
        for name in (*area.roads, *area.estates, *area.landmarks):
            finding = GUIDE.place_from_text(GUIDE.read(f"{name}的事"))
            if finding.options:
                doubled.add(name)
                assert area.code in finding.options
            else:
                assert finding.place is not None
                assert (finding.name, finding.place.area) == (name, area.code)
    assert doubled == {"朝阳路"}


@pytest.mark.parametrize(
    ("text", "kind", "type_", "clock"),
    [
        ("人民路的路灯坏了三天，晚上很黑", "roads", Type.COMPLAINT, Clock.TYPE),
        ("人民路的路燈壞了", "roads", Type.COMPLAINT, Clock.TYPE),
        ("路上有个大坑，电动车摔了好几个人", "roads", Type.COMPLAINT, Clock.TYPE),
        ("3号楼没水", "water-power-gas", Type.COMPLAINT, Clock.UTILITY),
        ("我们小区从昨晚开始停电", "water-power-gas", Type.COMPLAINT, Clock.UTILITY),
        ("家里暖气不热", "water-power-gas", Type.COMPLAINT, Clock.UTILITY),
        ("水费怎么算的，请问阶梯水价是多少", "water-power-gas", Type.ENQUIRY, Clock.TYPE),
        ("楼下烧烤店油烟太大，晚上还很吵", "environment", Type.COMPLAINT, Clock.TYPE),
        ("垃圾桶满了没人清运", "environment", Type.COMPLAINT, Clock.TYPE),
        ("物业不作为，电梯坏了一周没人修", "housing", Type.COMPLAINT, Clock.TYPE),
        ("楼上漏水把我家天花板泡了", "housing", Type.COMPLAINT, Clock.TYPE),
        ("请问小学入学需要什么材料", "education", Type.ENQUIRY, Clock.TYPE),
        ("医院挂号排队太久，医生态度也不好", "health", Type.COMPLAINT, Clock.TYPE),
        ("老板拖欠工资三个月，求助", "social-security", Type.HELP, Clock.TYPE),
        ("请问独居老人怎么申请助餐", "elderly-childcare", Type.ENQUIRY, Clock.TYPE),
        ("健身房关门跑路，会员卡不给退款", "market", Type.COMPLAINT, Clock.TYPE),
        ("村里的灌溉沟渠堵了，农田浇不上水", "farming", Type.COMPLAINT, Clock.TYPE),
        ("举报有人在小区里聚众赌博", "public-safety", Type.REPORT, Clock.TYPE),
        ("举报村干部贪污低保款", "conduct", Type.REPORT, Clock.TYPE),
        ("窗口工作人员态度恶劣，互相推诿", "conduct", Type.COMPLAINT, Clock.TYPE),
        ("建议在南湖公园旁增设停车场", "idea-city", Type.IDEA, Clock.TYPE),
        ("建议发展乡村旅游，办个美食节", "idea-economy", Type.IDEA, Clock.TYPE),
        ("建议图书馆延长时间，周末办理借书证", "idea-services", Type.IDEA, Clock.TYPE),
        ("建议加强管理，出台养犬管理条例", "idea-governance", Type.IDEA, Clock.TYPE),
        ("The street light on our road has been broken for a week", "roads", Type.COMPLAINT, Clock.TYPE),
        ("There is no water in building 3", "water-power-gas", Type.COMPLAINT, Clock.UTILITY),
        ("How do I enrol my son in a primary school?", "education", Type.ENQUIRY, Clock.TYPE),
        ("The shop will not give me a refund", "market", Type.COMPLAINT, Clock.TYPE),
        ("The rubbish has not been collected and the smell is bad", "environment", Type.COMPLAINT, Clock.TYPE),
        ("My employer has not paid my wages, please help", "social-security", Type.HELP, Clock.TYPE),
        ("谢谢", "undecided", Type.COMPLAINT, Clock.TYPE),
    ],
)
def test_what_people_write(text: str, kind: str, type_: Type, clock: Clock) -> None:
    reading = GUIDE.read(text)
    assert (reading.kind, reading.type, reading.danger) == (kind, type_, None)
    assert GUIDE.clock_of(reading.kind, "", reading) is clock


@pytest.mark.parametrize(
    ("text", "danger"),
    [
        ("家里闻到煤气味", "gas"),
        ("楼道里有很重的燃氣味", "gas"),
        ("吃火锅时楼下着火了", "fire"),
        ("仓库失火了，浓烟很大", "fire"),
        ("电线掉在路上冒火花", "live-wire"),
        ("路面塌陷，有个天坑", "collapse"),
        ("有小孩落水了", "drowning"),
        ("我不想活了", "suicide"),
        ("我老公打我，家暴很多次", "violence"),
        ("I can smell gas in the kitchen", "gas"),
        ("There is a fire in the building", "fire"),
        ("The wall has collapsed", "collapse"),
        ("I want to die", "suicide"),
        ("火锅店油烟大", ""),
        ("最近上火，挂号难", ""),
        ("火车站停车难", ""),
        ("领导发火骂人", ""),
        ("小区消防通道堵塞，有火灾隐患", ""),
        ("跳楼价甩卖是骗人的", ""),
        ("漏电保护开关老跳", ""),
        ("一起火锅店聚餐食物中毒", ""),
        ("反家暴宣传什么时候来", ""),
        ("The fire hydrant is dry", ""),
        ("防溺水教育做得好", ""),
    ],
)
def test_danger(text: str, danger: str) -> None:
    found = GUIDE.read(text).danger
    assert (found.code if found else "") == danger
    assert found is None or (found.numbers and found.advice and found.advice_en)


def test_every_exception_hides_its_own_phrase_and_no_more() -> None:
    for danger in TOWN.dangers:
        for exception in danger.except_:
            reading = GUIDE.read(exception)
            assert reading.danger is None or reading.danger.code != danger.code, exception
            beside = GUIDE.read(f"{exception}。{danger.phrases[0]}").danger
            assert beside is not None, exception


def test_long_texts_are_read_whole() -> None:
    text = "今天天气不错，" * 998 + "人民路着火了"
    reading = GUIDE.read(text)
    assert reading.danger is not None
    assert reading.places[0].found.name == "人民路"
