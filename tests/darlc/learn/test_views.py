"""The bases that the read-out starts from, against singular value decompositions."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.learn.views import Views


@pytest.fixture
def views() -> Views:
    random = np.random.default_rng(0)
    raw = random.normal(size=(90, 70)) * np.linspace(0.2, 3.0, 70)
    return Views.of(raw.astype(np.float32), (raw + random.normal(size=raw.shape)).astype("f4"))


def test_noisy_pixels_get_orthonormal_components_of_the_denoised_views(views) -> None:
    everything = np.eye(70, dtype=np.float32)
    basis = views.basis(everything, 6)
    right = np.linalg.svd(views.denoised, full_matrices=False)[2][:6].T
    np.testing.assert_allclose(np.abs(np.sum(basis * right, axis=0)), 1.0, atol=1e-4)
    assert views.basis(everything, 0).shape == (70, 20)


def test_clean_pixels_get_partly_whitened_components_of_both_views(views) -> None:
    both = np.concatenate([views.raw, views.denoised])
    _, scale, right = np.linalg.svd(both, full_matrices=False)
    basis = views.clean_basis(5)
    expected = right[:5].T * (scale[:5] / scale[0]) ** -0.7
    np.testing.assert_allclose(np.abs(basis), np.abs(expected), atol=1e-3)
    # What is embedded spreads over components as the singular values' power of .3.
    spread = np.linalg.norm(both @ basis, axis=0)
    np.testing.assert_allclose(spread / spread[0], (scale[:5] / scale[0]) ** 0.3, rtol=1e-3)
    assert views.clean_basis(0).shape == (70, 60)


def test_directions_without_variation_are_left_out() -> None:
    random = np.random.default_rng(1)
    raw = (random.normal(size=(40, 4)) @ random.normal(size=(4, 30))).astype(np.float32)
    views = Views.of(raw, raw)
    # Centring every gene keeps the rank.
    assert views.clean_basis(0).shape == (30, 4)
