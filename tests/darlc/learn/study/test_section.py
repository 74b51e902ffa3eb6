"""One embedding of genes by those in several sections."""

from __future__ import annotations

import numpy as np

from darlc.learn.denoise.pooling import Pooling
from darlc.learn.study.section import Described, join


def described(embedding: np.ndarray) -> Described:
    return Described(Pooling(1, {}), {}, embedding.astype(np.float32))


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_angles_of_one_section_are_kept() -> None:
    z = unit(np.random.default_rng(0).normal(size=(20, 4)))
    joined = join([described(z)], np.ones((20, 1)))
    np.testing.assert_allclose(joined @ joined.T / 4, z @ z.T, atol=1e-5)


def test_a_section_counts_by_its_molecules() -> None:
    random = np.random.default_rng(0)
    first, second = (unit(random.normal(size=(20, 4))) for _ in range(2))
    joined = join([described(first), described(second)], np.tile([1.0, 0.0], (20, 1)))
    np.testing.assert_allclose(joined @ joined.T / 4, first @ first.T, atol=1e-5)
    # A gene that the first section lacks is placed by the second.
    first[3] = 0.0
    molecules = np.ones((20, 2))
    molecules[3] = [0.0, 5.0]
    joined = join([described(first), described(second)], molecules)
    assert np.isfinite(joined).all()
    np.testing.assert_allclose(np.linalg.norm(joined, axis=1), 2.0, atol=1e-5)
