"""Polygons: read from GeoJSON as tools write it, and what lies inside of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from darlc.errors import InputError
from darlc.explore.polygons import read_geojson, within

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
    ("text", "sentence"),
    [
        ("", "is no GeoJSON"),
        ('{"type": "Polygon", ', "is no GeoJSON"),
        ("[" * 100_000, "is no GeoJSON"),
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
