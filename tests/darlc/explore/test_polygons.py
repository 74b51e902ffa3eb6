"""Polygons: read from GeoJSON as tools write it, and what lies inside of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from darlc.errors import InputError
from darlc.explore import polygons
from darlc.explore.polygons import read_border, read_geojson, within

SQUARE = [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]
HOLE = [[4, 4], [6, 4], [6, 6], [4, 6], [4, 4]]
FAR = [[20, 0], [30, 0], [25, 8, 3.5]]
POLYGON = {"type": "Polygon", "coordinates": [SQUARE, HOLE]}
TRIANGLE = {"type": "Polygon", "coordinates": [FAR]}
MULTI = {"type": "MultiPolygon", "coordinates": [[SQUARE, HOLE], [FAR]]}
POINT = {"type": "Point", "coordinates": [1, 1]}
POINTS = np.array([[1, 1], [5, 5], [9.5, 3], [11, 5], [25, 3], [20, 7], [-1, 5]])


def feature(geometry: object) -> dict:
    return {"type": "Feature", "properties": {"name": "tumour"}, "geometry": geometry}


@pytest.mark.parametrize(
    ("document", "inside"),
    [
        (POLYGON, [0, 2]),
        (MULTI, [0, 2, 4]),
        (feature(TRIANGLE), [4]),
        ({"type": "FeatureCollection", "features": [feature(POLYGON), feature(None)]}, [0, 2]),
        ({"type": "FeatureCollection", "features": [feature(POINT), feature(MULTI)]}, [0, 2, 4]),
        ({"type": "GeometryCollection", "geometries": [POINT, TRIANGLE]}, [4]),
        ([feature(POLYGON), feature(TRIANGLE)], [0, 2, 4]),
    ],
)
def test_every_kind(document: object, inside: list[int], tmp_path: Path) -> None:
    path = tmp_path / "region.geojson"
    path.write_text(json.dumps(document))
    assert np.flatnonzero(within(POINTS, read_geojson(path))).tolist() == inside


def test_polygons_that_overlap_are_one_region() -> None:
    square = np.array(SQUARE, dtype=float)
    assert within(np.array([[7.0, 7.0]]), [[square], [square + 5]]).all()


def test_inside_is_what_the_area_says() -> None:
    """A star, which is not convex: the share of points inside is its share of the area."""
    angle = np.linspace(0, 2 * np.pi, 10, endpoint=False)
    star = np.column_stack([np.cos(angle), np.sin(angle)]) * np.tile([1.0, 0.4], 5)[:, None]
    points = np.random.default_rng(0).uniform(-1, 1, (20_000, 2))
    x, y = star.T
    area = 0.5 * abs(x @ np.roll(y, -1) - y @ np.roll(x, -1))
    assert within(points, [[star]]).mean() == pytest.approx(area / 4, abs=0.01)


def test_neighbours_share_no_point() -> None:
    """A point on the edge between two polygons lies in exactly one of them."""
    left = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=float)
    edge = np.column_stack([np.ones(9), np.linspace(0.1, 0.9, 9)])
    both = within(edge, [[left]]).astype(int) + within(edge, [[left + np.array([1, 0])]])
    assert both.tolist() == [1] * 9


@pytest.mark.parametrize(
    "corner",
    [(10, 10), (7, 10), (10, 3)],
    ids=["diagonal", "steep", "shallow"],
)
def test_a_slanted_edge_shares_none_either(corner: tuple[int, int]) -> None:
    """Two polygons that divide a square hold each place of a lattice in it once."""
    end = np.array(corner, dtype=float)
    one = np.array([[0, 0], end, [0, 10]] if corner[1] == 10 else [[0, 0], end, [10, 10], [0, 10]])
    other = np.array(
        [[0, 0], [10, 0], [10, 10], end] if corner[1] == 10 else [[0, 0], [10, 0], end]
    )
    lattice = np.stack(np.meshgrid(np.arange(10.0), np.arange(10.0)), axis=-1).reshape(-1, 2)
    times = sum(within(lattice, [[half.astype(float)]]).astype(int) for half in (one, other))
    assert set(times.tolist()) == {1}


@given(st.integers(0, 9), st.integers(0, 9), st.integers(1, 9), st.integers(1, 9), st.booleans())
def test_a_rectangle_holds_its_lower_and_left_edge(
    left: int, low: int, width: int, height: int, turned: bool
) -> None:
    right, high = left + width, low + height
    ring = np.array([[left, low], [right, low], [right, high], [left, high]], dtype=float)
    lattice = np.stack(np.meshgrid(np.arange(20.0), np.arange(20.0)), axis=-1).reshape(-1, 2)
    x, y = lattice.T
    inside = within(lattice, [[ring[::-1] if turned else ring]])
    np.testing.assert_array_equal(inside, (left <= x) & (x < right) & (low <= y) & (y < high))


@given(st.integers(0, 2**32 - 1))
def test_a_line_that_crosses_itself_goes_by_the_even_odd_rule(seed: int) -> None:
    random = np.random.default_rng(seed)
    ring = random.normal(size=(random.integers(3, 30), 2))
    points = random.normal(size=(100, 2))
    crossings = np.zeros(len(points), dtype=int)
    for (x0, y0), (x1, y1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
        between = (y0 <= points[:, 1]) != (y1 <= points[:, 1])
        crossings += between & (points[:, 0] < x0 + (points[:, 1] - y0) * (x1 - x0) / (y1 - y0))
    np.testing.assert_array_equal(within(points, [[ring]]), crossings % 2 == 1)


def test_a_bay_is_outside() -> None:
    horseshoe = [(0.5, 0.5), (8.5, 0.5), (8.5, 8.5), (6.5, 8.5), (6.5, 2.5), (0.5, 2.5)]
    points = np.array([(7, 7), (1, 1), (3, 5), (9, 9)], dtype=np.float32)
    assert within(points, [[np.array(horseshoe)]]).tolist() == [True, True, False, False]


def test_a_point_without_a_place_is_nowhere() -> None:
    points = np.array([[np.nan, 5], [5, np.inf], [-np.inf, 5], [5, 5]])
    square = np.array(SQUARE, dtype=float)
    assert within(points, [[square]]).tolist() == [False, False, False, True]


@pytest.mark.parametrize("n_corners", [0, 1, 2, 3, 5])
def test_a_line_that_closes_nothing(n_corners: int) -> None:
    assert not within(POINTS, [[np.ones((n_corners, 2))]]).any()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is not GeoJSON"),
        ('{"type": "Polygon", ', "is not GeoJSON"),
        ("[" * 100_000, "is not GeoJSON"),
        (json.dumps(POINT), "holds no polygon"),
        ("[]", "holds no polygon"),
        ("3", "without valid coordinates"),
        ('{"kind": "Polygon"}', "without valid coordinates"),
        ('{"type": "Polygon"}', "without valid coordinates"),
        ('{"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}', "without valid coordinates"),
        ('{"type": "Polygon", "coordinates": [[[0, 0], [1, "a"], [2, 2]]]}', "without valid"),
        ('{"type": "Polygon", "coordinates": [[[0, 0], [1, NaN], [2, 2]]]}', "without valid"),
        ('{"type": "Polygon", "coordinates": [[[0], [1], [2]]]}', "without valid coordinates"),
        (json.dumps(feature(3)), "without valid coordinates"),
        ('{"type": "GeometryCollection", "geometries": [' * 20 + "]}" * 20, "without valid"),
    ],
)
def test_what_is_wrong_is_said(text: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "region.geojson"
    path.write_text(text)
    with pytest.raises(InputError, match=sentence) as error:
        read_geojson(path)
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="could not be opened"):
        read_geojson(tmp_path / "none.geojson")


def test_lines_and_polygons_of_a_border(tmp_path: Path) -> None:
    line = {"type": "LineString", "coordinates": [[0, 0], [3, 4, 9]]}
    more = {"type": "MultiLineString", "coordinates": [[[0, 0], [1, 1]], [[2, 2], [3, 3]]]}
    area = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [0, 1]]]}
    path = tmp_path / "border.geojson"
    path.write_text(json.dumps({"type": "GeometryCollection", "geometries": [line, more, area]}))
    lines, polygons = read_border(path)
    assert [each.tolist() for each in lines[:1]] == [[[0, 0], [3, 4]]] and len(lines) == 3
    assert len(polygons) == 1 and len(read_geojson(path)) == 1
    path.write_text(json.dumps(line))
    assert len(read_border(path)[0]) == 1
    with pytest.raises(InputError, match="holds no polygon"):
        read_geojson(path)
    path.write_text(json.dumps({"type": "Point", "coordinates": [0, 0]}))
    with pytest.raises(InputError, match="neither a line nor a polygon"):
        read_border(path)
    path.write_text(json.dumps({"type": "LineString", "coordinates": [[0, 0]]}))
    with pytest.raises(InputError, match="without valid coordinates"):
        read_border(path)


def test_a_file_that_is_too_large_is_said_to_be_that(tmp_path, monkeypatch) -> None:
    path = tmp_path / "region.geojson"
    path.write_text('{"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1]]]}')
    monkeypatch.setattr(polygons, "LARGEST_FILE", 10)
    with pytest.raises(InputError, match="too large for a region: simplify"):
        read_geojson(path)
