"""What pictures compute, and which limits they are shown with."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from napari_darlc.genes.pictures import (
    DenoisedPictures,
    RawPictures,
    ResidualPictures,
    shared_limits,
)
from napari_darlc.session.session import Model


@pytest.fixture
def model(result: Result) -> Model:
    return Model(np.arange(result.n_genes), result.denoised)


@pytest.fixture
def raw(images: SGEPImages) -> RawPictures:
    return RawPictures(images)


@pytest.fixture
def denoised(images: SGEPImages, model: Model) -> DenoisedPictures:
    return DenoisedPictures(images.n_genes, images.grid, model)


def test_residual_of_counts_is_a_difference_of_counts(
    images: SGEPImages, result: Result, raw: RawPictures, denoised: DenoisedPictures
) -> None:
    residual = ResidualPictures(raw, denoised, counts=True)
    size = images.library / np.median(images.library)
    expected = images.measured(4)[0] / size - np.expm1(result.denoised[4].astype(float))
    np.testing.assert_allclose(residual.pixels(4), expected, rtol=1e-3, atol=1e-3)
    low, high = residual.limits(4)
    assert low == -high and high == pytest.approx(np.percentile(np.abs(expected), 99.5), rel=1e-3)
    assert residual.unit == "counts"
    assert residual[4].shape == images.grid.shape and np.isnan(residual[4][~images.grid.mask]).all()


def test_residual_of_log_values_is_their_difference(
    images: SGEPImages, result: Result, raw: RawPictures, denoised: DenoisedPictures
) -> None:
    residual = ResidualPictures(raw, denoised, counts=False)
    expected = images.expression(2)[0] - result.denoised[2].astype(np.float32)
    np.testing.assert_allclose(residual.pixels(2), expected, atol=1e-6)
    assert residual.unit == "log units"


def test_nothing_is_left_where_the_model_is_right(raw: RawPictures) -> None:
    residual = ResidualPictures(raw, raw, counts=True)
    assert not residual.pixels(3).any()
    low, high = residual.limits(3)
    assert low == -high < 0, "a colormap needs two ends"


def test_a_gene_that_is_not_modelled_has_no_residual(
    raw: RawPictures, denoised: DenoisedPictures
) -> None:
    residual = ResidualPictures(raw, denoised, counts=True)
    assert np.isnan(residual.pixels(11)).all()
    assert residual.limits(11) == (-1.0, 1.0)


def test_shared_limits_hold_both_pictures(raw: RawPictures, denoised: DenoisedPictures) -> None:
    low, high = shared_limits((raw, denoised), 4)
    both = np.concatenate([raw.pixels(4), denoised.pixels(4)])
    assert low == 0 and high == pytest.approx(np.percentile(both, 99.5))
    assert shared_limits((raw, denoised), 11) == raw.limits(11)


def test_rounding_is_not_shown_as_a_pattern(images: SGEPImages) -> None:
    values = np.full((1, images.n_pixels), 0.25, dtype=np.float16)
    values[0, ::2] = np.nextafter(np.float16(0.25), np.float16(1))
    flat = DenoisedPictures(1, images.grid, Model(np.array([0]), values))
    low, high = flat.limits(0)
    assert high - low == pytest.approx(0.01 * low)
    assert float(values.max() - values.min()) < 0.2 * (high - low)
