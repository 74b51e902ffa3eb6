"""Positions of the elements of a SpatialData store: shapes, points, labels and images.

Read with zarr and pyarrow: the spatialdata package gives the same coordinates, but its import
takes many seconds and these readers run in the viewer's process.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from darlc.errors import InputError
from darlc.images.tissue_image import as_bytes
from darlc.io.parts.ngff import choose_system, to_affine
from darlc.io.tables.parquet import read_parquet

if TYPE_CHECKING:
    import pandas as pd

#: A group of a store; zarr's own types of its members are too general.
Group = Any

#: Kinds of elements that observations can be, in the order of look-up.
KINDS = ("shapes", "points", "labels")
#: Rows of labels that are processed together, and the longest side of an image that is read.
_SLAB = 512
_LONGEST_SIDE = 2500


def positions(store: Path, root: Group, kind: str, name: str) -> pd.DataFrame:
    """Return ``x`` and ``y`` of an element's instances by their identifiers.

    Parameters
    ----------
    store, root
        Folder of the store, and the same opened.
    kind
        One of `KINDS`.
    name
        Of an element that is in the store.

    Returns
    -------
    DataFrame
        Centroids, in the element's own coordinates.
    """
    element = root[kind][name]
    if kind == "labels":
        return _label_centroids(element[_level_paths(element)[0]], _image_axes(element))
    if kind == "points":
        table = read_parquet(store / kind / name / "points.parquet", None)
        return table[["x", "y"]].astype(np.float64)
    if (file := store / kind / name / "shapes.parquet").exists():
        return _shape_centroids(read_parquet(file))
    return _circles(element)


def affine_of(element: Group, system: str, where: str) -> tuple[NDArray[np.float64], str]:
    """Return the (3, 3) map of (x, y, 1) from an element to a coordinate system, and its unit.

    Raises
    ------
    InputError
        The element has no such coordinate system; the message lists those it has.
    """
    found, there = choose_system(_transformations(element), system)
    if found is None:
        if not there:
            return np.eye(3), ""
        raise InputError(
            f"{where} has no {system!r} for --spatial-key: choose one of {', '.join(there)}."
        )
    axes = found.get("output", {}).get("axes", ())
    unit = next((str(axis.get("unit", "")) for axis in axes if axis.get("name") == "x"), "")
    return to_affine(found), unit


def systems_of(element: Group) -> list[str]:
    """Return the names of the coordinate systems that an element lies in."""
    return choose_system(_transformations(element), "")[1]


def _transformations(element: Group) -> Any:
    listed = _attributes(element).get("coordinateTransformations")
    return element.attrs.get("coordinateTransformations", []) if listed is None else listed


def read_image(root: Group, name: str, system: str) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Read an image at a size for the screen.

    Returns
    -------
    pixels
        (H, W) or (H, W, 3) uint8.
    affine
        (3, 3); maps (x, y, 1) of the image, whose pixel (r, c) covers x from c to c + 1, to
        (x, y, 1) of the coordinate system.
    """
    element = root["images"][name]
    axes, affine = _image_axes(element), affine_of(element, system, name)[0]
    paths = _level_paths(element)
    sizes = [max(element[path].shape[-2:]) for path in paths]
    level = next((i for i, size in enumerate(sizes) if size <= _LONGEST_SIDE), len(paths) - 1)
    array, full = element[paths[level]], element[paths[0]].shape
    # An image without smaller levels is subsampled.
    step = -(-max(array.shape[-2:]) // _LONGEST_SIDE)
    pixels = np.asarray(array[..., ::step, ::step])
    pixels = pixels[tuple(slice(0, 3) if axis == "c" else slice(None) for axis in axes)]
    if "z" in axes:
        pixels = pixels.max(axis=axes.index("z"))
    height, width = pixels.shape[-2:]
    shrunk = np.diag([full[-1] / width, full[-2] / height, 1.0])
    # Channels are the first axis here, whatever the shape.
    return as_bytes(np.moveaxis(pixels, 0, -1) if pixels.ndim == 3 else pixels), affine @ shrunk


def _attributes(element: Group) -> Mapping[str, Any]:
    """Return the metadata of an image or labels, in either version of the format."""
    attributes: Any = element.attrs.get("ome", element.attrs)
    multiscales = attributes.get("multiscales", [{}])
    return dict(multiscales[0])


def _image_axes(element: Group) -> list[str]:
    return [str(axis["name"]) for axis in _attributes(element)["axes"]]


def _level_paths(element: Group) -> list[str]:
    """Return the names of the levels, the finest first; only those that are in the element."""
    there = set(element.array_keys())
    paths = [str(level["path"]) for level in _attributes(element)["datasets"]]
    if found := [path for path in paths if path in there]:
        return found
    raise ValueError(f"{element.name} holds no pixels")


def _label_centroids(labels: Any, axes: list[str]) -> pd.DataFrame:
    """Return the mean position of the pixels of every label, a slab of rows at a time."""
    import pandas as pd

    down = axes.index("y")
    sums: pd.DataFrame | None = None
    for start in range(0, labels.shape[down], _SLAB):
        where = [slice(None)] * labels.ndim
        where[down] = slice(start, start + _SLAB)
        slab = np.moveaxis(np.asarray(labels[tuple(where)]), down, -2).reshape(
            -1, min(_SLAB, labels.shape[down] - start), labels.shape[-1]
        )
        _, row, column = np.nonzero(slab)
        identifier, inverse = np.unique(slab[slab != 0], return_inverse=True)
        columns = {
            "x": np.bincount(inverse, column + 0.5, len(identifier)),
            "y": np.bincount(inverse, row + start + 0.5, len(identifier)),
            "pixels": np.bincount(inverse, minlength=len(identifier)),
        }
        part = pd.DataFrame(columns, index=identifier)
        sums = part if sums is None else sums.add(part, fill_value=0)
    if sums is None:
        raise ValueError("its labels have no pixels")
    return sums[["x", "y"]].div(sums["pixels"], axis=0)


def _shape_centroids(table: pd.DataFrame) -> pd.DataFrame:
    """Return the centroids of shapes that are stored as well-known binary."""
    import pandas as pd

    try:
        import shapely  # type: ignore[import-untyped,import-not-found]
    except ImportError as error:
        raise ImportError("shapely, which reads shapes") from error
    centroid = shapely.centroid(shapely.from_wkb(table["geometry"].to_numpy()))
    places = {"x": shapely.get_x(centroid), "y": shapely.get_y(centroid)}
    return pd.DataFrame(places, index=table.index)


def _circles(element: Group) -> pd.DataFrame:
    """Return the centres of circles in the first version of the format, which stored arrays."""
    import pandas as pd

    centres = np.asarray(element["coords"])[:, :2]
    index = np.asarray(element["Index"]) if "Index" in element else None
    return pd.DataFrame(centres, columns=["x", "y"], index=index, dtype=np.float64)
