"""Regions as polygons: read from GeoJSON, and which points lie inside."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darlc.errors import InputError

#: (n, 2) corners x, y, in order round the polygon; the last is joined to the first.
Ring = NDArray[np.float64]
#: An outer ring, and rings of holes in it.
Polygon = Sequence[Ring]
#: Most levels of nested geometries.
_DEEPEST = 8
LARGEST_FILE = 256 * 2**20
#: A line of fewer has no inside.
_FEWEST_CORNERS = 3
_FEWEST_OF_A_LINE = 2
#: How much further points are moved to the right than upwards, so that none stays on a slanted edge
#: between the places of a lattice.
_ASIDE = 997


def within(points: NDArray[np.floating], polygons: Sequence[Polygon]) -> NDArray[np.bool_]:
    """Return which points lie in at least one of the polygons and in none of its holes.

    Where a ring crosses itself, the even-odd rule tells inside from outside. A point on the edge
    between two polygons lies in one of them: the one to its right; on a horizontal edge, the one
    with the larger y. A point that is not finite lies in none.

    Parameters
    ----------
    points
        (n, 2), x and y.
    polygons
        Rings of fewer than three corners enclose nothing.

    Returns
    -------
    (n,)
    """
    # Brings GEOS, which takes longer to load than all else here.
    import shapely  # type: ignore[import-untyped,import-not-found]

    # To GEOS an edge belongs to neither side, so points are moved off edges by a rounding error.
    x, y = np.asarray(points, dtype=np.float64).T
    with np.errstate(invalid="ignore"):
        x, y = x + _ASIDE * np.spacing(np.abs(x)), y + np.spacing(np.abs(y))
    inside = np.zeros(len(points), dtype=bool)
    for polygon in polygons:
        odd = np.zeros(len(points), dtype=bool)
        for ring in polygon:
            if len(ring) >= _FEWEST_CORNERS:
                area = shapely.Polygon(ring)
                shapely.prepare(area)
                odd ^= shapely.contains_xy(area, x, y)
        inside |= odd
    return inside


def read_geojson(path: str | Path) -> list[Polygon]:
    """Read the polygons of a GeoJSON file, in units of ``obsm["spatial"]``.

    Polygon, MultiPolygon, GeometryCollection, Feature and FeatureCollection are read; points and
    lines beside polygons are ignored. A list of features, as QuPath exports
    them, is taken for a collection.

    Raises
    ------
    InputError
        The file cannot be read, is not GeoJSON, or holds no polygon.
    """
    polygons, _ = _read(Path(path))
    if not polygons:
        raise InputError(f"{path} holds no polygon: draw the region as one or more polygons.")
    return polygons


def read_border(path: str | Path) -> tuple[list[Ring], list[Polygon]]:
    """Read the lines and the polygons of a GeoJSON file, in units of ``obsm["spatial"]``.

    Raises
    ------
    InputError
        The file cannot be read, is not GeoJSON, or holds neither.
    """
    polygons, lines = _read(Path(path))
    if not polygons and not lines:
        raise InputError(f"{path} holds neither a line nor a polygon: draw one of them.")
    return lines, polygons


def _read(path: Path) -> tuple[list[Polygon], list[Ring]]:
    """Return the polygons and the lines of a GeoJSON file."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise InputError(f"{path} is too large for a region: simplify its polygons.")
        document = json.loads(path.read_bytes())
    except InputError:  # which is a ValueError
        raise
    except OSError as error:
        raise InputError(
            f"{path} could not be opened ({error.strerror}): check the path and its spelling."
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not GeoJSON: export the region as GeoJSON again.") from error
    polygons: list[Polygon] = []
    lines: list[Ring] = []
    try:
        for kind, coordinates in _shapes(document):
            if kind == "Polygon" and coordinates:
                polygons.append([_corners(ring) for ring in coordinates])
            elif kind == "LineString":
                lines.append(_corners(coordinates, _FEWEST_OF_A_LINE))
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise InputError(
            f"{path} holds a shape without valid coordinates: a ring is a list of at least three "
            "[x, y], a line of two; export the region again."
        ) from error
    return polygons, lines


def _shapes(node: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield the kind and the coordinates of each polygon and line, as they stand in the file."""
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    if isinstance(node, list):
        children, kind = node, "GeometryCollection"
    else:
        kind = node["type"]
        children = node.get("features" if kind == "FeatureCollection" else "geometries", [])
    if kind in ("FeatureCollection", "GeometryCollection"):
        for child in children:
            yield from _shapes(child, depth + 1)
    elif kind == "Feature":
        if node["geometry"] is not None:
            yield from _shapes(node["geometry"], depth + 1)
    elif kind in ("Polygon", "LineString"):
        yield kind, node["coordinates"]
    elif kind in ("MultiPolygon", "MultiLineString"):
        for coordinates in node["coordinates"]:
            yield kind.removeprefix("Multi"), coordinates


def _corners(corners: Any, fewest: int = _FEWEST_CORNERS) -> Ring:
    # A third number, the height, is ignored.
    ring = np.array([corner[:2] for corner in corners], dtype=np.float64)
    if ring.ndim != 2 or ring.shape[1] != 2 or len(ring) < fewest or not np.isfinite(ring).all():
        raise ValueError("not a ring")
    return ring
