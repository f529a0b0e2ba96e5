"""Pictures for chat: every number and word of a sheet is in the picture, it fits a telephone, and it is not blank."""

from __future__ import annotations

import string
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # the library has no types
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle
from matplotlib.text import Text
from msgspec import structs
from PIL import Image

from bot.domain.sheets import (
    AnySheet,
    BarometerLine,
    BarometerSheet,
    BoardLine,
    BoardPart,
    BoardSheet,
    HeatSheet,
    PointsSheet,
    Spot,
    TopicLine,
    TopicsSheet,
)
from bot.drawings import canvas
from bot.drawings.drawing import figure_of, png_of
from tests.fakes.town_hall import sample_town

ROOT = Path(__file__).parents[2]
UNDER = "云棠市 2026年第10周（03-02至03-08）"
LONG = "云棠市人民政府政务服务便民热线与城市运行管理综合协调指挥中心（城东新区分中心）办公室"


def line(n: int, score: float = 80.0, colour: str = "", unit: str = "") -> BoardLine:
    name = unit or f"第{n}街道办事处"
    return BoardLine(rank=str(n), unit=name, score=score, shown=f"{score:.1f}", colour=colour, figures=f"按时{n}.5%")


def board(*lines: BoardLine, more: str = "", tail: int = 0) -> BoardSheet:
    part = BoardPart(name="镇街", lines=lines, more=more, tail=tail)
    return BoardSheet(title="红黑榜", under=UNDER, foot=("得分满分100。",), parts=(part,), red="红榜", black="黑榜")


HEAT = HeatSheet(
    title="热力图",
    under=UNDER,
    areas=("东棠街道", "西棠街道", "其他4处"),
    kinds=("道路交通", "供水供电供气", "其他"),
    counts=((7, 0, 2), (1, 40, 3), (5, 6, 100)),
    total="合计",
    others=(True, True),
)
POINTS = PointsSheet(
    title="地点",
    under=UNDER,
    points=((33.39, 117.65, 3), (33.40, 117.66, 1)),
    outlines=(((33.38, 117.64), (33.38, 117.67), (33.41, 117.67), (33.41, 117.64)),),
    spots=(Spot(name="东棠街道", count=4, latitude=33.395, longitude=117.655),),
)
BAROMETER = BarometerSheet(
    title="晴雨表",
    under=UNDER,
    lines=(
        BarometerLine(name="收件", now=12, before=9, usual=8.5, change="+3（上期9）", usually="平时 8.5", sky="雨"),
        BarometerLine(name="答复", now=0, before=0, usual=0.0, change="持平（0）", usually="平时 0.0", worse=False),
        BarometerLine(name="重办", now=1, before=4, usual=2.0, change="-3（上期4）", usually="平时 2.0", sky="晴"),
    ),
)
TOPICS = TopicsSheet(
    title="热点",
    under=UNDER,
    lines=(
        TopicLine(name="供水供电供气", area="东棠街道", people=9, usual=1.25, shown="9人，12件；平时1.3人"),
        TopicLine(name="道路交通", area="西棠街道", people=3, usual=0.0, shown="3人，3件；平时0.0人"),
    ),
)
EACH = [board(line(1, 96.2, "red"), line(2, 71.0), line(3, 55.5, "black")), HEAT, POINTS, BAROMETER, TOPICS]


def texts(figure: Figure) -> list[Text]:
    """Every text of a figure, in the order in which it was drawn."""
    return [text for text in figure.findobj(Text) if text.get_text()]


def words(figure: Figure) -> list[str]:
    """What they say."""
    return [text.get_text() for text in texts(figure)]


def inside(figure: Figure) -> None:
    """No text leaves the picture, and none is smaller than can be read on a telephone."""
    for text in texts(figure):
        box = text.get_window_extent()
        assert -1 <= box.x0 <= box.x1 <= canvas.WIDTH + 1, text.get_text()
        assert float(text.get_fontsize()) >= 18


def shades(png: bytes) -> set[tuple[int, ...]]:
    """The colours of a picture."""
    with Image.open(BytesIO(png)) as image:
        colours = image.convert("RGB").getcolors(1 << 24)
        assert colours is not None
        return {colour for _, colour in colours if isinstance(colour, tuple)}


@pytest.mark.parametrize("sheet", EACH, ids=lambda sheet: type(sheet).__name__)
def test_it_is_as_wide_as_a_telephone_wants_and_shows_something(sheet: AnySheet) -> None:
    png = png_of(sheet)
    with Image.open(BytesIO(png)) as image:
        assert image.width == 1080
        assert 500 < image.height < 4 * 1080
        assert image.format == "PNG"
    assert len(shades(png)) > 8
    assert len(png) < 150_000
    inside(figure_of(sheet))


@pytest.mark.parametrize("sheet", EACH, ids=lambda sheet: type(sheet).__name__)
def test_title_town_and_period_stand_on_top(sheet: AnySheet) -> None:
    assert words(figure_of(sheet))[:2] == [sheet.title, sheet.under]


def test_a_board_has_every_number_and_the_lists_by_name() -> None:
    shown = words(figure_of(board(line(1, 96.2, "red"), line(2, 71.0), line(3, 55.5, "black"))))
    for wanted in ("1", "96.2", "第1街道办事处", "按时1.5%", "71.0", "55.5", "按时3.5%", "镇街", "得分满分100。"):
        assert wanted in shown
    assert shown.count("红榜") == 1
    assert shown.count("黑榜") == 1


def test_a_board_of_one_unit_and_one_of_very_many() -> None:
    one, many = figure_of(board(line(1))), figure_of(board(*(line(n, 100 - n) for n in range(1, 46))))
    assert words(one).count("80.0") == 1
    assert [f"{100 - n:.1f}" in words(many) for n in range(1, 46)] == [True] * 45
    assert many.get_size_inches()[1] > one.get_size_inches()[1]


def test_what_is_left_out_is_said_where_it_is_missing() -> None:
    shown = words(figure_of(board(line(1), line(2), line(45), more="中间还有42个单位", tail=1)))
    gap = shown.index("中间还有42个单位")
    assert shown.index("第2街道办事处") < gap < shown.index("第45街道办事处")
    cut = words(figure_of(board(line(1), line(2), more="还有43个单位")))
    assert cut.index("第2街道办事处") < cut.index("还有43个单位")


def test_a_long_name_gets_smaller_then_shorter_and_never_hides_the_score() -> None:
    figure = figure_of(board(line(1, 96.2, "red", unit=LONG)))
    (name,) = (text for text in words(figure) if text.startswith("云棠市人民政府"))
    assert name.endswith("…")
    assert "96.2" in words(figure)
    inside(figure)


def test_signs_that_mean_something_elsewhere_are_drawn_as_they_are() -> None:
    figure = figure_of(board(line(1, unit="$x^2$ & <b>_1 %s {unit} \\alpha")))
    assert "$x^2$ & <b>_1 %s {unit} \\alpha" in words(figure)
    figure.canvas.draw()


def test_a_heat_map_has_every_count_and_sums_that_agree() -> None:
    shown = words(figure_of(HEAT))
    rows = [[str(count) for count in row] for row in HEAT.counts]
    for area, row in zip(HEAT.areas, rows, strict=True):
        begin = shown.index(area)
        assert shown[begin + 1 : begin + 5] == [*row, str(sum(map(int, row)))]
    columns = [str(sum(column)) for column in zip(*HEAT.counts, strict=True)]
    assert shown[-4:] == [*columns, "164"]


def test_a_heat_map_is_darker_where_there_is_more_and_sums_of_several_are_not_shaded() -> None:
    figure = figure_of(HEAT)
    one, seven, forty, several = (_bright(figure, count) for count in ("1", "7", "40", "100"))
    assert forty < seven < one < several


def _bright(figure: Figure, count: str) -> float:
    """How bright the cell is in whose middle a number stands."""
    (text,) = (text for text in texts(figure) if text.get_text() == count)
    box = text.get_window_extent()
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    cells = [
        p
        for p in figure.findobj(Rectangle)
        if p.get_window_extent().contains(x, y) and p.get_window_extent().width < 400
    ]
    red, green, blue = to_rgb(cells[-1].get_facecolor())
    return 0.2 * red + 0.7 * green + 0.1 * blue


def test_points_have_names_with_their_counts_and_a_scale() -> None:
    shown = words(figure_of(POINTS))
    assert "东棠街道 4" in shown
    assert any(text.endswith(" km") for text in shown)
    inside(figure_of(POINTS))


def test_names_of_places_do_not_lie_on_each_other() -> None:
    near = tuple(Spot(name=f"街道{n}", count=n, latitude=33.39 + n / 1e5, longitude=117.65) for n in range(20))
    figure = figure_of(structs.replace(POINTS, spots=near))
    names = [text for text in texts(figure) if text.get_text().startswith("街道")]
    assert names[0].get_text() == "街道19 19"
    boxes = sorted((t.get_window_extent() for t in names), key=lambda box: box.y0)
    assert all(below.y1 <= above.y0 + 2 for below, above in pairwise(boxes))


@pytest.mark.parametrize("points", [(), ((33.39, 117.65, 1),)])
def test_points_where_there_are_none_or_one(points: tuple[tuple[float, float, int], ...]) -> None:
    sheet = structs.replace(POINTS, points=points, outlines=(), spots=())
    assert words(figure_of(sheet))[0] == "地点"
    assert len(png_of(sheet)) > 1000


def test_a_barometer_says_now_and_change_and_points_up_or_down() -> None:
    shown = words(figure_of(BAROMETER))
    for each in BAROMETER.lines:
        assert str(each.now) in shown
        assert each.change in shown
        assert each.usually in shown
    assert shown.count("雨") == 1
    assert len(figure_of(BAROMETER).findobj(Polygon)) == 2  # what is as before has none


def test_hot_topics_are_counted_by_people() -> None:
    shown = words(figure_of(TOPICS))
    assert [shown[shown.index(each.name) - 1] for each in TOPICS.lines] == ["1", "2"]
    assert all(each.shown in shown and each.area in shown for each in TOPICS.lines)


@pytest.mark.parametrize(
    "sheet",
    [
        BoardSheet(title="红黑榜", under=UNDER, parts=(), red="红榜", black="黑榜"),
        structs.replace(HEAT, areas=(), kinds=(), counts=(), others=(False, False)),
        BarometerSheet(title="晴雨表", under=UNDER, lines=()),
        TopicsSheet(title="热点", under=UNDER, lines=()),
    ],
    ids=lambda sheet: type(sheet).__name__,
)
def test_nothing_to_show_is_no_error(sheet: AnySheet) -> None:
    assert len(png_of(sheet)) > 1000


def test_the_font_has_what_the_texts_and_the_sample_town_need() -> None:
    town = sample_town()
    signs = set("".join((ROOT / "locales" / name / "drawings.po").read_text("utf-8") for name in ("zh_CN", "en")))
    signs |= set("".join((ROOT / "locales" / name / "boards.po").read_text("utf-8") for name in ("zh_CN", "en")))
    names = [each.name + each.name_en for each in town.areas.values()]
    names += [each.name + each.name_en for each in town.units.values()]
    names += [each.name + each.name_en for each in town.kinds.values()]
    signs |= set("".join(names))
    signs |= set(string.printable) | set("䶮𬭚啰犇")
    for name in ("Regular", "Bold"):
        with TTFont(ROOT / "bot" / "drawings" / "fonts" / f"NotoSansCJKsc-{name}.otf") as font:
            known = font.getBestCmap()
        missing = {sign for sign in signs if sign.isprintable() and ord(sign) not in known}
        assert not missing
    assert sum(path.stat().st_size for path in (ROOT / "bot" / "drawings" / "fonts").iterdir()) < 5_000_000
