"""Where a text or a pin speaks of."""

from __future__ import annotations

import pytest

from bot.domain import words
from bot.domain.guide import Guide
from bot.domain.place import Datum, Pin, wgs84_to_gcj02
from bot.domain.town import Area, Town

Point = tuple[float, float]


def square(south: float, west: float, side: float = 0.02) -> tuple[Point, ...]:
    return (south, west), (south, west + side), (south + side, west + side), (south + side, west)


TOWN = Town(
    code="t",
    name="T",
    areas={
        "east": Area(
            code="east", name="东街道", name_en="East Street", level=2, roads=("东大街",),
            outline=square(30, 120, 0.1), centre=(30.05, 120.05),
        ),
        "west": Area(code="west", name="西街道", level=2, aliases=("西办",), centre=(29.5, 119.5)),
        "joy": Area(
            code="joy", name="幸福社区", parent="east", roads=("人民路", "朝阳路", "东站路"), estates=("人民路小区",),
            outline=square(30, 120), centre=(30.01, 120.01),
        ),
        "light": Area(
            code="light", name="光明社区", parent="east", roads=("光明路",), landmarks=("东站",),
            outline=square(30, 120.02), centre=(30.01, 120.03),
        ),
        "peace": Area(
            code="peace", name="和平社区", parent="west", roads=("朝阳路", "和平路"), aliases=("和平",),
            centre=(30.0, 119.9),
        ),
        "gone": Area(
            code="gone", name="老社区", parent="west", roads=("老路口街",), retired=True, outline=square(31, 121),
        ),
    },
)  # fmt: skip
GUIDE = Guide.of(TOWN, words.fold)


@pytest.mark.parametrize(
    ("text", "name", "area"),
    [
        ("人民路的路灯坏了", "人民路，幸福社区", "joy"),
        ("人民路小区没水", "人民路小区，幸福社区", "joy"),  # the road within the estate's name does not count
        ("幸福社区的路灯", "东街道幸福社区", "joy"),
        ("东街道很吵", "东街道", "east"),
        ("noise in East Street", "东街道", "east"),
        ("西办的人", "西街道", "west"),
        ("东街道幸福社区", "东街道幸福社区", "joy"),  # the more exact one, though the street was named too
        ("东街道人民路", "人民路，幸福社区", "joy"),
        ("东街道的光明路", "光明路，光明社区", "light"),
        ("西街道朝阳路", "朝阳路，和平社区", "peace"),  # the street settles which of two roads
        ("幸福社区朝阳路", "朝阳路，幸福社区", "joy"),
        ("朝阳路与和平路路口", "朝阳路，和平社区", "peace"),  # so does the other road of a crossing
        ("和平那边的东大街", "东大街，东街道", "east"),  # they do not agree: the longer name wins
        ("东站路", "东站路，幸福社区", "joy"),
    ],
)
def test_the_place_of_a_text(text: str, name: str, area: str) -> None:
    finding = GUIDE.place_from_text(GUIDE.read(text))
    assert finding.place is not None
    assert (finding.place.name, finding.place.area, finding.options) == (name, area, ())
    assert finding.place.latitude is None


@pytest.mark.parametrize(
    ("text", "options", "name"),
    [
        ("朝阳路堵车", ("joy", "peace"), "朝阳路"),
        ("人民路和光明路都没灯", ("joy", "light"), "人民路"),
        ("幸福社区、光明社区都停水", ("joy", "light"), "幸福社区"),
        ("哪里都不是", (), ""),
        ("老路口街", (), ""),
    ],
)
def test_what_must_be_asked_or_is_not_known(text: str, options: tuple[str, ...], name: str) -> None:
    finding = GUIDE.place_from_text(GUIDE.read(text))
    assert (finding.place, finding.options, finding.name) == (None, options, name)


def test_a_chosen_area_completes_the_name() -> None:
    assert GUIDE.place_in("peace", "朝阳路").name == "朝阳路，和平社区"
    assert GUIDE.place_in("peace").name == "西街道和平社区"
    with pytest.raises(KeyError):
        GUIDE.place_in("nowhere")


@pytest.mark.parametrize(
    ("point", "area"),
    [
        ((30.01, 120.01), "joy"),
        ((30.01, 120.03), "light"),
        ((30.019, 120.045), "light"),  # in the street, outside its communities: the nearest centre of this street
        ((30.09, 120.09), "east"),  # in the street, no centre within 3 km but its own outline
        ((30.0, 119.93), "peace"),  # in no outline, 2.9 km east of a centre
        ((29.51, 119.51), "west"),  # where no community is near, its street will do
        ((30.0, 119.868), ""),  # 3.1 km away
        ((31.01, 121.01), ""),  # a retired area holds nothing
        ((0.0, 0.0), ""),
    ],
)
def test_the_area_of_a_point(point: Point, area: str) -> None:
    place = GUIDE.place_from_pin(Pin(*point))
    assert (place.area if place else "") == area


def test_a_pin_keeps_what_was_sent_and_is_stored_in_wgs84() -> None:
    latitude, longitude = wgs84_to_gcj02(30.01, 120.0195)  # the shift would put it into the next community
    place = GUIDE.place_from_pin(Pin(latitude, longitude, Datum.GCJ02, "浙江省某市人民路12号"))
    assert place is not None
    assert (place.area, place.name) == ("joy", "人民路，幸福社区")
    assert (place.latitude, place.longitude) == pytest.approx((30.01, 120.0195), abs=1e-7)
    assert place.pin == Pin(latitude, longitude, Datum.GCJ02, "浙江省某市人民路12号")
    assert GUIDE.place_from_pin(Pin(latitude, longitude)) != place


def test_a_label_that_speaks_of_elsewhere_is_not_believed() -> None:
    place = GUIDE.place_from_pin(Pin(30.01, 120.01, label="和平路"))
    assert place is not None
    assert place.name == "东街道幸福社区"
