"""Simulations on the stage of a real tissue, which here is a simulated one: its truth is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from darlc.errors import InputError
from darlc.images.sgep_images import rasterize
from darlc.simulation.like import gene_patterns, region_patterns, sharpened
from darlc.simulation.tissue import simulate


@pytest.fixture(scope="module")
def real() -> AnnData:
    """A square lattice with genes that follow four patterns, and an annotation of three bands."""
    adata = simulate(seed=11, genes=200, clusters=4, platform="st", depth=2e4)
    row = adata.obs["array_row"].to_numpy()
    adata.obs["band"] = pd.Categorical(np.array(["top", "middle", "base"])[row // 10])
    adata.obs["number"] = np.arange(adata.n_obs)
    return adata


def best_match(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return each true pattern's highest correlation with one that was found."""
    k = truth.shape[1]
    return np.corrcoef(truth.T, found.T)[:k, k:].max(axis=1)


def test_positions_and_library_are_the_real_ones(real) -> None:
    adata = simulate(seed=1, genes=50, clusters=4, like=real)
    np.testing.assert_array_equal(adata.obsm["spatial"], real.obsm["spatial"])
    for column in ("array_row", "array_col"):
        assert (adata.obs[column] == real.obs[column]).all()
    assert list(adata.obs_names) == list(real.obs_names)
    total = np.asarray(real.X.sum(axis=1)).ravel()
    np.testing.assert_allclose(adata.obs["library"], total / total.mean())
    # A quarter of the genes have a quarter of the counts.
    assert adata.uns["simulation"]["depth"] == pytest.approx(total.mean() / 4)
    assert adata.X.sum(axis=1).mean() == pytest.approx(total.mean() / 4, rel=0.05)
    grid = rasterize(adata).grid
    np.testing.assert_array_equal(grid.mask, rasterize(real).grid.mask)


def test_patterns_are_those_of_the_real_genes(real) -> None:
    adata = simulate(seed=1, genes=50, clusters=4, like=real)
    np.testing.assert_allclose(adata.obsm["patterns"].mean(axis=0), 1.0)
    # Totals hold what all genes express, and maps are relative to them.
    smoother = rasterize(real).grid.smoother(1.0)
    total = smoother @ (np.asarray(real.X.sum(axis=1)).ravel() / real.obs["library"].to_numpy())
    true = real.obsm["patterns"] * (total.mean() / total)[:, None]
    assert best_match(adata.obsm["patterns"], smoother @ true).min() > 0.95
    # Hardly weaker than in the genes, though averages of smoothed maps are flatter.
    assert 0.65 < adata.obsm["patterns"].std(axis=0).mean() / true.std(axis=0).mean() < 1.2


def test_another_seed_holds_out_other_genes(real) -> None:
    a, again, other = (simulate(seed=s, genes=50, clusters=4, like=real) for s in (1, 1, 2))
    np.testing.assert_array_equal(a.obsm["patterns"], again.obsm["patterns"])
    assert not np.array_equal(a.obsm["patterns"], other.obsm["patterns"])


def test_the_real_tissue_is_not_modified(real) -> None:
    before = real.copy()
    simulate(seed=1, genes=50, clusters=4, like=real, regions="band", nuisance=("holes",))
    assert (real.X != before.X).nnz == 0 and list(real.obs) == list(before.obs)
    assert list(real.uns) == list(before.uns)


def test_regions_are_patterns(real) -> None:
    adata = simulate(seed=1, genes=50, clusters=3, like=real, regions="band")
    share = pd.get_dummies(real.obs["band"]).to_numpy(dtype=float)
    assert best_match(adata.obsm["patterns"], share).min() > 0.9
    assert adata.uns["simulation"]["regions"] == "band"


def test_more_patterns_than_regions_are_unions() -> None:
    random = np.random.default_rng(0)
    maps = np.eye(6)[np.repeat(np.arange(6), 30)]
    patterns = region_patterns(maps, 15, random)
    assert patterns.shape == (180, 15) and (np.corrcoef(patterns.T) - np.eye(15)).max() < 0.9
    # Observations of one region have one value.
    assert np.ptp(patterns.reshape(6, 30, 15), axis=1).max() < 1e-12
    high = (patterns.reshape(6, 30, 15)[:, 0] > 1.001).sum(axis=0)
    assert (high[:6] == 1).all() and (high[6:] >= 2).all()


def test_observations_without_a_region_lie_in_none(real) -> None:
    part = real.copy()
    part.obs["band"] = part.obs["band"].where(part.obs["band"] != "base")
    adata = simulate(seed=1, genes=50, clusters=2, like=part, regions="band")
    far = (real.obs["array_row"] > 25).to_numpy()
    patterns = adata.obsm["patterns"]
    np.testing.assert_allclose(
        patterns[far], patterns.min(axis=0).repeat(far.sum()).reshape(2, -1).T
    )


def test_nuisance_and_unpatterned_genes_go_with_it(real) -> None:
    adata = simulate(
        seed=1, genes=50, clusters=4, like=real, nuisance=("library", "holes"), unpatterned=0.2
    )
    assert adata.n_obs < real.n_obs and (adata.var["pattern"] == "none").sum() == 10
    assert adata.obs["library"].mean() == pytest.approx(1.0)
    np.testing.assert_allclose(adata.obsm["patterns"].mean(axis=0), 1.0)


@pytest.mark.parametrize("x", ["halves", "nothing"])
def test_free_positions_are_taken_as_they_are(x) -> None:
    real = simulate(seed=1, genes=60, clusters=3, platform="merfish")
    real.layers["counts"] = real.X.copy()
    real.X = real.X * 0.5 if x == "halves" else None
    adata = simulate(seed=1, genes=60, clusters=3, like=real)
    np.testing.assert_array_equal(adata.obsm["spatial"], real.obsm["spatial"])
    total = np.asarray(real.layers["counts"].sum(axis=1)).ravel()
    np.testing.assert_allclose(adata.obs["library"], total / total.mean())


def test_sharpening_gives_a_map_the_contrast_asked_for() -> None:
    values = np.random.default_rng(0).uniform(0.6, 1.4, 500)
    for deviation, expected in [(0.4, 0.4), (0.1, None), (9.0, None)]:
        pattern = sharpened(values, deviation)
        assert pattern.mean() == pytest.approx(1.0) and (pattern > 0).all()
        if expected:
            assert pattern.std() == pytest.approx(expected, rel=1e-6)
    # Never flattened, and sharpened only so far.
    cut = np.clip(values, 0, np.quantile(values, 0.99))
    np.testing.assert_allclose(sharpened(values, 0.1), cut / cut.mean())
    np.testing.assert_allclose(sharpened(values, 9.0), cut**2 / (cut**2).mean())


def test_a_tissue_with_few_patterns_is_a_sentence(real) -> None:
    images = rasterize(real[:, :20].copy())
    pixel = images.observation_pixel
    with pytest.raises(InputError, match=r"only [1-5] patterns that differ, not 6: ask for fewer"):
        gene_patterns(images, 6, pixel, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"regions": "none"}, "no column 'none': choose one of these: .*band"),
        ({"regions": "number"}, "different values, which divide the tissue into no regions"),
        ({"platform": "st"}, "a real tissue gives positions and patterns"),
        ({"patterns": "ring"}, "a real tissue gives positions and patterns"),
    ],
)
def test_options_that_do_not_fit_are_a_sentence(options, sentence: str, real) -> None:
    with pytest.raises(InputError, match=sentence):
        simulate(genes=50, clusters=4, like=real, **options)


def test_data_that_do_not_fit_are_a_sentence(real) -> None:
    logs = real.copy()
    logs.X = np.log1p(logs.X)
    with pytest.raises(InputError, match="log-transformed values, which have no library"):
        simulate(genes=50, clusters=4, like=logs)
    bare = AnnData(real.X, var=real.var)
    with pytest.raises(InputError, match="no coordinates"):
        simulate(genes=50, clusters=4, like=bare)
