from __future__ import annotations

import numpy as np
import pytest

from benchmarks.quality import rates
from benchmarks.quality.scores import poisson_deviance
from benchmarks.quality.tasks.splitting import halves
from darlc.config import DenoiseConfig
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.simulation.tissue import simulate


@pytest.fixture(scope="module")
def tissue() -> SGEPImages:
    return rasterize(simulate(2, 60, 4, 120.0, platform="st"))


def test_rates_keep_totals_and_are_positive(tissue: SGEPImages) -> None:
    profiles = np.random.default_rng(0).normal(size=(60, tissue.n_pixels))
    profiles[0] = np.nan
    profiles[1] = 0.0
    rate = rates.rates(tissue, profiles)
    assert rate.min() > 0
    np.testing.assert_allclose(rate.sum(axis=1), tissue.measured().sum(axis=1), rtol=1e-6)
    # Nothing known of a gene: its counts follow the library.
    share = tissue.library / tissue.library.sum()
    np.testing.assert_allclose(rate[:2] / rate[:2].sum(axis=1, keepdims=True), [share, share])


def test_the_unit_of_profiles_does_not_matter(tissue: SGEPImages) -> None:
    profiles = np.random.default_rng(1).gamma(2.0, size=(60, tissue.n_pixels))
    factor = np.random.default_rng(2).gamma(2.0, size=(60, 1))
    np.testing.assert_allclose(
        rates.rates(tissue, profiles), rates.rates(tissue, factor * profiles)
    )


def test_denoisers_beat_raw_counts_on_the_other_half(tissue: SGEPImages) -> None:
    train, test = halves(tissue, 0)
    assert train.library.sum() + test.library.sum() == tissue.library.sum()
    counts = test.measured()
    deviance: dict[str, float] = {}
    for family, _, profiles in rates.simple(train, seed=0):
        assert profiles.shape == counts.shape
        one = poisson_deviance(counts, rates.rates(train, profiles))
        deviance[family] = min(one, deviance.get(family, np.inf))
    plain = rates.plain_gat(train, 0, DenoiseConfig(width=32, epochs=10))
    deviance["plain GAT"] = poisson_deviance(counts, rates.rates(train, plain))
    assert set(deviance) == {"flat", "raw", "Gaussian", "PCA + Gaussian", "k-NN", "plain GAT"}
    assert deviance["raw"] > deviance["flat"], "single molecules are no patterns"
    for family in ("Gaussian", "PCA + Gaussian"):
        assert deviance[family] < deviance["flat"], family
    for family in ("k-NN", "plain GAT"):
        assert deviance[family] < deviance["raw"], family
