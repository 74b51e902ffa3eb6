"""Pearson residuals against those of scanpy."""

from __future__ import annotations

import numpy as np
import pytest
import scanpy as sc
from anndata import AnnData

from darlc.learn.denoise.residuals import pearson_residuals


def test_pearson_residuals_are_those_of_scanpy() -> None:
    random = np.random.default_rng(3)
    counts = random.poisson(random.gamma(0.3, 5.0, (9, 200))).astype(np.float32)
    counts[0], counts[1] = 0.0, counts[1] + 1.0  # No pixel is empty.
    counts[0, :2] = 900.0  # Far beyond the bound.
    adata = AnnData(counts.T)
    sc.experimental.pp.normalize_pearson_residuals(adata, theta=100.0)
    size = counts.sum(axis=0, dtype=np.float64)
    flat = np.outer(counts.sum(axis=1), size / size.sum()).astype(np.float32)
    residuals = pearson_residuals(counts, flat)
    assert residuals.max() == pytest.approx(np.sqrt(200))
    np.testing.assert_allclose(residuals, adata.X.T, rtol=1e-4, atol=1e-4)
