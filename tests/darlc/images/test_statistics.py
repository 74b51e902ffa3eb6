"""Statistics of pictures against values worked out by hand, and against scanpy."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from darlc.images.grid import Grid
from darlc.images.statistics import morans_i, standardised, unit_length


def test_standardised_views():
    views = np.array([[1.0, 2.0, 6.0], [4.0, 4.0, 4.0]], dtype=np.float16)
    z = standardised(views)
    assert z.dtype == np.float32
    np.testing.assert_allclose(z[0], (views[0] - 3) / np.std([1.0, 2.0, 6.0]), rtol=1e-3)
    np.testing.assert_array_equal(z[1], 0)


def test_morans_i_equals_scanpys():
    from scanpy.metrics import morans_i as theirs

    mask = np.ones((8, 8), dtype=bool)
    mask[0, :3] = mask[5, 5] = False
    grid = Grid(mask, np.eye(3))
    rng = np.random.default_rng(0)
    row, column = grid.pixels.T
    patterns = np.stack([row, (row + column) % 2, rng.normal(size=grid.n_pixels), 0 * row + 3.0])
    ours = morans_i(patterns.astype(np.float32), grid.neighbours)
    weights = sparse.csr_matrix(grid.neighbours / grid.neighbours.sum(axis=1)[:, None])
    np.testing.assert_allclose(ours[:3], theirs(weights, patterns[:3]), rtol=1e-4)
    assert ours[0] > 0.8 and ours[1] < 0.1 and abs(ours[2]) < 0.2 and np.isnan(ours[3])


def test_vectors_of_length_one():
    vectors = np.array([[3.0, 4.0], [0.0, 0.0], [-1e-3, 0.0]], dtype=np.float16)
    unit = unit_length(vectors)
    assert unit.dtype == np.float32
    np.testing.assert_allclose(unit, [[0.6, 0.8], [0, 0], [-1, 0]], rtol=1e-3)
    assert unit_length(vectors.astype(np.float64)).dtype == np.float64
