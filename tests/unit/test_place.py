"""Points: the shift between what WeChat sends and what is stored, distances, outlines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.place import Datum, Pin, distance_m, gcj02_to_wgs84, inside, true_point, wgs84_to_gcj02

in_china = st.tuples(st.floats(20, 50), st.floats(80, 130))


@given(in_china)
def test_the_shift_is_some_hundred_metres_and_undone_to_a_millimetre(point: tuple[float, float]) -> None:
    shifted = wgs84_to_gcj02(*point)
    assert 10 < distance_m(point, shifted) < 1500
    assert distance_m(gcj02_to_wgs84(*shifted), point) < 0.001


def test_outside_china_nothing_moves() -> None:
    assert wgs84_to_gcj02(48.85, 2.35) == (48.85, 2.35)
    assert gcj02_to_wgs84(48.85, 2.35) == (48.85, 2.35)


def test_a_known_point() -> None:
    # Tiananmen: published WGS-84 and GCJ-02 coordinates of the same flagpole, to about ten metres.
    assert distance_m(wgs84_to_gcj02(39.90734, 116.39089), (39.90874, 116.39713)) < 15


def test_only_pins_of_the_shifted_grid_are_moved() -> None:
    assert true_point(Pin(31.0, 121.0)) == (31.0, 121.0)
    assert distance_m(true_point(Pin(31.0, 121.0, Datum.GCJ02)), (31.0, 121.0)) > 100


@pytest.mark.parametrize(
    ("a", "b", "metres"),
    [((0.0, 0.0), (0.0, 1.0), 111_195), ((0.0, 0.0), (0.0, 0.0), 0), ((90.0, 0.0), (-90.0, 0.0), 20_015_114)],
)
def test_distances(a: tuple[float, float], b: tuple[float, float], metres: float) -> None:
    assert distance_m(a, b) == pytest.approx(metres, rel=1e-5)


SQUARE = ((0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0))


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_inside_a_square(lat: float, lon: float) -> None:
    assert inside((lat, lon), SQUARE)
    assert not inside((lat + 1, lon), SQUARE)
    assert not inside((lat, lon - 1), SQUARE)


def test_a_dent_is_outside() -> None:
    dented = ((0.0, 0.0), (0.0, 2.0), (2.0, 2.0), (1.0, 1.0), (2.0, 0.0))
    assert inside((0.5, 1.0), dented)
    assert not inside((1.5, 1.0), dented)
