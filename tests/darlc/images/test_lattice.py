"""A lattice is found by the spacing of observations alone, and never where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from darlc.images.lattice import spaced_lattice

SEEDS = st.integers(0, 2**32 - 1)


def _points(layout: str, rows: int, columns: int) -> NDArray[np.float64]:
    row, column = np.mgrid[:rows, :columns].reshape(2, -1).astype(float)
    if layout == "hexagonal":
        return np.column_stack([column + 0.5 * (row % 2), row * np.sqrt(0.75)])
    return np.column_stack([column, row])


@settings(max_examples=80, deadline=None)
@given(
    layout=st.sampled_from(["hexagonal", "square"]),
    rows=st.integers(6, 40),
    columns=st.integers(6, 40),
    kept=st.floats(0.3, 1.0),
    # A square lattice at exactly 45° is taken for a hexagonal one that was squeezed.
    angle=st.floats(-np.pi, np.pi).filter(lambda a: abs(a % (np.pi / 2) - np.pi / 4) > 0.01),
    scale=st.floats(5.0, 500.0),
    mirrored=st.booleans(),
    rounded=st.booleans(),
    seed=SEEDS,
)
def test_every_observation_of_a_lattice_gets_a_pixel(
    layout: str,
    rows: int,
    columns: int,
    kept: float,
    angle: float,
    scale: float,
    mirrored: bool,
    rounded: bool,
    seed: int,
) -> None:
    random = np.random.default_rng(seed)
    points = _points(layout, rows, columns)
    chosen = random.permutation(len(points))[: max(30, int(kept * len(points)))]
    points = points[chosen]
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    where = points @ np.diag([1.0, -1.0 if mirrored else 1.0]) @ turn.T * scale + [3e3, -7e2]
    if rounded:
        where = np.rint(where)
    found = spaced_lattice(where)
    assert found is not None and found.layout == layout
    assert len(np.unique(found.pixels, axis=0)) == len(where)
    # Neighbours on the slide are neighbours on the lattice, and the reverse.
    shape = [np.sqrt(0.75), 0.5] if layout == "hexagonal" else [1.0, 1.0]
    place = found.index * shape
    some = random.integers(0, len(where), (300, 2))
    apart = np.linalg.norm(place[some[:, 0]] - place[some[:, 1]], axis=1)
    truth = np.linalg.norm(points[some[:, 0]] - points[some[:, 1]], axis=1)
    np.testing.assert_allclose(apart, truth, atol=1e-6)
    if abs(angle) < np.radians(25) and not mirrored:
        # Rows lead down and columns to the right: the picture is not turned.
        assert np.corrcoef(found.pixels[:, 0], points[:, 1])[0, 1] > 0.9
        assert np.corrcoef(found.pixels[:, 1], points[:, 0])[0, 1] > 0.9


@settings(max_examples=80, deadline=None)
@given(
    kind=st.sampled_from(["free", "whole", "coarse", "even", "grown"]),
    count=st.integers(20, 600),
    seed=SEEDS,
)
def test_free_positions_never_become_a_lattice(kind: str, count: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    where = random.uniform(0, [1000, 600], (count, 2))
    if kind == "whole":
        where = np.rint(where)
    elif kind == "coarse":  # few numbers for many cells: several share one
        where = np.rint(np.repeat(where, 2, axis=0)[: max(count, 60)] / 50)
    elif kind == "even":  # cells that keep their distance, far from a lattice
        where = _points("square", 20, 20) + random.normal(0, 0.3, (400, 2))
    elif kind == "grown":  # cells in clumps
        where = random.normal(random.uniform(0, 1000, (8, 2))[np.arange(count) % 8], 30.0)
    assert spaced_lattice(where) is None


def test_numbers_of_visium_are_hexagonal_although_squeezed() -> None:
    row, half = np.mgrid[:20, :15].reshape(2, -1)
    where = np.column_stack([2 * half + row % 2, row]).astype(float)
    found = spaced_lattice(where)
    assert found is not None and found.layout == "hexagonal"
    assert np.ptp(found.pixels, axis=0).tolist() == [19, 14]


@pytest.mark.parametrize("ratio", [0.85, 1.2])
def test_a_lattice_with_two_pitches(ratio: float) -> None:
    where = _points("square", 12, 15) * [50.0, 50.0 * ratio]
    found = spaced_lattice(where)
    assert found is not None and found.layout == "square"
    assert np.ptp(found.pixels, axis=0).tolist() == [11, 14]
