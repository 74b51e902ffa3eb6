"""Transformations of OME-NGFF, as SpatialData stores write them, as matrices of x and y."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_DEEPEST = 20


def to_affine(transformation: Mapping[str, Any]) -> NDArray[np.float64]:
    """Return the (3, 3) map from (x, y, 1) of an element to (x, y, 1) of a coordinate system.

    Parameters
    ----------
    transformation
        From an element's attributes. Other axes are set to zero.

    Raises
    ------
    ValueError
        Its kind is not known, or its parts do not fit.
    """
    axes = _axes(transformation, "input") or ("x", "y")
    matrix, axes = _follow(transformation, axes, 0)
    # Rows by output axis, columns by input axis.
    affine = np.eye(3)
    source = _axes(transformation, "input") or ("x", "y")
    for row, out in enumerate(("x", "y")):
        at = axes.index(out)
        affine[row] = [*(matrix[at, source.index(each)] for each in ("x", "y")), matrix[at, -1]]
    return affine


def _axes(transformation: Mapping[str, Any], side: str) -> tuple[str, ...]:
    return tuple(str(axis["name"]) for axis in transformation.get(side, {}).get("axes", ()))


def _follow(
    transformation: Mapping[str, Any], axes: tuple[str, ...], depth: int
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Return a homogeneous matrix of a transformation of some axes, and the axes it leads to."""
    if depth > _DEEPEST:
        raise ValueError("its transformations are nested too deeply")
    kind = transformation.get("type")
    matrix = np.eye(len(axes) + 1)
    if kind == "identity":
        return matrix, axes
    if kind == "scale":
        np.fill_diagonal(matrix[:-1, :-1], _numbers(transformation["scale"], len(axes)))
        return matrix, axes
    if kind == "translation":
        matrix[:-1, -1] = _numbers(transformation["translation"], len(axes))
        return matrix, axes
    if kind == "mapAxis":
        pairs = {str(out): str(source) for out, source in transformation["mapAxis"].items()}
        order = [axes.index(source) for source in pairs.values()]
        return matrix[[*order, len(axes)]], tuple(pairs)
    if kind == "affine":
        out = _axes(transformation, "output") or axes
        rows = np.asarray(transformation["affine"], dtype=np.float64)
        if rows.shape == (len(out) + 1, len(axes) + 1):
            rows = rows[:-1]
        if rows.shape != (len(out), len(axes) + 1):
            raise ValueError(f"an affine transformation of shape {rows.shape} fits no axes")
        return np.vstack([rows, matrix[-1]]), out
    if kind == "sequence":
        for step in transformation["transformations"]:
            # A step may list its axes in another order.
            wanted = _axes(step, "input") or axes
            order = [axes.index(each) for each in wanted]
            more, after = _follow(step, wanted, depth + 1)
            matrix, axes = more @ matrix[[*order, len(axes)]], after
        return matrix, axes
    raise ValueError(f"a transformation of the kind {kind!r} is not known")


def _numbers(values: Sequence[float], count: int) -> NDArray[np.float64]:
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.shape != (count,):
        raise ValueError(f"a transformation has {numbers.size} numbers for {count} axes")
    return numbers


def choose_system(
    transformations: Sequence[Mapping[str, Any]], wanted: str
) -> tuple[Mapping[str, Any] | None, list[str]]:
    """Return the transformation to a coordinate system, and the names of all systems.

    Parameters
    ----------
    transformations
        All of an element.
    wanted
        Name of the system; empty for ``global``, or the first where there is no such.
    """
    by_name = {str(each.get("output", {}).get("name", "")): each for each in transformations}
    first = next(iter(by_name), "")
    name = wanted or ("global" if "global" in by_name else first)
    return by_name.get(name), list(by_name)
